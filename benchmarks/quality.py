"""Quality: what chainrule reaches on held-out rows, beside scikit-learn with the same settings.

`python -m benchmarks.quality` prints a Markdown table, and `--docs` writes it into README.md: median and
range over five seeds. On each seed both get the same split, the same standardised rows, layers,
activation, optimiser (Adam), learning rate, batch size and epochs; what differs is the initial draw and
the order of rows. scikit-learn's own L2 penalty is off.
"""

import statistics
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks import figures
from sklearn import datasets
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

from chainrule import Dense, Network, train
from chainrule.faces.tables.read import read
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.training import prepare

PENGUINS = Path(__file__).parent.parent / "examples" / "penguins.csv"
SEEDS = range(5)


@dataclass(frozen=True)
class Split:
    """Rows to learn from and rows to be judged on; y is labels (n,) or amounts (n,)."""

    x: np.ndarray
    y: np.ndarray
    x_out: np.ndarray
    y_out: np.ndarray


@dataclass(frozen=True)
class Task:
    """A table and how both libraries are to train on it."""

    name: str
    split: Callable[[int], Split]
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "relu"
    learning_rate: float = 0.001
    batch_size: int = 32
    epochs: int = 200
    regression: bool = False

    @property
    def measure(self) -> str:
        return "R²" if self.regression else "accuracy"


def standardised(x: np.ndarray, y: np.ndarray, seed: int, classes: bool = True) -> Split:
    """A fifth held out; scaled by what the rest has."""
    x, x_out, y, y_out = train_test_split(
        x, y, test_size=0.2, random_state=seed, stratify=y if classes else None
    )
    scaler = StandardScaler().fit(x)
    return Split(scaler.transform(x), y, scaler.transform(x_out), y_out)


def penguins(seed: int) -> Split:
    """As `chainrule train examples/penguins.csv --target species --seed SEED` splits and encodes them."""
    ready = prepare(read(str(PENGUINS)), Request("species", seed=seed))
    labels = ready.t.argmax(axis=1)
    kept, out = ready.kept, ready.held_out
    return Split(ready.x[kept].astype(float), labels[kept], ready.x[out].astype(float), labels[out])


def xor(seed: int) -> Split:
    """The four rows, which are all there is to know."""
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([0, 1, 1, 0])
    return Split(x, y, x, y)


def moons(seed: int) -> Split:
    """Two interleaved half circles, 500 points with noise."""
    return standardised(*datasets.make_moons(500, noise=0.2, random_state=seed), seed)


def iris(seed: int) -> Split:
    """Three species, four measures."""
    return standardised(*datasets.load_iris(return_X_y=True), seed)


def digits(seed: int) -> Split:
    """Ten digits of 8 × 8 grey values."""
    return standardised(*datasets.load_digits(return_X_y=True), seed)


def diabetes(seed: int) -> Split:
    """Progression of the disease after a year; amounts standardised, as `chainrule train` does."""
    x, y = datasets.load_diabetes(return_X_y=True)
    split = standardised(x, y, seed, classes=False)
    mean, spread = split.y.mean(), split.y.std()
    return Split(split.x, (split.y - mean) / spread, split.x_out, (split.y_out - mean) / spread)


TASKS = (
    Task("penguins", penguins),
    Task("XOR, 2-4-1", xor, (4,), "tanh", 0.05, 4, 1000),
    Task("two moons", moons, (32, 32)),
    Task("iris", iris, (32,), epochs=300),
    Task("digits", digits, (64,), epochs=60),
    Task("diabetes", diabetes, (16,), epochs=60, regression=True),
)


def by_chainrule(task: Task, split: Split, seed: int) -> float:
    """What chainrule reaches on the rows held out."""
    classes = 1 if task.regression else int(split.y.max()) + 1
    loss = "half_squared_error" if task.regression else "softmax_cross_entropy"
    t = split.y
    if classes == 2:
        classes, loss, t = 1, "binary_cross_entropy", split.y[:, None]
    network = Network([*(Dense(units, task.activation) for units in task.hidden), Dense(classes)], loss)
    run = train(
        network,
        split.x,
        t,
        optimizer="adam",
        learning_rate=task.learning_rate,
        batch_size=task.batch_size,
        epochs=task.epochs,
        seed=seed,
    )
    output = run.predict(split.x_out)
    if task.regression:
        return float(r2_score(split.y_out, output[:, 0]))
    labels = (output[:, 0] > 0.5).astype(int) if classes == 1 else output.argmax(axis=1)
    return float(accuracy_score(split.y_out, labels))


def by_sklearn(task: Task, split: Split, seed: int) -> float:
    """What scikit-learn's multi-layer perceptron reaches there."""
    kind = MLPRegressor if task.regression else MLPClassifier
    model = kind(
        hidden_layer_sizes=task.hidden,
        activation=task.activation,
        solver="adam",
        alpha=0.0,
        batch_size=min(task.batch_size, len(split.x)),
        learning_rate_init=task.learning_rate,
        max_iter=task.epochs,
        n_iter_no_change=task.epochs,
        tol=0.0,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it did not converge: it was told how many epochs to run
        return float(model.fit(split.x, split.y).score(split.x_out, split.y_out))


def measured(task: Task, seeds: range = SEEDS) -> tuple[list[float], list[float]]:
    """The scores of chainrule and of scikit-learn, seed by seed."""
    splits = [(task.split(seed), seed) for seed in seeds]
    return [by_chainrule(task, *one) for one in splits], [by_sklearn(task, *one) for one in splits]


def shown(scores: list[float]) -> str:
    """Median and range."""
    return f"{statistics.median(scores):.3f} ({min(scores):.3f} to {max(scores):.3f})"


def lines() -> Iterator[str]:
    """The table, a line at a time."""
    yield "| table | network | epochs | measure | chainrule | scikit-learn |"
    yield "|---|---|---|---|---|---|"
    for task in TASKS:
        ours, theirs = measured(task)
        cells = [shown(ours), shown(theirs)]
        if task.split is xor:
            cells = [f"{sum(score == 1 for score in scores)} of {len(scores)}" for scores in (ours, theirs)]
        network = f"{'-'.join(map(str, task.hidden))} {task.activation}"
        measure = "seeds solved" if task.split is xor else f"held-out {task.measure}"
        yield f"| {task.name} | {network} | {task.epochs} | {measure} | {' | '.join(cells)} |"


def main() -> None:
    table = []
    for line in lines():
        print(line, flush=True)
        table.append(line)
    if "--docs" in sys.argv[1:]:
        figures.write("python -m benchmarks.quality --docs", table)


if __name__ == "__main__":
    main()
