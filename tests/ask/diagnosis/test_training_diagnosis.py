"""A training that learns is called healthy; one with a fault is called that, and what mends it is trained."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import Dense, InputError, Network, diagnose, explain, train
from chainrule.ask.diagnosis.training_diagnosis import TrainingDiagnosis

RNG = np.random.default_rng(5)
X = RNG.normal(size=(160, 4)).astype(np.float32)
T = ((X[:, :1] + X[:, 1:2] * X[:, 2:3]) > 0).astype(np.float32)
NEW = RNG.normal(size=(80, 4)).astype(np.float32)
NEW_T = ((NEW[:, :1] + NEW[:, 1:2] * NEW[:, 2:3]) > 0).astype(np.float32)


NET = Network([Dense(8, "relu"), Dense(1, "sigmoid")], loss="binary_cross_entropy")
START = NET.start(4)


def look(
    network: Network | None = None, x: Any = X, t: Any = T, new: Any = NEW, new_t: Any = NEW_T, **options: Any
) -> TrainingDiagnosis:
    prove = options.pop("prove", False)
    settings: dict[str, Any] = {"optimizer": "adam", "learning_rate": 0.03, "epochs": 60, "batch_size": 32}
    run = train(network or NET, x, t, validation=(new, new_t), **settings | options)
    parameters = options.get("parameters")
    return diagnose(run, x, t, validation=(new, new_t), prove=prove, parameters=parameters)


def test_one_that_learns_is_healthy() -> None:
    diagnosis = look(prove=True)
    assert diagnosis.is_healthy
    assert diagnosis.plain()["verdict"] == "healthy"
    assert diagnosis.plain()["causes"] == []
    assert "Yes, it learns" in str(diagnosis)


BROKEN: dict[str, Callable[[], TrainingDiagnosis]] = {
    "low_rate": lambda: look(learning_rate=1e-6),
    "high_rate": lambda: look(learning_rate=1e4),
    "same_units": lambda: look(parameters={name: np.zeros_like(a) for name, a in START.items()}),
    "dead_at_start": lambda: look(parameters=START | {"b1": np.full(8, -30.0)}),
    "input_scale": lambda: look(x=X * 1e-4, new=NEW * 1e-4),
    "penalised": lambda: look(weight_decay=3.0),
    "no_signal": lambda: look(t=RNG.permutation(T), new_t=RNG.permutation(NEW_T)),
    "too_short": lambda: look(epochs=1, learning_rate=0.003),
    "out_of_reach": lambda: look(
        Network([Dense(8, "tanh"), Dense(1, "sigmoid")], loss="half_squared_error"),
        t=X[:, :1] * 3,
        new_t=NEW[:, :1] * 3,
    ),
    "target_scale": lambda: look(
        Network([Dense(8, "tanh"), Dense(1)]), t=X[:, :1] * 100 + 3000, new_t=NEW[:, :1] * 100 + 3000
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_its_fault_is_named_first(kind: str) -> None:
    diagnosis = BROKEN[kind]()
    assert not diagnosis.is_healthy
    assert diagnosis.causes[0].kind == kind
    plain = diagnosis.plain()
    assert plain["cause"] == kind
    low, high = diagnosis.causes[0].healthy
    assert not low <= diagnosis.causes[0].number <= high
    for cause in diagnosis.causes:
        moment = cause.address if "@" in cause.address else f"{cause.address}@0"
        assert not cause.address or explain(diagnosis.evidence.past, quantity=moment).value is not None
    assert diagnosis.causes[0].title.rstrip(".") in str(diagnosis).replace("\n", " ")


def test_what_mends_it_is_trained_and_nothing_more_is_changed() -> None:
    options: dict[str, Any] = {"optimizer": "adam", "batch_size": 32, "epochs": 60}
    run = train(NET, X, T, validation=(NEW, NEW_T), learning_rate=1e-6, **options)
    lines: list[str] = []
    diagnosis = diagnose(run, X, T, validation=(NEW, NEW_T), progress=lines.append, seconds=60)
    proof = diagnosis.proof
    assert proof is not None
    assert proof.after is not None
    assert [change.words.partition(" ")[0] for change in proof.after.changes] == ["learning"]
    assert proof.after.skill > proof.before.skill + 0.3
    assert len(lines) == len(proof.trials)
    assert diagnosis.is_proven(diagnosis.causes[0])
    command = diagnosis.plain()["fix"]["command"]
    names: dict[str, Any] = {"Network": Network, "Dense": Dense, "train": train, "x": X, "t": T}
    exec(command, names)
    skill = diagnosis.evidence.yardstick.skill(names["run"].predict(NEW), NEW_T)
    assert skill == pytest.approx(proof.after.skill, abs=0.02)


def test_other_rows_are_refused() -> None:
    run = train(NET, X, T, epochs=3, optimizer="adam", batch_size=32)
    with pytest.raises(InputError, match="replay"):
        diagnose(run, X[::-1].copy(), T)
    with pytest.raises(InputError, match="give x and t"):
        diagnose(run, "table.csv")
