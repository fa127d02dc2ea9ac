"""A table as it was read: raw columns, where each row stands in its file, what was said aloud about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import normalize

from chainrule.errors import InputError
from chainrule.faces.tables.quoting import quoted
from chainrule.files.writing import printable

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "NULL", "null", "None"})
"""The cells that are taken as missing without being told (after spaces are trimmed)."""
WORDLIKE = frozenset({"None"})
"""Those of them that are values in a column of words, unless told: damage None, Minor or Substantial."""


class Note(NamedTuple):
    """One sentence said aloud: what was assumed ("note"), or what the user should look at ("warning")."""

    kind: str
    text: str


@dataclass(eq=False)
class Table:
    """Raw columns by name, all as long as the table; `read` makes it.

    CSV columns are Polars strings, untrimmed; Parquet columns keep their own types.
    `lines[row]` is the physical line on which a CSV row starts (from 1), None for Parquet. `sha256` is that
    of the file, or of what stands for a table that is none. Who asks for a delimiter is asked for the decimal
    mark too, where it is no point. `places` is the shape of the image that a row is, if the file says so.
    """

    path: str
    columns: "dict[str, pl.Series]"
    rows: int
    lines: Sequence[int] | None = None
    decimal: str = "."
    markers: frozenset[str] = MISSING
    wordlike: frozenset[str] = WORDLIKE
    thousands: str = ""
    dates: str = ""
    delimiter: str | None = None
    delimiter_asked: bool = False
    categories: frozenset[str] = frozenset()
    amounts: frozenset[str] = frozenset()
    notes: list[Note] = field(default_factory=list)
    sha256: str | None = None
    places: tuple[int, ...] | None = None

    @property
    def names(self) -> list[str]:
        """The column names, in the file's order."""
        return list(self.columns)

    def only(self, chosen: "np.ndarray") -> "Table":
        """The rows `chosen` (a mask), with the lines that they stand on; notes are shared."""
        import polars as pl

        mask = pl.Series(chosen)
        lines = self.lines and [line for line, keep in zip(self.lines, chosen, strict=True) if keep]
        columns = {name: column.filter(mask) for name, column in self.columns.items()}
        return replace(self, columns=columns, rows=int(chosen.sum()), lines=lines)

    def where(self, row: int) -> str:
        """Where row `row` (from 0) stands: `line 7` of a CSV file, `row 3` (from 1) of a Parquet file."""
        return f"row {row + 1}" if self.lines is None else f"line {self.lines[row]}"

    def fault(self, text: str, row: int | None = None, column: str | None = None) -> InputError:
        """The error that says `text` of this file and row; of a column without a row it is a predicate."""
        if column is not None and row is None:
            return InputError(f"{printable(self.path)}: column {quoted(column)} {text}")
        places = [] if row is None else [self.where(row)]
        places += [] if column is None else [f"column {quoted(column)}"]
        return InputError(": ".join([printable(self.path), *([", ".join(places)] if places else []), text]))

    def say(self, kind: str, text: str) -> None:
        """Say `text` aloud, once."""
        note = Note(kind, text)
        if note not in self.notes:
            self.notes.append(note)


def tidy(name: str) -> str:
    """A column name as it is compared: without spaces around it, in Unicode form NFC."""
    return normalize("NFC", name).strip()
