"""Fitted estimators as other programs store them, and what they share with scikit-learn's own tests."""

import pickle
import pickletools
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from chainrule import BackpropClassifier, BackpropRegressor, InputError

pytestmark = pytest.mark.filterwarnings("ignore:.*converge")
X = np.random.default_rng(0).normal(size=(60, 4))
WORDS = np.where(X[:, 0] > 0, "yes", "no")
MODELS = [
    lambda: BackpropClassifier((4,), max_iter=5, random_state=0).fit(X, WORDS),
    lambda: BackpropClassifier((4,), solver="lbfgs", max_iter=5).fit(X, np.digitize(X[:, 0], [-1, 1])),
    lambda: BackpropClassifier((4, 3), ["tanh", "elu"], solver="lion", dropout=0.1, max_iter=5).fit(X, X > 0),
    lambda: BackpropClassifier((4,), random_state=0).partial_fit(X, WORDS, classes=["no", "yes"]),
    lambda: BackpropRegressor((4,), solver="sgd", early_stopping=True, max_iter=5).fit(X, X[:, :2]),
]


@pytest.mark.parametrize("made", MODELS)
def test_a_pickle_names_none_of_optax_and_predicts_without_jax(made: Any, tmp_path: Any) -> None:
    model = made()
    content = pickle.dumps(model)
    words = {str(argument) for _, argument, _ in pickletools.genops(content)}
    assert not any(word.startswith(("optax", "jax", "chainrule.engine", "chainrule.rules")) for word in words)
    (tmp_path / "model").write_bytes(content)
    np.save(tmp_path / "x.npy", X)
    command = (
        "import pickle, sys, numpy as np; model = pickle.load(open('model', 'rb')); "
        "np.save('p.npy', model.predict(np.load('x.npy'))); sys.exit('jax' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", command], cwd=tmp_path, check=True, timeout=60)
    np.testing.assert_array_equal(np.load(tmp_path / "p.npy"), model.predict(X))
    again = pickle.loads(content)
    assert again.run_.history.loss == model.run_.history.loss
    assert again.run_.stopped_by is model.run_.stopped_by


@pytest.mark.parametrize("made", MODELS)
def test_skops_stores_it(made: Any) -> None:
    skops = pytest.importorskip("skops.io")
    model = made()
    content = skops.dumps(model)
    types = skops.get_untrusted_types(data=content)
    assert [name.rpartition(".")[2] for name in types] == [type(model).__name__]
    again = skops.loads(content, trusted=types)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_partial_fit_goes_on_after_a_pickle() -> None:
    model = BackpropClassifier((4,), random_state=0).partial_fit(X, WORDS, classes=["no", "yes"])
    again = pickle.loads(pickle.dumps(model)).partial_fit(X, WORDS)
    model.partial_fit(X, WORDS)
    np.testing.assert_array_equal(again.coefs_[0], model.coefs_[0])


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("batch", [50, 200])
def test_several_outputs_stop_as_in_scikit_learn(solver: str, batch: int) -> None:
    x = np.random.default_rng(0).normal(size=(200, 5))
    y = np.tanh(x @ np.random.default_rng(1).normal(size=(5, 6)))
    asked: dict[str, Any] = {
        "hidden_layer_sizes": (10,), "random_state": 0, "shuffle": False, "max_iter": 3000, "alpha": 0.01,
        "learning_rate_init": 0.01, "solver": solver, "batch_size": batch,
    }  # fmt: skip
    theirs, ours = MLPRegressor(**asked).fit(x, y), BackpropRegressor(**asked).fit(x, y)
    assert ours.n_iter_ == theirs.n_iter_
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-8)


def test_the_best_weights_stay_when_early_stopping_diverges() -> None:
    model = BackpropRegressor(
        (100,),
        "identity",
        solver="sgd",
        learning_rate_init=1,
        max_iter=20,
        early_stopping=True,
        random_state=0,
    )
    with pytest.warns(ConvergenceWarning, match="diverged, and the best weights were restored"):
        model.fit(X * 3, X[:, 0])
    assert np.isfinite(model.predict(X)).all()
    assert np.isnan(model.validation_scores_[-1])


def test_loss_is_the_first_parameter_and_may_be_left_out() -> None:
    model = BackpropRegressor("huber", (3,), "tanh")
    assert (model.loss, model.hidden_layer_sizes, model.activation) == ("huber", (3,), "tanh")
    sizes_first = BackpropRegressor((3,), ["tanh"])
    assert (sizes_first.loss, sizes_first.hidden_layer_sizes, sizes_first.activation) == (
        "auto",
        (3,),
        ["tanh"],
    )


def test_a_warm_start_with_other_classes_is_refused() -> None:
    model = BackpropClassifier((3,), max_iter=2, warm_start=True).fit(X, np.arange(60) % 3)
    for y in (np.arange(60) % 2, np.arange(60) % 4):
        with pytest.raises(InputError, match="warm_start can only be used where `y` has the same classes"):
            model.fit(X, y)


def test_a_class_of_one_row_is_named_by_the_users_label() -> None:
    y = np.array(["common"] * 59 + ["rare"])
    with pytest.raises(ValueError, match="rare"):
        BackpropClassifier((3,), early_stopping=True).fit(X, y)
