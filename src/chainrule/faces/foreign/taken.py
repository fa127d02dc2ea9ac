"""What the importers share: layers with their arrays become a run that can be explained and predict."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from chainrule.engine.network import Network
from chainrule.engine.runs.run import History, Run
from chainrule.engine.stopping import Stop
from chainrule.errors import InputError
from chainrule.faces.architecture import loss_of
from chainrule.faces.foreign.fitting import Taken, fitted, flat
from chainrule.rules import registry
from chainrule.rules.protocols import Layer, Shape


def run_of(
    imported: Iterable[Taken],
    loss: Any,
    source: str,
    ends: str | None,
    row: Sequence[int] | None = None,
    **settings: Any,
) -> Run:
    """The run of these layers, which has gone through no epoch here.

    Args:
        loss: a loss or its name; None takes the one that goes with `ends`, the last activation.
        row: the shape of a row here, (h, w, channels); of plain numbers it need not be given.
        settings: what else is to be remembered of the source.

    Raises:
        InputError: no layer with weights, or weights that are no finite numbers.
        ShapeError: weights that do not fit the layer before; the layer is named.
    """
    imported = list(imported)
    weighing = [array for part in flat(imported) for array in part.arrays.values()]
    if not weighing:
        raise InputError(f"{source}: there is no layer with weights")
    for part in flat(imported):
        _check(part)
    dtype = np.result_type(np.float32, *(np.asarray(array).dtype for array in weighing))
    parts, row = fitted(imported, row)
    network = Network([part.rule() for part in parts], registry.loss(loss or loss_of(ends)))
    parameters: dict[str, np.ndarray] = {}
    placed = [layer for layer, shape in network.walk(row) if _has_arrays(layer, shape)]
    for part, layer in zip((part for part in flat(parts) if part.arrays), placed, strict=True):
        for letter, array in part.arrays.items():
            parameters[getattr(layer, letter)] = np.asarray(array).astype(dtype, order="C")
    return Run(
        network,
        parameters,
        History([]),
        Stop.EPOCHS,
        0,
        float("nan"),
        settings={"source": source, **settings},
        row_shape=row,
    )


def _has_arrays(layer: Layer, row: Shape) -> bool:
    """Whether a layer has parameters of its own."""
    return not hasattr(layer, "layers") and bool(layer.shapes(row)[0])


def _check(part: Taken) -> None:
    """Refuse arrays that are no finite numbers."""
    for array in map(np.asarray, part.arrays.values()):
        if array.dtype.kind != "f" or array.dtype.itemsize > 8:
            raise InputError(
                f"{part.where}: weights are {array.dtype}, and there is no rule for such: "
                "take float32 or float64"
            )
        if not np.isfinite(array).all():
            raise InputError(f"{part.where}: a weight is not a finite number")
