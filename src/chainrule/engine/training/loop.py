"""The host's loop of every training: the compiled program runs some epochs, then somebody looks."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chainrule.engine.runs.checkpoint import Moment
from chainrule.engine.runs.checkpointer import Keeper
from chainrule.engine.stopping import Stop

VISIT = 0.2  # seconds between two looks at the clock, the keyboard and the progress


@dataclass(frozen=True)
class Progress:
    """What a progress callback is told between epochs."""

    epoch: int
    epochs: int
    loss: float
    validation_loss: float | None
    seconds: float

    @property
    def remaining(self) -> float:
        """Seconds to go if all epochs are run at the pace so far."""
        return self.seconds / max(self.epoch, 1) * (self.epochs - self.epoch)


Report = Callable[[Progress], None]
Log = Callable[[dict[str, float], int], object]  # as `wandb.log` and `trackio.log` are called


class UnderWay(Protocol):
    """A training of one network or of many, between two epochs."""

    @property
    def epoch(self) -> int:
        """How many epochs have been completed."""

    def advance(self, upto: int) -> Stop | None:
        """Train up to epoch `upto`; why it stopped before the last one, if it did."""

    def progress(self, epochs: int) -> Progress | None:
        """How far it is, of so many epochs; None before anything was recorded."""

    def moment(self) -> Moment:
        """All that decides what follows."""


def run(
    training: UnderWay,
    epochs: int,
    span_limit: int,
    progress: Report | None,
    interrupted: threading.Event,
    keeper: Keeper | None,
) -> Stop:
    """Train until something stops it; `span_limit` is how many epochs one call may take."""
    span = 1
    while (epoch := training.epoch) < epochs:
        if interrupted.is_set():
            return Stop.INTERRUPTED
        clock = time.perf_counter()
        if keeper:
            span = min(span, keeper.room(epoch))
        stop = training.advance(min(epoch + span, epochs))
        if stop is Stop.DIVERGED:
            return stop
        if progress and (reached := training.progress(epochs)):
            progress(reached)
        if stop:
            return stop
        if keeper:
            keeper.visit(training.epoch, training.moment)
        pace = (time.perf_counter() - clock) / span
        span = max(1, min(int(VISIT / pace), 16 * span, span_limit))
    return Stop.EPOCHS
