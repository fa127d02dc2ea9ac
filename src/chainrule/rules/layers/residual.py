"""Residual: y = x + inner(x); the error returns by two roads, which add."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ShapeError
from chainrule.numbers import Number, number, path
from chainrule.rules.layers.chain import Chain
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
class Residual(Layer):
    """y = x + layers(x), named r; the branch reads x under its own name u, so that
    ∂E/∂x = ∂E/∂r + ∂E/∂u tells the two roads apart.

    Raises:
        ShapeError: the branch does not end as wide as it began.
    """

    layers: Sequence[Any]
    out: str = field(default="r", kw_only=True, repr=False)
    u: str = field(default="u", kw_only=True, repr=False)

    words: ClassVar[Words] = Words(
        symbol="x + F(x)",
        formula="y = x + F(x)",
        slope="∂E/∂x = ∂E/∂y + ∂E/∂y · F'(x)",
        latex=r"y = x + F(x)",
        source="He, Zhang, Ren & Sun 2016, eq. 1",
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", Chain(self.layers).layers)

    @property
    def inner(self) -> Chain:
        return Chain(self.layers)

    def placed(self, names: Names) -> "Residual":
        layers = self.inner.placed(names).layers
        return replace(self, layers=layers, out=names.free("r"), u=names.free("u"))

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        parameters, outputs = self.inner.start(rng, inputs)
        self._refuse_other(inputs, outputs)
        return parameters, inputs

    def shapes(self, inputs: Shape) -> tuple[dict[str, Shape], Shape]:
        shapes, outputs = self.inner.shapes(inputs)
        self._refuse_other(inputs, outputs)
        return shapes, inputs

    def _refuse_other(self, inputs: Shape, outputs: Shape) -> None:
        if outputs != inputs:
            raise ShapeError(
                f"Residual {self.out} adds its input to its output, so both need one width: "
                f"{in_words(inputs)} went in, {in_words(outputs)} came out; "
                + (
                    f"end it with Dense({inputs[-1]})"
                    if inputs[:-1] == outputs[:-1]
                    else "pad its convolutions to one shape"
                )
            )

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        branch = number(self.u, path("...j->...j", x))
        y, cache = self.inner.forward(p, branch)
        return number(self.out, path("...j->...j", x), path("...j->...j", y)), (x, y, cache)

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        x, y, inner = cache
        branch = number(derivative(y), path("...j->...j", dy))
        gradients, du = self.inner.backward(p, inner, branch)
        return gradients, number(derivative(x), path("...j->...j", dy), path("...j->...j", du))
