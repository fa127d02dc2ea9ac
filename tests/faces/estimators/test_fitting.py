"""What a fit is made of: going on, stopping, what counts how much, outputs, and who is told of an epoch."""

import math
from typing import Any

import numpy as np
import optax
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, log_loss, r2_score

from chainrule import BackpropClassifier, BackpropRegressor
from chainrule.engine.stopping import Stop
from tests.faces.estimators.data import near, same, table

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SMALL: dict[str, Any] = {"hidden_layer_sizes": (6,), "random_state": 5, "max_iter": 8}


# --- going on ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("three classes", {}),
        ("labels", {"shuffle": False}),
        ("three classes", {"batch_size": 32}),
        ("labels", {"dropout": 0.3}),
        ("amounts", {"solver": "sgd", "learning_rate": "invscaling"}),
    ],
    ids=str,
)
def test_partial_fits_are_one_fit_bit_for_bit(name: str, options: dict[str, Any]) -> None:
    x, y = table(name)
    made = BackpropRegressor if name == "amounts" else BackpropClassifier
    whole, parts = made(**SMALL | options).fit(x, y), made(**SMALL | options)
    first = {"classes": np.unique(y)} if name == "three classes" else {"classes": [0, 1, 2]}
    for _ in range(SMALL["max_iter"]):
        parts.partial_fit(x, y, **(first if name != "amounts" else {}))
        first = {}
    assert same(whole, parts)
    assert whole.loss_curve_ == parts.loss_curve_
    assert whole.t_ == parts.t_ == len(x) * SMALL["max_iter"]
    assert parts.n_iter_ == 1


def test_partial_fit_goes_on_after_fit() -> None:
    x, y = table("two classes")
    longer = BackpropClassifier(**SMALL | {"max_iter": 9}).fit(x, y)
    assert same(longer, BackpropClassifier(**SMALL).fit(x, y).partial_fit(x, y))


def test_partial_fit_on_other_rows_keeps_the_moments() -> None:
    x, y = table("two classes")
    one = BackpropClassifier(**SMALL).partial_fit(x[:90], y[:90], classes=np.unique(y))
    count = one._memory["state"]["state.optimizer.count"]
    assert one.partial_fit(x[90:], y[90:])._memory["state"]["state.optimizer.count"] == 2 * count == 2


def test_another_solver_begins_with_moments_of_its_own() -> None:
    x, y = table("two classes")
    one = BackpropClassifier(**SMALL).fit(x, y).set_params(solver="sgd").partial_fit(x, y)
    assert len(one.loss_curve_) == 9


