"""The settings of a training in the studio: what they begin with for each data, and what they may be."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

from chainrule.engine.network import Network
from chainrule.engine.training.options import Task, TrainingOptions
from chainrule.errors import InputError, did_you_mean
from chainrule.faces import architecture
from chainrule.faces.studio.learning_data import LearningData
from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.initializers import STARTS
from chainrule.rules.registry import TABLE_LOSSES
from chainrule.rules.updates.catalogue import UPDATE_RULES

MOST_LAYERS, MOST_UNITS, MOST_WEIGHTS, MOST_WORK = 8, 1024, 400_000, 50_000_000
_ENDLESS = 2**30  # epochs: a session ends when somebody closes it
_HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]


@dataclass(frozen=True)
class NetworkSetup:
    """How a network is made and trained.

    Attributes:
        source: the name of the data.
        layers: units and activation of each hidden layer.
        loss: its name.
        optimizer: its name.
        rate: α.
        batch: rows in an update; 0 for all.
        start: where weights start.
        seed: of the data, the split, the start and the order of rows.
        target: the column to predict, of a table.
    """

    source: str
    layers: tuple[tuple[int, str], ...] = ((6, "tanh"), (6, "tanh"))
    loss: str = ""
    optimizer: str = "sgd"
    rate: float = 0.25
    batch: int = 20
    start: str = "auto"
    seed: int = 0
    target: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON has it; `setup_of` takes it back."""
        return asdict(self) | {"layers": [list(layer) for layer in self.layers]}

    def end(self, data: LearningData) -> str:
        """The activation of the last layer."""
        return architecture.table_end(self.loss, data.is_classes, data.t.shape[1])

    def task(self, data: LearningData) -> Task:
        """The training that this asks for.

        Raises:
            InputError: it is too large, or its parts do not fit together.
        """
        outputs = data.t.shape[1]
        sizes = [data.x.shape[1], *(units for units, _ in self.layers), outputs]
        weights = sum(above * below for above, below in pairwise(sizes))
        for count, limit, noun in (
            (weights, MOST_WEIGHTS, "weights"),
            (len(data.x) * max(sizes), MOST_WORK, "numbers in a layer for all rows"),
        ):
            if count > limit:
                raise InputError(f"the studio trains at most {limit:,} {noun}, and this has {count:,}")
        hidden = [(units, activation, 0.0) for units, activation in self.layers]
        return self.task_of(
            architecture.network(hidden, outputs, self.end(data), self.loss, self.start), data
        )

    def task_of(self, network: Network, data: LearningData) -> Task:
        """The training of a network that is there already."""
        options = TrainingOptions(
            optimizer=self.optimizer,
            learning_rate=self.rate,
            epochs=_ENDLESS,
            batch_size=self.batch or None,
            shuffle=True,
            threshold=None,
            patience=None,
            validation=(data.x[data.held_out], data.t[data.held_out]) if len(data.held_out) else None,
            weight_decay=0.0,
            seed=self.seed,
        )
        return Task.of(network, data.x[data.learning], data.t[data.learning], None, options)


_FIRST = {
    "xor": NetworkSetup("xor", ((3, "tanh"),), rate=0.5, batch=0),
    "digits": NetworkSetup("digits", ((32, "relu"),), optimizer="adam", rate=0.005, batch=32),
    "moons": NetworkSetup("moons"),
    "circles": NetworkSetup("circles", ((6, "tanh"),), rate=0.5),
    "spirals": NetworkSetup("spirals", ((12, "tanh"), (8, "tanh")), optimizer="adam", rate=0.03),
    "sine": NetworkSetup("sine", ((10, "tanh"),), optimizer="adam", rate=0.03),
    "penguins": NetworkSetup("penguins", ((8, "relu"),), optimizer="adam", rate=0.01, batch=32),
}


def first_setup(data: LearningData, seed: int = 0, target: str = "") -> NetworkSetup:
    """The settings that a data begins with."""
    usual = _FIRST.get(data.name) or replace(_FIRST["penguins"], source=data.name)
    loss = architecture.loss_of(architecture.class_end(data.t.shape[1]) if data.is_classes else None)
    return replace(usual, loss=loss, seed=seed, target=target)


def losses_for(data: LearningData) -> list[str]:
    """The losses that suit what is to be predicted."""
    fused = architecture.class_end(data.t.shape[1])
    ends = (None, fused) if data.is_classes else (None,)
    return [name for name, rule in TABLE_LOSSES.items() if rule.activation in ends]


def choices(data: LearningData) -> dict[str, Any]:
    """What each setting may be."""
    return {
        "activation": _HIDDEN,
        "loss": losses_for(data),
        "optimizer": list(UPDATE_RULES),
        "start": ["auto", *STARTS],
        "target": list(data.columns),
    }


def form(setup: NetworkSetup, data: LearningData) -> dict[str, Any]:
    """The form of the settings, as they are now."""
    held_out = f", {len(data.held_out):,} held out, which only judge" if len(data.held_out) else ""
    return {
        "setup": setup.plain() | {"target": data.target.name if data.columns else ""},
        "choices": choices(data),
        "amount": f"{len(data.learning):,} rows to learn from{held_out}",
    }


def setup_of(record: Mapping[str, Any], data: LearningData) -> NetworkSetup:
    """The settings that the page asks for, each checked by name.

    Raises:
        InputError: one cannot be used; it is named.
    """
    possible = choices(data)
    setup = first_setup(data)
    words: dict[str, Any] = {
        name: _among(record[name], possible[name], name)
        for name in ("loss", "optimizer", "start")
        if name in record
    }
    whole = {"batch": 10**6, "seed": 2**32 - 1}
    words |= {name: _whole(record[name], name, 0, limit) for name, limit in whole.items() if name in record}
    setup = replace(setup, **words)
    if "target" in record:
        setup = replace(setup, target=_among(record["target"], ["", *data.columns], "column"))
    if "rate" in record:
        rate = record["rate"]
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1e6:
            raise InputError("the learning rate is a number from 0 up")
        setup = replace(setup, rate=float(rate))
    if "layers" in record:
        layers = record["layers"]
        if not isinstance(layers, list) or len(layers) > MOST_LAYERS:
            raise InputError(f"there can be up to {MOST_LAYERS} hidden layers")
        setup = replace(setup, layers=tuple(_layer(layer, possible["activation"]) for layer in layers))
    return setup


def _layer(layer: Any, activations: list[str]) -> tuple[int, str]:
    match layer:
        case [units, activation]:
            return _whole(units, "units", 1, MOST_UNITS), _among(activation, activations, "activation")
    raise InputError("a layer is [units, activation]")


def _whole(value: Any, name: str, lowest: int, limit: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= limit:
        raise InputError(f"{name}: a whole number from {lowest} to {limit:,}, not {str(value)[:20]}")
    return value


def _among(value: Any, names: list[str], kind: str) -> str:
    if not isinstance(value, str) or value not in names:
        hint = did_you_mean(value, names) if isinstance(value, str) else ""
        raise InputError(f"no {kind} here is called {str(value)[:40]!r}.{hint}")
    return value
