"""An ensemble under way: its members go in groups, one for each core of the processor."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.measuring import mean_loss
from chainrule.engine.runs.checkpoint import Moment, arrays_of, identity, machine, state_of
from chainrule.engine.runs.checkpointer import Keeper
from chainrule.engine.runs.ensemble import Ensemble
from chainrule.engine.runs.run import History, Run
from chainrule.engine.stopping import Divergence, Stop
from chainrule.engine.training.jax_settings import jax_settings, random_key
from chainrule.engine.training.loop import Progress
from chainrule.engine.training.options import Task, start_of
from chainrule.engine.training.padding import tables
from chainrule.engine.training.state import (
    DIVERGED,
    PATIENCE,
    RUNNING,
    THRESHOLD,
    State,
    Tables,
)

FEWEST = 16  # members of a group: fewer do not fill the vector registers


class Member(NamedTuple):
    """What one member has for itself."""

    learning_rate: Any
    weight_decay: float
    scale: float
    seed: int


class EnsembleTraining:
    """Many trainings under way: groups of members side by side, and who keeps them."""

    def __init__(self, job: Task, members: list[Member], keeper: Keeper | None) -> None:
        self.job, self.members, self.keeper = job, members, keeper
        self.began = time.perf_counter()
        self.groups = [Group(job, share) for share in _dealt(members)]
        self.pool = ThreadPoolExecutor(len(self.groups))
        self.epoch = 0
        if keeper:
            keeper.begin(self.moment())
            if keeper.found:
                self._return_to(keeper.found)

    def advance(self, upto: int) -> Stop | None:
        """Train those that go on up to epoch `upto`."""
        if not any(group.going for group in self.groups):  # gone on with, and all were done
            self.epoch = upto
            return Stop.EPOCHS
        list(self.pool.map(lambda group: group.advance(upto), self.groups))
        self.epoch = upto
        return None if any(group.going for group in self.groups) else Stop.EPOCHS

    def progress(self, epochs: int) -> Progress:
        """How far those are that go on, and the mean of their last losses."""
        epoch = max(int(group.epochs.max()) for group in self.groups)
        losses = [group.last for group in self.groups if group.epochs.max() == epoch and group.last.size]
        loss, held_out = np.nanmean(np.concatenate(losses, 1), 1) if losses else (np.nan, np.nan)
        validation_loss = float(held_out) if self.job.held_out else None
        return Progress(epoch, epochs, float(loss), validation_loss, time.perf_counter() - self.began)

    @property
    def _state(self) -> State:
        """The state of all members, their axis last."""
        import jax

        state: State = jax.tree.map(
            lambda *parts: np.concatenate(parts, -1) if parts[0].ndim else parts[0],
            *(group.state for group in self.groups),
        )
        return state

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What has to be the same for these members to be gone on with."""
        job = self.job  # the start follows from seeds and scales
        settings = job.settings | {"members": [list(member) for member in self.members]}
        return identity(job.network, job.data, job.held_out, {}, settings)

    def moment(self) -> Moment:
        """All that decides what follows, as NumPy arrays."""
        history = np.full((2, self.epoch, len(self.members)), np.nan)
        start = 0
        for group in self.groups:
            recorded = group.history
            history[:, : recorded.shape[1], start : start + len(group.members)] = recorded
            start += len(group.members)
        arrays = arrays_of(self._state) | {
            "codes": np.concatenate([group.codes for group in self.groups]).astype(float),
            "epochs": np.concatenate([group.epochs for group in self.groups]).astype(float),
            "losses": history,
        }
        seconds, about = time.perf_counter() - self.began, self.keeper.about if self.keeper else {}
        return Moment(self.epoch, seconds, arrays, self.identity, machine(), about)

    def _return_to(self, moment: Moment) -> None:
        import jax

        count = len(self.members)
        history = {"codes": (count,), "epochs": (count,), "losses": (2, moment.epoch, count)}
        state = state_of(moment.arrays, self._state, history)
        codes, epochs, losses = (moment.arrays[name] for name in history)
        start = 0
        for group in self.groups:
            part = slice(start, start + len(group.members))
            group_state = jax.tree.map(lambda a, part=part: a[..., part] if a.ndim else a, state)
            group.return_to(group_state, codes[part].astype(int), epochs[part].astype(int), losses[..., part])
            start = part.stop
        self.epoch, self.began = moment.epoch, time.perf_counter() - moment.seconds

    def result(self, stop: Stop) -> Ensemble:
        """The ensemble; `stop` says why those ended that could have gone on."""
        self.pool.shutdown()
        seconds = (time.perf_counter() - self.began) / len(self.members)
        return Ensemble(tuple(run for group in self.groups for run in group.runs(self.job, stop, seconds)))


