"""Cross-validation: every row is held out once, nothing leaks, mean and spread are those of the folds."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from chainrule import InputError, load, train_table
from chainrule.faces.cli import main
from chainrule.faces.tabular.frames import as_table
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.splits import parts_of
from chainrule.faces.tabular.training import fit_for, surveyed

QUICK: dict[str, Any] = {"hidden": (8,), "epochs": 8, "learning_rate": 0.02, "members": 2}
Parts = list[tuple[np.ndarray, np.ndarray]]


def frame(rows: int = 103) -> pl.DataFrame:
    random = np.random.default_rng(0)
    size = random.normal(size=rows)
    return pl.DataFrame({
        "size": size,
        "patient": [f"p{k // 4}" for k in range(rows)],
        "day": [f"2024-{1 + k % 12:02}-{1 + k % 28:02}" for k in random.permutation(rows)],
        "sort": np.where(size > 0.9, "rare", "common"),
    })  # fmt: skip


def parts(count: int, **wanted: Any) -> Parts:
    request = Request("sort", folds=count, **wanted)
    survey, groups = surveyed(as_table(frame()), request)
    return list(parts_of(survey, count, request.seed, request.special, groups))


@pytest.mark.parametrize("wanted", [{}, {"group": "patient"}])
def test_every_row_is_held_out_once(wanted: dict[str, Any]) -> None:
    folds = parts(5, **wanted)
    assert len(folds) == 5
    np.testing.assert_array_equal(np.sort(np.concatenate([out for _, out in folds])), np.arange(103))
    for learning, out in folds:
        np.testing.assert_array_equal(np.sort(np.concatenate([learning, out])), np.arange(103))
        assert 17 <= len(out) <= 24


def test_classes_come_in_proportion_and_groups_whole() -> None:
    rare = frame()["sort"].to_numpy() == "rare"
    counts = [rare[out].sum() for _, out in parts(5)]
    assert max(counts) - min(counts) <= 1
    patients = frame()["patient"].to_numpy()
    for learning, out in parts(4, group="patient"):
        assert not set(patients[learning]) & set(patients[out])


def test_a_stretch_of_time_is_judged_by_what_was_before() -> None:
    days = frame()["day"].to_numpy()
    folds = parts(4, time="day")
    assert len(folds) == 4
    for learning, out in folds:
        assert days[learning].max() < days[out].min()
    for (_, earlier), (_, later) in pairwise(folds):
        assert days[earlier].max() < days[later].min()


def test_the_encoding_of_a_fold_is_learned_without_it() -> None:
    request = Request("sort", folds=3)
    table = frame().with_columns(size=pl.Series(np.arange(103.0)))
    survey, groups = surveyed(as_table(table), request)
    for learning, out in parts_of(survey, 3, 0, request.special, groups):
        encoding = fit_for(survey, request, None, groups, learning, out).encoding
        moments = next(column for column in encoding.columns if column.name == "size").moments
        assert moments.mean == pytest.approx(learning.mean())


def test_means_and_spreads_are_those_of_the_folds(tmp_path: Path) -> None:
    run = train_table(frame(), "sort", folds=3, **QUICK)
    folds = run.extra["folds"]
    assert folds["rows"] == [35, 34, 34]
    for score in folds["scores"].values():
        assert score["mean"] == pytest.approx(np.mean(score["each"]))
        assert score["std"] == pytest.approx(np.std(score["each"], ddof=1))
        assert len(score["each"]) == 3
    assert folds["scores"]["accuracy"]["constant"] == pytest.approx(0.8, abs=0.1)
    alone = train_table(frame(), "sort", **QUICK)
    np.testing.assert_array_equal(alone.parameters["w1"], run.parameters["w1"])
    assert "folds" not in alone.extra
    run.save(tmp_path / "run")
    assert load(tmp_path / "run").extra["folds"] == folds


@pytest.mark.parametrize("target", ["sort", "size"])
def test_the_command_says_them(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    frame().write_csv(tmp_path / "t.csv")
    monkeypatch.chdir(tmp_path)
    words = [
        "--html",
        "page.html",
        "--hidden",
        "4",
        "--epochs",
        "2",
        "--members",
        "2",
        "--folds",
        "2",
        "--validation",
        "0",
    ]
    for form in ([], ["--json"]):
        with pytest.raises(SystemExit) as ended:
            main(["train", "t.csv", "--target", target, *words, *form])
        assert ended.value.code == 0
    text, told = capsys.readouterr().out.split("\n{", 1)
    assert "2 folds, held out one after the other (103 rows):" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "mean of 2 folds" in (tmp_path / "page.html").read_text()
    said = json.loads("{" + told)
    assert said["folds"]["count"] == 2
    assert ("accuracy" if target == "sort" else "r2") in said["folds"]["scores"]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"folds": 1}, "two are the fewest"),
        ({"folds": 60}, "103 rows are too few"),
        ({"folds": 40, "group": "patient"}, "26 groups are too few"),
        ({"folds": 90, "time": "day"}, "are too few"),
        ({"folds": 51, "time": "day"}, "too few for each to leave others out"),
    ],
)
def test_too_many_folds_are_refused_before_training(wanted: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        train_table(frame(), "sort", **QUICK | {"epochs": 10**9} | wanted)
