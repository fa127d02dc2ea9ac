"""from_onnx: the network of an ONNX file as a run: what torch, Keras, TensorFlow and others export."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.foreign.comparison import kind_of, predicting_alike, refused
from chainrule.faces.foreign.fitting import Taken, shape_of
from chainrule.faces.foreign.onnx_functions import spelled
from chainrule.faces.foreign.onnx_graph import OnnxGraph, opened, where
from chainrule.faces.foreign.onnx_nodes import NODES, read
from chainrule.faces.foreign.onnx_reader import NodeReader
from chainrule.faces.foreign.taken import run_of
from chainrule.faces.foreign.torch_layers import LOG_SOFTMAX
from chainrule.faces.onnx.model_file import require_packages
from chainrule.files import reading
from chainrule.files.writing import printable
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.registry import name as rule_name


def from_onnx(source: Any, *, loss: Any = None, shape: Sequence[int] | None = None) -> Run:
    """The network of an ONNX file whose graph is a chain of layers, or of residuals around such chains.

    Rows of images are (n, h, w, channels) here: where the file has (n, channels, h, w), weights are turned.

    Args:
        source: the file's path, its bytes, or a `ModelProto`.
        loss: a loss or its name; a file does not know one. If not given, the cross-entropy of a last sigmoid
            or softmax, or half_squared_error.
        shape: of one row as the file has it, where the file leaves it open, (channels, h, w).

    Raises:
        InputError: the packages of the extra `onnx` are not installed, the file cannot be read, there is no
            rule for a node (it is named), or ONNX Runtime makes other numbers of random rows.
    """
    require_packages()
    model, name = _model(source)
    return refused(name, lambda: _read(model, name, loss, shape_of(shape)))


def _model(source: Any) -> tuple[Any, str]:
    import onnx

    if isinstance(source, onnx.ModelProto):
        return source, f"the ONNX model {source.graph.name!r}"
    if isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        content, name = _content(path), Path(path).name
    elif isinstance(source, bytes):
        content, name = source, "the ONNX model"
    else:
        raise InputError(f"from_onnx takes a path, bytes or a ModelProto, not {kind_of(source)}")
    try:
        model = onnx.load_model_from_string(content)
        if isinstance(source, str | os.PathLike):
            onnx.load_external_data_for_model(model, str(Path(source).parent))
    except Exception as error:  # noqa: BLE001 (protobuf and ONNX have classes of their own)
        reason = " ".join(str(error).split())
        raise InputError(f"{name}: cannot be read as ONNX: {reason:.120}") from None
    return model, name


def _content(path: str) -> bytes:
    try:
        return reading.read(path)
    except OSError as error:
        raise InputError(f"{printable(path)}: {error.strerror or error}") from None


def _read(model: Any, name: str, loss: Any, shape: Sequence[int] | None) -> Run:
    """The run of a model, compared with what is computed of the file."""
    graph = opened(model, shape)
    reader = taken(graph)
    parts, logs = list(reader.parts), False
    if parts and parts[-1].layer is LOG_SOFTMAX:
        parts, logs, loss = parts[:-1], True, loss or "softmax_cross_entropy"
    for part in parts:
        if part.layer is LOG_SOFTMAX:
            raise InputError(f"{part.where}: there is no rule for a LogSoftmax that is not the last node")
    if graph.single:
        parts = [_in_single(part) for part in parts]
    row = tuple(reader.row[axis] for axis in reader.entry)
    run = run_of(
        parts, loss, f"ONNX, {model.producer_name or 'unknown'}", _ends(parts), row, **_layout(reader)
    )
    return predicting_alike(run, name, lambda x: _predicted(reader, x, logs), ["softmax"] if logs else [])


def _in_single(part: Taken) -> Taken:
    """A layer in the precision of what the file reckons with in the middle."""
    arrays = {letter: np.asarray(array, np.float32) for letter, array in part.arrays.items()}
    return replace(part, arrays=arrays, inner=[_in_single(layer) for layer in part.inner])


def taken(graph: OnnxGraph) -> NodeReader:
    """The layers of a graph.

    Raises:
        InputError: there is no rule for a node; it is named.
    """
    reader = NodeReader(graph)
    _follow(reader, graph.entry, graph.result)
    return reader


def _follow(reader: NodeReader, name: str, end: str, joins: tuple[Any, ...] = ()) -> None:
    """Read on from one tensor to another, not by way of the nodes `joins`, which read the first one."""
    graph = reader.graph
    while name != end:
        nodes = [node for node in graph.readers[name] if node not in joins]
        if not nodes:
            raise InputError(f"tensor {name!r} leads nowhere, and {end!r} is wanted")
        if len(nodes) == 1 and nodes[0].op_type in NODES and not _joins(graph, nodes[0]):
            read(reader, nodes[0])
            name = nodes[0].output[0]
        elif function := spelled(graph, name, joins):
            reader.parts.append(Taken(where(nodes[0]), function[0]))
            name = function[1]
        else:
            name = _residual(reader, name, nodes, joins)
        joins = ()


def _residual(reader: NodeReader, name: str, nodes: list[Any], joins: tuple[Any, ...]) -> str:
    """Read x + F(x); what gives the sum."""
    graph = reader.graph
    join = next((node for node in reversed(nodes) if node.op_type == "Add" and _joins(graph, node)), None)
    if join is None:
        strange = next((node for node in nodes if node.op_type not in NODES), nodes[0])
        others = f" where {len(nodes)} nodes read {name!r}: a plain chain is wanted" if len(nodes) > 1 else ""
        raise InputError(f"{where(strange)}: there is no rule for it{others}")
    branch = reader.branch()
    (inner,) = (source for source in join.input if source != name)
    _follow(branch, name, inner, (*joins, join))
    if not branch.parts or branch.order != reader.order:
        raise InputError(f"{where(join)}: there is no rule for a sum of what lies in another order")
    reader.parts.append(Taken(where(join), None, inner=branch.parts))
    return str(join.output[0])


def _joins(graph: OnnxGraph, node: Any) -> bool:
    """Whether a node takes more than one thing that comes of the input."""
    return len({source for source in node.input if source in graph.readers}) > 1


def _ends(parts: list[Taken]) -> str | None:
    """The last activation."""
    end = next((part.layer for part in reversed(parts) if not isinstance(part.layer, Dropout)), None)
    return None if end is None else rule_name(end)


def _layout(reader: NodeReader) -> dict[str, str]:
    """What is to be said of how rows lie."""
    if len(reader.row) == 1 or reader.entry == list(range(len(reader.row))):
        return {}
    axes = [0, *(axis + 1 for axis in reader.entry)]
    laid_out = "x" if reader.row == reader.graph.row else f"x.reshape{(-1, *reader.row)}"
    return {"layout": f"np.transpose({laid_out}, {axes}) of x as it goes into the file"}


def _predicted(reader: NodeReader, x: np.ndarray, logs: bool) -> np.ndarray:
    """What the file makes of rows as they are here."""
    graph = reader.graph
    axes = [1 + reader.entry.index(axis) for axis in range(len(reader.entry))]
    rows = np.transpose(x, (0, *axes)).reshape(len(x), *graph.row).astype(graph.random_rows().dtype)
    output = graph.outputs(rows).reshape(len(rows), -1)
    return np.exp(output) if logs else output
