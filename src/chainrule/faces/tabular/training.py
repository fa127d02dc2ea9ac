"""Train on a table: split its rows, learn the encoding, choose the network, fit."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.engine.data import Data
from chainrule.engine.measuring import mean_loss
from chainrule.engine.network import Network
from chainrule.engine.runs.ensemble import Ensemble
from chainrule.engine.runs.run import Run
from chainrule.engine.training.loop import Report
from chainrule.engine.training.train import train
from chainrule.engine.training.train_ensemble import train_ensemble
from chainrule.engine.training.train_folds import FoldRun, train_folds
from chainrule.errors import InputError
from chainrule.faces.scores import class_shares, scores
from chainrule.faces.tables.encoding import Encoding
from chainrule.faces.tables.leaks import say_duplicates
from chainrule.faces.tables.survey import Survey
from chainrule.faces.tables.table import Table, tidy
from chainrule.faces.tables.targets import REGRESSION, Classes
from chainrule.faces.tabular import cutoff
from chainrule.faces.tabular.held_back import at_temperature, errors_of, tempered
from chainrule.faces.tabular.recipe import BINS, PATIENCE, image_of, members_of, network_for
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.source import Reading, as_text, plain
from chainrule.faces.tabular.splits import folds_of, groups_of, split_rows, weights_of


@dataclass(frozen=True)
class Fit:
    """A table made ready: its rows that have a target, the encoding learned from the training rows, both
    sets of rows, and how many networks are to learn from them with how much patience.
    """

    table: Table
    encoding: Encoding
    network: Network
    x: np.ndarray
    t: np.ndarray
    kept: np.ndarray
    held_out: np.ndarray
    members: int = 1
    patience: int | None = None
    weight: np.ndarray | None = None
    groups: np.ndarray | None = None

    @property
    def rows_each(self) -> int:
        """How many rows each network learns from."""
        return len(self.kept) - (len(self.kept) // self.members if self.members > 1 else 0)


def prepare(table: Table, request: Request, threshold: float | None = None) -> Fit:
    """Split the rows, learn the encoding from those kept, and choose the network.

    Rows held out are chosen at random from the seed, each class in proportion where there are classes; or
    they are whole groups, or the latest.

    Raises:
        InputError: a table or an option that cannot be used.
    """
    survey, groups = surveyed(table, request)
    training, held_out = split_rows(
        survey.table, request.validation, request.seed, survey.codes, request.special, groups
    )
    ready = fit_for(survey, request, threshold, groups, training, held_out)
    say_duplicates(table, ready.x, ready.t, training, held_out)
    return ready


def surveyed(table: Table, request: Request) -> tuple[Survey, np.ndarray | None]:
    """The table looked at, and the group of each row; see `groups_of`.

    Raises:
        InputError: a table or an option that cannot be used.
    """
    special = request.special
    special.check(table, request.target)
    if image_of(request, table):  # its pixels are amounts, whatever they look like
        table = replace(table, amounts=table.amounts | set(table.names) - {tidy(request.target)})
    drop = (*request.drop, *special.no_inputs)
    survey = Survey(table, request.target, drop, request.task, request.missing)
    return survey, groups_of(survey.table, special)


def fit_for(
    survey: Survey,
    request: Request,
    threshold: float | None,
    groups: np.ndarray | None,
    training: np.ndarray,
    held_out: np.ndarray,
) -> Fit:
    """As `prepare`, for rows that are chosen already."""
    special = request.special
    weight = weights_of(survey.table, special, request.class_weight, survey.codes, training)
    bins = request.bins
    if bins == "auto":
        bins = BINS if request.hidden and survey.task == REGRESSION else 0
    image = image_of(request, survey.table)
    encoding, x, t = survey.learn(
        training, 0 if image else bins, request.loss == "poisson", image, request.dtype
    )
    network = network_for(request, encoding, image)
    distinct = None if groups is None else len(np.unique(groups[training]))
    members = members_of(request, network, len(training), encoding.inputs, threshold, distinct)
    if isinstance(request.patience, int) and members == 1 and not len(held_out):
        raise InputError("--patience watches rows held out: give --validation a share, such as 0.2")
    patience = request.patience
    if patience == "auto":  # for who does not speak of it; but a threshold of their own says when to stop
        patience = PATIENCE if threshold is None and (members > 1 or len(held_out)) else None
    cutoff.check(request.cutoff, encoding, t[training if members > 1 else held_out])
    left_out = None if groups is None else folds_of(groups[training], special, members)
    return Fit(survey.table, encoding, network, x, t, training, held_out, members, patience, weight, left_out)


def fit(
    table: Table, request: Request, ready: Fit, reading: Reading, progress: Report | None, **options: Any
) -> Run:
    """Train on the rows kept; the run carries all that `predict` needs to take raw tables.

    Args:
        options: of `engine.train.train`: optimizer, learning_rate, epochs, batch_size, ...
    """
    target = ready.encoding.target
    if ready.members == 1:
        run = train(
            **asked(request, ready),
            device=request.device,
            precision=request.precision,
            progress=progress,
            **options,
        )
        rows = ready.held_out
        left_out = run.predict(ready.x[rows]).astype(float) if len(rows) else np.empty((0, target.outputs))
    else:
        rows = ready.kept
        options = {name: value for name, value in options.items() if name != "threshold"}
        run, left_out = on_folds(request, ready, progress, **options)
        if isinstance(target, Classes) and ready.weight is None:
            run = _tempered(run, ready, target, left_out)
    ready = _decided(run, request, ready, left_out, rows)
    extra = _along(table, request, ready, reading) | run.extra
    return _measured(run, ready, extra | {"errors": errors_of(target, left_out, ready.t[rows])})


def on_folds(request: Request, ready: Fit, progress: Report | None, **options: Any) -> FoldRun:
    """Train the members on the rows kept, and no more."""
    target = ready.encoding.target
    return train_folds(
        **asked(request, ready),
        members=ready.members,
        codes=target.codes_of(ready.t[ready.kept]) if isinstance(target, Classes) else None,
        groups=ready.groups,
        progress=progress,
        **options,
    )


def _decided(run: Run, request: Request, ready: Fit, left_out: np.ndarray, rows: np.ndarray) -> Fit:
    """With the cutoff that was asked for, or is best on `rows`, of which `left_out` was said."""
    target = ready.encoding.target
    if request.cutoff is None or not isinstance(target, Classes):
        return ready
    temperature = run.extra["temperature"]["value"] if "temperature" in run.extra else 1.0
    shares = at_temperature(class_shares(target, left_out), temperature)
    codes, judged = target.codes_of(ready.t[ready.kept]), target.codes_of(ready.t[rows])
    return replace(ready, encoding=cutoff.decided(ready.encoding, request.cutoff, codes, shares, judged))


def _tempered(run: Run, ready: Fit, target: Classes, left_out: np.ndarray) -> Run:
    """The run with probabilities that suit the rows left out, and its losses with them."""

    def loss(judged: Run, rows: np.ndarray) -> float:
        return mean_loss(judged.network, judged.parameters, Data(ready.x[rows], ready.t[rows]))

    cooled = tempered(run, target, left_out, ready.t[ready.kept])
    change = loss(cooled, ready.kept) - loss(run, ready.kept)
    held_out = None if run.validation_loss is None else loss(cooled, ready.held_out)
    return replace(cooled, loss=run.loss + change, validation_loss=held_out)


def fit_ensemble(
    table: Table, request: Request, ready: Fit, reading: Reading, progress: Report | None, **options: Any
) -> Ensemble:
    """Train many networks on the rows kept; each member carries what `fit` gives a run.

    Args:
        options: of `engine.train_ensemble.train_ensemble`: seeds, optimizer, learning_rate, ...
    """
    if isinstance(request.cutoff, str):
        raise InputError(f"--cutoff {request.cutoff} is for one run: say a probability, such as --cutoff 0.3")
    if request.device == "gpu":
        raise InputError("--device gpu is for one network: leave --seeds away")
    nothing = np.empty((0, ready.encoding.outputs))
    ensemble = train_ensemble(**asked(request, ready), progress=progress, **options)
    ready = _decided(ensemble.best, request, ready, nothing, np.arange(0))
    extra = _along(table, request, ready, reading)
    return Ensemble(tuple(_measured(run, ready, extra) for run in ensemble.members))


def asked(request: Request, ready: Fit) -> dict[str, Any]:
    """What all kinds of training take from the table and the request."""
    x, t, training, out = ready.x, ready.t, ready.kept, ready.held_out
    weights = () if ready.weight is None else (ready.weight[training], ready.weight[out])
    return {
        "network": ready.network,
        "x": x[training],
        "t": t[training],
        "validation": (x[out], t[out], *weights[1:]) if len(out) else None,
        "sample_weight": weights[0] if weights else None,
        "patience": ready.patience,
        "seed": request.seed,
    }


def _along(table: Table, request: Request, ready: Fit, reading: Reading) -> dict[str, Any]:
    """What is stored along with a run, so that `predict` can take raw tables."""
    return {
        "task": ready.encoding.task,
        "table": {
            "name": as_text(Path(table.path).name),
            "path": as_text(str(table.path)),  # as it was given
            "rows": table.rows,
            "sha256": table.sha256,
        },
        "reading": reading.to_dict(),
        "request": plain(vars(request)),
        "encoding": ready.encoding.to_dict(),
        "held_out": {
            "share": request.validation,
            "rows": len(ready.held_out),
            **({"chose_cutoff": True} if isinstance(request.cutoff, str) and ready.members == 1 else {}),
        },
    }


def _measured(run: Run, ready: Fit, extra: dict[str, Any]) -> Run:
    chose = ready.members == 1 and run.best_epoch is not None
    held_out = extra["held_out"] | {"chose_weights": chose}
    return replace(run, extra=extra | {"held_out": held_out, "validation": held_out_scores(run, ready)})


def held_out_scores(run: Run | Ensemble, ready: Fit) -> dict[str, Any] | None:
    """The scores on the rows held out, if there are any."""
    out = ready.held_out
    return scores(ready.encoding.target, run.predict(ready.x[out]), ready.t[out]) if len(out) else None
