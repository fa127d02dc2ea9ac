"""The graph of an ONNX file, worked out on random rows: what each node takes, and how its axes lie.

Every tensor of the file is computed once, by ONNX Runtime or, what it cannot, by ONNX's own reference. So
whatever only reckons with shapes (Shape, Gather, Concat behind a view) need not be understood: how a Reshape
lays a row out is seen from what came out of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.rules.protocols import Shape

ROWS = 17  # a number that is no other length
ONLY_SHAPES = ("Shape", "Size")


@dataclass(frozen=True)
class OnnxGraph:
    """A model with one input of rows: the tensors by name as they are for random rows, and who reads each.

    `row` is the shape of a row as the file has it; `batch` the number of rows, if it takes just so many.
    """

    model: Any
    row: Shape
    batch: int | None = None

    @property
    def entry(self) -> str:
        """The name of the input."""
        (entry,) = _inputs(self.model)
        return str(entry.name)

    @property
    def result(self) -> str:
        """The name of the output."""
        return str(self.model.graph.output[0].name)

    def outputs(self, rows: np.ndarray) -> np.ndarray:
        """What the file makes of rows as it has them."""
        batch = self.batch or len(rows)
        padded = np.concatenate([rows, *[rows[-1:]] * (-len(rows) % batch)])
        blocks = [padded[k : k + batch] for k in range(0, len(padded), batch)]
        tensors = np.concatenate([computed(self.model, {self.entry: block})[0] for block in blocks])
        return tensors[: len(rows)]

    def random_rows(self) -> np.ndarray:
        """Rows as the file has them."""
        dtype = _dtype(_inputs(self.model)[0])
        return np.random.default_rng(1).normal(size=(self.batch or ROWS, *self.row)).astype(dtype)

    @cached_property
    def values(self) -> dict[str, np.ndarray]:
        """Every tensor of the file, for random rows."""
        from onnx import ModelProto, helper, numpy_helper

        names = [name for node in self.model.graph.node for name in node.output if name]
        watched = ModelProto()
        watched.CopyFrom(self.model)
        del watched.graph.output[:]
        watched.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
        rows = self.random_rows()
        tensors = dict(zip(names, computed(watched, {self.entry: rows}), strict=True))
        constants = {array.name: numpy_helper.to_array(array) for array in self.model.graph.initializer}
        return {**constants, **tensors, self.entry: rows}

    @cached_property
    def readers(self) -> dict[str, list[Any]]:
        """The nodes that read the numbers of each tensor that comes of the input, not only its shape."""
        readers: dict[str, list[Any]] = {self.entry: []}
        for node in self.model.graph.node:
            sources = dict.fromkeys(name for name in node.input if name in readers)
            if node.op_type in ONLY_SHAPES or not sources:
                continue
            for name in sources:
                readers[name].append(node)
            readers |= {name: [] for name in node.output if name}
        return readers

    @property
    def single(self) -> bool:
        """Whether it reckons in float32 anywhere, whatever goes in."""
        return any(self.values[name].dtype == np.float32 for name in self.readers)

    def constants(self, node: Any) -> list[np.ndarray | None]:
        """What a node takes; None for what comes of the input, or is left out."""
        return [None if name in self.readers or not name else self.values[name] for name in node.input]


def attributes(node: Any) -> dict[str, Any]:
    """Those of a node, by name."""
    from onnx import helper

    return {attribute.name: _plain(helper.get_attribute_value(attribute)) for attribute in node.attribute}


def _plain(value: Any) -> Any:
    """Words as words, and a float32 as the shortest number that it stands for."""
    if isinstance(value, bytes):
        return value.decode()
    return float(str(np.float32(value))) if isinstance(value, float) else value


def where(node: Any) -> str:
    """A node, for a message."""
    return f"node {node.name or node.output[0]!r} ({node.op_type})"


def computed(model: Any, rows: Mapping[str, np.ndarray]) -> list[Any]:
    """The outputs of a model, by ONNX Runtime, or by ONNX's reference for what it has no code for."""
    from chainrule.faces.onnx.agreement import predicted

    try:
        return predicted(model.SerializeToString(), rows)
    except Exception:  # noqa: BLE001 (it has no common class of its own)
        from onnx.reference import ReferenceEvaluator

        with np.errstate(all="ignore"):
            return list(ReferenceEvaluator(model).run(None, dict(rows)))


def opened(model: Any, shape: Sequence[int] | None) -> OnnxGraph:
    """The graph of a model, for rows of that shape, which is the file's if it is not given.

    Raises:
        InputError: it does not take rows of floats and give one thing; the names are said.
    """
    inputs = _inputs(model)
    if len(inputs) != 1:
        names = ", ".join(repr(entry.name) for entry in inputs[:4]) or "none"
        raise InputError(f"the file takes {len(inputs)} inputs ({names}), and one of rows is wanted")
    if len(model.graph.output) != 1:
        names = ", ".join(repr(output.name) for output in model.graph.output[:4])
        raise InputError(f"the file gives {len(model.graph.output)} outputs ({names}), and one is wanted")
    entry = inputs[0]
    if _dtype(entry) not in (np.float32, np.float64):
        raise InputError(f"input {entry.name!r} is of {_dtype(entry)}, and float32 or float64 is wanted")
    lengths = [dimension.dim_value for dimension in entry.type.tensor_type.shape.dim]
    row = tuple(lengths[1:]) if shape is None else tuple(shape)
    if not row or not all(row):
        raise InputError(
            f"input {entry.name!r} does not say how large a row is: give its shape, shape=(channels, h, w)"
        )
    return OnnxGraph(model, row, lengths[0] if lengths and lengths[0] else None)


def _inputs(model: Any) -> list[Any]:
    constants = {array.name for array in model.graph.initializer}
    return [entry for entry in model.graph.input if entry.name not in constants]


def _dtype(entry: Any) -> Any:
    from onnx import helper

    kind = entry.type.tensor_type.elem_type
    return np.dtype(helper.tensor_dtype_to_np_dtype(kind)) if kind else np.dtype(object)
