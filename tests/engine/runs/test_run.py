"""Runs: back bit for bit, written whole or not at all, and damage is one line that names the file."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from chainrule.engine.network import Network
from chainrule.engine.runs.loading import load
from chainrule.engine.runs.run import History, Run
from chainrule.engine.stopping import Divergence, Stop
from chainrule.engine.training.train import train
from chainrule.errors import InputError
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.residual import Residual
from chainrule.rules.losses.huber import Huber
from tests.engine.runs.sealing import seal

NET = Network([Dense(3, "tanh"), Dropout(0.1), Residual([Dense(3, "elu")]), Dense(2)], Huber(0.5))


def made(dtype: Any = np.float64, **changes: Any) -> Run:
    parameters = {name: a.astype(dtype) for name, a in NET.start(4, 1).items()}
    about: dict[str, Any] = {
        "history": History([0.5, 0.1 + 0.2], [0.6, 1 / 3]),
        "stopped_by": Stop.PATIENCE,
        "epochs": 2,
        "loss": 0.1 + 0.2,
        "validation_loss": 1 / 3,
        "seconds": 1.25,
        "settings": {"optimizer": "adam", "seed": 3, "threshold": None},
        "extra": {"encoding": {"näme": [1, 2.5, None]}},
    }
    return Run(NET, parameters, **about | changes)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return made().save(tmp_path / "run")


def refused(folder: Path, *named: str) -> str:
    with pytest.raises(InputError) as caught:
        load(folder)
    message = str(caught.value)
    assert "\n" not in message
    for word in (folder.name, *named):
        assert word in message
    return message


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_round_trip(tmp_path: Path, dtype: Any) -> None:
    run = made(dtype)
    found = load(run.save(tmp_path / "new" / "folders" / "run"))
    assert list(found.parameters) == list(run.parameters)
    for name, array in run.parameters.items():
        assert found.parameters[name].dtype == dtype
        np.testing.assert_array_equal(found.parameters[name], array)
    for part in ("network", "history", "stopped_by", "epochs", "loss", "validation_loss", "seconds"):
        assert getattr(found, part) == getattr(run, part)
    assert (found.settings, found.extra) == (run.settings, run.extra)
    x = np.random.default_rng(0).normal(size=(5, 4))
    np.testing.assert_array_equal(found.predict(x), run.predict(x))


def test_strided_weights_are_written_right(tmp_path: Path) -> None:
    """The newest safetensors stores the memory of an array, not what it shows."""
    run = made()
    for name, array in run.parameters.items():
        run.parameters[name] = np.asfortranarray(array)[::-1]
    found = load(run.save(tmp_path / "run"))
    for name, array in run.parameters.items():
        np.testing.assert_array_equal(found.parameters[name], array)


def test_a_diverged_run_comes_back(tmp_path: Path) -> None:
    bad = Divergence(3, 1, 2, "z2", float("inf"))
    run = made(stopped_by=Stop.DIVERGED, divergence=bad, loss=float("inf"), history=History([], None))
    folder = run.save(tmp_path / "run")
    plain = json.loads((folder / "run.json").read_text("utf-8"), parse_constant=pytest.fail)
    assert plain["divergence"] == str(bad)
    assert plain["loss"] is None
    assert load(folder).stopped_by is Stop.DIVERGED


def test_the_files(saved: Path) -> None:
    assert sorted(os.listdir(saved)) == ["history.jsonl", "model.safetensors", "run.json"]
    assert sorted(load_file(saved / "model.safetensors")) == sorted(made().parameters)
    lines = (saved / "history.jsonl").read_text("utf-8").splitlines()
    assert json.loads(lines[1]) == {"epoch": 2, "loss": 0.1 + 0.2, "validation_loss": 1 / 3}
    assert os.listdir(saved.parent) == ["run"]


def test_further_files(tmp_path: Path) -> None:
    folder = made().save(tmp_path / "run", {"loss.svg": b"<svg/>"})
    assert (folder / "loss.svg").read_bytes() == b"<svg/>"
    load(folder)


def test_an_existing_folder_is_left_alone(saved: Path) -> None:
    before = (saved / "run.json").read_bytes()
    with pytest.raises(InputError, match="exists already"):
        made(seconds=9.0).save(saved)
    assert (saved / "run.json").read_bytes() == before


@pytest.mark.parametrize("length", [240, 255])
def test_a_long_name(tmp_path: Path, length: int) -> None:
    load(made().save(tmp_path / ("n" * length)))


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(InputError, match="cannot write"):
        made().save(tmp_path / "file" / "run")
    with pytest.raises(InputError, match="cannot write"):
        made().save(tmp_path / ("n" * 256))
    assert os.listdir(tmp_path) == ["file"]


def test_nothing_stays_when_writing_fails(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        made(extra={"no": object()}).save(tmp_path / "run")
    assert os.listdir(tmp_path) == []


def test_a_run_of_format_1(root: Path) -> None:
    """Written by the first version; it has no checksums."""
    run = load(root / "tests" / "data" / "run_format_1")
    assert (run.epochs, run.history) == (2, History([0.5, 0.25], [0.75, 0.5]))
    assert run.extra == {"note": "ä"}
    x = np.array([[0.5], [-1.0]])
    y = np.tanh(x @ [[0.5, -0.25]] + [0.125, 0.0]) @ [[1.5], [-0.75]] + 0.0625
    np.testing.assert_allclose(run.predict(x), y, rtol=1e-15)


def test_a_run_of_the_future(saved: Path) -> None:
    seal(saved, {**json.loads((saved / "run.json").read_text("utf-8")), "format": 3})
    refused(saved, "format 3", "update chainrule")


# --- damage -----------------------------------------------------------------------------------------


def test_no_run(tmp_path: Path) -> None:
    refused(tmp_path / "none", "is not a run")
    refused(tmp_path, "there is no run.json")


@pytest.mark.parametrize("name", ["model.safetensors", "history.jsonl"])
def test_a_missing_file(saved: Path, name: str) -> None:
    (saved / name).unlink()
    refused(saved, name)


@pytest.mark.parametrize("name", ["model.safetensors", "run.json"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_file_cut_short(saved: Path, name: str, share: float) -> None:
    content = (saved / name).read_bytes()
    (saved / name).write_bytes(content[: int(share * len(content))])
    refused(saved, name)


@pytest.mark.parametrize(
    "text", ["{", '{"loss": 1}\nno', "[1]", '{"loss": "high"}', '{"x": 1}', "\udcff", "[" * 99999]
)
def test_a_broken_history(saved: Path, text: str) -> None:
    (saved / "history.jsonl").write_bytes(text.encode("utf-8", "surrogateescape"))
    refused(saved, "history.jsonl", "checksum does not agree")
    seal(saved)
    refused(saved, "history.jsonl")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"w2": None}, "w2 are missing"),
        ({"w1": np.zeros((4, 9))}, "w1 is (4, 9), the network wants (4, 3)"),
        ({"b1": np.full(3, np.nan)}, "b1 holds values that are not finite"),
        ({"b1": np.zeros(3, int)}, "b1 holds values that are not finite floating-point numbers"),
    ],
)
def test_broken_weights(saved: Path, change: dict[str, Any], named: str) -> None:
    path = saved / "model.safetensors"
    arrays = {**load_file(path), **change}
    save_file({name: array for name, array in arrays.items() if array is not None}, path)
    refused(saved, "model.safetensors", "checksum does not agree")
    seal(saved)
    refused(saved, "model.safetensors", named)


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"format": 2}', "[" * 99999, '"format"', "\xff"])
def test_a_broken_json(saved: Path, text: str) -> None:
    (saved / "run.json").write_bytes(text.encode("latin-1"))
    refused(saved, "run.json")


PLAIN: dict[str, Any] = json.loads(json.dumps(made()._plain()))
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 9),
    st.just(10**15),
    st.just(2**70),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.integers(0, 3), max_size=3),
    st.dictionaries(st.sampled_from(["rule", "layers", "x"]), st.text(max_size=3)),
)


def places(plain: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in nested plain values."""
    inner = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    return [*([at] if at else []), *(place for key, value in inner for place in places(value, (*at, key)))]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made().save(tmp_path_factory.mktemp("runs") / "run")


