"""Half squared error, the lesson's loss: E = ½ Σⱼ (T − y)², averaged over the rows."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, constant, number, path
from chainrule.rules.protocols import Kept, Loss, Words, derivative, difference


@dataclass(frozen=True)
class HalfSquaredError(Loss):
    """E = mean over rows of ½ Σ over outputs of (T − y)²; ∂E/∂y = −(T − y) per row."""

    words: ClassVar[Words] = Words(
        symbol="½(T-y)²",
        formula="E = ½ Σⱼ (T - y)²",
        slope="∂E/∂y = -(T - y)",
        latex=r"E = \tfrac12 \sum_j (T_j - y_j)^2",
        source="Rumelhart, Hinton & Williams 1986, eq. 3",
    )

    def forward(self, y: Number, t: Number, share: Number) -> tuple[Number, Kept]:
        miss = difference(t, y)
        return number("E", path(",nj,nj,n->", constant("1/2", 0.5, y), miss, miss, share)), (y, miss, share)

    def backward(self, cache: Kept) -> Number:
        y, miss, share = cache
        return number(derivative(y), path(",nj,n->nj", constant("-1", -1.0, y), miss, share))
