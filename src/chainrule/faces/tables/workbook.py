"""Excel workbooks: a sheet as the delimited text that it would be saved as, line for row."""

import csv
import io
import zipfile
from datetime import date, datetime, time
from typing import Any

from chainrule.errors import InputError, did_you_mean
from chainrule.faces.tables.quoting import listed, plain, quoted
from chainrule.files.writing import printable

SUFFIXES = (".xlsx", ".xlsm")
BOMB_SIZE, BOMB_RATIO = 256 << 20, 200
"""A workbook may unpack to more than this many bytes only while that is less than so many times its size."""


def as_text(path: str, data: bytes, sheet: str = "", decimal: str = ".") -> bytes:
    """The cells of a sheet, by default the first, with commas or, among decimal commas, semicolons between.

    Dates are written as 2024-03-01, numbers with all their digits, formulas as the values that were saved
    with them, errors such as #N/A as nothing.

    Raises:
        InputError: openpyxl is not installed; no workbook, damaged, far too large; no such sheet, or empty.
    """
    try:
        import openpyxl
    except ImportError:
        text = "an Excel workbook wants openpyxl: pip install '.[files]' in chainrule's folder"
        raise InputError(f"{printable(path)}: {text}; or save the sheet as CSV") from None
    _refuse_bombs(path, data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        if sheet and sheet not in book.sheetnames:
            hint = did_you_mean(sheet, book.sheetnames) or f" There are {listed(book.sheetnames)}"
            raise InputError(f"{printable(path)}: no sheet {quoted(sheet)}.{hint}")
        page = book[sheet or book.sheetnames[0]]
        page.reset_dimensions()  # which some programs write wrong
        rows = [[_cell(cell, decimal) for cell in row] for row in page.iter_rows(values_only=True)]
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged workbook raises whatever its parser does
        reason = plain(f"{type(error).__name__}: {error}", 100)
        raise InputError(f"{printable(path)}: cannot be read as an Excel workbook ({reason})") from None
    return _text(path, rows, delimiter(decimal))


def delimiter(decimal: str) -> str:
    """What stands between the cells."""
    return ";" if decimal == "," else ","


def _text(path: str, rows: list[list[str]], separator: str) -> bytes:
    """Rows as lines; columns and rows at the end that are empty are none."""
    width = max((number for row in rows for number, cell in enumerate(row, 1) if cell), default=0)
    while rows and not any(rows[-1]):
        rows.pop()
    if not width:
        raise InputError(f"{printable(path)}: the sheet is empty")
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator="\n")
    for row in rows:
        if any(row):
            writer.writerow((row + [""] * width)[:width])
        else:
            stream.write("\n")
    return stream.getvalue().encode()


def _cell(cell: Any, decimal: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return str(cell.date() if cell.time() == time() else cell.replace(microsecond=0))
    if isinstance(cell, bool | int | date | time):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell).replace(".", decimal)
    text = " ".join(str(cell).split("\n"))  # a line is a row
    return "" if text.startswith("#") and text.rstrip("!?").isupper() and len(text) < 9 else text


def _refuse_bombs(path: str, data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile as error:
        raise InputError(
            f"{printable(path)}: not an Excel workbook, or damaged ({plain(error, 60)})"
        ) from None
    if size > max(BOMB_SIZE, BOMB_RATIO * len(data)):
        raise InputError(f"{printable(path)}: its cells unpack to {size >> 20} MiB, too much for a workbook")
