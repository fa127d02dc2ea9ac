"""Training an ensemble: the host's side. Members go in groups, one for each core of the processor."""

import os
import signal
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from chainrule.engine.network import Network
from chainrule.engine.optimizers import PLAIN, OptimizerName, Rate, Transformation, from_zero
from chainrule.engine.runs.checkpointer import Keeper
from chainrule.engine.runs.ensemble import Ensemble
from chainrule.engine.stopping import Stop
from chainrule.engine.training import loop
from chainrule.engine.training.interrupt import interruptible
from chainrule.engine.training.jax_settings import jax_settings
from chainrule.engine.training.loop import Report
from chainrule.engine.training.member_groups import EnsembleTraining, Member
from chainrule.engine.training.options import Task, TrainingOptions, count
from chainrule.engine.training.state import (
    ENSEMBLE_SPAN,
)
from chainrule.errors import InputError
from chainrule.files.reading import machine_memory

COPIES = 6  # of a member's weights: now and before, best, gradients, and two of the optimiser
MOST = 1 << 20  # members


def train_ensemble(
    network: Network,
    x: ArrayLike,
    t: ArrayLike,
    *,
    seeds: int | Sequence[int] = 8,
    optimizer: OptimizerName | Transformation = PLAIN,
    learning_rate: Rate | Sequence[float] = 0.1,
    weight_decay: float | Sequence[float] = 0.0,
    scale: float | Sequence[float] = 1.0,
    epochs: int = 1000,
    batch_size: int | None = None,
    shuffle: bool = True,
    threshold: float | None = None,
    patience: int | None = None,
    validation: tuple[ArrayLike, ...] | float | None = None,
    sample_weight: ArrayLike | None = None,
    seed: int = 0,
    progress: Report | None = None,
    folder: str | os.PathLike[str] | Keeper | None = None,
    checkpoint: Any = "30s",
    resume: bool = False,
) -> Ensemble:
    """Train many networks at once, in one compiled program: every seed with every combination of rates.

    A member is what `train` would have made with its seed and rates and the same held-out rows, but for
    rounding. Those that are done, by threshold, patience or divergence, wait for the others.

    Args:
        seeds: the members' seeds, or how many: `seed`, `seed` + 1, ...
        optimizer: the name of an Optax optimiser or one made by Optax.
        learning_rate: α, or several; or one Optax schedule for all.
        weight_decay: λ, or several.
        scale: what the initial weights are multiplied by, or several such numbers.
        seed: of the held-out rows, which are the same for all members; and the first of `seeds` if that is a
            number.
        progress: as `train`'s; it is told the mean of the losses.
        folder, checkpoint, resume: as `train`'s; the folder becomes what `Ensemble.save` writes.

    The others are those of `train`.

    Raises:
        InputError: an option or a value that cannot be used.
        ShapeError: sizes that do not fit; the layer is named.
    """
    schedule = learning_rate if callable(learning_rate) else None
    rates = (None,) if schedule else _several(learning_rate, "learning rate")
    if len(rates) > 1 and not isinstance(optimizer, str):
        raise InputError(
            "an optimizer made by Optax has a learning rate of its own: name one, such as 'adam'"
        )
    decays, scales = _several(weight_decay, "weight decay"), _several(scale, "scale")
    options = TrainingOptions(
        optimizer=optimizer,
        learning_rate=schedule or rates[0],
        epochs=epochs,
        batch_size=batch_size,
        shuffle=shuffle,
        threshold=threshold,
        patience=patience,
        validation=validation,
        weight_decay=0.0,
        seed=seed,
    )
    job = Task.of(network, x, t, sample_weight, options)
    network.refuse_places("an ensemble takes")
    combinations = product(rates, decays, scales, _seeds(seeds, options.seed))
    members = [Member(*combination) for combination in combinations]
    _refuse_more_than_memory(job, len(members))

    keeper = Keeper(folder, checkpoint, resume=resume) if isinstance(folder, str | os.PathLike) else folder
    try:
        with jax_settings(job.data.x.dtype):
            training = EnsembleTraining(job, members, keeper)
            with interruptible(*([signal.SIGTERM] if keeper else [])) as interrupted:
                stop = loop.run(training, options.epochs, ENSEMBLE_SPAN, progress, interrupted, keeper)
                if keeper and stop is Stop.INTERRUPTED:
                    keeper.stopped(training.moment(), interrupted.number)
            ensemble = training.result(stop)
        if keeper and keeper is not folder:
            keeper.finish(ensemble)
    finally:
        if keeper:
            keeper.close()
    return ensemble


def _refuse_more_than_memory(job: Task, members: int) -> None:
    """Refuse an ensemble that this machine has no memory for, before any of it is made.

    Raises:
        InputError: how much it takes, and how much there is.
    """
    weights = sum(a.size for a in job.network.start(job.data.x.shape[1:]).values())
    figures = 2 * min(ENSEMBLE_SPAN, job.options.epochs) + 2 * job.options.epochs
    needed = members * (COPIES * weights + figures) * job.data.x.dtype.itemsize
    if needed > (memory := machine_memory()):
        raise InputError(
            f"{members:,} networks take about {needed / 2**30:,.0f} GiB, and this machine has"
            f" {memory / 2**30:,.0f}: take fewer seeds"
        )


def _several(values: Any, label: str) -> tuple[float, ...]:
    """One number or several, each from 0 up."""
    is_list = isinstance(values, Sequence | np.ndarray) and not isinstance(values, str)
    numbers = tuple(from_zero(value, label) for value in (values if is_list else (values,)))
    if not numbers:
        raise InputError(f"{label}: an empty list; give a number, or several")
    return numbers


def _seeds(values: Any, start: int) -> list[int]:
    limit = 2**32 - 1
    if isinstance(values, Sequence | np.ndarray) and not isinstance(values, str):
        seeds = [count(value, "a seed", least=0, most=limit) for value in values]
        if not seeds:
            raise InputError("seeds: an empty list; give how many, or the seeds themselves")
        return seeds
    count(start + count(values, "seeds", most=MOST) - 1, "the last seed", least=0, most=limit)
    return list(range(start, start + int(values)))
