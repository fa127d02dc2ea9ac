"""Data sets of scikit-learn, made ready for a network: those that the signs were tuned on, and others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import datasets

ROWS, NEW = 240, 160
SEEN = ("iris", "breast_cancer", "moons", "friedman1", "blobs", "digits")
UNSEEN = ("wine", "diabetes", "circles", "gaussian_quantiles", "many_columns", "friedman2", "spirals")


@dataclass(frozen=True)
class DataSet:
    """Rows to learn from and new ones, standardised; classes one-hot, or 0 and 1 where they are two."""

    x: np.ndarray
    t: np.ndarray
    new_x: np.ndarray
    new_t: np.ndarray
    is_classes: bool


def _spirals(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % 2
    radius = rng.uniform(0.2, 1, rows)
    angle = 4 * radius + np.pi * y + rng.normal(0, 0.08, rows)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), y


TOTAL = ROWS + NEW
MAKERS: dict[str, Callable[[int], Any]] = {
    "iris": lambda _: datasets.load_iris(return_X_y=True),
    "breast_cancer": lambda _: datasets.load_breast_cancer(return_X_y=True),
    "moons": lambda seed: datasets.make_moons(TOTAL, noise=0.2, random_state=seed),
    "friedman1": lambda seed: datasets.make_friedman1(TOTAL, noise=0.5, random_state=seed),
    "blobs": lambda seed: datasets.make_blobs(TOTAL, centers=4, n_features=5, random_state=seed),
    "digits": lambda _: datasets.load_digits(return_X_y=True),
    "wine": lambda _: datasets.load_wine(return_X_y=True),
    "diabetes": lambda _: datasets.load_diabetes(return_X_y=True),
    "circles": lambda seed: datasets.make_circles(TOTAL, noise=0.1, factor=0.5, random_state=seed),
    "gaussian_quantiles": lambda seed: datasets.make_gaussian_quantiles(
        n_samples=TOTAL, n_features=4, n_classes=3, random_state=seed
    ),
    "many_columns": lambda seed: datasets.make_classification(
        TOTAL, n_features=20, n_informative=6, class_sep=1.5, random_state=seed
    ),
    "friedman2": lambda seed: datasets.make_friedman2(TOTAL, random_state=seed),
    "spirals": lambda seed: _spirals(TOTAL, seed),
}
AMOUNTS = {"friedman1", "friedman2", "diabetes"}


def data_set(name: str, seed: int) -> DataSet:
    """One drawing of a data set, split in two."""
    x, y = MAKERS[name](seed)
    order = np.random.default_rng([seed, 7]).permutation(len(x))[:TOTAL]
    x, y = x[order].astype(np.float64), y[order]
    count = min(ROWS, round(0.6 * len(x)))
    spread = x[:count].std(axis=0)
    x = ((x - x[:count].mean(axis=0)) / np.where(spread > 0, spread, 1)).astype(np.float32)
    if name in AMOUNTS:
        t = ((y - y[:count].mean()) / y[:count].std()).astype(np.float32)[:, None]
    else:
        codes = np.unique(y, return_inverse=True)[1]
        classes = codes.max() + 1
        t = (codes[:, None] if classes == 2 else np.eye(classes)[codes]).astype(np.float32)
    return DataSet(x[:count], t[:count], x[count:], t[count:], name not in AMOUNTS)