def test_warm_start_goes_on_with_the_weights_and_new_moments() -> None:
    x, y = table("amount")
    one = BackpropRegressor(**SMALL | {"warm_start": True}).fit(x, y)
    curve, before = list(one.loss_curve_), one.coefs_[0].copy()
    one.set_params(learning_rate_init=1e-12, max_iter=1).fit(x, y)
    np.testing.assert_allclose(one.coefs_[0], before, atol=1e-10)
    assert one.loss_curve_[:-1] == curve
    assert (one.n_iter_, one.t_) == (1, 9 * len(x))
    assert one._memory["state"]["state.optimizer.count"] == -(-len(x) // 200)


def test_weights_set_by_hand_are_where_a_warm_start_begins() -> None:
    x, y = table("two classes")
    one = BackpropClassifier(**SMALL | {"warm_start": True, "max_iter": 1}).fit(x, y)
    one.coefs_ = [np.zeros_like(c) for c in one.coefs_]
    one.intercepts_ = [np.zeros_like(b) for b in one.intercepts_]
    assert (one.predict_proba(x) == 0.5).all()
    assert one.run_.loss != one.fit(x, y).loss_
    assert one.loss_ == pytest.approx(math.log(2))


def test_weights_set_by_hand_are_where_a_partial_fit_goes_on() -> None:
    x, y = table("two classes")
    one = BackpropClassifier(**SMALL, learning_rate_init=1e-12).fit(x, y)
    one.coefs_ = [np.zeros_like(c) for c in one.coefs_]
    one.partial_fit(x, y)
    assert all(np.abs(c).max() < 1e-10 for c in one.coefs_)


def test_a_second_fit_forgets_the_first() -> None:
    x, y = table("three classes")
    one = BackpropClassifier(**SMALL).fit(*table("two classes")).fit(x, y)
    assert same(one, BackpropClassifier(**SMALL).fit(x, y))
    assert len(one.loss_curve_) == one.n_iter_ == 8


def test_same_seed_same_bits_and_another_seed_others() -> None:
    x, y = table("two classes")
    one = BackpropClassifier(**SMALL).fit(x, y)
    assert same(one, BackpropClassifier(**SMALL | {"random_state": np.random.RandomState(5)}).fit(x, y))
    assert not same(one, BackpropClassifier(**SMALL | {"random_state": 6}).fit(x, y))


def test_another_rate_or_alpha_compiles_nothing() -> None:
    x, y = table("two classes")
    options = {"hidden_layer_sizes": (9,), "max_iter": 2}
    BackpropClassifier(**options).fit(x, y)
    from chainrule.engine.training.program import program

    before = program.cache_info().misses
    for change in ({"learning_rate_init": 0.5}, {"alpha": 2.0}, {"beta_1": 0.5}, {"tol": 0.1, "max_iter": 3}):
        BackpropClassifier(**options | change).fit(x, y)
    assert program.cache_info().misses == before


# --- stopping ---------------------------------------------------------------------------------------


def test_it_stops_on_a_plateau_of_the_training_loss() -> None:
    x, y = table("amount")
    one = BackpropRegressor((4,), tol=0.05, n_iter_no_change=3, random_state=0).fit(x, y)
    assert one.run_.stopped_by is Stop.PLATEAU
    curve, best, waited = one.loss_curve_, np.inf, 0
    for epoch, loss in enumerate(curve, start=1):
        waited = waited + 1 if loss > best - 0.05 else 0
        best = min(best, loss)
        assert (waited > 3) == (epoch == len(curve))
    assert one.n_iter_ == len(curve) < 200
    assert one.best_loss_ == min(curve)


def test_all_epochs_run_is_a_warning() -> None:
    x, y = table("two classes")
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(8\) reached") as caught:
        BackpropClassifier(**SMALL).fit(x, y)
    assert caught[0].filename == __file__
    with pytest.warns(ConvergenceWarning, match="lbfgs failed to converge after 3"):
        BackpropClassifier((6,), solver="lbfgs", max_iter=3).fit(x, y)


@pytest.mark.parametrize("name", ["three classes", "labels", "amounts"])
def test_early_stopping_keeps_the_best_weights(name: str) -> None:
    x, y = table(name)
    made = BackpropRegressor if name == "amounts" else BackpropClassifier
    seen: list[Any] = []
    options = {"early_stopping": True, "n_iter_no_change": 3, "learning_rate_init": 0.1, "random_state": 2}
    one = made((6,), on_epoch=seen.append, **options).fit(x, y)
    assert one.run_.stopped_by is Stop.PATIENCE
    best = int(np.argmax(one.validation_scores_))
    assert best < one.n_iter_ - 1
    near(one.coefs_, seen[best].coefs, roundings=1)
    assert one.best_validation_score_ == max(one.validation_scores_)
    assert [epoch.validation_score for epoch in seen] == one.validation_scores_
    assert [epoch.validation_loss for epoch in seen] == one.validation_loss_curve_
    assert one.best_loss_ is None


def test_own_rows_to_watch() -> None:
    x, y = table("three classes")
    kept, out = np.arange(0, 150, 2), np.arange(1, 150, 2)
    options = {"hidden_layer_sizes": (6,), "random_state": 0, "learning_rate_init": 0.05}
    watched = BackpropClassifier(**options, max_iter=9).fit(x[kept], y[kept], X_val=x[out], y_val=y[out])
    assert len(watched.validation_scores_) == len(watched.validation_loss_curve_) == 9
    assert same(watched, BackpropClassifier(**options, max_iter=9).fit(x[kept], y[kept]))
    share = watched.predict_proba(x[out])
    assert watched.validation_scores_[-1] == accuracy_score(y[out], watched.predict(x[out]))
    assert watched.validation_loss_curve_[-1] == pytest.approx(log_loss(y[out], share), rel=1e-12)
    stopped = BackpropClassifier(**options, early_stopping=True, max_iter=500)
    stopped.fit(x[kept], y[kept], X_val=x[out], y_val=y[out])
    assert stopped.run_.stopped_by is Stop.PATIENCE
    assert stopped.score(x[out], y[out]) == stopped.best_validation_score_


def test_rows_watched_count_as_told() -> None:
    x, y = table("amount")
    weight = np.random.default_rng(0).uniform(size=42)
    one = BackpropRegressor(**SMALL)
    one.fit(x[:400], y[:400], X_val=x[400:], y_val=y[400:], sample_weight_val=weight)
    wanted = r2_score(y[400:], one.predict(x[400:]), sample_weight=weight)
    assert one.validation_scores_[-1] == pytest.approx(wanted, rel=1e-12)


def test_divergence_says_where_and_keeps_the_last_good_weights() -> None:
    x, y = table("amount")
    one = BackpropRegressor((4,), solver="sgd", learning_rate_init=1e200, random_state=0)
    with pytest.raises(ValueError, match=r"non-finite .*\(epoch 1, step .*\).*StandardScaler"):
        one.fit(x, y)
    assert np.isfinite(one.predict(x)).all()
    assert one.run_.divergence is not None


# --- rows and classes that count differently --------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("name", ["three classes", "labels", "amounts"])
def test_a_row_that_counts_twice_is_two_rows(solver: str, name: str) -> None:
    x, y = table(name)
    x, y = x[::2], y[::2]
    times = np.arange(len(x)) % 3
    made = BackpropRegressor if name == "amounts" else BackpropClassifier
    options = SMALL | {"solver": solver, "alpha": 0.5}
    weighted = made(**options).fit(x, y, sample_weight=times)
    repeated = made(**options).fit(np.repeat(x, times, axis=0), np.repeat(y, times, axis=0))
    near(weighted.coefs_ + weighted.intercepts_, repeated.coefs_ + repeated.intercepts_, roundings=2**20)


def test_class_weight_is_sample_weight() -> None:
    x, y = table("two classes")
    weight = np.where(y == "versicolor", 3.0, 1.0)
    one = BackpropClassifier(**SMALL, class_weight={"versicolor": 3.0}).fit(x, y)
    assert same(one, BackpropClassifier(**SMALL).fit(x, y, sample_weight=weight))
    rows = np.random.default_rng(0).uniform(size=len(y))
    one = BackpropClassifier(**SMALL, class_weight={"versicolor": 3.0}).fit(x, y, sample_weight=rows)
    assert same(one, BackpropClassifier(**SMALL).fit(x, y, sample_weight=weight * rows))


def test_balanced_classes_count_alike() -> None:
    x, y = table("two classes")
    weight = np.where(y == "versicolor", 150 / (2 * 50), 150 / (2 * 100))
    one = BackpropClassifier(**SMALL, class_weight="balanced").fit(x, y)
    assert same(one, BackpropClassifier(**SMALL).fit(x, y, sample_weight=weight))


# --- outputs ----------------------------------------------------------------------------------------


def test_labels_are_several_yes_and_no() -> None:
    x, y = table("labels")
    one = BackpropClassifier((20,), max_iter=150, learning_rate_init=0.01, random_state=0).fit(x, y)
    share = one.predict_proba(x)
    assert share.shape == y.shape
    assert (one.predict(x) == (share > 0.5)).all()
    assert one.score(x, y) == accuracy_score(y, one.predict(x))
    assert one.run_.network.loss.activation == "sigmoid"


def test_one_class_alone() -> None:
    x, _ = table("two classes")
    one = BackpropClassifier(**SMALL).fit(x, ["only"] * len(x))
    assert set(one.predict(x)) == {"only"}
    assert (one.predict_proba(x) == 1).all()
    assert one.predict_proba(x).shape == (150, 1)


@pytest.mark.parametrize("loss", ["half_squared_error", "huber", "mean_absolute_error"])
def test_other_losses(loss: str) -> None:
    for made, name in ((BackpropClassifier, "three classes"), (BackpropRegressor, "amount")):
        one = made(hidden_layer_sizes=(8,), loss=loss, learning_rate_init=0.01, random_state=0).fit(
            *table(name)
        )
        assert one.score(*table(name)) > (0.9 if name == "three classes" else 0.4)


@pytest.mark.parametrize(
    "solver",
    ["lion", "adamw", "rmsprop", "radam", optax.yogi, optax.adam(0.01)],
    ids=["lion", "adamw", "rmsprop", "radam", "function", "object"],
)
def test_any_optimiser_of_optax(solver: Any) -> None:
    x, y = table("three classes")
    one = BackpropClassifier((16,), solver=solver, learning_rate_init=0.01, random_state=0).fit(x, y)
    assert one.score(x, y) > 0.8  # radam begins slowly


def test_every_optimiser_by_name_runs() -> None:
    from chainrule.engine.optimizers import names

    x, y = (array[:20] for array in table("amount"))
    for name in names():
        one = BackpropRegressor((2,), solver=name, max_iter=2, learning_rate_init=1e-3, random_state=0)
        assert np.isfinite(one.fit(x, y).loss_), name


def test_an_optax_optimiser_is_optax_s_own() -> None:
    """By name, with its rate in its state, and as an object: the same updates."""
    x, y = table("amount")
    named = BackpropRegressor(**SMALL, solver="adamw", learning_rate_init=0.01).fit(x, y)
    made = BackpropRegressor(**SMALL, solver=optax.adamw(0.01)).fit(x, y)
    near(named.coefs_, made.coefs_)


def test_a_schedule_is_a_learning_rate() -> None:
    x, y = table("amount")
    schedule = optax.cosine_decay_schedule(0.05, 24)
    named = BackpropRegressor(**SMALL, solver="rmsprop", learning_rate_init=schedule).fit(x, y)
    made = BackpropRegressor(**SMALL, solver=optax.rmsprop(schedule)).fit(x, y)
    near(named.coefs_, made.coefs_)
    for solver in ("adam", "sgd"):
        one = BackpropRegressor(**SMALL, solver=solver, learning_rate_init=lambda count: 0.0).fit(x, y)
        assert one.loss_curve_[0] == pytest.approx(one.loss_curve_[-1], rel=1e-12)


def test_an_activation_for_each_layer_and_dropout() -> None:
    x, y = table("three classes")
    one = BackpropClassifier((9, 5), ["tanh", "leaky_relu"], dropout=[0.2, 0.0], random_state=0).fit(x, y)
    text = [row.layer for row in one.run_.network.summary(4)]
    assert text == ["dense 1 tanh", "dropout 0.2", "dense 2 leaky_relu", "dense 3 softmax"]
    assert (one.predict_proba(x) == one.predict_proba(x)).all()


# --- who is told ------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_each_epoch_is_told_and_may_be_the_last(solver: str) -> None:
    x, y = table("two classes")
    seen: list[Any] = []

    def fourth(epoch: Any) -> bool:
        return bool(epoch.number == 4)

    options = SMALL | {"solver": solver}
    one = BackpropClassifier(**options, on_epoch=[seen.append, fourth]).fit(x, y)
    assert [epoch.number for epoch in seen] == [1, 2, 3, 4]
    assert [epoch.loss for epoch in seen] == one.loss_curve_
    near(seen[-1].coefs + seen[-1].intercepts, one.coefs_ + one.intercepts_, roundings=1)
    assert one.run_.stopped_by is Stop.INTERRUPTED
    assert same(one, BackpropClassifier(**options | {"max_iter": 4}).fit(x, y))


def test_looking_changes_nothing() -> None:
    x, y = table("amounts")
    told = BackpropRegressor(**SMALL, on_epoch=lambda epoch: None).fit(x, y)
    assert same(told, BackpropRegressor(**SMALL).fit(x, y))


def test_verbose_prints_every_epoch_once(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = table("amount")
    one = BackpropRegressor(**SMALL, verbose=True).fit(x, y)
    lines = [f"Iteration {at}, loss = {loss:.8f}" for at, loss in enumerate(one.loss_curve_, 1)]
    assert capsys.readouterr().out.splitlines() == lines
    BackpropRegressor(**SMALL, verbose=True, on_epoch=lambda epoch: None).fit(x, y)
    assert capsys.readouterr().out.splitlines() == lines
