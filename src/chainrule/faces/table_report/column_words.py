"""What a column was read as, in words."""

import numpy as np

from chainrule.faces.tables.cells import read_cells
from chainrule.faces.tables.columns import Column, NumberColumn, WordColumn
from chainrule.faces.tables.kinds import BOOLEAN
from chainrule.faces.tables.quoting import counted, listed, quoted
from chainrule.faces.tables.table import Table


def read_as(column: Column, table: Table) -> list[str]:
    """Its name, what it was read as, how many cells are missing, and how many inputs it has."""
    cells = read_cells(table, [column.name])[column.name]
    gaps = int(np.count_nonzero(cells.missing)) or ""
    return [column.name, _kind(column), str(gaps), str(len(column.features))]


def _kind(column: Column) -> str:
    if column.constant is not None:
        return f"always {quoted(column.constant)}: not used"
    if isinstance(column, WordColumn):
        return f"{counted(len(column.words), 'word')}: {listed(column.words, 6)}"
    if not isinstance(column, NumberColumn):
        return f"dates or times ({column.form})"
    if column.kind == BOOLEAN:
        return "true or false"
    return f"numbers, mean {column.moments.mean:.4g}, standard deviation {column.moments.std:.4g}"
