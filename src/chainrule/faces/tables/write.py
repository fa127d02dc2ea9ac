"""Writing a table of predictions: whole or not at all."""

import os
import stat
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING

import numpy as np

from chainrule.errors import InputError
from chainrule.faces.tables.parquet import SUFFIXES
from chainrule.faces.tables.shown import plain, quoted
from chainrule.faces.tables.table import file_name

if TYPE_CHECKING:
    import polars as pl


def write_table(
    path: str | os.PathLike[str] | IO[bytes], columns: Mapping[str, Sequence[object] | np.ndarray]
) -> None:
    """Write `columns`, all of one length, to `path`: Parquet by its suffix, tabs for .tsv, otherwise CSV.

    The file appears whole or not at all: it is written under another name, flushed and renamed.
    A pipe or a device is written to directly, and so is an open binary stream (as CSV).

    Raises:
        InputError: columns of different lengths, or a place that cannot be written; it names the path.
    """
    frame = _frame(columns)
    if not isinstance(path, (str, os.PathLike)):
        _write(frame, "", path)
        return
    name = os.fspath(path)
    try:
        if os.path.exists(name) and not stat.S_ISREG(os.stat(name).st_mode):
            with open(name, "wb") as stream:
                _write(frame, name, stream)
            return
        _replace(frame, os.path.realpath(name))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{file_name(name)}: cannot be written: {plain(reason, 100)}") from None


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


def _replace(frame: "pl.DataFrame", path: str) -> None:
    """Write beside `path`, then take its place; whatever goes wrong, nothing of it stays."""
    folder = os.path.dirname(path)
    beside = os.path.join(folder, f".{os.path.basename(path)[:100]}.{os.getpid()}.tmp")
    try:
        with open(beside, "xb") as stream:
            _write(frame, path, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, path)
    except FileExistsError:
        raise
    except BaseException:
        if os.path.exists(beside):
            os.unlink(beside)
        raise


def _write(frame: "pl.DataFrame", name: str, stream: IO[bytes]) -> None:
    if name.lower().endswith(SUFFIXES):
        frame.write_parquet(stream)
    else:
        frame.write_csv(stream, separator="\t" if name.lower().endswith(".tsv") else ",")
