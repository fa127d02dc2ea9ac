"""The diagnosis of a training on arrays: from a run and its rows to what is looked at."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from chainrule.ask.diagnosis.proof import SECONDS, Report
from chainrule.ask.diagnosis.training_code import code
from chainrule.ask.diagnosis.training_diagnosis import TrainingDiagnosis
from chainrule.ask.diagnosis.training_evidence import TrainingEvidence
from chainrule.ask.diagnosis.training_setup import TrainingSetup
from chainrule.engine.data import Data
from chainrule.engine.runs.run import Run
from chainrule.engine.training.replay import Replay
from chainrule.engine.training.replaying import replay


def evidence_of(
    run: Run, past: Replay, judges: Data | None, start: Mapping[str, Any] | None = None
) -> TrainingEvidence:
    """What a replayed training shows.

    Args:
        judges: rows that were not learned from; those whose loss was watched if None.
        start: initial parameters, where they were given.
    """
    job, patience = past.job, run.settings.get("patience")
    initial = None if start is None else {name: np.asarray(start[name]) for name in start}
    setup = TrainingSetup.of(job, patience, initial, job.options.seed + (past.member or 0))
    epoch = run.best_epoch or run.epochs
    final = run.parameters
    if past.member is not None:
        final = {name: np.asarray(a) for name, a in past.state(epoch).parameters.items()}
    return TrainingEvidence(setup, run, final, job.held_out if judges is None else judges, past)


def diagnose_arrays(
    run: Run,
    x: ArrayLike,
    t: ArrayLike,
    *,
    prove: bool = True,
    seconds: float = SECONDS,
    progress: Report | None = None,
    parameters: Mapping[str, Any] | None = None,
    subject: str = "this training",
    **options: Any,
) -> TrainingDiagnosis:
    """As `diagnose`, of a run on arrays."""
    past = replay(run, x, t, parameters=parameters, **options)
    evidence = evidence_of(run, past, None, parameters)

    def asks(quantity: str) -> str:
        moment = quantity if "@" in quantity else quantity + _last(past)
        return f'explain(replay(run, x, t), quantity="{moment}")'

    return TrainingDiagnosis.of(evidence, subject, code, asks, prove, seconds, progress)


def _last(past: Replay) -> str:
    """The last update."""
    return f"@{max(past.updates - 1, 0)}"
