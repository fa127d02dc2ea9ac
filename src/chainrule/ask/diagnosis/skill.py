"""Skill: how much better predictions are than the best constant, beside models that need no training.

1 is perfect, 0 is no better than the commonest class or the mean. Nearest neighbours and a linear model say
what can be had on the same rows; whether anything can is seen by shuffling the targets.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from chainrule.engine.data import Data

Array = np.ndarray
Predict = Callable[[Array], Array]

NEIGHBOURS = 5
MOST_ROWS = 1500  # that references look at: they compare each with each
PENALTIES = (1e-2, 1.0, 100.0)  # of the linear model, the best by leaving rows out
SHUFFLES = 40
RARE = 0.2  # of the rows that a class has on average
CLEAR = 3.0  # standard deviations
WORST = 10.0  # times the constant's error: what a prediction that is no number counts


@dataclass(frozen=True, eq=False)
class Yardstick:
    """How wrong a row's prediction is: the squared error for amounts, 0 or 1 for classes. Where a class is
    rare, all classes count alike.

    Attributes:
        t: the targets of the rows that were learned from (n, outputs); the constant is theirs.
    """

    t: Array

    @cached_property
    def values(self) -> Array:
        """The different values that targets have."""
        return np.asarray(np.unique(self.t))

    @cached_property
    def is_classes(self) -> bool:
        """Whether each row is of one of several classes: one-hot rows, or two values of one output."""
        if len(self.values) != 2:
            return False
        return self.t.shape[1] == 1 or bool(((self.t == self.values[1]).sum(axis=1) == 1).all())

    def codes(self, y: Array) -> Array:
        """The class (n,) that outputs (n, outputs) say."""
        if y.shape[1] > 1:
            return np.asarray(np.nan_to_num(y, nan=-np.inf).argmax(axis=1))
        codes: Array = (y[:, 0] > self.values.mean()).astype(int)
        return codes

    @cached_property
    def weights(self) -> Array:
        """How much a miss of each class counts: where one is rare, all classes count alike."""
        counts = np.bincount(self.codes(self.t), minlength=max(self.t.shape[1], 2))
        present = counts[counts > 0]
        if present.min() >= RARE * present.mean():
            return np.ones(len(counts))
        return np.asarray(len(self.t) / (len(present) * np.maximum(counts, 1)))

    @cached_property
    def constant(self) -> Array:
        """The best constant prediction (1, outputs)."""
        if not self.is_classes:
            return np.asarray(self.t.mean(axis=0, keepdims=True))
        codes = self.codes(self.t)
        commonest = np.bincount(codes).argmax()
        return np.asarray(self.t[codes == commonest][:1])

    def errors(self, y: Array, t: Array) -> Array:
        """How wrong predictions y are for targets t, row by row (n,)."""
        y = np.broadcast_to(np.asarray(y, np.float64), t.shape)
        is_number = np.isfinite(y).all(axis=1)
        if self.is_classes:
            codes = self.codes(t)
            misses: Array = ~((self.codes(y) == codes) & is_number) * self.weights[codes]
            return misses
        spread = self.t.std(axis=0) + np.finfo(float).tiny
        with np.errstate(all="ignore"):
            squares = np.square((y - t) / spread).mean(axis=1)
        return np.minimum(np.where(is_number, squares, WORST), 1e6)

    def skill(self, y: Array, t: Array) -> float:
        """1 less the mean error in units of the constant's; NaN where the constant makes none."""
        base = float(self.errors(self.constant, t).mean())
        return 1 - float(self.errors(y, t).mean()) / base if base > 0 else float("nan")


@dataclass(frozen=True, eq=False)
class Reference:
    """A model that is not trained, on the same rows.

    Attributes:
        name: what it is.
        own: what it predicts of each row that was learned from, without that row (n, outputs).
        judged: what it predicts of the rows that judge; None where there are none.
        signal: how many standard deviations better it is than on shuffled targets.
    """

    name: str
    own: Array
    judged: Array | None
    signal: float


