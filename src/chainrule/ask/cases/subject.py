"""What a question is about: a worked example as it is, or a network or a run at work on some rows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.ask.cases.arrays import as_numpy
from chainrule.ask.cases.case import Case
from chainrule.engine.data import prepare
from chainrule.engine.network import Network
from chainrule.engine.runs.run import Run
from chainrule.errors import InputError, ShapeError


def case_of(
    subject: Any, x: Any, t: Any, parameters: Mapping[str, Any] | None, seed: int, learning_rate: float | None
) -> Case:
    """What a question is about, in float64: a case as it is, or a network or run on rows x and targets t.

    Raises:
        InputError: the subject wants something else.
        ShapeError: sizes that do not fit; the layer is named.
    """
    if isinstance(subject, Case):
        if x is not None or t is not None or parameters is not None:
            raise InputError("a worked example has rows and parameters of its own: give a quantity alone")
        return replace(subject, learning_rate=learning_rate) if learning_rate is not None else subject
    if not isinstance(subject, (Network, Run)):
        raise InputError(f"ask about a run, a network or a worked example, not {type(subject).__name__}")
    if x is None or t is None:
        raise InputError("a network is asked about rows x and targets t, such as x[:1] and t[:1]")
    network = subject.network if isinstance(subject, Run) else subject
    data = prepare(network, x, t)
    settings: dict[str, Any] = {}
    if isinstance(subject, Run):
        if parameters is not None:
            raise InputError("a run has parameters of its own: give none, or ask about its network")
        parameters, settings = subject.parameters, subject.settings
    elif parameters is None:
        parameters = network.start(data.x.shape[1], seed)
    rate = settings.get("learning_rate") if learning_rate is None else learning_rate
    return Case(
        network=network,
        parameters=_fitting(network, parameters, data.x.shape[1]),
        x=data.x.astype(np.float64),
        t=data.t.astype(np.float64),
        learning_rate=rate if isinstance(rate, (int, float)) else None,
        weight_decay=float(settings.get("weight_decay") or 0.0),
    )


def _fitting(network: Network, parameters: Mapping[str, Any], inputs: int) -> dict[str, np.ndarray]:
    """The parameters in float64, if they are those of the network."""
    found = {name: as_numpy(array).astype(np.float64) for name, array in parameters.items()}
    for name, start in network.start(inputs).items():
        if name not in found:
            raise InputError(f"parameters lack {name}, which is {start.shape}; they have {', '.join(found)}")
        if found[name].shape != start.shape:
            raise ShapeError(f"{name} is {found[name].shape}, but the network wants {start.shape}")
    return found
