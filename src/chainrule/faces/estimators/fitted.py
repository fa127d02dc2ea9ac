"""What a fit leaves, as plain numbers, strings, lists and arrays: any tool can store it, and read it again.

A pickle or a skops file of an estimator names no class of Optax's and none of the engine's.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.engine.network import Network
from chainrule.engine.runs.run import History, Run
from chainrule.engine.stopping import Divergence, Stop
from chainrule.errors import InputError

_FIGURES = ("epochs", "loss", "validation_loss", "seconds", "settings", "extra")


def plain_run(run: Run) -> dict[str, Any]:
    """All of a run but its weights. A network with rules that nobody registered stays an object."""
    try:
        network: Any = run.network.to_dict()
    except InputError:
        network = run.network
    history, end = run.history, run.divergence
    held_out = history.validation_loss
    return {
        "network": network,
        "history": (
            list(history.loss),
            None if held_out is None else list(held_out),
        ),
        "stopped_by": run.stopped_by.word,
        "divergence": None if end is None else (end.epoch, end.step, end.layer, end.quantity, end.value),
        **{name: getattr(run, name) for name in _FIGURES},
    }


def run_again(plain: Mapping[str, Any], parameters: dict[str, np.ndarray]) -> Run:
    """The run that `plain_run` took apart, with these weights."""
    network, divergence = plain["network"], plain["divergence"]
    return Run(
        network=network if isinstance(network, Network) else Network.from_dict(network),
        parameters=parameters,
        history=History(*plain["history"]),
        stopped_by=Stop[plain["stopped_by"].upper()],
        divergence=None if divergence is None else Divergence(*divergence),
        **{name: plain[name] for name in _FIGURES},
    )
