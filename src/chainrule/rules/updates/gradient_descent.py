"""Plain gradient descent: w' = w − α ∂E/∂w."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, number
from chainrule.rules.updates.update_rule import State, UpdateRule, UpdateWords, new_name, product, steps_down


@dataclass(frozen=True)
class GradientDescent(UpdateRule):
    """w' = w − α g."""

    words: ClassVar[UpdateWords] = UpdateWords(formula="w' = w - αg", memory={}, source="Cauchy 1847")

    def updated(
        self, w: Number, gradient: Number, memory: State, rate: float, count: int
    ) -> tuple[Number, dict[str, Number]]:
        return number(new_name(w), product(w), steps_down(w, rate, gradient)), {}
