"""Pools: one number for each window of each channel: its largest, or its mean; of all places with Global.

    max   p[h,w,i] = x[sh+k−p, sw+l−p, i] where that is the first largest of its window
    mean  p[h,w,i] = Σ x[sh+k−p, sw+l−p, i] / m

Shapes, of an image: x (n, h, w, i), p (n, h, w, i). What lies over the edge is never the largest.
"""

from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, ClassVar, Self

import numpy as np

from chainrule.contraction.notation import equation
from chainrule.contraction.sums import read
from chainrule.errors import ShapeError
from chainrule.numbers import Array, Number, constant, given, number, path
from chainrule.rules.layers.flatten import places_of
from chainrule.rules.layers.windows import PLACES, Windows, extent, padding, windows
from chainrule.rules.protocols import Gradients, Kept, Layer, Names, Parameters, Shape, Words, derivative

LARGEST = "[largest]"
"""The name of the condition that a number is the first largest of its window."""


@dataclass(frozen=True)
class Pool(Layer):
    """Windows of `size`, `stride` apart (as far as they are wide, if not given), `padding` over the edge.

    Raises:
        InputError: numbers that are none.
    """

    size: Any = 2
    stride: Any = None
    padding: Any = 0
    out: str = field(default="p", kw_only=True, repr=False)

    takes: ClassVar[str] = "places"

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", extent(self.size, "the size of a pool"))
        stride = self.size if self.stride is None else self.stride
        object.__setattr__(self, "stride", extent(stride, "the stride of a pool"))
        object.__setattr__(self, "padding", padding(self.padding, "the padding of a pool"))

    def placed(self, names: Names) -> Self:
        return replace(self, out=names.free("p"))

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        return {}, (*self._windows(inputs).counts, inputs[-1])

    def _windows(self, inputs: Shape) -> Windows:
        label = f"{type(self).__name__} {self.out}"
        view = windows(label, inputs, self.size, self.stride, self.padding)
        if any(2 * p > k for p, k in zip(view.front, view.sizes, strict=True)):
            raise ShapeError(f"{label} is padded by more than half of its window: some would see nothing")
        return view


@dataclass(frozen=True)
class MaxPool(Pool):
    """The largest of each window; of several, the first by rows and columns, as torch has it. The others have
    no part in it: ∂E/∂x is 0 there.
    """

    words: ClassVar[Words] = Words(
        symbol="max",
        formula="p[h,w,i] = max x[sh+k-p, sw+l-p, i] over k, l",
        slope="∂p/∂x = 1 where x is the first largest of the window, else 0",
        latex=r"p_{hwi} = \max_{kl} x_{sh+k-p,\,sw+l-p,\,i}",
        source="Ranzato et al. 2007; ties as in torch.nn.MaxPool2d",
    )

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        view = self._windows(x.array.shape[1:])
        largest = given(LARGEST, _first_largest(x.array, view))
        indices = f"n{view.places}{view.within}i,n{view.seen}i->n{view.places}i"
        shape = (len(x.array), *view.counts, x.array.shape[-1])
        return number(self.out, path(indices, largest, x, shape=shape)), (x, largest)

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        x, largest = cache
        view = self._windows(x.array.shape[1:])
        indices = f"n{view.places}{view.within}i,n{view.places}i->n{view.seen}i"
        return {}, number(derivative(x), path(indices, largest, dy, shape=x.array.shape))


