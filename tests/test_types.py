"""What a type checker sees of a user's file: the names of rules are types, and so are rows of numbers."""

import re
from pathlib import Path
from typing import get_args

import chainrule
from chainrule.engine.optimizers import OptimizerName, names
from chainrule.rules.activations import _OURS
from chainrule.rules.initializers import STARTS
from chainrule.rules.registry import _LOSSES
from chainrule.rules.rule_names import ActivationName, InitializerName, LossName

RIGHT = """\
import numpy as np
import chainrule
from chainrule import Dense, Network, train, train_table

x, t = np.zeros((4, 2)), [[0.0], [1.0], [1.0], [0.0]]
network = Network([Dense(4, "tanh", "he_normal"), "relu", Dense(1, weights=[[1.0]] * 4)], "huber")
run = train(network, x, t, optimizer="adam", learning_rate=0.1, validation=(x, t), epochs=5)
chainrule.explain(run, x, t, "E")
"""
MISTAKES = """\
Network([Dense(1)], loss="half_square_error")
Dense(4, "tahn")
Dense("4")
Dense(4, weights="he_norm")
train(network, x, t, epochs="5")
train(network, x, t, optimizer="adan_w")
train(network, x, t, learning_rat=0.1)
train(network, None, t)
"""


def test_a_type_checker_sees_the_mistakes_of_a_user(tmp_path: Path) -> None:
    from mypy import api

    (tmp_path / "user.py").write_text(RIGHT + MISTAKES, "utf-8")
    source = Path(chainrule.__file__).parent
    config = tmp_path / "mypy.ini"
    config.write_text(f"[mypy]\nmypy_path = {source.parent}\nfollow_imports = silent\n", "utf-8")
    told, _, _ = api.run(["--config-file", str(config), "--strict", "--ignore-missing-imports",
                          "--cache-dir", str(tmp_path / "cache"), str(tmp_path / "user.py")])  # fmt: skip
    lines = {int(line) for line in re.findall(r"user\.py:(\d+): error", told)}
    first = len(RIGHT.splitlines()) + 1
    assert not {line for line in lines if line < first}, told
    assert len(lines) >= 7, told


def test_the_types_name_every_rule() -> None:
    assert set(get_args(ActivationName)) == set(_OURS)
    assert set(get_args(LossName)) == set(_LOSSES)
    assert set(get_args(InitializerName)) == {"auto", *STARTS}


def test_the_types_name_optimizers_that_optax_has() -> None:
    assert set(get_args(OptimizerName)) <= set(names())
