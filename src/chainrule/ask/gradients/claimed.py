"""Claimed gradients: arrays of any library, put in the shapes of a network's parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.ask.cases.arrays import as_numpy
from chainrule.ask.cases.case import Case
from chainrule.engine.network import Network
from chainrule.errors import InputError, ShapeError
from chainrule.numbers import Array
from chainrule.quantities import is_error_signal, parse

_NOTES = {
    "turned": "came as (units, inputs), as torch keeps weights; they were turned.",
    "row by row": "came with a row for every row of the data; they were summed over the rows to compare.",
    "one for all": "came as one number; each unit was given it.",
}


@dataclass(frozen=True)
class Claimed:
    """Somebody's gradients in the shapes of a network's parameters.

    Attributes:
        arrays: by parameter.
        notes: what was done to them.
        row_by_row: biases whose gradients came with a row for every row of the data, not summed.
    """

    arrays: dict[str, Array]
    notes: tuple[str, ...] = ()
    row_by_row: tuple[str, ...] = ()


def parameters_of(network: Network, x: Any, parameters: Mapping[str, Any]) -> tuple[dict[str, Array], str]:
    """Somebody's parameters as the network keeps them, and a note if they came as torch keeps weights."""
    arrays = {name: as_numpy(array) for name, array in parameters.items()}
    rows = as_numpy(x)
    if rows.ndim != 2:
        return arrays, ""
    shapes = {name: start.shape for name, start in network.start(rows.shape[1]).items()}
    turned = [
        name
        for name, shape in shapes.items()
        if name in arrays and arrays[name].shape != shape and arrays[name].shape == shape[::-1]
    ]
    if turned:  # then square ones are kept in the same way
        turned += [name for name, array in arrays.items() if name in shapes and _is_square(array)]
    arrays |= {name: arrays[name].T for name in turned}
    return arrays, _turned_note([name for name in shapes if name in turned])


def turned_case(case: Case) -> tuple[Case, str] | None:
    """The case with its weights the other way round and a note, where no shape tells how they are kept."""
    weights = [name for name, array in case.parameters.items() if array.ndim == 2]
    if not weights or not all(_is_square(case.parameters[name]) for name in weights):
        return None
    turned = {name: case.parameters[name].T for name in weights}
    return replace(case, parameters={**case.parameters, **turned}), _turned_note(weights)


def _turned_note(names: Sequence[str]) -> str:
    return f"The parameters {', '.join(names)} {_NOTES['turned']}" if names else ""


def _is_square(array: Array) -> bool:
    return bool(array.ndim == 2 and array.shape[0] == array.shape[1] > 1)


def gradients_of(case: Case, claimed: Any, turned: bool = False) -> Claimed:
    """The claimed gradients by parameter, shaped as those are; and what was done to them.

    Args:
        case: whose parameters they belong to.
        claimed: by parameter, or all of them in order.
        turned: whether the parameters came as (units, inputs): square gradients are then turned, too,
            unless another gradient shows that they came otherwise.

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
    layouts: dict[str, list[str]] = {"turned": [], "row by row": [], "one for all": []}
    for key, leaf in claimed.items():
        quantity = parse(str(key))
        name = str(quantity.bottom if is_error_signal(quantity) else quantity)
        if name not in expected:
            raise InputError(f"{key} is no parameter of this network; it has {', '.join(expected)}")
        arrays[name], layout = _fitting(name, as_numpy(leaf), expected[name], len(case.x))
        layouts.setdefault(layout, []).append(name)
    square = [name for name, array in arrays.items() if _is_square(array)]
    uneven = [name for name, array in arrays.items() if array.ndim == 2 and len(set(array.shape)) > 1]
    if layouts["turned"] or (turned and not uneven):  # then square ones are kept in the same way
        arrays |= {name: arrays[name].T for name in square}
        layouts["turned"] += square
    notes = tuple(
        f"{', '.join(name for name in expected if name in names)} {_NOTES[layout]}"
        for layout, names in layouts.items()
        if names and layout in _NOTES
    )
    arrays = {name: arrays[name] for name in expected if name in arrays}
    return Claimed(arrays, notes, tuple(name for name in expected if name in layouts["row by row"]))


def _fitting(name: str, array: Array, shape: tuple[int, ...], rows: int) -> tuple[Array, str]:
    """A gradient in the shape of its parameter, and what had to be done for that."""
    array, layout = array if array.dtype.kind == "f" else array.astype(np.float64), ""
    if array.shape != shape and array.ndim == 2 and array.shape[::-1] == shape:
        array, layout = array.T, "turned"
    elif array.size == np.prod(shape) and 1 in array.shape:
        array = array.reshape(shape)
    elif len(shape) == 1 and array.shape == (rows, *shape):
        _refuse_infinite(name, array)
        array, layout = array.sum(axis=0), "row by row"
    elif len(shape) == 1 and array.size == 1:
        array, layout = np.full(shape, array.reshape(())), "one for all"
    if array.shape != shape:
        raise ShapeError(f"the gradient of {name} is {array.shape}, but {name} is {shape}")
    _refuse_infinite(name, array)
    return array, layout


def _refuse_infinite(name: str, array: Array) -> None:
    if not np.isfinite(array).all():
        index = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
        raise InputError(f"the gradient of {name} is {array[index]} at {list(index)}")
