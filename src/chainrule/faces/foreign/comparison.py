"""An imported network is tried on random rows: it predicts what its source predicts, or it is refused."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.engine.network import Network
from chainrule.engine.runs.run import Run
from chainrule.errors import ChainruleError, InputError

ROWS = 16


def predicting_alike(run: Run, source: str, predict: Callable[[np.ndarray], Any]) -> Run:
    """`run`, whose layers give what `predict` of the source gives, whatever the loss makes of them.

    Raises:
        InputError: they do not, or the source cannot be called on rows.
    """
    w = run.parameters["w1"]
    x = np.random.default_rng(0).normal(size=(ROWS, len(w))).astype(w.dtype)
    try:
        theirs = np.asarray(predict(x), np.float64)
    except ChainruleError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever a stranger's code raises)
        raise InputError(f"{source}: it cannot be compared on {ROWS} random rows: {_line(error)}") from None
    ours = np.asarray(Network(run.network.layers).predict(run.parameters, x), np.float64)
    if theirs.shape != ours.shape:
        raise InputError(
            f"{source}: on rows {x.shape} it gives {theirs.shape}, its layers alone give {ours.shape}: it "
            "computes something else than they say"
        )
    scale = max(1.0, float(np.abs(ours).max(initial=0.0)))
    room = 1e-3 if w.dtype == np.float32 else 1e-6
    if not (np.abs(theirs - ours) <= room * scale).all():
        off = float(np.abs(theirs - ours).max())
        raise InputError(
            f"{source}: on random rows it gives other numbers (by up to {off:.2g}) than its layers alone: it "
            "computes something else than they say"
        )
    return run


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
