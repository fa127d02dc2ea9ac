"""Training on folds: several networks, each without another part of the rows, and their mean as the run."""

import signal
import time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

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


class FoldRun(NamedTuple):
    """The run, and the output (n, outputs) of each row by the member that did not learn from it; NaN for the
    few rows that all learned from.
    """

    run: Run
    left_out: np.ndarray


def train_folds(
    network: Network,
    x: ArrayLike,
    t: ArrayLike,
    *,
    members: int,
    codes: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    sample_weight: ArrayLike | None = None,
    optimizer: OptimizerName | Transformation,
    learning_rate: Rate,
    epochs: int,
    batch_size: int | None,
    patience: int | None,
    weight_decay: float = 0.0,
    validation: tuple[ArrayLike, ...] | None = None,
    seed: int = 0,
    progress: Report | None = None,
    log: Log | None = None,
    folder: Keeper | None = None,
) -> FoldRun:
    """Train `members` networks on x (n, inputs) and t (n, outputs), each without another fold of the rows.

    Args:
        members: how many; at least 2 rows for each.
        codes: (n,) the class of each row, so that every fold has its part of each.
        groups: (n,) the group of each row, from 0; none is in two folds. Then the classes are not looked at.
        sample_weight: (n,) how much each row counts, where it is learned from and where it is left out.
        patience: stop when the mean loss on the rows left out has not been lower for so many epochs, and
            take the weights of all from the epoch when it was lowest; None takes the last.
        validation: rows that nothing is learned from or chosen by, to measure the run on.

    The others are those of `train`.

    Returns:
        A run whose network is the mean of all, as `mean_network` makes it. Its history holds means over the
        members; the validation loss there is that of the rows each left out. With it the outputs for these.

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
    job = Task.of(network, x, t, sample_weight, options)
    network.refuse_places("a mean of several networks takes")
    numbers = folds(len(job.data), members, options.seed, codes, groups)
    jobs = fold_tasks(job, numbers)
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
    run = _result(job, training, stop, settings, time.perf_counter() - began)
    return FoldRun(run, _left_out(job, training.parameters, numbers))


def fold_tasks(job: Task, numbers: np.ndarray) -> list[Task]:
    """The task of each member: it learns nothing from one fold of the rows (n,), and watches it."""
    data, members = job.data, range(numbers.max() + 1)
    return [
        Task(job.network, data.only(numbers != fold), data.only(numbers == fold), job.options)
        for fold in members
    ]


def _left_out(job: Task, members: list[dict[str, np.ndarray]], numbers: np.ndarray) -> np.ndarray:
    """The output of each row (n, outputs) by the member of its fold."""
    outputs = np.full(job.data.t.shape, np.nan)
    for fold, parameters in enumerate(members):
        outputs[numbers == fold] = job.network.predict(parameters, job.data.x[numbers == fold])
    return outputs


def _training(job: Task, seed: int) -> Training:
    return Training.of(job, start_of(job.network, job.data, None, seed), seed)


def _result(job: Task, training: FoldTraining, stop: Stop, settings: dict[str, Any], seconds: float) -> Run:
    members = training.parameters
    network, parameters = mean_network(job.network, members)
    squares = sum(float(np.sum(np.square(a, dtype=float))) for p in members for a in p.values() if a.ndim > 1)
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
