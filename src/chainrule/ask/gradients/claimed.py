"""Claimed gradients: arrays of any library, put in the shapes of a network's parameters."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.ask.cases.arrays import as_numpy
from chainrule.ask.cases.case import Case
from chainrule.errors import InputError, ShapeError
from chainrule.numbers import Array
from chainrule.quantities import is_error_signal, parse


def gradients_of(case: Case, claimed: Any) -> tuple[dict[str, Array], tuple[str, ...]]:
    """The claimed gradients by parameter, shaped as those are; and what was done to them.

    Raises:
        InputError: none is given, or one of no parameter, or one that is not finite.
        ShapeError: one is not shaped like its parameter.
    """
    if claimed is None or not len(claimed):
        raise InputError('no gradients are given: claimed = {"w1": dw1, "b1": db1, ...}')
    expected = {name: gradient.array.shape for name, gradient in case.sweep.gradients.items()}
    if not isinstance(claimed, Mapping):
        if len(claimed) != len(expected):
            raise ShapeError(f"{len(claimed)} gradients are given, but the network has {', '.join(expected)}")
        claimed = dict(zip(expected, claimed, strict=True))
    arrays: dict[str, Array] = {}
    turned: list[str] = []
    for key, leaf in claimed.items():
        quantity = parse(str(key))
        name = str(quantity.bottom if is_error_signal(quantity) else quantity)
        if name not in expected:
            raise InputError(f"{key} is no parameter of this network; it has {', '.join(expected)}")
        arrays[name], was_turned = _fitting(name, as_numpy(leaf), expected[name])
        turned += [name] * was_turned
    if turned:  # then square ones are kept in the same way
        square = [name for name, array in arrays.items() if array.ndim == 2 and len(set(array.shape)) == 1]
        arrays |= {name: arrays[name].T for name in square}
        turned = [name for name in expected if name in (*turned, *square)]
    arrays = {name: arrays[name] for name in expected if name in arrays}
    notes = (f"{', '.join(turned)} came as (units, inputs), as torch keeps weights; they were turned.",)
    return arrays, notes if turned else ()


def _fitting(name: str, array: Array, shape: tuple[int, ...]) -> tuple[Array, bool]:
    """A gradient in the shape of its parameter, and whether it had to be turned for that."""
    array = array if array.dtype.kind == "f" else array.astype(np.float64)
    turned = array.shape != shape and array.ndim == 2 and array.shape[::-1] == shape
    if turned:
        array = array.T
    elif array.size == np.prod(shape) and 1 in array.shape:
        array = array.reshape(shape)
    if array.shape != shape:
        raise ShapeError(f"the gradient of {name} is {array.shape}, but {name} is {shape}")
    if not np.isfinite(array).all():
        index = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
        raise InputError(f"the gradient of {name} is {array[index]} at {list(index)}")
    return array, turned
