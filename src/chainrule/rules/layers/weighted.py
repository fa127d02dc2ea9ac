"""What Dense and Conv share: weights, biases and an activation behind the weighed sum, with their names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np

from chainrule.errors import InputError
from chainrule.numbers import Number
from chainrule.rules import initializers as starts
from chainrule.rules.activations import activation
from chainrule.rules.protocols import Kept, Layer, Names, Parameters, Shape

Values = Sequence[float] | Sequence[Sequence[float]] | np.ndarray


class Weighted(Layer):
    """A layer whose units weigh what they see; z is the sum, a what an activation makes of it.

    Raises:
        InputError: units below 1, an unknown activation or start.
    """

    units: int
    activation: Any
    weights: Any
    biases: Any
    w: str
    b: str
    z: str

    def __post_init__(self) -> None:
        units = whole(self.units, f"{type(self).__name__} needs a whole number of units, at least 1")
        object.__setattr__(self, "units", units)
        object.__setattr__(self, "activation", activation(self.activation))
        object.__setattr__(self, "weights", starts.start(self.weights))
        object.__setattr__(self, "biases", starts.start(self.biases))

    def placed(self, names: Names) -> Self:
        names.layer += 1
        w, b, z = (names.free(letter) for letter in "wbz")
        a = names.free("a")
        end = self.activation and replace(self.activation, out=a)
        return self.changed(w=w, b=b, z=z, activation=end)

    def changed(self, **parts: Any) -> Self:
        """The same layer with other parts."""
        layer: Any = self
        new: Self = replace(layer, **parts)
        return new

    def drawn(self, rng: "np.random.Generator", shapes: Mapping[str, Shape]) -> dict[str, np.ndarray]:
        """Initial weights and biases; `auto` is He uniform before rectifiers, Glorot uniform otherwise."""
        rectifier = self.activation is not None and self.activation.rectifier
        chosen = self.weights
        if chosen == "auto":
            chosen = "he_uniform" if rectifier else "glorot_uniform"
        w = starts.draw(chosen, rng, shapes[self.w], self.w)
        return {self.w: w, self.b: starts.draw(self.biases, rng, shapes[self.b], self.b)}

    def activated(self, p: Parameters, z: Number) -> tuple[Number, Kept]:
        """a of z, and what the activation keeps; z itself where there is none."""
        return (z, None) if self.activation is None else self.activation.forward(p, z)

    def unactivated(self, p: Parameters, cache: Kept, dy: Number) -> Number:
        """∂E/∂z from ∂E/∂a."""
        if self.activation is None:
            return dy
        dz: Number = self.activation.backward(p, cache, dy)[1]
        return dz


def whole(value: object, demand: str, minimum: int = 1) -> int:
    """A whole number from `minimum` up.

    Raises:
        InputError: it is none; what is demanded, and what came.
    """
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or int(value) < minimum:
        raise InputError(f"{demand}, not {value!r}")
    return int(value)
