"""Files appear whole or not at all, keep their permissions, and outlast a power failure."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chainrule.errors import InputError
from chainrule.files import writing
from chainrule.files.writing import new_folder, put, save


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("permissions", [0o600, 0o640, 0o644, 0o755])
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path, permissions: int) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(permissions)
    put(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert mode(tmp_path / "a") == permissions


@pytest.mark.parametrize(("mask", "file", "folder"), [(0o022, 0o644, 0o755), (0o077, 0o600, 0o700)])
def test_what_is_new_obeys_the_umask(tmp_path: Path, mask: int, file: int, folder: int) -> None:
    with umask(mask):
        put(tmp_path / "a", b"new")
        with new_folder(tmp_path / "parent" / "run") as fresh:
            put(fresh / "b", b"new")
    assert mode(tmp_path / "a") == mode(tmp_path / "parent" / "run" / "b") == file
    assert mode(tmp_path / "parent") == mode(tmp_path / "parent" / "run") == folder


def test_nobody_reads_a_secret_while_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(0o600)

    def write(stream: object) -> None:
        assert {mode(path) for path in tmp_path.iterdir()} == {0o600}

    with umask(0):
        put(tmp_path / "a", write)


def test_leftovers_of_the_dead_are_removed_and_of_nobody_else(tmp_path: Path) -> None:
    killed = "import os, sys; sys.path[:0] = sys.argv[2:]; from chainrule.files.writing import put\n"
    killed += (
        "put(sys.argv[1], lambda stream: (stream.write(b'half'), stream.flush(), os.kill(os.getpid(), 9)))"
    )
    subprocess.run([sys.executable, "-c", killed, str(tmp_path / "a"), *sys.path], check=False)
    (tmp_path / f".a.{os.getpid()}.tmp").touch()  # as versions before 1.0 named them
    for name in (".a.mine.tmp", ".ab.1-00.tmp", ".b.1-00.tmp"):
        (tmp_path / name).touch()
    assert len(os.listdir(tmp_path)) == 5

    def write_another(stream: object) -> None:
        put(tmp_path / "a", b"by another, meanwhile")  # who must not take ours for a leftover

    put(tmp_path / "a", write_another)
    assert sorted(os.listdir(tmp_path)) == [".a.mine.tmp", ".ab.1-00.tmp", ".b.1-00.tmp", "a"]


def test_a_folder_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"), new_folder(tmp_path / "run") as fresh:
        put(fresh / "nowhere" / "a", b"")
    assert os.listdir(tmp_path) == []


def test_a_link_to_nothing_is_there_already(tmp_path: Path) -> None:
    (tmp_path / "run").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="exists already"), new_folder(tmp_path / "run"):
        pass


def test_a_name_of_255_bytes(tmp_path: Path) -> None:
    name = "ä" * 127
    put(tmp_path / name, b"a")
    put(tmp_path / name, b"b")
    assert os.listdir(tmp_path) == [name]


def test_the_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere/a: cannot be written: No such file"):
        save(tmp_path / "nowhere" / "a", b"")
    assert writing.printable("a\nb" + "c" * 200) == "…" + "c" * 99
