"""Summands: the products that one element of a Number is added up from."""

from collections.abc import Collection
from dataclasses import dataclass
from math import fsum, prod

import numpy as np

from chainrule.ask.documents.formula import Remainder
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
    tables = [products(path, element.index) for path in paths]
    values = np.concatenate([table[mask] for table, mask in tables] or [np.empty(0)])
    positions = list(range(len(values)))
    if len(values) > (WHOLE if limit is None else limit):
        largest = np.argsort(-np.abs(values), kind="stable")[: LARGEST if limit is None else limit]
        positions = sorted(largest.tolist())
    hidden = np.delete(values, positions)
    remainder = None
    if len(hidden):
        remainder = Remainder(len(hidden), fsum(hidden[hidden > 0]), fsum(hidden[hidden < 0]))
    points = [(path, mask) for path, (_, mask) in zip(paths, tables, strict=True)]
    return [_summand(*_point(points, s), element.index, float(values[s])) for s in positions], remainder


def _point(tables: list[tuple[Path, np.ndarray]], place: int) -> tuple[Path, Index]:
    """The path and the summed indices of the product that stands at `place` among all of them."""
    for path, mask in tables:
        count = int(mask.sum())
        if place < count:
            flat = np.flatnonzero(mask)[place]
            return path, tuple(int(k) for k in np.unravel_index(flat, mask.shape))
        place -= count
    raise IndexError(place)


def products(path: Path, index: Index) -> tuple[np.ndarray, np.ndarray]:
    """The products of `path` at `index`, an axis for each summed index, and which of them there are.

    A factor named by a condition, `[k≠j]`, is 0 where there is no product at all.
    """
    fixed, summed = letters(path, index)
    groups = [[c for c in group if c not in fixed] for group in _groups(path)]
    parts = [f.array[_place(group, fixed)] for group, f in zip(_groups(path), path.factors, strict=True)]
    where = [list(map(list(summed).index, group)) for group in groups]
    table, mask = np.ones(tuple(summed.values())), np.ones(tuple(summed.values()), dtype=bool)
    with np.errstate(all="ignore"):
        for factor, part, axes in zip(path.factors, parts, where, strict=True):
            shape = [1] * len(summed)
            for axis in axes:
                shape[axis] = table.shape[axis]
            spread = np.transpose(part, np.argsort(axes)).reshape(shape)
            table = table * spread
            if _is_condition(factor):
                mask &= spread != 0
    return table, mask


def _summand(path: Path, point: Index, index: Index, value: float) -> Summand:
    fixed, summed = letters(path, index)
    place = fixed | dict(zip(summed, point, strict=True))
    factors, constants, negative = [], [], False
    for group, factor in zip(_groups(path), path.factors, strict=True):
        if not factor.paths and not factor.array.shape:
            negative ^= factor.name.startswith("-")
            if abs(float(factor.array)) != 1:
                constants.append(factor)
        elif not (_is_condition(factor) or _is_idle(factor)):
            factors.append(Factor(factor, tuple(place[c] for c in group)))
    return Summand(tuple(factors), tuple(constants), negative, value)


def letters(path: Path, index: Index) -> tuple[dict[str, int], dict[str, int]]:
    """The letters that `index` fixes, with their values, and those summed over, with their lengths."""
    result = path.indices.partition("->")[2]
    fixed = dict(zip(result, index[len(index) - len(result) :], strict=True))
    return fixed, {letter: n for letter, n in path.sizes().items() if letter not in fixed}


def _groups(path: Path) -> list[str]:
    return path.indices.partition("->")[0].split(",")


def _place(group: str, fixed: dict[str, int]) -> tuple[int | slice, ...]:
    return tuple(fixed.get(letter, slice(None)) for letter in group)


def _is_condition(factor: Number) -> bool:
    return factor.name.startswith("[") and not factor.paths


def _is_idle(factor: Number) -> bool:
    """The share of a single row, or of rows that are added up: exactly 1, and not worth a word."""
    return factor.name == "1/n" and bool((factor.array == 1).all())
