"""Expressions: what a source prints and has no address, read as arithmetic and nothing else."""

import math

import pytest

from chainrule.ask.cases import arithmetic as expression
from chainrule.ask.cases.address import Address, Addresses
from chainrule.errors import InputError

SHAPES = {"x": (1, 2), "t": (1, 1), "w1": (2, 1), "z1": (1, 1), "a1": (1, 1), "E": (), "dE/dw1": (2, 1)}
QUANTITIES = Addresses(SHAPES | {"w1'": (2, 1)}, 1, {"w5": "w1[0,0]", "d1": "z1", "d2": "a1"})
VALUES = {"x": 3.0, "t": 0.25, "w1": 0.5, "w1'": 0.4, "z1": 2.0, "a1": 0.75, "E": 0.125, "dE/dw1": -0.1}


def parse(text: str) -> expression.Expression:
    return expression.parse(text, QUANTITIES.find, {"learning_rate": 0.4})


def value(text: str) -> float:
    return parse(text).value(lambda quantity: VALUES[quantity.name] + quantity.after)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("(t[0]-a1[0])^2/2", 0.125),
        ("(t[0]-a1[0])**2/2", 0.125),
        ("learning_rate*dE/dw1[0,0]", -0.04),
        ("learning_rate * dE/dw5", -0.04),
        ("exp(-z1[0])", math.exp(-2)),
        ("1/(1 + exp(-z1))", 1 / (1 + math.exp(-2))),
        ("-x[0]^2", -9.0),
        ("2^-x[1]", 0.125),
        ("ln(a1) + log(a1) - 2*ln(a1)", 0.0),
        ("sqrt(x[0] * 3) + tanh(0) + abs(-1.5e0)", 4.5),
        ("d1 / d2", 2 / 0.75),
        ("w1'[0,0] − w1[0,0]", -0.1),
        ("w5 · x[0] × 2", 3.0),
        ("x[0]*w1[0,0] + x[1]*w1[1,0]", 3.0),
        ("z1@2 - z1", 2.0),
        (".5 * x[ 0 ]", 1.5),
    ],
)
def test_it_is_the_arithmetic_that_is_written(text: str, wanted: float) -> None:
    assert expression.is_expression(text)
    assert value(text) == pytest.approx(wanted, rel=1e-15)


@pytest.mark.parametrize(
    "text", ["E", "w1[0,0]", "dE/dw1[0,0]", "w1'[0, 1]", "E@10000", "E@-1", "w1[0,0", "da1/dz1"]
)
def test_an_address_is_no_expression(text: str) -> None:
    assert not expression.is_expression(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x[0]*", "'x[0]*' is no expression; write quantities and numbers with + - * / ^ ( )"),
        ("(x[0]", "is no expression"),
        ("2(x[0])", "is no expression"),
        ("x[0] x[1] * 2", "is no expression"),
        ("x[0] % 2", "'%' does not belong in an expression"),
        ("x[0].real + 1", "'.' does not belong in an expression"),
        ("__import__('os') + 1", "there is no function '__import__'"),
        ("sin(z1)", "there is no function 'sin'"),
        ("sqr(z1)", "there is no function 'sqr'. Did you mean 'sqrt'?"),
        ("x[9] + 1", "indices count from 0"),
        ("x[0] + weight_decay", "there is no quantity 'weight_decay'"),
        ("z1 + " * 100 + "1", "at most 300 characters, not 501"),
        ("(" * 250 + "z1" + ")" * 40, "is no expression"),
        ("-" * 298 + "z1", None),
    ],
)
def test_anything_else_is_refused_in_one_line(text: str, says: str | None) -> None:
    if says is None:
        assert value(text) == 2.0
        return
    with pytest.raises(InputError) as caught:
        parse(text)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["1/(x[0]-3)", "ln(-z1)", "sqrt(-1*z1)", "exp(x[0]*1000)", "x[0]^x[0]^x[0]^x[0]^9"]
)
def test_what_has_no_value_is_nan(text: str) -> None:
    assert math.isnan(value(text))


def test_after_more_updates_every_quantity_moves_on() -> None:
    later = parse("(t[0]-a1)/2").at(3)
    assert later.quantities == (Address("t", (0, 0), 3), Address("a1", (0, 0), 3))
    assert later.text == "((t[0]-a1)/2)@3"


def test_it_can_be_shown_with_other_things_in_the_places_of_its_quantities() -> None:
    found = parse("exp(-z1[0])*a1 / z1[0]")
    assert found.template.format(*(found.quantities[k].name for k in found.places)) == "exp(-z1)*a1 / z1"
