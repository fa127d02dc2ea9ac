"""Writing: a file or a folder appears whole or not at all, and outlasts a power failure once it is there."""

import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TypeAlias

from chainrule.errors import InputError

Content: TypeAlias = bytes | Callable[[IO[bytes]], object]
"""The bytes of a file, or what writes them into a stream."""


_unfinished: set[str] = set()
"""Files and folders under their temporary names."""


def discard_unfinished() -> None:
    """Remove what is being written, in a process that is about to end."""
    for path in list(_unfinished):
        if os.path.isdir(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                os.unlink(path)


def put(path: str | os.PathLike[str], content: Content) -> None:
    """Write `content` under another name, flush it to the disk, then let it take the place of `path`.

    Whatever goes wrong, what was at `path` before is still there, whole. A link is followed, a pipe or a
    device is written to directly. A file that is replaced keeps its permissions; a new one has those of the
    umask. What killed processes left of the same file is removed.

    Raises:
        OSError: it cannot be written.
    """
    write = content if callable(content) else (lambda stream: stream.write(content))
    name = os.fspath(path)
    before = _status(name)
    if before and not stat.S_ISREG(before.st_mode):
        with open(name, "wb") as stream:
            write(stream)
        return
    target = os.path.realpath(name)
    folder, base = os.path.split(target)
    _remove_leftovers(folder, base)
    temporary, descriptor = _open_temporary(folder, base, 0o600 if before else 0o666)
    try:
        _unfinished.add(temporary)
        with open(descriptor, "wb") as stream:
            _lock(descriptor)
            write(stream)
            stream.flush()
            if before:
                _like(descriptor, before)
            os.fsync(descriptor)
            os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    finally:
        _unfinished.discard(temporary)
    settle(folder)


def save(path: str | os.PathLike[str], content: Content) -> None:
    """`put` for a file that the user named.

    Raises:
        InputError: it cannot be written; path and reason are named.
    """
    try:
        put(path, content)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{printable(os.fspath(path))}: cannot be written: {reason}") from None


@contextmanager
def new_folder(target: str | os.PathLike[str]) -> Iterator[Path]:
    """A folder to fill, which then becomes `target`: whole or not at all.

    Raises:
        InputError: the target exists already, or cannot be written; the reason is named.
    """
    target = Path(target)
    try:
        if os.path.lexists(target):
            raise InputError(f"{target} exists already: name another folder, or remove it first")
        _make_parents(target.absolute().parent)
        temporary = target.parent / f".chainrule-{secrets.token_hex(8)}"
        temporary.mkdir()
        _unfinished.add(str(temporary))
        try:
            yield temporary
            for folder, _, _ in os.walk(temporary):
                settle(folder)
            _become(temporary, target)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        finally:
            _unfinished.discard(str(temporary))
        settle(target.parent)
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror or error}") from None


def _become(temporary: Path, target: Path) -> None:
    try:
        os.rename(temporary, target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise
        raise InputError(f"{target} exists already: name another folder, or remove it first") from None


def settle(folder: str | os.PathLike[str]) -> None:
    """Flush the names in a folder, so that a rename outlasts a power failure; where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def printable(path: str) -> str:
    """A path for a message; of a long one the end counts."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in path)
    return text if len(text) <= 100 else f"…{text[-99:]}"


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _open_temporary(folder: str, base: str, mode: int) -> tuple[str, int]:
    """A new file beside the target, of a name that nobody else has: its path and its descriptor."""
    name = f".{base[:100]}.{os.getpid()}-{secrets.token_hex(6)}.tmp"
    path = os.path.join(folder, name)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return path, os.open(path, flags, mode)


def _like(descriptor: int, before: os.stat_result) -> None:
    """Give a new file the permissions of the one that it replaces, and its owner where that is allowed."""
    if not hasattr(os, "fchown"):
        return
    status = os.fstat(descriptor)
    if (status.st_uid, status.st_gid) != (before.st_uid, before.st_gid):
        with suppress(OSError):
            os.fchown(descriptor, before.st_uid, before.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))


def _remove_leftovers(folder: str, base: str) -> None:
    """Remove what killed processes left while they wrote this file. Who still writes holds a lock on it."""
    leftover = re.compile(rf"\.{re.escape(base[:100])}\.\d+(-[0-9a-f]+)?\.tmp")
    with suppress(OSError):
        for name in filter(leftover.fullmatch, os.listdir(folder or ".")):
            path = os.path.join(folder, name)
            with suppress(OSError), open(path, "rb") as stream:
                if _lock(stream.fileno()):
                    os.unlink(path)


def _lock(descriptor: int) -> bool:
    """Whether nobody else writes to the file; the lock ends with the process, however it ends."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):  # Windows, or a file system without locks: leftovers stay there
        return False
    return True


def _make_parents(folder: Path) -> None:
    """`mkdir -p` that outlasts a power failure."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in missing:
        settle(place.parent)
