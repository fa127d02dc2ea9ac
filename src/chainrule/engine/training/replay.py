"""The training of a run gone through once more, from its seed to any of its updates."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.engine.backprop import sweep
from chainrule.engine.runs.run import Run
from chainrule.engine.training.options import Task
from chainrule.engine.training.rewind import PastUpdate, Rewind
from chainrule.engine.training.state import State
from chainrule.errors import InputError

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Course:
    """One weight over all updates of a training.

    Attributes:
        value: before each update.
        gradient: that of E, penalty included, as the compiled program computed it.
        change: what each update added.
        end: after the last.
    """

    value: Array
    gradient: Array
    change: Array
    end: float

    @property
    def start(self) -> float:
        """Before the first update."""
        return float(self.value[0]) if len(self.value) else self.end


class Replay(Rewind):
    """A training that can be asked for any moment of it, up to its end.

    Args:
        run: what it has led to.
        job: the network, its rows and options; those of one member where the run is the mean of several.
        start: the initial parameters.
        seed: of the order of rows and the masks.
        origins: the place, among the rows that were given, of each that was learned from.
        member: which member it is, from 0; None where the run is one network.
        final: the weights that the run has, of this member.
    """

    def __init__(
        self,
        run: Run,
        job: Task,
        start: dict[str, Array],
        seed: int,
        origins: Array,
        member: int | None,
        final: Mapping[str, Array],
    ) -> None:
        super().__init__(job, start, seed, origins)
        self.start, self.run, self.member, self.final = start, run, member, final
        self.updates = run.epochs * self.steps
        self.distance: float | None = None  # of the weights at its end from the run's; None: not looked at

    def moment(self, update: int) -> PastUpdate:
        """What the update of this number, from 0, was given. That after the last is the one that would have
        come next.

        Raises:
            InputError: the training has not come so far.
        """
        if not 0 <= update <= self.updates:
            raise InputError(f"the training made {self.updates:,} updates: it has no update {update:,}")
        return super().moment(update)

    def course(self, name: str, index: tuple[int, ...]) -> Course:
        """One weight over all updates, in the precision of the training."""
        import jax
        import jax.numpy as jnp

        from chainrule.engine.training.compiling import Steady

        training, network = self.training, self.network

        def body(state: State, step: Any) -> tuple[State, Any]:
            batch, inside = training.program.inputs(state, training.tables, training.key, step)
            decay = training.program.decay(training.tables, batch.total)
            swept = sweep(network, inside, batch.x, batch.t, batch.share, decay)
            later = training.program.step(state, training.tables, training.key, step)
            return later, jnp.stack([state.parameters[name][index], swept.gradients[name].array[index]])

        with self._settings():
            through = Steady(lambda state: jax.lax.scan(body, state, jnp.arange(self.steps))[1])
        pieces = []
        for epoch in range(self.run.epochs):
            state = self.state(epoch)
            with self._settings():
                pieces.append(np.asarray(through(state), np.float64))
        end = float(np.asarray(self.state(self.run.epochs).parameters[name])[index])
        value, gradient = np.concatenate([*pieces, np.empty((0, 2))]).T
        return Course(value, gradient, np.diff(np.append(value, end)), end)

    def gap(self) -> float:
        """How far the weights at the end of the replay are from the run's own, relative to the largest; 0 is
        bit for bit.
        """
        state = self.state(self.run.best_epoch or self.run.epochs)
        largest = max(float(np.abs(a).max(initial=0)) for a in self.final.values())
        gaps = (np.abs(np.asarray(state.parameters[n]) - a).max(initial=0) for n, a in self.final.items())
        return float(max(gaps)) / (largest or 1.0)
