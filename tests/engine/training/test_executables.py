"""Compiled programs outlast the process: found again with the same bits, from a folder that is ours alone."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax
import pytest
from jax.experimental.compilation_cache import compilation_cache

from chainrule import BackpropClassifier, Dense, Dropout, Network, Run, train, train_ensemble
from chainrule.engine.training import executables
from chainrule.engine.training.ensemble_program import together
from chainrule.engine.training.program import program
from chainrule.rules.layers.tanh import Tanh

pytestmark = pytest.mark.filterwarnings("ignore:.*converge")
X = np.random.default_rng(0).normal(size=(50, 4)).astype("f4")
NET = Network([Dense(4, "tanh"), Dropout(0.1), Dense(1)])


@dataclass(frozen=True)
class OtherTanh(Tanh):
    """A rule from outside."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of our own, in which programs are kept although the tests keep JAX's."""
    place = tmp_path / "programs"
    monkeypatch.setenv("CHAINRULE_CACHE", str(place))
    before = jax.config.values["jax_compilation_cache_dir"]
    jax.config.update("jax_compilation_cache_dir", None)
    compilation_cache.reset_cache()  # what JAX read from a file cannot be written again
    yield place
    jax.config.update("jax_compilation_cache_dir", before)
    as_in_a_new_process()


def as_in_a_new_process() -> None:
    program.cache_clear()
    together.cache_clear()


def fresh(network: Network = NET, **options: Any) -> Run:
    as_in_a_new_process()
    asked: dict[str, Any] = {"epochs": 3, "batch_size": 16, "optimizer": "adam", "validation": 0.2, **options}
    return train(network, X, X[:, :1], **asked)


def files(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in folder.glob("*")}


def same(run: Run, other: Run) -> bool:
    return run.history == other.history and all(
        np.array_equal(array, other.parameters[name]) for name, array in run.parameters.items()
    )


def test_found_again_with_the_same_bits(folder: Path) -> None:
    first = fresh()
    kept = files(folder)
    assert len(kept) == 2  # the state at the start, and the epochs
    assert folder.stat().st_mode & 0o077 == 0
    assert same(fresh(), first)
    assert files(folder) == kept
    assert not same(fresh(seed=1), first)
    assert files(folder) == kept


def test_another_program_is_another_file(folder: Path) -> None:
    sizes = []
    for options in ({}, {"optimizer": "sgd"}, {"batch_size": 8}, {"shuffle": False}, {"patience": 2}):
        fresh(**options)
        sizes.append(len(files(folder)))
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("spoilt", [b"", b"\0" * 40, None])
def test_a_damaged_file_costs_a_compile(folder: Path, spoilt: bytes | None) -> None:
    first = fresh()
    kept = files(folder)
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:-7] + b"another" if spoilt is None else spoilt)
    assert same(fresh(), first)
    assert files(folder).keys() == kept.keys()
    assert all(path.stat().st_size > 1000 for path in folder.iterdir())


def test_a_program_that_fails_when_it_is_run_is_compiled_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fresh()

    def broken(*_: Any) -> Any:
        raise jax.errors.JaxRuntimeError("NOT_FOUND: Function wrapped_broadcast not found")

    monkeypatch.setattr(executables.Kept, "_loaded", lambda *_: broken)
    assert same(fresh(), first)


def test_what_nobody_can_say_in_words_is_not_kept(folder: Path) -> None:
    fresh(optimizer=optax.adam(0.1))
    fresh(learning_rate=lambda step: 0.1)
    fresh(Network([Dense(4, OtherTanh()), Dense(1)]))
    assert not folder.exists() or not files(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders have no modes here")
@pytest.mark.parametrize("mode", [0o755, 0o770, 0o707])
def test_a_folder_open_to_others_is_left_alone(folder: Path, mode: int) -> None:
    folder.mkdir()
    folder.chmod(mode)
    fresh()
    assert not files(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders have no modes here")
def test_nor_one_that_others_could_put_another_in_place_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = folder.parent / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    monkeypatch.setenv("CHAINRULE_CACHE", str(shared / "programs"))
    assert executables.place() is None
    shared.chmod(0o755)
    assert executables.place() == shared / "programs"
    monkeypatch.setattr(os, "geteuid", lambda: 4321)
    assert executables.place() is None


def test_switched_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_CACHE", "off")
    fresh()
    assert not folder.exists()


def test_who_keeps_jax_s_own_keeps_those(folder: Path, tmp_path: Path) -> None:
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "jax"))
    fresh()
    assert not folder.exists()


def test_a_folder_that_cannot_be_made(folder: Path) -> None:
    folder.write_text("no folder")
    assert fresh().epochs == 3


def test_many_at_once(folder: Path) -> None:
    first = fresh()
    for path in folder.iterdir():
        path.unlink()
    with ThreadPoolExecutor(3) as pool:
        assert all(same(run, first) for run in pool.map(lambda _: fresh(), range(3)))


def test_those_that_were_not_used_for_longest_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh()
    earliest = set(files(folder))
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    monkeypatch.setattr(executables, "MOST", 2 * max(path.stat().st_size for path in folder.iterdir()))
    fresh(optimizer="rmsprop")
    fresh(optimizer="sgd")
    assert not earliest <= set(files(folder))
    assert sum(path.stat().st_size for path in folder.iterdir()) <= executables.MOST


def test_estimators_and_ensembles(folder: Path) -> None:
    def both() -> tuple[Any, Any]:
        as_in_a_new_process()
        model = BackpropClassifier((3,), max_iter=2, random_state=0).fit(X, X[:, 0] > 0)
        return model.run_, train_ensemble(NET, X, X[:, :1], seeds=2, epochs=2).members[1]

    first, second = both()
    kept = files(folder)
    assert len(kept) == 4
    again = both()
    assert (same(again[0], first), same(again[1], second), files(folder)) == (True, True, kept)
