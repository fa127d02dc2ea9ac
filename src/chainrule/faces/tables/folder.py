"""A folder of tables with the same columns, which are one table: what an export in parts leaves."""

import os
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from chainrule.errors import InputError
from chainrule.faces.tables.quoting import counted, listed, quoted
from chainrule.faces.tables.table import Table
from chainrule.files.writing import printable

SUFFIXES = (".parquet", ".pq", ".csv", ".tsv", ".csv.gz", ".csv.zst", ".xlsx")


def parts(path: str) -> list[str]:
    """The tables in a folder, in the order of their names; hidden files and marks such as _SUCCESS are not.

    Raises:
        InputError: there is none, or they are of several kinds.
    """
    names = sorted(name for name in os.listdir(path) if not name.startswith((".", "_")))
    tables = [name for name in names if name.lower().endswith(SUFFIXES)]
    kinds = {
        max((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), key=len) for name in tables
    }
    if not tables:
        raise InputError(f"{printable(path)}: it is a folder without a CSV or Parquet file; name one file")
    if len(kinds) > 1:
        raise InputError(
            f"{printable(path)}: holds files of several kinds ({listed(sorted(kinds))}); name one"
        )
    return [os.path.join(path, name) for name in tables]


def joined(path: str, tables: Sequence[Table]) -> Table:
    """The tables below each other; columns may stand in another order.

    Raises:
        InputError: a table lacks columns of the first, or has others.
    """
    import polars as pl

    first = tables[0]
    for table in tables[1:]:
        lacking, more = (
            [*set(a) - set(b)] for a, b in ((first.names, table.names), (table.names, first.names))
        )
        if lacking or more:
            fault = (
                f"has no column {quoted(lacking[0])}" if lacking else f"has a column {quoted(more[0])} more"
            )
            raise table.fault(f"{fault}, unlike {printable(os.path.basename(first.path))} in the same folder")
    columns = {}
    for name in first.names:
        pieces = [table.columns[name] for table in tables]
        if len({piece.dtype for piece in pieces}) > 1:
            supertyped = pl.concat([piece.to_frame() for piece in pieces], how="vertical_relaxed")
            columns[name] = supertyped.to_series()
        else:
            columns[name] = pl.concat(pieces)
    rows = sum(table.rows for table in tables)
    notes = [note for table in tables for note in table.notes]
    whole = sha256("".join(str(table.sha256) for table in tables).encode()).hexdigest()
    combined = replace(first, path=path, columns=columns, rows=rows, lines=None, notes=notes, sha256=whole)
    combined.say(
        "note", f"{counted(len(tables), 'file')} of the folder read as one table of {counted(rows, 'row')}"
    )
    return combined
