"""Whether a training on a table has gone wrong, seen from its predictions alone: nothing is trained again."""

import numpy as np

from chainrule.ask.diagnosis.training_diagnosis import TrainingDiagnosis
from chainrule.ask.diagnosis.training_evidence import TrainingEvidence
from chainrule.ask.diagnosis.training_setup import TrainingSetup
from chainrule.engine.data import Data
from chainrule.engine.runs.run import Run
from chainrule.engine.stopping import Stop
from chainrule.faces.tabular.training import Fit

MOST = 20_000  # rows of each kind; more say the same
FINE = 0.75  # of skill on its own rows; on others half of it


def has_gone_wrong(run: Run, ready: Fit) -> bool:
    """Whether the diagnosis of the run would say that something is wrong with it."""
    if run.divergence or run.stopped_by is Stop.INTERRUPTED:
        return bool(run.divergence)
    kept, out = _some(ready.kept), _some(ready.held_out)
    judges = Data(ready.x[out], ready.t[out]) if len(out) else None
    setup = TrainingSetup(run.network, Data(ready.x[kept], ready.t[kept]))
    evidence = TrainingEvidence(setup, run, run.parameters, judges)
    judged = evidence.judged_skill
    if evidence.own_skill > FINE and (judged is None or np.isnan(judged) or judged > FINE / 2):
        return False
    return TrainingDiagnosis.is_alarming(evidence)


def _some(rows: np.ndarray) -> np.ndarray:
    """So many rows at most, evenly from all."""
    return rows[:: -(-len(rows) // MOST) or 1]
