"""MLPClassifier and MLPRegressor as witnesses: the same parameters give the same weights, to rounding.

They share nothing with us: their gradients are written out by hand in NumPy. Rows are not shuffled, since
our orders are drawn otherwise; everything else is as scikit-learn has it, the draw of the start included.
"""

import inspect
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

from chainrule import BackpropClassifier, BackpropRegressor, InputError, from_sklearn
from tests.faces.estimators.data import near, table

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

CASES: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "full batch, plain": {"solver": "sgd", "momentum": 0.0, "batch_size": 1000, "learning_rate_init": 0.3},
    "batches, the last one short": {"solver": "sgd", "batch_size": 32, "learning_rate_init": 0.05},
    "momentum without Nesterov": {"solver": "sgd", "nesterovs_momentum": False, "momentum": 0.7},
    "strong alpha": {"alpha": 3.0, "batch_size": 50},
    "no alpha": {"alpha": 0.0},
    "deep, logistic": {"hidden_layer_sizes": (7, 5, 3), "activation": "logistic", "batch_size": 16},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "Adam's own numbers": {"beta_1": 0.7, "beta_2": 0.95, "epsilon": 1e-3, "activation": "tanh"},
    "falling rate": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3, "batch_size": 30},
    "adaptive rate": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.02, "n_iter_no_change": 2},
    "stopped on a plateau": {"tol": 0.01, "n_iter_no_change": 3},
    "stopped early": {"early_stopping": True, "n_iter_no_change": 4, "activation": "identity"},
    "early and adaptive": {
        "solver": "sgd",
        "early_stopping": True,
        "n_iter_no_change": 2,
        "learning_rate": "adaptive",
        "validation_fraction": 0.3,
    },
}
TABLES = ["two classes", "three classes", "labels", "amount", "amounts"]

# Of several amounts scikit-learn shows, and compares with `tol`, the mean loss over outputs, though it
# descends their sum, as we do: there its curve is not ours, and it may stop elsewhere.
# A case decides how weights are moved, a table where the network ends and what its loss is: each case is
# tried on two tables, and two cases on all.
ON_ALL = ("as it comes", "stopped early")
ALL = [
    (case, name)
    for turn, case in enumerate(CASES)
    for name in (TABLES if case in ON_ALL else (TABLES[turn % 5], TABLES[(turn + 2) % 5]))
    if (case, name) != ("stopped on a plateau", "amounts")
]


def fitted(case: dict[str, Any], name: str, **more: Any) -> tuple[Any, Any]:
    """Our estimator and scikit-learn's, fitted alike."""
    x, y = table(name)
    regression = name.startswith("amount")
    options = {"shuffle": False, "random_state": 3, "max_iter": 25, "hidden_layer_sizes": (12,)} | case
    ours = (BackpropRegressor if regression else BackpropClassifier)(**options)
    theirs = (MLPRegressor if regression else MLPClassifier)(**options)
    return ours.fit(x, y, **more), theirs.fit(x, y, **more)


@pytest.mark.filterwarnings("ignore:Got `batch_size`")
@pytest.mark.parametrize(("case", "name"), ALL)
def test_same_weights_and_the_same_curve(case: str, name: str) -> None:
    ours, theirs = fitted(CASES[case], name)
    near(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_)
    assert (ours.n_iter_, ours.t_) == (theirs.n_iter_, theirs.t_)
    assert (ours.n_layers_, ours.n_outputs_, ours.out_activation_) == (
        theirs.n_layers_,
        theirs.n_outputs_,
        theirs.out_activation_,
    )
    if name != "amounts":
        np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)
        np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=1e-10)
    if theirs.best_loss_ is None:
        assert ours.best_loss_ is None
        np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_, rtol=1e-10)
        np.testing.assert_allclose(ours.best_validation_score_, theirs.best_validation_score_, rtol=1e-10)
    elif name != "amounts":
        np.testing.assert_allclose(ours.best_loss_, theirs.best_loss_, rtol=1e-10)
    x, _ = table(name)
    predicted, wanted = ours.predict(x), theirs.predict(x)
    assert (predicted.shape, predicted.dtype) == (wanted.shape, wanted.dtype)
    if name.startswith("amount"):
        near([predicted], [wanted])
    else:
        assert (predicted == wanted).all()


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("case", ["as it comes", "batches, the last one short", "stopped early"])
def test_counts(case: str, outputs: int) -> None:
    if "loss" not in inspect.signature(MLPRegressor).parameters:
        pytest.skip("this scikit-learn's MLPRegressor takes no loss")
    x, _ = table("amount")
    y = np.random.default_rng(5).poisson(np.exp(x[:, :outputs] / 2)).astype(float)
    y = y[:, 0] if outputs == 1 else y
    options = {"shuffle": False, "random_state": 3, "max_iter": 25, "hidden_layer_sizes": (12,)} | CASES[case]
    ours = BackpropRegressor("poisson", **options).fit(x, y)
    theirs = MLPRegressor("poisson", **options).fit(x, y)
    near(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_)
    assert (ours.out_activation_, ours.n_iter_) == (theirs.out_activation_, theirs.n_iter_)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)
    near([ours.predict(x)], [theirs.predict(x)])
    near([from_sklearn(theirs).predict(x).reshape(y.shape)], [theirs.predict(x)])
    with pytest.raises(InputError, match=r"t\[0,0\] is -1: the Poisson loss wants"):
        BackpropRegressor("poisson", **options).fit(x, np.full_like(y, -1.0))


