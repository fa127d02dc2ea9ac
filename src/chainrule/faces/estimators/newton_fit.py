"""One fit by L-BFGS, on all rows at once."""

from dataclasses import replace
from typing import Any

from chainrule.engine.data import Data
from chainrule.engine.network import Network
from chainrule.engine.runs.run import Run
from chainrule.engine.training.lbfgs import minimize
from chainrule.faces.estimators.callbacks import Told
from chainrule.faces.estimators.epochs import Arrays, Epoch
from chainrule.faces.estimators.solvers import LBFGS
from chainrule.faces.estimators.stochastic_fit import listed


def newton(estimator: Any, network: Network, data: Data, begin: Arrays, report: Told | None) -> Run:
    """Train; the run.

    Args:
        estimator: whose parameters count; they have been checked.
        begin: the initial parameters.
        report: called after each iteration; a true answer stops.
    """

    def watch(number: int, loss: float, weights: Arrays) -> bool:
        return report is not None and report(Epoch(number, loss, None, None, *listed(weights)))

    total = len(data) if data.weight is None else float(data.weight.sum())
    run = minimize(
        network,
        data,
        {name: array.astype(data.x.dtype) for name, array in begin.items()},
        weight_decay=estimator.alpha / total,
        epochs=estimator.max_iter,
        evaluations=estimator.max_fun,
        tolerance=estimator.tol,
        watch=watch,
    )
    settings = {"optimizer": LBFGS, "epochs": estimator.max_iter, "alpha": float(estimator.alpha)}
    return replace(run, settings=settings)
