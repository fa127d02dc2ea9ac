"""python -m benchmarks.diagnosis.labels: how well `doubtful_rows` finds 5 % of labels that were flipped."""

import argparse
from collections.abc import Iterator

import numpy as np
from benchmarks import figures
from benchmarks.diagnosis.configurations import network
from benchmarks.diagnosis.data_sets import AMOUNTS, MAKERS, data_set
from sklearn.metrics import roc_auc_score

from chainrule import doubtful_rows, train

FLIPPED = 0.05
NAMES = [name for name in MAKERS if name not in AMOUNTS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="write the table into docs/diagnose.md")
    arguments = parser.parse_args()
    report = list(table([(name, *measured(name, 0)) for name in NAMES]))
    print("\n".join(report))
    if arguments.docs:
        figures.write("python -m benchmarks.diagnosis.labels --docs", report, "docs/diagnose.md")


def measured(name: str, seed: int) -> tuple[float, float, int]:
    """The area under the curve, how many of the first k are flipped rows, and k: as many as were flipped."""
    rows = data_set(name, seed)
    rng = np.random.default_rng([seed, 3])
    t = rows.t.copy()
    count = max(2, round(FLIPPED * len(t)))
    flipped = rng.permutation(len(t))[:count]
    t[flipped] = 1 - t[flipped] if t.shape[1] == 1 else np.roll(t[flipped], 1, axis=1)
    run = train(
        network([32], "relu", rows),
        rows.x,
        t,
        optimizer="adam",
        learning_rate=0.003,
        epochs=60,
        batch_size=32,
    )
    score = doubtful_rows(run, rows.x, t).score
    is_flipped = np.isin(np.arange(len(t)), flipped)
    hits = is_flipped[np.argsort(-score, kind="stable")[:count]].sum()
    return float(roc_auc_score(is_flipped, score)), float(hits / count), count


def table(results: list[tuple[str, float, float, int]]) -> Iterator[str]:
    yield "| table, 5 % of its labels flipped | rows flipped | AUC | of the first as many, flipped |"
    yield "|---|---:|---:|---:|"
    for name, area, precision, count in results:
        yield f"| {name} | {count} | {area:.3f} | {precision:.2f} |"
    areas, precisions = zip(*[(area, precision) for _, area, precision, _ in results], strict=True)
    yield f"| mean | | {np.mean(areas):.3f} | {np.mean(precisions):.2f} |"


if __name__ == "__main__":
    main()
