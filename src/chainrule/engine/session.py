"""A session: a training taken step by step, back to any moment of it exactly, and on from there another way.

Key frames within a budget are kept; between them a moment is made again by the same steps, to the same bits.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

BUDGET = 64 << 20  # bytes of key frames
SPACING = 16  # updates between key frames, until the budget is full


@dataclass(frozen=True, eq=False)
class TrainingMoment:
    """What a training has come to after so many updates."""

    updates: int
    parameters: Mapping[str, np.ndarray]
    memory: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(array.nbytes for arrays in (self.parameters, self.memory) for array in arrays.values())


class Stride(Protocol):
    """One step as a stepper takes it: E before it, and the moment after it, if there is one."""

    @property
    def loss(self) -> float: ...

    @property
    def successor(self) -> TrainingMoment | None: ...


class Stepper(Protocol):
    """How a step is made."""

    def stride(self, moment: TrainingMoment) -> Stride: ...


@dataclass(eq=False)
class Branch:
    """A course of the training from one moment on.

    Attributes:
        stepper: how its steps are made.
        start: where it begins.
        parent: the branch that it leaves, and at which update.
        losses: E at the start and after each update since, as far as it was taken.
        frames: key frames by their updates.
        spacing: updates between them.
    """

    stepper: Stepper
    start: TrainingMoment
    parent: "Branch | None" = None
    losses: list[float] = field(default_factory=list)
    frames: dict[int, TrainingMoment] = field(default_factory=dict)
    spacing: int = SPACING

    @property
    def end(self) -> int:
        """The last update that was taken on it."""
        return self.start.updates + max(len(self.losses) - 1, 0)

    def keep(self, moment: TrainingMoment, budget: int) -> None:
        """Make a key frame of a moment, if one is due there; where they grow too many, every second goes."""
        if (moment.updates - self.start.updates) % self.spacing:
            return
        self.frames[moment.updates] = moment
        while len(self.frames) > 2 and len(self.frames) * moment.size > budget:
            self.spacing *= 2
            start = self.start.updates
            self.frames = {n: m for n, m in self.frames.items() if not (n - start) % self.spacing}


class Session:
    """A training in steps, with its past and its branches."""

    def __init__(self, stepper: Stepper, start: TrainingMoment, budget: int = BUDGET) -> None:
        self.budget = budget
        self.branch = Branch(stepper, start)
        self.updates = start.updates
        self._moment = start
        self._stride: Stride | None = None
        self._arrive(start)

    def _arrive(self, moment: TrainingMoment) -> None:
        self._moment, self.updates, self._stride = moment, moment.updates, None
        self.branch.keep(moment, self.budget)
        if moment.updates - self.branch.start.updates == len(self.branch.losses):
            self.branch.losses.append(self.stride.loss)

    @property
    def moment(self) -> TrainingMoment:
        """Where the session is."""
        return self._moment

    @property
    def stride(self) -> Stride:
        """The step that is made from here."""
        if self._stride is None:
            self._stride = self.branch.stepper.stride(self._moment)
        return self._stride

    @property
    def loss(self) -> float:
        """E here."""
        return self.branch.losses[self.updates - self.branch.start.updates]

    def step(self) -> bool:
        """One update; whether there was one to make: none follows from what is not finite."""
        successor = self.stride.successor if np.isfinite(self.loss) else None
        if successor is None:
            return False
        self._arrive(successor)
        return True

    def run(self, updates: int, seconds: float = float("inf"), threshold: float = 0.0) -> int:
        """So many updates, or as many as fit into the time, until E is below the threshold; how many."""
        deadline = time.perf_counter() + seconds
        for count in range(updates):
            if self.loss < threshold or time.perf_counter() >= deadline or not self.step():
                return count
        return updates

    def seek(self, updates: int) -> None:
        """Go to the moment after so many updates of this branch, as near as it was taken; exactly."""
        updates = min(max(updates, self.branch.start.updates), self.branch.end)
        if updates != self.updates:
            base = max(n for n in self.branch.frames if n <= updates)
            nearer = self.updates if base < self.updates <= updates else base
            moment = self._moment if nearer == self.updates else self.branch.frames[base]
            while moment.updates < updates:
                successor = self.branch.stepper.stride(moment).successor
                if successor is None:
                    break
                moment = successor
            self._arrive(moment)

    def edit(self, moment: TrainingMoment, stepper: Stepper | None = None) -> None:
        """Go on from another moment, or by other steps; the course so far stays as the branch's parent."""
        self.branch = Branch(stepper or self.branch.stepper, moment, self.branch)
        self._arrive(moment)

    def undo(self) -> bool:
        """Back to the course before the last edit, where it was left; whether there was one."""
        parent, updates = self.branch.parent, self.branch.start.updates
        if parent is None:
            return False
        self.branch = parent
        self._stride, self._moment, self.updates = None, parent.start, parent.start.updates
        self.seek(updates)
        return True
