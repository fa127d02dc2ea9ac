"""`read`: a CSV, TSV, Parquet or NumPy file as a Table."""

import os
from collections.abc import Iterable
from typing import Any

from chainrule.faces.tables import arrays_file, delimited, parquet, text, workbook
from chainrule.faces.tables.table import MISSING, WORDLIKE, Table, tidy


def read(
    path: str | os.PathLike[str],
    delimiter: str | None = None,
    decimal: str = ".",
    encoding: str | None = None,
    missing_markers: Iterable[str] = (),
    thousands: str = "",
    dates: str = "",
    skip: int = 0,
    categories: Iterable[str] = (),
    amounts: Iterable[str] = (),
    sheet: str = "",
) -> Table:
    """The table in the file at `path`; nothing is interpreted yet, but its shape is sound.

    Parquet by its suffix (.parquet, .pq), an Excel workbook (.xlsx) and arrays of NumPy (.npz) likewise;
    anything else is delimited text, packed by gzip or zstd or not.

    Args:
        path: the file.
        delimiter: one character, or `tab`; by default ',' (tab for .tsv), or what the header has instead.
        decimal: '.' or ','.
        encoding: of the text; by default what its byte order mark says, else UTF-8.
        missing_markers: cells to be taken as missing, besides `MISSING`.
        thousands: the mark between thousands; by default seen where a whole column is written so.
        dates: day-first or month-first, where no cell of a column tells.
        skip: lines before the table.
        categories: columns whose cells are names, whatever they look like.
        amounts: columns whose cells are numbers, whatever they look like.
        sheet: of a workbook, by default the first.

    Raises:
        InputError: one line that names the file and, where there is one, the line.
    """
    name = os.fspath(path)
    columnar, arrays = name.lower().endswith(parquet.SUFFIXES), name.lower().endswith(arrays_file.SUFFIX)
    delimited.chosen(delimiter, decimal)
    paged, asked = name.lower().endswith(workbook.SUFFIXES), delimiter is not None
    data, sha256 = text.file_bytes(name, table_text=not (columnar or paged or arrays))
    if paged:
        data, encoding = workbook.as_text(name, data, sheet, decimal), None
        delimiter = workbook.delimiter(decimal)
    own = {marker.strip() for marker in missing_markers}
    markers, wordlike = MISSING | own, WORDLIKE - own
    options: dict[str, Any] = {
        "decimal": decimal,
        "markers": markers,
        "wordlike": wordlike,
        "thousands": thousands,
        "dates": dates,
        "delimiter_asked": asked,
        "categories": frozenset(map(tidy, categories)),
        "amounts": frozenset(map(tidy, amounts)),
        "sha256": sha256,
    }
    if columnar:
        columns, rows = parquet.parse(name, data)
        return Table(name, columns, rows, **options)
    if arrays:
        columns, rows, places = arrays_file.parse(name, data)
        return Table(name, columns, rows, places=places, **options)
    utf8, notes = text.as_utf8(name, data, encoding)
    del data
    parsed = delimited.parse(name, utf8, delimiter, decimal, skip)
    options |= {"delimiter": parsed.delimiter, "notes": notes + parsed.notes}
    return Table(name, parsed.columns, len(parsed.lines), parsed.lines, **options)
