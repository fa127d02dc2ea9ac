"""Gaps in all spellings: what stands for a missing number, and which words only look like one."""

from collections import Counter
from dataclasses import replace

import numpy as np

from chainrule.faces.tables.cells import Cells
from chainrule.faces.tables.quoting import counted, quoted

SPELLINGS = r"(?i)^([-–—.?*_]{1,3}|n\.?/?a\.?|nan|none|null|nil|missing|unknown|#n/?a|<na>)$"
"""What people write where a number is missing; a word of these among words may be one of them."""
SIGNS = r"(?i)^([-–—.?*_]{1,3}|n/a|#n/?a|<na>)$"
"""Those of them that are no word among words either, where each of these has a letter."""
_SHOWN = 4


def without_gaps(column: Cells) -> Cells:
    """The cells of a column of numbers: those that are SPELLINGS of a gap are missing."""
    if not column.textual or not column.bad.any():
        return column
    return emptied(column, column.bad & _matching(column, SPELLINGS))


def words_of(column: Cells, vocabulary: tuple[str, ...] | None = None) -> Cells:
    """The cells of a column of words: `None` is a word like any other, `?` and its like are gaps.

    With the `vocabulary` of a run, what stands in it is a word, and nothing else that means a gap is.
    """
    if not column.textual:
        return column
    import polars as pl

    words = column.table.wordlike if vocabulary is None else column.table.markers & set(vocabulary)
    revived = column.missing & column.values.is_in(list(words)).fill_null(False).to_numpy()
    if revived.any():
        column = replace(column, missing=column.missing & ~revived, bad=column.bad | revived)
    signs = ~column.missing & _matching(column, SIGNS)
    if vocabulary is not None:
        return emptied(column, signs & ~column.values.is_in(list(vocabulary)).fill_null(False).to_numpy())
    remainder = column.values.filter(pl.Series(~column.missing & ~signs))
    return emptied(column, signs) if remainder.str.contains(r"\p{L}").all() and len(remainder) else column


def emptied(column: Cells, gaps: np.ndarray) -> Cells:
    """The cells with `gaps` (a mask) missing."""
    if not gaps.any():
        return column
    numbers = np.where(gaps, np.nan, column.numbers)
    return replace(column, missing=column.missing | gaps, numbers=numbers, bad=column.bad & ~gaps)


def say_gaps(column: Cells) -> None:
    """Say which spellings that nobody asked for are taken as missing."""
    counts = _spelled(column, column.missing, column.table.markers)
    if counts:
        column.table.say("note", f"column {quoted(column.name)}: {counts} taken as missing")


def say_revived(column: Cells) -> None:
    """Say which words, that elsewhere mean a gap, are values here."""
    markers = column.table.wordlike
    revived = ~column.missing & column.values.is_in(list(markers)).fill_null(False).to_numpy()
    if column.textual and revived.any():
        word = column.values[int(revived.argmax())]
        text = (
            f"column {quoted(column.name)}: {quoted(word)} ({counted(int(revived.sum()), 'cell')}) is a word"
        )
        column.table.say("note", f"{text} like the others (--na {word} takes it as missing)")


def _spelled(column: Cells, chosen: np.ndarray, usual: frozenset[str]) -> str:
    """`'?' (5), 'missing' (8)`: the cells `chosen` that are none of the `usual`, and how many there are."""
    import polars as pl

    if not column.textual:
        return ""
    cells = column.values.filter(pl.Series(chosen)).drop_nulls().to_list()
    counts = Counter(cell for cell in cells if cell not in usual)
    spellings = sorted(counts, key=lambda cell: (-counts[cell], cell))
    examples = [f"{quoted(cell)} ({counts[cell]})" for cell in spellings[:_SHOWN]]
    excess = len(spellings) - _SHOWN
    return ", ".join(examples) + (f" and {counted(excess, 'spelling')} more" if excess > 0 else "")


def _matching(column: Cells, pattern: str) -> np.ndarray:
    matches: np.ndarray = column.values.str.contains(pattern).fill_null(False).to_numpy()
    return matches
