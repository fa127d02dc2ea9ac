"""GELU: a = z Φ(z), and its tanh form, a = z σ(v) with v = √(8/π) (z + 0.044715 z³)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from chainrule.numbers import Array, Function, Number, number, path
from chainrule.rules.functions import NORMAL_CDF, NORMAL_PDF
from chainrule.rules.protocols import Activation, Words

SCALE, CUBIC = 1.5957691216057308, 0.044715  # √(8/π): (1 + tanh u)/2 = σ(2u)
_SCALE = (1.5957691216057308, -9.96930880911092e-17)  # to twice the digits
_SCALED_CUBIC = (0.07135481627260025, -6.175149918155315e-19)


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
        return number(self.out, path("...j,...j->...j", z, self._below(z)))

    def slope(self, z: Number, a: Number) -> Number:
        density = number(f"φ({z.name})", path("...j->...j", z), through=NORMAL_PDF)
        return number(
            self.slope_name(z), path("...j->...j", self._below(z)), path("...j,...j->...j", z, density)
        )

    def _below(self, z: Number) -> Number:
        return number(f"Φ({z.name})", path("...j->...j", z), through=NORMAL_CDF)


def _halves(a: Array, splitter: float) -> tuple[Array, Array]:
    """`a` as a sum of two numbers of half its digits (Veltkamp 1968)."""
    wide = splitter * a
    high = wide - (wide - a)
    return high, a - high


def _product(a: Array, b: Array, splitter: float) -> tuple[Array, Array]:
    """a · b, and what rounding took from it (Dekker 1971)."""
    (a1, a2), (b1, b2) = _halves(a, splitter), _halves(b, splitter)
    total = a * b
    return total, ((a1 * b1 - total) + a1 * b2 + a2 * b1) + a2 * b2


def _size(z: Array) -> tuple[Array, Array]:
    """|v| to twice the digits: at z = -20 the last digit of v is the last three of e^v."""
    argument = z.__array_namespace__().clip(abs(z), None, 50)  # beyond, σ(v) is 0 or 1 to the last bit
    single = "32" in str(z.dtype)
    splitter, digits = (4097.0, np.float32) if single else (134217729.0, np.float64)
    (scale, scale_rest), (cubic, cubic_rest) = (
        (float(digits(high)), high - float(digits(high)) + low) for high, low in (_SCALE, _SCALED_CUBIC)
    )
    square, square_rest = _product(argument, argument, splitter)
    bend, bend_rest = _product(square, argument * 0 + cubic, splitter)
    bend_rest = bend_rest + square_rest * cubic + square * cubic_rest + scale_rest
    slope = bend + scale
    grown = slope - bend  # what was added to the bend in truth (Knuth's sum)
    slope_rest = (bend - (slope - grown)) + (scale - grown) + bend_rest
    v, v_rest = _product(slope, argument, splitter)
    return v, v_rest + slope_rest * argument


def _faded(z: Array) -> Array:
    """e^-|v|."""
    v, residue = _size(z)
    e = z.__array_namespace__().exp(-v)
    return e - e * residue


def _gate(z: Array) -> Array:
    e = _faded(z)
    return z.__array_namespace__().where(z >= 0, e * 0 + 1, e) / (1 + e)


def _closed(z: Array) -> Array:
    e = _faded(z)
    return z.__array_namespace__().where(z >= 0, e, e * 0 + 1) / (1 + e)


def _bend(z: Array) -> Array:
    argument = z.__array_namespace__().clip(z, -50, 50)
    return SCALE * (1 + 3 * CUBIC * argument**2)


GATE = Function("σ(v({}))", r"\sigma(v({}))", _gate)
CLOSED = Function("1-σ(v({}))", r"1-\sigma(v({}))", _closed)
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
        return number(self.out, path("...j,...j->...j", z, self._gate(z)))

    def slope(self, z: Number, a: Number) -> Number:
        gate = self._gate(z)
        co_gate = number(f"1-{gate.name}", path("...j->...j", z), through=CLOSED)
        bend = number(f"dv({z.name})/d{z.name}", path("...j->...j", z), through=BEND)
        direct, bent = path("...j->...j", gate), path("...j,...j,...j,...j->...j", z, gate, co_gate, bend)
        return number(self.slope_name(z), direct, bent)

    def _gate(self, z: Number) -> Number:
        return number(f"σ(v({z.name}))", path("...j->...j", z), through=GATE)
