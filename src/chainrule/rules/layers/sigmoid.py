"""Sigmoid: a = σ(z) = 1 / (1 + e^-z), whose slope is a(1 − a)."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, number, path
from chainrule.rules.functions import CO_SIGMOID, SIGMOID
from chainrule.rules.protocols import Activation, Words


@dataclass(frozen=True)
class Sigmoid(Activation):
    """a = σ(z); da/dz = a (1 − a), with 1 − a computed as σ(−z) so that it never rounds to 0."""

    words: ClassVar[Words] = Words(
        symbol="σ",
        formula="a = 1/(1 + e⁻ᶻ)",
        slope="da/dz = a(1 - a)",
        latex=r"a = \sigma(z) = \frac{1}{1 + e^{-z}}",
        source="Rumelhart, Hinton & Williams 1986, eq. 2",
    )

    def value(self, z: Number) -> Number:
        return number(self.out, path("...j->...j", z), through=SIGMOID)

    def slope(self, z: Number, a: Number) -> Number:
        co_a = number(f"1-{a.name}", path("...j->...j", z), through=CO_SIGMOID)
        return number(self.slope_name(z), path("...j,...j->...j", a, co_a))
