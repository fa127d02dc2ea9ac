"""Positions: numbers for every place, added to what stands there, so that places can be told apart.

    z[t,j] = x[t,j] + W[t,j]      ∂E/∂W[t,j] = Σₙ ∂E/∂z[t,j]     ∂E/∂x = ∂E/∂z

or, not learnt, + P[t,j], waves of many lengths: P[t,2k] = sin ωt, P[t,2k+1] = cos ωt, ω = 10000^(−2k/J).
Shapes: x and z (n, t, j), W and P (t, j).
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import InputError, ShapeError, did_you_mean
from chainrule.numbers import Number, given, number, path
from chainrule.rules import initializers as starts
from chainrule.rules.layers.embedding import table
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

KINDS = ["learnt", "sinusoidal"]
LONGEST = 10000.0  # the longest wave is 2π times that (Vaswani et al. 2017)


@dataclass(frozen=True)
class Positions(Layer):
    """Numbers for every place of a row, added to what comes in.

    Args:
        kind: `learnt`, a table of weights, or `sinusoidal`, waves that stay as they are.
        weights: where a learnt table starts: the name of a start, or the values (t, j). `auto` is normal
            with a standard deviation of 0.02.

    Raises:
        InputError: another kind, an unknown start.
    """

    kind: str = "learnt"
    weights: Any = "auto"
    w: str = field(default="w", kw_only=True, repr=False)
    waves: str = field(default="P", kw_only=True, repr=False)
    z: str = field(default="z", kw_only=True, repr=False)

    takes: ClassVar[str] = "places"
    words: ClassVar[Words] = Words(
        symbol="x + W[t]",
        formula="z[t,j] = x[t,j] + W[t,j]",
        slope="∂z[t,j]/∂W[t,j] = 1",
        latex=r"z_{tj} = x_{tj} + w_{tj}",
        source="Vaswani et al. 2017, section 3.5, with learnt tables or with waves",
    )
    says: ClassVar[dict[str, str]] = {
        "w": "number {unit} of place {0} in the table of layer {layer}",
        "waves": "wave {unit} at place {0}",
        "z": "number {unit} of what stands{at}, with the numbers of its place added",
    }

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            hint = did_you_mean(str(self.kind), KINDS) or " They are learnt or sinusoidal."
            raise InputError(f"there are no positions of the kind {self.kind!r}.{hint}")
        object.__setattr__(self, "weights", starts.start(self.weights))

    def placed(self, names: Names) -> "Positions":
        return self.as_next(names)

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        shapes, outputs = self.shapes(inputs)
        return {name: table(self.weights, rng, shape, name) for name, shape in shapes.items()}, outputs

    def shapes(self, inputs: Shape) -> tuple[dict[str, Shape], Shape]:
        if len(inputs) != 2:
            raise ShapeError(
                "Positions wants rows of numbers at places in a line, (t, i), and rows of "
                f"{in_words(inputs)} come in"
            )
        return ({self.w: inputs} if self.kind == "learnt" else {}), inputs

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        added = p[self.w] if self.kind == "learnt" else given(self.waves, _waves(x.array))
        return number(self.z, path("ntj->ntj", x), path("tj->tj", added)), x

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        dx = number(derivative(cache), path("ntj->ntj", dy))
        if self.kind != "learnt":
            return {}, dx
        return {self.w: number(derivative(p[self.w]), path("ntj->tj", dy))}, dx


def _waves(x: Any) -> Any:
    """The waves (t, j) for x (n, t, j), in its array library and dtype."""
    places, units = np.arange(x.shape[1])[:, None], np.arange(x.shape[2])
    angles = places * LONGEST ** (-(units // 2 * 2) / x.shape[2])
    waves = np.where(units % 2, np.cos(angles), np.sin(angles))
    return x.__array_namespace__().asarray(waves, dtype=x.dtype)
