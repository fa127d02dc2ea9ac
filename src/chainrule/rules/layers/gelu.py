"""GELU: a = z Φ(z), and its tanh form, a = z σ(v) with v = √(8/π) (z + 0.044715 z³)."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Array, Function, Number, number, path
from chainrule.rules.functions import CO_SIGMOID, NORMAL_CDF, NORMAL_PDF, SIGMOID
from chainrule.rules.protocols import Activation, Words

SCALE, CUBIC = 1.5957691216057308, 0.044715  # √(8/π): (1 + tanh u)/2 = σ(2u)


@dataclass(frozen=True)
class GELU(Activation):
    """a = z Φ(z) with Φ the normal distribution; da/dz = Φ(z) + z φ(z)."""

    rectifier: ClassVar[bool] = True
    words: ClassVar[Words] = Words(
        symbol="GELU",
        formula="a = z Φ(z)",
        slope="da/dz = Φ(z) + z φ(z)",
        latex=r"a = z\,\Phi(z)",
        source="Hendrycks & Gimpel 2016, section 2",
    )

    def value(self, z: Number) -> Number:
        return number(self.out, path("nj,nj->nj", z, self._below(z)))

    def slope(self, z: Number, a: Number) -> Number:
        density = number(f"φ({z.name})", path("nj->nj", z), through=NORMAL_PDF)
        return number(self.slope_name(z), path("nj->nj", self._below(z)), path("nj,nj->nj", z, density))

    def _below(self, z: Number) -> Number:
        return number(f"Φ({z.name})", path("nj->nj", z), through=NORMAL_CDF)


def _bent(z: Array) -> Array:
    argument = z.__array_namespace__().clip(z, -50, 50)  # beyond, σ(v) is 0 or 1 to the last bit
    return SCALE * (argument + CUBIC * argument**3)


def _bend(z: Array) -> Array:
    argument = z.__array_namespace__().clip(z, -50, 50)
    return SCALE * (1 + 3 * CUBIC * argument**2)


BENT = Function("v({})", r"v({})", _bent)
BEND = Function("v'({})", r"v'({})", _bend)


@dataclass(frozen=True)
class TanhGELU(Activation):
    """a = z σ(v); da/dz = σ(v) + z σ(v)(1 − σ(v)) v'. The same as ½ z (1 + tanh(v/2)), the usual form."""

    rectifier: ClassVar[bool] = True
    words: ClassVar[Words] = Words(
        symbol="GELU~",
        formula="a = z σ(v), v = √(8/π) (z + 0.044715 z³)",
        slope="da/dz = σ(v) + z σ(v)(1 - σ(v)) dv/dz",
        latex=r"a = z\,\sigma(v),\quad v = \sqrt{8/\pi}\,(z + 0.044715 z^3)",
        source="Hendrycks & Gimpel 2016, section 2, the tanh approximation",
    )

    def value(self, z: Number) -> Number:
        return number(self.out, path("nj,nj->nj", z, self._gate(z)))

    def slope(self, z: Number, a: Number) -> Number:
        gate = self._gate(z)
        co_gate = number(f"1-{gate.name}", path("nj->nj", self._bent(z)), through=CO_SIGMOID)
        bend = number(f"dv({z.name})/d{z.name}", path("nj->nj", z), through=BEND)
        direct, bent = path("nj->nj", gate), path("nj,nj,nj,nj->nj", z, gate, co_gate, bend)
        return number(self.slope_name(z), direct, bent)

    def _bent(self, z: Number) -> Number:
        return number(f"v({z.name})", path("nj->nj", z), through=BENT)

    def _gate(self, z: Number) -> Number:
        return number(f"σ(v({z.name}))", path("nj->nj", self._bent(z)), through=SIGMOID)
