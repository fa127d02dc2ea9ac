"""from_sklearn: a fitted MLPClassifier or MLPRegressor as a run."""

from typing import Any

from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.foreign.taken import Taken, run_of
from chainrule.rules.layers.dense import Dense
from chainrule.rules.rule_names import ActivationName

NAMES: dict[str, ActivationName] = {
    "identity": "identity",
    "logistic": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    "softmax": "softmax",
}


def from_sklearn(mlp: Any) -> Run:
    """The network of a fitted scikit-learn MLP, or of anything with its attributes.

    Read are `coefs_`, `intercepts_`, `activation` and `out_activation_`; the penalty `alpha` is not.

    Raises:
        InputError: it is not fitted, or an activation has no rule; the layer is named.
    """
    if not hasattr(mlp, "coefs_"):
        raise InputError(f"{type(mlp).__name__} has no coefs_: fit it first")
    parts, layers = [], len(mlp.coefs_)
    names = [mlp.activation] * (layers - 1) + [mlp.out_activation_]
    for number, (w, b, name) in enumerate(zip(mlp.coefs_, mlp.intercepts_, names, strict=True), 1):
        if name not in NAMES:
            raise InputError(f"layer {number}: there is no rule for scikit-learn's activation {name!r}")
        parts.append(Taken(f"layer {number}", Dense(w.shape[1], NAMES[name]), w, b))
    return run_of(parts, None, f"scikit-learn {type(mlp).__name__}", NAMES[names[-1]])
