"""Chain: layers one after another; forward from the left, backward from the right."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import InputError
from chainrule.numbers import Number
from chainrule.rules.activations import activation
from chainrule.rules.layers.identity import Identity
from chainrule.rules.layers.weighted import Weighted
from chainrule.rules.protocols import Activation, Gradients, Kept, Layer, Names, Parameters, Shape, Words


@dataclass(frozen=True)
class Chain(Layer):
    """y = layers[-1](… layers[1](layers[0](x))); each layer may be given by name.

    Raises:
        InputError: no layers, or something that is not a layer.
    """

    layers: Sequence[Any]

    words: ClassVar[Words] = Words(
        symbol="∘",
        formula="y = f₃(f₂(f₁(x)))",
        slope="∂E/∂x = ∂E/∂y · f₃' · f₂' · f₁'",
        latex=r"y = f_3(f_2(f_1(x)))",
        source="the chain rule",
    )

    def __post_init__(self) -> None:
        if isinstance(self.layers, (str, Layer)) or not self.layers:
            raise InputError("a chain needs a list of at least one layer, such as [Dense(1)]")
        object.__setattr__(self, "layers", _joined([_layer(layer) for layer in self.layers]))

    def placed(self, names: Names) -> "Chain":
        return replace(self, layers=[layer.placed(names) for layer in self.layers])

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        parameters: dict[str, np.ndarray] = {}
        for layer in self.layers:
            initial, inputs = layer.start(rng, inputs)
            parameters |= initial
        return parameters, inputs

    def shapes(self, inputs: Shape) -> tuple[dict[str, Shape], Shape]:
        shapes: dict[str, Shape] = {}
        for layer in self.layers:
            parameters, inputs = layer.shapes(inputs)
            shapes |= parameters
        return shapes, inputs

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(p, x)
            caches.append(cache)
        return x, caches

    def backward(self, p: Parameters, caches: Kept, dy: Any) -> tuple[Gradients, Any]:
        gradients: Gradients = {}
        for layer, cache in zip(reversed(self.layers), reversed(caches), strict=True):
            layer_gradients, dy = layer.backward(p, cache, dy)
            gradients = layer_gradients | gradients
        return gradients, dy


def _layer(choice: Any) -> Layer:
    layer = activation(choice) if isinstance(choice, str) else choice
    if not isinstance(layer, Layer):
        raise InputError(f"{choice!r} is not a layer; write Dense(4, 'tanh'), Residual([...]) or 'tanh'")
    return layer


def _joined(layers: list[Layer]) -> tuple[Layer, ...]:
    """The layers, with an activation that follows a bare Dense taken into it: [Dense(4), Tanh()]."""
    joined: list[Layer] = []
    for layer in layers:
        previous = joined[-1] if joined else None
        if (
            isinstance(layer, Activation)
            and isinstance(previous, Weighted)
            and isinstance(previous.activation, Identity)
        ):
            joined[-1] = previous.changed(activation=layer)
        else:
            joined.append(layer)
    return tuple(joined)
