"""An imported network is tried on random rows: it predicts what its source predicts, or it is refused."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.engine.network import Network, row_shape
from chainrule.engine.runs.run import Run
from chainrule.errors import ChainruleError, InputError

ROWS = 16
SLACK = 16  # how often the rounding that is measured may come


def predicting_alike(
    run: Run, source: str, predict: Callable[[np.ndarray], Any], ends: Sequence[Any] = ()
) -> Run:
    """`run`, whose layers, and those of `ends`, give what `predict` of the source gives for rows as they are
    here.

    Raises:
        InputError: they do not, or the source cannot be called on rows.
    """
    row = row_shape(run.inputs)
    x = np.random.default_rng(0).normal(size=(ROWS, *row)).astype(run.dtype)
    try:
        theirs = np.asarray(predict(x), np.float64)
    except ChainruleError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever a stranger's code raises)
        raise InputError(f"{source}: it cannot be compared on {ROWS} random rows: {_line(error)}") from None
    network = Network([*run.network.layers, *ends])  # whatever the loss makes of what its layers give
    ours = np.asarray(network.predict(run.parameters, x), np.float64)
    if theirs.shape != ours.shape:
        raise InputError(
            f"{source}: on rows {x.shape} it gives {theirs.shape}, its layers alone give {ours.shape}: it "
            "computes something else than they say"
        )
    if not (np.abs(theirs - ours) <= _room(network, run, x, ours)).all():
        off = float(np.abs(theirs - ours).max())
        raise InputError(
            f"{source}: on random rows it gives other numbers (by up to {off:.2g}) than its layers alone: it "
            "computes something else than they say"
        )
    return run


def _room(network: Network, run: Run, x: np.ndarray, ours: np.ndarray) -> float:
    """How far two ways of adding up the same may be apart: 1e-5 (in float64 1e-9) or what rounding costs."""
    scale = max(1.0, float(np.abs(ours).max(initial=0.0)))
    if run.dtype != np.float32:
        return 1e-9 * scale
    wide = {name: array.astype(np.float64) for name, array in run.parameters.items()}
    rounding = float(np.abs(network.predict(wide, x.astype(np.float64)) - ours).max(initial=0.0))
    return max(1e-5 * scale, SLACK * rounding)


def refused(source: str, take: Callable[[], Run]) -> Run:
    """What `take` gives; any error out of a stranger's object as one line.

    Raises:
        InputError: it cannot be taken over.
    """
    try:
        return take()
    except ChainruleError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever a stranger's code raises)
        raise InputError(f"{source} cannot be taken over: {_line(error)}") from None


def kind_of(candidate: Any) -> str:
    """What somebody gave, for a message: `str 'model.pt'`, `Net`."""
    name = type(candidate).__name__
    return f"{name} {candidate!r:.40}" if isinstance(candidate, (str, bytes, int, float)) else name


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]:.150}"
