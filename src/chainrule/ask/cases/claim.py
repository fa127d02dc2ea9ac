"""A claim: a number as a source prints it, whose digits say how exactly it is meant; and its status."""

import sys
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

import numpy as np

from chainrule.ask.cases.address import Address
from chainrule.ask.cases.arithmetic import Expression
from chainrule.ask.cases.numeral import EXACT, as_decimal, quantum

_ZERO = Decimal("0.01")
_SLACK = Decimal("1e-12")  # relative: what float64 may be off on the way to a number
_UNDERFLOW = Decimal("1e-322")  # what float64 cannot tell from 0, with some room: 1e-400 is computed as 0
_LARGEST = Decimal(sys.float_info.max)
_HALF, _ONE_AND_A_HALF, _TENTH = Decimal("0.5"), Decimal("1.5"), Decimal("0.1")


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
        return as_decimal(self.printed)

    @property
    def value(self) -> float:
        return float(self.exact)

    @cached_property
    def unit(self) -> Decimal:
        """What one step in the last printed digit is worth: 0.00001 for 0.05706.

        A bare 0 has no digit that counts; it is taken as 0.00.
        """
        unit = quantum(self.exact)
        return unit if self.exact else min(unit, _ZERO)

    def rounds(self, value: float) -> bool:
        """Whether `value`, rounded to the printed digits, is what is printed."""
        return self._off(value) <= EXACT.multiply(self.unit, _HALF)

    def truncates(self, value: float) -> bool:
        """Whether `value`, cut off after the printed digits, is what is printed."""
        if not np.isfinite(value):
            return False
        size = self.exact.copy_abs()
        if self.exact and value and (self.exact < 0) != (value < 0):
            return False
        end = EXACT.add(size, self.unit)
        if Decimal(repr(float(value))).copy_abs() == end:  # 1.0 leaves nothing to cut off: it is not 0.9
            return False
        true = Decimal(value).copy_abs()
        leeway = EXACT.multiply(true, _SLACK)
        return size <= EXACT.add(true, leeway) and EXACT.subtract(true, leeway) < end

    def near(self, value: float) -> bool:
        """Whether `value` is at most one step in the last digit from what would be printed.

        No step leads to a power of ten that is far above the value: 1e400 is not near to 0.4.
        """
        tenth = EXACT.multiply(self.unit, _TENTH)
        if self.unit > 1 and np.isfinite(value) and Decimal(value).copy_abs() < tenth:
            return False
        return self._off(value) <= EXACT.multiply(self.unit, _ONE_AND_A_HALF)

    def _off(self, value: float) -> Decimal:
        """How far `value` is from what is printed, less what float64 may have lost of it."""
        if np.isinf(value) and self.exact.copy_abs() > _LARGEST and (self.exact > 0) == (value > 0):
            return Decimal(0)  # both are beyond float64, and no more is known
        if not np.isfinite(value):
            return Decimal("Infinity")
        true = Decimal(value)
        off = EXACT.subtract(true, self.exact).copy_abs()
        slack = EXACT.multiply(true.copy_abs(), _SLACK)
        return max(EXACT.subtract(off, max(slack, _UNDERFLOW)), Decimal(0))


class Status(StrEnum):
    """What is to be said of a claim, from best to worst."""

    RIGHT = "right"  # the true value rounds to the printed digits
    TRUNCATED = "truncated"  # it was cut, not rounded
    CARRIED = "carried"  # right from the source's own rounded operands
    IMPRECISE = "imprecise"  # near to that, but not what the arithmetic that the source shows for it gives
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
