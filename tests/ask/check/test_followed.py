"""A wrong number that the sheet goes on with: what it gives exactly is inherited, not carried."""

import pytest

from chainrule.ask.check.check import check

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


@pytest.mark.parametrize("slip", [-6.361, -6.351, -6.331])
def test_what_a_slip_gives_exactly_is_inherited(tmp_path, slip: float) -> None:
    path = tmp_path / "sheet.toml"
    text = _SHEET.format(slip=slip, weight=f"{slip * 0.8005:.3f}")
    path.write_text(text, encoding="utf-8")
    status = {judged.claim.quantity: str(judged.status) for judged in check(path).claims}
    assert status["dE/dz2"] == "wrong"
    assert (status["dE/dw2"], status["dE/db2"]) == ("inherited", "inherited")
