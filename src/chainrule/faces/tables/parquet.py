"""Parquet files: columns of their own types, after the few checks that make a damaged file's error plain."""

import io
from typing import TYPE_CHECKING

from chainrule.errors import InputError
from chainrule.faces.tables.header import checked_names
from chainrule.faces.tables.shown import plain
from chainrule.faces.tables.table import file_name

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = (".parquet", ".pq", ".parq")
_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"


def parse(path: str, data: bytes) -> "tuple[dict[str, pl.Series], int]":
    """The columns by name, and the number of rows.

    Raises:
        InputError: not Parquet, cut short, damaged, encrypted, no columns, bad names.
    """
    import polars as pl

    _check_frame(path, data)
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        if "duplicate" in str(error).lower():
            raise InputError(
                f"{file_name(path)}: two columns have the same name ({plain(error, 120)})"
            ) from None
        raise InputError(
            f"{file_name(path)}: cannot read it as Parquet; damaged? ({plain(error, 120)})"
        ) from None
    if not frame.width:
        raise InputError(f"{file_name(path)}: the Parquet file has no columns")
    names = checked_names(path, frame.columns, "Parquet schema")
    return dict(zip(names, frame.get_columns(), strict=True)), frame.height


def _check_frame(path: str, data: bytes) -> None:
    """Refuse what cannot be Parquet: its magic at both ends, a footer that fits between them."""
    if not data:
        raise InputError(f"{file_name(path)}: the Parquet file is empty (0 bytes)")
    if data.startswith(_ENCRYPTED) or data.endswith(_ENCRYPTED):
        raise InputError(f"{file_name(path)}: this Parquet file is encrypted; decrypt it first")
    if not data.startswith(_MAGIC):
        raise InputError(
            f"{file_name(path)}: not a Parquet file (no PAR1 at its start); if it is CSV, name it .csv"
        )
    if len(data) < 12 or not data.endswith(_MAGIC):
        raise InputError(f"{file_name(path)}: the Parquet file is cut short or damaged (no PAR1 at its end)")
    footer = int.from_bytes(data[-8:-4], "little")
    if footer > len(data) - 12:
        raise InputError(f"{file_name(path)}: the Parquet file is damaged: its footer claims {footer} bytes")
