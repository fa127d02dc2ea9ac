"""Addresses of quantities: with and without brackets, by a source's own names, after N updates."""

import pytest

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.address import Address

ONE_ROW = worked.parse(
    """
inputs = [[0.05, 0.1]]
targets = [[0.5]]
[[layers]]
activation = "sigmoid"
weights = [[0.15, 0.25, 1], [0.2, 0.3, 1]]
[[layers]]
activation = "sigmoid"
weights = [[0.4], [0.45], [1]]
biases = [0.6]
[names]
w5 = "w2[0,0]"
w2 = "w1[1,0]"
net_h1 = "z1[0]"
out_h1 = "a1[0]"
out_o = "a2"
""",
    "one.toml",
)
TWO_ROWS = worked.parse(
    worked.builtin().replace("[[0.1]]", "[[1], [2]]").replace("[[0.25]]", "[[0], [1]]"), ""
)


@pytest.mark.parametrize(
    ("text", "name", "index", "after"),
    [
        ("x[1]", "x", (0, 1), 0),
        ("x[0,1]", "x", (0, 1), 0),
        ("t", "t", (0, 0), 0),
        ("w1[1,2]", "w1", (1, 2), 0),
        ("b1[2]", "b1", (2,), 0),
        ("b2", "b2", (0,), 0),
        ("z1[2]", "z1", (0, 2), 0),
        ("a2", "a2", (0, 0), 0),
        ("E", "E", (), 0),
        ("E@10000", "E", (), 10000),
        ("dE/dw1[0,2]", "dE/dw1", (0, 2), 0),
        ("dE/dx[1]", "dE/dx", (0, 1), 0),
        ("dE/dz1[2]", "dE/dz1", (0, 2), 0),
        ("da1/dz1[2]", "da1/dz1", (0, 2), 0),
        ("w1'[0,2]", "w1'", (0, 2), 0),
        ("b2'", "b2'", (0,), 0),
        ("a2[0]@3", "a2", (0, 0), 3),
        (" w1 [1, 2] ", "w1", (1, 2), 0),
        ("w5", "w2", (0, 0), 0),
        ("w2", "w1", (1, 0), 0),
        ("w2'", "w1'", (1, 0), 0),
        ("dE/dw5", "dE/dw2", (0, 0), 0),
        ("dE/dout_h1", "dE/da1", (0, 0), 0),
        ("dout_h1/dnet_h1", "da1/dz1", (0, 0), 0),
        ("out_o@7", "a2", (0, 0), 7),
    ],
)
def test_addresses(text: str, name: str, index: tuple[int, ...], after: int) -> None:
    assert ONE_ROW.quantity(text) == Address(name, index, after)


@pytest.mark.parametrize(
    ("text", "name", "index"),
    [("z1[1,0]", "z1", (1, 0)), ("w2", "w2", (0, 0)), ("dE/dw2", "dE/dw2", (0, 0)), ("x[1,0]", "x", (1, 0))],
)
def test_with_several_rows_the_row_stands_first(text: str, name: str, index: tuple[int, ...]) -> None:
    assert TWO_ROWS.quantity(text) == Address(name, index)


@pytest.mark.parametrize("text", ["z1", "z1[0]", "w2[0]", "dE/dE", "z3", "w1[0,0][0]", "", "da2/dz1", "w1''"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"quantity|write|indices"):
        TWO_ROWS.quantity(text)
