"""Quantities: every name that a network's step has is taken apart and written again as it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import Dense, Network, Residual, sweep
from chainrule.quantities import (
    ERROR,
    Combination,
    Derivative,
    Updated,
    Variable,
    base,
    has_rows,
    is_bias,
    is_error_signal,
    is_parameter,
    is_slope,
    is_weight,
    layer_of,
    parse,
    variable,
)
from chainrule.rules.activations import ACTIVATIONS

W1, Z1, A1, T = Variable("w", 1), Variable("z", 1), Variable("a", 1), Variable("t")


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("E", ERROR),
        ("t", T),
        ("w1", W1),
        ("h2_3", Variable("h", 2, 3)),
        ("w1'", Updated(W1)),
        ("dE/dw1", Derivative(ERROR, W1)),
        ("da1/dz1", Derivative(A1, Z1)),
        ("dv(z1)/dz1", Derivative(Combination("v({})", (Z1,)), Z1)),
        ("1-a1", Combination("1-{}", (A1,))),
        ("t-a1", Combination("{}-{}", (T, A1))),
        ("1-σ(v(z1))", Combination("1-σ(v({}))", (Z1,))),
        ("1/n", Combination("1/n")),
        ("-1", Combination("-1")),
        ("α", Combination("α")),
        ("[z1 > 0]", Combination("[{} > 0]", (Z1,))),
    ],
)
def test_a_name_and_what_it_stands_for(name: str, quantity: object) -> None:
    assert parse(name) == quantity
    assert str(quantity) == name


@given(st.text(max_size=20) | st.from_regex(r"d?[a-zE]\d*(_\d+)?'?(/d[a-z]\d*'?)?", fullmatch=True))
def test_any_name_is_written_again_as_it_was(name: str) -> None:
    assert str(parse(name)) == name


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_every_number_of_a_step(activation: str) -> None:
    network = Network([Dense(3, activation), Residual([Dense(3, activation)]), Dense(2)], loss="huber")
    numbers = sweep(network, network.start(2), np.ones((4, 2)), np.zeros((4, 2))).numbers
    for name, number in numbers.items():
        assert str(number.quantity) == name
        per_row = bool(number.array.shape) and number.array.shape[0] == 4
        if not isinstance(number.quantity, Combination):
            assert has_rows(number.quantity) == per_row, name


def test_what_is_asked_of_quantities() -> None:
    assert is_error_signal(parse("dE/dw1"))
    assert not is_error_signal(parse("da1/dz1"))
    assert [is_parameter(parse(name)) for name in ("w1", "b12", "x", "w1'", "dE/dw1")] == [True, True] + [
        False
    ] * 3


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        *[("x", 0), ("E", 0), ("w12", 12), ("h2_3", 2), ("w1'", 1), ("dE/dz3", 3), ("da1/dz1", 1)],
        *[("1-a2", 2), ("t-a2", 2), ("v(z4)", 4), ("1/n", 0)],
    ],
)
def test_the_layer_of_a_quantity(name: str, layer: int) -> None:
    assert layer_of(parse(name)) == layer


def test_what_a_derivative_is_taken_by() -> None:
    assert [str(base(parse(name))) for name in ("dE/dw1", "w1'", "da1/dz1", "w1", "1-a1")] == [
        *("w1", "w1", "z1", "w1", "1-a1")
    ]


def test_weights_biases_and_slopes() -> None:
    names = ["w1", "b1", "w1'", "dE/db1", "da1/dz1", "dv(z1)/dz1", "w01"]
    assert [name for name in names if is_weight(parse(name))] == ["w1"]
    assert [name for name in names if is_bias(parse(name))] == ["b1"]
    assert [name for name in names if is_slope(parse(name))] == ["da1/dz1"]


def test_a_variable_by_its_name() -> None:
    assert variable("w1") == W1
    with pytest.raises(ValueError, match="'dE/dw1' is no variable"):
        variable("dE/dw1")
