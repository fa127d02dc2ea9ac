"""A training on a table as the command that makes it."""

import shlex
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

from chainrule.ask.diagnosis.training_setup import TrainingSetup
from chainrule.engine.runs.run import Run
from chainrule.faces.tabular.replaying import request_of
from chainrule.faces.tabular.request import Request
from chainrule.rules import registry
from chainrule.rules.layers.batch_norm import BatchNorm
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout

USUAL = {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 200, "weight_decay": 0.0}
READING = {
    "delimiter": "delimiter", "decimal": "decimal", "encoding": "encoding", "missing_markers": "na",
    "thousands": "thousands", "skip": "skip", "sheet": "sheet", "dates": "dates", "categories": "category",
    "amounts": "number",
}  # fmt: skip


def train_command(run: Run, path: str) -> Callable[[TrainingSetup], str]:
    """What is typed to train a set-up of the run's network on the table."""
    request = request_of(run)
    reading = {
        READING[name]: value for name, value in run.extra.get("reading", {}).items() if name in READING
    }
    if reading.get("decimal") == ".":
        del reading["decimal"]

    def command(setup: TrainingSetup) -> str:
        wanted = _with_network(request, setup)
        words = ["chainrule", "train", path, "--target", request.target]
        values = {field.name: (getattr(wanted, field.name), field.default) for field in fields(Request)}
        del values["target"]
        values |= {name: (getattr(setup, name), usual) for name, usual in USUAL.items()}
        values["batch_size"] = (setup.batch_size or len(setup.learned), USUAL["batch_size"])
        if callable(setup.learning_rate):
            values |= {name: (run.settings[name], None) for name in ("learning_rate", "schedule")}
        for name, (value, usual) in values.items():
            words += _option(name, value) if value != usual else ()
        for name, value in reading.items():
            words += _option(name, value) if value else ()
        return shlex.join(words)

    return command


def _with_network(request: Request, setup: TrainingSetup) -> Request:
    """The request for the network of a set-up."""
    layers = setup.network.layers
    hidden = [layer for layer in layers[:-1] if isinstance(layer, Dense)]
    convolutions = tuple(layer.units for layer in layers if isinstance(layer, Conv))
    rates = [layer.rate for layer in layers if isinstance(layer, Dropout)]
    return replace(
        request,
        hidden=tuple(layer.units for layer in hidden),
        activation=registry.name(hidden[0].activation) if hidden else request.activation,
        dropout=rates[0] if rates else 0.0,
        conv=convolutions or request.conv,
        batch_norm=any(isinstance(layer, BatchNorm) for layer in layers),
        class_weight="balanced" if setup.weighs_classes else request.class_weight,
    )


def _option(name: str, value: Any) -> Iterator[str]:
    """A value as its option, or several."""
    flag = f"--{name.replace('_', '-')}"
    if name in ("hidden", "conv"):
        yield from (flag, ",".join(map(str, value)) or "none")
    elif isinstance(value, bool):
        yield flag
    elif isinstance(value, tuple | list):
        for part in value:
            yield from (flag, str(part))
    else:
        yield from (
            flag,
            "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value),
        )
