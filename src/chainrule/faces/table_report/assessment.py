"""A trained table judged from all sides on the rows held out: what the report shows."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.engine.runs.run import Run
from chainrule.faces.calibration import Calibration, calibration
from chainrule.faces.scores import class_shares, row_losses, scores
from chainrule.faces.table_report.bootstrap import Bootstrap
from chainrule.faces.table_report.influence import Dependence, Importance, dependence, importances
from chainrule.faces.table_report.peers import compared
from chainrule.faces.tables.encoding import Encoding
from chainrule.faces.tables.table import Table
from chainrule.faces.tables.targets import Classes
from chainrule.faces.tabular.prediction import encoding_of
from chainrule.faces.tabular.training import Fit

NETWORK = "this network"
SHOWN, WORST = 5, 10  # columns whose dependence is drawn; rows with the largest loss


@dataclass(frozen=True)
class Judgement:
    """The rows held out, and what each model makes of them.

    Attributes:
        rows: their numbers in the table, (n,).
        scores: of the network first, then of its peers, by name.
        worst: which of them (from 0) have the largest loss, the largest first.
    """

    rows: np.ndarray
    output: np.ndarray
    t: np.ndarray
    scores: dict[str, dict[str, Any]]
    bootstrap: Bootstrap
    calibration: Calibration | None
    importances: list[Importance]
    dependences: list[Dependence]
    worst: np.ndarray


@dataclass(frozen=True)
class Assessment:
    """A run, the table that it learned from, and its judgement if rows were held out."""

    run: Run
    table: Table
    encoding: Encoding
    learned: int
    judgement: Judgement | None


def assess(run: Run, ready: Fit, seed: int = 0) -> Assessment:
    """Judge a run that `ready` was made for. scikit-learn's models learn from the same rows, so it takes
    some seconds.
    """
    judgement = _judge(run, ready, seed) if len(ready.held_out) else None
    return Assessment(run, ready.table, encoding_of(run), len(ready.kept), judgement)


def _judge(run: Run, ready: Fit, seed: int) -> Judgement:
    encoding, rows = encoding_of(run), ready.held_out
    target = encoding.target
    x, t = ready.x[rows], ready.t[rows]
    plain = ready.x[:, ~encoding.is_bin]
    peers = compared(encoding, plain[ready.kept], ready.t[ready.kept], plain[rows], seed)
    outputs = {NETWORK: run.predict(x)} | peers
    output = outputs[NETWORK]
    ranked = importances(run, encoding, x, t)
    drawn = (dependence(run, encoding, ready.table, ready.x, judged.column) for judged in ranked[:SHOWN])
    kept_promise = None
    if isinstance(target, Classes):
        kept_promise = calibration(target, class_shares(target, output), target.codes_of(t))
    return Judgement(
        rows=rows,
        output=output,
        t=t,
        scores={name: scores(target, answer, t) for name, answer in outputs.items()},
        bootstrap=Bootstrap.of(target, outputs, t),
        calibration=kept_promise,
        importances=ranked,
        dependences=[effect for effect in drawn if effect],
        worst=np.argsort(-row_losses(target, output, t), kind="stable")[:WORST],
    )
