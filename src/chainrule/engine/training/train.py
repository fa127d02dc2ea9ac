"""Training: the host's side of it. It starts the compiled epochs, looks in between, and ends them well."""

import os
import signal
import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from chainrule.engine.data import Data
from chainrule.engine.devices import DeviceName, Precision, has_gpu, name_of_device
from chainrule.engine.measuring import mean_loss
from chainrule.engine.network import Network
from chainrule.engine.optimizers import PLAIN, OptimizerName, Rate, Transformation
from chainrule.engine.runs.checkpoint import Moment, arrays_of, identity, machine, state_of
from chainrule.engine.runs.checkpointer import Keeper
from chainrule.engine.runs.run import History, Run
from chainrule.engine.stopping import Divergence, Stop
from chainrule.engine.training import loop
from chainrule.engine.training.interrupt import interruptible
from chainrule.engine.training.jax_settings import jax_settings, random_key
from chainrule.engine.training.loop import Log, Progress, Report
from chainrule.engine.training.options import Task, TrainingOptions, start_of
from chainrule.engine.training.padding import tables
from chainrule.engine.training.state import (
    DIVERGED,
    PATIENCE,
    RUNNING,
    SPAN,
    THRESHOLD,
    Chunk,
    Limits,
    Plan,
    State,
    Tables,
)


def train(
    network: Network,
    x: ArrayLike,
    t: ArrayLike,
    *,
    optimizer: OptimizerName | Transformation = PLAIN,
    learning_rate: Rate = 0.1,
    epochs: int = 1000,
    batch_size: int | None = None,
    shuffle: bool = True,
    threshold: float | None = None,
    patience: int | None = None,
    validation: tuple[ArrayLike, ...] | float | None = None,
    sample_weight: ArrayLike | None = None,
    weight_decay: float = 0.0,
    parameters: Mapping[str, Any] | None = None,
    seed: int = 0,
    device: DeviceName = "auto",
    precision: Precision = "float32",
    progress: Report | None = None,
    log: Log | None = None,
    folder: str | os.PathLike[str] | Keeper | None = None,
    checkpoint: Any = "30s",
    resume: bool = False,
) -> Run:
    """Train `network` on x (n, inputs) and t (n, outputs), in the dtype of x.

    Args:
        optimizer: the name of an Optax optimiser (`sgd` is plain gradient descent) or one made by Optax.
        learning_rate: α, or an Optax schedule (a function of the update's number).
        epochs: how often to go through the rows at most.
        batch_size: rows in an update; None takes all of them, 1 is online.
        shuffle: a fresh order every epoch, drawn from (seed, epoch).
        threshold: stop when an epoch's loss is below it. With one update an epoch, that is exact: the
            weights returned are the first whose loss is below.
        patience: stop when the validation loss has not improved for so many epochs. The best weights
            are restored, whatever ends the training but a threshold.
        validation: rows held out, as (x, t) or (x, t, weights), or the share of rows to hold out, taken at
            random from `seed`.
        sample_weight: how much each row counts (n,).
        weight_decay: λ of the L2 penalty ½λΣw² on weights; it is part of the loss.
        parameters: where to start; drawn by the layers' starts from `seed` if not given.
        seed: of the start, the order of rows, dropout and held-out rows. Same seed, same weights.
        device: where to compute; `auto` takes the GPU, if JAX has one, for networks that are worth it: from
            about a million multiplications an update.
        precision: of products on a GPU: `tensorfloat32` is up to four times as fast, and rounds factors to 10
            bits, so that a gradient may be off by some percent.
        progress: called between epochs, a few times a second.
        log: called as `log({"loss": ..., "validation_loss": ...}, epoch)` for every epoch, in order; several
            epochs are told of at once, after the compiled program has run them.
        folder: where the run is to stand in the end, and its checkpoints until then; or a `Keeper` of
            them, which whoever made it has to `finish`.
        checkpoint: how often: `"30s"`, `"5m"`, or a number of epochs.
        resume: go on from the checkpoint in the folder, with the same data and settings (`epochs` may be
            more): on one machine the weights are, bit for bit, those of a training that was never stopped.

    Returns:
        The run. Ctrl-C ends it early and keeps what was learned; a NaN or an infinity ends it within an
        epoch, with the last good weights.

    Raises:
        InputError: an option or a value that cannot be used; a folder that cannot be written or resumed.
        ShapeError: sizes that do not fit; the layer is named.
    """
    options = TrainingOptions(
        optimizer=optimizer,
        learning_rate=learning_rate,
        epochs=epochs,
        batch_size=batch_size,
        shuffle=shuffle,
        threshold=threshold,
        patience=patience,
        validation=validation,
        weight_decay=weight_decay,
        seed=seed,
        device=device,
        precision=precision,
    )
    job = Task.of(network, x, t, sample_weight, options)
    data, held_out, settings = job.data, job.held_out, job.settings
    start = start_of(network, data, parameters, options.seed)

    keeper = Keeper(folder, checkpoint, resume=resume) if isinstance(folder, str | os.PathLike) else folder
    try:
        with jax_settings(data.dtype, job.device, precision):
            training = Training.of(job, start, options.seed)
            if keeper:
                training.kept_by(keeper, identity(network, data, held_out, start, settings))
            training.log, training.logged = log, len(training.losses)
            with interruptible(*([signal.SIGTERM] if keeper else [])) as interrupted:
                stop = training.go(job.limits, progress, interrupted)
                if keeper and stop is Stop.INTERRUPTED:
                    keeper.stopped(training.moment(), interrupted.number)
            run = training.result(stop, settings | ({"device": name_of_device()} if has_gpu() else {}))
        if keeper and keeper is not folder:
            keeper.finish(run)
    finally:
        if keeper:
            keeper.close()
    return run


