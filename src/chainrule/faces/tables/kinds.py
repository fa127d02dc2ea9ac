"""What kind a column is, decided by looking at all its cells; and reading new cells as that kind."""

from typing import TYPE_CHECKING

import numpy as np

from chainrule.faces.tables.cells import Cells, UnfitColumnError
from chainrule.faces.tables.codes import are_mixed, are_truths, have_leading_zeros, truths
from chainrule.faces.tables.dates import are_dates
from chainrule.faces.tables.gaps import say_gaps, say_revived, without_gaps, words_of
from chainrule.faces.tables.notation import Notation, notation_of
from chainrule.faces.tables.quoting import dropping, listed, quoted

if TYPE_CHECKING:
    import polars as pl

NUMBER, BOOLEAN, WORDS, DATES = "number", "boolean", "words", "dates"
YEARS = (1500, 2200)
FEW, MANY = 20, 1000
"""Up to FEW distinct words may always be categories; more only if they repeat, and never over MANY."""
SMALLEST = 5
"""Of a column of very many words, those are categories that so many rows have."""
SUSPECTS = (-1, -9, -99, -999, -9999, -99999, 99, 999, 9999, 99999, 999999)
"""Codes that people write for what is missing."""
FEWEST_SUSPECTS = 3
"""Rows that have such a code, and values beside it, before it is spoken of."""
EXACT = 2.0**53
"""Past it float64 cannot tell neighbouring integers apart."""


def kind_of(column: Cells) -> str:
    """NUMBER, BOOLEAN or WORDS.

    Raises:
        InputError: no value at all, or a cell that is no number in a column of numbers.
    """
    if not column.count:
        raise UnfitColumnError(column.table, column.name, "has no value at all: every cell is missing")
    if not column.bad.any():
        return NUMBER
    if column.flags is not None:
        return BOOLEAN
    if not column.textual or 2 * column.nearly_numbers() >= column.count:
        raise column.not_a_number(int(column.bad.argmax()))
    return WORDS


def looked(column: Cells) -> tuple[str, Cells, Notation]:
    """The kind of an input column, its cells read as that kind, and how its numbers are written.

    Raises:
        InputError: no value at all, or a cell that is no number in a column of numbers.
    """
    table, name = column.table, quoted(column.name)
    if not column.count:
        raise UnfitColumnError(table, column.name, "has no value at all: every cell is missing")
    if column.name in table.categories:
        return WORDS, words_of(column), Notation()
    numbers = without_gaps(column)
    if numbers.count and not numbers.bad.any():
        if have_leading_zeros(numbers) and column.name not in table.amounts:
            table.say(
                "note", f"column {name}: digits after a leading zero are codes, so words ({_number(column)})"
            )
            return WORDS, numbers, Notation()
        say_gaps(numbers)
        return NUMBER, numbers, Notation()
    if are_truths(column):
        return BOOLEAN, column, Notation()
    if numbers.count and (notation := notation_of(numbers)):
        say_gaps(numbers)
        notation.say(numbers)
        return NUMBER, notation.apply(numbers), notation
    if numbers.textual and numbers.count and are_dates(numbers):
        say_gaps(numbers)
        return DATES, numbers, Notation()
    if are_mixed(numbers) and column.name not in table.amounts:
        table.say(
            "note", f"column {name}: digits and letters or dashes are codes, so words ({_number(column)})"
        )
        return WORDS, numbers, Notation()
    amounts = column.name in table.amounts
    if amounts or kind_of(numbers if numbers.count else column) != WORDS:
        raise numbers.not_a_number(int(numbers.bad.argmax()))
    words = words_of(column)
    say_gaps(words)
    say_revived(words)
    return WORDS, words, Notation()


def _number(column: Cells) -> str:
    from shlex import quote

    return f"--number {quote(column.name)} if they are amounts"


def too_many(distinct: int, rows: int) -> bool:
    """Whether `distinct` values in `rows` rows are too many to be classes or categories."""
    return distinct > MANY or (distinct > FEW and 2 * distinct > rows)


