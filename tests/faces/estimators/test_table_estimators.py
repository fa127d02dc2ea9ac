"""TableClassifier and TableRegressor: raw frames in, scikit-learn's words, the run of `chainrule train`."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from chainrule import InputError, TableClassifier, TableRegressor, load, train_table

QUICK: dict[str, Any] = {"hidden": (8,), "epochs": 25, "learning_rate": 0.02, "members": 2}


def frame(rows: int = 80) -> pl.DataFrame:
    random = np.random.default_rng(0)
    size = random.normal(size=rows)
    return pl.DataFrame({
        "size": [None if k % 9 == 0 else value for k, value in enumerate(size)],
        "colour": random.choice(["red", "green"], size=rows),
        "day": [f"2024-{1 + k % 12:02}-{1 + k % 28:02}" for k in range(rows)],
        "sort": np.where(size > 0, "up", "down"),
        "amount": 100 + 10 * size,
    })  # fmt: skip


@pytest.fixture(scope="module")
def fitted() -> TableClassifier:
    return TableClassifier(**QUICK).fit(frame().drop("amount"), "sort")


def test_a_raw_frame_is_learned_from(fitted: TableClassifier) -> None:
    rows = frame().drop("amount", "sort")
    shares = fitted.predict_proba(rows)
    assert fitted.classes_.tolist() == ["down", "up"]
    assert shares.shape == (80, 2)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (fitted.predict(rows) == fitted.classes_[shares.argmax(axis=1)]).all()
    assert fitted.score(rows, frame()["sort"]) == fitted.score(frame().drop("amount")) > 0.8
    assert fitted.feature_names_in_.tolist() == ["size", "colour", "day"]
    assert any("dates" in note for note in fitted.notes_)


def test_the_target_may_come_apart_as_a_column_or_in_a_file(fitted: TableClassifier, tmp_path: Path) -> None:
    rows = frame().drop("amount")
    rows.write_csv(tmp_path / "t.csv")
    apart = TableClassifier(**QUICK).fit(rows.drop("sort"), rows["sort"].to_list())
    of_file = TableClassifier(**QUICK).fit(tmp_path / "t.csv", "sort")
    columns = TableClassifier(**QUICK).fit({name: rows[name].to_list() for name in rows.columns}, "sort")
    for estimator in (apart, of_file, columns):
        np.testing.assert_array_equal(estimator.predict_proba(rows), fitted.predict_proba(rows))


def test_it_is_the_run_of_train_table(fitted: TableClassifier) -> None:
    run = train_table(frame().drop("amount"), "sort", validation=0.0, **QUICK)
    for name, array in run.parameters.items():
        np.testing.assert_array_equal(fitted.run_.parameters[name], array)


@pytest.mark.parametrize("labels", [[3, 1, 7], [True, False], ["None", "Minor", "b"], [0.5, 1.5]])
def test_labels_come_back_as_they_were(labels: list[Any]) -> None:
    y = np.array([labels[k % len(labels)] for k in range(60)])
    x = np.array([[k % len(labels), k % 7] for k in range(60)], float)
    estimator = TableClassifier(hidden=(8,), epochs=60, learning_rate=0.05, members=2).fit(x, y)
    assert estimator.classes_.tolist() == np.unique(y).tolist()
    assert estimator.classes_.dtype.kind == y.dtype.kind
    assert (estimator.predict(x) == y).mean() > 0.9


def test_amounts_and_scikit_learn_s_tools() -> None:
    rows = frame().drop("sort")
    estimator = TableRegressor(**QUICK, random_state=3)
    scores = cross_val_score(estimator, rows.drop("amount"), rows["amount"].to_numpy(), cv=2)
    assert scores.shape == (2,)
    again = pickle.loads(pickle.dumps(clone(estimator).fit(rows, "amount")))
    assert again.predict(rows).shape == (80,)
    assert again.score(rows) == pytest.approx(again.score(rows, rows["amount"].to_numpy()))


def test_a_saved_run_is_an_estimator_again(fitted: TableClassifier, tmp_path: Path) -> None:
    again = TableClassifier.from_run(load(fitted.run_.save(tmp_path / "run")))
    rows = frame()
    np.testing.assert_array_equal(again.predict_proba(rows), fitted.predict_proba(rows))
    with pytest.raises(InputError, match="TableRegressor: this run is of classification"):
        TableRegressor.from_run(fitted.run_)


def test_rows_and_classes_may_count_more() -> None:
    x = {"a": [0.0, 1.0] * 30}
    y = ["no", "yes"] * 25 + ["no"] * 10
    weight = [1.0] * 50 + [0.0] * 10
    quick: dict[str, Any] = {"hidden": (), "epochs": 60, "learning_rate": 0.1, "members": 2}
    plain = TableClassifier(**quick).fit(x, y)
    weighted = TableClassifier(**quick).fit(x, y, sample_weight=weight)
    assert weighted.predict_proba({"a": [1.0]})[0, 1] > plain.predict_proba({"a": [1.0]})[0, 1]
    named = TableClassifier(**quick, class_weight="balanced").fit({**x, "w": weight}, y, sample_weight="w")
    assert named.feature_names_in_.tolist() == ["a"]


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ({"a": [1, 2, 3]}, [1, 2], r"y is \(2,\), but X has 3 rows"),
        ({"a": [1, 2, 3]}, None, "y is the target of each row"),
        (np.zeros(3), [1, 2, 3], r"X is \(3,\), but rows of columns are wanted"),
        ({1: [1, 2, 3]}, "y", "a column is called 1"),
        ({"a": [1, 2], "b": [1]}, "a", "cannot be read as a table"),
    ],
)
def test_what_is_wrong_is_named(x: Any, y: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        TableRegressor().fit(x, y)
