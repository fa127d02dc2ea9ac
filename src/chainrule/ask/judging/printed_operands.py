"""Printed operands: what each number comes to when it is made of the printed numbers before it.

Somebody who works by hand goes on with what is on the paper: `0.4653 · 0.2036 · 0.6023`, not with all
sixteen digits. One pass over a step's Numbers, with what is printed in the place of what is exact,
tells of every claim at once what its own operands give.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count

import numpy as np

from chainrule.ask.cases.address import Address
from chainrule.ask.cases.arithmetic import Expression
from chainrule.ask.cases.recompute import in_order, rework, reworked
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.documents.names import atoms, spelled
from chainrule.numbers import Array, Function, Number, given, number, path
from chainrule.quantities import Variable

Query = Address | Expression

_REMEMBERED = 4_000_000  # parameters of steps worked through; with more, they are worked through again

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


@dataclass(frozen=True, eq=False)
class _Level:
    """A step worked through from printed numbers.

    Attributes:
        key: that tells it from all others.
        values: of what is asked, as its operands give it and as the next ones take it.
        carried: the parameters it leaves to the next step.
    """

    key: int
    values: Mapping[Address, tuple[float, float]]
    carried: Mapping[str, Array]


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
        values: dict[int, Mapping[Address, tuple[float, float]]] = {}
        by_updates: dict[int, list[tuple[Address, float]]] = {}
        for quantity, value in printed.items():
            by_updates.setdefault(quantity.after, []).append((quantity, value))
        level: _Level | None = None
        with np.errstate(all="ignore"):
            afters = [updates for updates in self._afters if upto is None or updates <= upto]
            for updates in afters:
                before = level if updates - 1 in values else None
                operands = frozenset(by_updates.get(updates, ()))
                level = self._level(updates, operands, habit, before, leads_on=updates + 1 in afters)
                values[updates] = level.values
        return [
            self._told(query, values) if self.order[query][0] in values else np.nan for query in self.queries
        ]

    def _level(
        self,
        updates: int,
        printed: frozenset[tuple[Address, float]],
        habit: Habit | Dither | None,
        before: "_Level | None",
        *,
        leads_on: bool,
    ) -> "_Level":
        """A step worked through, on from the one `before`; what was once worked through is known.

        Of one that does not lead on to the next, no more is worked through than is asked of it.
        """
        key = updates, printed, habit, before and before.key, leads_on
        if key not in self._levels:
            results: dict[str, Array] = {}  # as the operands make it
            carried = before.carried if before else None
            operands = self.numbers(dict(printed), updates, carried, habit, results, leads_on=leads_on)
            values = {
                part: (float(results[part.name][part.index]), float(operands[part.name].array[part.index]))
                for part in self._asked[updates]
            }
            parameters = self.world.case.parameters if leads_on else ()
            new = {w: operands[f"{w}'"].array for w in parameters if f"{w}'" in operands}
            size = sum(int(array.size) for array in new.values())
            if (len(self._levels) + 1) * size > _REMEMBERED:
                self._levels.clear()
            self._levels[key] = _Level(next(self._serials), values, new)
        return self._levels[key]

    def numbers(
        self,
        printed: Mapping[Address, float],
        updates: int = 0,
        carried: Mapping[str, Array] | None = None,
        habit: Habit | Dither | None = None,
        results: dict[str, Array] | None = None,
        *,
        leads_on: bool = True,
    ) -> dict[str, Number]:
        """A step's Numbers with `printed` in their places; `results` is told what each was before that.

        Where the step does not lead on to another, only those that are asked for and what they come from.
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

        return reworked(self._in_order(updates, leads_on=leads_on), change)

    def _told(self, query: Query, values: Mapping[int, Mapping[Address, tuple[float, float]]]) -> float:
        if isinstance(query, Expression):
            return query.value(lambda address: values[(q := self.place(address)).after][q][1])
        quantity = self.place(query)
        return values[quantity.after][quantity][0]

    # --- the Numbers

    @cached_property
    def _afters(self) -> list[int]:
        return sorted({part.after for query in self.queries for part in self._parts(query)})

    def _parts(self, query: Query) -> list[Address]:
        return [self.place(q) for q in (query.quantities if isinstance(query, Expression) else [query])]

    def _when(self, quantity: Address) -> tuple[int, int]:
        names = self._places.setdefault(quantity.after, list(self.named(quantity.after)))
        return quantity.after, names.index(quantity.name)

    def _in_order(self, updates: int, *, leads_on: bool) -> list[Number]:
        key = updates, leads_on
        if key not in self._orders:
            numbers = self.named(updates)
            wanted = numbers if leads_on else dict.fromkeys(part.name for part in self._asked[updates])
            self._orders[key] = in_order(numbers[name] for name in wanted)
        return self._orders[key]

    def named(self, updates: int) -> dict[str, Number]:
        """A step's Numbers at full precision, each made of what its name says."""
        if updates not in self._graphs:
            self._graphs[updates] = as_named(self.world.numbers(updates))
        return self._graphs[updates]

    @cached_property
    def _asked(self) -> dict[int, list[Address]]:
        """By the updates before it, what is asked for."""
        asked: dict[int, list[Address]] = {}
        for query in self.queries:
            for part in self._parts(query):
                asked.setdefault(part.after, []).append(part)
        return asked

    @cached_property
    def _levels(self) -> dict[object, "_Level"]:
        return {}

    @cached_property
    def _serials(self) -> Iterator[int]:
        return count()

    @cached_property
    def _orders(self) -> dict[tuple[int, bool], list[Number]]:
        return {}

    @cached_property
    def _graphs(self) -> dict[int, dict[str, Number]]:
        return {}

    @cached_property
    def _places(self) -> dict[int, list[str]]:
        return {}


@np.errstate(all="ignore")  # what leaves the range is seen in the numbers
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
    match node.quantity:
        case Variable("a", int(layer)):
            return True, -layer
        case _:
            return False, 0
