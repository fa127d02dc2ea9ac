"""The curve inside of a unit: the rule's own values, for every activation there is."""

import numpy as np
import pytest

from chainrule.ask.cases.example import parse
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.faces.studio.activation_curve import activation_curve
from chainrule.faces.studio.scene import Scene
from chainrule.numbers import given
from chainrule.rules.activations import ACTIVATIONS, ON_PAPER, activation

ONE_UNIT = """
learning_rate = 0.1
inputs = [[0.5]]
targets = [[1.0]]
loss = "half_squared_error"

[[layers]]
weights = [[0.7]]
biases = [0.1]
activation = "{}"
"""


@pytest.mark.parametrize("name", [*ACTIVATIONS, *ON_PAPER])
def test_its_points_are_the_rule_s_values(name: str) -> None:
    rule = activation(name)
    assert rule is not None
    curve = activation_curve(rule)
    z, a = np.array(curve["points"]).T
    assert (z[0], z[-1]) == (-curve["reach"], curve["reach"])
    assert np.array_equal(a, rule.value(given("z", z[:, None])).array[:, 0])
    assert curve["low"] < a.min()
    assert curve["high"] > a.max()


@pytest.mark.parametrize("name", ["gelu", "leaky_relu", "tanh"])
def test_a_network_is_drawn_with_its_own(name: str) -> None:
    scene = Scene(Trajectory(parse(ONE_UNIT.format(name), "one unit.toml")))
    rule = activation(name)
    assert rule is not None
    assert scene.layout["columns"][1]["curve"] == activation_curve(rule)
