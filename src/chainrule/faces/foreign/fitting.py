"""Layers of another library fitted to one another: the shape of their rows, and the order of flat numbers.

torch and ONNX have the channels in front of the places, (n, channels, h, w); here they stand behind, (n, h,
w, channels). Convolutions are turned where they are taken; what stands behind a row that was laid out flat
has its inputs in another order, and is turned here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, InputError, ShapeError
from chainrule.rules.layers.batch_norm import BatchNorm
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.flatten import Flatten, Unflatten
from chainrule.rules.layers.pool import AvgPool, GlobalAveragePool, Pool
from chainrule.rules.layers.residual import Residual
from chainrule.rules.layers.softmax import Softmax
from chainrule.rules.layers.weighted import whole
from chainrule.rules.protocols import Layer, Shape, in_words

LARGEST_SIDE = 1024  # of the images that are tried where nobody says how large they are


@dataclass(frozen=True)
class AdaptivePool:
    """A mean over as many windows as are asked for, however large the image; with 1 the mean of all."""

    counts: Sequence[int]

    def over(self, where: str, row: Shape) -> Layer:
        """The pool for rows of that shape."""
        if set(self.counts) == {1}:
            return GlobalAveragePool()
        if len(self.counts) != len(row) - 1 or any(n % k for n, k in zip(row, self.counts, strict=False)):
            raise ShapeError(
                f"{where}: there is no rule for {in_words(tuple(self.counts))} windows on rows of "
                f"{in_words(row)}: they overlap"
            )
        return AvgPool(tuple(n // k for n, k in zip(row, self.counts, strict=False)))


@dataclass(frozen=True)
class Taken:
    """A layer as it stood in the other library: where, the rule, its arrays by the fields in which the rule
    has their names (of Dense w (inputs, units), b (units,)).

    `turned`: whether the source has the channels in front where it lays rows out. `inner` are the layers of
    a Residual.
    """

    where: str
    layer: Any
    arrays: Mapping[str, Any] = field(default_factory=dict)
    turned: bool = False
    inner: "Sequence[Taken]" = ()

    def rule(self) -> Layer:
        """The rule, with those inside of it."""
        if not self.inner:
            return self.layer  # type: ignore[no-any-return]
        return Residual([part.rule() for part in self.inner])


def fitted(parts: Iterable[Taken], row: Sequence[int] | None) -> tuple[list[Taken], Shape]:
    """The parts as they follow one another on rows of that shape, which is looked for if it is not given.

    Raises:
        InputError: nobody says how large the images are; a layer that cannot be turned.
        ShapeError: a layer that does not fit the one before; it is named.
    """
    parts = list(parts)
    shape = _shape_of_plain(parts) or _shape_of_square(parts) if row is None else tuple(row)
    walk = _Walk(shape)
    fit = list(walk.through(parts))
    if walk.order is not None or len(walk.row) > 1:
        raise InputError(f"{parts[-1].where}: it ends in numbers at places, and a Dense layer is wanted")
    return fit, shape


def shape_of(shape: Any) -> Shape | None:
    """The shape of a row as somebody says it, as whole numbers; None if nobody does.

    Raises:
        InputError: it is none.
    """
    demand = "shape is that of one row as the source has it, such as (channels, h, w)"
    if shape is None:
        return None
    if not isinstance(shape, tuple | list) or not shape:
        raise InputError(f"{demand}, not {shape!r}")
    return tuple(whole(length, demand) for length in shape)


def batch_norm(
    where: str, layer: BatchNorm, mean: Any, variance: Any, gain: Any = None, shift: Any = None
) -> Taken:
    """A BatchNorm with what it remembers, and the gain and shift that it has, or is without."""
    rm, rv = np.asarray(mean), np.asarray(variance)
    g = np.ones_like(rm) if gain is None else np.asarray(gain)
    b = np.zeros_like(rm) if shift is None else np.asarray(shift)
    return Taken(where, layer, {"g": g, "b": b, "rm": rm, "rv": rv})


def flat(parts: Iterable[Taken]) -> Iterator[Taken]:
    """Every part, and those inside of composites behind them."""
    for part in parts:
        yield part
        yield from flat(part.inner)


class _Walk:
    """Where one is: the shape of a row, and where each number of a flat one stood in the source."""

    def __init__(self, row: Shape) -> None:
        self.row = row
        self.order: np.ndarray | None = None

    def through(self, parts: Iterable[Taken]) -> Iterator[Taken]:
        """The parts as they are on these rows, but for those that do nothing to them."""
        for part in parts:
            if isinstance(part.layer, AdaptivePool):
                part = replace(part, layer=part.layer.over(part.where, self.row))
            if isinstance(part.layer, Flatten) and len(self.row) == 1:
                continue
            self._refuse_unturned(part)
            if isinstance(part.layer, Flatten) and part.turned:
                self.order = _order(self.row)
            yield self._sized(self._reordered(part))

    def _refuse_unturned(self, part: Taken) -> None:
        layer = part.layer
        if isinstance(layer, Unflatten) and part.turned and layer.shape[-1] > 1:
            raise InputError(f"{part.where}: there is no rule for rows laid out with the channels in front")
        if isinstance(layer, Dense) and part.turned and len(self.row) > 1:
            raise InputError(f"{part.where}: there is no rule for a Linear on {in_words(self.row)} places")
        if isinstance(layer, Softmax) and len(self.row) > 1:
            raise InputError(f"{part.where}: there is no rule for a softmax over places")

    def _reordered(self, part: Taken) -> Taken:
        """The part with its inputs in the order in which a flat row has them here."""
        if self.order is None or not part.arrays:
            return part
        order, arrays = self.order, {name: np.asarray(array) for name, array in part.arrays.items()}
        if isinstance(part.layer, Dense):
            arrays, self.order = {"w": arrays["w"]}, None
        if any(len(array) != len(order) for array in arrays.values()):
            return part  # which does not fit
        turned = {name: array[order] for name, array in arrays.items()}
        return replace(part, arrays={**part.arrays, **turned})

    def _sized(self, part: Taken) -> Taken:
        """The part, whose arrays fit rows of this shape; the next part gets what comes out."""
        if part.inner:
            branch = _Walk(self.row)
            part = replace(part, inner=list(branch.through(part.inner)))
            if branch.row != self.row:
                text = f"{in_words(self.row)} went in, {in_words(branch.row)} came out"
                raise ShapeError(f"{part.where}: what is added up is not of one shape: {text}")
            return part
        try:
            shapes, after = part.layer.shapes(self.row)
        except ShapeError as error:
            raise ShapeError(f"{part.where}: {error}") from None
        arrays = {letter: np.shape(array) for letter, array in part.arrays.items()}
        if arrays != {letter: shapes.get(getattr(part.layer, letter)) for letter in arrays}:
            text = " and ".join(f"{letter} {shape}" for letter, shape in arrays.items())
            raise ShapeError(f"{part.where}: {text} do not fit rows of {in_words(self.row)}")
        self.row = after
        return part


def _order(row: Shape) -> np.ndarray:
    """Where each number of a flat row stands in one that has the channels in front."""
    places = np.arange(prod(row)).reshape(row[-1], *row[:-1])
    return np.moveaxis(places, 0, -1).ravel()


def _shape_of_plain(parts: Sequence[Taken]) -> Shape | None:
    """The shape of a row, if the first layer that cares takes plain numbers."""
    for part in flat(parts):
        if isinstance(part.layer, Dense):
            return (len(part.arrays["w"]),)
        if isinstance(part.layer, Unflatten):
            return (prod(part.layer.shape),)
        if isinstance(part.layer, AdaptivePool | Conv | Pool | GlobalAveragePool):
            return None
    return None


def _shape_of_square(parts: Sequence[Taken]) -> Shape:
    """The shape of square images, if there is just one size that fits all layers."""
    conv = next((part for part in flat(parts) if isinstance(part.layer, Conv)), None)
    sides = [side for side in range(1, LARGEST_SIDE + 1) if conv and _fits(parts, conv, side)]
    if conv and len(sides) == 1:
        return _square(conv, sides[0])
    known = f"; its layers fit squares of {sides[0]} to {sides[-1]}" if sides else ""
    raise InputError(f"nothing says how large a row is: give its shape, shape=(channels, h, w){known}")


def _square(conv: Taken, side: int) -> Shape:
    """The shape of a row that a convolution takes, with sides as long as each other."""
    window = np.shape(conv.arrays["w"])
    return (*(side,) * (len(window) - 2), window[-2] * conv.layer.groups)


def _fits(parts: Sequence[Taken], conv: Taken, side: int) -> bool:
    """Whether all layers fit images of that size."""
    try:
        for _ in _Walk(_square(conv, side)).through(replace(part, turned=False) for part in parts):
            pass
    except ChainruleError:
        return False
    return True
