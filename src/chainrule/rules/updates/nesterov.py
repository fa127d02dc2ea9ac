"""Nesterov's momentum: the step is taken from where the velocity is about to lead."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, constant, number
from chainrule.rules.updates.momentum import Momentum
from chainrule.rules.updates.update_rule import State, UpdateWords, new_name, product, steps_down


@dataclass(frozen=True)
class Nesterov(Momentum):
    """v' = μ v + (1 − τ) g; w' = w − α(g + μ v')."""

    words: ClassVar[UpdateWords] = UpdateWords(
        formula="w' = w - α(g + μv')",
        memory={"v": "v' = μv + (1 - τ)g"},
        source="Nesterov 1983; Sutskever et al. 2013, section 2",
    )

    def updated(
        self, w: Number, gradient: Number, memory: State, rate: float, count: int
    ) -> tuple[Number, dict[str, Number]]:
        v = self.velocity(gradient, memory["v"])
        ahead = steps_down(w, rate, constant("μ", self.momentum, w), v)
        return number(new_name(w), product(w), steps_down(w, rate, gradient), ahead), {"v": v}
