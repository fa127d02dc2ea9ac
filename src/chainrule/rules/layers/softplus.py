"""Softplus: a = ln(1 + e^z), whose slope is σ(z)."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, number, path
from chainrule.rules.functions import SIGMOID, SOFTPLUS
from chainrule.rules.protocols import Activation, Words


@dataclass(frozen=True)
class Softplus(Activation):
    """a = ln(1 + e^z); da/dz = σ(z)."""

    rectifier: ClassVar[bool] = True
    words: ClassVar[Words] = Words(
        symbol="softplus",
        formula="a = ln(1 + eᶻ)",
        slope="da/dz = σ(z)",
        latex=r"a = \ln(1 + e^z)",
        source="Dugas, Bengio, Bélisle, Nadeau & Garcia 2001, eq. 4",
    )

    def value(self, z: Number) -> Number:
        return number(self.out, path("...j->...j", z), through=SOFTPLUS)

    def slope(self, z: Number, a: Number) -> Number:
        return number(self.slope_name(z), path("...j->...j", z), through=SIGMOID)
