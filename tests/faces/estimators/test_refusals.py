"""What an estimator refuses: the parameter or the data is named, in one line, as a ValueError."""

from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from chainrule import BackpropClassifier, BackpropRegressor, InputError
from tests.faces.estimators.data import table

BAD = {
    "alpha": [-1.0, float("nan"), "big", None, True],
    "batch_size": [0, 2.5, "all"],
    "learning_rate": ["slow", 0.1],
    "learning_rate_init": [0.0, -1.0, float("inf"), "fast"],
    "power_t": [-0.1],
    "max_iter": [0, 1.5, True],
    "max_fun": [0],
    "shuffle": ["yes"],
    "tol": [-1e-9],
    "momentum": [1.1, -0.1],
    "beta_1": [1.0],
    "beta_2": [-0.5],
    "epsilon": [0.0],
    "validation_fraction": [0.0, 1.0],
    "n_iter_no_change": [0, 1.5],
    "hidden_layer_sizes": [0, (3, -1), (2.5,), "many"],
    "activation": ["reul", ["tanh", "relu"], 3],
    "dropout": [1.0, -0.1, [0.1, 0.2], "some"],
    "solver": ["adamm", 7],
    "start": ["he_uniforn"],
    "loss": ["possion", "softmax_cross_entropy"],
    "on_epoch": [3, [3]],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, bad in BAD.items() for value in bad])
def test_a_bad_parameter_is_named(name: str, value: Any) -> None:
    x, y = table("amount")
    with pytest.raises(InputError) as caught:
        BackpropRegressor(**{name: value}).fit(x[:20], y[:20])
    message = str(caught.value)
    assert "\n" not in message
    said = {"hidden_layer_sizes": "hidden_layer_sizes", "learning_rate_init": "learning_rate_init"}.get(
        name, name
    )
    assert said.split("_")[0] in message


def test_a_near_name_is_suggested() -> None:
    x, y = table("amount")
    for options, meant in (
        ({"solver": "lfbgs"}, "lbfgs"),
        ({"activation": "reul"}, "relu"),
        ({"loss": "hubert"}, "huber"),
        ({"start": "he_uniforn"}, "he_uniform"),
    ):
        with pytest.raises(ValueError, match=f"Did you mean '{meant}'"):
            BackpropRegressor(**options).fit(x, y)


def test_unfitted_is_said() -> None:
    x, y = table("amount")
    one = BackpropRegressor()
    for use in (one.predict, lambda x: one.explain("E", x, y), lambda x: one.run_):
        with pytest.raises(NotFittedError):
            use(x)
    assert not hasattr(one, "run_")


def test_losses_for_the_other_task() -> None:
    with pytest.raises(ValueError, match="is for classes: take 'squared_error'"):
        BackpropRegressor(loss="binary_cross_entropy").fit(*table("amount"))
    with pytest.raises(
        ValueError, match="goes with softmax of numbers, but these classes want sigmoid: take 'log_loss'"
    ):
        BackpropClassifier(loss="softmax_cross_entropy").fit(*table("two classes"))


def test_partial_fit_has_its_limits() -> None:
    x, y = table("two classes")
    assert not hasattr(BackpropClassifier(solver="lbfgs"), "partial_fit")
    assert not hasattr(BackpropRegressor(solver="lbfgs"), "partial_fit")
    with pytest.raises(ValueError, match="does not support early_stopping"):
        BackpropClassifier(early_stopping=True).partial_fit(x, y, classes=np.unique(y))
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        BackpropClassifier().partial_fit(x, y)
    with pytest.raises(ValueError, match="class_weight='balanced' needs all rows at once"):
        BackpropClassifier(class_weight="balanced").partial_fit(x, y, classes=np.unique(y))
    one = BackpropClassifier().partial_fit(x, y, classes=["another", "versicolor"])
    with pytest.raises(ValueError, match="setosa is none of"):
        one.partial_fit(x[:1], ["setosa"])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_warm_start_that_does_not_fit() -> None:
    x, y = table("three classes")
    one = BackpropClassifier((3,), warm_start=True, max_iter=2).fit(x, y)
    with pytest.raises(ValueError, match=r"do not fit hidden_layer_sizes .* warm_start=False"):
        one.set_params(hidden_layer_sizes=(4,)).fit(x, y)
    with pytest.raises(ValueError, match=r"`y` has \[1, 2, 7\]"):
        one.set_params(hidden_layer_sizes=(3,)).fit(x, np.where(y == 0, 7, y))


def test_rows_to_watch_come_with_their_targets() -> None:
    x, y = table("amount")
    with pytest.raises(ValueError, match="X_val and y_val come together"):
        BackpropRegressor().fit(x, y, X_val=x)
    with pytest.raises(ValueError, match="validation set is too small"):
        BackpropRegressor(early_stopping=True).fit(x[:5], y[:5])


def test_lbfgs_refuses_dropout() -> None:
    with pytest.raises(ValueError, match="cannot train with dropout"):
        BackpropRegressor(solver="lbfgs", dropout=0.1).fit(*table("amount"))


def test_a_batch_larger_than_the_table_is_clipped_aloud() -> None:
    x, y = table("amount")
    with pytest.warns(UserWarning, match="clipped"):
        BackpropRegressor((2,), batch_size=1000, tol=10.0, n_iter_no_change=1).fit(x, y)
