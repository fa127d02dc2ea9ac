"""What the importers share: layers with their arrays become a run that can be explained and predict."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.network import Network
from chainrule.engine.runs.run import History, Run
from chainrule.engine.stopping import Stop
from chainrule.errors import InputError, ShapeError
from chainrule.faces.architecture import loss_of
from chainrule.rules import registry
from chainrule.rules.layers.dense import Dense


class Taken(NamedTuple):
    """A layer as it stood in the other library: where, the rule; of a Dense W (inputs, units), b (units,)."""

    where: str
    layer: Any
    w: Any = None
    b: Any = None


def run_of(imported: Iterable[Taken], loss: Any, source: str, ends: str | None) -> Run:
    """The run of these layers, which has gone through no epoch here.

    Args:
        loss: a loss or its name; None takes the one that goes with `ends`, the last activation.

    Raises:
        InputError: no layer with weights, or weights that are no finite numbers.
        ShapeError: weights that do not fit the layer before; the layer is named.
    """
    parts = list(imported)
    network = Network([piece.layer for piece in parts], registry.loss(loss or loss_of(ends)))
    weighing = [piece for piece in parts if piece.w is not None]
    if not weighing:
        raise InputError(f"{source}: there is no layer with weights")
    parameters: dict[str, np.ndarray] = {}
    width = None
    for piece in weighing:
        if np.asarray(piece.w).dtype.kind != "f" or np.asarray(piece.w).dtype.itemsize > 8:
            raise InputError(
                f"{piece.where}: weights are {np.asarray(piece.w).dtype}, and there is no rule for such: "
                "take float32 or float64"
            )
    dtype = np.result_type(np.float32, *(np.asarray(piece.w).dtype for piece in weighing))
    placed = [piece for piece in network.chain.layers if isinstance(piece, Dense)]
    for part, dense in zip(weighing, placed, strict=True):
        w, b = (np.asarray(a).astype(dtype, order="C") for a in (part.w, part.b))
        if w.ndim != 2 or b.shape != w.shape[1:] or (width is not None and len(w) != width):
            raise ShapeError(
                f"{part.where}: weights {w.shape} and biases {b.shape} after {width} inputs do not fit"
            )
        if not (np.isfinite(w).all() and np.isfinite(b).all()):
            raise InputError(f"{part.where}: a weight is not a finite number")
        parameters |= {dense.w: w, dense.b: b}
        width = w.shape[1]
    return Run(network, parameters, History([]), Stop.EPOCHS, 0, float("nan"), settings={"source": source})
