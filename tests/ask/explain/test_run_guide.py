"""The guide to a run: examples chosen from its numbers."""

import shlex

import numpy as np
import pytest

from chainrule.ask.cases.case import Case
from chainrule.ask.explain.run_guide import RunGuide, steepest
from chainrule.engine.network import Network
from chainrule.engine.runs.run import History, Run
from chainrule.engine.stopping import Stop
from chainrule.rules.layers.dense import Dense

NETWORK = Network([Dense(4, "tanh"), Dense(2)], loss="softmax_cross_entropy")
COLUMNS = ["mass", 'year of "birth"']


def guide(members: int, has_past: bool) -> RunGuide:
    p = NETWORK.start(2, 1)
    x = np.array([[0.0, 1.0], [0.0, -2.0], [0.0, 30.0]])
    t = np.eye(2)[[0, 1, int(NETWORK.predict(p, x)[2].argmin())]]
    run = Run(NETWORK, p, History([1.0]), Stop.EPOCHS, 1, 1.0, settings={"members": members})
    return RunGuide(
        run, Case(network=NETWORK, parameters=p, x=x, t=t), "my run", COLUMNS, ["a", "b"], has_past
    )


@pytest.mark.parametrize("members", [1, 2])
def test_examples_are_of_what_is_not_zero(members: int) -> None:
    asked = guide(members, True)
    gradient = np.abs(asked.case.sweep.gradients["w1"].array)
    unit = int(gradient[1].argmax())
    assert steepest(asked.case, COLUMNS, range(2)) == f"w1[{COLUMNS[1]},{unit}]"
    assert (gradient[0] == 0).all()
    commands = [command for command, _ in asked.examples]
    assert commands[1].endswith("--row 2")  # which it is worst at
    own = f"w1[{COLUMNS[1]},{unit % (4 // members)}]"
    assert shlex.split(commands[3])[3:4] == [f"{own}@epoch:1"]
    assert ("--member" in commands[3]) == (members > 1)
    assert asked.plain()["examples"][0]["command"] == commands[0]
    assert "What can be asked of my run" in str(asked)


def test_without_a_past() -> None:
    assert guide(1, False).examples[-1][0].endswith('"E@10" --ahead')
