"""What a training begins with: the rows to learn from, those held out, what was asked for, and the initial
parameters.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.engine.data import Data, floats, prepare, refuse_unfit
from chainrule.engine.network import Network
from chainrule.engine.optimizers import from_zero
from chainrule.engine.training.state import Limits, Plan
from chainrule.errors import InputError, ShapeError


@dataclass(frozen=True)
class Task:
    """A training as it was asked for, checked; `train` says what the options mean."""

    network: Network
    data: Data
    held_out: Data | None
    optimizer: Any
    learning_rate: Any
    epochs: int
    batch_size: int
    shuffle: bool
    threshold: float | None
    patience: int | None
    weight_decay: float
    seed: int

    @property
    def settings(self) -> dict[str, Any]:
        """What a run stores of it, as plain values."""
        named = {
            "optimizer": self.optimizer if isinstance(self.optimizer, str) else "custom",
            "learning_rate": "schedule" if callable(self.learning_rate) else self.learning_rate,
        }
        names = ("epochs", "batch_size", "shuffle", "threshold", "patience", "weight_decay", "seed")
        return {
            **named,
            **{name: getattr(self, name) for name in names},
            "dtype": str(self.data.x.dtype),
            "rows": len(self.data),
            "validation_rows": len(self.held_out) if self.held_out else 0,
        }

    @property
    def rate_is_data(self) -> bool:
        """Whether the learning rate is a number that the compiled program is handed, not a part of it."""
        return isinstance(self.optimizer, str) and not callable(self.learning_rate)

    @property
    def plan(self) -> Plan:
        """What is compiled; numbers that can be handed to the program are not in it."""
        return Plan(
            network=self.network,
            optimizer=self.optimizer,
            learning_rate=0.0 if self.rate_is_data else self.learning_rate,
            rows=len(self.data),
            batch=self.batch_size,
            shuffle=self.shuffle,
            weight_decay=0.0,
            thresholded=self.threshold is not None,
            patient=self.patience is not None,
        )

    @property
    def limits(self) -> Limits:
        threshold = -math.inf if self.threshold is None else self.threshold
        return Limits(self.epochs, threshold, self.patience or 0)


def task(
    network: Any,
    x: Any,
    t: Any,
    *,
    optimizer: Any,
    learning_rate: Any,
    epochs: Any,
    batch_size: Any,
    shuffle: bool,
    threshold: Any,
    patience: Any,
    validation: Any,
    sample_weight: Any,
    weight_decay: Any,
    seed: Any,
) -> Task:
    """The arguments of `train`, if they can be used.

    Raises:
        InputError: an option or a value that cannot be used.
        ShapeError: sizes that do not fit; the layer is named.
    """
    if not isinstance(network, Network):
        kind = type(network).__name__
        raise InputError(f"what is trained is a network, such as Network([Dense(1)]), not {kind}")
    seed = count(seed, "seed", least=0, most=2**32 - 1)
    data, held_out = split(network, prepare(network, x, t, sample_weight), validation, seed)
    rows = len(data)
    batch = rows if batch_size is None else min(count(batch_size, "batch_size"), rows)
    epochs = count(epochs, "epochs", least=0)
    rate = learning_rate if callable(learning_rate) else from_zero(learning_rate, "learning rate")
    threshold = None if threshold is None else from_zero(threshold, "threshold")
    weight_decay = from_zero(weight_decay, "weight decay")
    if patience is not None:
        patience = count(patience, "patience")
        if held_out is None:
            raise InputError("patience watches the validation loss: hold rows out with validation=0.2")
    return Task(
        network,
        data,
        held_out,
        optimizer,
        rate,
        epochs,
        batch,
        shuffle,
        threshold,
        patience,
        weight_decay,
        seed,
    )


def count(value: object, name: str, least: int = 1, most: int = 2**31 - 1) -> int:
    """`value` if it is a whole number that the compiled program can count to."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or int(value) < least:
        raise InputError(f"{name} is a whole number from {least} up, not {value!r}")
    if int(value) > most:
        raise InputError(f"{name} is a whole number up to {most}, not {value!r}")
    return int(value)


def split(network: Network, data: Data, validation: Any, seed: int) -> tuple[Data, Data | None]:
    """The rows to learn from and those held out."""
    if validation is None:
        return data, None
    if isinstance(validation, tuple) and len(validation) == 2:
        held_out = prepare(network, *validation)
        if held_out.x.shape[1] != data.x.shape[1]:
            raise ShapeError(f"validation x is {held_out.x.shape}, but x is {data.x.shape}")
        return data, Data(held_out.x.astype(data.x.dtype), held_out.t.astype(data.x.dtype))
    if isinstance(validation, bool) or not isinstance(validation, float) or not 0 < validation < 1:
        came = repr(validation) if isinstance(validation, (int, float, str)) else type(validation).__name__
        raise InputError(f"validation is (x, t) or a share of the rows between 0 and 1, not {came}")
    count = round(validation * len(data))
    if not 0 < count < len(data):
        raise InputError(f"validation={validation} of {len(data)} rows leaves nothing on one side")
    order = np.random.default_rng([seed, 1]).permutation(len(data))
    out, learning = np.sort(order[:count]), np.sort(order[count:])
    weight = None if data.weight is None else data.weight[learning]
    return Data(data.x[learning], data.t[learning], weight), Data(data.x[out], data.t[out])


def start_of(
    network: Network, data: Data, initial: Mapping[str, Any] | None, seed: int
) -> dict[str, np.ndarray]:
    """The initial parameters in the dtype of the data."""
    start = network.start(data.x.shape[1], seed)
    if not start:
        raise InputError("there is nothing to train: give the network a Dense layer")
    if initial is not None:
        if set(initial) != set(start):
            raise InputError(f"parameters are {sorted(initial)}, the network has {sorted(start)}")
        for name, array in start.items():
            if np.shape(initial[name]) != array.shape:
                raise ShapeError(
                    f"{name} was given as {np.shape(initial[name])}, the network wants {array.shape}"
                )
            refuse_unfit(floats(initial[name], name), name)
        start = {name: np.asarray(initial[name]) for name in start}
    return {name: array.astype(data.x.dtype) for name, array in start.items()}
