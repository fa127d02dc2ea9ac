"""Optimisers and schedules are Optax's, by name or as objects; numbers that cannot be used are refused."""

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from chainrule.engine.network import Network
from chainrule.engine.optimizers import from_zero, names, optimizer, schedule
from chainrule.engine.stopping import Stop
from chainrule.engine.training.train import train
from chainrule.errors import InputError
from chainrule.rules.layers.dense import Dense

LINE = Network([Dense(1)])
X = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, -1.0]])
T = X @ np.array([[1.0], [-2.0]]) + 0.5


@pytest.mark.parametrize("name", names())
def test_every_optimizer_trains(name: str) -> None:
    run = train(LINE, X, T, optimizer=name, learning_rate=0.01, epochs=2)
    assert (run.stopped_by, run.epochs) == (Stop.EPOCHS, 2)
    assert all(np.isfinite(a).all() for a in run.parameters.values())


def test_the_usual_names_are_there_and_only_what_fits() -> None:
    assert {"sgd", "adam", "adamw", "rmsprop", "adagrad", "lion", "lamb", "radam", "adadelta"} <= set(names())
    assert not [name for name in names() if name.startswith(("_", "scale_by")) or name == "lbfgs"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [("adm", "Did you mean 'adam'?"), ("SGD", "Did you mean 'sgd'?"), ("qqq", "One of: adabelief")],
)
def test_unknown(name: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        optimizer(name, 0.1)
    assert str(caught.value).startswith(f"no optimizer is called '{name}'. {hint}")


def test_an_object_is_taken_as_it_is() -> None:
    given = optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.1))
    assert optimizer(given, None) is given
    run = train(LINE, X, T, optimizer=given, epochs=200)
    assert run.history.loss[-1] < run.history.loss[0] / 10


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -1, True, "0.1", None, [0.1], 1j])
def test_no_rate(rate: Any) -> None:
    with pytest.raises(InputError, match="learning rate is a finite number from 0 up, not"):
        optimizer("adam", rate)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5), np.int64(2)])
def test_from_zero(value: Any) -> None:
    assert type(from_zero(value, "it")) is float


@pytest.mark.parametrize(
    ("name", "ends"), [("constant", 0.5), ("linear", 0.0), ("cosine", 0.0), ("exponential", 0.005)]
)
@pytest.mark.parametrize("steps", [1, 100, 2**40])
def test_schedules_fall(name: str, ends: float, steps: int) -> None:
    made = schedule(name, 0.5, steps)
    rate = made if callable(made) else lambda step: made
    last = min(steps, 2**31 - 1)
    assert float(rate(jnp.int32(0))) == pytest.approx(0.5)
    assert float(rate(jnp.int32(last))) == pytest.approx(ends, abs=1e-6)
    assert ends - 1e-6 <= float(rate(jnp.int32(last // 2))) <= 0.5


def test_unknown_schedule() -> None:
    with pytest.raises(InputError, match=r"no schedule is called 'cosin'\. Did you mean 'cosine'\?"):
        schedule("cosin", 0.1, 10)


# --- numeric cases: what Optax does in the corners ---------------------------------------------------

CASES = json.loads((Path(__file__).parents[1] / "data" / "numeric_cases.json").read_text("utf-8"))["cases"]
UPDATES = {case["id"]: case for case in CASES if case["group"] == "update"}
SQUARES = "Optax squares the gradient, which leaves the range of float64"
LIMITS = ("adam_first_step(g=1e+160)", "clip_norm[f64_1e200]")


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=name, marks=[pytest.mark.xfail(reason=SQUARES)] if name in LIMITS else [])
        for name, case in UPDATES.items()
    ],
)
def test_updates(case: dict[str, Any]) -> None:
    given = {
        name: np.array([float.fromhex(v) for v in value] if isinstance(value, list) else float.fromhex(value))
        for name, value in case["args"].items()
    }
    g = given.pop("g")
    with jax.enable_x64(True):
        if case["fn"] == "adam_first_step":
            rule = optax.adam(
                float(given["lr"]), float(given["beta1"]), float(given["beta2"]), float(given["eps"])
            )
            wanted = float.fromhex(case["want"]["delta"]["f64"])
        else:
            rule = optax.clip_by_global_norm(float(given["max_norm"]))
            wanted = [float.fromhex(one["f64"]) for one in case["want"]["g"]]
        change = rule.update(jnp.asarray(g), rule.init(jnp.zeros_like(g)))[0]
        np.testing.assert_allclose(change, wanted, rtol=16 * np.finfo(float).eps)
