"""Work on a network that somebody has, from its weights on, on rows that somebody gives."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.engine.training.epoch_session import EpochSession
from chainrule.faces.studio.earlier_training import EarlierTraining
from chainrule.faces.studio.learning_data import LearningData
from chainrule.faces.studio.learning_work import LearningWork
from chainrule.faces.studio.network_setup import NetworkSetup
from chainrule.faces.studio.sources import FILE
from chainrule.faces.tables.moments import Moments
from chainrule.faces.tables.targets import Amounts, Classes, Target
from chainrule.rules import registry
from chainrule.rules.layers.identity import Identity
from chainrule.rules.updates.catalogue import UPDATE_RULES

_RATE, _BATCH = 0.01, 32  # where nothing is said


def data_of_arrays(
    case: Case, label: str, learning: np.ndarray | None = None, labels: tuple[str, ...] = ()
) -> LearningData:
    """The rows of a case as data; those that are not learned from are held out."""
    places, width = np.arange(len(case.x)), case.t.shape[1]
    kept = places if learning is None else learning
    target: Target
    if case.network.loss.activation in ("sigmoid", "softmax"):
        names = labels or tuple(map(str, range(max(width, 2))))
        target = Classes("class", names, "word" if labels else "number")
    else:
        target = Amounts("y", "number", Moments(0.0, 0.0, 1.0))
    inputs = tuple(f"x{k}" if case.x.shape[1] > 1 else "x" for k in range(case.x.shape[1]))
    return LearningData(FILE, label, case.x, case.t, kept, np.setdiff1d(places, kept), inputs, target)


def work_from(case: Case, settings: Mapping[str, Any], data: LearningData, why: str = "") -> LearningWork:
    """The training of a case's network by the optimiser of the settings, as far as they can be used.

    Args:
        why: a sentence about what came before.
    """
    optimizer, rate = str(settings.get("optimizer")), settings.get("learning_rate")
    is_known = optimizer in UPDATE_RULES and isinstance(rate, int | float)
    hidden: list[Any] = list(case.network.layers[:-1])
    setup = NetworkSetup(
        FILE,
        tuple((layer.units, registry.name(layer.activation or Identity())) for layer in hidden),
        registry.name(case.network.loss),
        optimizer if is_known else "adam",
        float(rate or 0.0) if is_known else _RATE,
        int(settings.get("batch_size") or _BATCH),
    )
    job = setup.task_of(case.network, data)
    session = EpochSession(job, dict(case.parameters), data.learning)
    start = "It was trained already" if settings else "It has seen nothing yet"
    way = f"by {setup.optimizer} with α = {setup.rate:g}"
    about = f"{data.label} learns on here, from the weights that it came with, {way}."
    return LearningWork(setup, data, session, EarlierTraining(f"{about} {why}".strip(), begins=start))
