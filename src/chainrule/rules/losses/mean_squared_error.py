"""Mean squared error: the mean of (T − y)² over rows and outputs."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, constant, number, path
from chainrule.rules.protocols import Kept, Loss, Words, derivative, difference, per_output


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """E = mean over rows and outputs of (T − y)²; ∂E/∂y = −2(T − y)/outputs per row."""

    words: ClassVar[Words] = Words(
        symbol="MSE",
        formula="E = 1/k Σⱼ (T - y)²",
        slope="∂E/∂y = -2/k (T - y)",
        latex=r"E = \frac1k \sum_j (T_j - y_j)^2",
        source="Bishop 2006, Pattern Recognition and Machine Learning, eq. 1.2 (scaled to a mean)",
    )

    def forward(self, y: Number, t: Number, share: Number) -> tuple[Number, Kept]:
        miss = difference(t, y)
        return number("E", path(",nj,nj,n->", per_output(y), miss, miss, share)), (y, miss, share)

    def backward(self, cache: Kept) -> Number:
        y, miss, share = cache
        return number(derivative(y), path(",,nj,n->nj", constant("-2", -2.0, y), per_output(y), miss, share))
