"""Files that users name: regular ones and pipes, within bounds of size and of time."""

import os
import threading
import time
from pathlib import Path

import pytest

from chainrule.errors import InputError
from chainrule.files import reading


def test_a_regular_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    assert reading.read(tmp_path / "a", 3) == b"one"
    with pytest.raises(InputError, match="3 bytes, where at most 2 can be right"):
        reading.read(tmp_path / "a", 2)


def test_a_sparse_terabyte_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with open(tmp_path / "a", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputError, match="1,099,511,627,776 bytes, where the memory holds fewer"):
        reading.read(tmp_path / "a")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/urandom"])
def test_a_device_is_no_file(device: str) -> None:
    with pytest.raises(InputError, match=f"{device}: not a regular file or a pipe"):
        reading.read(device)


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        reading.read(tmp_path)


def through_a_pipe(path: Path, *parts: bytes, pause: float = 0.0) -> threading.Thread:
    """Somebody who opens the pipe at `path` and writes `parts` into it."""

    def write() -> None:
        time.sleep(pause)
        with open(path, "wb", buffering=0) as pipe:
            for part in parts:
                pipe.write(part)
                time.sleep(pause)

    writer = threading.Thread(target=write)
    writer.start()
    return writer


@pytest.mark.parametrize("pause", [0.0, 0.1])
def test_a_pipe_gives_all_that_is_written(tmp_path: Path, pause: float) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = through_a_pipe(tmp_path / "pipe", b"a" * 100_000, b"", b"b" * 10, pause=pause)
    assert reading.read(tmp_path / "pipe") == b"a" * 100_000 + b"b" * 10
    writer.join()


def test_a_pipe_of_more_than_can_be_right(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = through_a_pipe(tmp_path / "pipe", b"a" * 1000)
    with pytest.raises(InputError, match="at most 99 can be right"):
        reading.read(tmp_path / "pipe", 99)
    writer.join()


def test_a_pipe_that_nobody_writes_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "NOBODY_WRITES", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="a pipe that nobody writes to"):
        reading.read(tmp_path / "pipe")


def test_a_pipe_out_of_which_nothing_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "NOTHING_COMES", 0.1)
    os.mkfifo(tmp_path / "pipe")
    holder = os.open(tmp_path / "pipe", os.O_RDWR)  # it is open for writing, and stays so
    with pytest.raises(InputError, match="nothing came for"):
        reading.read(tmp_path / "pipe")
    os.close(holder)


def test_a_file_of_our_own_is_no_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=r"not a regular file$"):
        reading.read_own(tmp_path / "pipe", 10)
    with pytest.raises(InputError, match=r"cannot read .*nothing: No such file"):
        reading.read_own(tmp_path / "nothing", 10)
