"""A table's encoding in ONNX: an input for each raw column; the answer in the target's words or units."""

import numpy as np

from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.onnx.graph import Graph, Namespace, Tensor
from chainrule.faces.tables.columns import Column, NumberColumn, WordColumn
from chainrule.faces.tables.date_column import DateColumn
from chainrule.faces.tables.encoding import Encoding
from chainrule.faces.tables.quoting import dropping, quoted
from chainrule.faces.tables.targets import Classes
from chainrule.rules.layers.flatten import Unflatten

MISSING = ""  # of words; a missing number is NaN


def inputs(graph: Graph, encoding: Encoding) -> list[Tensor]:
    """One tensor (n, 1) for each column, called like it: float64 for numbers, strings for words."""
    tensors = []
    for column in encoding.columns:
        if isinstance(column, DateColumn):
            text = f"column {quoted(column.name)} holds dates, which an ONNX file cannot read"
            raise InputError(f"{text}: train without it, {dropping([column.name])}")
        dtype = np.dtype(np.float64 if isinstance(column, NumberColumn) else np.object_)
        tensors.append(Tensor(graph, graph.free(column.name), dtype, (None, 1)))
    return tensors


def encoded(graph: Graph, encoding: Encoding, columns: list[Tensor]) -> Tensor:
    """The encoded rows x (n, inputs), float64, as `Encoding.encode` makes them."""
    parts = [
        part
        for column, raw in zip(encoding.columns, columns, strict=True)
        for part in _column(graph, column, raw)
    ]
    return Namespace.concat(parts, axis=1)


def image_shape(run: Run, encoding: Encoding) -> tuple[int, ...] | None:
    """The shape (h, w, channels) of a row, if the columns are the pixels of images, all measured alike."""
    layer, columns = run.network.layers[0], encoding.columns
    if not isinstance(layer, Unflatten) or not all(isinstance(column, NumberColumn) for column in columns):
        return None
    measures = {column.moments for column in columns if isinstance(column, NumberColumn)}
    return tuple(layer.shape) if len(measures) == 1 and encoding.inputs == len(columns) else None


def encoded_images(graph: Graph, encoding: Encoding, images: Tensor) -> Tensor:
    """The encoded rows (n, inputs), float64, of images (n, h, w, channels)."""
    column = encoding.columns[0]
    assert isinstance(column, NumberColumn)  # as all are of which `image_shape` tells a shape
    fills = np.array([c.fill for c in encoding.columns if isinstance(c, NumberColumn)])
    filled = Namespace.where(Namespace.isnan(images), graph.constant(fills.reshape(images.shape[1:])), images)
    row = graph.constant(np.array([0, encoding.inputs], np.int64))
    flat = graph.add("Reshape", [filled, row], np.float64, (None, encoding.inputs))
    standard: Tensor = column.moments.standardise(flat)
    return standard


def _column(graph: Graph, column: Column, raw: Tensor) -> list[Tensor]:
    if isinstance(column, NumberColumn):
        missing = Namespace.isnan(raw)
        filled = Namespace.where(missing, column.fill, raw)
        flag = [missing.astype(np.float64)] if column.flagged else []
        standard = column.moments.standardise(filled)
        return [standard, *flag, *([column.bins.encode(standard)] if column.bins else [])]
    assert isinstance(column, WordColumn)
    words = [*column.words, *([MISSING] if column.flagged else [])]  # an unseen word is none of them
    hot = graph.add("OneHotEncoder", [raw], np.float32, domain="ai.onnx.ml", cats_strings=words, zeros=1)
    flat = graph.constant(np.array([-1, len(words)], np.int64))
    return [graph.add("Reshape", [hot, flat], np.float32, (None, len(words))).astype(np.float64)]


def answers(graph: Graph, encoding: Encoding, output: Tensor) -> dict[str, Tensor]:
    """What `prediction.predict` says: the prediction (n,), and each class's probability (n, classes)."""
    target = encoding.target
    if isinstance(target, Classes):
        shares = target.probabilities(output)
        judged = shares
        if target.said_from:  # p / c is the larger one where p is above the cutoff c
            judged = shares * graph.constant(1 / np.array([1 - target.cutoff, target.cutoff]))
        best = graph.add("ArgMax", [judged], np.int64, (None,), axis=1, keepdims=0)
        names = graph.constant(target.values, "classes")
        return {
            "prediction": graph.add("Gather", [names, best], names.dtype, (None,)),
            "probabilities": shares,
        }
    flat = graph.constant(np.array([-1], np.int64))
    amounts = target.moments.restore(output)
    return {"prediction": graph.add("Reshape", [amounts, flat], np.float64, (None,))}
