"""In company: pipelines, searches, clones, pickles, data frames, sparse rows, metadata, callbacks, runs."""

import importlib.util
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from chainrule import BackpropClassifier, BackpropRegressor
from chainrule.engine.runs.loading import load
from chainrule.faces.estimators import rows
from tests.faces.estimators.data import same, table

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SMALL: dict[str, Any] = {"hidden_layer_sizes": (5,), "random_state": 0, "max_iter": 6}
NAMES = ["a", "b", "c", "d"]


def frames() -> list[Any]:
    x, _ = table("two classes")
    made = [pl.DataFrame(x, schema=NAMES)]
    if importlib.util.find_spec("pandas"):
        import pandas as pd

        made.append(pd.DataFrame(x, columns=NAMES))
    return made


# --- searches, clones, pickles ----------------------------------------------------------------------


def test_grid_search_over_a_pipeline() -> None:
    x, y = table("three classes")
    steps = Pipeline(
        [("scale", StandardScaler()), ("net", BackpropClassifier((8,), random_state=0, max_iter=60))]
    )
    grid = {"net__learning_rate_init": [1e-6, 0.02], "net__alpha": [0.0, 0.1]}
    found = GridSearchCV(steps, grid, cv=3, error_score="raise").fit(x, y)
    assert found.best_params_["net__learning_rate_init"] == 0.02
    assert found.best_score_ > 0.9
    assert found.predict(x).shape == (150,)


def test_cross_validation_in_processes() -> None:
    x, y = table("amount")
    alone = cross_val_score(BackpropRegressor(**SMALL), x, y, cv=2)
    assert (cross_val_score(BackpropRegressor(**SMALL), x, y, cv=2, n_jobs=2) == alone).all()


def test_a_clone_asks_for_the_same_and_knows_nothing() -> None:
    x, y = table("two classes")
    one = BackpropClassifier(**SMALL, dropout=0.1, class_weight="balanced").fit(x, y)
    other = clone(one)
    assert other.get_params() == one.get_params()
    assert not hasattr(other, "coefs_")
    assert same(other.fit(x, y), one)


def test_parameters_that_were_not_set_are_not_shown() -> None:
    assert repr(BackpropClassifier(alpha=0.5)) == "BackpropClassifier(alpha=0.5)"


@pytest.mark.parametrize("name", ["two classes", "labels", "amounts"])
def test_a_pickle_predicts_the_same_and_goes_on(name: str) -> None:
    x, y = table(name)
    one = (BackpropRegressor if name == "amounts" else BackpropClassifier)(**SMALL).fit(x, y)
    other = pickle.loads(pickle.dumps(one))
    assert (other.predict(x) == one.predict(x)).all()
    assert other.run_.history == one.run_.history
    assert same(other.partial_fit(x, y), one.partial_fit(x, y))


# --- data frames and sparse rows --------------------------------------------------------------------


def test_frames_are_the_same_rows_and_give_names() -> None:
    x, y = table("two classes")
    plain = BackpropClassifier(**SMALL).fit(x, y)
    for frame in frames():
        one = BackpropClassifier(**SMALL).fit(frame, y)
        assert same(one, plain)
        assert list(one.feature_names_in_) == NAMES
        assert (one.predict(frame) == plain.predict(x)).all()
        with pytest.raises(ValueError, match="feature names should match"):
            one.predict(frame[NAMES[::-1]])


def test_targets_as_a_series() -> None:
    x, y = table("two classes")
    plain = BackpropClassifier(**SMALL).fit(x, y)
    assert same(BackpropClassifier(**SMALL).fit(x, pl.Series(y)), plain)
    if importlib.util.find_spec("pandas"):
        import pandas as pd

        assert same(BackpropClassifier(**SMALL).fit(x, pd.Series(y)), plain)


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_behind_a_transformer_that_gives_frames(kind: str) -> None:
    if not importlib.util.find_spec(kind):
        pytest.skip(f"{kind} is not installed")
    x, y = table("amount")
    net = BackpropRegressor(**SMALL)
    steps = make_pipeline(StandardScaler().set_output(transform=kind), net).fit(x, y)
    assert list(net.feature_names_in_) == [f"x{at}" for at in range(10)]
    assert steps.predict(x).shape == (442,)


@pytest.mark.parametrize("made", [sparse.csr_array, sparse.csc_array, sparse.coo_array])
def test_sparse_rows_are_the_same_rows(made: Any) -> None:
    x, y = table("two classes")
    x = np.where(np.abs(x) < 0.5, 0, x)
    one = BackpropClassifier(**SMALL).fit(made(x), y)
    assert same(one, BackpropClassifier(**SMALL).fit(x, y))
    assert (one.predict(made(x)) == one.predict(x)).all()


