"""python -m benchmarks.diagnosis: broken trainings and their healthy twins, diagnosed."""

import argparse
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from benchmarks import figures
from benchmarks.diagnosis.configurations import MARGIN, drawn, reachable
from benchmarks.diagnosis.data_sets import SEEN, UNSEEN, DataSet, data_set
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unseen", action="store_true", help="the data sets and operators held back")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0, help="the first")
    parser.add_argument("--controls", type=int, default=6, help="healthy candidates a data set and seed")
    parser.add_argument("--no-proof", action="store_true")
    parser.add_argument("--misses", action="store_true", help="print what went wrong, as it comes")
    parser.add_argument("--only", help="an operator's name")
    parser.add_argument("--data", help="a data set's name")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/diagnose.md")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    tally = Tally()
    operators = UNSEEN_OPERATORS if arguments.unseen else SEEN_OPERATORS
    operators = [operator for operator in operators if arguments.only in (None, operator.name)]
    names = UNSEEN if arguments.unseen else SEEN
    for name in names if arguments.data is None else (arguments.data,):
        for seed in range(arguments.seed, arguments.seed + arguments.seeds):
            if arguments.only is None:
                controls(tally, name, seed, arguments.controls)
            for number, operator in enumerate(operators):
                broken(tally, operator, name, seed, number, not arguments.no_proof)
                while arguments.misses and tally.misses:
                    print(tally.misses.pop(0), flush=True)
    report = list(table(tally, arguments.unseen))
    print("\n".join(report))
    if arguments.docs:
        figures.write("python -m benchmarks.diagnosis --unseen --docs", report, "docs/diagnose.md")


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
            tally.misses.append(
                f"ACCUSED {name} {seed} {number}: {diagnosis.plain()['skill']} {diagnosis.summary}"
            )


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


def wilson(hits: int, count: int) -> str:
    """A share with its 95 % interval."""
    if not count:
        return "none"
    z, p = 1.96, hits / count
    middle, half = p + z * z / 2 / count, z * np.sqrt(p * (1 - p) / count + (z / 2 / count) ** 2)
    low, high = (middle - half) / (1 + z * z / count), (middle + half) / (1 + z * z / count)
    return f"{hits} of {count} = {p:.2f} [{max(low, 0):.2f}, {min(high, 1):.2f}]"


def table(tally: Tally, unseen: bool) -> Iterator[str]:
    yield f"| {'data sets and faults not tuned on' if unseen else 'those tuned on'} | |"
    yield "|---|---|"
    yield f"| healthy trainings accused | {wilson(tally.accused, tally.healthy)} |"
    yield f"| harmed trainings seen | {wilson(tally.alarms, tally.harmed)} |"
    named = tally.alarms - tally.open_set
    yield f"| first cause right, of those seen | {wilson(tally.named, named)} |"
    yield f"| said to be unknown | {tally.unknown} of {named} |"
    yield f"| mended to within 0.1 of its healthy twin | {wilson(tally.mended, tally.proofs)} |"
    yield f"| faults without a sign: said to be unknown | {tally.open_right} of {tally.open_set} |"
    yield f"| mediocre by nature: told so | {tally.mediocre_alarms} of {tally.mediocre} |"
    yield f"| injected, without harm; with little | {tally.benign}; {tally.between} |"
    if tally.seconds:
        yield f"| CPU seconds of a diagnosis with its proof, median | {np.median(tally.seconds):.1f} |"


if __name__ == "__main__":
    main()
