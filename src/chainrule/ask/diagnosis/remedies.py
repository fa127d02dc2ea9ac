"""Remedies: what may be done otherwise in a training, each as a change of its set-up."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chainrule.ask.diagnosis.training_fault import Change
from chainrule.ask.diagnosis.training_setup import TrainingSetup
from chainrule.engine.network import Network
from chainrule.rules import registry
from chainrule.rules.activations import activation as rule
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.weighted import Weighted

WIDE = 32
MOST_EPOCHS = 20_000


def _with(words: str, **fields: Any) -> Change:
    return Change(words, lambda setup: setup.changed(**fields))


INPUTS = _with("standardise the inputs", scales_inputs=True)
TARGETS = _with("standardise the targets", scales_targets=True)
SHUFFLE = _with("shuffle the rows every epoch", shuffle=True)
NO_DECAY = _with("no weight decay", weight_decay=0.0)
BALANCE = _with("let every class count alike", weighs_classes=True)


def _layers(setup: TrainingSetup, edit: Any) -> TrainingSetup:
    """With another network: `edit` gets each hidden layer and gives what stands in its place, or None."""
    *hidden, output = setup.network.layers
    edited = [edit(layer) for layer in hidden]
    return rebuilt(setup, [*(layer for layer in edited if layer is not None), output])


def rebuilt(setup: TrainingSetup, layers: Sequence[Any], loss: Any = None) -> TrainingSetup:
    """With these layers; where their widths are others, starts that were given as numbers do not fit."""
    network = Network(list(layers), loss or setup.network.loss)
    if network.widths != setup.network.widths:
        network = Network([_drawn(layer) for layer in layers], network.loss)
    return setup.changed(network=network)


def _drawn(layer: Any) -> Any:
    """A layer whose weights and biases are drawn, where they were given as numbers."""
    if not isinstance(layer, Weighted):
        return layer
    weights = layer.weights if isinstance(layer.weights, str) else "auto"
    return layer.changed(weights=weights, biases=layer.biases if isinstance(layer.biases, str) else "zeros")


def _fresh(setup: TrainingSetup) -> TrainingSetup:
    """Weights and biases from the starts that suit the activations."""

    def edit(layer: Any) -> Any:
        return replace(layer, weights="auto", biases="zeros") if isinstance(layer, Dense) else layer

    layers = [edit(layer) for layer in setup.network.layers]
    return setup.changed(network=Network(layers, setup.network.loss), start=None)


FRESH = Change("start from random weights that suit the activations", _fresh)


def activation(name: str) -> Change:
    """Another activation in every hidden layer."""

    def edit(layer: Any) -> Any:
        return layer.changed(activation=rule(name)) if isinstance(layer, Weighted) else layer

    return Change(f"{name} in the hidden layers", lambda setup: _layers(setup, edit))


def width(units: int = WIDE) -> Change:
    """At least so many units in every hidden layer."""

    def edit(layer: Any) -> Any:
        is_narrow = isinstance(layer, Weighted) and layer.units < units
        return layer.changed(units=units) if is_narrow else layer

    return Change(f"{units} units in each hidden layer", lambda setup: _layers(setup, edit))


def hidden_layer(units: int = WIDE, name: str = "relu") -> Change:
    """A hidden layer in front of the last, where there is none."""

    def apply(setup: TrainingSetup) -> TrainingSetup:
        *layers, output = setup.network.layers
        return rebuilt(setup, [*layers, Dense(units, rule(name)), output])

    return Change(f"a hidden layer of {units} {name} units", apply)


def depth(count: int = 2) -> Change:
    """No more than so many hidden layers."""

    def apply(setup: TrainingSetup) -> TrainingSetup:
        *hidden, output = setup.network.layers
        layers, weighted = [], 0
        for layer in hidden:
            weighted += isinstance(layer, Weighted)
            if weighted <= count:
                layers.append(layer)
        return rebuilt(setup, [*layers, output])

    return Change(f"{count} hidden layers", apply)


def _without_dropout(setup: TrainingSetup) -> TrainingSetup:
    return _layers(setup, lambda layer: None if isinstance(layer, Dropout) else layer)


NO_DROPOUT = Change("no dropout", _without_dropout)


def head(is_classes: bool, outputs: int, values: Sequence[float]) -> Change:
    """A last layer and a loss that reach the targets."""
    if is_classes and set(values) == {0.0, 1.0}:
        end, loss = (
            ("sigmoid", "binary_cross_entropy") if outputs == 1 else ("softmax", "softmax_cross_entropy")
        )
    else:
        end, loss = "identity", "half_squared_error"

    def apply(setup: TrainingSetup) -> TrainingSetup:
        *layers, output = setup.network.layers
        if not isinstance(output, Weighted):
            return setup
        output = output.changed(activation=rule(end))
        return rebuilt(setup, [*layers, output], registry.loss(loss))

    return Change(f"{end} at the end, with {loss}", apply)


def rates(setup: TrainingSetup, factors: Sequence[float]) -> list[Change]:
    """The learning rate times each factor; Adam's usual one where theirs is no number."""
    if callable(setup.learning_rate) or not isinstance(setup.optimizer, str):
        return [_with("adam, learning rate 0.003", optimizer="adam", learning_rate=0.003)]
    rate = float(setup.learning_rate)
    if rate == 0:
        usual = 0.003 if setup.optimizer.startswith("ada") else 0.1
        return [_with(f"learning rate {usual:g}", learning_rate=usual)]
    news = [float(f"{rate * factor:.1g}") for factor in factors]
    return [_with(f"learning rate {new:g}", learning_rate=new) for new in news]


def lower_rates(setup: TrainingSetup) -> list[Change]:
    """Smaller steps."""
    return rates(setup, (0.1, 0.01, 0.001, 1e-4, 1e-5))


def higher_rates(setup: TrainingSetup) -> list[Change]:
    """Larger steps."""
    return rates(setup, (10, 100, 1000, 1e4, 1e5))


def adam() -> Change:
    """The optimiser that least depends on scale."""
    return _with("adam, learning rate 0.003", optimizer="adam", learning_rate=0.003)


def longer(setup: TrainingSetup) -> list[Change]:
    """More epochs."""
    counts = [min(MOST_EPOCHS, setup.epochs * factor) for factor in (10, 100)]
    return [_with(f"{n:,} epochs", epochs=n) for n in sorted({n for n in counts if n > setup.epochs})]


def penalty() -> list[Change]:
    """A penalty on large weights, or one twice as strong."""
    return [_with(f"weight decay {value:g}", weight_decay=value) for value in (0.01, 0.1)]


def shorter(setup: TrainingSetup) -> list[Change]:
    """Fewer epochs."""
    counts = sorted({max(1, setup.epochs // factor) for factor in (30, 10, 3)})
    return [_with(f"{n:,} epochs", epochs=n) for n in reversed(counts) if n < setup.epochs]
