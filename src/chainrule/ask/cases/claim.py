"""A claim: a number as a source prints it, whose digits say how exactly it is meant; and its status."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from functools import cached_property

import numpy as np

from chainrule.ask.cases.address import Address
from chainrule.ask.cases.arithmetic import Expression

_ZERO = Decimal("0.01")
_SLACK = Decimal("1e-12")  # relative: what float64 may be off on the way to a number


@dataclass(frozen=True)
class Claim:
    """What a source says of one quantity.

    Attributes:
        quantity: as the source's file names it, `dE/dw2[0,1]`, `E@10000`, or a name of its own.
        printed: the number, as printed: `0.05706`, `-1.2e-05`, `.85`.
    """

    quantity: str
    printed: str

    @cached_property
    def exact(self) -> Decimal:
        """The number, exactly as printed."""
        return Decimal(self.printed.strip().replace("−", "-"))

    @property
    def value(self) -> float:
        return float(self.exact)

    @cached_property
    def unit(self) -> Decimal:
        """What one step in the last printed digit is worth: 0.00001 for 0.05706.

        A bare 0 has no digit that counts; it is taken as 0.00.
        """
        if not self.exact:
            return min(Decimal(1).scaleb(int(self.exact.as_tuple().exponent)), _ZERO)
        return Decimal(1).scaleb(int(self.exact.as_tuple().exponent))

    def rounds(self, value: float) -> bool:
        """Whether `value`, rounded to the printed digits, is what is printed."""
        return self._off(value) <= self.unit / 2

    def truncates(self, value: float) -> bool:
        """Whether `value`, cut off after the printed digits, is what is printed."""
        if not np.isfinite(value):
            return False
        candidates = [Decimal(value) * (1 + sign * _SLACK) for sign in (0, 1, -1)]
        return any(candidate.quantize(self.unit, ROUND_DOWN) == self.exact for candidate in candidates)

    def near(self, value: float) -> bool:
        """Whether `value` is at most one step in the last digit from what would be printed."""
        return self._off(value) <= self.unit * 3 / 2

    def _off(self, value: float) -> Decimal:
        if not np.isfinite(value):
            return Decimal("Infinity")
        true = Decimal(value)
        return max(abs(true - self.exact) - abs(true) * _SLACK, Decimal(0))


class Status(StrEnum):
    """What is to be said of a claim, from best to worst."""

    RIGHT = "right"  # the true value rounds to the printed digits
    TRUNCATED = "truncated"  # it was cut, not rounded
    CARRIED = "carried"  # right from the source's own rounded operands
    INHERITED = "inherited"  # wrong only because an earlier wrong number went into it
    WRONG = "wrong"  # where a fault starts

    @property
    def is_fault(self) -> bool:
        """Whether the printed number is not what it should be."""
        return self in (Status.WRONG, Status.INHERITED)


@dataclass(frozen=True)
class Judged:
    """A claim and what is to be said of it.

    Attributes:
        claim: what the source prints.
        asked: what it speaks of; `Trajectory.value(asked)` is its value in any world.
        computed: its value as the example is stated, at full precision.
        status: the judgement.
    """

    claim: Claim
    asked: Address | Expression
    computed: float
    status: Status
