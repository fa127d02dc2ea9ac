"""JSON that means one thing: no NaN, no name twice, nothing endless; read within bounds."""

import json
import math
from pathlib import Path
from typing import Any, NoReturn

from chainrule.errors import InputError

MOST_JSON = 1 << 24  # bytes; parsed, even the worst of it stays below 150 MB
MOST_VALUES = 500_000
DEEPEST = 64


def finite(value: Any) -> Any:
    """Plain values with None in place of NaN and infinity, which JSON has not."""
    if isinstance(value, dict):
        return {key: finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def dumps(value: Any) -> str:
    """JSON on one line, as commands print it; what is not finite is null."""
    return json.dumps(finite(value), ensure_ascii=False, allow_nan=False)


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