def test_behind_an_encoder_that_gives_sparse_rows() -> None:
    words = np.array([["red", "s"], ["green", "m"], ["blue", "l"], ["red", "l"]] * 10, dtype=object)
    steps = make_pipeline(make_column_transformer((OneHotEncoder(), [0, 1]), sparse_threshold=1.0))
    steps.steps.append(("net", BackpropRegressor(**SMALL)))
    assert steps.fit(words, np.arange(40.0)).predict(words).shape == (40,)


def test_sparse_rows_too_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "LARGEST", 2**20)
    wide = sparse.csr_array((1000, 1000))
    with pytest.raises(ValueError, match=r"dense it would take .* GiB .*TruncatedSVD"):
        BackpropRegressor().fit(wide, np.zeros(1000))


# --- metadata ---------------------------------------------------------------------------------------


def test_weights_and_rows_to_watch_are_routed() -> None:
    x, y = table("amount")
    weight = np.linspace(0.1, 2, len(x))
    net = BackpropRegressor(**SMALL)
    with sklearn.config_context(enable_metadata_routing=True):
        net.set_fit_request(sample_weight=True, X_val=True, y_val=True)
        steps = Pipeline(
            [("scale", StandardScaler().set_fit_request(sample_weight=False)), ("net", net)],
            transform_input=["X_val"],
        )
        steps.fit(x * 9 + 1, y, sample_weight=weight, X_val=x[:40] * 9 + 1, y_val=y[:40])
    scaled = StandardScaler().fit(x * 9 + 1).transform(x * 9 + 1)
    alone = BackpropRegressor(**SMALL).fit(scaled, y, weight, X_val=scaled[:40], y_val=y[:40])
    assert same(net, alone)
    assert net.validation_scores_ == alone.validation_scores_


# --- scikit-learn's callbacks -----------------------------------------------------------------------


class Recorder:
    """A callback of scikit-learn's protocol that stops at an epoch."""

    def __init__(self, last: int) -> None:
        self.last, self.seen = last, []  # type: tuple[int, list[Any]]

    def setup(self, estimator: Any, context: Any) -> None:
        self.seen.append("setup")

    def teardown(self, estimator: Any, context: Any) -> None:
        self.seen.append("teardown")

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None: ...

    def on_fit_task_end(
        self,
        estimator: Any,
        context: Any,
        *,
        X: Any,  # noqa: N803
        y: Any,
        fitted_estimator: Any,
    ) -> bool:
        if context.task_name != "epoch":
            return False
        self.seen.append(fitted_estimator.score(X, y))
        return bool(context.task_id + 1 == self.last)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_callbacks_of_scikit_learn(solver: str) -> None:
    pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9 has no callbacks")
    x, y = table("three classes")
    recorder = Recorder(last=3)
    one = BackpropClassifier(**SMALL, solver=solver).set_callbacks(recorder).fit(x, y)
    assert recorder.seen[0], recorder.seen[-1] == ("setup", "teardown")
    assert len(recorder.seen) == 2 + 3
    assert recorder.seen[3] == one.score(x, y)
    assert one.n_iter_ == 3


def test_a_progress_bar_of_scikit_learn(capsys: pytest.CaptureFixture[str]) -> None:
    callback = pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9 has no callbacks")
    monitor = callback.ScoringMonitor(scoring="accuracy")
    x, y = table("two classes")
    BackpropClassifier(**SMALL).set_callbacks(monitor).fit(x, y)
    assert monitor.get_logs() is not None


# --- the run behind it ------------------------------------------------------------------------------


def test_the_run_can_be_saved_and_read_again(tmp_path: Path) -> None:
    x, y = table("two classes")
    one = BackpropClassifier(**SMALL).fit(x, y)
    run = load(one.run_.save(tmp_path / "run"))
    assert (run.predict(x)[:, 0] == one.predict_proba(x)[:, 1]).all()
    assert run.history.loss == one.loss_curve_
    assert run.extra == {"task": "classification", "classes": ["another", "versicolor"]}


@pytest.mark.parametrize("name", ["two classes", "three classes", "amounts"])
def test_explain_adds_up_to_the_gradient(name: str) -> None:
    """Against a central difference of the loss, the penalty left out."""
    x, y = table(name)
    one = (BackpropRegressor if name == "amounts" else BackpropClassifier)(
        (5,), "tanh", random_state=0, max_iter=6, alpha=0.0
    ).fit(x, y)
    found = one.explain("dE/dw1[1,2]", x[:7], y[:7])

    def loss(by: float) -> float:
        other = pickle.loads(pickle.dumps(one))
        other.coefs_[0][1, 2] += by
        return float(other.explain("E", x[:7], y[:7]).value)

    h = 1e-5
    assert found.value == pytest.approx((loss(h) - loss(-h)) / (2 * h), rel=1e-7)
