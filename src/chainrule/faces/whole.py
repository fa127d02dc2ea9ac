"""Writing a file: whole or not at all."""

import os
import stat
from collections.abc import Callable
from typing import IO

from chainrule.errors import InputError


def write_whole(path: str | os.PathLike[str], write: Callable[[IO[bytes]], object]) -> None:
    """Let `write` fill the file at `path`, under another name first, which is flushed and renamed.

    A pipe or a device is written to directly.

    Raises:
        InputError: the place cannot be written; it names the path.
    """
    name = os.fspath(path)
    try:
        if os.path.exists(name) and not stat.S_ISREG(os.stat(name).st_mode):
            with open(name, "wb") as stream:
                write(stream)
            return
        _replace(os.path.realpath(name), write)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{_plain(name)}: cannot be written: {reason}") from None


def _replace(path: str, write: Callable[[IO[bytes]], object]) -> None:
    """Write beside `path`, then take its place; whatever goes wrong, nothing of it stays."""
    folder = os.path.dirname(path)
    scratch = os.path.join(folder, f".{os.path.basename(path)[:100]}.{os.getpid()}.tmp")
    try:
        with open(scratch, "xb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(scratch, path)
    except FileExistsError:
        raise
    except BaseException:
        if os.path.exists(scratch):
            os.unlink(scratch)
        raise


def _plain(name: str) -> str:
    """A path for a message; of a long one the end counts."""
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
    return printable if len(printable) <= 100 else f"…{printable[-99:]}"
