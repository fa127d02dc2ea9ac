"""Sums over places in ONNX: a path that reads an axis at a sum of letters is a Conv, a pool or a Reshape.

ONNX has the channels in front of the places, the run behind: each node turns them round and back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from chainrule.contraction.notation import Subscript, Subscripts
from chainrule.faces.onnx.graph import Graph, Tensor
from chainrule.numbers import Number, Path
from chainrule.rules.layers.pool import LARGEST

SINGLE = ("Conv", "AveragePool")
"""What ONNX Runtime has in float32 alone on processors."""


@dataclass(frozen=True)
class WindowSum:
    """A sum over windows of `rows` (n, h, w, i): the operator, its weights (units, i, k, l) if it has any."""

    operator: str
    rows: Number
    attributes: dict[str, Any]
    shape: tuple[int, ...]
    weights: np.ndarray | None = None

    def written(self, graph: Graph, rows: Tensor) -> Tensor:
        """The sum (n, h, w, j) of `rows` as a tensor of `graph`."""
        dtype = np.dtype(np.float32) if self.operator in SINGLE else rows.dtype
        inputs = [channels_first(graph, rows.astype(dtype))]
        if self.weights is not None:
            inputs.append(graph.constant(self.weights.astype(dtype), "kernel"))
        shape = (None, self.shape[-1], *self.shape[:-1])
        total = graph.add(self.operator, inputs, dtype, shape, **self.attributes)
        return channels_behind(graph, total).astype(rows.dtype)


def window_sum(path: Path) -> WindowSum | None:
    """The operator that a path is, if it is one over windows."""
    groups = path.equation.groups
    place = next((k for k, group in enumerate(groups) if _reads_windows(group)), None)
    if place is None or path.shape is None:
        return None
    rows, row = path.factors[place], path.shape[1:]
    axes = [_axis(path, place, k) for k in range(1, len(row))]
    shared = {name: [axis[name] for axis in axes] for name in ("kernel_shape", "strides")}
    shared["pads"] = [axis[name] for name in ("front", "end") for axis in axes]
    others = [(g, f) for g, f in zip(groups, path.factors, strict=True) if f is not rows]
    if any(factor.name == LARGEST for _, factor in others):
        return WindowSum("MaxPool", rows, shared, row)
    kernel = next((f.array for g, f in others if len(g.axes) == len(axes) + 2), None)
    if kernel is not None:
        order = [kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2)]
        shared["dilations"] = [axis["dilation"] for axis in axes]
        attributes = {**shared, "group": _groups(path.equation.result, path.sizes())}
        return WindowSum("Conv", rows, attributes, row, np.transpose(np.asarray(kernel), order))
    shares = [g for g, f in others if not (f.array == 1).all()]
    if any(len(group.axes) not in (0, len(axes)) for group in shares):
        return None
    counted = int(not any(group.axes for group in shares))  # else each place has a share of its own
    return WindowSum("AveragePool", rows, {**shared, "count_include_pad": counted}, row)


def _axis(path: Path, place: int, number: int) -> dict[str, int]:
    """How windows lie along one axis of the factor at `place`."""
    subscript, sizes = path.equation.groups[place].axes[number], path.sizes()
    (h,) = (letter for letter, _ in path.equation.result.axes[number].letters)
    (k,) = (letter for letter, _ in subscript.letters if letter != h)
    times, length = dict(subscript.letters), path.factors[place].array.shape[number]
    last = subscript.reach(sizes)[1]
    return {
        "kernel_shape": sizes[k],
        "strides": times[h],
        "dilation": times[k],
        "front": -subscript.shift,
        "end": max(last + 1 - length, 0),
    }


def relaid(path: Path) -> tuple[int, ...] | None:
    """The shape of rows that only are laid out anew, as Flatten does."""
    eq = path.equation
    if len(eq.groups) != 1 or path.shape is None or eq.groups[0].says:
        return None
    sizes = path.sizes()
    orders = [
        [letter for axis in group.axes for letter, _ in axis.letters] for group in (*eq.groups, eq.result)
    ]
    whole = all(
        axis.letter or axis.counts_through(sizes, length)
        for group, shape in ((eq.groups[0], path.factors[0].array.shape), (eq.result, path.shape))
        for axis, length in zip(group.axes, shape, strict=True)
    )
    return path.shape[1:] if whole and orders[0] == orders[1] else None


def needed(path: Path) -> Sequence[Number]:
    """The factors that have to be tensors before the path can be."""
    windows = window_sum(path)
    return (windows.rows,) if windows else path.factors


def mean_of(path: Path) -> tuple[int, ...] | None:
    """The axes that a path is the mean over, if it is one: `,nhwi->ni` of 1/m and x."""
    groups = path.groups
    if len(groups) != 2 or groups[0] or not path.equation.is_plain:
        return None
    kept = [letter for letter in groups[1] if letter in path.result]
    axes = tuple(axis for axis, letter in enumerate(groups[1]) if letter not in path.result)
    size = prod(path.sizes()[groups[1][axis]] for axis in axes)
    is_mean = bool(axes) and "".join(kept) == path.result and np.isclose(path.factors[0].array * size, 1)
    return axes if is_mean else None


def _reads_windows(group: Subscripts) -> bool:
    """Whether a factor is read as `n(2h+k-1)(2w+l-1)i`."""
    return len(group.axes) > 2 and all(_is_window(axis) for axis in group.axes[1:-1])


def _is_window(axis: Subscript) -> bool:
    return len(axis.letters) == 2 and axis.shift <= 0 and all(times > 0 for _, times in axis.letters)


def _groups(result: Subscripts, sizes: dict[str, int]) -> int:
    """In how many groups the units go, by how those of the result are counted: `(3g+j)`."""
    channels = result.axes[-1]
    return 1 if channels.letter else sizes[max(channels.letters, key=lambda term: term[1])[0]]


def channels_first(graph: Graph, tensor: Tensor) -> Tensor:
    """(n, h, w, channels) as (n, channels, h, w)."""
    axes = len(tensor.shape)
    return _turned(graph, tensor, [0, axes - 1, *range(1, axes - 1)])


def channels_behind(graph: Graph, tensor: Tensor) -> Tensor:
    """(n, channels, h, w) as (n, h, w, channels)."""
    return _turned(graph, tensor, [0, *range(2, len(tensor.shape)), 1])


def _turned(graph: Graph, tensor: Tensor, order: list[int]) -> Tensor:
    shape = tuple(tensor.shape[axis] for axis in order)
    return graph.add("Transpose", [tensor], tensor.dtype, shape, perm=order)
