"""The perceptron's criterion, fused with the step: its slope is a − T, Rosenblatt's learning rule."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, constant, number, path
from chainrule.rules.layers.heaviside import DECISION
from chainrule.rules.protocols import Kept, Loss, Words, derivative


@dataclass(frozen=True)
class Perceptron(Loss):
    """E = mean over rows of Σ over outputs of (a − T) z, with a = 1 where z ≥ 0, else 0: how far z is on the
    wrong side. ∂E/∂z = a − T per row, so that w' = w + α (T − a) x.
    """

    activation: ClassVar[str] = "step"
    words: ClassVar[Words] = Words(
        symbol="(a-T)z",
        formula="E = Σⱼ (a - T)z, a = step(z)",
        slope="∂E/∂z = a - T",
        latex=r"E = \sum_j (a_j - T_j) z_j,\quad a = [z \ge 0]",
        source="Rosenblatt 1958; Bishop 2006, eq. 4.54",
    )

    def forward(self, z: Number, t: Number, share: Number) -> tuple[Number, Kept]:
        a = number(self.predicted(z), path("nj->nj", z), through=DECISION)
        minus = constant("-1", -1.0, z)
        return number("E", path("nj,nj,n->", a, z, share), path(",nj,nj,n->", minus, t, z, share)), (
            z, a, t, share,
        )  # fmt: skip

    def backward(self, cache: Kept) -> Number:
        z, a, t, share = cache
        target_path = path(",nj,n->nj", constant("-1", -1.0, z), t, share)
        return number(derivative(z), path("nj,n->nj", a, share), target_path)
