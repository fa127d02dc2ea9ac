"""Training on folds: several networks, each without another part of the rows, and their mean as the run."""

import signal
import time
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from chainrule.engine.data import Data
from chainrule.engine.measuring import mean_loss
from chainrule.engine.network import Network
from chainrule.engine.optimizers import OptimizerName, Rate, Transformation
from chainrule.engine.runs.checkpoint import identity
from chainrule.engine.runs.checkpointer import Keeper
from chainrule.engine.runs.run import History, Run
from chainrule.engine.splitting import folds
from chainrule.engine.stopping import Stop
from chainrule.engine.training.fold_training import FoldTraining
from chainrule.engine.training.interrupt import interruptible
from chainrule.engine.training.jax_settings import jax_settings
from chainrule.engine.training.loop import Log, Report
from chainrule.engine.training.mean_network import mean_network
from chainrule.engine.training.options import Task, TrainingOptions, start_of
from chainrule.engine.training.train import Training

SEEDS = 2**32


def train_folds(
    network: Network,
    x: ArrayLike,
    t: ArrayLike,
    *,
    members: int,
    codes: np.ndarray | None = None,
    optimizer: OptimizerName | Transformation,
    learning_rate: Rate,
    epochs: int,
    batch_size: int | None,
    patience: int | None,
    weight_decay: float = 0.0,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    seed: int = 0,
    progress: Report | None = None,
    log: Log | None = None,
    folder: Keeper | None = None,
) -> Run:
    """Train `members` networks on x (n, inputs) and t (n, outputs), each without another fold of the rows.

    Args:
        members: how many; at least 2 rows for each.
        codes: (n,) the class of each row, so that every fold has its part of each.
        patience: stop when the mean loss on the rows left out has not been lower for so many epochs, and
            take the weights of all from the epoch when it was lowest; None takes the last.
        validation: rows that nothing is learned from or chosen by, to measure the run on.

    The others are those of `train`.

    Returns:
        A run whose network is the mean of all, as `mean_network` makes it. Its history holds means over the
        members; the validation loss there is that of the rows each left out.

    Raises:
        InputError: an option or a value that cannot be used.
        ShapeError: sizes that do not fit; the layer is named.
    """
    began = time.perf_counter()
    options = TrainingOptions(
        optimizer=optimizer,
        learning_rate=learning_rate,
        epochs=epochs,
        batch_size=batch_size,
        shuffle=True,
        threshold=None,
        patience=None,
        validation=validation,
        weight_decay=weight_decay,
        seed=seed,
    )
    job = Task.of(network, x, t, None, options)
    jobs = fold_tasks(job, members, codes)
    settings = {**jobs[0].settings, "patience": patience, "rows": len(job.data), "members": members}
    try:
        with jax_settings(job.data.x.dtype):
            trainings = [_training(part, (options.seed + fold) % SEEDS) for fold, part in enumerate(jobs)]
            training = FoldTraining(trainings, jobs[0].limits, patience)
            if folder:
                training.kept_by(folder, identity(network, job.data, job.held_out, {}, settings))
            training.log = log
            with interruptible(*([signal.SIGTERM] if folder else [])) as interrupted:
                stop = training.go(progress, interrupted)
                if folder and stop is Stop.INTERRUPTED:
                    folder.stopped(training.moment(), interrupted.number)
    finally:
        if folder:
            folder.close()
    return _result(job, training, stop, settings, time.perf_counter() - began)


def fold_tasks(job: Task, members: int, codes: np.ndarray | None) -> list[Task]:
    """The task of each member: it learns nothing from one fold of the rows, and watches it."""
    numbers = folds(len(job.data), members, job.options.seed, codes)
    return [_without(job, numbers == fold) for fold in range(members)]


def _without(job: Task, fold: np.ndarray) -> Task:
    """The task of the member that learns nothing from the rows of a fold (n,)."""
    learning, left_out = (Data(job.data.x[part], job.data.t[part]) for part in (~fold, fold))
    return Task(job.network, learning, left_out, job.options)


def _training(job: Task, seed: int) -> Training:
    return Training.of(job, start_of(job.network, job.data, None, seed), seed)


def _result(job: Task, training: FoldTraining, stop: Stop, settings: dict[str, Any], seconds: float) -> Run:
    members = training.parameters
    network, parameters = mean_network(job.network, members)
    squares = sum(
        float(np.sum(np.square(a, dtype=float))) for p in members for a in p.values() if a.ndim == 2
    )
    penalty = job.options.weight_decay / 2 * squares / len(members) if job.options.weight_decay else 0.0
    diverged = [member.divergence for member in training.members if member.divergence]

    return Run(
        network=network,
        parameters=parameters,
        history=History(training.losses, training.held_out),
        stopped_by=stop,
        epochs=training.epoch,
        loss=mean_loss(network, parameters, job.data) + penalty,
        validation_loss=mean_loss(network, parameters, job.held_out) if job.held_out else None,
        seconds=seconds,
        divergence=diverged[0] if diverged else None,
        settings=settings,
    )
