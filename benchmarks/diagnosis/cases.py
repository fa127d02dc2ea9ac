"""The cases: healthy controls, and trainings that are broken; what the diagnosis makes of each is tallied."""

import argparse
import time
import warnings
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from benchmarks.diagnosis.configurations import MARGIN, drawn, reachable
from benchmarks.diagnosis.data_sets import DataSet, data_set
from benchmarks.diagnosis.operators import SEEN_OPERATORS, UNSEEN_OPERATORS, Operator

from chainrule import TrainingDiagnosis, diagnose
from chainrule.ask.diagnosis.skill import Yardstick
from chainrule.ask.diagnosis.training_setup import TrainingSetup
from chainrule.engine.runs.run import Run

HARM, NO_HARM, RESTORED = 0.15, 0.05, 0.1  # of skill


TWINS = 5  # of a data set and seed


@dataclass
class Tally:
    """What came of the cases."""

    healthy: int = 0
    accused: int = 0
    mediocre: int = 0
    mediocre_alarms: int = 0
    benign: int = 0
    between: int = 0
    harmed: int = 0
    alarms: int = 0
    named: int = 0
    unknown: int = 0
    proofs: int = 0
    mended: int = 0
    open_set: int = 0
    open_right: int = 0
    seconds: list[float] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)

    def add(self, part: "Tally") -> None:
        for name, value in vars(part).items():
            setattr(self, name, getattr(self, name) + value)


def measured(task: tuple[str, argparse.Namespace]) -> Tally:
    """All cases of one data set."""
    name, arguments = task
    warnings.simplefilter("ignore")
    tally = Tally()
    operators = UNSEEN_OPERATORS if arguments.unseen else SEEN_OPERATORS
    for seed in range(arguments.seed, arguments.seed + arguments.seeds):
        controls(tally, name, seed, arguments.controls)
        for number, operator in enumerate(operators):
            if arguments.only in (None, operator.name):
                broken(tally, operator, name, seed, number, not arguments.no_proof)
            while arguments.misses and tally.misses:
                print(tally.misses.pop(0), flush=True)
    return tally


@lru_cache(maxsize=64)
def rows_of(name: str, seed: int) -> tuple[DataSet, float]:
    rows = data_set(name, seed)
    return rows, reachable(rows)


@lru_cache(maxsize=64)
def twins_of(name: str, seed: int) -> list[tuple[TrainingSetup, float]]:
    """Healthy trainings, and the skill that each reaches."""
    rows, best = rows_of(name, seed)
    setups = [drawn(np.random.default_rng([seed, number, 2]), rows, seed) for number in range(TWINS)]
    pairs = [(setup, skill(setup, setup.fitted(), rows.new_t)) for setup in setups]
    return [(setup, reached) for setup, reached in pairs if reached >= best - MARGIN]


def skill(setup: TrainingSetup, run: Run, t: np.ndarray) -> float:
    assert setup.watched is not None
    yardstick = Yardstick(setup.learned.t.astype(np.float64))
    return yardstick.skill(setup.predictions(run, setup.watched.x), t)


def diagnosed(setup: TrainingSetup, run: Run, prove: bool) -> TrainingDiagnosis:
    assert setup.watched is not None
    return diagnose(
        run,
        setup.learned.x,
        setup.learned.t,
        validation=(setup.watched.x, setup.watched.t),
        parameters=setup.start,
        sample_weight=setup.learned.weight,
        prove=prove,
        seconds=60,
    )


def controls(tally: Tally, name: str, seed: int, count: int) -> None:
    """Networks drawn at random; those that do well are not to be accused."""
    rows, best = rows_of(name, seed)
    for number in range(count):
        setup = drawn(np.random.default_rng([seed, number, 1]), rows, seed)
        run = setup.fitted()
        reached = skill(setup, run, rows.new_t)
        diagnosis = diagnosed(setup, run, False)
        if reached < best - MARGIN:
            tally.mediocre += 1
            tally.mediocre_alarms += not diagnosis.is_healthy
            continue
        tally.healthy += 1
        if not diagnosis.is_healthy:
            tally.accused += 1
            kinds = [cause.kind for cause in diagnosis.causes]
        tally.misses.append(f"ACCUSED {name} {seed} {number}: {diagnosis.plain()['skill']} {kinds}")


def broken(tally: Tally, operator: Operator, name: str, seed: int, number: int, prove: bool) -> None:
    """A healthy twin, broken; whether that is seen, named and mended."""
    rows, _ = rows_of(name, seed)
    twins = twins_of(name, seed)
    if not twins:
        return
    twin, reached = twins[number % len(twins)]
    rng = np.random.default_rng([seed, number, 2])
    setup = operator.apply(rng, twin)
    if setup is None or setup.watched is None:
        return
    run = setup.fitted()
    judged = rows.new_t if operator.of_labels else setup.watched.t
    harm = reached - skill(setup, run, judged)
    if harm < HARM:
        tally.benign += harm < NO_HARM
        tally.between += harm >= NO_HARM
        return
    began = time.process_time()
    diagnosis = diagnosed(setup, run, prove)
    tally.seconds.append(time.process_time() - began)
    first = diagnosis.causes[0].kind if diagnosis.causes else None
    place = f"{name} {seed} {operator.name} (harm {harm:.2f})"
    tally.harmed += 1
    tally.alarms += not diagnosis.is_healthy
    if diagnosis.is_healthy:
        tally.misses.append(f"MISSED {place}: {diagnosis.plain()['skill']} twin {reached:.2f}")
        return
    if not operator.kinds:
        tally.open_set += 1
        tally.open_right += first is None
        return
    tally.named += first in operator.kinds
    tally.unknown += first is None
    if first not in operator.kinds:
        tally.misses.append(f"NAMED {first} {place}: {[c.kind for c in diagnosis.causes]}")
    if operator.of_labels or "no_signal" in operator.kinds or not prove:
        return
    tally.proofs += 1
    after = diagnosis.proof.after.skill if diagnosis.proof and diagnosis.proof.after else -1.0
    tally.mended += after >= reached - RESTORED
    if after < reached - RESTORED and diagnosis.proof:
        tried = [(trial.words, round(trial.skill, 2)) for trial in diagnosis.proof.trials]
        tally.misses.append(f"NOT MENDED {place} {first}: {after:.2f} twin {reached:.2f} {tried}")
