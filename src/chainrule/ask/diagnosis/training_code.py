"""A set-up of a training as the Python that trains it so."""

from typing import Any

from chainrule.ask.diagnosis.training_setup import TrainingSetup
from chainrule.engine.network import Network
from chainrule.rules import registry
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout

USUAL = {"optimizer": "sgd", "learning_rate": 0.1, "epochs": 1000, "batch_size": None, "shuffle": True,
         "threshold": None, "patience": None, "weight_decay": 0.0, "seed": 0}  # fmt: skip


def code(setup: TrainingSetup) -> str:
    """What is typed to train it."""
    lines = []
    if setup.scales_inputs:
        lines.append("x = (x - x.mean(0)) / x.std(0)")
    if setup.scales_targets:
        lines.append("t = (t - t.mean(0)) / t.std(0)")
    if setup.weighs_classes:
        lines.append(
            "w = (1 / t.mean(0))[t.argmax(1)]"
            if setup.learned.t.shape[1] > 1
            else "w = 1 / np.where(t.ravel() > t.mean(), (t > t.mean()).mean(), (t <= t.mean()).mean())"
        )
    options = [
        f"{name}={_shown(getattr(setup, name))}"
        for name, value in USUAL.items()
        if getattr(setup, name) != value
    ]
    if setup.start is not None:
        options.append("parameters=parameters")
    if setup.weighs_classes:
        options.append("sample_weight=w")
    if setup.patience and setup.watched is not None:
        options.append(f"validation={len(setup.watched) / (len(setup.watched) + len(setup.learned)):.2g}")
    lines.append(f"run = train({', '.join([network_code(setup.network), 'x', 't', *options])})")
    return "; ".join(lines)


def network_code(network: Network) -> str:
    """A network as it is written."""
    layers = [_layer(layer) for layer in network.layers]
    return f'Network([{", ".join(layers)}], loss="{registry.name(network.loss)}")'


def _layer(layer: Any) -> str:
    if isinstance(layer, Dense):
        name = layer.activation and registry.name(layer.activation)
        parts = [str(layer.units), *([f'"{name}"'] if name and name != "identity" else [])]
        parts += [
            f'{field}="{value}"'
            for field, value, usual in (("weights", layer.weights, "auto"), ("biases", layer.biases, "zeros"))
            if value != usual and isinstance(value, str)
        ]
        return f"Dense({', '.join(parts)})"
    if isinstance(layer, Dropout):
        return f"Dropout({layer.rate:g})"
    return repr(layer)


def _shown(value: Any) -> str:
    return (
        f'"{value}"' if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else repr(value)
    )
