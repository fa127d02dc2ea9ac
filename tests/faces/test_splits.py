"""Rows that do not leak: whole groups, the latest rows; and rows and classes that count more than others."""

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest

from chainrule import InputError, train_table
from chainrule.faces.tabular.frames import as_table
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.training import Fit, prepare


def frame(rows: int = 120) -> pl.DataFrame:
    random = np.random.default_rng(0)
    size = random.normal(size=rows)
    return pl.DataFrame({
        "size": size,
        "patient": [f"p{k // 4}" for k in range(rows)],
        "day": [f"{1 + k % 28:02}/{1 + k // 28 % 12:02}/2024" for k in random.permutation(rows)],
        "count": random.integers(1, 5, rows),
        "sort": np.where(size > 1.2, "rare", "common"),
    })  # fmt: skip


def ready(**wanted: Any) -> Fit:
    return prepare(as_table(frame()), Request("sort", **wanted))


def test_a_group_is_held_out_whole_and_is_no_input() -> None:
    fit = ready(group="patient", seed=4)
    patients = frame()["patient"].to_numpy()
    assert not set(patients[fit.kept]) & set(patients[fit.held_out])
    assert 20 <= len(fit.held_out) <= 28
    assert "patient" not in [column.name for column in fit.encoding.columns]
    assert fit.groups is not None
    assert len(fit.groups) == len(fit.kept)
    assert len(np.unique(fit.groups)) == len(set(patients[fit.kept]))


def test_the_latest_rows_are_held_out_and_stretches_of_time_left_out() -> None:
    fit = ready(time="day")
    days = np.array([cell.split("/")[::-1] for cell in frame()["day"]]).tolist()
    assert max(days[row] for row in fit.kept) < min(days[row] for row in fit.held_out)
    assert "day" in [column.name for column in fit.encoding.columns]
    assert fit.groups is not None
    spans = [[days[row] for row in fit.kept[fit.groups == k]] for k in range(fit.members)]
    for earlier, later in pairwise(spans):
        assert max(earlier) <= min(later)


def test_classes_count_alike() -> None:
    fit = ready(class_weight="balanced")
    assert fit.weight is not None
    rare = frame()["sort"].to_numpy() == "rare"
    sums = [fit.weight[fit.kept][rare[fit.kept] == sort].sum() for sort in (True, False)]
    assert sums[0] == pytest.approx(sums[1])
    assert fit.weight[fit.kept].mean() == pytest.approx(1)


def test_rows_count_as_a_column_says() -> None:
    fit = ready(weight="count")
    assert fit.weight is not None
    assert fit.weight / fit.weight[0] == pytest.approx(frame()["count"].to_numpy() / frame()["count"][0])
    assert "count" not in [column.name for column in fit.encoding.columns]


def test_balanced_classes_find_more_of_the_rare_ones() -> None:
    random = np.random.default_rng(2)
    size = random.normal(size=400)
    sort = np.where(size + random.normal(size=400) > 2.2, "rare", "common")
    rows = pl.DataFrame({"size": size, "sort": sort})
    options: dict[str, Any] = {"hidden": (), "learning_rate": 0.02, "epochs": 60, "members": 2}
    plain, balanced = (
        train_table(rows, "sort", class_weight=weight, **options).extra["validation"]["recall"][1]
        for weight in (None, "balanced")
    )
    assert balanced > plain


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"group": "patent"}, "--group: no column 'patent'. Did you mean 'patient'"),
        ({"group": "sort"}, "--group: 'sort' is the target"),
        ({"group": "patient", "time": "day"}, "--group and --time are two ways"),
        ({"weight": "patient"}, "row 1, column 'patient': 'p0' is not a number"),
        ({"time": "patient"}, "is not a number"),
        ({"group": "patient", "members": 60}, "groups to learn from: too few"),
    ],
)
def test_what_cannot_be_is_named(wanted: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words.replace("(", r"\(")):
        ready(**wanted)


def test_as_many_groups_are_held_out_as_come_nearest_to_the_share() -> None:
    sites = ["a"] * 50 + ["b"] * 45 + ["c"] * 25
    for seed in range(4):
        fit = prepare(
            as_table(frame().with_columns(patient=pl.Series(sites))),
            Request("sort", group="patient", seed=seed),
        )
        assert len({sites[row] for row in fit.held_out}) == 1


def test_one_group_cannot_be_split() -> None:
    rows = frame().with_columns(patient=pl.lit("a"))
    with pytest.raises(InputError, match="none can be held out"):
        prepare(as_table(rows), Request("sort", group="patient"))


def test_a_weight_that_is_missing_or_negative_is_named() -> None:
    for cell, words in ((None, "row 3, column 'count': the cell is missing"), (-1, "row 3.*is negative")):
        counts = frame()["count"].to_list()
        counts[2] = cell
        with pytest.raises(InputError, match=words):
            prepare(as_table(frame().with_columns(count=pl.Series(counts))), Request("sort", weight="count"))
