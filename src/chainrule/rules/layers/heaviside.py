"""Step: a = 1 where z ≥ 0, else 0, as a perceptron decides."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Array, Function, Number, number, path
from chainrule.rules.protocols import Activation, Words


def decided(z: Array) -> Array:
    """1 where z ≥ 0, else 0."""
    xp = z.__array_namespace__()
    return xp.where(z >= 0, xp.ones_like(z), xp.zeros_like(z))


DECISION = Function("[{} ≥ 0]", r"[{} \ge 0]", decided)
FLAT = Function("0·{}", r"0 \cdot {}", lambda z: z.__array_namespace__().zeros_like(z))


@dataclass(frozen=True)
class Heaviside(Activation):
    """a = 1 where z ≥ 0, else 0: no slope goes back through it, so a perceptron learns by its own rule."""

    words: ClassVar[Words] = Words(
        symbol="step",
        formula="a = 0 if z < 0 else 1",
        slope="da/dz = 0",
        latex=r"a = [z \ge 0]",
        source="McCulloch & Pitts 1943; Rosenblatt 1958",
    )

    def value(self, z: Number) -> Number:
        return number(self.out, path("...j->...j", z), through=DECISION)

    def slope(self, z: Number, a: Number) -> Number:
        return number(self.slope_name(z), path("...j->...j", z), through=FLAT)
