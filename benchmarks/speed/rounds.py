"""Rounds: every engine in turn, again and again, after all have been found to compute the same."""

import statistics
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.speed.workloads import Job

TOLERANCE = 1e-3  # relative, of losses in float32 after the workload's `judged` updates
OURS = "chainrule"
FEWEST = 10  # epochs of a training: what it costs once, such as looking through the rows, is not all it costs


@dataclass
class Row:
    """One engine on one workload."""

    loss: float
    void: bool = False
    compiled: float = 0.0
    microseconds: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        found: dict[str, Any] = {"loss": self.loss, "void": self.void, "first_s": self.compiled}
        if self.microseconds:
            found["us_per_step"] = statistics.median(self.microseconds)
            found["times_ours"] = statistics.median(self.ratios)
            if len(self.ratios) > 1:
                found["quartiles"] = statistics.quantiles(self.ratios, n=4)[::2]
        return found


def agreement(job: Job, chosen: dict[str, Any]) -> dict[str, Row]:
    """Every engine's loss after the same updates; void where it differs from ours."""
    w = job.workload
    epochs = max(1, w.judged // w.steps)
    table: dict[str, Row] = {}
    for name, engine in chosen.items():
        if not engine.fits(w):
            continue
        job.orders(epochs)
        begun = time.perf_counter()
        loss = job.loss(engine.prepare(job)(epochs))
        table[name] = Row(loss, compiled=time.perf_counter() - begun)
    if OURS in table:
        wanted = table[OURS].loss
        for row in table.values():
            row.void = not abs(row.loss - wanted) <= TOLERANCE * max(abs(wanted), 1e-3)
    return table


def measure(job: Job, chosen: dict[str, Any], table: dict[str, Row], count: int, budget: float) -> None:
    """Fill in `count` interleaved rounds, each engine training for about `budget` seconds."""
    trainings, epochs = {}, {}
    for name in table:
        trainings[name] = chosen[name].prepare(job)
        epochs[name] = _epochs(trainings[name], job, budget)
    for _ in range(count):
        took = {name: _timed(trainings[name], job, epochs[name]) for name in table}
        for name, row in table.items():
            row.microseconds.append(took[name])
            if OURS in took:
                row.ratios.append(took[name] / took[OURS])


def _epochs(train: Any, job: Job, budget: float) -> int:
    """How many epochs take about `budget` seconds, and not fewer than FEWEST."""
    epochs = 1
    _timed(train, job, epochs)
    while True:
        seconds = _timed(train, job, epochs) * epochs * job.workload.steps / 1e6
        if seconds > budget / 4 or epochs >= 4_000_000:
            wanted = max(FEWEST, round(epochs * budget / seconds))
            if job.workload.steps > 1:
                wanted = min(
                    wanted, max(FEWEST, 40_000_000 // job.workload.rows)
                )  # the order is kept in memory
            _timed(train, job, wanted)
            return wanted
        epochs *= 4


def _timed(train: Any, job: Job, epochs: int) -> float:
    """Microseconds per update."""
    job.orders(epochs)  # drawn before the clock starts
    begun = time.perf_counter()
    train(epochs)
    return (time.perf_counter() - begun) / (epochs * job.workload.steps) * 1e6