class Group:
    """Members that are trained in one call: their state, and what was recorded of each."""

    def __init__(self, job: Task, members: Sequence[Member]) -> None:
        import jax

        from chainrule.engine.training.ensemble_program import together

        data = job.data
        self.network, self.members, self.plan = job.network, members, job.plan
        self.program = together(self.plan)
        rates = [member.learning_rate for member in members] if job.rate_is_data else None
        decays = [member.weight_decay for member in members]
        of_members = {"rate": rates, "decay": decays if any(decays) else None}
        self.tables: Tables = jax.device_put(
            tables(job.network, self.plan.rows, data, job.held_out, of_members, self.plan.steps == 1)
        )
        self.keys = random_key([member.seed for member in members])
        starts = [_scaled(start_of(job.network, data, None, member.seed), member.scale) for member in members]
        self.names = list(starts[0])
        self.limits = job.limits
        self.state: State = self.program.begin(
            {name: np.stack([member[name] for member in starts], -1) for name in self.names}, self.tables.rate
        )
        self.codes = np.full(len(members), RUNNING)
        self.epochs = np.zeros(len(members), int)
        self.recorded: list[np.ndarray] = []  # (loss and validation loss, epochs, members) of each call
        self.divergences: list[Divergence | None] = [None] * len(members)

    def return_to(self, state: State, codes: np.ndarray, epochs: np.ndarray, history: np.ndarray) -> None:
        """Go on from where these members were in an earlier process."""
        self.state, self.codes, self.epochs = state, codes, epochs
        self.recorded = [history[:, : int(epochs.max())]]
        for member in np.flatnonzero(codes == DIVERGED).tolist():
            self._locate(state, member)

    @property
    def history(self) -> np.ndarray:
        """Loss and validation loss (2, epochs, members); NaN for those that had stopped."""
        return np.concatenate(self.recorded or [np.empty((2, 0, len(self.members)))], 1)

    @property
    def going(self) -> bool:
        return bool((self.codes == RUNNING).any())

    @property
    def last(self) -> np.ndarray:
        """Loss and validation loss (2, members) of the last epoch; NaN for those that had stopped."""
        return self.recorded[-1][:, -1] if self.recorded else np.empty((2, 0))

    def advance(self, upto: int) -> None:
        """Train the members that are not done, up to epoch `upto`."""
        from jax import numpy as jnp

        ends = np.where(self.codes == RUNNING, upto, self.epochs)
        with jax_settings(self.tables.x.dtype):  # each thread has its own
            start = self.state
            self.state, chunk = self.program.run(
                start, self.tables, self.keys, self.limits._replace(epochs=jnp.asarray(ends, jnp.int32))
            )
            going = self.codes == RUNNING
            self.codes = np.where(going, np.asarray(chunk.stop), self.codes)
            passed = int((np.asarray(self.state.epoch) - self.epochs).max())
            self.recorded.append(np.stack([np.asarray(series)[:passed] for series in chunk[1:]]))
            if (bad := going & (self.codes == DIVERGED)).any():
                self._step_back(start, bad)
            self.epochs = np.asarray(self.state.epoch)

    def _step_back(self, start: State, bad: np.ndarray) -> None:
        """Return those that diverged to the end of their last good epoch, bit for bit: it is run again."""
        from jax import numpy as jnp

        from chainrule.engine.training.program import choose

        ends = np.where(bad, np.asarray(self.state.epoch) - 1, self.epochs)
        limits = self.limits._replace(epochs=jnp.asarray(ends, jnp.int32))
        good, _ = self.program.run(start, self.tables, self.keys, limits)
        for member in np.flatnonzero(bad).tolist():
            self._locate(good, member)
        self.state = choose(jnp.asarray(bad), good, self.state)

    def _locate(self, state: State, member: int) -> None:
        """Find where a member diverged, from its last good epoch on."""
        from chainrule.engine.training.divergence import locate
        from chainrule.engine.training.program import program

        member_rates = {n: a[member] for n in ("rate", "decay") if (a := getattr(self.tables, n)) is not None}
        member_tables = self.tables._replace(**member_rates)
        self.divergences[member] = locate(
            self.network, program(self.plan), _of(state, member), member_tables, self.keys[member]
        )

    def runs(self, job: Task, stopped: Stop, seconds: float) -> list[Run]:
        """A run for each member; `stopped` says why those ended that could have gone on."""
        words = {
            RUNNING: stopped,
            THRESHOLD: Stop.THRESHOLD,
            PATIENCE: Stop.PATIENCE,
            DIVERGED: Stop.DIVERGED,
        }
        final, best = self.state.parameters, self.state.best or self.state.parameters
        losses, validation = np.asarray(self.history.transpose(0, 2, 1), np.float64, order="C")
        parameters = {
            name: np.where(self.codes == THRESHOLD, np.asarray(final[name]), np.asarray(best[name]))
            for name in self.names
        }
        decays = [member.weight_decay for member in self.members]
        arrays = [
            {name: np.ascontiguousarray(parameters[name][..., index]) for name in self.names}
            for index in range(len(self.members))
        ]
        held_out = job.held_out
        return [
            Run(
                network=job.network,
                parameters=arrays[index],
                history=History(
                    losses[index, :epochs].tolist(),
                    None if held_out is None else validation[index, :epochs].tolist(),
                ),
                stopped_by=words[self.codes[index]],
                epochs=epochs,
                loss=mean_loss(job.network, arrays[index], job.data, decays[index]),
                validation_loss=None if held_out is None else mean_loss(job.network, arrays[index], held_out),
                seconds=seconds,
                divergence=self.divergences[index],
                settings=job.settings | {k: v for k, v in member._asdict().items() if v is not None},
            )
            for index, (member, epochs) in enumerate(zip(self.members, self.epochs.tolist(), strict=True))
        ]


def _of(state: State, member: int) -> State:
    """The state of one member."""
    import jax

    state_of_one: State = jax.tree.map(lambda a: a[..., member] if a.ndim else a, state)
    return state_of_one


def _scaled(start: dict[str, np.ndarray], scale: float) -> dict[str, np.ndarray]:
    return {name: a * a.dtype.type(scale) if name.startswith("w") else a for name, a in start.items()}


def _dealt(members: list[Member]) -> list[list[Member]]:
    """The members in groups of about equal size, as many as there are cores for."""
    groups = max(1, min(_cores(), len(members) // FEWEST))
    bounds = [len(members) * number // groups for number in range(groups + 1)]
    return [members[a:b] for a, b in pairwise(bounds)]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
