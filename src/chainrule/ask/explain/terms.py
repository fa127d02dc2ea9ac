"""Summands: the products that one element of a Number is added up from."""

from collections.abc import Collection
from dataclasses import dataclass
from math import fsum, prod

import numpy as np

from chainrule.ask.documents.formula import Remainder
from chainrule.contraction.assignments import Assignments
from chainrule.numbers import Number, Path

Index = tuple[int, ...]

WHOLE = 6  # a sum up to this long is shown whole
LARGEST = 4  # of a longer one, so many of the largest


@dataclass(frozen=True, slots=True)
class Factor:
    """One element of a Number."""

    number: Number
    index: Index

    @property
    def value(self) -> float:
        return float(self.number.array[self.index])


@dataclass(frozen=True, slots=True)
class Summand:
    """One product: factors, constants apart from them, and a sign apart from those."""

    factors: tuple[Factor, ...]
    constants: tuple[Number, ...]
    negative: bool
    value: float

    def without(self, number: Number) -> "Summand":
        """What is left beside the factor `number`."""
        factors = tuple(f for f in self.factors if f.number is not number)
        value = prod(f.value for f in factors) * prod(abs(float(c.array)) for c in self.constants)
        return Summand(factors, self.constants, self.negative, -value if self.negative else value)


def summands(
    element: Factor, absent: Collection[str] = (), limit: int | None = None
) -> tuple[list[Summand], Remainder | None]:
    """The products that `element` is the sum of: all, or the largest and what the rest adds up to.

    Products of a given named in `absent` are left out. `limit` is how many are shown at the most.
    """
    paths = [path for path in element.number.paths if not any(f.name in absent for f in path.factors)]
    tables = [(path, path.assignments(element.index)) for path in paths]
    points = [(path, places, existing(path, places)) for path, places in tables]
    values = np.concatenate([products(path, places)[mask] for path, places, mask in points] or [np.empty(0)])
    positions = list(range(len(values)))
    if len(values) > (WHOLE if limit is None else limit):
        largest = np.argsort(-np.abs(values), kind="stable")[: LARGEST if limit is None else limit]
        positions = sorted(largest.tolist())
    hidden = np.delete(values, positions)
    remainder = None
    if len(hidden):
        remainder = Remainder(len(hidden), fsum(hidden[hidden > 0]), fsum(hidden[hidden < 0]))
    return [_summand(*_point(points, s), float(values[s])) for s in positions], remainder


def _point(tables: list[tuple[Path, Assignments, np.ndarray]], place: int) -> tuple[Path, Assignments, Index]:
    """The path of the product that stands at `place` among all of them, and its point among the path's."""
    for path, places, mask in tables:
        count = int(mask.sum())
        if place < count:
            flat = np.flatnonzero(mask)[place]
            return path, places, tuple(int(k) for k in np.unravel_index(flat, mask.shape))
        place -= count
    raise IndexError(place)


def products(path: Path, places: Assignments) -> np.ndarray:
    """The products of `path`, an axis for each index that is free; 0 where there is none."""
    table = np.ones(places.exists.shape)
    with np.errstate(all="ignore"):
        for group, factor in zip(path.equation.groups, path.factors, strict=True):
            if not group.says:
                table = table * places.read(group, factor.array)
    return np.where(places.exists, table, 0.0)


def row_length(element: Factor) -> int:
    """How much of its row a function of rows looks at, for this element of what it gives."""
    function = element.number.through
    return element.index[-2] + 1 if function and function.sees == "past" else element.number.array.shape[-1]


def existing(path: Path, places: Assignments) -> np.ndarray:
    """Which of the products there are: a factor named by a condition, `[k≠j]`, is 0 where there is none, and
    so is what a function gives beyond the past that it sees.
    """
    mask = places.exists.copy()
    for group, factor in zip(path.equation.groups, path.factors, strict=True):
        if _is_condition(factor) or (factor.through and factor.through.sees == "past"):
            mask &= places.read(group, factor.array) != 0
    return mask


def _summand(path: Path, places: Assignments, point: Index, value: float) -> Summand:
    factors, constants, negative = [], [], False
    for group, factor in zip(path.equation.groups, path.factors, strict=True):
        if not factor.paths and not factor.array.shape:
            negative ^= factor.name.startswith("-")
            if abs(float(factor.array)) != 1:
                constants.append(factor)
        elif not (group.says or _is_condition(factor) or _is_idle(factor)):
            factors.append(Factor(factor, places.index(group, point)))
    return Summand(tuple(factors), tuple(constants), negative, value)


def _is_condition(factor: Number) -> bool:
    return factor.name.startswith("[") and not factor.paths


def _is_idle(factor: Number) -> bool:
    """The share of a single row, or of rows that are added up: exactly 1, and not worth a word."""
    return factor.name == "1/n" and bool((factor.array == 1).all())
