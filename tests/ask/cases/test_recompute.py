"""A reworked step equals the step of a changed network, and an unchanged one is the same objects."""

import numpy as np

from chainrule import Dense, Network, Residual, sweep
from chainrule.ask.cases.recompute import rework
from chainrule.numbers import Number, given

NETWORK = Network([Dense(3, "tanh"), Residual([Dense(3, "sigmoid")]), Dense(2, "softmax")])
X, T = np.array([[0.3, -1.0], [2.0, 0.1]]), np.array([[1.0, 0.0], [0.0, 1.0]])


def numbers(step: object) -> list[Number]:
    return list(step.numbers.values())  # type: ignore[attr-defined]


def test_nothing_changed_is_the_same_objects() -> None:
    step = sweep(NETWORK, NETWORK.start(2, 1), X, T)
    again = rework(numbers(step), lambda was, now: now)
    assert all(again[name] is one for name, one in step.numbers.items())


def test_another_weight_gives_the_step_of_that_network() -> None:
    p = NETWORK.start(2, 1)
    other = p | {"w2": p["w2"] + 0.25}
    change = rework(
        numbers(sweep(NETWORK, p, X, T)),
        lambda was, now: given("w2", other["w2"]) if was.name == "w2" else now,
    )
    wanted = sweep(NETWORK, other, X, T).numbers
    assert set(change) == set(wanted)
    for name, one in wanted.items():
        np.testing.assert_array_equal(change[name].array, one.array)
