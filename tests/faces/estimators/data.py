"""Small tables of several kinds, and how near two fits have to be."""

from functools import lru_cache
from typing import Any

import numpy as np
from sklearn.datasets import load_diabetes, load_digits, load_iris, make_multilabel_classification
from sklearn.preprocessing import StandardScaler

Table = tuple[np.ndarray, np.ndarray]


@lru_cache
def table(name: str) -> Table:
    """X, standardised, and y."""
    rng = np.random.default_rng(0)
    if name == "two classes":
        x, y = load_iris(return_X_y=True)
        y = np.where(y == 1, "versicolor", "another")
    elif name == "three classes":
        x, y = load_iris(return_X_y=True)
    elif name == "ten classes":
        x, y = (array[:600] for array in load_digits(return_X_y=True))
    elif name == "labels":
        x, y = make_multilabel_classification(120, 6, n_classes=3, random_state=0)
    elif name == "amount":
        x, y = load_diabetes(return_X_y=True)
        y = (y - y.mean()) / y.std()
    else:
        x = rng.normal(size=(90, 4))
        y = np.tanh(x @ rng.normal(size=(4, 2))) + 0.1 * rng.normal(size=(90, 2))
    return StandardScaler().fit_transform(x), y


def near(found: Any, wanted: Any, roundings: float = 2**16) -> None:
    """Every array of `found` equals that of `wanted`, to so many roundings of its largest element."""
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        off = np.abs(one - other).max() / np.abs(other).max()
        assert off <= roundings * np.finfo(np.float64).eps, f"off by {off:.3g}"


def same(one: Any, other: Any) -> bool:
    """Whether two estimators hold the same weights, bit for bit."""
    pairs = zip([*one.coefs_, *one.intercepts_], [*other.coefs_, *other.intercepts_], strict=True)
    return all(a.tobytes() == b.tobytes() for a, b in pairs)
