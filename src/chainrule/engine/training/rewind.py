"""A training under way that can be asked for any of its updates, those behind it too, to the bit.

The compiled program itself makes the batch, the masks, the rate and what the optimiser has kept: nothing
of it is described a second time here. Epochs are kept as key frames within a budget, and what lies between
them is made again by the same program.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.engine.network import Network
from chainrule.engine.optimizers import memory_of
from chainrule.engine.training.executables import Kept, spelling
from chainrule.engine.training.jax_settings import jax_settings
from chainrule.engine.training.options import Task
from chainrule.engine.training.state import Batch, Limits, State, Tables
from chainrule.engine.training.train import Training
from chainrule.errors import InputError
from chainrule.rules.updates.catalogue import UPDATE_RULES
from chainrule.rules.updates.update_rule import UpdateRule

if TYPE_CHECKING:
    from chainrule.engine.training.program import Program

Array = np.ndarray
BUDGET = 64 << 20  # bytes of key frames
MOST_FRAMES = 1024


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


class Rewind:
    """A training, from any of whose updates one can look and go on.

    Args:
        job: the network, its rows and options.
        start: the initial parameters.
        seed: of the order of rows and the masks.
        origins: the place, among the rows that were given, of each that is learned from.
        budget: bytes of key frames.
    """

    def __init__(
        self, job: Task, start: dict[str, Array], seed: int, origins: Array, budget: int = BUDGET
    ) -> None:
        self.job, self.origins, self.budget = job, origins, budget
        self.rule = update_rule(job.options.optimizer)
        self.steps = -(-len(job.data) // job.batch_size)
        with self._settings():
            self.training = Training.of(job, start, seed)
        self._begin(0, self.training.state)

    def _begin(self, update: int, state: State) -> None:
        """Make this update the first; it may be in the middle of an epoch."""
        self.first = update
        self._entry = self._midst = (*divmod(update, self.steps), state)
        self._spacing = 1
        self._frames = {} if update % self.steps else {update // self.steps: state}
        self._latest: tuple[int, State] | None = None

    @property
    def network(self) -> Network:
        return self.job.network

    def branch(self, update: int, parameters: Mapping[str, Array]) -> "Rewind":
        """The same training from an update on, with other parameters."""
        import jax

        state, other = self._looked(*divmod(update, self.steps))[0], copy.copy(self)
        with self._settings():
            changed = {name: np.asarray(parameters[name], self.job.data.dtype) for name in parameters}
            other._begin(update, state._replace(parameters=jax.device_put(changed)))
        return other

    def state(self, epoch: int) -> State:
        """All that the training held after so many epochs, bit for bit as in the compiled run.

        Raises:
            InputError: it diverged before, or begins later.
        """
        reached, state = self._before(epoch)
        training = self.training
        with self._settings():
            while reached < epoch:
                frame = (reached // self._spacing + 1) * self._spacing
                limits = Limits(min(epoch, frame), -np.inf, 2**31 - 1)
                state, _ = training.program.run(state, training.tables, training.key, limits)
                if int(state.epoch) <= reached:
                    raise InputError(f"the training cannot be replayed beyond epoch {reached}")
                reached = int(state.epoch)
                self._keep(reached, state)
        self._latest = (epoch, state)
        return state

    def _before(self, epoch: int) -> tuple[int, State]:
        """The latest epoch that is kept, not after this one."""
        epochs = [n for n in self._frames if n <= epoch]
        if self._latest and self._latest[0] <= epoch:
            epochs.append(self._latest[0])
        if epochs:
            nearest = max(epochs)
            return nearest, self._latest[1] if nearest not in self._frames else self._frames[nearest]  # type: ignore[index]
        begun = self.first // self.steps
        if epoch <= begun:
            raise InputError(
                f"the training begins with update {self.first:,}, in the midst of epoch {epoch + 1}"
            )
        return begun + 1, self._finished(begun)

    def _finished(self, epoch: int) -> State:
        """The state after the epoch in whose midst this training begins."""
        _, step, state = self._entry
        training = self.training
        with self._settings():
            for place in range(step, self.steps):
                state = training.program.step(state, training.tables, training.key, np.int32(place))
            state = state._replace(epoch=state.epoch + np.int32(1))
        self._frames[epoch + 1] = state
        return state

    def _keep(self, epoch: int, state: State) -> None:
        """Make a key frame of an epoch, if one is due there; where they grow too many, every second goes."""
        import jax

        if epoch % self._spacing:
            return
        self._frames[epoch] = state
        size = sum(leaf.nbytes for leaf in jax.tree.leaves(state))
        while (count := len(self._frames)) > 2 and (count > MOST_FRAMES or count * size > self.budget):
            self._spacing *= 2
            earliest = min(self._frames)
            self._frames = {n: s for n, s in self._frames.items() if n == earliest or not n % self._spacing}

    def parameters(self, update: int) -> dict[str, Array]:
        """Weights and biases before an update."""
        epoch, step = divmod(update, self.steps)
        state = (
            self._looked(*divmod(update, self.steps))[0]
            if step or update == self.first
            else self.state(epoch)
        )
        return {name: np.asarray(state.parameters[name]) for name in self.training.names}

    def moment(self, update: int) -> PastUpdate:
        """What the update of this number, from 0, is given.

        Raises:
            InputError: the training does not come so far.
        """
        return self._moment(*self._looked(*divmod(update, self.steps)), update)

    def _within(self, epoch: int, step: int) -> tuple[State, int]:
        """A state in an epoch from which its update of this number can be reached, and the place of that."""
        for midst in (self._midst, self._entry):
            if midst[0] == epoch and midst[1] <= step:
                return midst[2], midst[1]
        return self.state(epoch), 0

    def _settings(self) -> Any:
        return jax_settings(self.job.data.dtype, self.job.device, self.job.options.precision)

    def _looked(self, epoch: int, step: int) -> tuple[State, tuple[Batch, dict[str, Any]], Any]:
        """The state before a step of an epoch, what that step is given, and which rows these are."""
        import jax

        begin, place = self._within(epoch, step)
        data, training = self.job.data, self.training
        numbers = np.arange(len(data), dtype=np.int32)[:, None]
        with self._settings():
            looked: Any = _look(training.program)(
                begin,
                training.tables,
                training.key,
                np.int32(place),
                np.int32(step),
                jax.device_put(numbers),
            )
        self._midst = (epoch, step, looked[0])
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


@lru_cache(maxsize=32)
def _look(program: "Program") -> Kept:
    """Steps of an epoch from one place on, and what the next is given: (state, tables, key, place, step,
    numbers of rows) -> state, inputs, numbers.
    """
    import jax

    from chainrule.engine.training.compiling import Steady

    def look(state: State, tables: Tables, key: Any, place: Any, step: Any, numbers: Any) -> Any:
        state = jax.lax.fori_loop(place, step, lambda k, s: program.step(s, tables, key, k), state)
        numbered, _ = program.inputs(state, tables._replace(t=numbers), key, step)
        return state, program.inputs(state, tables, key, step), numbered.t

    def structure(*arguments: Any) -> Any:
        return jax.tree.structure(jax.eval_shape(look, *arguments))

    words = spelling(program.plan)
    return Kept(Steady(look), structure, words and f"{type(program).__name__} {words} look")


def update_rule(optimizer: Any) -> UpdateRule | None:
    """The rule of an optimiser by its name, if there is one that can be explained."""
    kind = UPDATE_RULES.get(optimizer) if isinstance(optimizer, str) else None
    return kind() if kind else None
