"""From a run and its rows to the training it came from, if that can be gone through once more."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from chainrule.engine.data import prepare
from chainrule.engine.devices import has_gpu
from chainrule.engine.optimizers import schedule
from chainrule.engine.runs.run import Run
from chainrule.engine.splitting import folds
from chainrule.engine.training.mean_network import member_network, member_parameters
from chainrule.engine.training.options import Task, TrainingOptions, learning_rows, start_of
from chainrule.engine.training.replay import Replay
from chainrule.engine.training.train_folds import SEEDS, fold_tasks
from chainrule.errors import InputError

LARGEST = 1e-3  # relative: a replay whose weights end farther off is of another training
LONG = 2e11  # rows times weights times epochs: a longer training is not gone through to its end


def replay(
    run: Run,
    x: ArrayLike,
    t: ArrayLike,
    *,
    member: int | None = None,
    codes: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    optimizer: Any = None,
    learning_rate: Any = None,
    validation: Any = None,
    sample_weight: ArrayLike | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Replay:
    """The training that `run` came from, on the rows that `train` was given.

        moment = replay(run, x, t).moment(500)

    What a run does not remember has to be given again: an optimiser or a schedule that was an object, weights
    of rows, initial parameters.

    Args:
        member: which of the networks, from 0, where the run is the mean of several.
        codes: (n,) the class of each row, where the folds of such a run were drawn by class; or `groups`.

    Raises:
        InputError: the run cannot be replayed, or these are other rows: its weights do not come out.
        ShapeError: sizes that do not fit.
    """
    settings, count = run.settings, int(run.settings.get("members", 1))
    if not 0 <= (member or 0) < count:
        kind = f"the mean of {count} networks, counted from 0" if count > 1 else "one network"
        raise InputError(f"the run is {kind}: there is no member {member}")
    place = (member or 0) if count > 1 else None
    network = run.network if place is None else member_network(run.network, count)
    rows = len(prepare(network, x, t))
    learning, held_out = int(settings.get("rows", rows)), int(settings.get("validation_rows", 0))
    if validation is None and held_out and rows == learning + held_out and place is None:
        validation = held_out / rows
    elif rows != learning:
        raise InputError(
            f"the run learned from {learning:,} rows, and here are {rows:,}: its past is replayed from those "
            "that it was trained on; ahead goes on from its end on any"
        )
    each = learning if place is None else learning - learning // count
    options = _options(run, optimizer, learning_rate, validation, each)
    job = Task.of(network, x, t, sample_weight, options)
    origins = np.arange(rows)
    if isinstance(validation, float):
        origins = learning_rows(rows, held_out, options.seed)[0]
    if place is not None:
        numbers = folds(learning, count, options.seed, codes, groups)
        job, origins = fold_tasks(job, numbers)[place], origins[numbers != place]
    start = start_of(job.network, job.data, parameters, options.seed + (place or 0))
    final = run.parameters if place is None else member_parameters(network, run.parameters, count, place)
    for name, array in final.items():
        if start[name].shape != array.shape:
            raise InputError(
                f"the run's {name} is {array.shape}, but from these rows it would be {start[name].shape}: "
                "they are others, or were encoded by another version"
            )
    replayed = Replay(run, job, start, (options.seed + (place or 0)) % SEEDS, origins, place, final)
    _compare(replayed)
    return replayed


def _options(run: Run, optimizer: Any, learning_rate: Any, validation: Any, rows: int) -> TrainingOptions:
    """What the training was asked for, as far as the run remembers it."""
    settings = run.settings
    optimizer = settings.get("optimizer", "custom") if optimizer is None else optimizer
    if optimizer == "custom":
        raise InputError(
            "the run was trained with an optimiser that was an object: replay it from Python, with it"
        )
    rate = settings.get("learning_rate") if learning_rate is None else learning_rate
    if rate == "schedule":
        raise InputError(
            "the run's learning rate was a function of the update: replay it from Python, with it"
        )
    epochs, batch_size = int(settings.get("epochs", run.epochs)), int(settings.get("batch_size") or rows)
    shape = settings.get("schedule", "constant")
    if learning_rate is None and shape != "constant":
        rate = schedule(shape, float(rate or 0), -(-rows // batch_size) * epochs)
    patient = (
        settings.get("patience") if validation is not None and int(settings.get("members", 1)) == 1 else None
    )
    return TrainingOptions(
        optimizer=optimizer,
        learning_rate=rate,
        epochs=epochs,
        batch_size=batch_size,
        shuffle=bool(settings.get("shuffle", True)),
        threshold=settings.get("threshold"),
        patience=patient,
        validation=validation,
        weight_decay=float(settings.get("weight_decay") or 0.0),
        seed=int(settings.get("seed", 0)),
        device="cpu" if settings.get("device", "cpu") == "cpu" or not has_gpu() else "gpu",
        precision=settings.get("precision", "float32"),
    )


def _compare(replayed: Replay) -> None:
    """Go through the training to its end, if that is not too far, and see whether its weights come out."""
    run, job = replayed.run, replayed.job
    weights = sum(array.size for array in replayed.final.values())
    epochs = run.best_epoch or run.epochs
    if not replayed.final or len(job.data) * weights * epochs > LONG:
        return
    replayed.distance = replayed.gap()
    if not replayed.distance <= LARGEST:
        raise InputError(
            "the replay does not end in the weights of the run: these are other rows, or in another order, "
            "or they were weighed, or this machine computes otherwise"
        )