def numbers_as(column: Cells, kind: str) -> np.ndarray:
    """The cells (n,) as float64 of `kind` NUMBER or BOOLEAN, NaN where missing.

    Raises:
        InputError: the first cell that is of another kind.
    """
    values, bad = column.numbers, column.bad
    if kind == BOOLEAN:
        values = truths(column)
        bad = np.isnan(values) & ~column.missing
        if bad.any():
            row = int(bad.argmax())
            raise column.fault(
                f"{quoted(column.values[row])} is neither true nor false, as it was in training", row
            )
    if bad.any():
        raise column.not_a_number(int(bad.argmax()))
    return values


def say_spellings(column: Cells) -> None:
    """Say aloud which words were made one (spaces, Unicode form) and which were not (case)."""
    import polars as pl

    table, words = column.table, column.words.drop_nulls().unique()
    raw = table.columns[column.name]
    if raw.dtype == pl.String and not too_many(len(words), column.count):
        spelled = raw.filter(~pl.Series(column.missing)).unique()
        trimmed = spelled.str.strip_chars()
        if trimmed.n_unique() < len(spelled):
            padded = quoted(spelled.filter(spelled != trimmed).sort()[0])
            table.say(
                "note", f"column {quoted(column.name)}: spaces around words are trimmed, as in {padded}"
            )
        if len(words) < trimmed.n_unique():
            odd = quoted(trimmed.filter(trimmed != trimmed.str.normalize("NFC")).sort()[0])
            table.say(
                "note",
                f"column {quoted(column.name)}: words in two Unicode forms, as {odd}, are made one (NFC)",
            )
    lowered = words.str.to_lowercase()
    if lowered.n_unique() < len(words):
        twins = words.filter(lowered.is_duplicated()).sort()
        text = f"column {quoted(column.name)}: words that differ only in case are kept apart: {listed(twins)}"
        table.say("warning", text)


def say_beyond_exact(column: Cells, values: np.ndarray) -> None:
    """Warn of integers that float64 cannot tell apart."""
    with np.errstate(invalid="ignore"):
        huge = np.abs(values) > EXACT
    if not huge.any():
        return
    integers: pl.Series | bool = column.values.dtype.is_integer()
    if column.textual:
        integers = column.values.str.contains(r"^[+-]?[0-9]+$")[int(huge.argmax())]
    if integers:
        place = column.table.where(int(huge.argmax()))
        text = f"column {quoted(column.name)} holds integers beyond 2**53 (first on {place}): float64 loses"
        column.table.say(
            "warning",
            f"{text} their last digits; if it is an identifier, leave it out with {dropping([column.name])}",
        )


def say_suspects(column: Cells, values: np.ndarray) -> None:
    """Warn of a code such as -999 that stands far from all other values: it may mean missing."""
    present = values[np.isfinite(values)]
    for code in SUSPECTS:
        others = present[present != code]
        count = len(present) - len(others)
        if count < FEWEST_SUSPECTS or len(np.unique(others)) < FEWEST_SUSPECTS:
            continue
        if min(abs(others.min() - code), abs(others.max() - code)) > 2 * np.ptp(others) and not (
            others.min() < code < others.max()
        ):
            text = f"column {quoted(column.name)}: {code} in {count} rows, far from all others"
            column.table.say("warning", f"{text}: does it mean missing? Say --na={code}")


def are_years(values: np.ndarray) -> bool:
    """Whether numbers that rise are likelier to be years than to number the rows."""
    return bool(YEARS[0] <= values[0] <= values[-1] <= YEARS[1])


def say_row_numbers(column: Cells, values: np.ndarray) -> None:
    """Warn of a column that only counts the rows: it would teach their order."""
    rising = len(values) > FEW and bool((values[:-1] + 1.0 == values[1:]).all())
    if rising and not are_years(values):
        text = f"column {quoted(column.name)} counts the rows ({values[0]:.6g} to {values[-1]:.6g}):"
        column.table.say("warning", f"{text} an identifier? Leave it out with {dropping([column.name])}")
