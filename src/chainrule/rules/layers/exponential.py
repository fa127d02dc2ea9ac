"""Exponential: a = e^z, its own slope; for amounts that are never negative."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, number, path
from chainrule.rules.functions import EXPONENTIAL
from chainrule.rules.protocols import Activation, Words


@dataclass(frozen=True)
class Exponential(Activation):
    """a = e^z; da/dz = e^z."""

    words: ClassVar[Words] = Words(
        symbol="exp",
        formula="a = eᶻ",
        slope="da/dz = eᶻ",
        latex=r"a = e^z",
        source="McCullagh & Nelder 1989, Generalized Linear Models, section 2.2.4 (the log link)",
    )

    def value(self, z: Number) -> Number:
        return number(self.out, path("...j->...j", z), through=EXPONENTIAL)

    def slope(self, z: Number, a: Number) -> Number:
        return number(self.slope_name(z), path("...j->...j", z), through=EXPONENTIAL)
