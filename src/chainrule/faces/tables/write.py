"""Writing a table of predictions: whole or not at all."""

import io
import os
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING

import numpy as np

from chainrule.errors import InputError
from chainrule.faces.tables.parquet import SUFFIXES
from chainrule.faces.tables.quoting import quoted
from chainrule.files.writing import save

if TYPE_CHECKING:
    import polars as pl


def write_table(path: str | os.PathLike[str], columns: Mapping[str, Sequence[object] | np.ndarray]) -> None:
    """Write `columns`, all of one length, to `path`: Parquet by its suffix, tabs for .tsv, otherwise CSV.

    The file appears whole or not at all: it is written under another name, flushed and renamed.
    A pipe or a device is written to directly.

    Raises:
        InputError: columns of different lengths, or a place that cannot be written; it names the path.
    """
    frame = _frame(columns)
    save(path, lambda stream: _write(frame, os.fspath(path), stream))


def csv_bytes(columns: Mapping[str, Sequence[object] | np.ndarray]) -> bytes:
    """`columns` as CSV; see `write_table`."""
    stream = io.BytesIO()
    _write(_frame(columns), "", stream)
    return stream.getvalue()


def _frame(columns: Mapping[str, Sequence[object] | np.ndarray]) -> "pl.DataFrame":
    import polars as pl

    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(
            f"columns of different lengths: {', '.join(f'{quoted(k)} {n}' for k, n in lengths.items())}"
        )
    plain_values = {
        name: values.tolist() if isinstance(values, np.ndarray) and values.dtype.kind in "UO" else values
        for name, values in columns.items()
    }
    return pl.DataFrame(plain_values, strict=False)


def _write(frame: "pl.DataFrame", name: str, stream: IO[bytes]) -> None:
    if name.lower().endswith(SUFFIXES):
        frame.write_parquet(stream)
    else:
        frame.write_csv(stream, separator="\t" if name.lower().endswith(".tsv") else ",")
