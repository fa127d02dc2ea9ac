"""A last row that holds the sums of the others: it is no row of data."""

import numpy as np

from chainrule.faces.tables.cells import Cells, UnfitColumnError, read_cells
from chainrule.faces.tables.quoting import quoted
from chainrule.faces.tables.table import Table

_LABEL = r"(?i)^(grand |sub-?)?(totals?|sums?|summe|gesamt|insgesamt|average|mean|mittelwert)\b.{0,12}$"
ROOM = 0.01
"""The sum may be of numbers that were not yet rounded, or of a row that was taken out."""
FEWEST = 3
"""Fewer rows above it are no sum's witnesses."""


def without_total(table: Table) -> Table:
    """The table without a last row that is labelled as a total and is one; warned of if it is none."""
    label = _label(table)
    if not label or table.rows <= FEWEST:
        return table
    place = f"{table.where(table.rows - 1)} is labelled {quoted(label)}"
    summed = [name for name, column in _numbers(table).items() if _totals(column)]
    if not summed:
        table.say("warning", f"{place}: if it is no row of data, take it out")
        return table
    table.say("warning", f"{place} and sums up {quoted(summed[0])}: no row of data, left out")
    return table.only(np.arange(table.rows) < table.rows - 1)


def _label(table: Table) -> str:
    """The cell of the last row that says that it is a total, and that no other row has."""
    import polars as pl

    for column in table.columns.values():
        if column.dtype == pl.String and len(column):
            cells = column.str.strip_chars()
            if cells[-1] and cells[-1:].str.contains(_LABEL).all() and (cells == cells[-1]).sum() == 1:
                return str(cells[-1])
    return ""


def _numbers(table: Table) -> dict[str, Cells]:
    columns = {}
    for name in table.names:
        try:
            columns[name] = read_cells(table, [name])[name]
        except UnfitColumnError:
            continue
    return {name: column for name, column in columns.items() if not column.bad.any()}


def _totals(column: Cells) -> bool:
    """Whether the last cell is the sum or the mean of the others, or near."""
    *above, last = column.numbers.tolist()
    values = np.array(above)[~np.isnan(above)]
    if len(values) < FEWEST or np.isnan(last) or (values == values[0]).all():
        return False
    room = ROOM * np.abs(values).sum()
    return bool(abs(last - values.sum()) <= room or abs(last - values.mean()) <= 1e-3 * values.std())
