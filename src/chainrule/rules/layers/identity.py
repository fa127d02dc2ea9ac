"""Identity: a = z."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, given, number, path
from chainrule.rules.protocols import Activation, Words


@dataclass(frozen=True)
class Identity(Activation):
    """a = z; da/dz = 1."""

    words: ClassVar[Words] = Words(
        symbol="id",
        formula="a = z",
        slope="da/dz = 1",
        latex=r"a = z",
        source="the linear unit of Widrow & Hoff 1960",
    )

    def value(self, z: Number) -> Number:
        return number(self.out, path("...j->...j", z))

    def slope(self, z: Number, a: Number) -> Number:
        slope = z.array.__array_namespace__().ones_like(z.array)
        return given(self.slope_name(z), slope)
