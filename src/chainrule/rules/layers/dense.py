"""Dense: every unit weighs every input, then an activation acts on each sum; at each place, where there are.

    z = xW + b      ∂E/∂W = xᵀ ∂E/∂z     ∂E/∂b = Σₙ ∂E/∂z     ∂E/∂x = ∂E/∂z Wᵀ

Shapes: x (n, i), W (i, j), b (j,), z (n, j).
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from chainrule.errors import ShapeError
from chainrule.numbers import Number, number, path
from chainrule.rules.layers.identity import Identity
from chainrule.rules.layers.weighted import Values, Weighted
from chainrule.rules.protocols import (
    Activation,
    Gradients,
    Kept,
    Parameters,
    Shape,
    Words,
    derivative,
)

if TYPE_CHECKING:
    from chainrule.rules.rule_names import ActivationName, InitializerName


@dataclass(frozen=True)
class Dense(Weighted):
    """z = xW + b, then a = activation(z).

    Args:
        units: how many outputs, j.
        activation: an activation or its name; None passes z on (a fused loss wants that).
        weights: where W starts: the name of a start, or the values (i, j). `auto` is He uniform
            before the rectifiers and Glorot uniform otherwise.
        biases: where b starts: the name of a start, or the values (j,).

    Raises:
        InputError: units below 1, an unknown activation or start.
    """

    units: int
    activation: Activation | Any = field(default_factory=Identity)
    weights: Any = "auto"
    biases: Any = "zeros"
    w: str = field(default="w", kw_only=True, repr=False)
    b: str = field(default="b", kw_only=True, repr=False)
    z: str = field(default="z", kw_only=True, repr=False)

    words: ClassVar[Words] = Words(
        symbol="xW + b",
        formula="z = xW + b",
        slope="∂z/∂W = x, ∂z/∂b = 1, ∂z/∂x = W",
        latex=r"z_j = \sum_i x_i w_{ij} + b_j",
        source="Rumelhart, Hinton & Williams 1986, eq. 1",
    )

    if TYPE_CHECKING:  # what may be given is wider than what is kept

        def __init__(
            self,
            units: int,
            activation: Activation | ActivationName | None = "identity",
            weights: InitializerName | Values = "auto",
            biases: InitializerName | Values = "zeros",
            *,
            w: str = "w",
            b: str = "b",
            z: str = "z",
        ) -> None: ...

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        shapes, outputs = self.shapes(inputs)
        return self.drawn(rng, shapes), outputs

    def shapes(self, inputs: Shape) -> tuple[dict[str, Shape], Shape]:
        return {self.w: (inputs[-1], self.units), self.b: (self.units,)}, (*inputs[:-1], self.units)

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        w = p[self.w]
        if x.array.shape[-1] != w.array.shape[0]:
            raise ShapeError(
                f"layer {self.w[1:] or 'Dense'}: {self.w} is {tuple(w.array.shape)} and wants "
                f"{w.array.shape[0]} inputs, but {x.name} is {tuple(x.array.shape)}"
            )
        z = number(self.z, path("...i,ij->...j", x, w), path("j->j", p[self.b]))
        a, cache = self.activated(p, z)
        return a, (x, cache)

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        x, inner = cache
        dz = self.unactivated(p, inner, dy)
        dw = number(derivative(p[self.w]), path("...i,...j->ij", x, dz))
        db = number(derivative(p[self.b]), path("...j->j", dz))
        return {self.w: dw, self.b: db}, number(derivative(x), path("...j,ij->...i", dz, p[self.w]))
