"""Sum of squared errors: E = Σⱼ (T − y)², without a half and without a mean over outputs."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, constant, number, path
from chainrule.rules.protocols import Kept, Loss, Words, derivative, difference


@dataclass(frozen=True)
class SumSquaredError(Loss):
    """E = mean over rows of Σ over outputs of (T − y)²; ∂E/∂y = −2(T − y) per row."""

    words: ClassVar[Words] = Words(
        symbol="SSE",
        formula="E = Σⱼ (T - y)²",
        slope="∂E/∂y = -2(T - y)",
        latex=r"E = \sum_j (T_j - y_j)^2",
        source="Hastie, Tibshirani & Friedman 2009, The Elements of Statistical Learning, eq. 11.9",
    )

    def forward(self, y: Number, t: Number, share: Number) -> tuple[Number, Kept]:
        miss = difference(t, y)
        return number("E", path("nj,nj,n->", miss, miss, share)), (y, miss, share)

    def backward(self, cache: Kept) -> Number:
        y, miss, share = cache
        return number(derivative(y), path(",nj,n->nj", constant("-2", -2.0, y), miss, share))
