"""The cells of raw columns: the missing ones marked, the others read as numbers or as words."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from chainrule.errors import InputError
from chainrule.faces.tables.hints import NEARLY, STRICT, advice
from chainrule.faces.tables.quoting import dropping, quoted
from chainrule.faces.tables.table import Table

if TYPE_CHECKING:
    import polars as pl

WORDS = frozenset({"true", "false"})
"""The boolean words, in any case."""
_BATCH = 100  # columns read in one Polars query


class UnfitColumnError(InputError):
    """A column of a kind that no network takes; it can be left out. `what` says why, as a predicate."""

    def __init__(self, table: Table, name: str, reason: str) -> None:
        super().__init__(f"{table.fault(reason, column=name)}; leave it out with {dropping([name])}")
        self.name, self.what = name, reason


@dataclass(frozen=True)
class Cells:
    """One column of strings or native numbers, read.

    Attributes:
        raw: the cells as in the table; native types that are words (booleans, categories) as strings.
        missing: which cells are missing, (n,).
        numbers: the cells as float64, NaN where missing or no finite number, (n,).
        bad: which cells are present but no finite numbers, (n,).
    """

    table: Table
    name: str
    raw: "pl.Series"
    missing: np.ndarray
    numbers: np.ndarray
    bad: np.ndarray

    @cached_property
    def textual(self) -> bool:
        """Whether the cells are strings (else they are native numbers)."""
        import polars as pl

        return self.raw.dtype == pl.String

    @cached_property
    def values(self) -> "pl.Series":
        """The cells without spaces around them; native numbers as they are."""
        return self.raw.str.strip_chars() if self.textual else self.raw

    @cached_property
    def count(self) -> int:
        """How many cells are not missing."""
        return len(self.raw) - int(np.count_nonzero(self.missing))

    @cached_property
    def flags(self) -> np.ndarray | None:
        """1.0 for true, 0.0 for false, NaN for missing, if every cell is such a word; otherwise None."""
        if not self.textual or not self.count:
            return None
        if not all(str(word).lower() in WORDS for word in self.words.drop_nulls().unique()):
            return None
        flags: np.ndarray = (self.words.str.to_lowercase() == "true").cast(float).fill_null(np.nan).to_numpy()
        return flags

    @cached_property
    def words(self) -> "pl.Series":
        """The cells as strings in Unicode form NFC, null where missing."""
        import polars as pl

        text = self.values.cast(pl.String).str.normalize("NFC")
        return text.set(pl.Series(self.missing), None) if self.missing.any() else text

    def nearly_numbers(self) -> int:
        """How many cells are numbers to a reader's eye: with decimal commas, a percent sign."""
        import polars as pl

        return int((self.values.str.contains(NEARLY) & ~pl.Series(self.missing)).sum())

    def fault(self, text: str, row: int | None = None) -> InputError:
        """The error that says `text` of this column, and of its row."""
        return self.table.fault(text, row, self.name)

    def not_a_number(self, row: int) -> InputError:
        """The error for the cell in `row`, which should be a number."""
        if not self.textual:
            return self.fault("an infinite value cannot be used", row)
        cell = self.values[row]
        return self.fault(f"{quoted(cell)} {advice(cell, self.table.decimal)}", row)

    def absent(self, row: int) -> str:
        """`missing ('NA')`, for messages."""
        cell = self.values[row]
        return f"missing ({'empty' if cell in (None, '') else quoted(cell)})"


def read_cells(table: Table, names: Iterable[str]) -> dict[str, Cells]:
    """The cells of the columns `names`; rows with NaN, null or a marker in them are missing.

    Raises:
        UnfitColumnError: a column that is neither numbers nor words (dates, lists, bytes).
    """
    columns = {name: comparable(table, name) for name in names}
    name_list = list(columns)
    read: dict[str, Cells] = {}
    for start in range(0, len(name_list), _BATCH):
        for name, missing, numbers in _query(
            table, {name: columns[name] for name in name_list[start : start + _BATCH]}
        ):
            bad = ~(np.isfinite(numbers) | missing)
            numbers[bad | missing] = np.nan
            read[name] = Cells(table, name, columns[name], missing, numbers, bad)
    return read


def comparable(table: Table, name: str) -> "pl.Series":
    """Column `name` as strings or as native numbers. Raises UnfitColumnError if it is neither."""
    import polars as pl

    raw = table.columns[name]
    kind = raw.dtype
    if kind == pl.String or kind.is_numeric():
        return raw
    if kind == pl.Boolean:
        return raw.replace_strict({True: "True", False: "False"}, return_dtype=pl.String)
    if kind in (pl.Categorical, pl.Enum, pl.Null):
        return raw.cast(pl.String)
    if kind in (pl.Date, pl.Datetime, pl.Time):
        raw = raw.dt.replace_time_zone(None) if kind == pl.Datetime else raw
        form = "%Y-%m-%d" if kind == pl.Date else "%H:%M:%S" if kind == pl.Time else "%Y-%m-%d %H:%M:%S"
        return raw.dt.strftime(form)
    word = re.sub(r"[(\[{].*", "", str(kind)).lower()
    reason = "holds dates or times" if kind.is_temporal() else "holds neither numbers nor words"
    raise UnfitColumnError(table, name, f"{reason} (its type is {word})")


def _query(table: Table, columns: "dict[str, pl.Series]") -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, missing cells and numbers (NaN or infinite where there is none) of each column, in one query."""
    import polars as pl

    markers, strict = list(table.markers), STRICT[table.decimal]
    expressions = []
    for number, raw in enumerate(columns.values()):
        cell = pl.col(str(number))
        if raw.dtype == pl.String:
            cell = cell.str.strip_chars()
            missing = cell.is_in(markers).fill_null(True)
            digits = cell.str.replace(",", ".", literal=True) if table.decimal == "," else cell
            cell = pl.when(cell.str.contains(strict)).then(digits.cast(pl.Float64, strict=False))
        else:
            missing = cell.is_null() | cell.is_nan() if raw.dtype.is_float() else cell.is_null()
        numbers = cell.cast(pl.Float64).fill_null(float("nan"))
        expressions += [missing.alias(f"{number} missing"), numbers.alias(f"{number} number")]
    frame = pl.DataFrame([raw.alias(str(number)) for number, raw in enumerate(columns.values())]).select(
        expressions
    )
    for number, name in enumerate(columns):
        yield name, frame[f"{number} missing"].to_numpy(), frame[f"{number} number"].to_numpy(writable=True)


def positions(words: "pl.Series", vocabulary: Sequence[str]) -> np.ndarray:
    """Where each of `words` (n,) stands in `vocabulary`; -1 where it is not there, or missing."""
    import polars as pl

    codes = words.replace_strict(
        list(vocabulary), list(range(len(vocabulary))), default=-1, return_dtype=pl.Int64
    )
    return codes.fill_null(-1).to_numpy()
