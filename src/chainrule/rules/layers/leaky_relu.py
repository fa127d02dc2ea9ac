"""Leaky ReLU: a = z where z > 0, a small multiple of z elsewhere."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Array, Function, Number, number, path
from chainrule.rules.protocols import Activation, Words, written


@dataclass(frozen=True)
class LeakyReLU(Activation):
    """a = z if z > 0 else leak·z; da/dz = 1 or leak; `leak` at the kink, as torch takes it."""

    leak: float = 0.01

    rectifier: ClassVar[bool] = True

    @property
    def words(self) -> Words:
        leak = written(self.leak)
        return Words(
            symbol="LReLU",
            formula=f"a = z if z > 0 else {leak} z",
            slope=f"da/dz = 1 if z > 0 else {leak}",
            latex=rf"a = \begin{{cases}} z & z > 0 \\ {leak} z & z \le 0 \end{{cases}}",
            source="Maas, Hannun & Ng 2013, eq. 2",
        )

    def value(self, z: Number) -> Number:
        return number(self.out, path("...j,...j->...j", self.slope(z, z), z))

    def slope(self, z: Number, a: Number) -> Number:
        def tilt(z: Array) -> Array:
            xp = z.__array_namespace__()
            return xp.where(z > 0, xp.ones_like(z), self.leak * xp.ones_like(z))

        leak = written(self.leak)
        function = Function(f"[{{}} > 0 or {leak}]", rf"[{{}} > 0 \lor {leak}]", tilt)
        return number(self.slope_name(z), path("...j->...j", z), through=function)
