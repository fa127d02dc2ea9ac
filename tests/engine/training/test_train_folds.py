"""Networks on folds, and their mean as one network."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import Dense, Dropout, InputError, Network, Residual, train
from chainrule.engine.runs.checkpointer import Keeper
from chainrule.engine.runs.run import Run
from chainrule.engine.splitting import folds
from chainrule.engine.stopping import Stop
from chainrule.engine.training.fold_training import FoldTraining
from chainrule.engine.training.mean_network import can_be_averaged, mean_network
from chainrule.engine.training.train_folds import train_folds

RNG = np.random.default_rng(0)
X = RNG.normal(size=(91, 3))
CODES = (X[:, 0] + RNG.normal(size=91) > 0).astype(int) + (X[:, 1] > 1)
T = np.eye(3)[CODES]
NETWORK = Network([Dense(6, "relu"), Dense(5, "tanh"), Dense(3)], loss="softmax_cross_entropy")
OPTIONS: dict[str, Any] = {"optimizer": "adam", "learning_rate": 0.01, "epochs": 60, "batch_size": 16}


def trained(network: Network = NETWORK, x: Any = X, t: Any = T, **options: Any) -> Run:
    return train_folds(
        network, x, t, **{**OPTIONS, "members": 4, "codes": CODES, "patience": 5, **options}
    ).run


@pytest.mark.parametrize("codes", [None, CODES])
def test_folds_are_equally_large_and_have_their_part_of_each_class(codes: Any) -> None:
    numbers = folds(91, 4, 7, codes)
    assert np.bincount(numbers + 1).tolist() == [3, 22, 22, 22, 22]
    if codes is not None:
        parts = np.array([np.bincount(codes[numbers == fold], minlength=3) for fold in range(4)])
        assert np.ptp(parts, axis=0).max() <= 1
    np.testing.assert_array_equal(numbers, folds(91, 4, 7, codes))
    assert (numbers != folds(91, 4, 8, codes)).any()


@pytest.mark.parametrize("hidden", [(), (4,), (4, 3), (5, 4, 3)])
@pytest.mark.parametrize("loss", ["half_squared_error", "binary_cross_entropy", "softmax_cross_entropy"])
def test_the_mean_of_the_last_sums(hidden: tuple[int, ...], loss: Any) -> None:
    outputs = 3 if loss.startswith("softmax") else 1
    layers = [layer for units in hidden for layer in (Dense(units, "gelu"), Dropout(0.2))]
    network = Network([*layers, Dense(outputs)], loss=loss)
    members = [network.start(3, seed) for seed in range(5)]
    for seed, parameters in enumerate(members):
        for name in parameters:
            if name.startswith("b"):
                parameters[name] = np.random.default_rng(seed).normal(size=parameters[name].shape)
    together, parameters = mean_network(network, members)
    each = np.stack([network.predict(member, X) for member in members])
    mean = each.mean(0)
    if loss == "binary_cross_entropy":
        odds = np.exp(np.log(each / (1 - each)).mean(0))
        mean = odds / (1 + odds)
    elif loss == "softmax_cross_entropy":
        products = np.exp(np.log(each).mean(0))
        mean = products / products.sum(1, keepdims=True)
    np.testing.assert_allclose(together.predict(parameters, X), mean, rtol=1e-12)
    assert {name: a.shape for name, a in parameters.items()} == {
        name: a.shape for name, a in together.start(3).items()
    }


def test_what_has_no_mean() -> None:
    assert can_be_averaged(NETWORK)
    assert not can_be_averaged(Network([Dense(4, "softmax"), Dense(2)]))
    assert not can_be_averaged(Network([Residual([Dense(3, "tanh")]), Dense(2)]))


def test_each_member_is_what_train_makes_of_its_rows() -> None:
    run = trained()
    numbers, best = folds(91, 4, 0, CODES), run.best_epoch
    members, curves = [], []
    for fold in range(4):
        learning, left_out = numbers != fold, numbers == fold
        options = {**OPTIONS, "validation": (X[left_out], T[left_out]), "seed": fold}
        curves.append(train(NETWORK, X[learning], T[learning], **options).history.validation_loss)
        alone = train(NETWORK, X[learning], T[learning], **options | {"epochs": best})
        members.append(alone.parameters)
    curve = np.mean(curves, axis=0)
    assert best is not None
    assert run.epochs == best + 5
    assert best == int(curve[: run.epochs].argmin()) + 1
    np.testing.assert_allclose(run.history.validation_loss, curve[: run.epochs], rtol=1e-12)
    _, parameters = mean_network(NETWORK, members)
    for name, array in parameters.items():
        np.testing.assert_array_equal(run.parameters[name], array)


def test_rows_held_out_choose_nothing() -> None:
    alone, judged = trained(), trained(validation=(X[:9], T[:9]))
    assert alone.validation_loss is None
    assert judged.validation_loss is not None
    for name, array in alone.parameters.items():
        np.testing.assert_array_equal(judged.parameters[name], array)


@pytest.mark.parametrize("span", [0.0, 1e-4, 10.0])
def test_how_often_somebody_looks_changes_nothing(monkeypatch: pytest.MonkeyPatch, span: float) -> None:
    whole = trained()
    monkeypatch.setattr("chainrule.engine.training.loop.VISIT", span)
    again = trained()
    assert (again.epochs, again.history.loss) == (whole.epochs, whole.history.loss)
    for name, array in whole.parameters.items():
        np.testing.assert_array_equal(again.parameters[name], array)


def test_all_epochs_keep_the_best_or_the_last() -> None:
    impatient = trained(epochs=8, patience=100)
    curve = impatient.history.validation_loss or []
    assert (impatient.stopped_by, impatient.epochs) == (Stop.EPOCHS, 8)
    assert impatient.best_epoch == curve.index(min(curve)) + 1
    last = trained(epochs=8, patience=None)
    assert last.best_epoch is None
    assert trained(epochs=0).epochs == 0


def test_a_divergence_ends_all_and_keeps_what_was_best() -> None:
    run = trained(
        Network([Dense(4, "identity"), Dense(3)], "half_squared_error"), optimizer="sgd", learning_rate=30.0
    )
    assert run.stopped_by is Stop.DIVERGED
    assert run.divergence is not None
    assert all(np.isfinite(a).all() for a in run.parameters.values())


def test_the_penalty_is_the_members_mean() -> None:
    decayed = trained(weight_decay=0.5, epochs=3, patience=10)
    bare = trained(weight_decay=0.5, epochs=3, patience=10, validation=(X, T))
    assert bare.validation_loss is not None
    assert decayed.loss > bare.validation_loss + 0.1


def test_stopped_and_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trained(epochs=40, patience=30)
    record = FoldTraining._record

    def until_23(training: FoldTraining) -> None:
        if training.epoch == 23:
            raise KeyboardInterrupt
        record(training)

    monkeypatch.setattr(FoldTraining, "_record", until_23)
    monkeypatch.setattr("chainrule.engine.training.loop.VISIT", 0.0)
    with pytest.raises(KeyboardInterrupt):
        trained(epochs=40, patience=30, folder=Keeper(tmp_path / "r", 2))
    monkeypatch.setattr(FoldTraining, "_record", record)
    keeper = Keeper(tmp_path / "r", 2, resume=True)
    assert keeper.found is not None
    assert 0 < keeper.found.epoch < 23
    resumed = trained(epochs=40, patience=30, folder=keeper)
    assert resumed.history.validation_loss == whole.history.validation_loss
    for name, array in whole.parameters.items():
        np.testing.assert_array_equal(resumed.parameters[name], array)


def test_a_checkpoint_of_something_else(tmp_path: Path) -> None:
    trained(epochs=4, folder=Keeper(tmp_path / "r", 1))
    with pytest.raises(InputError, match="validation_rows 22, not 18"):
        trained(epochs=4, members=5, folder=Keeper(tmp_path / "r", 1, resume=True))
    for change in ("0.best.w1", "x.w1", "7.best.w1"):
        keeper = Keeper(tmp_path / "r", 1, resume=True)
        assert keeper.found is not None
        arrays = {**keeper.found.arrays, change: np.zeros(2)}
        keeper.found = replace(keeper.found, arrays=arrays)
        with pytest.raises(InputError, match="another"):
            trained(epochs=4, folder=keeper)


# --- groups and weights -----------------------------------------------------------------------------


def test_no_group_is_in_two_folds_and_folds_are_about_equal() -> None:
    groups = np.repeat(np.arange(20), RNG.integers(1, 9, 20))
    numbers = folds(len(groups), 4, 0, None, groups)
    for group in range(20):
        assert len(np.unique(numbers[groups == group])) == 1
    assert np.ptp(np.bincount(numbers)) <= 8
    assert (numbers >= 0).all()


def test_each_row_is_judged_by_the_member_that_did_not_learn_from_it() -> None:
    groups = np.arange(91) % 11
    run, left_out = train_folds(NETWORK, X, T, **OPTIONS, members=4, groups=groups, patience=5)
    assert left_out.shape == T.shape
    assert not np.isnan(left_out).any()
    truth = np.log(left_out[np.arange(91), CODES])
    numbers = folds(91, 4, 0, None, groups)
    loss = -np.mean([truth[numbers == fold].mean() for fold in range(4)])
    assert run.history.validation_loss is not None
    assert min(run.history.validation_loss) == pytest.approx(loss, rel=1e-6)


def test_a_row_that_counts_nothing_teaches_nothing() -> None:
    changed, weight = T.copy(), np.ones(91)
    weight[::5] = 0
    changed[::5] = np.roll(changed[::5], 1, axis=1)
    first, second = (trained(t=t, codes=None, sample_weight=weight, epochs=5) for t in (T, changed))
    for name, array in first.parameters.items():
        np.testing.assert_array_equal(array, second.parameters[name])
    assert first.history.validation_loss == second.history.validation_loss


def test_weighted_rows_that_are_watched_choose_the_epoch() -> None:
    weight = np.where(np.arange(40) < 20, 1.0, 0.0)
    watched = {"epochs": 8, "learning_rate": 0.1, "patience": 3}
    weighted = train(NETWORK, X, T, validation=(X[:40], T[:40], weight), **watched)
    alone = train(NETWORK, X, T, validation=(X[:20], T[:20]), **watched)
    assert weighted.history.validation_loss == pytest.approx(alone.history.validation_loss, rel=1e-12)
