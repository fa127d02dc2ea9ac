"""Embedding: a row of numbers for every token, looked up in a table.

    z[t,j] = W[x[t],j]      ∂E/∂W[v,j] = Σ ∂E/∂z[t,j] over all t where x[t] = v

A token is a whole number, and nothing changes by small steps of it: there is no ∂E/∂x. Shapes: x (n, t),
W (v, j), z (n, t, j).
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ShapeError
from chainrule.numbers import Number, number, path
from chainrule.rules import initializers as starts
from chainrule.rules.layers.weighted import whole
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

WIDTH = 0.02  # the standard deviation that tables begin with, as in GPT-2 (Radford et al. 2019)


@dataclass(frozen=True)
class Embedding(Layer):
    """Rows of tokens 0, 1, ... as rows of numbers at places; it stands at the beginning of a network.

        Embedding(65, 32)      65 tokens, each with 32 numbers of its own

    Args:
        tokens: how many there are, v.
        units: how many numbers each has, j.
        weights: where W starts: the name of a start, or the values (v, j). `auto` is normal with a standard
            deviation of 0.02.

    Raises:
        InputError: tokens or units below 1, an unknown start.
    """

    tokens: int
    units: int
    weights: Any = "auto"
    w: str = field(default="w", kw_only=True, repr=False)
    z: str = field(default="z", kw_only=True, repr=False)

    takes: ClassVar[str] = "tokens"
    words: ClassVar[Words] = Words(
        symbol="W[x]",
        formula="z[t,j] = W[x[t],j]",
        slope="∂E/∂W[v,j] = Σ ∂E/∂z[t,j] over the t where x[t] = v",
        latex=r"z_{tj} = w_{x_t j}",
        source="Bengio, Ducharme, Vincent & Jauvin 2003, section 2",
    )
    says: ClassVar[dict[str, str]] = {
        "w": "number {unit} of token {0} in the table of layer {layer}",
        "z": "number {unit} of the token{at}, as layer {layer} has it",
    }

    def __post_init__(self) -> None:
        for label in ("tokens", "units"):
            demand = f"Embedding needs a whole number of {label}, at least 1"
            object.__setattr__(self, label, whole(getattr(self, label), demand))
        object.__setattr__(self, "weights", starts.start(self.weights))

    def placed(self, names: Names) -> "Embedding":
        return self.as_next(names)

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        shapes, outputs = self.shapes(inputs)
        return {self.w: table(self.weights, rng, shapes[self.w], self.w)}, outputs

    def shapes(self, inputs: Shape) -> tuple[dict[str, Shape], Shape]:
        if len(inputs) != 1:
            raise ShapeError(f"Embedding wants rows of tokens, (t,), and rows of {in_words(inputs)} come in")
        return {self.w: (self.tokens, self.units)}, (*inputs, self.units)

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        return number(self.z, path("nt=v,vj->ntj", x, p[self.w])), x

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, None]:
        w = p[self.w]
        return {self.w: number(derivative(w), path("nt=v,ntj->vj", cache, dy, shape=w.array.shape))}, None


def table(choice: Any, rng: "np.random.Generator", shape: Shape, name: str) -> np.ndarray:
    """A table that is looked up, as it begins."""
    return rng.normal(0, WIDTH, shape) if choice == "auto" else starts.draw(choice, rng, shape, name)
