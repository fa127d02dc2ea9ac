"""Checkpoints: a training resumed from one is, bit for bit, the training that was never stopped."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.engine.network import Network
from chainrule.engine.runs.checkpoint import newest
from chainrule.engine.runs.checkpointer import Keeper
from chainrule.engine.training.train import train
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
