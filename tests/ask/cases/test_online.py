"""Updates row after row and with momentum, beside the same arithmetic written out in NumPy."""

import numpy as np
import pytest

from chainrule.ask.cases import example
from chainrule.ask.check.check import check, check_text
from chainrule.ask.explain.explain import explain
from chainrule.errors import InputError

SHEET = """
learning_rate = {rate}
loss = "half_squared_error"
inputs = [[1, 0.5], [0, 1], [0.25, -1]]
targets = [[1], [0], [0.5]]
[[layers]]
activation = "sigmoid"
weights = [[0.1, -0.3], [0.2, 0.4]]
biases = [0.1, 0]
[[layers]]
activation = "sigmoid"
weights = [[0.1], [0.5]]
biases = [0.1]
[convention]
batch = "online"
momentum = {momentum}
[claims]
"""
# Mitchell, Machine Learning, exercise 4.7
MITCHELL = """
learning_rate = 0.3
loss = "half_squared_error"
inputs = [[1, 0], [0, 1]]
targets = [[1], [0]]
[[layers]]
activation = "sigmoid"
weights = [[0.1], [0.1]]
biases = [0.1]
[[layers]]
activation = "sigmoid"
weights = [[0.1]]
biases = [0.1]
[convention]
batch = "online"
momentum = 0.9
[names]
delta_d = "-dE/dz2[0,0]"
next_delta_c = "-dE/dz1[1,0]"
[claims]
"a1[0,0]" = "0.54983"
"a2[0,0]" = "0.53867"
delta_d = "0.114643"
"w1'[0,0]" = "0.10085"
"w2'" = "0.11891"
"b2'" = "0.13439"
"a1[1,0]@1" = "0.55004"
"a2[1,0]@1" = "0.54978"
"next_delta_c@1" = "-0.004005"
"w1'[0,0]@1" = "{}"
"w1'[1,0]@1" = "0.0988"
"b2'@1" = "0.12452"
"""


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def by_hand(sheet, rate, momentum, updates):
    """Losses and parameters after each of so many updates, one row at a time."""
    p = {name: array.copy() for name, array in sheet.parameters.items()}
    change = {name: np.zeros_like(array) for name, array in p.items()}
    for k in range(updates):
        x, t = sheet.x[k % len(sheet.x)], sheet.t[k % len(sheet.x)]
        a1 = sigmoid(x @ p["w1"] + p["b1"])
        a2 = sigmoid(a1 @ p["w2"] + p["b2"])
        dz2 = (a2 - t) * a2 * (1 - a2)
        dz1 = dz2 @ p["w2"].T * a1 * (1 - a1)
        slopes = {"w1": np.outer(x, dz1), "b1": dz1, "w2": np.outer(a1, dz2), "b2": dz2}
        change = {name: momentum * change[name] - rate * slopes[name] for name in p}
        p = {name: p[name] + change[name] for name in p}
        yield np.sum((t - a2) ** 2) / 2, p


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("order", [range(7), (6, 2, 4)], ids=["onwards", "back and forth"])
def test_each_update_is_that_of_one_row(momentum, order):
    sheet = example.parse(SHEET.format(rate=0.4, momentum=momentum), "sheet")
    history = list(by_hand(sheet, 0.4, momentum, 8))
    from chainrule.ask.cases.trajectory import Trajectory

    world = Trajectory(sheet)
    for k in order:
        loss, parameters = history[k]
        assert world.value(sheet.asked(f"E@{k}")) == pytest.approx(loss, rel=1e-13)
        for name, array in parameters.items():
            numbers = world.numbers(k)
            np.testing.assert_allclose(numbers[f"{name}'"].array, array, rtol=1e-13, atol=1e-16)


def test_many_updates_are_not_leapt_over():
    sheet = example.parse(SHEET.format(rate=0.4, momentum=0.5), "sheet")
    *_, (_, parameters) = by_hand(sheet, 0.4, 0.5, 200)
    from chainrule.ask.cases.trajectory import Trajectory

    numbers = Trajectory(sheet).numbers(199)
    np.testing.assert_allclose(numbers["w2'"].array, parameters["w2"], rtol=1e-11)


@pytest.mark.parametrize(("printed", "verdict"), [("0.10162", "right"), ("0.10085", "wrong")])
def test_a_published_exercise(printed, verdict):
    assert check_text(MITCHELL.format(printed), "mitchell.toml").verdict == verdict


def test_without_its_momentum_the_sheet_is_wrong():
    text = MITCHELL.format("0.10162").replace("momentum = 0.9", "")
    assert check_text(text, "mitchell.toml").verdict == "wrong"


def test_an_update_after_each_row_is_a_cause():
    text = MITCHELL.format("0.10042").replace("momentum = 0.9", "").replace('"online"', '"mean"')
    read = check_text(text.split('"a1[1,0]@1"')[0], "mitchell.toml")
    assert read.cause is not None
    assert read.cause.name == "an update after each row"


def test_the_terms_of_a_new_value_add_up():
    sheet = example.parse(MITCHELL.format("0.10162"), "mitchell")
    text = str(explain(sheet, "w1'[0,0]@1"))
    assert "μ · Δw₁[0,0]" in text
    assert "0.9 · 0.0008513" in text
    assert check(sheet).verdict == "right"


@pytest.mark.parametrize(
    ("line", "says"),
    [("momentum = 1.5", "momentum is a number from 0 to below 1"), ("momentum = true", "not True"),
     ('momentum = "0.9"', "momentum is a number"), ("momentum = -0.1", "momentum"),
     ('batch = "rows"', "'online'"),
     ('momentum = 0.5\nupdate = "sequential"', "with momentum all layers are updated at once")],
)  # fmt: skip
def test_what_is_no_convention_is_refused(line, says):
    text = SHEET.format(rate=0.4, momentum=0).replace('batch = "online"\nmomentum = 0', line)
    with pytest.raises(InputError, match=says):
        example.parse(text, "sheet")
