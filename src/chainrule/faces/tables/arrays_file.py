"""Arrays in a NumPy file (.npz): x as columns, a number each, and y as the column to predict."""

import io
import zipfile
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from chainrule.errors import InputError
from chainrule.files.reading import machine_memory
from chainrule.files.writing import printable

if TYPE_CHECKING:
    import polars as pl

SUFFIX = ".npz"
TARGET = "y"


def parse(path: str, data: bytes) -> "tuple[dict[str, pl.Series], int, tuple[int, ...] | None]":
    """The columns by name, the number of rows, and the shape of a row, if it is numbers at places.

    x (n, k) has the columns x_0, x_1, ...; images (n, h, w) or (n, h, w, channels) have x_0_0, x_0_1, ...,
    in the order of memory. y (n,) need not be there.

    Raises:
        InputError: no such file, or arrays that are missing, ragged or no numbers.
    """
    import polars as pl

    x, y = _arrays(path, data)
    if x.ndim < 2 or x.ndim > 5 or not x.size:
        raise InputError(
            f"{printable(path)}: x is {x.shape}, but rows are wanted, (n, k) or (n, h, w, channels)"
        )
    if y is not None and y.shape not in ((len(x),), (len(x), 1)):
        raise InputError(f"{printable(path)}: y is {y.shape}, but x has {len(x)} rows: one value for each")
    labels = ("_".join(map(str, ("x", *index))) for index in product(*map(range, x.shape[1:])))
    flat = np.asarray(x, np.float64 if x.dtype.kind == "f" else np.int64).reshape(len(x), prod(x.shape[1:]))
    columns = {name: pl.Series(name, flat[:, k]) for k, name in enumerate(labels)}
    if y is not None:
        columns[TARGET] = pl.Series(TARGET, y.ravel())
    places = None if x.ndim == 2 else x.shape[1:] if x.ndim > 3 else (*x.shape[1:], 1)
    return columns, len(x), places


def _arrays(path: str, data: bytes) -> tuple[np.ndarray, np.ndarray | None]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(part.file_size for part in archive.infolist()) > machine_memory() // 4:
                raise InputError(f"{printable(path)}: unpacked it is larger than this machine has memory for")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            names = sorted(arrays.files)
            if "x" not in names:
                raise InputError(
                    f"{printable(path)}: there is no array x; there are {', '.join(names) or 'none'}"
                )
            x, y = arrays["x"], arrays[TARGET] if TARGET in names else None
    except InputError:
        raise
    except (ValueError, OSError, zipfile.BadZipFile, KeyError, EOFError, MemoryError) as error:
        reason = " ".join(str(error).split())[:100]
        raise InputError(f"{printable(path)}: cannot be read as arrays of NumPy: {reason}") from None
    if x.dtype.kind not in "biuf":
        raise InputError(f"{printable(path)}: x must hold numbers, not {x.dtype} values")
    if y is not None and y.dtype.kind not in "biufU":
        raise InputError(f"{printable(path)}: y must hold numbers or words, not {y.dtype} values")
    return x, y
