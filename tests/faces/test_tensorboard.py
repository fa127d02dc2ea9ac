"""Logs: every epoch once and in order, though many run at once; event files that hold them."""

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from chainrule import Dense, InputError, Network, event_files, train

X = np.random.default_rng(0).normal(size=(20, 2))
NETWORK = Network([Dense(3, "tanh"), Dense(1)])


def told(**options: object) -> tuple[object, list[tuple[dict[str, float], int]]]:
    calls: list[tuple[dict[str, float], int]] = []
    run = train(NETWORK, X, X[:, :1], log=lambda metrics, step: calls.append((metrics, step)), **options)
    return run, calls


def test_every_epoch_is_told_once_and_in_order() -> None:
    run, calls = told(epochs=900, validation=0.2)
    assert [step for _, step in calls] == list(range(1, 901))
    assert [metrics["loss"] for metrics, _ in calls] == run.history.loss
    assert [metrics["validation_loss"] for metrics, _ in calls] == run.history.validation_loss


@pytest.mark.filterwarnings("ignore")
def test_epochs_before_a_divergence_are_told() -> None:
    run, calls = told(epochs=900, learning_rate=1e6)
    assert run.divergence
    assert [metrics["loss"] for metrics, _ in calls] == run.history.loss


def test_nothing_is_said_of_rows_that_were_not_held_out() -> None:
    assert set(told(epochs=2)[1][0][0]) == {"loss"}


def test_event_files_hold_the_history(tmp_path: Path) -> None:
    proto = pytest.importorskip("tensorboardX.proto.event_pb2")
    with event_files(tmp_path / "logs") as log:
        run = train(NETWORK, X, X[:, :1], epochs=5, log=log)
    (file,) = (tmp_path / "logs").iterdir()
    content, at, found = file.read_bytes(), 0, []
    while at < len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        event = proto.Event.FromString(content[at + 12 : at + 12 + length])
        found += [(event.step, v.tag, v.simple_value) for v in event.summary.value]
        at += 16 + length
    assert found == [(k, "loss", np.float32(loss)) for k, loss in enumerate(run.history.loss, 1)]


def test_without_the_package_one_line_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(InputError, match=r"pip install '\.\[tensorboard\]'"), event_files(tmp_path):
        pass
