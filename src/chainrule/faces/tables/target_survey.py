"""The target column looked at: which rows have it, and whether it holds classes or amounts."""

from typing import Any

import numpy as np

from chainrule.faces.tables.cells import Cells, UnfitColumnError, read_cells
from chainrule.faces.tables.dates import are_dates
from chainrule.faces.tables.gaps import say_gaps, say_revived, words_of
from chainrule.faces.tables.kinds import (
    FEW,
    NUMBER,
    WORDS,
    kind_of,
    numbers_as,
    say_beyond_exact,
    say_spellings,
    too_many,
)
from chainrule.faces.tables.quoting import counted, listed, quoted
from chainrule.faces.tables.table import Table
from chainrule.faces.tables.targets import (
    CLASSIFICATION,
    REGRESSION,
    Classes,
    amounts_in,
    check_present,
    words_as,
)

FEW_CLASSES = 10
"""Up to this many distinct whole numbers are taken as classes, if they repeat."""


def target_cells(table: Table, name: str) -> Cells:
    """The cells of a target: numbers with gaps in all spellings, or words, of which `None` may be one."""
    column = read_cells(table, [name])[name]
    if name in table.categories:
        return words_of(column)
    numbers = amounts_in(column)[0]
    return words_of(column) if numbers.bad.any() or not numbers.count else numbers


def answered(table: Table, name: str) -> Table:
    """The rows of the table that have the target; those that are left out are counted aloud."""
    if name not in table.columns:
        return table
    try:
        column = target_cells(table, name)
    except UnfitColumnError:
        return table
    gaps = int(np.count_nonzero(column.missing))
    if not 0 < gaps < table.rows:
        return table
    row = int(column.missing.argmax())
    text = f"{counted(gaps, 'row')} without a target left out (first on {table.where(row)})"
    table.say("note", f"target {quoted(name)}: {text}; {counted(column.count, 'row')} have one")
    say_gaps(column)
    say_revived(column)
    return table.only(~column.missing)


def target_kind(column: Cells) -> str:
    """NUMBER, BOOLEAN or WORDS, for a target.

    Raises:
        InputError: missing cells, no value, dates, an infinite value, a cell that is no number among numbers.
    """
    kind = kind_of(column)
    if kind == WORDS:
        say_revived(column)
    check_present(column)
    if kind == WORDS and are_dates(column):
        raise UnfitColumnError(column.table, column.name, f"holds dates or times ({quoted(column.words[0])})")
    return kind


def decide(column: Cells, kind: str, task: str | None) -> str:
    """The task: as asked, or as the target's cells tell; said aloud with the reason.

    Raises:
        InputError: a target that cannot serve the task.
    """
    column.table.say("note", f"target {quoted(column.name)}: {(reason := _reason(column, kind, task))[1]}")
    if kind == WORDS:
        say_spellings(column)
    (_check_classes if reason[0] == CLASSIFICATION else _check_amounts)(column, kind)
    return reason[0]


def classes(column: Cells, kind: str) -> Classes:
    """The classes of the whole column; a class of a single row is warned about."""
    target = Classes(column.name, tuple(map(_label, _distinct(column, kind))), kind)
    counts = np.bincount(target.codes(column))
    rare = [label for label, count in zip(target.labels, counts, strict=True) if count == 1]
    if rare:
        column.table.say("warning", f"target {quoted(column.name)}: only one row of class {listed(rare)}")
    return target


def _reason(column: Cells, kind: str, task: str | None) -> tuple[str, str]:
    """The task, and the sentence that says why."""
    distinct = _distinct(column, kind)
    summary = counted(len(distinct), "distinct value")
    if len(distinct) <= FEW or kind != NUMBER:
        summary += f" ({listed(map(_label, distinct))})"
    else:
        summary += f" from {distinct[0]:.6g} to {distinct[-1]:.6g}"
    if task is not None:
        return task, f"{summary}: {task}, as asked"
    if kind != NUMBER:
        return CLASSIFICATION, f"words, {summary}: classification"
    integers = _whole(distinct)
    repeats = len(distinct) <= 2 or 2 * len(distinct) <= len(column.values)
    if integers and len(distinct) <= FEW_CLASSES and repeats:
        return CLASSIFICATION, f"few whole numbers, {summary}: classification (--task regression to change)"
    return REGRESSION, f"numbers, {summary}: regression (--task classification to change)"


def _check_classes(column: Cells, kind: str) -> None:
    distinct, rows = _distinct(column, kind), len(column.values)
    if len(distinct) < 2:
        raise column.fault(f"holds only one class ({listed(map(_label, distinct))}): at least two are needed")
    broken = kind == NUMBER and not _whole(distinct) and len(distinct) > FEW
    if broken or too_many(len(distinct), rows):
        advice = (
            "is it continuous? Say --task regression"
            if kind == NUMBER
            else "is it free text or an identifier?"
        )
        text = f"holds {len(distinct)} distinct values in {counted(rows, 'row')}, too many to be classes"
        raise column.fault(f"{text}; {advice}")


def _check_amounts(column: Cells, kind: str) -> None:
    if kind == WORDS:
        row = int(column.bad.argmax())
        text = f"{quoted(column.values[row])} is not a number: regression needs a numeric target"
        raise column.fault(f"{text} (for classes say --task classification)", row)
    values = numbers_as(column, kind)
    if (values == values[0]).all():
        raise column.fault(f"is {_label(float(values[0]))} in every row: such a target teaches nothing")
    say_beyond_exact(column, values)


def _distinct(column: Cells, kind: str) -> list[Any]:
    """The distinct values of the target, in order: floats, or words."""
    if kind == NUMBER:
        values: list[Any] = np.unique(numbers_as(column, kind)).tolist()
        return values
    return words_as(column, kind).drop_nulls().unique().sort().to_list()


def _whole(values: list[float]) -> bool:
    return all(value == round(value) for value in values)


def _label(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return str(int(value)) if value == int(value) and abs(value) < 1e16 else repr(value)
