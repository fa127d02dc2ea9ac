"""Training an ensemble: the host's side. Members go in groups, one for each core of the processor."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise, product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from chainrule.engine.network import Network
from chainrule.engine.optimizers import PLAIN, OptimizerName, Rate, Transformation, from_zero
from chainrule.engine.runs.ensemble import Ensemble
from chainrule.engine.runs.run import History, Run
from chainrule.engine.stopping import Divergence, Stop
from chainrule.engine.training.interrupt import interruptible
from chainrule.engine.training.jax_settings import jax_settings, random_key
from chainrule.engine.training.options import Task, count, start_of, task
from chainrule.engine.training.state import DIVERGED, PATIENCE, RUNNING, THRESHOLD, State, Tables
from chainrule.engine.training.train import VISIT, Progress, Report
from chainrule.errors import InputError

FEWEST = 16  # members of a group: fewer do not fill the vector registers


class Member(NamedTuple):
    """What one member has for itself."""

    learning_rate: Any
    weight_decay: float
    scale: float
    seed: int


def train_ensemble(
    network: Network,
    x: ArrayLike,
    t: ArrayLike,
    *,
    seeds: int | Sequence[int] = 8,
    optimizer: OptimizerName | Transformation = PLAIN,
    learning_rate: Rate | Sequence[float] = 0.1,
    weight_decay: float | Sequence[float] = 0.0,
    scale: float | Sequence[float] = 1.0,
    epochs: int = 1000,
    batch_size: int | None = None,
    shuffle: bool = True,
    threshold: float | None = None,
    patience: int | None = None,
    validation: tuple[ArrayLike, ArrayLike] | float | None = None,
    sample_weight: ArrayLike | None = None,
    seed: int = 0,
    progress: Report | None = None,
) -> Ensemble:
    """Train many networks at once, in one compiled program: every seed with every combination of rates.

    A member is what `train` would have made with its seed and rates and the same held-out rows, but for
    rounding. Those that are done, by threshold, patience or divergence, wait for the others.

    Args:
        seeds: the members' seeds, or how many: `seed`, `seed` + 1, ...
        optimizer: the name of an Optax optimiser or one made by Optax.
        learning_rate: α, or several; or one Optax schedule for all.
        weight_decay: λ, or several.
        scale: what the initial weights are multiplied by, or several such numbers.
        seed: of the held-out rows, which are the same for all members; and the first of `seeds` if that is a
            number.
        progress: as `train`'s; it is told the mean of the losses.

    The others are those of `train`.

    Raises:
        InputError: an option or a value that cannot be used.
        ShapeError: sizes that do not fit; the layer is named.
    """
    schedule = learning_rate if callable(learning_rate) else None
    rates = (None,) if schedule else _several(learning_rate, "learning rate")
    if len(rates) > 1 and not isinstance(optimizer, str):
        raise InputError(
            "an optimizer made by Optax has a learning rate of its own: name one, such as 'adam'"
        )
    decays, scales = _several(weight_decay, "weight decay"), _several(scale, "scale")
    job = task(
        network,
        x,
        t,
        optimizer=optimizer,
        learning_rate=schedule or rates[0],
        epochs=epochs,
        batch_size=batch_size,
        shuffle=shuffle,
        threshold=threshold,
        patience=patience,
        validation=validation,
        sample_weight=sample_weight,
        weight_decay=0.0,
        seed=seed,
    )
    members = [
        Member(*combination) for combination in product(rates, decays, scales, _seeds(seeds, job.seed))
    ]
    began = time.perf_counter()

    with jax_settings(job.data.x.dtype), interruptible() as interrupted:
        groups = [Group(job, share) for share in _dealt(members)]
        stopped = _go(groups, job, progress, interrupted, began)
        seconds = (time.perf_counter() - began) / len(members)
        return Ensemble(tuple(run for group in groups for run in group.runs(job, stopped, seconds)))


def _go(groups: "list[Group]", job: Task, progress: Report | None, interrupted: Any, began: float) -> Stop:
    """Run all groups side by side until nobody goes on; why those stopped that could have gone on."""
    from chainrule.engine.training.ensemble_program import SPAN

    span, epoch = 1, 0
    with ThreadPoolExecutor(len(groups)) as pool:
        while epoch < job.epochs and any(group.going for group in groups):
            if interrupted.is_set():
                return Stop.INTERRUPTED
            clock, upto = time.perf_counter(), min(epoch + span, job.epochs)
            list(pool.map(lambda group, upto=upto: group.advance(upto), groups))
            if progress:
                progress(_progress(groups, job, began))
            pace, epoch = (time.perf_counter() - clock) / span, upto
            span = max(1, min(int(VISIT / pace), 16 * span, SPAN))
    return Stop.EPOCHS


def _progress(groups: "list[Group]", job: Task, began: float) -> Progress:
    """How far those are that go on, and the mean of their last losses."""
    epoch = max(int(group.epochs.max()) for group in groups)
    losses = [group.last for group in groups if group.epochs.max() == epoch and group.last.size]
    loss, held_out = np.nanmean(np.concatenate(losses, 1), 1) if losses else (np.nan, np.nan)
    validation_loss = float(held_out) if job.held_out else None
    return Progress(epoch, job.epochs, float(loss), validation_loss, time.perf_counter() - began)


class Group:
    """Members that are trained in one call: their state, and what was recorded of each."""

    def __init__(self, job: Task, members: Sequence[Member]) -> None:
        import jax.numpy as jnp

        from chainrule.engine.training.ensemble_program import together

        data, dtype = job.data, job.data.x.dtype
        self.members, self.plan = members, job.plan
        self.program = together(self.plan)
        rates = [member.learning_rate for member in members] if job.rate_is_data else None
        decays = [member.weight_decay for member in members]
        self.tables = Tables(
            jnp.asarray(data.x),
            jnp.asarray(data.t),
            None if data.weight is None else jnp.asarray(data.weight),
            (jnp.asarray(job.held_out.x), jnp.asarray(job.held_out.t)) if job.held_out else None,
            rate=None if rates is None else jnp.asarray(rates, dtype),
            decay=jnp.asarray(decays, dtype) if any(decays) else None,
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

        from chainrule.engine.training.divergence import locate
        from chainrule.engine.training.program import choose, program

        ends = np.where(bad, np.asarray(self.state.epoch) - 1, self.epochs)
        limits = self.limits._replace(epochs=jnp.asarray(ends, jnp.int32))
        good, _ = self.program.run(start, self.tables, self.keys, limits)
        for member in np.flatnonzero(bad).tolist():
            tables = self.tables._replace(
                **{
                    name: a[member]
                    for name in ("rate", "decay")
                    if (a := getattr(self.tables, name)) is not None
                }
            )
            self.divergences[member] = locate(
                program(self.plan), _of(good, member), tables, self.keys[member]
            )
        self.state = choose(jnp.asarray(bad), good, self.state)

    def runs(self, job: Task, stopped: Stop, seconds: float) -> list[Run]:
        """A run for each member; `stopped` says why those ended that could have gone on."""
        words = {
            RUNNING: stopped,
            THRESHOLD: Stop.THRESHOLD,
            PATIENCE: Stop.PATIENCE,
            DIVERGED: Stop.DIVERGED,
        }
        final, best = self.state.parameters, self.state.best or self.state.parameters
        recorded = np.concatenate(self.recorded or [np.empty((2, 0, len(self.members)))], 1)
        losses, validation = np.asarray(recorded.transpose(0, 2, 1), np.float64, order="C")
        parameters = {
            name: np.where(self.codes == THRESHOLD, np.asarray(final[name]), np.asarray(best[name]))
            for name in self.names
        }
        tables, weight = self.tables, self.tables.weight
        share = None if weight is None else weight / weight.sum()
        decay = () if tables.decay is None else (tables.decay,)
        on_rows = np.asarray(self.program.loss(parameters, tables.x, tables.t, share, *decay), np.float64)
        held_out = None
        if tables.validation is not None:
            held_out = np.asarray(self.program.loss(parameters, *tables.validation, None), np.float64)
        return [
            Run(
                network=job.network,
                parameters={name: np.ascontiguousarray(parameters[name][..., index]) for name in self.names},
                history=History(
                    losses[index, :epochs].tolist(),
                    None if held_out is None else validation[index, :epochs].tolist(),
                ),
                stopped_by=words[self.codes[index]],
                epochs=epochs,
                loss=float(on_rows[index]),
                validation_loss=None if held_out is None else float(held_out[index]),
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


def _several(values: Any, label: str) -> tuple[float, ...]:
    """One number or several, each from 0 up."""
    is_list = isinstance(values, Sequence | np.ndarray) and not isinstance(values, str)
    numbers = tuple(from_zero(value, label) for value in (values if is_list else (values,)))
    if not numbers:
        raise InputError(f"{label}: an empty list; give a number, or several")
    return numbers


def _seeds(values: Any, start: int) -> list[int]:
    limit = 2**32 - 1
    if isinstance(values, Sequence | np.ndarray) and not isinstance(values, str):
        seeds = [count(value, "a seed", least=0, most=limit) for value in values]
        if not seeds:
            raise InputError("seeds: an empty list; give how many, or the seeds themselves")
        return seeds
    count(start + count(values, "seeds") - 1, "the last seed", least=0, most=limit)
    return list(range(start, start + int(values)))
