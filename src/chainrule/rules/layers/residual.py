"""Residual: y = x + inner(x); the error returns by two roads, which add."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ShapeError
from chainrule.numbers import Number, number, path
from chainrule.rules.layers.chain import Chain
from chainrule.rules.protocols import Gradients, Kept, Layer, Names, Parameters, Words, derivative


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

    def start(self, rng: "np.random.Generator", inputs: int) -> tuple[dict[str, np.ndarray], int]:
        parameters, outputs = self.inner.start(rng, inputs)
        if outputs != inputs:
            raise ShapeError(
                f"Residual {self.out} adds its input to its output, so both need one width: "
                f"{inputs} went in, {outputs} came out; end it with Dense({inputs})"
            )
        return parameters, inputs

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        branch = number(self.u, path("nj->nj", x))
        y, cache = self.inner.forward(p, branch)
        return number(self.out, path("nj->nj", x), path("nj->nj", y)), (x, y, cache)

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        x, y, inner = cache
        branch = number(derivative(y), path("nj->nj", dy))
        gradients, du = self.inner.backward(p, inner, branch)
        return gradients, number(derivative(x), path("nj->nj", dy), path("nj->nj", du))
