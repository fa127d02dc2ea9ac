"""Rows to spare: tables of a few sizes only, so that another number of rows is no other program.

How many rows there are is handed over as a number. Those to spare are copies of the first and weigh
nothing.
"""

from collections.abc import Mapping
from math import isqrt
from types import MappingProxyType
from typing import Any

import numpy as np

from chainrule.engine.data import Data
from chainrule.engine.network import Network
from chainrule.engine.training.rule_numbers import numbers_in
from chainrule.engine.training.state import Extent, Tables

AN_OCTAVE = 8  # sizes between a number and its double
WHOLE_BATCH = 1024  # rows: up to that a whole batch costs no more than its call


def room(rows: int, batch: int, coarse: bool = False) -> int:
    """How many rows the table of so many has: whole batches, or as few as that where one batch takes all.

    Args:
        coarse: for a stream, whose parts are gone through once each: fewer sizes, powers of 2.
    """
    if coarse and rows <= batch:
        return batch if batch <= WHOLE_BATCH else _power(rows)
    if coarse:
        return batch * _power(-(-rows // batch))
    if rows <= batch:
        return _next(rows)
    batches = -(-rows // batch)
    return batch * _next(batches, AN_OCTAVE if batches > 2 * AN_OCTAVE else AN_OCTAVE // 2)


def tables(
    network: Network,
    rows: int,
    data: Data,
    held_out: Data | None = None,
    rates: Mapping[str, Any] = MappingProxyType({}),
    whole: bool = True,
    exact: bool = False,
) -> Tables:
    """What a program is given, as NumPy arrays.

    Args:
        rows: how many rows the table is to have, see `room`.
        rates: penalty, rate, decay and scale of `Tables`, None where there is none.
        whole: whether all rows are one batch.
        exact: whether there are as many rows as the table has, as a part of the program.
    """
    dtype = data.dtype
    weight: Any = None if data.weight is None else np.pad(data.weight, (0, rows - len(data)))
    as_ever = exact or (whole and len(data) == rows <= 2 * AN_OCTAVE)  # the table of no other number

    def rate(name: str) -> Any:
        return None if rates.get(name) is None else np.asarray(rates[name], dtype)

    def table(array: np.ndarray) -> Any:
        return _filled(array, rows)

    validation: Any = None if held_out is None else _watched(held_out)
    return Tables(
        table(data.x),
        table(data.t),
        weight,
        validation,
        penalty=rate("penalty"),
        rate=rate("rate"),
        decay=rate("decay"),
        scale=rate("scale"),
        extent=None if as_ever else extent(len(data)),
        numbers=tuple(dtype.type(number) for number in numbers_in(network)),
    )


def extent(rows: int) -> Extent:
    """A number of rows, and the sides of a grid about square that holds them all."""
    wide = isqrt(max(rows - 1, 0)) + 1
    return Extent(*(np.int32(number) for number in (rows, wide, -(-rows // wide))))


def _watched(data: Data) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, t and each row's part in the mean of rows held out."""
    rows = max(AN_OCTAVE, _next(len(data)))
    share = np.zeros(rows, data.dtype)
    share[: len(data)] = 1 / len(data) if data.share is None else data.share
    return _filled(data.x, rows), _filled(data.t, rows), share


def _filled(array: np.ndarray, rows: int) -> np.ndarray:
    """`array` with copies of its first row behind, so many rows in all."""
    if len(array) == rows:
        return array
    table = np.empty((rows, *array.shape[1:]), array.dtype)
    table[: len(array)] = array
    table[len(array) :] = array[0]
    return table


def _next(number: int, an_octave: int = AN_OCTAVE) -> int:
    """The next of the sizes, of which there are so many between a number and its double."""
    step = 1 << max(0, (number - 1).bit_length() - an_octave.bit_length())
    return -(-number // step) * step


def _power(number: int) -> int:
    return 1 << (number - 1).bit_length()
