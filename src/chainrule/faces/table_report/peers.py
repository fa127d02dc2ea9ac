"""Models of scikit-learn on the very rows and inputs of a network: what it is compared with."""

import warnings
from typing import Any

import numpy as np

from chainrule.faces.tables.encoding import Encoding

LINEAR, BOOSTING = "linear model", "boosted trees"
PENALTIES = np.logspace(-3, 4, 15)
MOST_NUMBERS = 1 << 26  # in the rows that a peer learns from, past which it would take minutes

MOST_ALONE = 20_000  # rows that one thread learns from


def linear_model(classes: bool) -> Any:
    """Logistic regression, or ridge regression whose penalty is chosen on rows left out."""
    from sklearn.linear_model import LogisticRegression, RidgeCV

    return LogisticRegression(max_iter=2000) if classes else RidgeCV(PENALTIES)


def boosting(classes: bool, seed: int = 0) -> Any:
    """Gradient-boosted trees with their defaults."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    return (HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor)(random_state=seed)


def outputs(
    model: Any, encoding: Encoding, x: np.ndarray, t: np.ndarray, x_new: np.ndarray, weight: Any = None
) -> np.ndarray:
    """What a network would give for x_new (n, inputs), from a model fitted on x and t: (n, outputs)."""
    from threadpoolctl import threadpool_limits

    weights = {} if weight is None else {"sample_weight": weight}
    threads = 1 if len(x) < MOST_ALONE else None  # threads that wait for each other take longer than few rows
    with warnings.catch_warnings(), threadpool_limits(threads):
        warnings.simplefilter("ignore")  # of solvers that did not converge
        if not encoding.classes:
            amounts = np.asarray(model.fit(x, t[:, 0], **weights).predict(x_new), np.float32)
            return amounts[:, None]
        codes = encoding.codes(t)
        shares = np.zeros((len(x_new), len(encoding.classes)), np.float32)
        shares[:, np.unique(codes)] = model.fit(x, codes, **weights).predict_proba(x_new)
    return shares[:, 1:] if encoding.outputs == 1 else shares


def compared(
    encoding: Encoding, x: np.ndarray, t: np.ndarray, x_new: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    """The outputs of each peer for x_new, after learning from x and t; none where that would take long or
    there is but one class to learn from.
    """
    classes = bool(encoding.classes)
    if x.size > MOST_NUMBERS or (classes and len(np.unique(encoding.codes(t))) < 2):
        return {}
    models = {LINEAR: linear_model(classes), BOOSTING: boosting(classes, seed)}
    return {name: outputs(model, encoding, x, t, x_new) for name, model in models.items()}
