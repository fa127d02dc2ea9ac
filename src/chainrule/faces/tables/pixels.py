"""Columns that are the places of one image: all of them are measured alike."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np

from chainrule.faces.tables.columns import Column, NumberColumn
from chainrule.faces.tables.moments import Moments
from chainrule.faces.tables.quoting import counted, quoted
from chainrule.faces.tables.table import Table


def measured_alike(table: Table, columns: Sequence[Column], shape: Sequence[int]) -> list[Column]:
    """The columns with one mean and spread for all of them, so that an image stays one.

    Raises:
        InputError: they are not as many numbers as the image has, or some are no amounts.
    """
    text = " x ".join(map(str, shape))
    if len(columns) != prod(shape):
        raise table.fault(
            f"images of {text} want {counted(prod(shape), 'column')}, and there are {len(columns)} inputs"
        )
    numbers = [column for column in columns if isinstance(column, NumberColumn) and not column.flagged]
    strange = next((column.name for column in columns if column not in numbers), None)
    if strange is not None:
        raise table.fault(f"column {quoted(strange)} has cells that are no numbers, or missing: no image")
    means = np.array([column.moments.mean for column in numbers])
    spreads = np.array([column.moments.std for column in numbers])
    mean = float(means.mean())
    variance = float((spreads**2 + (means - mean) ** 2).mean())
    if variance == 0:
        raise table.fault("all images are one colour: there is nothing to learn from")
    alike = Moments(mean, 0.0, variance**0.5)
    return [replace(column, moments=alike) for column in numbers]
