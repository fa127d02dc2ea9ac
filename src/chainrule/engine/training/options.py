"""What a training begins with: the rows to learn from, those held out, what was asked for, and the initial
parameters.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.engine.data import Data, floats, prepare, refuse_unfit
from chainrule.engine.devices import DEVICES, PRECISIONS, known, place
from chainrule.engine.network import Network
from chainrule.engine.optimizers import from_zero
from chainrule.engine.training.likeness import alike
from chainrule.engine.training.padding import room
from chainrule.engine.training.rule_numbers import without_numbers
from chainrule.engine.training.state import Limits, Plan
from chainrule.errors import InputError, ShapeError


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """What a training is asked for; `train` says what each means.

    Raises:
        InputError: an option that cannot be used.
    """

    optimizer: Any
    learning_rate: Any
    epochs: int
    batch_size: int | None
    shuffle: bool
    threshold: float | None
    patience: int | None
    validation: Any
    weight_decay: float
    seed: int
    device: str = "cpu"
    precision: str = "float32"

    def __post_init__(self) -> None:
        if not callable(self.learning_rate):
            self._set("learning_rate", from_zero(self.learning_rate, "learning rate"))
        known(self.device, DEVICES, "device")
        known(self.precision, PRECISIONS, "precision")
        self._set("seed", count(self.seed, "seed", least=0, most=2**32 - 1))
        self._set("epochs", count(self.epochs, "epochs", least=0))
        self._set("weight_decay", from_zero(self.weight_decay, "weight decay"))
        if self.batch_size is not None:
            self._set("batch_size", count(self.batch_size, "batch_size"))
        if self.threshold is not None:
            self._set("threshold", from_zero(self.threshold, "threshold"))
        if self.patience is not None:
            self._set("patience", count(self.patience, "patience"))
            if self.validation is None:
                raise InputError("patience watches the validation loss: hold rows out with validation=0.2")

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Task:
    """A network, the rows it learns from and those held out, and how it is to be trained."""

    network: Network
    data: Data
    held_out: Data | None
    options: TrainingOptions

    @classmethod
    def of(cls, network: Any, x: Any, t: Any, sample_weight: Any, options: TrainingOptions) -> "Task":
        """The arguments of `train`, if they can be used.

        Raises:
            InputError: a value that cannot be used.
            ShapeError: sizes that do not fit; the layer is named.
        """
        if not isinstance(network, Network):
            kind = type(network).__name__
            raise InputError(f"what is trained is a network, such as Network([Dense(1)]), not {kind}")
        rows = prepare(network, x, t, sample_weight)
        return cls(network, *split(network, rows, options.validation, options.seed), options)

    @property
    def batch_size(self) -> int:
        """Rows in an update, never more than there are."""
        return min(self.options.batch_size or len(self.data), len(self.data))

    @property
    def settings(self) -> dict[str, Any]:
        """What a run stores of it, as plain values."""
        options = self.options
        names = ("epochs", "batch_size", "shuffle", "threshold", "patience", "weight_decay", "seed")
        return {
            "optimizer": options.optimizer if isinstance(options.optimizer, str) else "custom",
            "learning_rate": "schedule" if callable(options.learning_rate) else options.learning_rate,
            **{name: getattr(options, name) for name in names},
            "batch_size": self.batch_size,
            "dtype": str(self.data.dtype),
            "rows": len(self.data),
            "validation_rows": len(self.held_out) if self.held_out else 0,
            **({} if options.precision == "float32" else {"precision": options.precision}),
        }

    @property
    def rate_is_data(self) -> bool:
        """Whether the learning rate is a number that the compiled program is handed, not a part of it."""
        return isinstance(self.options.optimizer, str) and not callable(self.options.learning_rate)

    @property
    def device(self) -> str:
        """`cpu` or `gpu`: where it is computed.

        Raises:
            InputError: a GPU was asked for, and there is none.
        """
        return place(self.options.device, self.batch_size * self._multiplications)

    @property
    def _multiplications(self) -> int:
        """In the products of a row's forward pass."""
        total = 0
        for layer, shape in self.network.walk(self.data.x.shape[1:]):
            if not hasattr(layer, "layers"):
                shapes, outputs = layer.shapes(shape)
                weights = sum(math.prod(sizes) for sizes in shapes.values() if len(sizes) > 1)
                total += weights * math.prod(outputs[:-1])
        return total

    @property
    def plan(self) -> Plan:
        """What is compiled; numbers that can be handed to the program are not in it."""
        options = self.options
        exact = self.device == "gpu"
        rows = len(self.data) if exact else room(len(self.data), self.batch_size)
        return Plan(
            network=without_numbers(self.network),
            optimizer=alike(options.optimizer),
            learning_rate=0.0 if self.rate_is_data else alike(options.learning_rate),
            rows=rows,
            batch=self.batch_size if self.batch_size < len(self.data) else rows,
            shuffle=options.shuffle,
            weight_decay=0.0,
            thresholded=options.threshold is not None,
            patient=options.patience is not None,
            exact=exact,
            spelling=self._spelling,
        )

    @property
    def _spelling(self) -> str:
        """The optimiser and its rate in words, where that can be said."""
        name, rate = self.options.optimizer, self.options.learning_rate
        words = getattr(rate, "words", "") if callable(rate) else "a number"
        return f"{name}, {words}" if isinstance(name, str) and words else ""

    @property
    def limits(self) -> Limits:
        threshold = -math.inf if self.options.threshold is None else self.options.threshold
        return Limits(self.options.epochs, threshold, self.options.patience or 0)


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
    if isinstance(validation, tuple) and len(validation) in (2, 3):
        held_out = prepare(network, *validation)
        if held_out.x.shape[1:] != data.x.shape[1:]:
            raise ShapeError(f"validation x is {held_out.x.shape}, but x is {data.x.shape}")
        weight = None if held_out.weight is None else held_out.weight.astype(data.dtype)
        return data, Data(held_out.x.astype(data.x.dtype), held_out.t.astype(data.t.dtype), weight)
    if isinstance(validation, bool) or not isinstance(validation, float) or not 0 < validation < 1:
        came = repr(validation) if isinstance(validation, (int, float, str)) else type(validation).__name__
        raise InputError(f"validation is (x, t) or a share of the rows between 0 and 1, not {came}")
    count = round(validation * len(data))
    if not 0 < count < len(data):
        raise InputError(f"validation={validation} of {len(data)} rows leaves nothing on one side")
    learning, out = learning_rows(len(data), count, seed)
    return data.only(learning), Data(data.x[out], data.t[out])


def learning_rows(rows: int, held_out: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows to learn from and the `held_out` others, both ascending, drawn from the seed."""
    order = np.random.default_rng([seed, 1]).permutation(rows)
    return np.sort(order[held_out:]), np.sort(order[:held_out])


def start_of(
    network: Network, data: Data, initial: Mapping[str, Any] | None, seed: int
) -> dict[str, np.ndarray]:
    """The initial parameters in the dtype of the data."""
    start = network.start(data.x.shape[1:], seed)
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
    return {name: array.astype(data.dtype) for name, array in start.items()}
