"""An ONNX graph under construction, and its tensors, which rules take for arrays.

A `Tensor` has the operators and the array namespace that rules use, and writes down a node where an array
would compute. What a rule says of NumPy and JAX arrays is thereby said in ONNX, and nowhere twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

OPSET, ML_OPSET, IR = 17, 3, 8  # of 2022: what else reads the file need not be new


@dataclass
class Graph:
    """Nodes and constants so far; every name is given once."""

    taken: set[str]
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def free(self, name: str) -> str:
        """`name`, or `name_2` if it is taken."""
        candidate, number = name, 1
        while candidate in self.taken:
            number += 1
            candidate = f"{name}_{number}"
        self.taken.add(candidate)
        return candidate

    def constant(self, value: Any, name: str = "constant") -> "Tensor":
        """An array or a number that is part of the file."""
        from onnx import numpy_helper

        array = np.asarray(value, order="C")
        if array.dtype.kind == "U":
            array = array.astype(object)
        tensor = Tensor(self, self.free(name), array.dtype, array.shape)
        self.constants.append(numpy_helper.from_array(array, tensor.name))
        return tensor

    def add(
        self,
        operator: str,
        inputs: "Sequence[Tensor]",
        dtype: Any,
        shape: tuple[Any, ...] = (),
        *,
        name: str = "",
        domain: str = "",
        **attributes: Any,
    ) -> "Tensor":
        """The output, called `name`, of a new node."""
        from onnx import helper

        tensor = Tensor(self, self.free(name or operator.lower()), np.dtype(dtype), shape)
        named = [tensor_in.name for tensor_in in inputs]
        self.nodes.append(helper.make_node(operator, named, [tensor.name], domain=domain, **attributes))
        return tensor


@dataclass(frozen=True, eq=False)
class Tensor:
    """The name of an array to come, (n, j) or like a parameter; n is not known."""

    graph: Graph
    name: str
    dtype: Any
    shape: tuple[Any, ...]

    def __array_namespace__(self) -> Any:
        return Namespace

    def astype(self, dtype: Any) -> "Tensor":
        """The same numbers in another type."""
        from onnx import helper

        if self.dtype == dtype:
            return self
        to = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.graph.add("Cast", [self], dtype, self.shape, to=to)

    def __add__(self, other: Any) -> "Tensor":
        return _apply("Add", self, other)

    def __radd__(self, other: Any) -> "Tensor":
        return _apply("Add", other, self)

    def __sub__(self, other: Any) -> "Tensor":
        return _apply("Sub", self, other)

    def __rsub__(self, other: Any) -> "Tensor":
        return _apply("Sub", other, self)

    def __mul__(self, other: Any) -> "Tensor":
        return _apply("Mul", self, other)

    def __rmul__(self, other: Any) -> "Tensor":
        return _apply("Mul", other, self)

    def __truediv__(self, other: Any) -> "Tensor":
        return _apply("Div", self, other)

    def __rtruediv__(self, other: Any) -> "Tensor":
        return _apply("Div", other, self)

    def __pow__(self, power: float) -> "Tensor":
        if power != int(power) or not 1 <= power <= 8:
            return _apply("Pow", self, power)
        return self if power == 1 else self * self ** (power - 1)

    def __neg__(self) -> "Tensor":
        return _apply("Neg", self)

    def __abs__(self) -> "Tensor":
        return _apply("Abs", self)

    def __gt__(self, other: Any) -> "Tensor":
        return _apply("Greater", self, other, dtype=bool)

    def __ge__(self, other: Any) -> "Tensor":
        return _apply("GreaterOrEqual", self, other, dtype=bool)

    def __lt__(self, other: Any) -> "Tensor":
        return _apply("Less", self, other, dtype=bool)

    def __le__(self, other: Any) -> "Tensor":
        return _apply("LessOrEqual", self, other, dtype=bool)


class Namespace:
    """What rules and encodings ask of the array library of their argument."""

    nan, float64 = np.nan, np.float64

    @staticmethod
    def abs(z: Tensor) -> Tensor:
        return _apply("Abs", z)

    @staticmethod
    def exp(z: Tensor) -> Tensor:
        return _apply("Exp", z)

    @staticmethod
    def expm1(z: Tensor) -> Tensor:
        return _apply("Exp", z) - 1

    @staticmethod
    def log(z: Tensor) -> Tensor:
        return _apply("Log", z)

    @staticmethod
    def sqrt(z: Tensor) -> Tensor:
        return _apply("Sqrt", z)

    @staticmethod
    def tanh(z: Tensor) -> Tensor:
        return _apply("Tanh", z)

    @staticmethod
    def sin(z: Tensor) -> Tensor:
        return _apply("Sin", z)

    @staticmethod
    def cos(z: Tensor) -> Tensor:
        return _apply("Cos", z)

    @staticmethod
    def sign(z: Tensor) -> Tensor:
        return _apply("Sign", z)

    @staticmethod
    def log1p(z: Tensor) -> Tensor:
        return _apply("Log", z + 1)

    @staticmethod
    def maximum(z: Tensor, other: Any) -> Tensor:
        return _apply("Max", z, other)

    @staticmethod
    def minimum(z: Tensor, other: Any) -> Tensor:
        return _apply("Min", z, other)

    @staticmethod
    def clip(z: Tensor, low: float, high: float) -> Tensor:
        return _apply("Clip", z, low, high)

    @staticmethod
    def ones_like(z: Tensor) -> Tensor:
        return z.graph.constant(np.ones((), z.dtype))

    @staticmethod
    def zeros_like(z: Tensor) -> Tensor:
        return z.graph.constant(np.zeros((), z.dtype))

    @staticmethod
    def isnan(z: Tensor) -> Tensor:
        return _apply("IsNaN", z, dtype=bool)

    @staticmethod
    def where(chosen: Tensor, one: Any, other: Any) -> Tensor:
        dtype = next((a.dtype for a in (one, other) if isinstance(a, Tensor)), np.dtype(np.float64))
        both = [
            a if isinstance(a, Tensor) else chosen.graph.constant(np.asarray(a, dtype)) for a in (one, other)
        ]
        return chosen.graph.add("Where", [chosen, *both], dtype, chosen.shape)

    @staticmethod
    def ldexp(z: Tensor, exponent: int) -> Tensor:
        half = exponent // 2  # a power of two past the range is two within it
        return z * 2.0**half * 2.0 ** (exponent - half)

    @staticmethod
    def asarray(z: Tensor, dtype: Any) -> Tensor:
        return z.astype(dtype)

    @staticmethod
    def concat(parts: Sequence[Tensor], axis: int) -> Tensor:
        shape = (*parts[0].shape[:axis], sum(part.shape[axis] for part in parts))
        return parts[0].graph.add("Concat", parts, parts[0].dtype, shape, axis=axis)


def _apply(operator: str, *arguments: Any, dtype: Any = None) -> Tensor:
    """A node on tensors and numbers, whose type is the tensors'."""
    tensor = next(operand for operand in arguments if isinstance(operand, Tensor))
    inputs = [
        a if isinstance(a, Tensor) else tensor.graph.constant(np.asarray(a, tensor.dtype)) for a in arguments
    ]
    shape = _broadcast([operand.shape for operand in inputs])
    return tensor.graph.add(operator, inputs, dtype or tensor.dtype, shape)


def _broadcast(shapes: "list[tuple[Any, ...]]") -> tuple[Any, ...]:
    """The shape of all together; the rows (n, ...) are None, whatever they meet."""
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(None if None in sizes else max(sizes) for sizes in zip(*padded, strict=True))
