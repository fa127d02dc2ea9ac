"""Checkpoints: a training resumed from one is, bit for bit, the training that was never stopped."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.engine.network import Network
from chainrule.engine.runs.checkpoint import newest, write
from chainrule.engine.runs.checkpointer import Keeper
from chainrule.engine.runs.ensemble import load_ensemble
from chainrule.engine.runs.loading import load
from chainrule.engine.stopping import Stop
from chainrule.engine.training import member_groups
from chainrule.engine.training.train import train
from chainrule.engine.training.train_ensemble import train_ensemble
from chainrule.errors import InputError
from chainrule.rules.layers.dense import Dense

EPOCHS, HALFWAY = 40, 20
NETWORK = Network([Dense(3, "tanh"), Dense(1)])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_resumed_training_has_the_weights_and_the_history_of_one_never_stopped(
    dtype: type, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    x, t = rng.normal(size=(12, 2)).astype(dtype), rng.normal(size=(12, 1)).astype(dtype)
    validation = rng.normal(size=(5, 2)).astype(dtype), rng.normal(size=(5, 1)).astype(dtype)
    options: dict[str, Any] = {
        "optimizer": "adam",
        "batch_size": 5,
        "learning_rate": 0.01,
        "patience": 30,
        "validation": validation,
        "epochs": EPOCHS,
    }
    whole = train(NETWORK, x, t, **options)
    train(NETWORK, x, t, **options | {"epochs": HALFWAY + 1}, folder=Keeper(tmp_path / "run", HALFWAY))
    moment = newest(tmp_path / "run" / "checkpoint")
    assert moment.epoch == HALFWAY
    assert moment.arrays["loss"].tolist() == whole.history.loss[:HALFWAY]

    resumed = train(
        NETWORK, x, t, **options, folder=Keeper(tmp_path / "run", HALFWAY, resume=True, say=pytest.fail)
    )
    assert resumed.history == whole.history
    assert (resumed.loss, resumed.validation_loss) == (whole.loss, whole.validation_loss)
    for name, array in whole.parameters.items():
        assert array.dtype == dtype
        assert resumed.parameters[name].tobytes() == array.tobytes(), name


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_resumed_ensemble_has_the_weights_and_the_histories_of_one_never_stopped(
    dtype: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two groups; at the checkpoint some members have diverged, some have run out of patience."""
    monkeypatch.setattr(member_groups, "FEWEST", 3)
    monkeypatch.setattr(member_groups, "_cores", lambda: 2)
    rng = np.random.default_rng(3)
    x, t = rng.normal(size=(12, 2)).astype(dtype), rng.normal(size=(12, 1)).astype(dtype)
    validation = rng.normal(size=(5, 2)).astype(dtype), rng.normal(size=(5, 1)).astype(dtype)
    options: dict[str, Any] = {
        "seeds": 4,
        "learning_rate": [0.01, 1e30],
        "batch_size": 5,
        "patience": 6,
        "validation": validation,
        "epochs": EPOCHS,
    }
    whole = train_ensemble(NETWORK, x, t, **options)
    ends = {run.stopped_by: run.epochs for run in whole.members}
    assert set(ends) >= {Stop.DIVERGED, Stop.PATIENCE, Stop.EPOCHS}, ends
    keeper = Keeper(tmp_path / "run", HALFWAY)
    train_ensemble(NETWORK, x, t, **options | {"epochs": HALFWAY + 1}, folder=keeper)
    assert newest(tmp_path / "run" / "checkpoint").epoch == HALFWAY

    with pytest.raises(InputError, match="started with members"):
        train_ensemble(NETWORK, x, t, **options | {"seeds": 3}, folder=tmp_path / "run", resume=True)
    resumed = train_ensemble(NETWORK, x, t, **options, folder=tmp_path / "run", resume=True)
    assert not (tmp_path / "run" / "checkpoint").exists()
    for kept in (resumed, load_ensemble(tmp_path / "run")):
        for run, alone in zip(kept.members, whole.members, strict=True):
            assert run.history.loss == alone.history.loss
            assert (run.history.validation_loss or []) == alone.history.validation_loss
            assert run.divergence == alone.divergence
            assert (run.stopped_by, run.epochs) == (alone.stopped_by, alone.epochs)
            for name, array in alone.parameters.items():
                assert run.parameters[name].tobytes() == array.tobytes(), name


