"""What the studio is opened with in Python: each kind of it is shown, and its arrays are its own."""

import json
import warnings
from typing import Any

import numpy as np
import polars as pl
import pytest

from chainrule import (
    BackpropClassifier,
    BackpropRegressor,
    Dense,
    Dropout,
    InputError,
    Network,
    TableRegressor,
    train,
    train_table,
)
from chainrule.ask.cases import example as worked
from chainrule.faces.studio.desk import Desk
from chainrule.faces.studio.sources import FEW
from chainrule.faces.studio.subject import subject_of

RNG = np.random.default_rng(4)
X = RNG.normal(size=(40, 3))
T = (X[:, :1] > 0).astype(float)
NETWORK = Network([Dense(4, "tanh"), Dense(1)], loss="binary_cross_entropy")


def opened(*subject: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Scene and first frame of a subject that also learns on and is asked."""
    desk = Desk(subject_of(*subject))
    scene, frame = desk.answer(json.dumps({"kind": "open", "source": ""}))
    (told,) = desk.answer(json.dumps({"kind": "ask", "quantity": "dE/dw1[0,0]"}))
    assert told["kind"] == "told", told
    json.dumps([scene, frame, told], allow_nan=False)
    return scene, frame


def fitted(kind: Any, y: Any, **more: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return kind((5,), max_iter=4, random_state=1, **more).fit(X, y)


def test_a_run_is_replayed_on_its_own_rows_and_goes_on_from_others() -> None:
    run = train(NETWORK, X, T, epochs=3, batch_size=10, seed=3, validation=0.2)
    scene, frame = opened(run, X, T)
    assert "bit for bit" in scene["about"]
    assert frame["n"] == 12
    assert "held-out" in frame["says"][0]
    scene, frame = opened(run, X[:20], T[:20])
    assert "cannot be replayed" in scene["about"]
    assert "trained already" in frame["says"][0]
    assert opened(run, X[:FEW], T[:FEW])[0]["mode"] == "numbers"
    with pytest.raises(InputError, match="on rows"):
        subject_of(run)


def test_an_estimator_learns_on_from_its_weights() -> None:
    words = np.where(T[:, 0] > 0, "up", "down")
    for estimator, y in (
        (fitted(BackpropClassifier, words), words),
        (fitted(BackpropRegressor, X[:, 0], solver="lbfgs"), X[:, 0]),
    ):
        desk = Desk(subject_of(estimator, X, y))
        scene, frame = desk.answer(json.dumps({"kind": "open", "source": ""}))
        assert (scene["label"], frame["n"]) == (type(estimator).__name__, 0)
        assert "learns on" in scene["about"]
        (later,) = desk.answer(json.dumps({"kind": "advance", "updates": 2}))
        assert later["n"] == 2
        assert opened(estimator, X[:2], y[:2])[0]["mode"] == "numbers"
        with pytest.raises(InputError, match="X, y"):
            subject_of(estimator)
    with pytest.raises(InputError, match="fit it first"):
        subject_of(BackpropClassifier(), X, words)


def test_a_run_of_a_table_is_replayed_on_it() -> None:
    frame = pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": X[:, 2]})
    run = train_table(frame, "y", hidden=(4,), epochs=2, members=1, patience=None)
    assert "bit for bit" in opened(run, frame)[0]["about"]
    with pytest.raises(InputError, match="not the table"):
        subject_of(run, frame[:20])
    with pytest.raises(InputError, match=r"Studio\(run, table\)"):
        subject_of(run)
    estimator = TableRegressor(hidden=(4,), epochs=1, members=1, patience=None).fit(frame, "y")
    with pytest.raises(InputError, match="train_table"):
        subject_of(estimator, frame)


def test_what_is_given_is_copied() -> None:
    example = worked.parse(worked.builtin(), "lesson.toml")
    x, t = X[:3].copy(), T[:3].copy()
    desks = [Desk(subject_of(example)), Desk(subject_of(NETWORK, x, t))]
    first = [desk.answer(json.dumps({"kind": "open", "source": ""}))[1]["loss"] for desk in desks]
    example.x[...] = 9.0
    x[...] = 9.0
    assert [desk.answer(json.dumps({"kind": "open", "source": ""}))[1]["loss"] for desk in desks] == first


def test_what_cannot_be_shown_is_refused_in_a_sentence() -> None:
    example = worked.parse(worked.builtin(), "lesson.toml")
    dropped = train(Network([Dense(2, "tanh"), Dropout(0.5), Dense(1)]), X, X[:, :1], epochs=1)
    for subject, reason in (
        ((3,), "not int"),
        ((example, X), "rows of its own"),
        ((dropped, X, X[:, :1]), "dense layers"),
        ((NETWORK, X), "on rows"),
        (("missing.toml",), "No such file"),
    ):
        with pytest.raises(InputError, match=reason):
            subject_of(*subject)
