"""Unrolled: a step's Numbers as one straight line of arithmetic, so that 10,000 steps take a moment.

The line is written from the Numbers' own paths: each element is the sum of the products that it was
added up from, and a function is written down by being called with a scribe in the place of an array.
What is too large, or has no such line, is left to the plain steps.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.ask.cases.recompute import in_order
from chainrule.numbers import Array, Number

_PRODUCTS = 5000  # of a larger step, NumPy is as fast

Run = Callable[[int, Mapping[str, Array]], dict[str, Array] | None]


def unrolled(updated: Mapping[str, Number], parameters: Mapping[str, Array]) -> Run | None:
    """A function of n and parameters that makes n steps like the one which made `updated` of `parameters`.

    It returns the parameters after them, or None where a number left the range of floats. None
    instead of the function if the step is too large.
    """
    numbers = in_order(updated.values())
    if set(updated) != set(parameters) or sum(_products(one) for one in numbers) > _PRODUCTS:
        return None
    scribe = _Scribe()
    names = {name: scribe.fresh(np.shape(array)) for name, array in parameters.items()}
    written: dict[int, Any] = {}
    for one in numbers:
        written[id(one)] = names[one.name] if _is_parameter(one, parameters) else _write(one, written, scribe)
    flat = [cell for name in parameters for cell in names[name].ravel()]
    new = [cell for name in parameters for cell in written[id(updated[name])].ravel()]
    lines = [f"def run(n, {', '.join(flat)}):", " for _ in range(n):"]
    lines += [f"  {line}" for line in scribe.lines]
    lines += [f"  {', '.join(flat)}, = {', '.join(new)},", f" return {', '.join(flat)},"]
    exec(compile("\n".join(lines), "<unrolled>", "exec"), scribe.known)  # our own text, of numbers alone
    return _Program(scribe.known["run"], {name: np.shape(array) for name, array in parameters.items()})


@dataclass(frozen=True)
class _Program:
    """The compiled line, between arrays by name and the numbers in them."""

    run: Callable[..., tuple[float, ...]]
    shapes: Mapping[str, tuple[int, ...]]

    def __call__(self, n: int, parameters: Mapping[str, Array]) -> dict[str, Array] | None:
        flat = [float(v) for name in self.shapes for v in np.ravel(parameters[name])]
        try:
            values = iter(self.run(n, *flat))
        except (ArithmeticError, ValueError):  # Python raises where NumPy goes on with inf or nan
            return None
        found = {
            name: np.array([next(values) for _ in range(math.prod(shape))], dtype=float).reshape(shape)
            for name, shape in self.shapes.items()
        }
        return found if all(np.isfinite(array).all() for array in found.values()) else None


def _is_parameter(one: Number, parameters: Mapping[str, Array]) -> bool:
    return not one.paths and one.name in parameters and one.array.shape == np.shape(parameters[one.name])


def _products(one: Number) -> int:
    return sum(math.prod(p.sizes().values()) for p in one.paths)


def _write(one: Number, written: Mapping[int, Any], scribe: "_Scribe") -> Any:
    """The names of the elements of a Number, their lines written; of a given, the numbers themselves."""
    cells = np.empty(one.array.shape, dtype=object)
    for at in np.ndindex(one.array.shape):
        if not one.paths:
            cells[at] = repr(float(one.array[at]))
            continue
        terms = [
            "*".join(f"{written[id(f)][where]}" for f, where in term if not _is_one(f, where)) or "1.0"
            for path in one.paths
            for term in path.terms(at)
        ]
        cells[at] = scribe.line(" + ".join(terms) or "0.0")
    return scribe.apply(one.through.apply, cells) if one.through else cells


def _is_one(factor: Number, at: tuple[int, ...]) -> bool:
    return not factor.paths and factor.array.ndim <= 1 and factor.array[at] == 1 and factor.name == "1/n"


@dataclass
class _Scribe:
    """Writes lines, each giving a new name to what it computes."""

    lines: list[str] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=lambda: {"math": math})

    def line(self, text: str) -> str:
        name = f"v{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        return name

    def fresh(self, shape: tuple[int, ...]) -> Any:
        """Names for the elements of an array that comes from outside."""
        start = len(self.known)
        cells = np.empty(shape, dtype=object)
        for k, at in enumerate(np.ndindex(shape)):
            cells[at] = f"p{start}_{k}"
        self.known[f"p{start}"] = None
        return cells

    def apply(self, function: Callable[[Any], Any], cells: Any) -> Any:
        """A function of an array: element by element if it can be written so, otherwise as it is."""
        found = np.empty(cells.shape, dtype=object)
        kept = len(self.lines)
        try:
            for at in np.ndindex(cells.shape):
                found[at] = str(function(_Cell(cells[at], self)))
        except (AttributeError, TypeError, KeyError, IndexError):
            del self.lines[kept:]
            return self._called(function, cells)
        return found

    def _called(self, function: Callable[[Array], Array], cells: Any) -> Any:
        name = f"f{len(self.known)}"

        def call(*values: float) -> list[float]:
            result: list[float] = np.ravel(function(np.array(values).reshape(cells.shape))).tolist()
            return result

        self.known[name] = call
        found = np.empty(cells.shape, dtype=object)
        whole = self.line(f"{name}({', '.join(cells.ravel())})")
        for k, at in enumerate(np.ndindex(cells.shape)):
            found[at] = self.line(f"{whole}[{k}]")
        return found


class _Cell:
    """One number that is not known yet: what is done to it is written down."""

    def __init__(self, name: str, scribe: _Scribe) -> None:
        self.name, self.scribe = name, scribe

    def __str__(self) -> str:
        return self.name

    def __array_namespace__(self) -> "_Library":
        return _Library(self.scribe)

    def _new(self, text: str) -> "_Cell":
        return _Cell(self.scribe.line(text), self.scribe)

    def __bool__(self) -> bool:
        raise TypeError("what is not known yet decides nothing")

    def __neg__(self) -> "_Cell":
        return self._new(f"-{self}")

    def __abs__(self) -> "_Cell":
        return self._new(f"abs({self})")

    def __add__(self, other: Any) -> "_Cell":
        return self._new(f"{self} + {_text(other)}")

    def __radd__(self, other: Any) -> "_Cell":
        return self._new(f"{_text(other)} + {self}")

    def __sub__(self, other: Any) -> "_Cell":
        return self._new(f"{self} - {_text(other)}")

    def __rsub__(self, other: Any) -> "_Cell":
        return self._new(f"{_text(other)} - {self}")

    def __mul__(self, other: Any) -> "_Cell":
        return self._new(f"{self} * {_text(other)}")

    def __rmul__(self, other: Any) -> "_Cell":
        return self._new(f"{_text(other)} * {self}")

    def __truediv__(self, other: Any) -> "_Cell":
        return self._new(f"{self} / {_text(other)}")

    def __rtruediv__(self, other: Any) -> "_Cell":
        return self._new(f"{_text(other)} / {self}")

    def __pow__(self, other: Any) -> "_Cell":
        return self._new(f"{self} ** {_text(other)}")

    def __gt__(self, other: Any) -> "_Cell":
        return self._new(f"{self} > {_text(other)}")

    def __ge__(self, other: Any) -> "_Cell":
        return self._new(f"{self} >= {_text(other)}")

    def __lt__(self, other: Any) -> "_Cell":
        return self._new(f"{self} < {_text(other)}")

    def __le__(self, other: Any) -> "_Cell":
        return self._new(f"{self} <= {_text(other)}")


class _Library:
    """As much of an array library as functions of one number need; asked for more, it has no such name."""

    def __init__(self, scribe: _Scribe) -> None:
        self._scribe = scribe

    def _new(self, text: str) -> _Cell:
        return _Cell(self._scribe.line(text), self._scribe)

    def exp(self, z: Any) -> _Cell:
        return self._new(f"math.exp({_text(z)})")

    def expm1(self, z: Any) -> _Cell:
        return self._new(f"math.expm1({_text(z)})")

    def log1p(self, z: Any) -> _Cell:
        return self._new(f"math.log1p({_text(z)})")

    def tanh(self, z: Any) -> _Cell:
        return self._new(f"math.tanh({_text(z)})")

    def abs(self, z: Any) -> _Cell:
        return self._new(f"abs({_text(z)})")

    def where(self, condition: Any, one: Any, other: Any) -> _Cell:
        return self._new(f"{_text(one)} if {_text(condition)} else {_text(other)}")

    def maximum(self, one: Any, other: Any) -> _Cell:
        return self._new(f"max({_text(one)}, {_text(other)})")

    def minimum(self, one: Any, other: Any) -> _Cell:
        return self._new(f"min({_text(one)}, {_text(other)})")

    def clip(self, z: Any, low: Any, high: Any) -> _Cell:
        return self._new(f"min(max({_text(z)}, {_text(low)}), {_text(high)})")

    def ones_like(self, z: Any) -> float:
        return 1.0

    def zeros_like(self, z: Any) -> float:
        return 0.0


def _text(one: Any) -> str:
    """A cell by its name, a number by its digits."""
    if isinstance(one, _Cell):
        return one.name
    number = float(one)
    return f"({number!r})" if number < 0 else repr(number)
