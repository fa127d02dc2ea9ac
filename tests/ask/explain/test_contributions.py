"""Sums parted by their letters: places, heads, rows; each part is its terms, and all of it adds up."""

import json
from typing import Any

import numpy as np
import pytest

from chainrule import Conv, Dense, Explanation, Flatten, InputError, Network, explain
from chainrule.ask.explain.contributions import by_letters
from chainrule.ask.explain.terms import Factor
from chainrule.engine.backprop import sweep
from chainrule.rules.layers.attention import Attention
from chainrule.rules.layers.embedding import Embedding
from chainrule.rules.layers.positions import Positions

RNG = np.random.default_rng(0)
SEQUENCE = Network([Embedding(5, 4), Positions(), Attention(2), Dense(5)], "token_cross_entropy")
X, T = RNG.integers(0, 5, (2, 6)), RNG.integers(0, 5, (2, 6))
P = {name: array + RNG.normal(0, 0.3, array.shape) for name, array in SEQUENCE.start(6).items()}
STEP = sweep(SEQUENCE, P, X, T).numbers


def told(quantity: str, by: str, rows: int = 2) -> Explanation:
    return explain(SEQUENCE, X[:rows], T[:rows], quantity, parameters=P, by=by)


@pytest.mark.parametrize(
    ("name", "index", "by"),
    [
        ("dE/dw1", (3, 1), "t"),
        ("dE/dw1", (3, 1), "row,t"),
        ("dE/dwq3", (0, 1, 1), "t"),
        ("dE/dk3", (0, 1, 0, 1), "t"),
        ("c3", (0, 4, 1, 0), "s"),
        ("z3", (1, 4, 2), "head"),
        ("dE/dz2", (0, 1, 2), "h"),
        ("dE/db4", (2,), "row"),
        ("E", (), "t"),
    ],
)
def test_parts_add_up_to_the_number(name: str, index: tuple[int, ...], by: str) -> None:
    parts = by_letters(Factor(STEP[name], index), by)
    np.testing.assert_allclose(
        sum(value for _, value in parts), STEP[name].array[index], rtol=1e-12, atol=1e-18
    )
    points = [point for point, _ in parts if point is not None]
    assert points == sorted(set(points))
    assert all(len(point) == len(by.split(",")) for point in points)


def test_a_head_brings_what_its_values_do_and_the_bias_is_the_rest() -> None:
    parts = dict(by_letters(Factor(STEP["z3"], (1, 4, 2)), "head"))
    for head in range(2):
        brought = STEP["c3"].array[1, 4, head] @ P["wo3"][head, :, 2]
        np.testing.assert_allclose(parts[head,], brought, rtol=1e-12)
    assert parts[None] == P["bo3"][2]


def test_a_token_learns_from_the_places_where_it_stands() -> None:
    parts = by_letters(Factor(STEP["dE/dw1"], (3, 0)), "row,t")
    assert [point for point, _ in parts] == [tuple(place) for place in np.argwhere(X == 3).tolist()]
    for point, value in parts:
        assert point is not None
        assert value == STEP["dE/dz1"].array[*point, 0]


def test_places_of_an_image_even_where_they_follow_from_others() -> None:
    network = Network([Conv(2, 3, "tanh", stride=2, padding=1), Flatten(), Dense(1)])
    x, t = RNG.normal(size=(1, 5, 5, 1)), RNG.normal(size=(1, 1))
    numbers = sweep(network, network.start((5, 5, 1)), x, t).numbers
    for name, index, by in (
        ("dE/dw1", (0, 1, 0, 1), "h,w"),
        ("dE/dx", (0, 1, 1, 0), "h"),
        ("z1", (0, 1, 1, 0), "k"),
    ):
        parts = by_letters(Factor(numbers[name], index), by)
        assert len(parts) > 1
        np.testing.assert_allclose(sum(v for _, v in parts), numbers[name].array[index], rtol=1e-12)


def test_the_document_and_its_json() -> None:
    explanation = told("dE/dwq3[0,1,1]", "t")
    assert "By t\n" in str(explanation)
    record: Any = json.loads(json.dumps(explanation.plain()))
    assert [part["at"] for part in record["by"]] == [[k] for k in range(6)]
    np.testing.assert_allclose(sum(part["value"] for part in record["by"]), record["value"], rtol=1e-12)
    assert "by" not in told("dE/dwq3[0,1,1]", "").plain()
    assert "the rest" in str(told("z3[0,1]", "head", rows=1))


@pytest.mark.parametrize(
    ("quantity", "by", "says"),
    [
        ("dE/dwq3[0,1,1]", "s", r"dE/dwq3 cannot be parted by s: its sums run over n, t"),
        ("dE/dwq3[0,1,1]", "t,x", "cannot be parted by t,x: its sums run over n, t"),
        ("a3[0,1,3,1]", "s", "a3 cannot be parted by s: it is no sum"),
        ("w1[0,0]", "t", "w1 cannot be parted by t: it is no sum"),
    ],
)
def test_what_is_no_sum_over_a_letter_is_refused(quantity: str, by: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        told(quantity, by)


def test_a_sum_without_terms_has_no_table() -> None:
    explanation = explain(SEQUENCE, 0 * X[:1], T[:1], "dE/dw1[3,0]", parameters=P, by="t")
    assert "left apart; there is no term in it." in str(explanation)
