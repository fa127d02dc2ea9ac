"""Error signals handed back from above in the place of a loss: T is ∂E/∂y, whatever E is made of there."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, number, path
from chainrule.rules.protocols import Kept, Loss, Words, derivative


@dataclass(frozen=True)
class Upstream(Loss):
    """E = mean over rows of Σ over outputs of T y; ∂E/∂y = T per row."""

    words: ClassVar[Words] = Words(
        symbol="ΣTy",
        formula="E = Σⱼ T y",
        slope="∂E/∂y = T",
        latex=r"E = \sum_j T_j y_j",
        source="a vector-Jacobian product: Baydin et al. 2018, section 3.2",
    )

    def forward(self, y: Number, t: Number, share: Number) -> tuple[Number, Kept]:
        return number("E", path("nj,nj,n->", t, y, share)), (y, t, share)

    def backward(self, cache: Kept) -> Number:
        y, t, share = cache
        return number(derivative(y), path("nj,n->nj", t, share))
