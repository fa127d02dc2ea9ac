"""Network: layers and a loss, put together, with every parameter under its own name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from chainrule.errors import InputError, ShapeError
from chainrule.numbers import Array, Number, given
from chainrule.rules import registry
from chainrule.rules.activations import activation
from chainrule.rules.layers.chain import Chain
from chainrule.rules.layers.weighted import Weighted
from chainrule.rules.protocols import Kept, Layer, Loss, Names, Parameters, Shape, in_words
from chainrule.rules.rule_names import ActivationName, LossName

PRODUCTS = 1 << 22  # factors that the windows of a block are spread over
BLOCK = 1 << 13  # rows that are gone through at a time: their sums stay near the processor


@dataclass(frozen=True)
class Row:
    """One line of a summary: the layer, the shape of its output, its parameters' shapes and count."""

    layer: str
    shape: tuple[str | int, ...]
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
        if any(layer.takes == "tokens" for layer in list(_flat(self.layers))[1:]):
            raise InputError("an embedding looks up the tokens of the rows themselves: put it first")

    @cached_property
    def chain(self) -> Chain:
        """The layers with their addresses; the last one gives logits where the loss wants logits."""
        layers, output_layer = list(self.layers), self.layers[-1]
        fused = self.loss.activation
        if fused and isinstance(output_layer, Weighted):
            name = output_layer.activation and registry.name(output_layer.activation)
            if name not in (None, "identity", fused):
                raise InputError(
                    f"{registry.name(self.loss)} is fused with {fused}, but the last layer ends in {name}: "
                    f"name {fused} there, or no activation"
                )
            layers[-1] = output_layer.changed(activation=None)
        return Chain(layers).placed(Names())

    def start(self, inputs: int | Sequence[int], seed: int = 0) -> dict[str, np.ndarray]:
        """Initial parameters, float64, for rows `inputs` wide or of that shape; one seed gives one network.

        Raises:
            InputError: `inputs` is not how many numbers a row has, nor the shape of a row.
            ShapeError: given weights, a residual or rows that do not fit; the layer is named.
        """
        return self.chain.start(np.random.default_rng(seed), row_shape(inputs))[0]

    def outputs(self, inputs: int | Sequence[int]) -> int:
        """How many outputs a row has.

        Raises:
            ShapeError: rows that do not fit, or that end as numbers at places.
        """
        return self.ends(inputs)[-1]

    def ends(self, inputs: int | Sequence[int]) -> Shape:
        """The shape of a row that comes out: (outputs,), or of a loss of tokens (places, outputs).

        Raises:
            ShapeError: rows that do not fit, or that end as numbers at places where the loss wants none.
        """
        outputs = self.chain.shapes(row_shape(inputs))[1]
        if len(outputs) != 1 and self.loss.takes != "tokens":
            raise ShapeError(
                f"the network ends in rows of {in_words(outputs)}, and its loss wants plain numbers: put "
                "Flatten() or GlobalAveragePool() and a Dense behind, or take the loss token_cross_entropy"
            )
        return outputs

    @property
    def takes(self) -> str:
        """Rows of `numbers`, of numbers at `places` or of `tokens`: what the layer wants that is the first to
        care.
        """
        return next((layer.takes for layer in _flat(self.layers) if layer.takes != "any"), "numbers")

    @property
    def tokens(self) -> int:
        """How many tokens there are, where rows are of tokens; else 0."""
        return next((layer.tokens for layer in _flat(self.layers) if layer.takes == "tokens"), 0)

    def refuse_places(self, purpose: str) -> None:
        """Refuse a network with layers of places or tokens, or norms, where only dense ones go.

        Raises:
            InputError: the layer is named.
        """
        if self.first_of_places:
            title = _title(self.first_of_places)
            raise InputError(f"{purpose} dense networks only: this one has the layer {title}")

    @property
    def first_of_places(self) -> Layer | None:
        """The first layer that sees numbers at places, or tokens, or a norm, if there is one."""
        kinds = ("places", "tokens")
        layers = _flat(self.chain.layers)
        return next((layer for layer in layers if layer.takes in kinds or not layer.stacks), None)

    @property
    def memory(self) -> list[str]:
        """The parameters that have no gradient, but are renewed by every step of a training."""
        layers = _flat(self.chain.layers)
        return [getattr(layer, label) for layer in layers for label in layer.memory]

    @property
    def shares(self) -> list[str]:
        """The names under which layers that look at whole batches are told the part of each row."""
        return [layer.s for layer in _flat(self.chain.layers) if layer.memory]

    def refuse_memory(self, purpose: str) -> None:
        """Refuse a network whose layers remember batches where none are gone through as in a training.

        Raises:
            InputError: the layer is named.
        """
        layer = next((layer for layer in _flat(self.chain.layers) if layer.memory), None)
        if layer:
            raise InputError(f"{purpose} without memory: this one has the layer {_title(layer)}")

    def remembered(self, p: Parameters, numbers: Mapping[str, Number]) -> dict[str, Number]:
        """What becomes of that memory, from the numbers of a training's step."""
        renewed: dict[str, Number] = {}
        for layer in _flat(self.chain.layers):
            renewed |= layer.remembered(p, numbers)
        return renewed

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        """The last layer's output (logits for a fused loss), and what `backward` needs."""
        return self.chain.forward(p, x)

    def prediction(self, y: Number) -> Number:
        """What the network predicts, from what `forward` returned."""
        rule = activation(self.loss.activation)
        return replace(rule, out=self.loss.predicted(y)).forward({}, y)[0] if rule else y

    def predict(self, parameters: Mapping[str, Array], x: Array) -> Array:
        """Predictions (n, outputs) for x (n, inputs) or (n, h, w, ...), in the library and dtype of x."""
        p = numbers_of(parameters)
        with np.errstate(all="ignore"):
            blocks = list(self.blocks(x)) if isinstance(x, np.ndarray) else []
            if len(blocks) <= 1:
                return self.prediction(self.forward(p, given("x", x))[0]).array
            parts = (self.forward(p, given("x", x[rows]))[0] for rows in blocks)
            return np.concatenate([self.prediction(part).array for part in parts])

    def blocks(self, x: Array) -> Iterator[slice]:
        """The rows of x, a block at a time; of images as few as their windows leave room for."""
        rows = self.block(x.shape[1:])
        yield from (slice(start, start + rows) for start in range(0, len(x), rows))

    def block(self, inputs: int | Sequence[int]) -> int:
        """How many rows of that shape are gone through at a time."""
        if self.takes == "numbers":
            return BLOCK
        return max(1, PRODUCTS // max(_products(layer, shape) for layer, shape in self.walk(inputs)))

    @property
    def widths(self) -> list[int]:
        """How many units each layer with weights has, those inside of composites among them."""
        return [layer.units for layer in _flat(self.layers) if isinstance(layer, Weighted)]

    def walk(self, inputs: int | Sequence[int]) -> Iterator[tuple[Layer, Shape]]:
        """Every layer with its address, composites before what is in them, and the shape of its rows."""
        yield from _walk(self.chain.layers, row_shape(inputs))

    def summary(self, inputs: int | Sequence[int]) -> list[Row]:
        """The network as a table, for rows `inputs` wide or of that shape."""
        rows = []
        for layer, shape in self.walk(inputs):
            shapes, outputs = layer.shapes(shape)
            rows.append(Row(_title(layer), ("n", *outputs), {} if hasattr(layer, "layers") else shapes))
        if self.loss.activation and isinstance(self.chain.layers[-1], Weighted):
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


class _Parameters(dict[str, Number]):
    """Parameters by name; one that is missing is named."""

    def __missing__(self, name: str) -> Number:
        among = f"they are {', '.join(self)}" if self else "there are none"
        raise InputError(f"parameters lack {name}: {among}; network.start(inputs) makes all of them")


def numbers_of(parameters: Mapping[str, Array]) -> dict[str, Number]:
    """Arrays by name as the Numbers that rules take."""
    return _Parameters({name: given(name, array) for name, array in parameters.items()})


def row_shape(inputs: Any) -> Shape:
    """The shape of a row from how many numbers it has, or from itself.

    Raises:
        InputError: it is neither.
    """
    shape = inputs if isinstance(inputs, tuple | list) else (inputs,)
    wrong = [n for n in shape if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1]
    if wrong or not shape:
        raise InputError(f"inputs is how many numbers a row has, at least 1, not {inputs!r}")
    return tuple(map(int, shape))


def _walk(layers: Sequence[Any], shape: Shape) -> Iterator[tuple[Layer, Shape]]:
    for layer in layers:
        yield layer, shape
        if hasattr(layer, "layers"):
            yield from _walk(layer.layers, shape)
        shape = layer.shapes(shape)[1]


def _products(layer: Layer, shape: Shape) -> int:
    """How many factors a row of that shape is spread over in the layer."""
    parameters, outputs = layer.shapes(shape)
    seen = [prod(outputs[:-1]) * prod(array[:-1]) for array in parameters.values()]
    return max(prod(shape), prod(outputs), layer.inside(shape), *seen, 1)


def _flat(layers: Sequence[Any]) -> Iterator[Any]:
    """Every layer, composites before what is in them."""
    for layer in layers:
        yield layer
        yield from _flat(getattr(layer, "layers", ()))


def _title(layer: Any) -> str:
    """`Dense(4) tanh`, `dropout(0.5)`, `relu`."""
    if isinstance(layer, Weighted):
        inner = layer.activation and registry.name(layer.activation)
        return f"{registry.name(layer)} {layer.w[1:]}" + (
            f" {inner}" if inner and inner != "identity" else ""
        )
    rate = getattr(layer, "rate", None)
    return registry.name(layer) + ("" if rate is None else f" {rate:g}")