@dataclass(frozen=True)
class AvgPool(Pool):
    """The mean of each window: of all its places, or with `count_padding=False` of those inside alone.

    torch counts the padding (`count_include_pad=True`), Keras and ONNX do not.
    """

    count_padding: bool = True

    words: ClassVar[Words] = Words(
        symbol="mean",
        formula="p[h,w,i] = Σ x[sh+k-p, sw+l-p, i] / m, m numbers in the window",
        slope="∂p/∂x = 1/m",
        latex=r"p_{hwi} = \tfrac{1}{m}\sum_{kl} x_{sh+k-p,\,sw+l-p,\,i}",
        source="LeCun et al. 1989",
    )

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        view = self._windows(x.array.shape[1:])
        group, share = self._share(x, view)
        window = given("[window]", _ones(x.array, view.sizes))
        indices = f"{group},{view.within},n{view.seen}i->n{view.places}i"
        shape = (len(x.array), *view.counts, x.array.shape[-1])
        return number(self.out, path(indices, share, window, x, shape=shape)), (x, window)

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        x, window = cache
        view = self._windows(x.array.shape[1:])
        group, share = self._share(x, view)
        indices = f"{group},{view.within},n{view.places}i->n{view.seen}i"
        return {}, number(derivative(x), path(indices, share, window, dy, shape=x.array.shape))

    def _share(self, x: Number, view: Windows) -> tuple[str, Number]:
        """1/m: one number, or one for each place, where windows reach over the edge and that counts not."""
        size = prod(view.sizes)
        if self.count_padding:
            return "", constant(f"1/{size}", 1 / size, x)
        inside = path(
            f"{view.within},{view.seen}->{view.places}",
            given("[window]", np.ones(view.sizes)),
            given("[inside]", np.ones(x.array.shape[1:-1])),
            shape=view.counts,
        ).total()
        if (inside == size).all():
            return "", constant(f"1/{size}", 1 / size, x)
        xp = x.array.__array_namespace__()
        return view.places, given("1/m", xp.asarray(1 / inside, dtype=x.array.dtype))


@dataclass(frozen=True)
class GlobalAveragePool(Layer):
    """The mean of each channel over all places: (n, h, w, i) to (n, i)."""

    out: str = field(default="p", kw_only=True, repr=False)

    takes: ClassVar[str] = "places"
    words: ClassVar[Words] = Words(
        symbol="mean of all",
        formula="p[i] = Σ x[h,w,i] / m, m places",
        slope="∂p/∂x = 1/m",
        latex=r"p_i = \tfrac{1}{m}\sum_{hw} x_{hwi}",
        source="Lin, Chen & Yan 2014, section 3.2",
    )

    def placed(self, names: Names) -> "GlobalAveragePool":
        return replace(self, out=names.free("p"))

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        if not 2 <= len(inputs) <= len(PLACES):
            raise ShapeError(f"GlobalAveragePool {self.out} wants rows of numbers at places, not of {inputs}")
        return {}, inputs[-1:]

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        return number(self.out, path(f",n{places_of(x)}i->ni", _part(x), x)), x

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        x, group = cache, f"n{places_of(cache)}i"
        return {}, number(derivative(x), path(f",ni->{group}", _part(x), dy, shape=x.array.shape))


def _part(x: Number) -> Number:
    """1/m, of the m places of x."""
    places = prod(x.array.shape[1:-1])
    return constant(f"1/{places}", 1 / max(places, 1), x)


def _ones(like: Array, shape: Shape) -> Array:
    return like.__array_namespace__().ones(shape, dtype=like.dtype)


def _first_largest(x: Array, view: Windows) -> Array:
    """1 where a number is the first largest of its window (n, h, w, k, l, i), else 0."""
    xp, axes = x.__array_namespace__(), len(view.sizes)
    sizes = dict(zip(view.places + view.within, (*view.counts, *view.sizes), strict=True))
    spread = x
    for axis, subscript in enumerate(equation(f"{view.seen}->").groups[0].axes):
        spread = read(spread, 1 + 2 * axis, subscript, sizes, -xp.inf)
    order = [0, *range(1, 2 * axes, 2), *range(2, 2 * axes + 1, 2), 2 * axes + 1]
    windows_of_all = xp.transpose(spread, order)
    shape, size = windows_of_all.shape, prod(view.sizes)
    largest = xp.argmax(xp.reshape(windows_of_all, (*shape[: axes + 1], size, shape[-1])), axis=-2)
    hits = largest[..., None, :] == xp.arange(size)[:, None]
    return xp.reshape(hits.astype(x.dtype), shape)
