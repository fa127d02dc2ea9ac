"""The output itself in the place of a loss: what goes back is ∂O/∂w, how the output depends on a weight."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, given, number, path
from chainrule.rules.protocols import Kept, Loss, Words, derivative


@dataclass(frozen=True)
class Output(Loss):
    """E = mean over rows of Σ over outputs of y; ∂E/∂y = 1 per row. Targets say nothing."""

    words: ClassVar[Words] = Words(
        symbol="Σy",
        formula="E = Σⱼ y",
        slope="∂E/∂y = 1",
        latex=r"E = \sum_j y_j",
        source="Bishop 2006, section 5.3.4: the Jacobian matrix",
    )

    def forward(self, y: Number, t: Number, share: Number) -> tuple[Number, Kept]:
        return number("E", path("nj,n->", y, share)), (y, share)

    def backward(self, cache: Kept) -> Number:
        y, share = cache
        slope = given("1", y.array.__array_namespace__().ones_like(y.array))
        return number(derivative(y), path("nj,n->nj", slope, share))