@given(st.sampled_from(places(PLAIN)), st.booleans(), VALUES)
def test_whatever_is_changed_in_run_json(kept: Path, place: tuple[Any, ...], drop: bool, value: Any) -> None:
    """It is read, or refused in one line."""
    plain = json.loads(json.dumps(PLAIN))
    inner = plain
    for key in place[:-1]:
        inner = inner[key]
    if drop:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    (kept / "run.json").write_text(json.dumps(plain), "utf-8")
    with pytest.raises(InputError):  # no checksum
        load(kept)
    seal(kept, plain)
    try:
        run = load(kept)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert run.predict(np.zeros((1, 4))).shape == (1, 2)
        assert isinstance(run.epochs, int)
        assert isinstance(run.loss, int | float | None)


# --- from outside -----------------------------------------------------------------------------------


def test_reading_a_run_imports_no_jax(saved: Path) -> None:
    code = "import sys; from chainrule.engine.runs.loading import load"
    code += "; load(sys.argv[1]).predict([[0, 0, 0, 0]])"
    code += "; sys.exit('jax' in sys.modules)"
    subprocess.run([sys.executable, "-c", code, str(saved)], check=True, timeout=60)


SAVING = """
import itertools, sys
from pathlib import Path
from chainrule.engine.runs.loading import load
run = load(sys.argv[1])
print("ready", flush=True)
for number in itertools.count():
    run.save(Path(sys.argv[1]).parent / f"saved-{number}")
"""


def test_a_run_is_there_whole_or_not_at_all_whenever_the_power_fails(saved: Path) -> None:
    rng, found = np.random.default_rng(0), 0
    for _ in range(4):
        child = subprocess.Popen([sys.executable, "-c", SAVING, str(saved)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(rng.uniform(0.02, 0.2))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        for folder in saved.parent.glob("saved-*"):
            load(folder)
            shutil.rmtree(folder)
            found += 1
    assert found


@pytest.mark.parametrize("name", ["checksum", "sha256"])
def test_a_run_that_says_no_checksum_is_not_believed(name: str, tmp_path: Path) -> None:
    x = np.zeros((4, 1))
    train(Network([Dense(1)]), x, x, epochs=1).save(tmp_path / "run")
    file = tmp_path / "run" / "run.json"
    fields = json.loads(file.read_text("utf-8"))
    del fields[name]
    file.write_text(json.dumps(fields), "utf-8")
    with pytest.raises(InputError, match="checksum does not agree"):
        load(tmp_path / "run")
