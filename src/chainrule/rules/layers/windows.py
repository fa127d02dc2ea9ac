"""Windows: where a layer of places looks, along every axis: sizes, strides, paddings, and the indices for it.

Along one axis a window of size k with stride s, padding p and dilation d reads, for its place h and its own
place k, the input at s h + d k − p. How many axes of places there are is seen from the rows: (t, i) has one,
(h, w, i) two, (d, h, w, i) three.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import InputError, ShapeError
from chainrule.rules.layers.weighted import whole
from chainrule.rules.protocols import Shape, in_words

PLACES, WITHIN = ["", "t", "hw", "dhw"], ["", "k", "kl", "mkl"]
"""The letters of the axes of places, by how many there are, and of those of a window."""

Extent = int | Sequence[int]


@dataclass(frozen=True)
class Windows:
    """The windows of a layer over rows of one shape.

    `sizes`, `strides`, `dilations`: one number for each axis of places; `before`: what is padded in front;
    `counts`: how many windows there are.
    """

    sizes: Shape
    strides: Shape
    dilations: Shape
    front: Shape
    counts: Shape

    @property
    def places(self) -> str:
        """The letters of the places, `hw`."""
        return PLACES[len(self.sizes)]

    @property
    def within(self) -> str:
        """The letters of the places in a window, `kl`."""
        return WITHIN[len(self.sizes)]

    @property
    def seen(self) -> str:
        """How the input is read: `(2h+k-1)(2w+l-1)`."""
        axes = zip(self.places, self.within, self.strides, self.dilations, self.front, strict=True)
        return "".join(_seen(*axis) for axis in axes)


def _seen(place: str, inner: str, stride: int, dilation: int, front: int) -> str:
    """How one axis is read."""
    return f"({_times(stride)}{place}+{_times(dilation)}{inner}{f'-{front}' if front else ''})"


def windows(
    layer: str, inputs: Shape, size: Extent, stride: Extent, padding: Extent | str, dilation: Extent = 1
) -> Windows:
    """The windows over rows of shape `inputs`, whose last axis is that of channels.

    Raises:
        ShapeError: rows without places, or too small for a window; the layer is named.
    """
    axes = len(inputs) - 1
    if not 1 <= axes <= 3:
        raise ShapeError(
            f"{layer} wants rows of numbers at places, (t, i), (h, w, i) or (d, h, w, i), and rows of "
            f"{in_words(inputs)} come in"
        )
    sizes, strides, dilations = (_each(value, axes, layer) for value in (size, stride, dilation))
    spans = [d * (k - 1) + 1 for k, d in zip(sizes, dilations, strict=True)]
    lengths = inputs[:-1]
    if padding == "same":
        counts = [-(-n // s) for n, s in zip(lengths, strides, strict=True)]
        reaches = [(c - 1) * s + span for c, s, span in zip(counts, strides, spans, strict=True)]
        front = tuple(max(reach - n, 0) // 2 for reach, n in zip(reaches, lengths, strict=True))
    else:
        front = _each(0 if padding == "valid" else padding, axes, layer)
        rooms = [n + 2 * p - span for n, p, span in zip(lengths, front, spans, strict=True)]
        counts = [room // s + 1 for room, s in zip(rooms, strides, strict=True)]
    if min(counts) < 1:
        wide = in_words(tuple(spans))
        raise ShapeError(f"{layer} has windows of {wide}, which do not fit into rows of {in_words(inputs)}")
    return Windows(sizes, strides, dilations, front, tuple(counts))


def extent(value: Any, label: str, minimum: int = 1) -> Any:
    """One whole number for all axes, or a tuple of one for each.

    Raises:
        InputError: it is neither.
    """
    demand = f"{label} is a whole number from {minimum} up, or one for each axis"
    if isinstance(value, (tuple, list, np.ndarray)) and 1 <= len(value) <= 3:
        return tuple(whole(number, demand, minimum) for number in value)
    return whole(value, demand, minimum)


def padding(value: Any, label: str) -> Any:
    """What is padded on both sides: `extent`, or `same` (as many windows as places, by the stride), `valid`.

    Raises:
        InputError: it is none of these.
    """
    if isinstance(value, str):
        if value not in ("same", "valid"):
            raise InputError(f"{label} is 'same', 'valid' or whole numbers, not {value!r}")
        return value
    return extent(value, label, 0)


def _each(value: Any, axes: int, layer: str) -> Shape:
    numbers = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(numbers) != axes:
        raise ShapeError(f"{layer} is made for {len(numbers)} axes of places, and its rows have {axes}")
    return numbers


def _times(number: int) -> str:
    return str(number) if number > 1 else ""
