"""What is shown beside a wrong number: with the digits that it has, and one sign."""

import pytest

from chainrule.ask.cases.example import parse
from chainrule.ask.check.check import check
from chainrule.ask.check.shown_digits import fixed
from chainrule.ask.documents.formula import Value
from chainrule.ask.documents.formula_text import digits

_SHEET = """
title = "One neuron"
learning_rate = {rate}
loss = "half_squared_error"
inputs = [[1]]
targets = [[{target}]]
[[layers]]
activation = "sigmoid"
weights = [[{weight}]]
biases = [-1]
[names]
delta = "-dE/dz1[0]"
[claims]
delta = "0.5"
"w1'[0,0]" = "0.7777777777777777"
"""


@pytest.mark.parametrize("number", [0.15, 0.1, 0.3, -2.7, 1e-5, 123.456])
def test_a_number_is_shown_as_it_was_given(number: float) -> None:
    assert {digits(Value(number, count)) for count in (15, 16, 17, 18, 25)} == {f"{number:.15g}"}
    assert float(digits(Value(0.1 + 0.2, 17))) == 0.1 + 0.2


def test_digits_before_the_point_are_no_more_than_float64_has() -> None:
    """A computed 5e307 beside a printed one ended in a ValueError."""
    assert fixed(5e307, 3) == "5e+307"
    assert fixed(-1e16, 0) == "-1e+16"
    assert fixed(123456789012345678.0, 2) == "1.23456789012346e+17"
    assert fixed(123456789012345.0, 2) == "123456789012345.0"
    text = _SHEET.format(rate=0.5, target=1, weight=1).replace("biases = [-1]", "biases = [1e308]")
    assert "1e+308" in str(check(parse(text + '"b1\'[0]" = "7.0"\n', "sheet")))


def test_no_digits_after_the_last_one_of_float64() -> None:
    assert fixed(0.15, 4) == "0.1500"
    assert fixed(12.1, 17) == "12.1000000000000"
    assert fixed(1 / 3, 25) == "0.3333333333333333"


@pytest.mark.parametrize(
    ("rate", "target", "weight"), [("0.1", "0", "0.15"), ("0.3", "1", "0.15"), ("0.7", "0.9", "0.35")]
)
def test_a_negative_derivative_has_one_minus(tmp_path, rate: str, target: str, weight: str) -> None:
    path = tmp_path / "sheet.toml"
    path.write_text(_SHEET.format(rate=rate, target=target, weight=weight), encoding="utf-8")
    shown = str(check(path))
    assert "--" not in shown.replace("---", "")
    assert "∂E/∂z₁ = ∂E/∂a₁" in shown
    assert f"= {weight} - {rate} ·" in shown
    assert "99999999" not in shown
