"""ReLU: a = max(0, z)."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Array, Function, Number, number, path
from chainrule.rules.protocols import Activation, Words


def step(z: Array) -> Array:
    """1 where z > 0, else 0."""
    xp = z.__array_namespace__()
    return xp.where(z > 0, xp.ones_like(z), xp.zeros_like(z))


RELU = Function("max(0, {})", r"\max(0, {})", lambda z: z.__array_namespace__().maximum(z, 0))
STEP = Function("[{} > 0]", r"[{} > 0]", step)


@dataclass(frozen=True)
class ReLU(Activation):
    """a = max(0, z); da/dz = 1 where z > 0, else 0: 0 at the kink, as Glorot et al. and torch take it."""

    rectifier: ClassVar[bool] = True
    words: ClassVar[Words] = Words(
        symbol="ReLU",
        formula="a = max(0, z)",
        slope="da/dz = 1 if z > 0 else 0",
        latex=r"a = \max(0, z)",
        source="Glorot, Bordes & Bengio 2011, section 3",
    )

    def value(self, z: Number) -> Number:
        return number(self.out, path("...j->...j", z), through=RELU)

    def slope(self, z: Number, a: Number) -> Number:
        return number(self.slope_name(z), path("...j->...j", z), through=STEP)
