"""The heavy ball: a part of the last change of w is added to the next."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Array, Number, constant, number
from chainrule.rules.updates.update_rule import (
    State,
    UpdateRule,
    UpdateWords,
    check_share,
    memory_name,
    new_name,
    product,
    steps_down,
)


@dataclass(frozen=True)
class HeavyBall(UpdateRule):
    """w' = w − α g + μ d, where d = w − (w before the last update); before the first there is none.

    As long as α stays the same, these are the steps of `Momentum`.

    Raises:
        InputError: μ is no number from 0 to below 1.
    """

    momentum: float = 0.9

    letters: ClassVar[tuple[str, ...]] = ("step",)
    words: ClassVar[UpdateWords] = UpdateWords(
        formula="w' = w - αg + μd", memory={"d": "d' = w' - w"}, source="Polyak 1964; Rumelhart et al. 1986"
    )

    def __post_init__(self) -> None:
        check_share(self.momentum, "momentum")

    @property
    def names(self) -> dict[str, float]:
        return {"μ": self.momentum}

    def start(self, w: Array) -> dict[str, Array]:
        return {}

    def updated(
        self, w: Number, gradient: Number, memory: State, rate: float, count: int
    ) -> tuple[Number, dict[str, Number]]:
        carried = [product(constant("μ", self.momentum, w), memory["step"])] if "step" in memory else []
        new = number(new_name(w), product(w), steps_down(w, rate, gradient), *carried)
        change = number(f"{memory_name('step', w)}'", product(new), product(constant("-1", -1.0, w), w))
        return new, {"step": change}
