"""Dense: every unit weighs every input, then an activation acts on each sum.

    z = xW + b      ∂E/∂W = xᵀ ∂E/∂z     ∂E/∂b = Σₙ ∂E/∂z     ∂E/∂x = ∂E/∂z Wᵀ

Shapes: x (n, i), W (i, j), b (j,), z (n, j).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from chainrule.errors import InputError, ShapeError
from chainrule.numbers import Number, number, path
from chainrule.rules import initializers as starts
from chainrule.rules.activations import activation
from chainrule.rules.layers.identity import Identity
from chainrule.rules.protocols import (
    Activation,
    Gradients,
    Kept,
    Layer,
    Names,
    Parameters,
    Words,
    derivative,
)

if TYPE_CHECKING:
    from chainrule.rules.rule_names import ActivationName, InitializerName

Values = Sequence[float] | Sequence[Sequence[float]] | np.ndarray


@dataclass(frozen=True)
class Dense(Layer):
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

    def __post_init__(self) -> None:
        if not _counts(self.units):
            raise InputError(f"Dense needs a whole number of units, at least 1, not {self.units!r}")
        object.__setattr__(self, "units", int(self.units))
        object.__setattr__(self, "activation", activation(self.activation))
        object.__setattr__(self, "weights", starts.start(self.weights))
        object.__setattr__(self, "biases", starts.start(self.biases))

    def placed(self, names: Names) -> "Dense":
        names.layer += 1
        w, b, z = (names.free(letter) for letter in "wbz")
        a = names.free("a")
        return replace(self, w=w, b=b, z=z, activation=self.activation and replace(self.activation, out=a))

    def start(self, rng: "np.random.Generator", inputs: int) -> tuple[dict[str, np.ndarray], int]:
        rectifier = self.activation is not None and self.activation.rectifier
        chosen = self.weights
        if chosen == "auto":
            chosen = "he_uniform" if rectifier else "glorot_uniform"
        w = starts.draw(chosen, rng, (inputs, self.units), self.w)
        b = starts.draw(self.biases, rng, (self.units,), self.b)
        return {self.w: w, self.b: b}, self.units

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        w = p[self.w]
        if x.array.shape[1] != w.array.shape[0]:
            raise ShapeError(
                f"layer {self.w[1:] or 'Dense'}: {self.w} is {tuple(w.array.shape)} and wants "
                f"{w.array.shape[0]} inputs, but {x.name} is {tuple(x.array.shape)}"
            )
        z = number(self.z, path("ni,ij->nj", x, w), path("j->j", p[self.b]))
        if self.activation is None:
            return z, (x, None)
        a, cache = self.activation.forward(p, z)
        return a, (x, cache)

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        x, inner = cache
        dz = dy if self.activation is None else self.activation.backward(p, inner, dy)[1]
        dw = number(derivative(p[self.w]), path("ni,nj->ij", x, dz))
        db = number(derivative(p[self.b]), path("nj->j", dz))
        return {self.w: dw, self.b: db}, number(derivative(x), path("nj,ij->ni", dz, p[self.w]))


def _counts(units: object) -> bool:
    return isinstance(units, (int, np.integer)) and not isinstance(units, bool) and int(units) >= 1
