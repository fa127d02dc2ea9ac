"""A compiled training as a session: on by epochs or updates, back to any, and another way from there."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from chainrule.engine.measuring import mean_loss
from chainrule.engine.training.options import Task
from chainrule.engine.training.rewind import PastUpdate, Rewind

CHEAP = 2e6  # rows times weights: so many are measured after every epoch
SHORT = 2e7  # rows times weights: a longer epoch is gone through in pieces
_PIECES = 16


class Losses(NamedTuple):
    """E on the rows that are learned from, and on those held out, if there are any."""

    training: float
    held_out: float | None


@dataclass(eq=False)
class EpochBranch:
    """A course of the training from one update on.

    Attributes:
        start: the update where it begins.
        parameters: those there.
        parent: the branch that it leaves.
        points: the losses that were measured, by update.
        end: the last update that was taken on it.
    """

    start: int
    parameters: dict[str, np.ndarray]
    parent: "EpochBranch | None" = None
    points: dict[int, Losses] = field(default_factory=dict)
    end: int = 0


class EpochSession:
    """A training by the compiled program, with its past and its branches.

    Until the first update nothing is compiled, and JAX is not loaded.

    Args:
        job: the network, its rows and options.
        start: the initial parameters.
        origins: the place of each learning row among all that were given.
        rewind: the training itself, if it is there already.
        limit: the update at which it ends, if it does.
    """

    def __init__(
        self,
        job: Task,
        start: dict[str, np.ndarray],
        origins: np.ndarray,
        rewind: Rewind | None = None,
        limit: int | None = None,
    ) -> None:
        self.job, self.start, self.origins, self.limit = job, start, origins, limit
        self._given = rewind
        self.steps = -(-len(job.data) // job.batch_size)
        weights = sum(array.size for array in start.values() if array.ndim > 1)
        self.work = len(job.data) * weights
        self.updates = 0
        self.is_diverged = False
        self.branch = EpochBranch(0, start)
        self._parameters = start
        self._rewinds: dict[int, Rewind] = {}
        self._measure()

    @cached_property
    def _rewind(self) -> Rewind:
        return self._given or Rewind(self.job, self.start, self.job.options.seed, self.origins)

    @property
    def rewind(self) -> Rewind:
        """The training of this branch."""
        return self._rewinds.get(id(self.branch), self._rewind)

    @property
    def parameters(self) -> Mapping[str, np.ndarray]:
        """Weights and biases here."""
        return self._parameters

    @property
    def epoch(self) -> float:
        """How many epochs were gone through."""
        return self.updates / self.steps

    @property
    def losses(self) -> Losses:
        """E here."""
        if self.updates not in self.branch.points:
            self._measure()
        return self.branch.points[self.updates]

    @property
    def moment(self) -> PastUpdate:
        """What the update that is made from here is given."""
        return self.rewind.moment(self.updates)

    def run(self, updates: int, seconds: float = float("inf")) -> int:
        """So many updates, or as many as fit into the time, epoch by epoch; how many."""
        begun, deadline = self.updates, 0.0
        if self.limit is not None:
            updates = min(updates, self.limit - self.updates)
        piece = self.steps if self.work <= SHORT else max(self.steps // _PIECES, 1)
        while self.updates - begun < updates and not self.is_diverged:
            following = min((self.updates // piece + 1) * piece, begun + updates)
            boundary = (self.updates // self.steps + 1) * self.steps
            arrived = self._arrive(min(following, boundary))
            deadline = deadline or time.perf_counter() + seconds  # what is compiled first takes no part of it
            if not arrived or time.perf_counter() >= deadline:
                break
        _ = self.losses
        return self.updates - begun

    def _arrive(self, updates: int) -> bool:
        """Go to an update that was not made yet; whether all is still finite there."""
        parameters = self.rewind.parameters(updates)
        if not all(np.isfinite(array).all() for array in parameters.values()):
            self.is_diverged = True
            return False
        self._parameters, self.updates = parameters, updates
        self.branch.end = max(self.branch.end, updates)
        if self.work <= CHEAP:
            self._measure()
        return True

    def _measure(self) -> None:
        """E here, as a run that ended here would tell it."""
        job = self.job
        with np.errstate(all="ignore"):
            training = mean_loss(job.network, self._parameters, job.data, job.options.weight_decay)
            held_out = mean_loss(job.network, self._parameters, job.held_out) if job.held_out else None
        self.branch.points[self.updates] = Losses(training, held_out)

    def seek(self, updates: int) -> None:
        """Go to the moment after so many updates of this branch, as near as it was taken; exactly."""
        updates = min(max(updates, self.branch.start), self.branch.end)
        if updates != self.updates:
            start = self.branch.start
            self._parameters = self.branch.parameters if updates == start else self.rewind.parameters(updates)
            self.updates, self.is_diverged = updates, False

    def edit(self, name: str, index: tuple[int, ...], number: float) -> None:
        """Go on with another value of a weight or a bias; the course so far stays as the branch's parent."""
        parameters = {key: np.array(array) for key, array in self._parameters.items()}
        parameters[name][index] = number
        rewind = self.rewind.branch(self.updates, parameters)
        self.branch = EpochBranch(self.updates, parameters, self.branch, end=self.updates)
        self._rewinds[id(self.branch)] = rewind
        self._parameters, self.is_diverged = parameters, False
        self._measure()

    def undo(self) -> bool:
        """Back to the course before the last edit, where it was left; whether there was one."""
        branch = self.branch
        if branch.parent is None:
            return False
        self.branch = branch.parent
        self._rewinds.pop(id(branch), None)
        self.updates = -1
        self.seek(branch.start)
        return True
