"""Cross-validation: the training once more for each part of the rows, which is held out and judges it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.engine.runs.run import Run
from chainrule.engine.stopping import Stop
from chainrule.engine.training.loop import Report
from chainrule.faces.tables.table import Table
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.source import Reading
from chainrule.faces.tabular.splits import parts_of
from chainrule.faces.tabular.training import Fit, fit, fit_for, surveyed


def folds_of(table: Table, request: Request, threshold: float | None) -> Iterator[Fit]:
    """What each fold is made into; nothing if none are wanted. Gone through before training, it refuses what
    could not be trained after it.

    Raises:
        InputError: there are too few rows or groups for so many folds, or too little in one of them.
    """
    if request.folds is None:
        return
    survey, groups = surveyed(replace(table, notes=[]), request)
    for learning, out in parts_of(survey, request.folds, request.seed, request.special, groups):
        yield fit_for(survey, request, threshold, groups, learning, out)


def cross_validated(
    run: Run,
    table: Table,
    request: Request,
    reading: Reading,
    progress: Report | None,
    threshold: float | None = None,
    **options: Any,
) -> Run:
    """The run with the scores of its folds in `extra["folds"]`, if any were wanted; without, if interrupted.

    In each fold all is learned anew from the other rows: encoding, epoch, temperature, cutoff. Whole groups
    are held out together; with a time each part is judged by what learned from earlier rows alone.

    Args:
        options: of `engine.train.train`, as `training.fit` takes them.
    """
    if request.folds is None or run.stopped_by is Stop.INTERRUPTED:
        return run
    judged = []
    for ready in folds_of(table, request, threshold):
        trained = fit(table, request, ready, reading, progress, threshold=threshold, **options)
        if trained.stopped_by is Stop.INTERRUPTED:
            return run
        judged.append(trained.extra["validation"])
    return replace(run, extra=run.extra | {"folds": summary(judged)})


def summary(judged: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Rows of each fold; of each score its mean, standard deviation and values by fold, and of the best
    constant of each fold the mean. A score that a fold does not have is left out of its mean.
    """
    measures = [name for name, value in judged[0].items() if isinstance(value, float) or value is None]
    scores = {}
    for name in measures:
        values = [score[name] for score in judged]
        known = [value for value in values if value is not None]
        constants = [score["constant"][name] for score in judged if name in score["constant"]]
        scores[name] = {
            "mean": float(np.mean(known)) if known else None,
            "std": float(np.std(known, ddof=1)) if len(known) > 1 else None,
            "each": values,
            "constant": float(np.mean(constants)) if constants else None,
        }
    return {"count": len(judged), "rows": [score["rows"] for score in judged], "scores": scores}
