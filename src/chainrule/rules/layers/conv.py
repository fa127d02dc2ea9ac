"""Conv: every unit weighs a window of its input, with the same weights at every place.

    z[h,w,j] = Σ x[sh+dk−p, sw+dl−p, i] W[k,l,i,j] + b[j]
    ∂E/∂W[k,l,i,j] = Σ x[sh+dk−p, sw+dl−p, i] ∂E/∂z[h,w,j]     ∂E/∂b = Σ ∂E/∂z
    ∂E/∂x[sh+dk−p, sw+dl−p, i] = Σ ∂E/∂z[h,w,j] W[k,l,i,j]

The lines of Dense, with places: stride s, padding p, dilation d; what lies outside is no term. Shapes, of an
image: x (n, h, w, i), W (k, l, i/groups, j), b (j,), z (n, h, w, j); (n, t, i) and (n, d, h, w, i) likewise.
The kernel is not flipped: what deep learning calls a convolution is a cross-correlation.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import InputError, ShapeError
from chainrule.numbers import Number, Path, given, number, path
from chainrule.rules.layers.identity import Identity
from chainrule.rules.layers.weighted import Weighted, whole
from chainrule.rules.layers.windows import Windows, extent, padding, windows
from chainrule.rules.protocols import Gradients, Kept, Parameters, Shape, Words, derivative


@dataclass(frozen=True)
class Conv(Weighted):
    """A convolution over one, two or three axes of places, then activation(z).

        Conv(6, 5, "relu", padding=2)      six units, windows of 5 x 5

    Args:
        units: how many numbers at each place, j.
        size: of the window: one number for all axes, or a tuple.
        activation: an activation or its name; None passes z on.
        stride: from one window to the next.
        padding: how far the windows reach over the edge on both sides, where there is nothing; or `same` (as
            many windows as places, over the stride; an odd one reaches over the end, as Keras has it).
        dilation: from one place of a window to the next.
        groups: the inputs and units go in so many groups, each unit sees those of its own group.
        weights, biases: as for Dense; values are (k, l, i/groups, j).

    Raises:
        InputError: numbers that are none, units that do not go into the groups.
    """

    units: int
    size: Any = 3
    activation: Any = field(default_factory=Identity)
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    groups: int = 1
    weights: Any = "auto"
    biases: Any = "zeros"
    w: str = field(default="w", kw_only=True, repr=False)
    b: str = field(default="b", kw_only=True, repr=False)
    z: str = field(default="z", kw_only=True, repr=False)

    takes: ClassVar[str] = "places"
    words: ClassVar[Words] = Words(
        symbol="x ∗ W + b",
        formula="z[h,w,j] = Σ x[sh+dk-p, sw+dl-p, i] W[k,l,i,j] + b[j]",
        slope="∂z[h,w,j]/∂W[k,l,i,j] = x[sh+dk-p, sw+dl-p, i]",
        latex=r"z_{hwj} = \sum_{kli} x_{sh+dk-p,\,sw+dl-p,\,i}\,w_{klij} + b_j",
        source="LeCun et al. 1989; Dumoulin & Visin 2016 for stride, padding and dilation",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for label in ("size", "stride", "dilation"):
            object.__setattr__(self, label, extent(getattr(self, label), f"the {label} of Conv"))
        object.__setattr__(self, "padding", padding(self.padding, "the padding of Conv"))
        groups = whole(self.groups, "groups is a whole number from 1 up")
        object.__setattr__(self, "groups", groups)
        if self.units % groups:
            raise InputError(f"{self.units} units do not go into {groups} groups")

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        shapes, outputs = self.shapes(inputs)
        return self.drawn(rng, shapes), outputs

    def shapes(self, inputs: Shape) -> tuple[dict[str, Shape], Shape]:
        view = self._windows(inputs)
        if inputs[-1] % self.groups:
            raise ShapeError(f"{self._label}: {inputs[-1]} channels do not go into {self.groups} groups")
        w = (*view.sizes, inputs[-1] // self.groups, self.units)
        return {self.w: w, self.b: (self.units,)}, (*view.counts, self.units)

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        w, view = p[self.w], self._windows(x.array.shape[1:])
        if w.array.shape[:-1] != (*view.sizes, x.array.shape[-1] // self.groups):
            raise ShapeError(
                f"{self._label}: {self.w} is {tuple(w.array.shape)}, and does not fit {x.name}, "
                f"which is {tuple(x.array.shape)}"
            )
        image, kernel, out = self._groups(view, w)
        shape = (len(x.array), *view.counts, self.units)
        z = number(self.z, self._path(f"{image},{kernel}->{out}", x, w, shape=shape), path("j->j", p[self.b]))
        a, cache = self.activated(p, z)
        return a, (x, cache)

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        x, inner = cache
        w, dz = p[self.w], self.unactivated(p, inner, dy)
        image, kernel, out = self._groups(self._windows(x.array.shape[1:]), w)
        dw = number(derivative(w), self._path(f"{image},{out}->{kernel}", x, dz, shape=w.array.shape))
        db = number(derivative(p[self.b]), path("...j->j", dz))
        dx = number(derivative(x), self._path(f"{out},{kernel}->{image}", dz, w, shape=x.array.shape))
        return {self.w: dw, self.b: db}, dx

    @property
    def _label(self) -> str:
        return f"layer {self.w[1:]}: Conv" if self.w[1:] else "Conv"

    def _windows(self, inputs: Shape) -> Windows:
        return windows(self._label, inputs, self.size, self.stride, self.padding, self.dilation)

    def _groups(self, view: Windows, w: Number) -> tuple[str, str, str]:
        """How x, W and z are read: channel i of group g stands at Ig+i, unit j of it at Jg+j."""
        i, j = "i", "j"
        if self.groups > 1:
            i, j = f"({w.array.shape[-2]}g+i)", f"({self.units // self.groups}g+j)"
        return f"n{view.seen}{i}", f"{view.within}i{j}", f"n{view.places}{j}"

    def _path(self, indices: str, *factors: Number, shape: tuple[int, ...]) -> Path:
        if self.groups == 1:
            return path(indices, *factors, shape=shape)
        array = factors[0].array
        groups = (self.groups, self.units // self.groups)
        members = given("[group]", array.__array_namespace__().ones(groups, dtype=array.dtype))
        return path(f"gj,{indices}", members, *factors, shape=shape)
