"""A wrong number that the sheet goes on with: what it gives exactly is inherited, not carried."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule.ask.check.check import check
from chainrule.ask.judging.judge import judge
from tests.ask.sheets import Hand, sheet

_SHEET = """
title = "Two hidden layers, tanh, linear output"
loss = "sum_squared_error"
inputs = [[2.0]]
targets = [[4.0]]
[[layers]]
activation = "tanh"
weights = [[0.5]]
biases = [0.1]
[[layers]]
activation = "tanh"
weights = [[0.8]]
biases = [-0.2]
[[layers]]
weights = [[1.2]]
biases = [0.3]
[claims]
z1 = "1.1"
a1 = "0.8005"
z2 = "0.4404"
a2 = "0.4139"
z3 = "0.7967"
"dE/da3" = "-6.407"
"da2/dz2" = "0.8287"
"dE/dz2" = "{slip}"
"dE/dw2" = "{weight}"
"dE/db2" = "{slip}"
"""


@pytest.mark.parametrize("slip", [-6.361, -6.351, -6.331, -6.381, -6.391])
def test_what_a_slip_gives_exactly_is_inherited(tmp_path, slip: float) -> None:
    path = tmp_path / "sheet.toml"
    text = _SHEET.format(slip=slip, weight=f"{slip * 0.8005:.3f}")
    path.write_text(text, encoding="utf-8")
    status = {judged.claim.quantity: str(judged.status) for judged in check(path).claims}
    assert status["dE/dz2"] == "wrong"
    assert (status["dE/dw2"], status["dE/db2"]) == ("inherited", "inherited")


def test_a_follower_one_unit_off_the_slip_and_many_off_the_right_number_is_inherited(tmp_path) -> None:
    path = tmp_path / "sheet.toml"
    path.write_text(_SHEET.format(slip=-6.361, weight="-5.093"), encoding="utf-8")
    status = {judged.claim.quantity: str(judged.status) for judged in check(path).claims}
    assert status["dE/dw2"] == "inherited"


_SINGLE = """
loss = "sum_squared_error"
inputs = [[{x}]]
targets = [[1]]
[[layers]]
activation = "sigmoid"
weights = [[3]]
biases = [1]
[claims]
E = "{error}"
"""


@pytest.mark.parametrize("x", [1.5, 2.0, 2.25, 3.0])
def test_what_float32_arithmetic_prints_is_no_mistake(tmp_path, x: float) -> None:
    z = np.float32(x) * np.float32(3) + np.float32(1)
    a = np.float32(1) / (np.float32(1) + np.exp(-z))
    error = (np.float32(1) - a) ** 2
    path = tmp_path / "sheet.toml"
    path.write_text(_SINGLE.format(x=x, error=f"{error:.5g}"), encoding="utf-8")
    assert check(path).verdict == "right"
    path.write_text(_SINGLE.format(x=x, error=f"{error * np.float32(1.02):.5g}"), encoding="utf-8")
    assert check(path).verdict == "wrong"


def test_all_digits_of_a_float32_are_right(tmp_path) -> None:
    path = tmp_path / "sheet.toml"
    text = _SINGLE.format(x=2, error="1")
    path.write_text(
        text.replace('E = "1"', f'a1 = "{float(np.float32(1) / (1 + np.exp(np.float32(-7)))):.16f}"')
    )
    assert check(path).verdict == "right"


def test_a_habit_hardly_excuses_a_slip_where_the_whole_sheet_speaks_for_another() -> None:
    """Four units off, on a sheet with all digits kept: by some way of rounding it might just come out."""
    seen = []
    for seed in range(25):
        rng = np.random.default_rng([seed, 3])
        example = sheet(rng, "exact", Hand(4, False, cuts=False))
        claim = example.printed[int(rng.integers(len(example.printed)))]
        if len(example.claims) < 8 or not claim.exact:
            continue  # too little to tell a habit by
        slip = f"{claim.exact + 4 * claim.unit:f}"
        judged = judge(replace(example, claims={**example.claims, claim.quantity: slip}))
        faults = {found.claim.quantity for found in judged if found.status.is_fault}
        assert faults <= {claim.quantity}
        seen.append(bool(faults))
    assert len(seen) > 15
    assert np.mean(seen) > 0.9
