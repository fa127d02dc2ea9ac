"""from_sklearn: a fitted MLPClassifier or MLPRegressor as a run."""

import warnings
from typing import Any

import numpy as np

from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.foreign.comparison import kind_of, predicting_alike, refused
from chainrule.faces.foreign.fitting import Taken
from chainrule.faces.foreign.taken import run_of
from chainrule.rules.layers.dense import Dense
from chainrule.rules.rule_names import ActivationName

NAMES: dict[str, ActivationName] = {
    "identity": "identity",
    "logistic": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    "softmax": "softmax",
    "exp": "exponential",
}


def from_sklearn(mlp: Any) -> Run:
    """The network of a fitted scikit-learn MLP, or of anything with its attributes.

    Read are `coefs_`, `intercepts_`, `activation` and `out_activation_`; the penalty `alpha` is not.

    Raises:
        InputError: it is not fitted, or an activation has no rule; the layer is named.
    """
    if not hasattr(mlp, "coefs_"):
        raise InputError(
            f"from_sklearn takes a fitted MLPClassifier or MLPRegressor: {kind_of(mlp)} has no coefs_"
        )
    return refused(type(mlp).__name__, lambda: _compared(mlp))


def _compared(mlp: Any) -> Run:
    if not isinstance(mlp.activation, str):
        raise InputError(
            f"{type(mlp).__name__}: activation is {mlp.activation!r:.60}, one name is wanted; "
            "an estimator of chainrule's own has run_"
        )
    parts, layers = [], len(mlp.coefs_)
    names = [mlp.activation] * (layers - 1) + [mlp.out_activation_]
    for number, (w, b, name) in enumerate(zip(mlp.coefs_, mlp.intercepts_, names, strict=True), 1):
        if name not in NAMES:
            raise InputError(f"layer {number}: there is no rule for scikit-learn's activation {name!r}")
        parts.append(Taken(f"layer {number}", Dense(w.shape[1], NAMES[name]), {"w": w, "b": b}))
    run = run_of(parts, None, f"scikit-learn {type(mlp).__name__}", NAMES[names[-1]])
    if not callable(getattr(mlp, "predict", None)):
        return run

    def predict(x: np.ndarray) -> np.ndarray:
        if not hasattr(mlp, "predict_proba"):
            return np.asarray(mlp.predict(x)).reshape(len(x), -1)
        probabilities = np.asarray(mlp.predict_proba(x))
        return probabilities[:, -1:] if run.network.widths[-1] == 1 else probabilities

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that rows have no names
        return predicting_alike(run, type(mlp).__name__, predict)
