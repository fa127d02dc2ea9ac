"""What an update rule is: from w, its gradient and what was kept of earlier ones to a new w, all Numbers.

    start(w)                                      -> what is kept of a parameter at first, by letter
    updated(w, gradient, memory, rate, count)       -> w', and what is kept for the next update

Every rule acts on each number of a parameter by itself. Legend: w (i, j), (j,) or of another shape, like its
gradient g and whatever is kept of it; α is the rate of this update, t its number, from 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from chainrule.errors import InputError
from chainrule.numbers import Array, Number, Path, constant, number, path
from chainrule.quantities import Memory, variable_of

State = Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class UpdateWords:
    """How people write the rule: the new w, and what is kept of w, of which the new value has a prime.

    The letters are those of `names`, and w g α t.
    """

    formula: str
    memory: Mapping[str, str]
    source: str


@dataclass(frozen=True)
class UpdateRule:
    """An optimiser's update of one parameter. `letters` name what it keeps: m of w1 is `m_w1`."""

    letters: ClassVar[tuple[str, ...]] = ()
    corrected: ClassVar[tuple[str, ...]] = ()  # letters of which a corrected value is computed on the way
    squares: ClassVar[tuple[str, ...]] = ()  # beginnings of what is made of squares
    words: ClassVar[UpdateWords]

    @property
    def names(self) -> dict[str, float]:
        """The letters of the words that stand for the rule's own constants, and what they are."""
        return {}

    def start(self, w: Array) -> dict[str, Array]:
        """What is kept of w before the first update, by letter."""
        return {letter: w.__array_namespace__().zeros_like(w) for letter in self.letters}

    def check(self, memory: Mapping[str, Array]) -> None:
        """Refuse what no earlier update can have left.

        Raises:
            InputError: a sum or mean of squares that is negative.
        """
        for name, array in memory.items():
            if self.squares and name.startswith(self.squares) and bool((array < 0).any()):
                raise InputError(f"state: {name} is of squares, and squares are not negative")

    def updated(
        self, w: Number, gradient: Number, memory: State, rate: float, count: int
    ) -> tuple[Number, dict[str, Number]]:
        """w', and what is kept from now on, by letter.

        Args:
            count: which update of all this is, from 1.
        """
        raise TypeError(f"{type(self).__name__} has no update")


def memory_name(letter: str, w: Number) -> str:
    """`m_w1`, of w1 or of anything else that is kept of w1."""
    return str(Memory(letter, variable_of(w.quantity)))


def new_name(quantity: Number) -> str:
    """`w1'`, `m_w1'`."""
    return f"{quantity.name}'"


def product(*factors: Number) -> Path:
    """Constants and arrays of one shape, multiplied element by element."""
    axes = "ijklmn"[: max(len(factor.array.shape) for factor in factors)]
    groups = (axes if factor.array.shape else "" for factor in factors)
    return path(f"{','.join(groups)}->{axes}", *factors)


def steps_down(w: Number, rate: float, *factors: Number) -> Path:
    """−α times the factors: what an update adds to w."""
    return product(constant("-1", -1.0, w), constant("α", rate, w), *factors)


def mean_of(memory: Number, name: str, share: float, *news: Number) -> Number:
    """A share of what was kept and the rest of what is new: β m + (1 − β) g."""
    old, fresh = constant(name, share, memory), constant(f"(1-{name})", 1 - share, memory)
    return number(new_name(memory), product(old, memory), product(fresh, *news))


def check_share(value: object, label: str) -> None:
    """Refuse what is no number from 0 to below 1.

    Raises:
        InputError: naming it.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not 0 <= value < 1:
        raise InputError(f"{label} is a number from 0 to below 1, not {value!r}")


def check_amount(value: object, label: str) -> None:
    """Refuse what is no finite number from 0 up.

    Raises:
        InputError: naming it.
    """
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not is_number or not 0 <= float(value) < float("inf"):  # type: ignore[arg-type]
        raise InputError(f"{label} is a finite number from 0 up, not {value!r}")
