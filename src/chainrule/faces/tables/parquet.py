"""Parquet files: columns of their own types, after the few checks that make a damaged file's error plain."""

import io
import subprocess
import sys
from typing import TYPE_CHECKING

from chainrule.errors import InputError
from chainrule.faces.tables import parquet_decoder
from chainrule.faces.tables.header import checked_names
from chainrule.faces.tables.quoting import plain
from chainrule.files.reading import machine_memory
from chainrule.files.writing import printable

if TYPE_CHECKING:
    import polars as pl

BOMB_SIZE, BOMB_RATIO = 1 << 30, 1000
"""A file may decode to more than this many bytes only while that is less than this many times its size."""
PATIENCE, SLOWEST = 120.0, 1 << 20  # seconds for any file, and bytes a second for a large one
SUFFIXES = (".parquet", ".pq", ".parq")
_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"


def parse(path: str, data: bytes) -> "tuple[dict[str, pl.Series], int]":
    """The columns by name, and the number of rows.

    Raises:
        InputError: not Parquet, cut short, damaged, encrypted, no columns, bad names.
    """
    _check_frame(path, data)
    return columns_of(path, _decoded(path, data))


def columns_of(path: str, frame: "pl.DataFrame") -> "tuple[dict[str, pl.Series], int]":
    """The columns of a frame by name, and the number of rows.

    Raises:
        InputError: no columns, bad names.
    """
    if not frame.width:
        raise InputError(f"{printable(path)}: there are no columns")
    names = checked_names(path, frame.columns, "Parquet schema")
    return dict(zip(names, frame.get_columns(), strict=True)), frame.height


def _decoded(path: str, data: bytes) -> "pl.DataFrame":
    """The table, decoded by a process of its own, whose death is not ours."""
    import polars as pl

    memory = machine_memory()
    most = min(memory, max(BOMB_SIZE, BOMB_RATIO * len(data)))
    command = [sys.executable, "-I", parquet_decoder.__file__, str(most), str(memory), *sys.path]
    seconds = PATIENCE + len(data) / SLOWEST
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise InputError(
            f"{printable(path)}: cannot be read as Parquet in {seconds:.0f} s; is it damaged?"
        ) from None
    if done.returncode == 0:
        return pl.read_ipc_stream(io.BytesIO(done.stdout))
    said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [""]
    kind, _, reason = said[-1].partition("\t") if done.returncode == parquet_decoder.REFUSED else ("", "", "")
    if kind == "size":
        raise InputError(f"{printable(path)}: too large for this machine, or a bomb: {plain(reason, 200)}")
    if "duplicate" in reason.lower():
        raise InputError(f"{printable(path)}: two columns share a name ({plain(reason, 120)})")
    reason = reason or next((line for line in said if line.strip()), "") or f"exit status {done.returncode}"
    raise InputError(f"{printable(path)}: cannot read it as Parquet; is it damaged? ({plain(reason, 120)})")


def _check_frame(path: str, data: bytes) -> None:
    """Refuse what cannot be Parquet: its magic at both ends, a footer that fits between them."""
    if not data:
        raise InputError(f"{printable(path)}: the Parquet file is empty (0 bytes)")
    if data.startswith(_ENCRYPTED) or data.endswith(_ENCRYPTED):
        raise InputError(f"{printable(path)}: this Parquet file is encrypted; decrypt it first")
    if not data.startswith(_MAGIC):
        raise InputError(
            f"{printable(path)}: not a Parquet file (no PAR1 at its start); if it is CSV, name it .csv"
        )
    if len(data) < 12 or not data.endswith(_MAGIC):
        raise InputError(f"{printable(path)}: the Parquet file is cut short or damaged (no PAR1 at its end)")
    footer = int.from_bytes(data[-8:-4], "little")
    if footer > len(data) - 12:
        raise InputError(f"{printable(path)}: the Parquet file is damaged: its footer claims {footer} bytes")
