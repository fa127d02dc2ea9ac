"""Adam: a running mean of gradients over the root of a running mean of their squares, both corrected."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Array, Function, Number, Path, constant, number
from chainrule.rules.updates.update_rule import (
    State,
    UpdateRule,
    UpdateWords,
    check_amount,
    check_share,
    mean_of,
    memory_name,
    new_name,
    product,
    steps_down,
)


@dataclass(frozen=True)
class Adam(UpdateRule):
    """m' = β₁ m + (1 − β₁) g; v' = β₂ v + (1 − β₂) g²; w' = w − α m̂/(√v̂ + ε), where the hats divide by
    1 − β₁ᵗ and 1 − β₂ᵗ, so that the zeros of the beginning weigh nothing.

    Raises:
        InputError: a β or ε is no number that it could be.
    """

    b1: float = 0.9
    b2: float = 0.999
    eps: float = 1e-8

    letters: ClassVar[tuple[str, ...]] = ("m", "v")
    corrected: ClassVar[tuple[str, ...]] = ("mhat", "vhat")
    squares: ClassVar[tuple[str, ...]] = ("v_",)
    words: ClassVar[UpdateWords] = UpdateWords(
        formula="w' = w - α m'/(1 - β₁ᵗ) / (√(v'/(1 - β₂ᵗ)) + ε)",
        memory={"m": "m' = β₁m + (1 - β₁)g", "v": "v' = β₂v + (1 - β₂)g²"},
        source="Kingma & Ba 2015, algorithm 1",
    )

    def __post_init__(self) -> None:
        check_share(self.b1, "b1")
        check_share(self.b2, "b2")
        check_amount(self.eps, "eps")

    @property
    def names(self) -> dict[str, float]:
        return {"β₁": self.b1, "β₂": self.b2, "ε": self.eps}

    def updated(
        self, w: Number, gradient: Number, memory: State, rate: float, count: int
    ) -> tuple[Number, dict[str, Number]]:
        m = mean_of(memory["m"], "β₁", self.b1, gradient)
        v = mean_of(memory["v"], "β₂", self.b2, gradient, gradient)
        mean, square = _corrected("m", m, "β₁", self.b1, count), _corrected("v", v, "β₂", self.b2, count)
        step = steps_down(w, rate, mean, self._scale(square))
        return number(new_name(w), product(w), step, *self.beside(w, rate)), {"m": m, "v": v}

    def beside(self, w: Number, rate: float) -> tuple[Path, ...]:
        """What else is added to w."""
        return ()

    def _scale(self, square: Number) -> Number:
        """1/(√v̂ + ε), and 0 where v̂ and ε are 0."""

        def apply(z: Array) -> Array:
            xp = z.__array_namespace__()
            root = xp.sqrt(z) + self.eps
            return xp.where(root > 0, 1 / xp.where(root > 0, root, 1), 0)

        function = Function("1/(√{} + ε)", r"1/(\sqrt{{{}}} + \varepsilon)", apply)
        return number(f"1/(√{square.name}+ε)", product(square), through=function)


def _corrected(letter: str, memory: Number, name: str, share: float, count: int) -> Number:
    """A mean over what was, divided by what part of it was anything but the zeros of the start."""
    part = constant(f"1/(1-{name}^t)", 1 / (1 - share**count), memory)
    return number(memory_name(f"{letter}hat", memory), product(part, memory))
