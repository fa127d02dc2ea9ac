"""AdaGrad: each number of w moves by its gradient over the root of the sum of all its squares."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Array, Number, number
from chainrule.rules.updates.rmsprop import inverse_root
from chainrule.rules.updates.update_rule import (
    State,
    UpdateRule,
    UpdateWords,
    check_amount,
    new_name,
    product,
    steps_down,
)


@dataclass(frozen=True)
class AdaGrad(UpdateRule):
    """s' = s + g²; w' = w − α g/√(s' + ε).

    Args:
        initial_accumulator_value: s before the first update.
        eps: ε.

    Raises:
        InputError: one of them is no number that it could be.
    """

    initial_accumulator_value: float = 0.1
    eps: float = 1e-7

    letters: ClassVar[tuple[str, ...]] = ("s",)
    squares: ClassVar[tuple[str, ...]] = ("s_",)
    words: ClassVar[UpdateWords] = UpdateWords(
        formula="w' = w - αg/√(s' + ε)", memory={"s": "s' = s + g²"}, source="Duchi, Hazan & Singer 2011"
    )

    def __post_init__(self) -> None:
        check_amount(self.initial_accumulator_value, "initial_accumulator_value")
        check_amount(self.eps, "eps")

    @property
    def names(self) -> dict[str, float]:
        return {"ε": self.eps}

    def start(self, w: Array) -> dict[str, Array]:
        return {"s": w.__array_namespace__().full_like(w, self.initial_accumulator_value)}

    def updated(
        self, w: Number, gradient: Number, memory: State, rate: float, count: int
    ) -> tuple[Number, dict[str, Number]]:
        s = number(new_name(memory["s"]), product(memory["s"]), product(gradient, gradient))
        step = steps_down(w, rate, gradient, inverse_root(s, self.eps))
        return number(new_name(w), product(w), step), {"s": s}
