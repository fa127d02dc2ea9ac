"""What an engine is: something that trains a job, by the name it has in the tables."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from benchmarks.speed.workloads import Job, Workload

Train = Callable[[int], list[tuple[Any, Any]]]


@dataclass(frozen=True)
class Engine:
    """A peer.

    `prepare(job)` returns `train(epochs) -> [(weights, biases), ...]`, which starts from the job's
    weights and goes through its batch order. What can be made ready beforehand (data moved, functions
    compiled) is made ready in `prepare` and in a first call.

    Attributes:
        needs: the module that has to be installed, if any.
        command: the program that has to be there, if any.
        fits: whether the engine can do a workload as it is stated.
    """

    name: str
    prepare: Callable[[Job], Train]
    needs: str | None
    command: str | None = None
    fits: Callable[[Workload], bool] = lambda workload: True

    @property
    def missing(self) -> str | None:
        """Why it cannot run here."""
        if self.needs and find_spec(self.needs) is None:
            return f"{self.needs} is not installed"
        if self.command and not shutil.which(self.command):
            return f"there is no {self.command}"
        return None
