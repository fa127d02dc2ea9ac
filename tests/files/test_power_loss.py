"""A power failure as a model: what was written counts once it was flushed, a name once its folder was.

Every save is recorded (write, flush, rename, removal); then each state is made that a disk may hold if the
power fails after any of these steps, and each is loaded.
"""

import os
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.engine.network import Network
from chainrule.engine.runs import checkpoint
from chainrule.engine.runs.checkpointer import Keeper
from chainrule.engine.runs.ensemble import load_ensemble
from chainrule.engine.runs.loading import load
from chainrule.engine.training.train import train
from chainrule.engine.training.train_ensemble import train_ensemble
from chainrule.errors import InputError
from chainrule.files import writing
from chainrule.rules.layers.dense import Dense

Step = tuple[Any, ...]
NETWORK = Network([Dense(2, "tanh"), Dense(1)])
ROWS = np.random.default_rng(0).normal(size=(6, 2)), np.random.default_rng(1).normal(size=(6, 1))


class Disk:
    """What a disk holds for sure, and what it may hold: contents by file, entries by folder, both pending."""

    def __init__(self, steps: list[Step]) -> None:
        self.contents: dict[int, bytes] = {}  # flushed, by inode
        self.written: dict[int, bytes] = {}  # not flushed
        self.entries: dict[str, list[tuple[str, int | None]]] = {}  # by folder, in order; not flushed
        self.flushed: dict[str, int | None] = {}  # path -> inode, None: a folder
        for step in steps:
            getattr(self, f"_{step[0]}")(*step[1:])

    def _write(self, inode: int, content: bytes) -> None:
        self.written[inode] = content

    def _flush(self, inode: int) -> None:
        self.contents[inode] = self.written[inode]

    def _entry(self, path: str, inode: int | None) -> None:
        self.entries.setdefault(os.path.dirname(path), []).append((path, inode))

    def _settle(self, folder: str) -> None:
        for path, inode in self.entries.pop(folder, []):
            self._apply(self.flushed, path, inode)

    @staticmethod
    def _apply(names: dict[str, int | None], path: str, inode: int | None) -> None:
        if inode == GONE:
            names.pop(path, None)
        else:
            names[path] = inode

    def states(self) -> Iterator[dict[str, bytes | None]]:
        """Every state: the first few pending entries of each folder; half of what is not flushed."""
        choices = [range(len(pending) + 1) for pending in self.entries.values()]
        for counts, share in product(product(*choices), (0.0, 0.5)):
            names = dict(self.flushed)
            for (_, pending), count in zip(self.entries.items(), counts, strict=True):
                for path, inode in pending[:count]:
                    self._apply(names, path, inode)
            yield {path: None if i is None else self._content(i, share) for path, i in names.items()}

    def _content(self, inode: int, share: float) -> bytes:
        if inode in self.contents:
            return self.contents[inode]
        written = self.written.get(inode, b"")
        return written[: int(share * len(written))]


GONE = -1


