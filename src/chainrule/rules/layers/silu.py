"""SiLU: a = z σ(z)."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, number, path
from chainrule.rules.functions import CO_SIGMOID, SIGMOID
from chainrule.rules.protocols import Activation, Words


@dataclass(frozen=True)
class SiLU(Activation):
    """a = z σ(z); da/dz = σ(z) + z σ(z)(1 − σ(z))."""

    rectifier: ClassVar[bool] = True
    words: ClassVar[Words] = Words(
        symbol="SiLU",
        formula="a = z σ(z)",
        slope="da/dz = σ(z) + z σ(z)(1 - σ(z))",
        latex=r"a = z\,\sigma(z)",
        source="Elfwing, Uchibe & Doya 2018, eqs. 2 and 3",
    )

    def value(self, z: Number) -> Number:
        return number(self.out, path("...j,...j->...j", z, self._gate(z)))

    def slope(self, z: Number, a: Number) -> Number:
        gate = self._gate(z)
        co_gate = number(f"1-{gate.name}", path("...j->...j", z), through=CO_SIGMOID)
        return number(
            self.slope_name(z), path("...j->...j", gate), path("...j,...j,...j->...j", z, gate, co_gate)
        )

    def _gate(self, z: Number) -> Number:
        return number(f"σ({z.name})", path("...j->...j", z), through=SIGMOID)