class Training:
    """One training under way: the state of the compiled program, and what was recorded of it.

    `penalty`, `rate`, `decay` and `scale` are those of `Tables`. Whoever sets `state` to that of an earlier
    training of the same network by the same optimiser goes on where it ended, bit for bit if the rows and
    the seed are the same.
    """

    def __init__(
        self,
        network: Network,
        plan: Plan,
        data: Data,
        held_out: Data | None,
        start: dict[str, np.ndarray],
        seed: int,
        penalty: float | None = None,
        rate: float | None = None,
        decay: float | None = None,
        scale: float = 1.0,
    ) -> None:
        import jax

        from chainrule.engine.training.program import program

        self.network, self.plan, self.program = network, plan, program(plan)
        self.data, self.watched, self.penalty, self.decay = data, held_out, penalty, decay
        rates = {"penalty": penalty, "rate": rate, "decay": decay, "scale": None if scale == 1 else scale}
        self.tables: Tables = jax.device_put(
            tables(network, plan.rows, data, held_out, rates, plan.steps == 1, plan.exact)
        )
        self.key = random_key(seed)
        self.names = list(start)  # JAX keeps dicts sorted; w1 comes first everywhere else
        self.state: State = self.program.begin(jax.device_put(start), self.tables.rate)
        self.losses: list[float] = []
        self.held_out: list[float] = []
        self.divergence: Divergence | None = None
        self.began = time.perf_counter()
        self.log: Log | None = None
        self.logged = 0  # epochs that need no more telling
        self.keeper: Keeper | None = None
        self.identity: dict[str, Any] = {}

    @classmethod
    def of(cls, job: Task, start: dict[str, np.ndarray], seed: int) -> "Training":
        """The training that a task asks for, from these parameters."""
        rate = job.options.learning_rate if job.rate_is_data else None
        decay = job.options.weight_decay or None
        return cls(job.network, job.plan, job.data, job.held_out, start, seed, rate=rate, decay=decay)

    def kept_by(self, keeper: Keeper, identity: dict[str, Any]) -> None:
        """Let `keeper` write checkpoints, and go on from the one that it found."""
        self.keeper, self.identity = keeper, identity
        keeper.begin(self.moment())
        if keeper.found:
            self.return_to(keeper.found)

    def moment(self) -> Moment:
        """All that decides what follows, as NumPy arrays."""
        history = {"loss": np.array(self.losses, float), "validation_loss": np.array(self.held_out, float)}
        arrays, about = arrays_of(self.state) | history, self.keeper.about if self.keeper else {}
        return Moment(self.epoch, time.perf_counter() - self.began, arrays, self.identity, machine(), about)

    def return_to(self, moment: Moment) -> None:
        """Go on from where this training was in an earlier process."""
        validated = self.tables.validation is not None
        history = {"loss": (moment.epoch,), "validation_loss": (moment.epoch * validated,)}
        self.state = state_of(moment.arrays, self.state, history)
        self.losses, self.held_out = (moment.arrays[name].tolist() for name in history)
        self.began = time.perf_counter() - moment.seconds

    def go(self, limits: Limits, progress: Report | None, interrupted: threading.Event) -> Stop:
        """Run until something stops it."""
        self.limits = limits
        return loop.run(self, limits.epochs, SPAN, progress, interrupted, self.keeper)

    @property
    def epoch(self) -> int:
        return int(self.state.epoch)

    def advance(self, upto: int) -> Stop | None:
        """Train up to epoch `upto`; why it stopped, if it did."""
        previous, epoch = self.state, self.epoch
        limits = self.limits._replace(epochs=upto)
        self.state, chunk = self.program.run(previous, self.tables, self.key, limits)
        code = int(chunk.stop)
        if code == DIVERGED:
            self._diverged(previous, self.limits)
            return Stop.DIVERGED
        self._record(chunk, self.epoch - epoch)
        if code == RUNNING:
            return None
        return {THRESHOLD: Stop.THRESHOLD, PATIENCE: Stop.PATIENCE}.get(code, Stop.PLATEAU)

    def _diverged(self, previous: State, limits: Limits) -> None:
        """Go back to the end of the last epoch that was fine (bit for bit: it is run again), and look."""
        from chainrule.engine.training.divergence import locate

        good, bad = int(previous.epoch), int(self.state.epoch)
        self.state, chunk = self.program.run(previous, self.tables, self.key, limits._replace(epochs=bad - 1))
        self._record(chunk, bad - 1 - good)
        self.divergence = locate(self.network, self.program, self.state, self.tables, self.key)

    def _record(self, chunk: Chunk, epochs: int) -> None:
        self.losses += np.asarray(chunk.loss, np.float64)[:epochs].tolist()
        if self.tables.validation is not None:
            self.held_out += np.asarray(chunk.validation, np.float64)[:epochs].tolist()
        if self.log:
            for index in range(self.logged, len(self.losses)):
                held_out = {"validation_loss": self.held_out[index]} if self.held_out else {}
                self.log({"loss": self.losses[index], **held_out}, index + 1)
            self.logged = len(self.losses)

    def _mean_loss(self, parameters: dict[str, np.ndarray], data: Data, weight_decay: float = 0.0) -> float:
        """E by NumPy; by the compiled program on the GPU that trained, and for tokens, which take long."""
        sequences = self.network.takes == "tokens"
        if not (self.plan.exact or sequences):
            return mean_loss(self.network, parameters, data, weight_decay)
        block = min(self.network.block(data.row_shape), len(data)) if sequences else 0

        def loss_of(inside: Any, *rows: Any) -> Any:
            x, t, share, decay = rows
            full = [np.pad(a, [(0, max(block - len(a), 0)), *[(0, 0)] * (a.ndim - 1)]) for a in (x, t, share)]
            return self.program.loss(inside, self.tables.numbers, *full, decay)

        return mean_loss(self.network, parameters, data, weight_decay, loss_of)

    def progress(self, epochs: int) -> Progress | None:
        if not self.losses:
            return None
        held_out = self.held_out[-1] if self.held_out else None
        return Progress(len(self.losses), epochs, self.losses[-1], held_out, time.perf_counter() - self.began)

    def result(self, stop: Stop, settings: dict[str, Any]) -> Run:
        """The run, with the best weights where they were kept; below a threshold, with those that are."""
        parameters = (
            self.state.parameters if stop is Stop.THRESHOLD else self.state.best or self.state.parameters
        )
        arrays = {name: np.asarray(parameters[name]) for name in self.names}
        weight = self.data.weight
        total = len(self.data) if weight is None else float(np.sum(weight, dtype=float))
        decay = (self.decay or 0.0) if self.penalty is None else self.penalty / total
        held_out = None if self.watched is None else self._mean_loss(arrays, self.watched)
        return Run(
            network=self.network,
            parameters=arrays,
            history=History(self.losses, self.held_out if self.tables.validation is not None else None),
            stopped_by=stop,
            epochs=int(self.state.epoch),
            loss=self._mean_loss(arrays, self.data, decay),
            validation_loss=held_out,
            seconds=time.perf_counter() - self.began,
            divergence=self.divergence,
            settings=settings,
            row_shape=self.data.row_shape,
        )
