"""Parquet files: columns of their own types, after the few checks that make a damaged file's error plain."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chainrule.errors import InputError
from chainrule.faces.tables.header import checked_names
from chainrule.faces.tables.quoting import plain
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
    damaged = f"{file_name(path)}: cannot read it as Parquet; is it damaged?"
    try:
        with _muted():
            frame = pl.read_parquet(io.BytesIO(data))
    except pl.exceptions.PanicException:
        raise InputError(damaged) from None
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        if "duplicate" in str(error).lower():
            raise InputError(f"{file_name(path)}: two columns share a name ({plain(error, 120)})") from None
        raise InputError(f"{damaged} ({plain(error, 120)})") from None
    if not frame.width:
        raise InputError(f"{file_name(path)}: the Parquet file has no columns")
    names = checked_names(path, frame.columns, "Parquet schema")
    return dict(zip(names, frame.get_columns(), strict=True)), frame.height


@contextmanager
def _muted() -> Iterator[None]:
    """Silence the process's stderr: there Polars tells of a panic in full, before it raises it."""
    try:
        saved = os.dup(2)
    except OSError:  # there is no stderr
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


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