@pytest.mark.parametrize("for_good", [False, True])
def test_each_write_fails_in_its_turn_and_it_can_be_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, for_good: bool
) -> None:
    rng = np.random.default_rng(3)
    x, t = rng.normal(size=(12, 2)), rng.normal(size=(12, 1))
    options: dict[str, Any] = {"optimizer": "adam", "epochs": 6}
    whole = train(NETWORK, x, t, **options)
    count, failing = 0, 0

    def kept(name: str) -> Any:
        usual = getattr(os, name)

        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count == failing or (for_good and count > failing > 0):
                raise OSError(28, "No space left on device")
            return usual(*arguments, **named)

        return call

    def trained(folder: Path) -> str:
        """Begun, or gone on with; what was said."""
        sayings: list[str] = []
        try:
            keeper = Keeper(folder, 2, resume=folder.exists(), say=sayings.append)
            try:
                keeper.finish(train(NETWORK, x, t, **options, folder=keeper))
            finally:
                keeper.close()
        except InputError as error:
            sayings.append(str(error))
        return " ".join(sayings)

    for name in ("fsync", "replace", "rename", "mkdir"):
        monkeypatch.setattr(os, name, kept(name))
    assert trained(tmp_path / "whole") == ""
    writes, refusals = count, 0
    assert writes > 12
    for turn in range(1, writes + 1):
        folder = tmp_path / f"run-{turn}"
        count, failing = 0, turn
        said = trained(folder)
        refusals += "No space left on device" in said
        assert [*tmp_path.glob(".*"), *folder.rglob("*.tmp")] == [], turn
        count, failing = 0, 0
        if not (folder / "run.json").exists():
            assert "No space left on device" in said
            assert trained(folder) == ""
        for name, array in load(folder).parameters.items():
            assert array.tobytes() == whole.parameters[name].tobytes(), (turn, name)
        assert not [left for left in os.listdir(folder) if left.startswith(".")]
    assert refusals > writes // 2


def test_another_machine_is_told_of(tmp_path: Path) -> None:
    x, t = np.zeros((4, 2)), np.zeros((4, 1))
    train(NETWORK, x, t, epochs=3, folder=Keeper(tmp_path / "run", 2))
    moment = newest(tmp_path / "run" / "checkpoint")
    assert {"processor", "instructions", "thread count", "jaxlib", "numpy", "XLA_FLAGS"} <= set(
        moment.machine
    )
    machine = moment.machine | {"instructions": moment.machine["instructions"] + " avx9000", "jaxlib": "0.1"}
    write(tmp_path / "run" / "checkpoint", replace(moment, machine=machine))
    told: list[str] = []
    train(NETWORK, x, t, epochs=3, folder=Keeper(tmp_path / "run", 2, resume=True, say=told.append))
    assert len(told) == 1
    assert "instructions (avx9000 is missing, nothing is new) and jaxlib (0.1, now" in told[0]


def test_an_ensemble_that_was_not_written_to_its_end_is_none(tmp_path: Path) -> None:
    x, t = np.zeros((4, 2)), np.zeros((4, 1))
    train_ensemble(NETWORK, x, t, seeds=3, epochs=2).save(tmp_path / "run")
    (tmp_path / "run" / "run.json").unlink()
    with pytest.raises(InputError, match=r"there is no run\.json"):
        load_ensemble(tmp_path / "run")


def test_more_networks_than_memory_are_refused_at_once() -> None:
    x, t = np.zeros((4, 2)), np.zeros((4, 1))
    with pytest.raises(InputError, match=r"take about .* GiB, and this machine has"):
        train_ensemble(NETWORK, x, t, seeds=1_000_000, epochs=100_000)
    with pytest.raises(InputError, match="seeds is a whole number up to"):
        train_ensemble(NETWORK, x, t, seeds=10**9)


def test_an_ensemble_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        load_ensemble(tmp_path / "nowhere")
