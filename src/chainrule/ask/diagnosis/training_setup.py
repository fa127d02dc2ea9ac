"""A training as it was set up, all of which can be changed: network, rows, start and options."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.engine.data import Data
from chainrule.engine.network import Network
from chainrule.engine.runs.run import Run
from chainrule.engine.training.options import Task
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.weighted import Weighted

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Scale:
    """What is taken from each column, and what it is then divided by."""

    offset: Array
    unit: Array

    @classmethod
    def of(cls, rows: Array) -> "Scale":
        """That which makes mean 0 and spread 1."""
        spread = rows.std(axis=0)
        return cls(rows.mean(axis=0), np.where(spread > 0, spread, 1).astype(rows.dtype))

    def there(self, rows: Array) -> Array:
        return np.asarray((rows - self.offset) / self.unit)

    def back(self, rows: Array) -> Array:
        return np.asarray(rows * self.unit + self.offset)


@dataclass(frozen=True, eq=False)
class TrainingSetup:
    """A network, its rows and how it is trained.

    Attributes:
        learned: the rows that are learned from.
        watched: the rows whose loss says when to stop, where patience does.
        start: initial parameters that were given; the layers' starts draw them if None.
        optimizer: its name, or an Optax transformation.
        scales_inputs: whether the columns of x are standardised before.
        scales_targets: whether those of t are, and predictions brought back.
        weighs_classes: whether every class counts alike.
    """

    network: Network
    learned: Data
    watched: Data | None = None
    start: Mapping[str, Array] | None = None
    optimizer: Any = "sgd"
    learning_rate: Any = 0.1
    epochs: int = 1000
    batch_size: int | None = None
    shuffle: bool = True
    threshold: float | None = None
    patience: int | None = None
    weight_decay: float = 0.0
    seed: int = 0
    scales_inputs: bool = False
    scales_targets: bool = False
    weighs_classes: bool = False

    @classmethod
    def of(
        cls, task: Task, patience: int | None, start: Mapping[str, Array] | None, seed: int
    ) -> "TrainingSetup":
        """As a task was set up.

        Args:
            patience: how long its held-out rows were waited for.
            start: initial parameters, where they were given.
            seed: of the start and the order of rows.
        """
        options, rows = task.options, len(task.data)
        return cls(
            network=task.network,
            learned=task.data,
            watched=task.held_out,
            start=start,
            optimizer=options.optimizer,
            learning_rate=options.learning_rate,
            epochs=options.epochs,
            batch_size=task.batch_size if task.batch_size < rows else None,
            shuffle=options.shuffle,
            threshold=options.threshold,
            patience=patience if task.held_out is not None else None,
            weight_decay=options.weight_decay,
            seed=seed,
        )

    def changed(self, **fields: Any) -> "TrainingSetup":
        """With other fields; initial parameters that were given do not fit another network."""
        if "network" in fields and fields["network"].widths != self.network.widths:
            fields.setdefault("start", None)
        return replace(self, **fields)

    @property
    def steps(self) -> int:
        """Updates in an epoch."""
        return -(-len(self.learned) // (self.batch_size or len(self.learned)))

    @property
    def layers(self) -> list[Weighted]:
        """The layers with weights, those in composites too, with their addresses."""
        layers = (layer for layer, _ in self.network.walk(self.learned.row_shape))
        return [layer for layer in layers if isinstance(layer, Weighted)]

    @property
    def dropout(self) -> float:
        """The largest dropout rate."""
        layers = (layer for layer, _ in self.network.walk(self.learned.row_shape))
        return max((layer.rate for layer in layers if isinstance(layer, Dropout)), default=0.0)

    @cached_property
    def input_scale(self) -> Scale:
        """What standardises the columns of x."""
        return Scale.of(self.learned.x)

    @cached_property
    def target_scale(self) -> Scale:
        """What standardises those of t."""
        return Scale.of(self.learned.t)

    @cached_property
    def initial(self) -> dict[str, Array]:
        """The parameters that the training starts from."""
        if self.start is not None:
            return dict(self.start)
        return self.network.start(self.learned.row_shape, self.seed)

    def inputs(self, x: Array) -> Array:
        """x as the network gets it."""
        return self.input_scale.there(x) if self.scales_inputs else x

    def targets(self, t: Array) -> Array:
        """t as the network learns it."""
        return self.target_scale.there(t) if self.scales_targets else t

    def fitted(self) -> Run:
        """The training, gone through."""
        from chainrule.engine.training.train import train

        validation = None
        if self.watched is not None:
            weights = () if self.watched.weight is None else (self.watched.weight,)
            validation = (self.inputs(self.watched.x), self.targets(self.watched.t), *weights)
        return train(
            self.network,
            self.inputs(self.learned.x),
            self.targets(self.learned.t),
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            epochs=self.epochs,
            batch_size=self.batch_size,
            shuffle=self.shuffle,
            threshold=self.threshold,
            patience=self.patience if validation else None,
            validation=validation,
            sample_weight=self._weights,
            weight_decay=self.weight_decay,
            parameters=self.start,
            seed=self.seed,
        )

    def predictions(self, run: Run, x: Array) -> Array:
        """What a run of this set-up predicts for x, in the units of the targets."""
        y = run.predict(self.inputs(x))
        return self.target_scale.back(y) if self.scales_targets else y

    @property
    def _weights(self) -> Array | None:
        if not self.weighs_classes:
            return self.learned.weight
        t = self.learned.t
        codes = t.argmax(axis=1) if t.shape[1] > 1 else np.unique(t, return_inverse=True)[1].ravel()
        counts = np.bincount(codes)
        weights = len(t) / (np.count_nonzero(counts) * counts[codes])
        return np.asarray(weights if self.learned.weight is None else weights * self.learned.weight)