@dataclass(frozen=True, eq=False)
class References:
    """What models that are not trained make of the rows.

    Attributes:
        learned: the rows that were learned from, perhaps some of them.
        judges: the rows that judge.
    """

    yardstick: Yardstick
    learned: Data
    judges: Data | None

    @cached_property
    def models(self) -> list[Reference]:
        """Nearest neighbours and a linear model."""
        x, judged = _standardised(self.learned.x, self.judges.x if self.judges else None)
        return [self._neighbours(x, judged), self._linear(x, judged)]

    @cached_property
    def best(self) -> Reference:
        """The one with more skill on the rows that were learned from."""
        return max(self.models, key=lambda model: self.yardstick.skill(model.own, self.learned.t))

    @property
    def own_skill(self) -> float:
        """Of the best, on rows that it left out."""
        return self.yardstick.skill(self.best.own, self.learned.t)

    @property
    def has_signal(self) -> bool:
        """Whether the inputs clearly tell something of the targets."""
        return max(model.signal for model in self.models) > CLEAR

    def _neighbours(self, x: Array, judged: Array | None) -> Reference:
        t, count = self.learned.t, min(NEIGHBOURS, len(x) - 1)
        nearest = _nearest(x, count)

        def predict(targets: Array) -> Array:
            return np.asarray(targets[nearest].mean(axis=1))

        outside = None
        if judged is not None:
            closest = np.argpartition(_distances(judged, x), count - 1, axis=1)[:, :count]
            outside = t[closest].mean(axis=1)
        return Reference(f"{count} nearest neighbours", predict(t), outside, self._signal(predict))

    def _linear(self, x: Array, judged: Array | None) -> Reference:
        t, rows = self.learned.t, len(x)
        u, d, v = np.linalg.svd(x, full_matrices=False)

        def without(targets: Array, penalty: float) -> Array:
            """Each row's prediction by the rows but it."""
            shares = d**2 / (d**2 + penalty)
            mean = targets.mean(axis=0)
            fitted = mean + (u * shares) @ (u.T @ (targets - mean))
            leverage = np.minimum(1 / rows + np.square(u) @ shares, 1 - 1e-6)[:, None]
            return np.asarray((fitted - leverage * targets) / (1 - leverage))

        penalty = min(PENALTIES, key=lambda p: float(np.square(without(t, p) - t).mean()))
        outside = None
        if judged is not None:
            weights = v.T @ ((d / (d**2 + penalty))[:, None] * (u.T @ (t - t.mean(axis=0))))
            outside = t.mean(axis=0) + judged @ weights

        def predict(targets: Array) -> Array:
            return without(targets, penalty)

        return Reference("a linear model", predict(t), outside, self._signal(predict))

    def _signal(self, predict: Predict) -> float:
        """How much less its error is than on shuffled targets, in standard deviations of those."""
        random, t = np.random.default_rng(0), self.learned.t
        draws = [t[random.permutation(len(t))] for _ in range(SHUFFLES)]
        chance = np.array([self.yardstick.errors(predict(drawn), drawn).mean() for drawn in draws])
        gap = chance.mean() - self.yardstick.errors(predict(t), t).mean()
        return float(gap / (chance.std() + 1e-12))


def clearly_worse(errors: Array, rivals: Array) -> bool:
    """Whether the mean of errors is above that of rivals on the same rows, beyond what chance may do."""
    gaps = errors - rivals
    return bool(gaps.mean() > 2 * gaps.std() / np.sqrt(len(gaps)))


def some_rows(data: Data, limit: int = MOST_ROWS) -> Data:
    """The rows, or as many of them at random."""
    if len(data) <= limit:
        return data
    return data.only(np.sort(np.random.default_rng(0).permutation(len(data))[:limit]))


def nearest_rows(x: Array, count: int) -> Array:
    """The nearest other rows of each, by standardised columns (n, count)."""
    return _nearest(_standardised(x, None)[0], count)


def _nearest(x: Array, count: int) -> Array:
    distances = _distances(x, x)
    np.fill_diagonal(distances, np.inf)
    return np.asarray(np.argpartition(distances, count - 1, axis=1)[:, :count])


def _standardised(x: Array, judged: Array | None) -> tuple[Array, Array | None]:
    """Columns with mean 0 and spread 1, and the rows that judge in the same units."""
    flat = x.reshape(len(x), -1).astype(np.float64)
    mean, spread = flat.mean(axis=0), flat.std(axis=0)
    unit = np.where(spread > 1e-12 * (np.abs(mean) + 1e-300), spread, np.inf)
    outside = None if judged is None else (judged.reshape(len(judged), -1).astype(np.float64) - mean) / unit
    return (flat - mean) / unit, outside


def _distances(points: Array, rivals: Array) -> Array:
    """Squared distances (n, m)."""
    squares = np.square(points).sum(axis=1)[:, None] + np.square(rivals).sum(axis=1) - 2 * points @ rivals.T
    return np.asarray(squares)
