"""Descent on worked examples by the convention of their source, against loops of plain floats."""

import numpy as np
import pytest

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.descent import descend_until, step
from chainrule.engine.stopping import Stop

TWO = """
learning_rate = 0.5
inputs = [[0.05, 0.1]]
targets = [[0.01, 0.99]]
[[layers]]
activation = "sigmoid"
weights = [[0.15, 0.25], [0.2, 0.3]]
biases = [0.35, 0.35]
[[layers]]
activation = "sigmoid"
weights = [[0.4, 0.5], [0.45, 0.55]]
biases = [0.6, 0.6]
[convention]
"""


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def by_hand(updates: int, *, biases: bool, sequential: bool) -> float:
    """E after some updates of the 2-2-2 network, in eight lines of NumPy."""
    x, t, rate = np.array([0.05, 0.1]), np.array([0.01, 0.99]), 0.5
    w1, b1 = np.array([[0.15, 0.25], [0.2, 0.3]]), np.array([0.35, 0.35])
    w2, b2 = np.array([[0.4, 0.5], [0.45, 0.55]]), np.array([0.6, 0.6])
    for _ in range(updates):
        a1 = sigmoid(x @ w1 + b1)
        a2 = sigmoid(a1 @ w2 + b2)
        d2 = (a2 - t) * a2 * (1 - a2)
        new = w2 - rate * np.outer(a1, d2)
        d1 = ((new if sequential else w2) @ d2) * a1 * (1 - a1)
        w1, w2 = w1 - rate * np.outer(x, d1), new
        if biases:
            b1, b2 = b1 - rate * d1, b2 - rate * d2
    return float(np.sum((t - sigmoid(sigmoid(x @ w1 + b1) @ w2 + b2)) ** 2) / 2)


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("sequential", [True, False])
def test_conventions(biases: bool, sequential: bool) -> None:
    update = "sequential" if sequential else "simultaneous"
    text = f'{TWO}update_biases = {str(biases).lower()}\nupdate = "{update}"'
    descent = descend_until(worked.parse(text, ""), 100, 0)
    assert descent.stop is Stop.EPOCHS
    assert descent.updates == 100
    for updates in (0, 1, 2, 100):
        expected = by_hand(updates, biases=biases, sequential=sequential)
        assert descent.losses[updates] == pytest.approx(expected, rel=1e-12)


def test_a_sequential_update_goes_back_through_weights_that_have_decayed() -> None:
    rate, decay = 0.5, 0.2
    numbers = step(worked.parse(f'weight_decay = {decay}\n{TWO}update = "sequential"', "")).numbers
    w2, gradient = numbers["w2"].array, numbers["dE/dw2"].array
    assert gradient == pytest.approx(numbers["a1"].array.T @ numbers["dE/dz2"].array + decay * w2)
    new = w2 - rate * gradient
    assert numbers["w2'"].array == pytest.approx(new)
    assert numbers["dE/da1"].array == pytest.approx(numbers["dE/dz2"].array @ new.T)


def test_the_published_numbers_of_a_sequential_update() -> None:
    """E = 0.291027924 after one update, as printed in Mazur's example: it updates layer by layer."""
    text = f'{TWO}update_biases = false\nupdate = "sequential"'
    assert f"{descend_until(worked.parse(text, ''), 1, 0).losses[1]:.9f}" == "0.291027924"


def test_sequential_numbers_say_so_and_re_add() -> None:
    found = step(worked.parse(f'{TWO}update = "sequential"', ""))
    back = found.numbers["dE/da1"]
    assert [factor.name for path in back.paths for factor in path.factors] == ["dE/dz2", "w2'"]
    for number in found.numbers.values():
        assert np.allclose(number.readd(), number.array, rtol=1e-12, atol=0)


def test_added_rows_make_steps_as_many_times_as_long() -> None:
    text = worked.builtin().replace("[[0.1]]", "[[0.1], [0.3]]").replace("[[0.25]]", "[[0.25], [0.5]]")
    mean, total = (step(worked.parse(f'{text}\n[convention]\nbatch = "{b}"', "")) for b in ("mean", "sum"))
    assert total.loss == pytest.approx(2 * mean.loss)
    assert np.allclose(total.sweep.gradients["w1"].array, 2 * mean.sweep.gradients["w1"].array, rtol=1e-12)


def test_steps_on_the_way_are_kept() -> None:
    descent = descend_until(worked.parse(worked.builtin(), ""), 10_000, 1e-3)
    assert sorted(descent.steps) == [0, 1, 2, 5, 10, 20, 50, 81]
    assert all(descent.steps[n].loss == descent.losses[n] for n in descent.steps)
