"""Mean and standard deviation that hold at any offset and any size of float64 values."""

import math
from dataclasses import dataclass

import numpy as np

from chainrule.numbers import Array

FAR = 1e18
"""The largest standardised value: past it float32 sums would overflow."""
_LARGEST = float(np.finfo(np.float64).max)
_SAFE = 400  # exponents within which squares of differences neither overflow nor vanish


@dataclass(frozen=True)
class Moments:
    """The mean (centre + rest, which is more than a float64 can hold) and population standard deviation.

    All three are in units of 2**exponent; it is 0 unless the values are extremely large or small.
    """

    centre: float
    rest: float
    spread: float
    exponent: int = 0

    @classmethod
    def of(cls, values: np.ndarray) -> "Moments":
        """The moments of finite float64 `values` (n,), n ≥ 1; two passes; exact where all are equal."""
        if (values == values[0]).all():
            return cls(float(values[0]), 0.0, 0.0)
        exponent = math.frexp(float(np.abs(values).max()))[1]
        exponent = exponent if abs(exponent) > _SAFE else 0
        scaled = np.ldexp(values, -exponent) if exponent else values
        centre = float(np.mean(scaled))
        away = scaled - centre
        remainder = float(np.mean(away))
        away -= remainder
        return cls(centre, remainder, math.sqrt(float(np.mean(away * away))), exponent)

    @property
    def mean(self) -> float:
        """The mean, in the values' own unit."""
        return math.ldexp(self.centre + self.rest, self.exponent)

    @property
    def std(self) -> float:
        """The population standard deviation, in the values' own unit; 0 for a constant."""
        return math.ldexp(self.spread, self.exponent)

    @property
    def constant(self) -> bool:
        """Whether all values were the same."""
        return self.spread == 0.0

    def standardise(self, values: Array) -> Array:
        """(values - mean) / std, held within ±FAR; exactly 0 for the moments of a constant. NaN stays NaN."""
        xp = values.__array_namespace__()
        if self.constant:
            return xp.where(xp.isnan(values), xp.nan, 0.0)
        with np.errstate(over="ignore"):
            scaled = xp.ldexp(values, -self.exponent) if self.exponent else values
            standard = ((scaled - self.centre) - self.rest) / self.spread
        return xp.clip(standard, -FAR, FAR)

    def restore(self, standard: Array) -> Array:
        """The inverse of `standardise`: values in their own unit, held within float64's range."""
        xp = standard.__array_namespace__()
        with np.errstate(over="ignore"):
            scaled = xp.asarray(standard, dtype=xp.float64) * self.spread + self.rest + self.centre
            values = xp.ldexp(scaled, self.exponent) if self.exponent else scaled
        return xp.clip(values, -_LARGEST, _LARGEST)
