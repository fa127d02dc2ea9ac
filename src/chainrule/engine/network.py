"""Network: layers and a loss, put together, with every parameter under its own name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.numbers import Array, Number, given
from chainrule.rules import registry
from chainrule.rules.activations import activation
from chainrule.rules.layers.chain import Chain
from chainrule.rules.layers.dense import Dense
from chainrule.rules.protocols import Kept, Layer, Loss, Names, Parameters
from chainrule.rules.rule_names import ActivationName, LossName

BLOCK = 1 << 13  # rows that are gone through at a time: their sums stay near the processor


@dataclass(frozen=True)
class Row:
    """One line of a summary: the layer, the shape of its output, its parameters' shapes and count."""

    layer: str
    shape: tuple[str, int]
    parameters: dict[str, tuple[int, ...]]

    @property
    def count(self) -> int:
        return sum(int(np.prod(shape)) for shape in self.parameters.values())


@dataclass(frozen=True, init=False)
class Network:
    """A feed-forward network and the loss it is trained on.

        Network([Dense(4, "tanh"), Dense(1, "sigmoid")], loss="half_squared_error")

    Layers count from 1: `w1` (inputs, units) and `b1` (units,) belong to the first Dense. How many
    inputs there are is seen from the data. With a loss that is fused with an activation
    (`binary_cross_entropy` with sigmoid, `softmax_cross_entropy` with softmax) the last layer may
    name that activation or none; either way predictions are probabilities.

    Args:
        layers: layers, or names of activations.
        loss: a loss or its name.

    Raises:
        InputError: an unknown name, or a last activation that the loss cannot be fused with.
    """

    layers: tuple[Layer, ...]
    loss: Any

    def __init__(
        self, layers: Sequence[Layer | ActivationName], loss: Loss | LossName = "half_squared_error"
    ) -> None:
        object.__setattr__(self, "layers", Chain(layers).layers)
        object.__setattr__(self, "loss", registry.loss(loss))
        _ = self.chain  # so that a mistake is named here and not at the first use

    @cached_property
    def chain(self) -> Chain:
        """The layers with their addresses; the last one gives logits where the loss wants logits."""
        layers, output_layer = list(self.layers), self.layers[-1]
        fused = self.loss.activation
        if fused and isinstance(output_layer, Dense):
            name = output_layer.activation and registry.name(output_layer.activation)
            if name not in (None, "identity", fused):
                raise InputError(
                    f"{registry.name(self.loss)} is fused with {fused}, but the last layer ends in {name}: "
                    f"name {fused} there, or no activation"
                )
            layers[-1] = replace(output_layer, activation=None)
        return Chain(layers).placed(Names())

    def start(self, inputs: int, seed: int = 0) -> dict[str, np.ndarray]:
        """Initial parameters, float64, for rows `inputs` wide; one seed gives one network.

        Raises:
            InputError: `inputs` is not how many numbers a row has.
            ShapeError: given weights or a residual that do not fit; the layer is named.
        """
        width: Any = inputs
        if isinstance(width, bool) or not isinstance(width, int | np.integer) or width < 1:
            raise InputError(f"inputs is how many numbers a row has, at least 1, not {inputs!r}")
        return self.chain.start(np.random.default_rng(seed), inputs)[0]

    def outputs(self, inputs: int) -> int:
        """How many outputs a row has."""
        return self.chain.start(np.random.default_rng(0), inputs)[1]

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        """The last layer's output (logits for a fused loss), and what `backward` needs."""
        return self.chain.forward(p, x)

    def prediction(self, y: Number) -> Number:
        """What the network predicts, from what `forward` returned."""
        rule = activation(self.loss.activation)
        return replace(rule, out=self.loss.predicted(y)).forward({}, y)[0] if rule else y

    def predict(self, parameters: Mapping[str, Array], x: Array) -> Array:
        """Predictions (n, outputs) for x (n, inputs), in the array library and dtype of x."""
        p = numbers_of(parameters)
        with np.errstate(all="ignore"):
            if not isinstance(x, np.ndarray) or len(x) <= BLOCK:
                return self.prediction(self.forward(p, given("x", x))[0]).array
            parts = (self.forward(p, given("x", x[rows]))[0] for rows in blocks(len(x)))
            return np.concatenate([self.prediction(part).array for part in parts])

    @property
    def widths(self) -> list[int]:
        """How many units each dense layer has, those inside of composites among them."""
        return [layer.units for layer in _flat(self.layers) if isinstance(layer, Dense)]

    def walk(self, inputs: int) -> Iterator[tuple[Layer, int]]:
        """Every layer with its address, composites before what is in them, and the width it is given."""
        yield from _walk(self.chain.layers, inputs)

    def summary(self, inputs: int) -> list[Row]:
        """The network as a table, for rows `inputs` wide."""
        rows = []
        for layer, width in self.walk(inputs):
            inner = hasattr(layer, "layers")
            arrays, outputs = layer.start(np.random.default_rng(0), width)
            shapes = {} if inner else {name: array.shape for name, array in arrays.items()}
            rows.append(Row(_title(layer), ("n", outputs), shapes))
        if self.loss.activation and isinstance(self.chain.layers[-1], Dense):
            rows[-1] = replace(rows[-1], layer=f"{rows[-1].layer} {self.loss.activation}")
        return rows

    def to_dict(self) -> dict[str, Any]:
        """The specification as plain values; `from_dict` makes the same network again."""
        return {
            "layers": [registry.to_plain(layer) for layer in self.layers],
            "loss": registry.to_plain(self.loss),
        }

    @classmethod
    def from_dict(cls, specification: Any) -> "Network":
        """The network that `to_dict` wrote.

        Raises:
            InputError: a part is missing or unknown.
        """
        if not isinstance(specification, Mapping) or not isinstance(specification.get("layers"), Sequence):
            raise InputError("a network is written as {'layers': [...], 'loss': {...}}")
        layers = [registry.from_plain(layer, registry.LAYERS) for layer in specification["layers"]]
        return cls(layers, specification.get("loss", "half_squared_error"))


def blocks(rows: int) -> Iterator[slice]:
    """So many rows, a block at a time."""
    yield from (slice(start, start + BLOCK) for start in range(0, rows, BLOCK))


class _Parameters(dict[str, Number]):
    """Parameters by name; one that is missing is named."""

    def __missing__(self, name: str) -> Number:
        among = f"they are {', '.join(self)}" if self else "there are none"
        raise InputError(f"parameters lack {name}: {among}; network.start(inputs) makes all of them")


def numbers_of(parameters: Mapping[str, Array]) -> dict[str, Number]:
    """Arrays by name as the Numbers that rules take."""
    return _Parameters({name: given(name, array) for name, array in parameters.items()})


def _walk(layers: Sequence[Any], width: int) -> Iterator[tuple[Layer, int]]:
    for layer in layers:
        yield layer, width
        if hasattr(layer, "layers"):
            yield from _walk(layer.layers, width)
        width = layer.start(np.random.default_rng(0), width)[1]


def _flat(layers: Sequence[Any]) -> Iterator[Any]:
    """Every layer, composites before what is in them."""
    for layer in layers:
        yield layer
        yield from _flat(getattr(layer, "layers", ()))


def _title(layer: Any) -> str:
    """`Dense(4) tanh`, `dropout(0.5)`, `relu`."""
    if isinstance(layer, Dense):
        inner = layer.activation and registry.name(layer.activation)
        return f"dense {layer.w[1:]}" + (f" {inner}" if inner and inner != "identity" else "")
    rate = getattr(layer, "rate", None)
    return registry.name(layer) + ("" if rate is None else f" {rate:g}")
