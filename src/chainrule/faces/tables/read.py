"""`read`: a CSV, TSV or Parquet file as a Table."""

import os
from collections.abc import Iterable

from chainrule.faces.tables import delimited, parquet, text
from chainrule.faces.tables.table import MISSING, Table


def read(
    path: str | os.PathLike[str],
    delimiter: str | None = None,
    decimal: str = ".",
    encoding: str | None = None,
    missing_markers: Iterable[str] = (),
) -> Table:
    """The table in the file at `path`; nothing is interpreted yet, but its shape is sound.

    Parquet by its suffix (.parquet, .pq); anything else is delimited text, gzip-compressed or not.

    Args:
        path: the file.
        delimiter: one character, or `tab`; by default ',' (tab for .tsv), or what the header has instead.
        decimal: '.' or ','.
        encoding: of the text; by default what its byte order mark says, else UTF-8.
        missing_markers: cells to be taken as missing, besides `MISSING`.

    Raises:
        InputError: one line that names the file and, where there is one, the line.
    """
    name = os.fspath(path)
    columnar = name.lower().endswith(parquet.SUFFIXES)
    delimited.chosen(delimiter, decimal)
    data, sha256 = text.file_bytes(name, table_text=not columnar)
    markers = MISSING | {marker.strip() for marker in missing_markers}
    if columnar:
        columns, rows = parquet.parse(name, data)
        return Table(name, columns, rows, None, decimal, markers, sha256=sha256)
    utf8, notes = text.as_utf8(name, data, encoding)
    del data
    parsed = delimited.parse(name, utf8, delimiter, decimal)
    return Table(
        name,
        parsed.columns,
        len(parsed.lines),
        parsed.lines,
        decimal,
        markers,
        notes + parsed.notes,
        sha256,
    )
