"""Bins of numbers: shares from 0 to 1, a line that bends at the edges, learned from training rows alone."""

import numpy as np
import polars as pl
import pytest

from chainrule.faces.tables.bins import Bins
from chainrule.faces.tables.columns import NumberColumn
from chainrule.faces.tables.encoding import Encoding
from chainrule.faces.tables.survey import FEWEST_BINS, MOST_BINS, Survey
from chainrule.faces.tables.table import Table
from chainrule.faces.tabular.frames import as_table
from chainrule.faces.tabular.recipe import BINS
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.training import prepare


def table(**columns: object) -> Table:
    return as_table(pl.DataFrame(columns))


def test_shares_by_hand() -> None:
    bins = Bins((0.0, 1.0, 3.0))
    shares = bins.encode(np.array([[-5.0], [0.25], [1.0], [2.0], [9.0]]))
    assert shares.tolist() == [[0, 0], [0.25, 0], [1, 0], [1, 0.5], [1, 1]]


def test_any_line_that_bends_at_the_edges_is_a_sum_of_shares() -> None:
    bins = Bins.of(np.random.default_rng(0).normal(size=200), 8)
    edges = np.array(bins.edges)
    heights = np.random.default_rng(1).normal(size=len(edges))
    x = np.linspace(edges[0], edges[-1], 101)
    line = heights[0] + bins.encode(x[:, None]) @ np.diff(heights)
    np.testing.assert_allclose(line, np.interp(x, edges, heights), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("values", "count", "bins"),
    [
        ([1.0, 2.0], 16, 0),
        ([1.0, 2.0, 3.0] * 9, 16, 2),
        ([5.0] * 9, 4, 0),
        (range(100), 16, 16),
        (range(9), 0, 0),
    ],
)
def test_there_are_no_more_bins_than_values_tell_apart(values: object, count: int, bins: int) -> None:
    assert len(Bins.of(np.array(values, float), count)) == bins


def test_names_tell_the_bins_apart() -> None:
    edges = np.array([123456.1, 123456.2, 123456.4])
    assert Bins((0.0, 1.0, 2.0)).names(edges) == ["123456.1 to 123456.2", "123456.2 to 123456.4"]


def test_edges_come_from_the_training_rows_alone() -> None:
    values = [*np.linspace(0, 1, 41), *np.linspace(100, 200, 9)]
    rows = table(x=values, y=[k % 7 / 3 for k in range(50)])
    encoding, x, _ = Survey(rows, "y").learn(np.arange(41), 4)
    [column] = encoding.columns
    assert isinstance(column, NumberColumn)
    assert column.moments.restore(np.array(column.bins.edges)).tolist() == pytest.approx(
        [0, 0.25, 0.5, 0.75, 1]
    )
    assert encoding.feature_names == ["x", "x 0 to 0.25", "x 0.25 to 0.5", "x 0.5 to 0.75", "x 0.75 to 1"]
    assert (x[41:, 1:] == 1).all()
    assert encoding.is_bin.tolist() == [False, True, True, True, True]


def test_what_is_saved_is_what_is_read() -> None:
    rows = table(x=[0.1 * k if k % 5 else None for k in range(60)], w=["a", "b"] * 30, y=list(range(60)))
    ready = prepare(rows, Request("y"))
    again = Encoding.from_dict(ready.encoding.to_dict())
    assert again == ready.encoding
    assert np.array_equal(again.encode(rows).astype(np.float32), ready.x)


def test_a_run_from_before_has_none() -> None:
    rows = table(x=[0.1 * k for k in range(60)], y=list(range(60)))
    stored = Survey(rows, "y", task="regression").learn()[0].to_dict()
    for column in stored["columns"]:
        del column["bins"]
    assert Encoding.from_dict(stored).feature_names == ["x"]


def test_classes_have_none_unless_they_are_asked_for() -> None:
    rows = table(x=[0.1 * k for k in range(60)], y=["a", "b"] * 30)
    assert prepare(rows, Request("y")).encoding.inputs == 1
    assert prepare(rows, Request("y", bins=4)).encoding.inputs == 1 + 4


def test_a_network_without_hidden_layers_stays_linear() -> None:
    rows = table(x=[0.1 * k for k in range(60)], y=list(range(60)))
    assert prepare(rows, Request("y", hidden=())).encoding.inputs == 1
    assert prepare(rows, Request("y")).encoding.inputs == 1 + BINS
    assert prepare(rows, Request("y", bins=3)).encoding.inputs == 1 + 3


def test_very_many_columns_have_fewer_bins_or_none() -> None:
    random = np.random.default_rng(0)
    many = {f"x{k}": random.normal(size=30) for k in range(MOST_BINS // 8)}
    rows = table(**many, y=random.normal(size=30))
    assert Survey(rows, "y").learn(None, 16)[0].inputs == len(many) * 9
    very_many = {f"x{k}": random.normal(size=30) for k in range(MOST_BINS // FEWEST_BINS + 1)}
    rows = table(**very_many, y=random.normal(size=30))
    assert Survey(rows, "y").learn(None, 16)[0].inputs == len(very_many)
