"""Files that were damaged or made to do harm: refused in one line, or read as the same numbers.

FUZZ=300000 in the environment fuzzes for minutes.
"""

import os
import random
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chainrule import Dense, InputError, Network, train
from chainrule.engine.runs.checkpoint import newest
from chainrule.engine.runs.checkpointer import Keeper
from chainrule.engine.runs.loading import load
from chainrule.engine.runs.run import Run
from tests.engine.runs.sealing import seal

FUZZ = int(os.environ.get("FUZZ", "600"))
FILES = ("model.safetensors", "run.json", "history.jsonl")
X, T = np.linspace(-1, 1, 12).reshape(6, 2), np.linspace(0, 1, 6)[:, None]
NETWORK = Network([Dense(2, "tanh"), Dense(1)])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = train(NETWORK, X, T, epochs=3, validation=0.4, seed=1)
    return made.save(tmp_path_factory.mktemp("hostile") / "run")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one file in the folder of a training under way."""
    folder = tmp_path_factory.mktemp("hostile") / "run"
    keeper = Keeper(folder, 2)
    train(NETWORK, X, T, epochs=4, optimizer="adam", folder=keeper)
    keeper.close()
    (file,) = (folder / "checkpoint").glob("epoch-*")
    return file


def same(one: Run, other: Run) -> bool:
    return one.history == other.history and all(
        np.array_equal(a, other.parameters[name]) for name, a in one.parameters.items()
    )


def refused_or(read: Any, fine: Any) -> None:
    try:
        found = read()
    except InputError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 400
    else:
        assert fine(found)


@pytest.mark.parametrize("name", FILES)
def test_every_byte_flipped(run: Path, name: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(run, tmp_path / "run"))
    whole, before, rng = (run / name).read_bytes(), load(run), random.Random(0)
    refused = 0
    for at in range(len(whole)):
        for change in {1 << rng.randrange(8), rng.randrange(1, 256)}:
            damaged = bytearray(whole)
            damaged[at] ^= change
            (folder / name).write_bytes(damaged)
            try:
                found = load(folder)
            except InputError as error:
                refused += 1
                assert "\n" not in str(error)
            else:
                assert same(found, before)
    assert refused >= len(whole)


def test_every_byte_of_a_checkpoint_flipped(checkpoint: Path) -> None:
    """It is named after its bytes, so that not one can change."""
    whole = checkpoint.read_bytes()
    assert newest(checkpoint.parent).epoch in (2, 4)  # the first may still have been under way
    try:
        for at in range(len(whole)):
            damaged = bytearray(whole)
            damaged[at] ^= 1 << at % 8
            checkpoint.write_bytes(damaged)
            with pytest.raises(InputError, match="damaged"):
                newest(checkpoint.parent)
    finally:
        checkpoint.write_bytes(whole)


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[float, int, bytes]]:
    """(where, how many bytes go, what comes instead), a few times."""
    told = [
        b"null",
        b"1e999",
        b"NaN",
        b"[[",
        b'{"',
        b'"',
        b"}",
        b"-1",
        b"9" * 25,
        b"\x00",
        b"\xff\xff",
        b"\n",
        b",",
    ]
    told += [
        b"F64",
        b"F32",
        b"BOOL",
        b"data_offsets",
        b"shape",
        b"__metadata__",
        b"rule",
        b"dense",
        b"units",
        b"\\u0000",
    ]
    piece = st.one_of(st.sampled_from(told), st.binary(max_size=12))
    one = st.tuples(st.floats(0, 1), st.sampled_from([0, 1, 1, 2, 5, 40]), piece)
    return draw(st.lists(one, min_size=1, max_size=4))


def changed(whole: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    for where, gone, instead in edits:
        at = int(where * len(whole))
        whole = whole[:at] + instead + whole[at + gone :]
    return whole


@settings(max_examples=FUZZ, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(FILES), edits=changes(), sealed=st.booleans())
@example(name="model.safetensors", edits=[(0.0, 8, (2**62).to_bytes(8, "little"))], sealed=True)
@example(name="model.safetensors", edits=[(0.0, 8, (2**31).to_bytes(8, "little"))], sealed=True)
@example(name="run.json", edits=[(0.0, 0, b"[" * 100_000)], sealed=False)
def test_fuzzed_runs(
    run: Path, tmp_path_factory: pytest.TempPathFactory, name: str, edits: Any, sealed: bool
) -> None:
    """Also with checksums put right, which only who means it would do."""
    folder = tmp_path_factory.getbasetemp() / f"fuzzed-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(run, folder)
    (folder / name).write_bytes(changed((run / name).read_bytes(), edits))
    if sealed and name != "run.json":
        seal(folder)
    refused_or(lambda: load(folder), lambda found: sealed or same(found, load(run)))


@settings(max_examples=FUZZ // 4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits=changes())
def test_fuzzed_checkpoints(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory, edits: Any) -> None:
    """With the name put right: resumed as the same training, or refused."""
    from hashlib import sha256

    folder = tmp_path_factory.getbasetemp() / f"fuzzed-checkpoint-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "checkpoint").mkdir(parents=True)
    content = changed(checkpoint.read_bytes(), edits)
    name = f"{checkpoint.name[:15]}-{sha256(content).hexdigest()}.safetensors"
    (folder / "checkpoint" / name).write_bytes(content)
    options = {"epochs": 4, "optimizer": "adam", "folder": folder, "resume": True}
    refused_or(
        lambda: train(NETWORK, X, T, **options), lambda found: np.isfinite(found.loss) or found.divergence
    )


HARMFUL = {
    "a pipe": os.mkfifo,
    "a folder": lambda path: path.mkdir(),
    "a link to itself": lambda path: path.symlink_to(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "nothing": lambda path: path.write_bytes(b""),
    "a terabyte with holes": lambda path: [path.touch(), os.truncate(path, 1 << 40)],
    "a header of a terabyte": lambda path: path.write_bytes((1 << 40).to_bytes(8, "little") + b"{}"),
    "deep lists": lambda path: path.write_bytes(b"[" * 10_000_000),
    "many lists": lambda path: path.write_bytes(b"[" + b"[],[],[],[]," * 2_000_000 + b"0]"),
}


@pytest.fixture
def bounded() -> Iterator[None]:
    """No more than 200 MB beyond what is in use."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + (200 << 20), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("harm", HARMFUL)
def test_in_place_of_a_file(run: Path, harm: str, name: str, tmp_path: Path, bounded: None) -> None:
    folder = Path(shutil.copytree(run, tmp_path / "run"))
    (folder / name).unlink()
    HARMFUL[harm](folder / name)
    with pytest.raises(InputError) as refused:
        load(folder)
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)
