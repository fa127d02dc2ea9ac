"""Rules from outside the tree, as a user's module would hold them; `registered` enters them for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chainrule.rules import Activation, Function, Number, Words, number, path, table
from chainrule.rules.functions import CO_SIGMOID, SIGMOID
from chainrule.rules.registry import register

ROOM = Function("1/(1+|{}|)", r"\frac{{1}}{{1+|{}|}}", lambda z: 1 / (1 + abs(z)))


@dataclass(frozen=True)
class Softsign(Activation):
    """a = z / (1 + |z|); da/dz = 1 / (1 + |z|)²."""

    words = Words(
        symbol="softsign",
        formula="a = z/(1 + |z|)",
        slope="da/dz = 1/(1 + |z|)²",
        latex=r"a = \frac{z}{1 + |z|}",
        source="Bergstra, Desjardins, Lamblin & Bengio 2009, section 2",
    )

    def value(self, z: Number) -> Number:
        return number(self.out, path("nj,nj->nj", z, self._room(z)))

    def slope(self, z: Number, a: Number) -> Number:
        room = self._room(z)
        return number(self.slope_name(z), path("nj,nj->nj", room, room))

    def _room(self, z: Number) -> Number:
        return number(f"1/(1+|{z.name}|)", path("nj->nj", z), through=ROOM)


@dataclass(frozen=True)
class Swish(Activation):
    """a = z σ(βz); da/dz = σ(βz) + βz σ(βz)(1 − σ(βz))."""

    beta: float = 1.5

    @property
    def words(self) -> Words:
        beta = f"{self.beta:g}"
        return Words(
            symbol="swish",
            formula=f"a = z σ({beta} z)",
            slope=f"da/dz = σ({beta} z) + {beta} z σ({beta} z)(1 - σ({beta} z))",
            latex=rf"a = z\,\sigma({beta} z)",
            source="Ramachandran, Zoph & Le 2017, section 3",
        )

    def value(self, z: Number) -> Number:
        return number(self.out, path("nj,nj->nj", z, self._gate(z)))

    def slope(self, z: Number, a: Number) -> Number:
        gate, scaled = self._gate(z), self._scaled(z)
        rest = number(f"1-{gate.name}", path("nj->nj", scaled), through=CO_SIGMOID)
        return number(self.slope_name(z), path("nj->nj", gate), path("nj,nj,nj->nj", scaled, gate, rest))

    def _scaled(self, z: Number) -> Number:
        return number(f"β{z.name}", path("nj->nj", z), through=Function("β{}", r"\beta {}", self._times))

    def _times(self, z: object) -> object:
        return self.beta * z  # type: ignore[operator]

    def _gate(self, z: Number) -> Number:
        return number(f"σ(β{z.name})", path("nj->nj", self._scaled(z)), through=SIGMOID)


@contextmanager
def registered(**rules: type) -> Iterator[None]:
    """The rules under these names, and out of the table again: other tests count what stands in it."""
    known, names = dict(table._RULES), dict(table._NAMES)
    try:
        for name, rule in rules.items():
            table._RULES.pop(name, None)  # in the copy that follows CONTRIBUTING's recipe, softsign is taken
            register(name)(rule)
        yield
    finally:
        for present, former in ((table._RULES, known), (table._NAMES, names)):
            present.clear()
            present.update(former)
