"""Tables in memory: a frame of pandas, Polars or PyArrow, or a path, as the Table that trainings read."""

import io
import os
from hashlib import sha256
from typing import Any

from chainrule.errors import InputError
from chainrule.faces.tables import parquet
from chainrule.faces.tables.table import MISSING, WORDLIKE, Table, tidy
from chainrule.faces.tabular.source import Reading

NAME = "DataFrame"  # what messages call it


def as_table(source: Any, reading: Reading | None = None, *, digest: bool = False) -> Table:
    """The Table in a file or a frame, whose columns are looked at as those of a Parquet file are.

    Args:
        source: the path of a CSV, TSV or Parquet file; a dict of columns; or a frame of pandas, Polars or
            PyArrow, or whatever else offers its columns by the Arrow PyCapsule interface.
        reading: how a file is read.
        digest: whether the SHA-256 of a frame is wanted, as that of a file always is.

    Raises:
        InputError: it is none of these, or cannot be read.
    """
    if isinstance(source, str | os.PathLike):
        return (reading or Reading()).table(os.fspath(source))
    frame = _frame(source)
    columns, rows = parquet.columns_of(NAME, frame)
    reading = reading or Reading()
    own = set(reading.missing_markers)
    return Table(
        NAME,
        columns,
        rows,
        None,
        ".",
        MISSING | own,
        WORDLIKE - own,
        categories=frozenset(map(tidy, reading.categories)),
        amounts=frozenset(map(tidy, reading.amounts)),
        thousands=reading.thousands,
        dates=reading.dates,
        sha256=_digest(frame) if digest else None,
    )


def _digest(frame: Any) -> str | None:
    """The SHA-256 of a frame as an Arrow stream; None if it holds what Arrow has no type for."""
    import polars as pl

    stream = io.BytesIO()
    try:
        frame.write_ipc_stream(stream)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    return sha256(stream.getbuffer()).hexdigest()


def _of_columns(columns: dict[Any, Any]) -> Any:
    """The frame of columns by name."""
    import polars as pl

    names = [name for name in columns if not isinstance(name, str)]
    if names:
        raise InputError(f"{NAME}: a column is called {names[0]!r}: rename it, names are text")
    try:
        return pl.DataFrame({name: pl.Series(name, cells, strict=False) for name, cells in columns.items()})
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        raise InputError(f"{NAME}: cannot be read as a table ({str(error)[:120]})") from None


def _without_marks(column: Any) -> list[Any]:
    """The cells of a column of pandas, None where it marks one as missing."""
    return [None if gap else cell for cell, gap in zip(column.tolist(), column.isna().tolist(), strict=True)]


def _frame(source: Any) -> Any:
    """The frame as one of Polars."""
    import polars as pl

    if isinstance(source, pl.LazyFrame):
        source = source.collect()
    if isinstance(source, pl.DataFrame):
        return source
    if isinstance(source, dict):
        return _of_columns(source)
    if isinstance(source, list) or not (
        hasattr(source, "__arrow_c_stream__") or hasattr(source, "__dataframe__")
    ):
        raise InputError(
            f"a table is a path, or a frame of pandas, Polars or PyArrow, not {type(source).__name__}; "
            "arrays are trained on by train(network, x, t)"
        )
    names = getattr(source, "columns", ())
    for name in names if type(source).__module__.partition(".")[0] == "pandas" else ():
        if not isinstance(name, str):
            raise InputError(f"{NAME}: a column is called {name!r}: rename it, names are text")
    try:
        return pl.DataFrame(source)
    except ImportError as error:
        if type(source).__module__.partition(".")[0] == "pandas":
            return _of_columns({name: _without_marks(source[name]) for name in names})
        raise InputError(
            f"{NAME}: this frame is read by way of PyArrow: pip install pyarrow ({error})"
        ) from None
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        raise InputError(f"{NAME}: cannot be read as a table ({str(error)[:120]})") from None
