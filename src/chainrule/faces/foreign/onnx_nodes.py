"""What each node of an ONNX graph is here: the rule, and its arrays turned to how the rule has them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.faces.foreign.fitting import Taken, batch_norm
from chainrule.faces.foreign.onnx_graph import attributes, where
from chainrule.faces.foreign.onnx_reader import NodeReader, refusal
from chainrule.faces.foreign.torch_layers import LOG_SOFTMAX, convolution
from chainrule.rules.activations import activation
from chainrule.rules.layers.batch_norm import BatchNorm
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.elu import ELU
from chainrule.rules.layers.leaky_relu import LeakyReLU
from chainrule.rules.layers.pool import AvgPool, GlobalAveragePool, MaxPool

ACTIVATIONS: dict[str, Any] = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Exp": "exponential",
}
Options = Mapping[str, Any]


def _function(reader: NodeReader, node: Any, has: Options) -> None:
    reader.put(node, activation(ACTIVATIONS[node.op_type]))


def _leaky(reader: NodeReader, node: Any, has: Options) -> None:
    reader.put(node, LeakyReLU(has.get("alpha", 0.01)))


def _elu(reader: NodeReader, node: Any, has: Options) -> None:
    reader.put(node, ELU(has.get("alpha", 1.0)))


def _gelu(reader: NodeReader, node: Any, has: Options) -> None:
    reader.put(node, activation("gelu_tanh" if has.get("approximate") == "tanh" else "gelu"))


def _softmax(reader: NodeReader, node: Any, has: Options) -> None:
    if not reader.is_channels(node, has.get("axis", -1)) or 0 not in reader.order or 1 in reader.order:
        raise refusal(node, "over places")
    reader.put(node, LOG_SOFTMAX if node.op_type == "LogSoftmax" else activation("softmax"))


def _dropout(reader: NodeReader, node: Any, has: Options) -> None:
    candidates = [*reader.graph.constants(node)[1:2], has.get("ratio"), 0.5]
    ratio = float(next(value for value in candidates if value is not None))
    if ratio > 0:
        reader.put(node, Dropout(ratio))


def _nothing(reader: NodeReader, node: Any, has: Options) -> None:
    """What passes its input on."""


def _cast(reader: NodeReader, node: Any, has: Options) -> None:
    source, result = _ends(reader, node)
    if source.dtype.kind != "f" or result.dtype.kind != "f":
        raise refusal(node, f"from {source.dtype} to {result.dtype}")


def _transpose(reader: NodeReader, node: Any, has: Options) -> None:
    perm = has.get("perm", list(reversed(range(len(reader.order) + 1))))
    if perm[0] != 0:
        raise refusal(node, "that turns the rows")
    reader.order = [reader.order[axis - 1] for axis in perm[1:]]


def _laid_out(reader: NodeReader, node: Any, has: Options) -> None:
    source, result = (array.shape for array in _ends(reader, node))
    if len(result) < 2 or source[0] != result[0]:
        raise refusal(node, "that takes rows apart or together")
    reader.lay_out(node, source[1:], result[1:])


def _windows(reader: NodeReader, node: Any, has: Options) -> None:
    """A convolution or a pool."""
    reader.settle()
    if not reader.is_channels_first:
        raise refusal(node, "on axes in another order")
    constants = reader.graph.constants(node)
    weights = constants[1] if node.op_type == "Conv" else np.empty((0, *has.get("kernel_shape", ())))
    if weights is None:
        raise refusal(node, "with weights that are no constants")
    size = weights.shape[2 if node.op_type == "Conv" else 1 :]
    ones = (1,) * len(size)
    stride, dilation = tuple(has.get("strides", ones)), tuple(has.get("dilations", ones))
    padding = _padding(reader, node, has, [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)])
    if node.op_type == "Conv":
        biases = constants[2] if len(constants) > 2 else None
        layer = Conv(len(weights), size, stride=stride, padding=padding, dilation=dilation,
                     groups=has.get("group", 1))  # fmt: skip
        reader.parts.append(convolution(where(node), layer, weights, biases))
        return
    if dilation != ones:
        raise refusal(node, "with holes in its windows")
    counted = bool(has.get("count_include_pad", 0))
    pool = MaxPool(size, stride, padding)
    reader.put(node, pool if node.op_type == "MaxPool" else AvgPool(size, stride, padding, counted))


def _padding(reader: NodeReader, node: Any, has: Options, spans: Sequence[int]) -> Any:
    """The padding of windows as it is written here, if it can be."""
    source, result = (array.shape[2:] for array in _ends(reader, node))
    strides = has.get("strides", (1,) * len(spans))
    axes = list(zip(source, result, spans, strides, strict=True))
    totals = [max((count - 1) * s + span - n, 0) for n, count, span, s in axes]
    front = tuple(has.get("pads", [0] * 2 * len(spans))[: len(spans)])
    if (automatic := has.get("auto_pad", "NOTSET")) in ("SAME_UPPER", "SAME_LOWER"):
        front = tuple(total - total // 2 if automatic == "SAME_LOWER" else total // 2 for total in totals)
    if all((n + 2 * p - span) // s + 1 == count for (n, count, span, s), p in zip(axes, front, strict=True)):
        return front[0] if len(set(front)) == 1 else front
    if front == tuple(total // 2 for total in totals) and all(-(-n // s) == count for n, count, _, s in axes):
        return "same"
    raise refusal(node, f"with the padding {list(has.get('pads', front))} on rows of {source}")


def _mean(reader: NodeReader, node: Any, has: Options) -> None:
    """A mean over all places."""
    source, result = _ends(reader, node)
    axes = list(range(2, source.ndim))
    if node.op_type == "ReduceMean":
        candidates = [*reader.graph.constants(node)[1:], has.get("axes")]
        axes = [int(axis) % source.ndim for value in candidates if value is not None for axis in value]
    if axes == list(range(2, source.ndim)):
        reader.settle()
    channels = [axis for axis in range(1, source.ndim) if axis not in axes]
    if source.ndim < 3 or len(channels) != 1 or not reader.is_channels(node, channels[0]):
        raise refusal(node, "over axes that are not those of the places")
    reader.put(node, GlobalAveragePool())
    reader.order = (
        [0] if result.ndim == 2 else [0 if axis == channels[0] else None for axis in range(1, result.ndim)]
    )


def _batch_norm(reader: NodeReader, node: Any, has: Options) -> None:
    gain, shift, mean, variance = reader.graph.constants(node)[1:5]
    source = reader.graph.values[node.input[0]]
    if gain is None or shift is None or mean is None or variance is None or has.get("training_mode"):
        raise refusal(node, "with a memory that is no constant")
    if source.ndim > 2:
        reader.settle()
    if not reader.is_channels(node, 1):
        raise refusal(node, "on axes in another order")
    layer = BatchNorm(has.get("epsilon", 1e-5), round(1 - has.get("momentum", 0.9), 6))
    reader.parts.append(batch_norm(where(node), layer, mean, variance, gain, shift))


def _dense(reader: NodeReader, node: Any, has: Options) -> None:
    constants = reader.graph.constants(node)
    w = constants[1]
    if constants[0] is not None or w is None or w.ndim != 2 or has.get("transA"):
        raise refusal(node, "of what is no constant matrix")
    if not reader.is_flat:
        raise refusal(node, "on numbers at places")
    w = (w.T if has.get("transB") else w) * w.dtype.type(has.get("alpha", 1.0))
    b = np.zeros(w.shape[1], w.dtype)
    if len(constants) > 2 and constants[2] is not None:
        b = np.broadcast_to(constants[2] * w.dtype.type(has.get("beta", 1.0)), (1, w.shape[1]))[0]
    reader.put(node, Dense(w.shape[1]), w=w, b=b)


def _per_unit(reader: NodeReader, node: Any, has: Options) -> None:
    """A constant for each unit, added or multiplied: a part of the layer with weights in front of it."""
    constants = reader.graph.constants(node)
    constant = next((value for value in constants if value is not None), None)
    weighing = bool(reader.parts) and "w" in reader.parts[-1].arrays
    if constant is None or not weighing:
        raise refusal(node, "where it is not behind a layer with weights")
    part, swapped = reader.parts[-1], constants[0] is not None
    w, b = part.arrays["w"], part.arrays["b"]
    per_unit = _of_units(reader, node, constant, len(b)).astype(w.dtype)
    if node.op_type in ("Add", "Sub"):
        sign = -1 if node.op_type == "Sub" else 1
        w, b = (w * sign, per_unit + sign * b) if swapped else (w, b + sign * per_unit)
    elif node.op_type == "Div" and swapped:
        raise refusal(node, "by what is no constant")
    else:
        per_unit = 1 / per_unit if node.op_type == "Div" else per_unit
        w, b = w * per_unit, b * per_unit
    reader.parts[-1] = Taken(part.where, part.layer, {"w": w, "b": b}, part.turned)


def _of_units(reader: NodeReader, node: Any, constant: np.ndarray, units: int) -> np.ndarray:
    """The constant for each unit, if it is the same at all places and for all rows."""
    live = next(name for name in node.input if name in reader.graph.readers)
    rank = reader.graph.values[live].ndim
    shape = (1,) * (rank - constant.ndim) + constant.shape
    long = [axis for axis, length in enumerate(shape) if length > 1]
    places = [place for place in reader.order if place is not None]
    if len(shape) != rank or any(axis == 0 or reader.order[axis - 1] != max(places) for axis in long):
        raise refusal(node, "with a constant that is not one for each unit")
    return np.broadcast_to(constant.ravel(), (units,))


def _ends(reader: NodeReader, node: Any) -> tuple[np.ndarray, np.ndarray]:
    """What a node takes, and what it gives, for random rows."""
    return reader.graph.values[node.input[0]], reader.graph.values[node.output[0]]


NODES: dict[str, Callable[[NodeReader, Any, Options], None]] = {
    **dict.fromkeys(ACTIVATIONS, _function),
    **dict.fromkeys(("Flatten", "Reshape", "Squeeze", "Unsqueeze"), _laid_out),
    **dict.fromkeys(("Conv", "MaxPool", "AveragePool"), _windows),
    **dict.fromkeys(("GlobalAveragePool", "ReduceMean"), _mean),
    **dict.fromkeys(("Softmax", "LogSoftmax"), _softmax),
    **dict.fromkeys(("Gemm", "MatMul"), _dense),
    **dict.fromkeys(("Add", "Sub", "Mul", "Div"), _per_unit),
    "BatchNormalization": _batch_norm,
    "LeakyRelu": _leaky,
    "Elu": _elu,
    "Gelu": _gelu,
    "Dropout": _dropout,
    "Identity": _nothing,
    "Cast": _cast,
    "Transpose": _transpose,
}


def read(reader: NodeReader, node: Any) -> None:
    """Take one node that stands behind what has been read.

    Raises:
        InputError: there is no rule for it; it is named.
    """
    if any(reader.graph.readers.get(name) for name in node.output[1:]):
        raise refusal(node, "with a second output")
    take = NODES.get(node.op_type)
    if take is None:
        raise refusal(node)
    take(reader, node, attributes(node))
