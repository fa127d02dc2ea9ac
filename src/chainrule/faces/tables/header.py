"""The names of a table's columns: trimmed, in one Unicode form, and fit to tell the columns apart."""

import re
from collections.abc import Iterable, Sequence

from chainrule.errors import InputError
from chainrule.faces.tables.quoting import quoted
from chainrule.faces.tables.table import tidy
from chainrule.files.writing import printable

_NUMBER = re.compile(r"[+-]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)([eE][+-]?[0-9]+)?")


def checked_names(path: str, raw: Sequence[str], where: str) -> list[str]:
    """The tidied names of the columns, in order.

    Raises:
        InputError: a column without a name, or two columns with the same one.
    """
    names = [tidy(name) for name in raw]
    question = "; is the header row missing?" if looks_like_data(names) else ""
    positions: dict[str, int] = {}
    for position, name in enumerate(names, 1):
        if not name:
            advice = question or "; name it, or write the table without its row index"
            raise InputError(f"{printable(path)}: {where}: column {position} has no name{advice}")
        if name in positions:
            pair = f"columns {positions[name]} and {position}"
            advice = question or "; rename one"
            raise InputError(
                f"{printable(path)}: {where}: duplicate column name {quoted(name)} ({pair}){advice}"
            )
        positions[name] = position
    return names


def looks_like_data(names: Iterable[str]) -> bool:
    """Whether the names read like a row of data: at least half of them are numbers."""
    cells = list(names)
    return 2 * sum(_NUMBER.fullmatch(name) is not None for name in cells) >= len(cells) > 0
