"""Momentum: w moves along a velocity that gradients push."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, constant, number
from chainrule.rules.updates.update_rule import (
    State,
    UpdateRule,
    UpdateWords,
    check_share,
    new_name,
    product,
    steps_down,
)


@dataclass(frozen=True)
class Momentum(UpdateRule):
    """v' = μ v + (1 − τ) g; w' = w − α v'. With τ = μ the velocity is a running mean of gradients.

    Args:
        momentum: μ, what is left of the velocity.
        dampening: τ, the part of the gradient that is left out.

    Raises:
        InputError: one of them is no number from 0 to below 1.
    """

    momentum: float = 0.9
    dampening: float = 0.0

    letters: ClassVar[tuple[str, ...]] = ("v",)
    words: ClassVar[UpdateWords] = UpdateWords(
        formula="w' = w - αv'",
        memory={"v": "v' = μv + (1 - τ)g"},
        source="Polyak 1964; Sutskever et al. 2013, section 2",
    )

    def __post_init__(self) -> None:
        check_share(self.momentum, "momentum")
        check_share(self.dampening, "dampening")

    @property
    def names(self) -> dict[str, float]:
        return {"μ": self.momentum, "τ": self.dampening}

    def velocity(self, gradient: Number, v: Number) -> Number:
        """v'."""
        pushed = (constant("(1-τ)", 1 - self.dampening, v), gradient) if self.dampening else (gradient,)
        return number(new_name(v), product(constant("μ", self.momentum, v), v), product(*pushed))

    def updated(
        self, w: Number, gradient: Number, memory: State, rate: float, count: int
    ) -> tuple[Number, dict[str, Number]]:
        v = self.velocity(gradient, memory["v"])
        return number(new_name(w), product(w), steps_down(w, rate, v)), {"v": v}
