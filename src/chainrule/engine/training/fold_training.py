"""Networks under way, each without another fold of the rows; the rows left out choose the epoch of all."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.engine.runs.checkpoint import Moment, machine
from chainrule.engine.runs.checkpointer import Keeper
from chainrule.engine.stopping import Stop
from chainrule.engine.training import loop
from chainrule.engine.training.jax_settings import jax_settings
from chainrule.engine.training.loop import Log, Progress, Report
from chainrule.engine.training.state import SPAN, Arrays, Limits, State
from chainrule.engine.training.train import Training
from chainrule.errors import InputError

BEST = "best"  # what the arrays of the best weights are called in a checkpoint


class FoldTraining:
    """Trainings side by side, some epochs of all at a time.

    Their mean validation loss is judged: each row by the network that did not learn from it. With patience
    all keep the weights of the one epoch after which it was lowest.
    """

    def __init__(self, members: list[Training], limits: Limits, patience: int | None) -> None:
        self.members, self.limits, self.patience = members, limits, patience
        for member in members:
            member.limits = limits
        self.began = time.perf_counter()
        self.epoch = 0
        self.best_epoch = (
            0  # the first after which the rows left out were judged best; 0 before there was any
        )
        self.best: list[Arrays] = [member.state.parameters for member in members]
        self.losses: list[float] = []
        self.held_out: list[float] = []
        self.keeper: Keeper | None = None
        self.identity: dict[str, Any] = {}
        self.log: Log | None = None
        self.compiled = False
        self.pool = ThreadPoolExecutor(min(len(members), _cores()))

    def kept_by(self, keeper: Keeper, identity: dict[str, Any]) -> None:
        """Let `keeper` write checkpoints, and go on from the one that it found."""
        self.keeper, self.identity = keeper, identity
        keeper.begin(self.moment())
        if keeper.found:
            self._return_to(keeper.found)

    def go(self, progress: Report | None, interrupted: threading.Event) -> Stop:
        """Run until something stops it."""
        with self.pool:
            return loop.run(self, self.limits.epochs, SPAN, progress, interrupted, self.keeper)

    def advance(self, upto: int) -> Stop | None:
        """Train all up to epoch `upto`; why it stopped, if it did."""
        states = [member.state for member in self.members]
        leading = [] if self.compiled else [self._advanced(self.members[0], upto)]  # it compiles for all
        self.compiled = True
        others = self.pool.map(lambda member: self._advanced(member, upto), self.members[len(leading) :])
        stop = Stop.DIVERGED if Stop.DIVERGED in [*leading, *others] else None
        began, sound = self.epoch, min(len(member.losses) for member in self.members)
        while self.epoch < sound and stop is not Stop.PATIENCE:
            self._record()
            if self.patience and self.epoch - self.best_epoch >= self.patience:
                stop = Stop.PATIENCE
        best_epoch = self.best_epoch if self.patience else self.epoch
        if best_epoch > began:
            pairs = zip(self.members, states, strict=True)
            self.best = list(self.pool.map(lambda pair: self._weights(pair[0], pair[1], best_epoch), pairs))
        return stop

    def _advanced(self, member: Training, upto: int) -> Stop | None:
        with jax_settings(member.tables.x.dtype):  # each thread has its own
            return member.advance(upto)

    def _weights(self, member: Training, state: State, epoch: int) -> Arrays:
        """A member's parameters after `epoch`, not before that of `state`; it is run again, bit for bit."""
        if member.epoch == epoch:
            return member.state.parameters
        with jax_settings(member.tables.x.dtype):
            limits = self.limits._replace(epochs=epoch)
            return member.program.run(state, member.tables, member.key, limits)[0].parameters

    def _record(self) -> None:
        """The next epoch's means."""
        epoch = slice(self.epoch, self.epoch + 1)
        self.losses += _means([member.losses[epoch] for member in self.members])
        self.held_out += _means([member.held_out[epoch] for member in self.members])
        self.epoch += 1
        if not self.best_epoch or self.held_out[-1] < self.held_out[self.best_epoch - 1]:
            self.best_epoch = self.epoch
        if self.log:
            self.log({"loss": self.losses[-1], "validation_loss": self.held_out[-1]}, self.epoch)

    @property
    def parameters(self) -> list[dict[str, np.ndarray]]:
        """Those of each member: of the best epoch with patience, else of the last that was fine for all."""
        return [
            {name: np.asarray(arrays[name]) for name in member.names}
            for member, arrays in zip(self.members, self.best, strict=True)
        ]

    def progress(self, epochs: int) -> Progress | None:
        if not self.losses:
            return None
        seconds = time.perf_counter() - self.began
        return Progress(self.epoch, epochs, self.losses[-1], self.held_out[-1], seconds)

    def moment(self) -> Moment:
        """All that decides what follows, as NumPy arrays."""
        arrays: dict[str, np.ndarray] = {}
        for number, (member, best) in enumerate(zip(self.members, self.best, strict=True)):
            arrays |= {f"{number}.{name}": array for name, array in member.moment().arrays.items()}
            arrays |= {f"{number}.{BEST}.{name}": np.asarray(array) for name, array in best.items()}
        seconds, about = time.perf_counter() - self.began, self.keeper.about if self.keeper else {}
        return Moment(self.epoch, seconds, arrays, self.identity, machine(), about)

    def _return_to(self, moment: Moment) -> None:
        import jax

        numbers = {str(number) for number in range(len(self.members))}
        strange = {name.partition(".")[0] for name in moment.arrays} - numbers
        for number, member in enumerate(self.members):
            arrays = _below(moment.arrays, f"{number}.")
            best = _below(arrays, f"{BEST}.")
            shapes = {name: (a.dtype, a.shape) for name, a in best.items()}
            if strange or shapes != {n: (a.dtype, a.shape) for n, a in member.state.parameters.items()}:
                raise InputError("the checkpoint is of another network: resume it with the same")
            states = {name: a for name, a in arrays.items() if not name.startswith(f"{BEST}.")}
            member.return_to(replace(moment, arrays=states))
            self.best[number] = jax.device_put(best)
        self.epoch = moment.epoch
        self.losses = _means([member.losses for member in self.members])
        self.held_out = _means([member.held_out for member in self.members])
        self.best_epoch = self.held_out.index(min(self.held_out)) + 1 if self.held_out else 0
        self.began = time.perf_counter() - moment.seconds


def _means(series: list[list[float]]) -> list[float]:
    """The mean over the members for each epoch, added up in one order always."""
    return [float(np.mean(losses)) for losses in zip(*series, strict=True)]


def _below(arrays: dict[str, np.ndarray], start: str) -> dict[str, np.ndarray]:
    """Those whose names begin with `start`, without it."""
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