class Recorder:
    """What is done to the disk through `os`, done and written down."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.real = {
            name: getattr(os, name) for name in ("open", "fsync", "mkdir", "replace", "rename", "unlink")
        }
        self.opened: dict[int, tuple[int, str | None]] = {}  # descriptor -> inode, folder

    def open(self, path: Any, flags: int, *mode: Any, **more: Any) -> int:
        descriptor: int = self.real["open"](path, flags, *mode, **more)
        inode = os.fstat(descriptor).st_ino
        self.opened[descriptor] = (inode, os.fspath(path) if os.path.isdir(path) else None)
        if flags & os.O_CREAT:
            self.steps.append(("entry", os.fspath(path), inode))
        return descriptor

    def fsync(self, descriptor: int) -> None:
        inode, folder = self.opened[descriptor]
        if folder is not None:
            self.steps.append(("settle", folder))
        else:
            self.steps += [("write", inode, Path(f"/proc/self/fd/{descriptor}").read_bytes())]
            self.steps.append(("flush", inode))

    def mkdir(self, path: Any, *mode: Any) -> None:
        self.real["mkdir"](path, *mode)
        self.steps.append(("entry", os.fspath(path), None))

    def rename(self, old: Any, new: Any) -> None:
        if os.path.isdir(old):  # its entries are found under the new name
            inode = None
            for number, (kind, path, *rest) in enumerate(self.steps):
                is_own = kind == "settle" and path == str(old)
                if is_own or (kind in ("entry", "settle") and path.startswith(f"{old}/")):
                    self.steps[number] = (kind, path.replace(str(old), str(new), 1), *rest)
        else:
            inode = os.stat(old).st_ino
            self.steps.append(("write", inode, Path(old).read_bytes()))
        self.real["rename"](old, new)
        self.steps.append(("entry", os.fspath(new), inode))
        self.steps.append(("entry", os.fspath(old), GONE))

    def unlink(self, path: Any, **more: Any) -> None:
        self.real["unlink"](path, **more)
        self.steps.append(("entry", os.fspath(path), GONE))


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """What `chainrule.files.writing` does to the disk from now on."""
    recorder = Recorder()
    for name in recorder.real:
        monkeypatch.setattr(os, name, getattr(recorder, "rename" if name == "replace" else name))
    return recorder.steps


def disks(steps: list[Step], before: list[Step], scratch: Path, folder: Path) -> Iterator[tuple[Path, bool]]:
    """The folder in every state that a power failure may leave; and whether it came after the save."""
    for count in range(len(steps) + 1):
        for number, state in enumerate(Disk(before + steps[:count]).states()):
            place = scratch / f"{count}-{number}"
            for path, content in state.items():
                inside = [f for f in Path(path).parents if f == folder or folder in f.parents]
                if (
                    inside
                    and ".tmp" not in path
                    and content is not None
                    and all(str(f) in state for f in inside)
                ):
                    target = place / Path(path).relative_to(folder.parent)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content)
            yield place / folder.name, count == len(steps)
            shutil.rmtree(place, ignore_errors=True)


def outcome(folder: Path) -> object:
    """What loading gives: the loss of a run; "none" where there is none; "damaged" is what may never be."""
    try:
        return load(folder).loss
    except InputError as error:
        return "none" if "not a run" in str(error) or "unfinished" in str(error) else f"damaged: {error}"


def test_a_run_is_there_whole_or_not_at_all(tmp_path: Path, steps: list[Step]) -> None:
    run = train(NETWORK, *ROWS, epochs=2)
    steps.clear()
    run.save(tmp_path / "run")
    recorded = list(steps)
    seen = {
        (outcome(place), late) for place, late in disks(recorded, [], tmp_path / "disks", tmp_path / "run")
    }
    assert seen == {("none", False), (run.loss, False), (run.loss, True)}


def test_a_file_that_is_replaced_is_the_old_or_the_new(tmp_path: Path, steps: list[Step]) -> None:
    (tmp_path / "run").mkdir()
    target = tmp_path / "run" / "a.csv"
    before: list[Step] = [("entry", str(tmp_path / "run"), None), ("settle", str(tmp_path))]
    for content in (b"old", b"new"):
        steps.clear()
        writing.put(target, content)
        if content == b"old":
            before += steps
    found = set()
    for place, late in disks(list(steps), before, tmp_path / "disks", tmp_path / "run"):
        found.add(((place / "a.csv").read_bytes(), late))
    assert found == {(b"old", False), (b"new", False), (b"new", True)}


def test_one_checkpoint_at_least_is_whole(tmp_path: Path, steps: list[Step]) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    before: list[Step] = [("entry", str(folder), None), ("settle", str(tmp_path))]
    moments = [checkpoint.Moment(n, 0.0, {"state": np.arange(3.0) + n}, {}, {}) for n in (1, 2)]
    for moment in moments:
        steps.clear()
        checkpoint.write(folder, moment)
        if moment.epoch == 1:
            before += steps
    found = set()
    for place, late in disks(list(steps), before, tmp_path / "disks", folder):
        found.add((checkpoint.newest(place).epoch, late))
    assert found == {(1, False), (2, False), (2, True)}


@pytest.mark.parametrize("forgotten", ["file", "folder"])
def test_the_model_notices_a_flush_that_is_forgotten(
    forgotten: str, tmp_path: Path, steps: list[Step]
) -> None:
    run = train(NETWORK, *ROWS, epochs=2)
    steps.clear()
    run.save(tmp_path / "run")
    kept = [step for step in steps if step[0] != {"file": "flush", "folder": "settle"}[forgotten]]
    seen = {outcome(place) for place, late in disks(kept, [], tmp_path / "disks", tmp_path / "run") if late}
    assert seen != {run.loss}


def test_an_ensemble_is_there_whole_or_not_at_all(tmp_path: Path, steps: list[Step]) -> None:
    ensemble = train_ensemble(NETWORK, *ROWS, seeds=2, epochs=2)
    steps.clear()
    ensemble.save(tmp_path / "run")
    seen = set()
    for place, late in disks(list(steps), [], tmp_path / "disks", tmp_path / "run"):
        try:
            seen.add((len(load_ensemble(place)), late))
        except InputError as error:
            assert "no such folder" in str(error) or "there are no runs" in str(error), error
            seen.add((0, late))
    assert seen == {(0, False), (2, False), (2, True)}


def test_a_training_that_has_begun_can_be_gone_on_with(tmp_path: Path, steps: list[Step]) -> None:
    keeper = Keeper(tmp_path / "run")
    keeper.begin(checkpoint.Moment(0, 0.0, {"state": np.arange(3.0)}, {}, {}))
    keeper.close()
    for place, late in disks(list(steps), [], tmp_path / "disks", tmp_path / "run"):
        if late:
            assert checkpoint.newest(place / "checkpoint").epoch == 0
