"""A compiled session is the training of `train`, to the bit; back in time and on branches too."""

from typing import Any

import numpy as np
import pytest

from chainrule.engine.network import Network
from chainrule.engine.training.epoch_session import EpochSession
from chainrule.engine.training.options import Task, TrainingOptions, learning_rows, start_of
from chainrule.engine.training.train import train
from chainrule.rules.layers.dense import Dense

RNG = np.random.default_rng(3)
X = RNG.normal(size=(53, 2))
T = (X[:, :1] * X[:, 1:] > 0).astype(float)
NETWORK = Network([Dense(5, "tanh"), Dense(3, "relu"), Dense(1, "sigmoid")], loss="binary_cross_entropy")


def options(**more: Any) -> dict[str, Any]:
    usual = {
        "optimizer": "adam",
        "learning_rate": 0.05,
        "epochs": 10,
        "batch_size": 8,
        "shuffle": True,
        "threshold": None,
        "patience": None,
        "validation": 0.2,
        "weight_decay": 0.0,
        "seed": 4,
    }
    return usual | more


def session(**more: Any) -> EpochSession:
    wanted = TrainingOptions(**options(**more))
    job = Task.of(NETWORK, X, T, None, wanted)
    held_out = len(job.held_out) if job.held_out else 0
    origins = learning_rows(len(X), held_out, wanted.seed)[0] if held_out else np.arange(len(X))
    return EpochSession(job, start_of(NETWORK, job.data, None, wanted.seed), origins)


def same(a: Any, b: Any) -> bool:
    return all(np.array_equal(a[name], b[name]) for name in b)


@pytest.mark.parametrize(
    "more", [{}, {"batch_size": None, "optimizer": "sgd"}, {"validation": None, "weight_decay": 0.01}]
)
def test_a_session_is_train_to_the_bit(more: dict[str, Any]) -> None:
    run = train(NETWORK, X, T, **options(**more))
    walked = session(**more)
    walked.run(10 * walked.steps)
    assert same(walked.parameters, run.parameters)
    assert walked.losses.training == run.loss
    assert walked.losses.held_out == run.validation_loss


def test_back_and_on_again_update_by_update() -> None:
    walked = session()
    seen = []
    for _ in range(3 * walked.steps):
        seen.append(dict(walked.parameters))
        walked.run(1)
    for updates in (17, 4, 0, 11, 3 * walked.steps - 1):
        walked.seek(updates)
        assert same(walked.parameters, seen[updates])
        moment = walked.moment
        assert same(moment.parameters, seen[updates])
        assert np.array_equal(moment.x, X[moment.rows])
    whole = session()
    whole.run(3 * whole.steps)
    walked.seek(10**6)
    assert same(walked.parameters, whole.parameters)


def test_pieces_of_long_epochs_are_the_same_training(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = session()
    whole.run(4 * whole.steps)
    monkeypatch.setattr("chainrule.engine.training.epoch_session.SHORT", 0)
    pieces = session()
    while pieces.updates < 4 * pieces.steps:
        pieces.run(4 * pieces.steps - pieces.updates, seconds=0.0)
    assert same(pieces.parameters, whole.parameters)


@pytest.mark.parametrize("updates", [0, 12, 13])
def test_an_edit_is_a_branch_and_can_be_taken_back(updates: int) -> None:
    walked = session()
    walked.run(30)
    walked.seek(updates)
    before = dict(walked.parameters)
    walked.edit("w2", (1, 2), 0.5)
    assert walked.parameters["w2"][1, 2] == 0.5
    walked.run(20)
    end = dict(walked.parameters)
    walked.seek(updates + 3)
    walked.seek(updates + 20)
    assert same(walked.parameters, end)
    walked.seek(0)
    assert walked.updates == updates
    assert walked.undo()
    assert same(walked.parameters, before)
    walked.seek(30)
    assert walked.updates == 30
    assert not walked.undo()


def test_it_stays_where_all_is_finite() -> None:
    with np.errstate(all="ignore"):
        walked = session(optimizer="sgd", learning_rate=1e200)
        walked.run(100)
    assert walked.is_diverged
    assert all(np.isfinite(array).all() for array in walked.parameters.values())
