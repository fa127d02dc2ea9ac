"""Quantities by the names of columns and outputs, as numbers; what is no name is refused."""

import pytest

from chainrule.ask.explain.named_indices import numbered
from chainrule.errors import InputError

PARAMETERS = ["w1", "b1", "w2", "b2"]
COLUMNS = ["mass", "mass (missing)", "island=Biscoe", "island=Dream, north", "year"]
OUTPUTS = ["kind=large", "kind=small", "kind=year"]


@pytest.mark.parametrize(
    ("quantity", "plain"),
    [
        ("w1[0,2]", "w1[0,2]"),
        ("w1[year,2]", "w1[4,2]"),
        ("dE/dw1[island=Biscoe,2]@40", "dE/dw1[2,2]@40"),
        ("w1'[Biscoe,2]@epoch:3", "w1'[2,2]@epoch:3"),
        ("m_w1[year,0]", "m_w1[4,0]"),
        ("w1[island=Dream, north,1]", "w1[3,1]"),
        ("x[0,mass]", "x[0,0]"),
        ("x[mass]", "x[0]"),
        ("t[small]", "t[1]"),
        ("a2[7,kind=year]", "a2[7,2]"),
        ("dE/dw2[3,large]", "dE/dw2[3,0]"),
        ("b2[small]", "b2[1]"),
        ("island=Biscoe -> unit 3", "w1[2,3]"),
        ("dE/d(island=Biscoe → unit 3)@5", "dE/dw1[2,3]@5"),
        ("unit 1 -> small", "w2[1,1]"),
        ("E@7", "E@7"),
        ("dE/dw1", "dE/dw1"),
        ("t[0,1]-a2[0,1]", "t[0,1]-a2[0,1]"),
    ],
)
def test_names(quantity: str, plain: str) -> None:
    assert numbered(quantity, PARAMETERS, COLUMNS, OUTPUTS) == plain


@pytest.mark.parametrize(
    ("quantity", "says"),
    [
        ("w1[yeer,2]", "nothing is called 'yeer'. Did you mean 'year'"),
        ("w1[island,2]", "'island' is several inputs: name one of 'island=Biscoe', 'island=Dream, north'"),
        ("w1[0,small]", "units between have no names"),
        ("z1[0,mass]", "units between have no names"),
        ("t[mass]", "nothing is called 'mass'"),
        ("mas -> unit 0", "Did you mean 'mass'"),
    ],
)
def test_no_names(quantity: str, says: str) -> None:
    with pytest.raises(InputError, match=says.replace("?", r"\?")):
        numbered(quantity, PARAMETERS, COLUMNS, OUTPUTS)


def test_a_network_of_one_layer_has_both_names() -> None:
    assert numbered("w1[year,small]", ["w1", "b1"], COLUMNS, OUTPUTS) == "w1[4,1]"
    assert numbered("year -> small", ["w1", "b1"], COLUMNS, OUTPUTS) == "w1[4,1]"