@pytest.mark.parametrize("name", ["two classes", "three classes", "labels"])
def test_same_probabilities(name: str) -> None:
    ours, theirs = fitted({}, name)
    x, _ = table(name)
    np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), rtol=1e-10)
    np.testing.assert_allclose(ours.predict_log_proba(x), theirs.predict_log_proba(x), rtol=1e-9)


@pytest.mark.parametrize("name", ["two classes", "three classes", "amount"])
def test_same_with_rows_that_count_differently(name: str) -> None:
    if "sample_weight" not in inspect.signature(MLPClassifier.fit).parameters:
        pytest.skip("this scikit-learn's MLPClassifier takes no sample_weight")
    weight = np.random.default_rng(4).uniform(0.2, 3, len(table(name)[0]))
    for case in ({}, {"batch_size": 20, "alpha": 0.5}):
        ours, theirs = fitted(case, name, sample_weight=weight)
        near(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_)


@pytest.mark.parametrize("name", ["two classes", "amount"])
def test_same_by_lbfgs(name: str) -> None:
    """Both hand the same function to the same SciPy; rounding is magnified by its line searches."""
    ours, theirs = fitted({"solver": "lbfgs", "activation": "tanh", "max_iter": 12}, name)
    near(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, roundings=2**24)
    assert ours.n_iter_ == theirs.n_iter_


@pytest.mark.parametrize("name", ["three classes", "amount"])
def test_partial_fit_is_theirs_too(name: str) -> None:
    x, y = table(name)
    regression = name == "amount"
    options = {"shuffle": False, "random_state": 1, "solver": "sgd", "learning_rate": "invscaling"}
    pair = [MLPRegressor, BackpropRegressor] if regression else [MLPClassifier, BackpropClassifier]
    theirs, ours = (made(hidden_layer_sizes=(6,), **options) for made in pair)
    first = {} if regression else {"classes": np.unique(y)}
    for rows in (slice(0, 50), slice(50, 90), slice(90, None), slice(0, 50)):
        for one in (ours, theirs):
            one.partial_fit(x[rows], y[rows], **first)
        first = {}
        near(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_)
        assert (ours.t_, ours.n_iter_) == (theirs.t_, theirs.n_iter_)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)


def test_float32_stays_float32() -> None:
    x, y = table("three classes")
    ours = BackpropClassifier((5,), random_state=0, max_iter=5).fit(x.astype(np.float32), y)
    assert {a.dtype for a in [*ours.coefs_, *ours.intercepts_]} == {np.dtype(np.float32)}
    assert ours.predict_proba(x.astype(np.float32)).dtype == np.float32
    theirs = MLPClassifier((5,), random_state=0, max_iter=5, shuffle=False).fit(x.astype(np.float32), y)
    again = BackpropClassifier((5,), random_state=0, max_iter=5, shuffle=False).fit(x.astype(np.float32), y)
    for one, other in zip(again.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(BackpropClassifier, MLPClassifier), (BackpropRegressor, MLPRegressor)]
)
def test_same_names_and_defaults(ours: Any, theirs: Any) -> None:
    wanted = theirs().get_params()
    wanted.pop("loss", None)  # `squared_error` is what our `auto` means
    found = ours().get_params()
    assert {name: found[name] for name in wanted} == wanted


def test_loss_of_their_name() -> None:
    x, y = table("amount")
    one = BackpropRegressor("squared_error", (4,), random_state=0, max_iter=3).fit(x, y)
    other = BackpropRegressor((4,), random_state=0, max_iter=3).fit(x, y)
    assert one.loss_curve_ == other.loss_curve_
