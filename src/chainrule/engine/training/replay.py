"""A training gone through once more, from its seed to any of its updates.

The run's own compiled program makes the batch, the masks, the rate and what the optimiser has kept: nothing
of it is described a second time here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.engine.backprop import sweep
from chainrule.engine.network import Network
from chainrule.engine.optimizers import memory_of
from chainrule.engine.runs.run import Run
from chainrule.engine.training.jax_settings import jax_settings
from chainrule.engine.training.options import Task
from chainrule.engine.training.state import Batch, Limits, State, Tables
from chainrule.engine.training.train import Training
from chainrule.errors import InputError
from chainrule.rules.updates.catalogue import UPDATE_RULES
from chainrule.rules.updates.update_rule import UpdateRule

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class PastUpdate:
    """What one update of a training was given.

    Attributes:
        update: its number, from 0: so many were made before.
        epoch: the epoch it belongs to, from 1.
        step: its place there, from 1.
        parameters: before the update, in the precision of the training; masks of dropout layers among them.
        x: the rows of the batch, in its order.
        t: their targets.
        rows: their places among the rows that were given.
        share: each row's part in E.
        memory: what the optimiser had kept, by name (`m_w1`).
        learning_rate: α of this update.
        weight_decay: λ of the penalty.
    """

    update: int
    epoch: int
    step: int
    parameters: dict[str, Array]
    x: Array
    t: Array
    rows: Array
    share: Array
    memory: dict[str, Array]
    learning_rate: float
    weight_decay: float


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


class Replay:
    """A training that can be asked for any moment of it.

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
        self.start = start
        self.run, self.job, self.origins, self.member, self.final = run, job, origins, member, final
        self.rule = update_rule(job.options.optimizer)
        self.steps = -(-len(job.data) // job.batch_size)
        self.updates = run.epochs * self.steps
        with self._settings():
            self.training = Training.of(job, start, seed)
        self.distance: float | None = None  # of the weights at its end from the run's; None: not looked at
        self._look: Any = None
        self._latest = self._first = (0, self.training.state)

    @property
    def network(self) -> Network:
        return self.job.network

    def state(self, epoch: int) -> State:
        """All that the training held after so many epochs, bit for bit as in the compiled run.

        Raises:
            InputError: it diverged before.
        """
        reached, state = self._latest if self._latest[0] <= epoch else self._first
        training = self.training
        with self._settings():
            while reached < epoch:
                limits = Limits(epoch, -np.inf, 2**31 - 1)
                state, _ = training.program.run(state, training.tables, training.key, limits)
                if int(state.epoch) <= reached:
                    raise InputError(f"the training cannot be replayed beyond epoch {reached}")
                reached = int(state.epoch)
        self._latest = (epoch, state)
        return state

    def moment(self, update: int) -> PastUpdate:
        """What the update of this number, from 0, was given. That after the last is the one that would have
        come next.

        Raises:
            InputError: the training has not come so far.
        """
        if not 0 <= update <= self.updates:
            raise InputError(f"the training made {self.updates:,} updates: it has no update {update:,}")
        epoch, step = divmod(update, self.steps)
        state, batch, rows = self._looked(self.state(epoch), step)
        return self._moment(state, batch, rows, update)

    def course(self, name: str, index: tuple[int, ...]) -> Course:
        """One weight over all updates, in the precision of the training."""
        import jax
        import jax.numpy as jnp

        training, network = self.training, self.network

        def body(state: State, step: Any) -> tuple[State, Any]:
            batch, inside = training.program.inputs(state, training.tables, training.key, step)
            decay = training.program.decay(training.tables, batch.total)
            swept = sweep(network, inside, batch.x, batch.t, batch.share, decay)
            later = training.program.step(state, training.tables, training.key, step)
            return later, jnp.stack([state.parameters[name][index], swept.gradients[name].array[index]])

        with self._settings():
            through = jax.jit(lambda state: jax.lax.scan(body, state, jnp.arange(self.steps))[1])
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

    def _settings(self) -> Any:
        return jax_settings(self.job.data.x.dtype)

    def _looked(self, state: State, step: int) -> tuple[State, tuple[Batch, dict[str, Any]], Any]:
        """The state before a step of the epoch at hand, what that step is given, and which rows these are."""
        import jax

        if self._look is None:
            program = self.training.program

            def look(state: State, tables: Tables, key: Any, step: Any, numbers: Any) -> Any:
                state = jax.lax.fori_loop(0, step, lambda k, s: program.step(s, tables, key, k), state)
                numbered, _ = program.inputs(state, tables._replace(t=numbers), key, step)
                return state, program.inputs(state, tables, key, step), numbered.t

            self._look = jax.jit(look)
        data, training = self.job.data, self.training
        numbers = np.arange(len(data), dtype=np.int32)[:, None]
        with self._settings():
            looked: Any = self._look(state, training.tables, training.key, step, jax.device_put(numbers))
        return looked  # type: ignore[no-any-return]

    def _moment(
        self, state: State, inputs: tuple[Batch, dict[str, Any]], rows: Any, update: int
    ) -> PastUpdate:
        training, data = self.training, self.job.data
        batch, inside = inputs
        epoch, step = divmod(update, self.steps)
        count = min(self.job.batch_size, len(data) - step * self.job.batch_size)  # the others fill up
        parameters = {name: np.asarray(inside[name]) for name in training.names}
        masks = {name: np.asarray(a)[:count] for name, a in inside.items() if name not in parameters}
        letters = memory_of(self.rule, state.optimizer) if self.rule else {}
        rate = self.job.options.learning_rate
        if callable(rate):
            with self._settings():  # in the precision of the program
                rate = rate(update)
        share = None if data.weight is None else np.asarray(batch.share, np.float64)[:count]
        return PastUpdate(
            update=update,
            epoch=epoch + 1,
            step=step + 1,
            parameters=parameters | masks,
            x=np.asarray(batch.x)[:count],
            t=np.asarray(batch.t)[:count],
            rows=self.origins[np.asarray(rows)[:count, 0]],
            share=np.full(count, 1 / count) if share is None else share,
            memory={
                f"{letter}_{n}": np.asarray(a)
                for letter, arrays in letters.items()
                for n, a in arrays.items()
            },
            learning_rate=float(rate),
            weight_decay=float(training.program.decay(training.tables, batch.total)),
        )


def update_rule(optimizer: Any) -> UpdateRule | None:
    """The rule of an optimiser by its name, if there is one that can be explained."""
    kind = UPDATE_RULES.get(optimizer) if isinstance(optimizer, str) else None
    return kind() if kind else None
