"""Reading: a file that a user named, a regular one or a pipe, within bounds of size and of time."""

import io
import os
import select
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chainrule.errors import InputError
from chainrule.files.writing import printable

MOST_TEXT = 16 << 20
"""Bytes of a worked example, a lesson or a worksheet; the largest that anybody published has 100 kB."""
NOBODY_WRITES = 5.0
"""Seconds after which a pipe that no process has opened for writing is given up."""
NOTHING_COMES = 60.0
"""Seconds of silence after which a pipe is given up."""


def read(path: str | os.PathLike[str], limit: int | None = None, *, pipes: bool = True) -> bytes:
    """All bytes of the file at `path`; see `opened`.

    Raises:
        InputError: it is neither a regular file nor (with `pipes`) a pipe, or holds more than `limit` bytes.
        OSError: the system refuses.
    """
    with opened(path, limit, pipes=pipes) as stream:
        return stream.read()


def read_own(path: str | os.PathLike[str], limit: int) -> bytes:
    """`read` for a file that chainrule wrote itself: nothing but a regular file can be one.

    Raises:
        InputError: there is no such file, it is something else (a pipe, a device, a folder), or larger.
    """
    try:
        return read(path, limit, pipes=False)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None


@contextmanager
def opened(
    path: str | os.PathLike[str], limit: int | None = None, *, pipes: bool = True
) -> Iterator[io.BufferedReader]:
    """The file at `path` as a stream of at most `limit` bytes (by default, of the machine's memory).

    Raises:
        InputError: it is neither a regular file nor (with `pipes`) a pipe, or holds more than `limit` bytes;
            nothing comes out of a pipe.
        OSError: the system refuses.
    """
    name = os.fspath(path)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(name, flags)
    with open(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        kind = status.st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(21, "Is a directory", name)
        if not (stat.S_ISREG(kind) or (pipes and _is_stream(kind, file))):
            raise InputError(f"{printable(name)}: not a regular file{' or a pipe' if pipes else ''}")
        most = machine_memory() if limit is None else limit
        if stat.S_ISREG(kind) and status.st_size > most:
            raise _too_large(name, status.st_size, limit)
        source = file if stat.S_ISREG(kind) or not hasattr(select, "poll") else _Pipe(descriptor, name)
        yield io.BufferedReader(_Bounded(source, name, most, limit))


def _is_stream(kind: int, file: Any) -> bool:
    """A pipe, or a terminal into which somebody types."""
    return stat.S_ISFIFO(kind) or bool(file.isatty())


def machine_memory() -> int:
    """Bytes of memory that this machine has; 64 GiB where it does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 64 << 30


def _too_large(name: str, size: int, limit: int | None) -> InputError:
    bound = "the memory holds fewer" if limit is None else f"at most {limit:,} can be right"
    return InputError(f"{printable(name)}: {size:,} bytes, where {bound}")


class _Bounded(io.RawIOBase):
    """A stream that ends in an error where it has given more bytes than allowed."""

    def __init__(self, source: Any, name: str, most: int, limit: int | None) -> None:
        self._source, self._name, self._most, self._limit = source, name, most, limit
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count: int = self._source.readinto(buffer) or 0
        self._size += count
        if self._size > self._most:
            raise _too_large(self._name, self._size, self._limit)
        return count


class _Pipe:
    """A pipe, or a terminal, that is not waited for without end."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor, self._name = descriptor, name
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._opened_by_another = False

    def readinto(self, buffer: Any) -> int:
        data = self._wait() or b""
        buffer[: len(data)] = data
        return len(data)

    def _read(self) -> bytes | None:
        """What is there: nothing where the pipe has ended or was never opened, None where more may come."""
        try:
            data = os.read(self._descriptor, io.DEFAULT_BUFFER_SIZE)
        except BlockingIOError:
            data = None
        self._opened_by_another |= data != b""
        return data

    def _wait(self) -> bytes | None:
        """The next bytes; none where the pipe has ended."""
        start = time.monotonic()
        while True:
            data = self._read()
            events = dict(self._poll.poll(0)).get(self._descriptor, 0)
            if data or (data == b"" and (self._opened_by_another or events & select.POLLHUP)):
                return data
            waited = time.monotonic() - start
            if not self._opened_by_another and waited > NOBODY_WRITES:
                raise InputError(f"{printable(self._name)}: a pipe that nobody writes to")
            if waited > NOTHING_COMES and not os.isatty(self._descriptor):
                seconds = f"{NOTHING_COMES:.0f} seconds"
                raise InputError(f"{printable(self._name)}: a pipe out of which nothing came for {seconds}")
            self._poll.poll(1000) if data is None else time.sleep(0.02)
