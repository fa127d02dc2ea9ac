"""Standard streams: stdout is a file that can fail, and says so in one way; stderr is never in the way."""

import errno
import io
import os
import sys
from typing import IO, Any


class StdoutError(Exception):
    """Stdout took no more. Not an OSError: nobody who handles the errors of files shall take it for one."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(reason)
        self.is_broken_pipe = number == errno.EPIPE


class _Stdout(io.FileIO):
    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise StdoutError(error.errno or 0, error.strerror or str(error)) from None


class _Missing(io.RawIOBase):
    """In place of a stdout that was closed before we started."""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        raise StdoutError(errno.EBADF, "it is closed")


class _Stderr(io.FileIO):
    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:  # full, or nobody reads it: what was to be said is lost, and nothing else
            return len(data)


def guard() -> None:
    """Put our own stdout and stderr in place of Python's.

    A descriptor that was closed is taken by /dev/null first, or the next file that is opened would get its
    number, and what a library prints would end in somebody's table.
    """
    closed = [descriptor for descriptor in (0, 1, 2) if not _is_open(descriptor)]
    for descriptor in closed:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)
    raw = _Missing() if 1 in closed else _Stdout(1, "w", closefd=False)
    sys.stdout = _text(sys.stdout, io.BufferedWriter(raw), "backslashreplace")
    stderr = io.BufferedWriter(_Stderr(2, "w", closefd=False))
    sys.stderr = _text(sys.stderr, stderr, "backslashreplace", line_buffering=True)


def abandon_stdout() -> None:
    """Nothing more goes to stdout; what its buffer still holds is not tried again at the end."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (it lives as long as the process)


def write(content: str | bytes) -> None:
    """Write to stdout, and flush it.

    Raises:
        StdoutError: it took no more, or was closed.
    """
    if isinstance(content, str):
        sys.stdout.write(content)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
    sys.stdout.flush()


def _text(stream: Any, buffer: IO[bytes], errors: str, line_buffering: bool = False) -> io.TextIOWrapper:
    """`buffer` as text, encoded as `stream` was."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    terminal = buffer.isatty()
    return io.TextIOWrapper(buffer, encoding, errors, line_buffering=line_buffering or terminal)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
