"""From which probability a rare class is said: as asked or chosen, stored with the run, and told."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from chainrule import InputError, Run, TableClassifier, evaluate, load, predict_table, train_table
from chainrule.faces.cli.scores_report import scores_text
from chainrule.faces.onnx.model_file import to_onnx
from chainrule.faces.tables.targets import Classes, target_from_dict
from chainrule.faces.tabular.cutoff import MEASURES, best
from chainrule.faces.tabular.held_back import chosen_on_held_out

QUICK: dict[str, Any] = {"hidden": (8,), "epochs": 25, "learning_rate": 0.02, "members": 4}


def frame(rare: str = "yes", rows: int = 400) -> pl.DataFrame:
    random = np.random.default_rng(0)
    size = random.normal(size=rows)
    fraud = size + random.normal(size=rows) > 2.1
    return pl.DataFrame({"size": size, "fraud": np.where(fraud, rare, "no")})


@pytest.fixture(scope="module")
def run() -> Run:
    return train_table(frame(), "fraud", cutoff="f1", **QUICK)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("digits", [1, 6])
def test_no_cutoff_is_better_than_the_best(measure: str, digits: int) -> None:
    random = np.random.default_rng(digits)
    probability = random.random(300).round(digits)
    positive = random.random(300) < probability**3
    score = f1_score if measure == "f1" else balanced_accuracy_score
    chosen = best(measure, probability, positive)
    others = [score(positive, probability > cutoff) for cutoff in np.linspace(0, 0.999, 999)]
    assert score(positive, probability > chosen) >= max(others) - 1e-12


def test_rows_that_are_all_alike_leave_it_at_a_half() -> None:
    assert best("f1", np.full(20, 0.2), np.arange(20) < 5) == 0.5


@pytest.mark.parametrize("rare", ["yes", "maybe"])
def test_the_rarer_class_is_said_from_there_up(rare: str) -> None:
    """`maybe` is the first class, `yes` the second."""
    table = frame(rare)
    run = train_table(table, "fraud", cutoff=0.2, **QUICK)
    said = predict_table(run, table)
    expected = np.where(said[f"probability {rare}"] > 0.2, rare, "no")
    np.testing.assert_array_equal(said["prediction"].to_numpy(), expected)
    assert run.extra["validation"]["said_from"] == {rare: pytest.approx(0.2)}
    assert f"{rare} is said from a probability of 0.2 up" in scores_text(evaluate(run, table))


def test_it_is_chosen_on_rows_left_out_and_finds_more(run: Run, tmp_path: Path) -> None:
    plain = train_table(frame(), "fraud", **QUICK)
    (label, probability), *_ = run.extra["validation"]["said_from"].items()
    assert label == "yes"
    assert 0 < probability < 0.5
    table = frame()
    recall = [evaluate(each, table)["recall"][1] for each in (plain, run)]
    assert recall[1] > recall[0]
    np.testing.assert_array_equal(
        predict_table(plain, table)["probability yes"], predict_table(run, table)["probability yes"]
    )
    run.save(tmp_path / "run")
    assert predict_table(load(tmp_path / "run"), table).equals(predict_table(run, table))
    classifier = TableClassifier.from_run(run)
    assert classifier.predict(table).tolist() == predict_table(run, table)["prediction"].to_list()


def test_a_file_of_onnx_says_the_same(run: Run, tmp_path: Path) -> None:
    assert to_onnx(run, tmp_path / "run.onnx")


def test_the_likeliest_is_said_by_those_who_were_stored_before() -> None:
    target = target_from_dict({"task": "classification", "name": "t", "labels": ["a", "b"], "kind": "words"})
    assert isinstance(target, Classes)
    assert target.cutoff == 0.5
    assert target.said_from is None
    assert target_from_dict(Classes("t", ("a", "b"), "words", 0.3).to_dict()).cutoff == 0.3  # type: ignore[union-attr]


def test_rows_held_out_that_chose_it_are_said_to() -> None:
    """A single network has no others; eight choose on rows that each left out."""
    alone = train_table(frame(), "fraud", cutoff="f1", **QUICK | {"members": 1})
    assert chosen_on_held_out(alone.extra) == "the weights and the cutoff"
    unwatched = train_table(frame(), "fraud", cutoff="f1", patience=None, **QUICK | {"members": 1})
    assert chosen_on_held_out(unwatched.extra) == "the cutoff"
    given = train_table(frame(), "fraud", cutoff=0.3, **QUICK)
    assert chosen_on_held_out(given.extra) == ""


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"cutoff": 1.5}, "between 0 and 1"),
        ({"cutoff": "f2"}, "f1 or balanced"),
        ({"target": "size", "cutoff": 0.3}, "holds amounts"),
        ({"target": "sort", "cutoff": 0.3}, "there are 3"),
        ({"target": "single", "cutoff": "f1"}, "of one there is 3"),
        ({"cutoff": "f1", "members": 1, "validation": 0.0}, "of one there is none"),
    ],
)
def test_what_cannot_be_is_refused_before_training(wanted: dict[str, Any], words: str) -> None:
    number = np.arange(400)
    table = frame().with_columns(
        sort=pl.Series(np.array(["a", "b", "c"])[number % 3]), single=pl.Series(number % 100 == 7).cast(str)
    )
    with pytest.raises(InputError, match=words):
        train_table(table, wanted.pop("target", "fraud"), **QUICK | {"epochs": 10**9} | wanted)
