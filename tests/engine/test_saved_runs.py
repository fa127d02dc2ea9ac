"""Runs as folders: what is written is read back bit for bit, and what is damaged is refused in one line."""

import json
import sys
from pathlib import Path
from subprocess import run as process
from typing import Any

import numpy as np
import pytest

from chainrule.engine.network import Network
from chainrule.engine.runs import History, Run, load
from chainrule.engine.stop import Stop
from chainrule.errors import InputError
from chainrule.rules.layers.dense import Dense


def made(dtype: Any = np.float32) -> Run:
    network = Network([Dense(3, "tanh"), Dense(1)])
    parameters = {name: a.astype(dtype) for name, a in network.start(2, seed=5).items()}
    history = History([0.5, 0.25], [0.6, 0.3])
    return Run(
        network,
        parameters,
        history,
        Stop.EPOCHS,
        2,
        0.25,
        0.3,
        0.1,
        settings={"seed": 5},
        extra={"task": "x"},
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_written_is_read_back(tmp_path: Path, dtype: Any) -> None:
    saved = made(dtype)
    saved.save(tmp_path / "new" / "run", {"note.txt": b"hello"})
    again = load(tmp_path / "new" / "run")
    assert list(again.parameters) == list(saved.parameters) == ["w1", "b1", "w2", "b2"]
    for name, array in saved.parameters.items():
        assert again.parameters[name].dtype == dtype
        assert again.parameters[name].tobytes() == array.tobytes()
    kept = (
        "network",
        "history",
        "stopped_by",
        "epochs",
        "loss",
        "validation_loss",
        "seconds",
        "settings",
        "extra",
    )
    assert all(getattr(again, name) == getattr(saved, name) for name in kept)
    assert (tmp_path / "new" / "run" / "note.txt").read_bytes() == b"hello"
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["run"]


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="exists already"):
        made().save(tmp_path / "mine")
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chainrule.engine import runs

    done = []

    def failing(path: Path, content: bytes) -> None:
        if len(done) == 2:
            raise OSError(28, "No space left on device")
        done.append(path.write_bytes(content))

    monkeypatch.setattr(runs, "_put", failing)
    with pytest.raises(InputError, match="No space left"):
        made().save(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_loading_and_predicting_need_no_jax(tmp_path: Path) -> None:
    made().save(tmp_path / "run")
    code = (
        "import sys; from chainrule.engine.runs import load; import numpy as np;"
        f"print(load({str(tmp_path / 'run')!r}).predict(np.zeros((2, 2))).shape, 'jax' in sys.modules)"
    )
    said = process([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "(2, 1) False"


def test_no_rows_give_no_predictions() -> None:
    assert made().predict(np.zeros((0, 2))).shape == (0, 1)


def test_blocks_do_not_change_predictions(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=(37, 2))
    whole = made(np.float64).predict(x)
    monkeypatch.setattr("chainrule.engine.runs.BLOCK", 12)
    assert np.allclose(made(np.float64).predict(x), whole, rtol=1e-14)


@pytest.mark.parametrize("key", ["format", "network", "inputs", "training", "stopped_by", "epochs", "loss"])
@pytest.mark.parametrize("value", ["absent", None, "nonsense", [], {}, -7])
def test_a_damaged_run_json_is_one_line(tmp_path: Path, key: str, value: Any) -> None:
    folder = made().save(tmp_path / "run")
    plain = json.loads((folder / "run.json").read_text())
    if value == "absent":
        del plain[key]
    else:
        plain[key] = value
    (folder / "run.json").write_text(json.dumps(plain))
    if key in ("epochs", "loss") and value != "absent":
        return  # figures that nothing depends on
    if key == "training" and value in ([], {}):
        return  # no settings is a reading of them
    with pytest.raises(InputError) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "gone", "NaN", "shape", "lost"])
def test_damaged_weights_are_one_line(tmp_path: Path, damage: str) -> None:
    from safetensors.numpy import save

    folder = made().save(tmp_path / "run")
    file = folder / "model.safetensors"
    arrays = dict(made().parameters)
    if damage == "NaN":
        arrays["w1"] = arrays["w1"] * np.nan
    elif damage == "shape":
        arrays["w1"] = np.ones((3, 3), np.float32)
    elif damage == "lost":
        del arrays["b2"]
    whole = save(arrays)
    content = {"cut": whole[:-3], "empty": b"", "text": b"not a model"}.get(damage, whole)
    file.unlink() if damage == "gone" else file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load(folder)
    assert "model.safetensors" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_what_is_no_json_is_one_line(tmp_path: Path, content: bytes) -> None:
    folder = made().save(tmp_path / "run")
    (folder / "run.json").write_bytes(content)
    with pytest.raises(InputError) as caught:
        load(folder)
    assert "run.json" in str(caught.value)
    assert "\n" not in str(caught.value)
