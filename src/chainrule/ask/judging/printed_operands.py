"""Printed operands: what each number comes to when it is made of the printed numbers before it.

Somebody who works by hand goes on with what is on the paper: `0.4653 · 0.2036 · 0.6023`, not with all
sixteen digits. One pass over a step's Numbers, with what is printed in the place of what is exact,
tells of every claim at once what its own operands give.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from chainrule.ask.cases.address import Address
from chainrule.ask.cases.arithmetic import Expression
from chainrule.ask.cases.recompute import rework
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.documents.names import atoms, spelled
from chainrule.numbers import Array, Function, Number, given, number, path

Query = Address | Expression

# A Number is computed so that no digit is lost; on paper it is what its name says, of what the paper says.
BY_NAME = {
    "1 - {}": Function("1-{}", "1-{}", lambda a: 1 - a),
    "1 + {}": Function("1+{}", "1+{}", lambda a: 1 + a),
    "-ln {}": Function("-ln {}", r"-\ln {}", lambda a: -np.log(a)),
    "1/{}": Function("1/{}", "1/{}", lambda a: 1 / a),
    "1/(1 - {})": Function("1/(1-{})", "1/(1-{})", lambda a: 1 / (1 - a)),
    "-ln(1 - {})": Function("-ln(1-{})", r"-\ln(1-{})", lambda a: -np.log1p(-a)),
}


@dataclass(frozen=True)
class Habit:
    """How somebody writes down what is not printed: to so many digits, counted from the first that is
    not 0 or after the point; rounded or cut off; and whether even printed numbers are used like that.
    """

    digits: int
    after_point: bool
    cut: bool = False
    also_printed: bool = False

    def of(self, array: Array) -> Array:
        """The numbers as they would be written down."""
        places: int | Array = self.digits
        if not self.after_point:
            size = np.where(array == 0, 1.0, np.abs(array))
            places = self.digits - 1 - np.floor(np.log10(size) + 1e-12)
        unit = 10.0 ** -np.clip(places, -300, 300)
        steps = array / unit
        multiples = np.trunc(steps + np.sign(steps) * 1e-9) if self.cut else np.round(steps)
        return np.where(np.isfinite(array), multiples * unit, array)


@dataclass(frozen=True)
class Dither:
    """Everything off by up to half a unit of so many digits, no matter where: what a habit might do."""

    digits: int
    after_point: bool
    turn: int
    also_printed: bool

    def of(self, array: Array) -> Array:
        noise = np.modf(np.abs(array) * 1e7 * np.sqrt(self.turn))[0] - 0.5  # at random, and always the same
        unit = 10.0**-self.digits
        return array + noise * (unit if self.after_point else 10 * unit * array)


@dataclass(frozen=True)
class Sheet:
    """The numbers of a world, worked through from what is printed of them.

    Attributes:
        world: where the exact numbers are.
        queries: what the claims speak of.
    """

    world: Trajectory
    queries: tuple[Query, ...]

    def place(self, quantity: Address) -> Address:
        """Where a quantity is computed: w@3 is the new value that the third update gives."""
        if quantity.after and quantity.name in self.world.case.parameters:
            return Address(f"{quantity.name}'", quantity.index, quantity.after - 1)
        return quantity

    @cached_property
    def order(self) -> dict[Query, tuple[int, int]]:
        """For each that is asked, when it is computed: after which update, and after how many Numbers."""
        return {query: max(map(self._when, self._parts(query))) for query in self.queries}

    def locally(
        self, printed: Mapping[Address, float], habit: Habit | Dither | None = None, upto: int | None = None
    ) -> list[float]:
        """What each asked comes to when it is made of `printed`, the rest being written by `habit`.

        A printed number stands in for itself in whatever is made of it, never in its own result.
        With `upto`, those that are computed after more updates are left out, as NaN.
        """
        results: dict[int, dict[str, Array]] = {}  # as the operands make it
        operands: dict[int, dict[str, Array]] = {}  # as the next ones take it
        with np.errstate(all="ignore"):
            for updates in self._afters:
                if upto is not None and updates > upto:
                    break
                previous = operands.get(updates - 1, {})
                carried = {w: previous[f"{w}'"] for w in self.world.case.parameters if f"{w}'" in previous}
                numbers = self.numbers(printed, updates, carried, habit, results.setdefault(updates, {}))
                operands[updates] = {name: node.array for name, node in numbers.items()}
        return [
            self._told(query, results, operands) if self.order[query][0] in results else np.nan
            for query in self.queries
        ]

    def numbers(
        self,
        printed: Mapping[Address, float],
        updates: int = 0,
        carried: Mapping[str, Array] | None = None,
        habit: Habit | Dither | None = None,
        results: dict[str, Array] | None = None,
    ) -> dict[str, Number]:
        """A step's Numbers with `printed` in their places; `results` is told what each was before that.

        `carried` are parameters that the step before, worked through in the same way, has left.
        """
        mine: dict[str, list[tuple[tuple[int, ...], float]]] = {}
        for quantity, value in printed.items():
            if quantity.after == updates:
                mine.setdefault(quantity.name, []).append((quantity.index, value))
        carried = carried or {}

        def change(old: Number, node: Number) -> Number:
            array = carried.get(old.name, node.array) if not old.paths else node.array
            if results is not None:
                results[old.name] = array
            if habit and old.paths:
                array = np.asarray(habit.of(array))
            if old.name in mine:
                array = array.copy()
                for index, value in mine[old.name]:
                    array[index] = habit.of(np.float64(value)) if habit and habit.also_printed else value
            return node if array is node.array else given(old.name, array)

        return rework(self._numbers(updates), change)

    def _told(
        self,
        query: Query,
        results: Mapping[int, Mapping[str, Array]],
        operands: Mapping[int, Mapping[str, Array]],
    ) -> float:
        if isinstance(query, Expression):
            return query.value(
                lambda address: float(operands[(q := self.place(address)).after][q.name][q.index])
            )
        quantity = self.place(query)
        return float(results[quantity.after][quantity.name][quantity.index])

    # --- the Numbers

    @cached_property
    def _afters(self) -> list[int]:
        return sorted({part.after for query in self.queries for part in self._parts(query)})

    def _parts(self, query: Query) -> list[Address]:
        return [self.place(q) for q in (query.quantities if isinstance(query, Expression) else [query])]

    def _when(self, quantity: Address) -> tuple[int, int]:
        names = self._places.setdefault(quantity.after, list(self.named(quantity.after)))
        return quantity.after, names.index(quantity.name)

    def _numbers(self, updates: int) -> Iterable[Number]:
        return self.named(updates).values()

    def named(self, updates: int) -> dict[str, Number]:
        """A step's Numbers at full precision, each made of what its name says."""
        if updates not in self._graphs:
            self._graphs[updates] = as_named(self.world.numbers(updates))
        return self._graphs[updates]

    @cached_property
    def _graphs(self) -> dict[int, dict[str, Number]]:
        return {}

    @cached_property
    def _places(self) -> dict[int, list[str]]:
        return {}


def as_named(numbers: Mapping[str, Number]) -> dict[str, Number]:
    """The same Numbers, but `1-a1` made of a1, as its name says, and not of z1."""
    ready: dict[str, Number] = {}

    def change(old: Number, node: Number) -> Number:
        inside = atoms(old.name)
        if old.paths and len(inside) == 1 and inside[0] in ready:
            function = BY_NAME.get(spelled(old.name, ()).text)
            if function and not any(f.name == inside[0] for p in old.paths for f in p.factors):
                node = number(old.name, path("nj->nj", ready[inside[0]]), through=function)
        ready[old.name] = node
        return node

    forward_last = sorted(numbers.values(), key=_forward)
    return rework(forward_last, change)


def _forward(node: Number) -> tuple[bool, int]:
    """The last are looked at first: activations, from the first layer on."""
    layer = node.name[1:].split("_")[0]
    forward = node.name[:1] == "a" and layer.isdigit()
    return forward, -int(layer) if forward else 0
