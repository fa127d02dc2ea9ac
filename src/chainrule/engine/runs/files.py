"""Files that are safe: written whole or not at all, read within bounds, and JSON that means one thing."""

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from chainrule.errors import InputError

MOST_JSON = 1 << 24  # bytes; parsed, even the worst of it stays below 150 MB
MOST_VALUES = 500_000
DEEPEST = 64


def put(path: Path, content: bytes) -> None:
    """Write `content` under another name, flush it to the disk, then let it take the place of `path`.

    Whatever goes wrong, what was at `path` before is still there, whole. Raises OSError.
    """
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    settle(path.parent)


@contextmanager
def new_folder(target: str | os.PathLike[str]) -> Iterator[Path]:
    """A folder to fill, which then becomes `target`: whole or not at all.

    Raises:
        InputError: the target exists already, or cannot be written; the reason is named.
    """
    target = Path(target)
    try:
        if target.exists():
            raise InputError(f"{target} exists already: name another folder, or remove it first")
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".chainrule-", dir=target.parent))
        try:
            yield temporary
            os.chmod(temporary, 0o755)
            os.rename(temporary, target)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror or error}") from None


def settle(folder: Path) -> None:
    """Flush the names in a folder, so that a rename outlasts a power failure; where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def take(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `most` bytes.

    Raises:
        InputError: there is no such file, it is something else (a pipe, a device, a folder), or larger.
    """
    try:
        opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(opened, "rb") as file:
            status = os.fstat(opened)
            if not stat.S_ISREG(status.st_mode):
                raise InputError(f"{path}: not a regular file")
            if status.st_size > limit:
                raise InputError(f"{path}: {status.st_size:,} bytes, where at most {limit:,} can be right")
            return file.read(status.st_size + 1)  # so many are set aside before a byte is read
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None


def parse(content: bytes, path: Path) -> Any:
    """The plain values in `content`, JSON as the standard has it: UTF-8, no NaN, no name twice.

    Raises:
        InputError: it is no such JSON, or too large or too deep to be ours.
    """
    try:
        if len(content) > MOST_JSON or sum(map(content.count, (b",", b"[", b"{"))) > MOST_VALUES:
            raise ValueError("it holds more than any run does")
        values = json.loads(content.decode(), object_pairs_hook=_once, parse_constant=_no_number)
        if _deep(values):
            raise ValueError("it is nested too deeply")
    except (ValueError, RecursionError, MemoryError) as error:
        reason = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)[:120]
        raise InputError(f"{path}: cannot be read ({reason})") from None
    return values


def canonical(values: Any) -> bytes:
    """One spelling for equal plain values: what a checksum of them is made of."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = next(name for position, (name, _) in enumerate(pairs) if name in dict(pairs[:position]))
        raise ValueError(f"{twice[:40]!r} stands there twice")
    return members


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number in JSON")


def _deep(values: Any) -> bool:
    """Whether lists and objects stand in one another more than DEEPEST times."""
    level = [values]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, (dict, list)):
                inner += value.values() if isinstance(value, dict) else value
        if not inner:
            return False
        level = inner
    return True
