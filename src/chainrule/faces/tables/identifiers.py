"""Columns that tell rows apart and teach nothing that holds for new ones: identifiers, free text."""

import re
from collections.abc import Mapping
from shlex import quote

import numpy as np

from chainrule.faces.tables.cells import Cells, UnfitColumnError
from chainrule.faces.tables.kinds import FEW, NUMBER, SMALLEST, WORDS, are_years, too_many
from chainrule.faces.tables.quoting import counted, dropping, quoted

_NAME = re.compile(
    r"((^|[^a-z])(id|ids|no|nr|num|key|idx|index|uuid|guid|serial|rownames?)|unnamed: ?[0-9]+)$"
    r"|(?-i:[a-z]I[dD]$)",
    re.IGNORECASE,
)
DENSE = 0.2
"""Numbers that rise with every row and fill this share of their range are taken for numbers of rows."""
LARGEST_SHARE = 0.1
"""Of the rows that one identifier has: beyond, it names no more than a category."""


def left_out(columns: Mapping[str, Cells], kinds: Mapping[str, str]) -> list[str]:
    """The columns to leave out, each said aloud; words that are none, and nothing else is there, are refused.

    Raises:
        UnfitColumnError: there would be no inputs.
    """
    reasons = {name: _reason(columns[name], kind) for name, kind in kinds.items()}
    names = [name for name, reason in reasons.items() if reason]
    if len(names) == len(kinds):
        names = [name for name in names if kinds[name] == WORDS]
        if len(names) == len(kinds):
            raise UnfitColumnError(columns[names[0]].table, names[0], reasons[names[0]])
    for name in names:
        table, option = columns[name].table, "number" if kinds[name] == NUMBER else "category"
        table.say(
            "note", f"column {quoted(name)} {reasons[name]}: left out (--{option} {quote(name)} keeps it)"
        )
    return names


def _reason(column: Cells, kind: str) -> str:
    """Why the column is left out, as a predicate; empty if it is not."""
    table = column.table
    if column.name in table.categories | table.amounts or column.count <= FEW:
        return ""
    if kind == WORDS:
        return _of_words(column)
    return _of_numbers(column) if kind == NUMBER else ""


def _say_repeated(column: Cells, values: np.ndarray) -> None:
    """Say that rows may belong together, where an identifier has several of them."""
    if not _NAME.search(column.name):
        return
    counts = np.unique(values.astype(str), return_counts=True)[1]
    if len(counts) > FEW and 2 * len(counts) <= len(values) and counts.max() <= LARGEST_SHARE * len(values):
        times = f"each of its {len(counts)} values comes about {len(values) / len(counts):.2g} times"
        text = f"column {quoted(column.name)} is called an identifier, and {times}: if such rows belong"
        column.table.say("warning", f"{text} together, hold them out together: --group {quote(column.name)}")


def _of_words(column: Cells) -> str:
    words = column.words.drop_nulls()
    distinct = words.n_unique()
    _say_repeated(column, words.to_numpy())
    commonest = int(np.unique(words.to_numpy().astype(str), return_counts=True)[1].max())
    if not too_many(distinct, len(words)) or commonest >= SMALLEST:
        return ""
    text = f"holds {distinct} distinct texts in {counted(len(words), 'cell')} ({quoted(words[0])}, ...)"
    return f"{text}: free text or an identifier, no categories"


def _of_numbers(column: Cells) -> str:
    values = column.numbers[~column.missing]
    if not (values == np.round(values)).all():
        return ""
    if len(np.unique(values)) < len(values):
        _say_repeated(column, values)
        return ""
    rising = bool((np.diff(values) > 0).all())
    text = f"({values[0]:.12g} to {values[-1]:.12g})"
    if _NAME.search(column.name):
        way = "rises with every row" if rising else "is different in every row"
        return f"is a whole number that {way} {text} and called an identifier"
    if (
        rising
        and not are_years(values)
        and len(values) >= DENSE * (values[-1] - values[0] + 1)
        and (np.diff(values) != 1).any()
    ):
        text = (
            f"column {quoted(column.name)} is a whole number that rises with every row {text}: an identifier?"
        )
        column.table.say("warning", f"{text} Leave it out with {dropping([column.name])}")
    return ""
