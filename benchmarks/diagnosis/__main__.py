"""python -m benchmarks.diagnosis: broken trainings and their healthy twins, diagnosed."""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from benchmarks import figures
from benchmarks.diagnosis.cases import Tally, measured
from benchmarks.diagnosis.data_sets import SEEN, UNSEEN


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unseen", action="store_true", help="the data sets and operators held back")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0, help="the first")
    parser.add_argument("--controls", type=int, default=6, help="healthy candidates a data set and seed")
    parser.add_argument("--no-proof", action="store_true")
    parser.add_argument("--misses", action="store_true", help="print what went wrong, as it comes")
    parser.add_argument("--only", help="an operator's name")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--data", help="a data set's name")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/diagnose.md")
    arguments = parser.parse_args()
    names = UNSEEN if arguments.unseen else SEEN
    tasks = [(name, arguments) for name in names if arguments.data in (None, name)]
    tally = Tally()
    if arguments.processes > 1:
        with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as pool:
            for part in pool.map(measured, tasks):
                tally.add(part)
    else:
        for task in tasks:
            tally.add(measured(task))
    report = list(table(tally, arguments.unseen))
    print("\n".join(report))
    if arguments.docs:
        figures.write("python -m benchmarks.diagnosis --unseen --docs", report, "docs/diagnose.md")


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
