"""Number and Path: an array that remembers the factors it was added up from.

The chain rule says that a gradient is a sum over paths of products of local factors. A rule
therefore never returns a bare array. It returns a `Number`, which is

    through( Σ over paths  Σ over the path's summed indices  Π factors )

where `through` is usually nothing and otherwise a named function such as σ. The trainer reads
`.array`; inside `jax.jit` names and paths vanish. The explainer walks the same paths back.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

from chainrule.errors import ShapeError
from chainrule.quantities import Quantity, parse

Array = Any  # NumPy, JAX or any array with `__array_namespace__`


@dataclass(frozen=True, slots=True)
class Function:
    """A named function of an array: `text` and `latex` hold `{}` where its argument stands."""

    text: str
    latex: str
    apply: Callable[[Array], Array]


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

    `indices` is in einsum notation, one group of letters a factor: `ni,nj->ij`.
    """

    indices: str
    factors: tuple[Number, ...]

    def __str__(self) -> str:
        factors = " · ".join(f"{f.name}{tuple(f.array.shape)}" for f in self.factors)
        return f"{factors} [{self.indices}]"

    def sizes(self) -> dict[str, int]:
        """How long each index is.

        Raises:
            ShapeError: a factor has other dimensions than its letters say, or an index two
                lengths. (`einsum` alone would let a length of 1 broadcast in silence.)
        """
        sizes: dict[str, int] = {}
        groups = _parsed(self.indices)[0]
        for letters, factor in zip(groups, self.factors, strict=True):
            shape = factor.array.shape
            if len(letters) != len(shape):
                raise ShapeError(
                    f"{self}: {factor.name} has {len(shape)} dimensions, `{letters}` names {len(letters)}."
                )
            for letter, length in zip(letters, shape, strict=True):
                if sizes.setdefault(letter, length) != length:
                    owner = next(
                        f.name for group, f in zip(groups, self.factors, strict=True) if letter in group
                    )
                    raise ShapeError(
                        f"{self}: index {letter} is {length} long in {factor.name}, "
                        f"{sizes[letter]} in {owner}."
                    )
        return sizes

    def total(self) -> Array:
        """The sum of the products, shaped by the letters after `->`."""
        sizes = self.sizes()
        arrays = [f.array for f in self.factors]
        xp = arrays[0].__array_namespace__()
        axes = _parsed(self.indices)[2]
        if axes and len(sizes) == len(axes[0]):
            return xp.asarray(prod(a[where] for a, where in zip(arrays, axes, strict=True)))
        large = sum(a.size for a in arrays) > 4096  # planning the contraction costs 30 µs
        return xp.asarray(xp.einsum(self.indices, *arrays, optimize=large))

    def terms(self, index: Sequence[int]) -> Iterator[list[tuple[Number, tuple[int, ...]]]]:
        """Every product that goes into element `index`, as [(factor, its index), ...]."""
        groups, result, _ = _parsed(self.indices)
        coordinates = index[len(index) - len(result) :]  # a shorter path is broadcast
        fixed = dict(zip(result, coordinates, strict=True))
        summed = {letter: n for letter, n in self.sizes().items() if letter not in fixed}
        for point in product(*map(range, summed.values())):
            where = fixed | dict(zip(summed, point, strict=True))
            yield [
                (f, tuple(where[letter] for letter in group))
                for group, f in zip(groups, self.factors, strict=True)
            ]


def given(name: str, array: Array) -> Number:
    """A Number that came from outside: data, a parameter, a constant."""
    return _made(name, array, (), None)


def path(indices: str, *factors: Number) -> Path:
    """A path of `factors` contracted by the einsum `indices`."""
    return Path(indices, factors)


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


@lru_cache(maxsize=256)
def _parsed(indices: str) -> tuple[list[str], str, list[tuple[slice | None, ...]] | None]:
    """The letters of each factor, those of the result, and, where nothing is summed or transposed,
    how each factor is spread over the result's axes.
    """
    operands, result = indices.split("->")
    groups = operands.split(",")
    if any("".join(letter for letter in result if letter in group) != group for group in groups):
        return groups, result, None
    spread = [tuple(slice(None) if letter in group else None for letter in result) for group in groups]
    return groups, result, spread


def _made(name: str, array: Array, paths: tuple[Path, ...], through: Function | None) -> Number:
    instance = object.__new__(Number)
    for field, value in (("name", name), ("array", array), ("paths", paths), ("through", through)):
        object.__setattr__(instance, field, value)
    return instance
