"""How a fit ended, told as scikit-learn tells it: a warning, or an error where nothing is left of it."""

import warnings
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from chainrule.engine.runs.run import Run
from chainrule.engine.stopping import Stop
from chainrule.errors import InputError
from chainrule.faces.estimators.callbacks import Told
from chainrule.faces.estimators.solvers import LBFGS


def warn_of_end(estimator: Any, run: Run, incremental: bool, report: Told | None, best: bool) -> None:
    """Warn, or refuse, where the training did not end well."""
    if run.stopped_by is Stop.DIVERGED:
        where = f" ({run.divergence})" if run.divergence else ""
        advice = "scale X with StandardScaler, or lower learning_rate_init"
        if not best:
            raise InputError(
                "Solver produced non-finite parameter weights. The input data may contain large values "
                f"and need to be preprocessed{where}: {advice}"
            )
        warnings.warn(
            f"Stochastic Optimizer: it diverged, and the best weights were restored{where}: {advice}",
            ConvergenceWarning,
            stacklevel=4,
        )
    if run.stopped_by is Stop.EPOCHS and not incremental:
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the optimization "
            "hasn't converged yet."
            if estimator.solver != LBFGS
            else f"lbfgs failed to converge after {run.epochs} iteration(s): raise max_iter or max_fun.",
            ConvergenceWarning,
            stacklevel=4,
        )
    if run.stopped_by is Stop.INTERRUPTED and report is None:
        warnings.warn("Training interrupted by user.", stacklevel=4)
