"""RMSProp: each number of w moves by its gradient over the root of a running mean of its square."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Array, Function, Number, number
from chainrule.rules.updates.update_rule import (
    State,
    UpdateRule,
    UpdateWords,
    check_amount,
    check_share,
    mean_of,
    new_name,
    product,
    steps_down,
)


def inverse_root(v: Number, eps: float) -> Number:
    """1/√(v + ε), and 0 where both are 0."""

    def apply(z: Array) -> Array:
        xp = z.__array_namespace__()
        shifted = z + eps
        return xp.where(shifted > 0, 1 / xp.sqrt(xp.where(shifted > 0, shifted, 1)), 0)

    function = Function("1/√({} + ε)", r"1/\sqrt{{{} + \varepsilon}}", apply)
    return number(f"1/√({v.name}+ε)", product(v), through=function)


@dataclass(frozen=True)
class RMSProp(UpdateRule):
    """v' = β v + (1 − β) g²; w' = w − α g/√(v' + ε).

    Raises:
        InputError: β or ε is no number that it could be.
    """

    decay: float = 0.9
    eps: float = 1e-8

    letters: ClassVar[tuple[str, ...]] = ("v",)
    squares: ClassVar[tuple[str, ...]] = ("v_",)
    words: ClassVar[UpdateWords] = UpdateWords(
        formula="w' = w - αg/√(v' + ε)",
        memory={"v": "v' = βv + (1 - β)g²"},
        source="Tieleman & Hinton 2012, lecture 6.5",
    )

    def __post_init__(self) -> None:
        check_share(self.decay, "decay")
        check_amount(self.eps, "eps")

    @property
    def names(self) -> dict[str, float]:
        return {"β": self.decay, "ε": self.eps}

    def updated(
        self, w: Number, gradient: Number, memory: State, rate: float, count: int
    ) -> tuple[Number, dict[str, Number]]:
        v = mean_of(memory["v"], "β", self.decay, gradient, gradient)
        step = steps_down(w, rate, gradient, inverse_root(v, self.eps))
        return number(new_name(w), product(w), step), {"v": v}
