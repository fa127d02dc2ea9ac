"""A step's Numbers compiled into straight-line Python, so that 10,000 steps take a moment.

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
from chainrule.ask.cases.work import spend
from chainrule.numbers import Array, Number

_LINES = 100  # take as long as it takes to compute a Number
_PRODUCTS = 5000  # of a larger step, NumPy is as fast

Run = Callable[[int, Mapping[str, Array]], dict[str, Array] | None]


def unrolled(updated: Mapping[str, Number], parameters: Mapping[str, Array]) -> Run | None:
    """A function of n and parameters that makes n steps like the one which made `updated` of `parameters`.

    It returns the parameters after them, or None where a number left the range of floats. None
    instead of the function if the step is too large.
    """
    numbers = in_order(updated.values())
    if set(updated) != set(parameters) or sum(_products(node) for node in numbers) > _PRODUCTS:
        return None
    scribe = _Scribe()
    names = {name: scribe.fresh(np.shape(array)) for name, array in parameters.items()}
    written: dict[int, Any] = {}
    for node in numbers:
        written[id(node)] = (
            names[node.name] if _is_parameter(node, parameters) else _write(node, written, scribe)
        )
    flat = [cell for name in parameters for cell in names[name].ravel()]
    new = [cell for name in parameters for cell in written[id(updated[name])].ravel()]
    lines = [f"def run(n, {', '.join(flat)}):", " for _ in range(n):"]
    lines += [f"  {line}" for line in scribe.lines]
    lines += [f"  {', '.join(flat)}, = {', '.join(new)},", f" return {', '.join(flat)},"]
    exec(compile("\n".join(lines), "<unrolled>", "exec"), scribe.namespace)  # our own text, of numbers alone
    shapes = {name: np.shape(array) for name, array in parameters.items()}
    return _Program(scribe.namespace["run"], shapes, len(lines))


@dataclass(frozen=True)
class _Program:
    """The compiled line, between arrays by name and the numbers in them."""

    run: Callable[..., tuple[float, ...]]
    shapes: Mapping[str, tuple[int, ...]]
    lines: int

    def __call__(self, n: int, parameters: Mapping[str, Array]) -> dict[str, Array] | None:
        spend(n * (1 + self.lines // _LINES))
        flat = [float(v) for name in self.shapes for v in np.ravel(parameters[name])]
        try:
            values = iter(self.run(n, *flat))
        except (ArithmeticError, ValueError):  # Python raises where NumPy goes on with inf or nan
            return None
        arrays = {
            name: np.array([next(values) for _ in range(math.prod(shape))], dtype=float).reshape(shape)
            for name, shape in self.shapes.items()
        }
        return arrays if all(np.isfinite(array).all() for array in arrays.values()) else None


def _is_parameter(node: Number, parameters: Mapping[str, Array]) -> bool:
    return not node.paths and node.name in parameters and node.array.shape == np.shape(parameters[node.name])


def _products(node: Number) -> int:
    return sum(math.prod(p.sizes().values()) for p in node.paths)


def _write(node: Number, written: Mapping[int, Any], scribe: "_Scribe") -> Any:
    """The names of the elements of a Number, their lines written; of a given, the numbers themselves."""
    cells = np.empty(node.array.shape, dtype=object)
    for index in np.ndindex(node.array.shape):
        if not node.paths:
            cells[index] = repr(float(node.array[index]))
            continue
        terms = [
            "*".join(f"{written[id(f)][where]}" for f, where in term if not _is_one(f, where)) or "1.0"
            for path in node.paths
            for term in path.terms(index)
        ]
        cells[index] = scribe.line(" + ".join(terms) or "0.0")
    return scribe.apply(node.through.apply, cells) if node.through else cells


def _is_one(factor: Number, index: tuple[int, ...]) -> bool:
    return not factor.paths and factor.array.ndim <= 1 and factor.array[index] == 1 and factor.name == "1/n"


@dataclass
class _Scribe:
    """Writes lines, each giving a new name to what it computes."""

    lines: list[str] = field(default_factory=list)
    namespace: dict[str, Any] = field(default_factory=lambda: {"math": math})

    def line(self, text: str) -> str:
        name = f"v{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        return name

    def fresh(self, shape: tuple[int, ...]) -> Any:
        """Names for the elements of an array that comes from outside."""
        start = len(self.namespace)
        cells = np.empty(shape, dtype=object)
        for k, index in enumerate(np.ndindex(shape)):
            cells[index] = f"p{start}_{k}"
        self.namespace[f"p{start}"] = None
        return cells

    def apply(self, function: Callable[[Any], Any], cells: Any) -> Any:
        """A function of an array: element by element if it can be written so, otherwise as it is."""
        outputs = np.empty(cells.shape, dtype=object)
        length = len(self.lines)
        try:
            for index in np.ndindex(cells.shape):
                outputs[index] = str(function(_Cell(cells[index], self)))
        except (AttributeError, TypeError, KeyError, IndexError):
            del self.lines[length:]
            return self._called(function, cells)
        return outputs

    def _called(self, function: Callable[[Array], Array], cells: Any) -> Any:
        name = f"f{len(self.namespace)}"

        def call(*values: float) -> list[float]:
            result: list[float] = np.ravel(function(np.array(values).reshape(cells.shape))).tolist()
            return result

        self.namespace[name] = call
        outputs = np.empty(cells.shape, dtype=object)
        outcome = self.line(f"{name}({', '.join(cells.ravel())})")
        for k, index in enumerate(np.ndindex(cells.shape)):
            outputs[index] = self.line(f"{outcome}[{k}]")
        return outputs


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

    def __add__(self, operand: Any) -> "_Cell":
        return self._new(f"{self} + {_text(operand)}")

    def __radd__(self, operand: Any) -> "_Cell":
        return self._new(f"{_text(operand)} + {self}")

    def __sub__(self, operand: Any) -> "_Cell":
        return self._new(f"{self} - {_text(operand)}")

    def __rsub__(self, operand: Any) -> "_Cell":
        return self._new(f"{_text(operand)} - {self}")

    def __mul__(self, operand: Any) -> "_Cell":
        return self._new(f"{self} * {_text(operand)}")

    def __rmul__(self, operand: Any) -> "_Cell":
        return self._new(f"{_text(operand)} * {self}")

    def __truediv__(self, operand: Any) -> "_Cell":
        return self._new(f"{self} / {_text(operand)}")

    def __rtruediv__(self, operand: Any) -> "_Cell":
        return self._new(f"{_text(operand)} / {self}")

    def __pow__(self, operand: Any) -> "_Cell":
        return self._new(f"{self} ** {_text(operand)}")

    def __gt__(self, operand: Any) -> "_Cell":
        return self._new(f"{self} > {_text(operand)}")

    def __ge__(self, operand: Any) -> "_Cell":
        return self._new(f"{self} >= {_text(operand)}")

    def __lt__(self, operand: Any) -> "_Cell":
        return self._new(f"{self} < {_text(operand)}")

    def __le__(self, operand: Any) -> "_Cell":
        return self._new(f"{self} <= {_text(operand)}")


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

    def where(self, condition: Any, positive: Any, negative: Any) -> _Cell:
        return self._new(f"{_text(positive)} if {_text(condition)} else {_text(negative)}")

    def maximum(self, z: Any, bound: Any) -> _Cell:
        return self._new(f"max({_text(z)}, {_text(bound)})")

    def minimum(self, z: Any, bound: Any) -> _Cell:
        return self._new(f"min({_text(z)}, {_text(bound)})")

    def clip(self, z: Any, low: Any, high: Any) -> _Cell:
        return self._new(f"min(max({_text(z)}, {_text(low)}), {_text(high)})")

    def ones_like(self, z: Any) -> float:
        return 1.0

    def zeros_like(self, z: Any) -> float:
        return 0.0


def _text(operand: Any) -> str:
    """A cell by its name, a number by its digits."""
    if isinstance(operand, _Cell):
        return operand.name
    number = float(operand)
    return f"({number!r})" if number < 0 else repr(number)
