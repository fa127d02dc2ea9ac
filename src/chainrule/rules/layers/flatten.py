"""Flatten: numbers at places as one row; and Unflatten, which lays a row out as an image.

    f[(hW + w)I + i] = x[h,w,i]      x[h,w,i] = f[(hW + w)I + i]

Shapes, of an image: x (n, h, w, i), f (n, hwi).
"""

from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import InputError, ShapeError
from chainrule.numbers import Number, number, path
from chainrule.rules.layers.weighted import whole
from chainrule.rules.layers.windows import PLACES
from chainrule.rules.protocols import (
    Gradients,
    Kept,
    Layer,
    Names,
    Parameters,
    Shape,
    Words,
    derivative,
    in_words,
)


@dataclass(frozen=True)
class Flatten(Layer):
    """The numbers of all places as one row, in the order of memory: h, then w, then i."""

    out: str = field(default="f", kw_only=True, repr=False)

    takes: ClassVar[str] = "places"
    words: ClassVar[Words] = Words(
        symbol="flat",
        formula="f[(hW + w)I + i] = x[h,w,i]",
        slope="∂f/∂x = 1",
        latex=r"f_{(hW+w)I+i} = x_{hwi}",
        source="counting",
    )

    def placed(self, names: Names) -> "Flatten":
        return replace(self, out=names.free("f"))

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        return {}, (prod(inputs),)

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        shape = (len(x.array), prod(x.array.shape[1:]))
        return number(self.out, path(f"n{places_of(x)}i->n{_counted(x.array.shape)}", x, shape=shape)), x

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        x, indices = cache, f"n{_counted(cache.array.shape)}->n{places_of(cache)}i"
        return {}, number(derivative(x), path(indices, dy, shape=x.array.shape))


@dataclass(frozen=True)
class Unflatten(Layer):
    """A row of plain numbers as numbers at places: Unflatten((28, 28, 1)) makes images of a table's rows.

    Raises:
        InputError: the shape is not that of places with channels behind.
    """

    shape: Any
    out: str = field(default="v", kw_only=True, repr=False)

    takes: ClassVar[str] = "numbers"
    words: ClassVar[Words] = Words(
        symbol="laid out",
        formula="v[h,w,i] = x[(hW + w)I + i]",
        slope="∂v/∂x = 1",
        latex=r"v_{hwi} = x_{(hW+w)I+i}",
        source="counting",
    )

    def __post_init__(self) -> None:
        demand = "the shape of Unflatten is that of a row, (t, i), (h, w, i) or (d, h, w, i)"
        if not isinstance(self.shape, tuple | list) or not 2 <= len(self.shape) <= len(PLACES):
            raise InputError(f"{demand}, not {self.shape!r}")
        object.__setattr__(self, "shape", tuple(whole(length, demand) for length in self.shape))

    def placed(self, names: Names) -> "Unflatten":
        return replace(self, out=names.free("v"))

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        if inputs != (prod(self.shape),):
            raise ShapeError(
                f"Unflatten {self.out} makes {in_words(self.shape)} of {prod(self.shape)} numbers, and rows "
                f"of {in_words(inputs)} come in"
            )
        return {}, self.shape

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        shape = (len(x.array), *self.shape)
        indices = f"n{_counted(shape)}->n{PLACES[len(self.shape) - 1]}i"
        return number(self.out, path(indices, x, shape=shape)), x

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        x, indices = cache, f"n{places_of(dy)}i->n{_counted(dy.array.shape)}"
        return {}, number(derivative(x), path(indices, dy, shape=x.array.shape))


def places_of(x: Number) -> str:
    """The letters of x's places, `hw`."""
    return PLACES[len(x.array.shape) - 2]


def _counted(shape: tuple[int, ...]) -> str:
    """Where a number of (n, h, w, i) stands in the flat row: `(84h+3w+i)`."""
    letters = f"{PLACES[len(shape) - 2]}i"
    steps = [prod(shape[axis + 2 :]) for axis in range(len(letters))]
    terms = (c if step == 1 else f"{step}{c}" for step, c in zip(steps, letters, strict=True))
    return f"({'+'.join(terms)})"
