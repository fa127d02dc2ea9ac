"""Number and Path: an array that remembers the factors it was added up from.

The chain rule says that a gradient is a sum over paths of products of local factors. A rule
therefore never returns a bare array. It returns a `Number`, which is

    through( Σ over paths  Σ over the path's summed indices  Π factors )

where `through` is usually nothing and otherwise a named function such as σ. The trainer reads
`.array`; inside `jax.jit` names and paths vanish. The explainer walks the same paths back.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from chainrule.contraction.assignments import Assignments, assignments
from chainrule.contraction.notation import Contraction, Subscripts, equation
from chainrule.contraction.sums import contracted
from chainrule.errors import ShapeError
from chainrule.quantities import Quantity, parse

LEADING = ["", "n", "nt", "nhw", "ndhw"]  # rows, and how many axes places have
Array = Any  # NumPy, JAX or any array with `__array_namespace__`

PRODUCTS: ContextVar[Callable[[Contraction, Sequence[Array]], Array | None] | None]
PRODUCTS = ContextVar("PRODUCTS", default=None)
"""How products are worked out here, where it gives any; all others by `einsum`."""


@dataclass(frozen=True, slots=True)
class Function:
    """A named function of an array: `text` and `latex` hold `{}` where its argument stands.

    `sees` is what an element of the result depends on: the `number` in its place, its `row` (the last axis),
    or the `past`: of its row as much as up to the place that the axis before says.
    """

    text: str
    latex: str
    apply: Callable[[Array], Array]
    sees: str = "number"


@dataclass(frozen=True, eq=False, init=False)
class Number:
    """A named array and its origin; without paths it was given.

    Made by `given` and `number` alone, so that `array` is always what the paths add up to.
    Opaque to JAX on purpose (no pytree): it lives and dies inside one trace.
    """

    name: str
    array: Array
    paths: tuple["Path", ...]
    through: Function | None

    def __init__(self) -> None:
        raise TypeError("a Number is made by given(name, array) or number(name, *paths)")

    def __repr__(self) -> str:
        origin = " + ".join(map(str, self.paths)) or "given"
        return f"<{self.name} {tuple(self.array.shape)} = {origin}>"

    @property
    def quantity(self) -> Quantity:
        """What the name stands for."""
        return parse(self.name)

    def readd(self) -> Array:
        """The array once more, from the factors: what must equal `array` for the name to be honest."""
        return combined(self.name, self.paths, self.through) if self.paths else self.array


@dataclass(frozen=True, eq=False)
class Path:
    """Factors multiplied together and summed over every index that is missing after `->`.

    `indices` is in einsum notation, one group of letters a factor: `ni,nj->ij`. An axis may be read at a
    sum of letters, `n(2h+k-1)i`: what lies outside the array is no term. A factor of whole numbers may say
    which letter is meant, `nt=v`: there are only those terms.

    `shape` is that of the sum, where the factors alone do not tell it.
    """

    indices: str
    factors: tuple[Number, ...]
    shape: tuple[int, ...] | None = None

    def __str__(self) -> str:
        factors = " · ".join(f"{f.name}{tuple(f.array.shape)}" for f in self.factors)
        return f"{factors} [{self.indices}]"

    @property
    def equation(self) -> Contraction:
        """The indices, read."""
        return equation(self.indices)

    @property
    def groups(self) -> list[str]:
        """How each factor is read: `ni` and `ij` of `ni,ij->nj`."""
        return [group.text for group in self.equation.groups]

    @property
    def result(self) -> str:
        """How the sum is laid out: `nj` of `ni,ij->nj`."""
        return self.equation.result.text

    @property
    def letters(self) -> tuple[str, ...]:
        """The indices there are, each one time."""
        return self.equation.letters

    def sizes(self) -> dict[str, int]:
        """How long each index is.

        Raises:
            ShapeError: a factor has other dimensions than its letters say, or an index two
                lengths. (`einsum` alone would let a length of 1 broadcast in silence.)
        """
        sizes: dict[str, int] = {}
        owners: dict[str, str] = {}
        shapes: list[tuple[Subscripts, str, tuple[int, ...]]] = [
            (group, f.name, f.array.shape)
            for group, f in zip(self.equation.groups, self.factors, strict=True)
        ]
        if self.shape is not None:
            shapes.append((self.equation.result, "the sum", self.shape))
        for group, name, shape in shapes:
            if len(group.axes) != len(shape):
                raise ShapeError(
                    f"{self}: {name} has {len(shape)} dimensions, `{group.text}` names {len(group.axes)}."
                )
            for axis, length in zip(group.axes, shape, strict=True):
                if axis.letter and sizes.setdefault(axis.letter, length) != length:
                    raise ShapeError(
                        f"{self}: index {axis.letter} is {length} long in {name}, "
                        f"{sizes[axis.letter]} in {owners[axis.letter]}."
                    )
                owners.setdefault(axis.letter, name)
        if len(sizes) < len(self.letters):
            letter = next(letter for letter in self.letters if letter not in sizes)
            raise ShapeError(f"{self}: nothing says how long index {letter} is; give the shape of the sum.")
        return sizes

    def total(self) -> Array:
        """The sum of the products, shaped by the letters after `->`."""
        sizes = self.sizes()
        arrays = [f.array for f in self.factors]
        xp = arrays[0].__array_namespace__()
        eq = self.equation
        if not eq.is_plain or self.shape is not None:
            return xp.asarray(contracted(eq, arrays, sizes, self._shape(sizes)))
        if eq.spread and len(sizes) == len(eq.spread[0]):
            return xp.asarray(prod(a[where] for a, where in zip(arrays, eq.spread, strict=True)))
        if (products := PRODUCTS.get()) and (total := products(eq, arrays)) is not None:
            return total
        large = sum(a.size for a in arrays) > 4096  # planning the contraction costs 30 µs
        return xp.asarray(xp.einsum(self.indices, *arrays, optimize=large))

    def assignments(self, index: Sequence[int], place: int | None = None) -> Assignments:
        """Where the letters stand in every product that goes into element `index`; or, if the `place` of a
        factor is given, in every product that element `index` of that factor is in.
        """
        eq, sizes = self.equation, self.sizes()
        group = eq.result if place is None else eq.groups[place]
        own = index[len(index) - len(group.axes) :]  # a shorter path is broadcast
        arrays = [f.array for f in self.factors]
        return assignments(eq, arrays, self._shape(sizes), sizes, group, own)

    def terms(self, index: Sequence[int]) -> Iterator[list[tuple[Number, tuple[int, ...]]]]:
        """Every product that goes into element `index`, as [(factor, its index), ...]."""
        places = self.assignments(index)
        for point in np.argwhere(places.exists).tolist():
            yield [
                (f, places.index(group, point))
                for group, f in zip(self.equation.groups, self.factors, strict=True)
                if not group.says
            ]

    def turned(self, place: int, upstream: Number) -> "Path":
        """The path that brings `upstream`, which belongs to the sum, to the factor at `place`."""
        pairs = list(zip(self.groups, self.factors, strict=True))
        group, factor = pairs.pop(place)
        return laid_out([*pairs, (self.result, upstream)], group, tuple(factor.array.shape))

    def of(self, factors: Iterable[Number]) -> "Path":
        """The same path of other factors."""
        return Path(self.indices, tuple(factors), self.shape)

    def summed_to(self, result: str) -> "Path":
        """The same products, added up to another layout: `nj` instead of nothing."""
        return laid_out(zip(self.groups, self.factors, strict=True), result)

    def times(self, group: str, factor: Number) -> "Path":
        """With another factor in front, read as `group` says."""
        return Path(f"{group},{self.indices}", (factor, *self.factors), self.shape)

    def _shape(self, sizes: dict[str, int]) -> tuple[int, ...]:
        if self.shape is not None:
            return self.shape
        lengths = [axis.reach(sizes)[1] + 1 for axis in self.equation.result.axes]
        return tuple(max(length, 0) for length in lengths)


def laid_out(
    factors: Iterable[tuple[str, Number]], result: str, shape: tuple[int, ...] | None = None
) -> Path:
    """A path of factors, each with how it is read, added up to `result`."""
    groups, numbers = zip(*factors, strict=True)
    return Path(f"{','.join(groups)}->{result}", numbers, shape)


def given(name: str, array: Array) -> Number:
    """A Number that came from outside: data, a parameter, a constant."""
    return _made(name, array, (), None)


def path(indices: str, *factors: Number, shape: Sequence[int] | None = None) -> Path:
    """A path of `factors` contracted by `indices`; of a sum of that `shape`, where they do not tell it.

    `...` stands for all axes before those that are named, rows and places: n, nt, nhw or ndhw.
    """
    if "..." in indices:
        groups = zip(indices.partition("->")[0].split(","), factors, strict=True)
        ranks = [f.array.ndim - len(group) + len("...") for group, f in groups if "..." in group]
        indices = indices.replace("...", LEADING[ranks[0]])
    return Path(indices, factors, None if shape is None else tuple(shape))


def number(name: str, *paths: Path, through: Function | None = None) -> Number:
    """The Number that `paths` add up to, seen through a function if one is named.

    Raises:
        ShapeError: the factors do not fit together, or one path has another shape than the rest.
    """
    return _made(name, combined(name, paths, through), paths, through)


def combined(name: str, paths: Sequence[Path], through: Function | None) -> Array:
    """`through(Σ paths)`; a path with fewer dimensions than the widest is added to every row."""
    sums = [p.total() for p in paths]
    widest = max((s.shape for s in sums), key=len)
    for p, s in zip(paths, sums, strict=True):
        if s.shape != widest[len(widest) - len(s.shape) :]:
            raise ShapeError(f"{name}: {p} gives shape {s.shape}, another path gives {widest}.")
    total = sum(sums[1:], start=sums[0])
    xp = sums[0].__array_namespace__()
    return xp.asarray(through.apply(total) if through else total)  # NumPy turns () arrays into scalars


def constant(name: str, value: float, like: Number) -> Number:
    """A constant factor, in the array library and dtype of `like`."""
    xp = like.array.__array_namespace__()
    return given(name, xp.asarray(value, dtype=like.array.dtype))


def origins(*numbers: Number) -> dict[str, Number]:
    """`numbers` and every Number they came from, by name."""
    by_name: dict[str, Number] = {}
    waiting = list(numbers)
    while waiting:
        n = waiting.pop()
        if by_name.get(n.name) is not n:
            by_name[n.name] = n
            waiting.extend(f for p in n.paths for f in p.factors)
    return by_name


def _made(name: str, array: Array, paths: tuple[Path, ...], through: Function | None) -> Number:
    instance = object.__new__(Number)
    for field, value in (("name", name), ("array", array), ("paths", paths), ("through", through)):
        object.__setattr__(instance, field, value)
    return instance
