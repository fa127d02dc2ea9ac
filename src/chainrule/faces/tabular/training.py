"""From a table to a run and back: split, encode, train, predict, measure."""

import hashlib
import os
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.engine.network import Network
from chainrule.engine.runs.ensemble import Ensemble
from chainrule.engine.runs.run import Run
from chainrule.engine.splitting import split
from chainrule.engine.training.train import Report, train
from chainrule.engine.training.train_ensemble import train_ensemble
from chainrule.errors import InputError, did_you_mean
from chainrule.faces.scores import scores
from chainrule.faces.tables.encoding import LARGEST, Encoding
from chainrule.faces.tables.read import read
from chainrule.faces.tables.survey import Survey
from chainrule.faces.tables.table import Table
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.registry import LOSSES


@dataclass(frozen=True)
class Reading:
    """How a delimited file is read; stored with the run, so that new files are read the same way."""

    delimiter: str | None = None
    decimal: str = "."
    encoding: str | None = None
    missing_markers: tuple[str, ...] = ()

    def table(self, path: str) -> Table:
        return read(path, self.delimiter, self.decimal, self.encoding, self.missing_markers)


@dataclass(frozen=True)
class Request:
    """What is wanted of a training on a table; the command line's options, in Python's words."""

    target: str
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "relu"
    dropout: float = 0.0
    loss: str = "auto"
    task: str | None = None
    drop: tuple[str, ...] = ()
    missing: str = "impute"
    validation: float = 0.2
    patience: int | None = None
    dtype: str = "float32"
    seed: int = 0


@dataclass(frozen=True)
class Fit:
    """A table made ready: the encoding learned from the training rows, and both sets of rows."""

    encoding: Encoding
    network: Network
    x: np.ndarray
    t: np.ndarray
    kept: np.ndarray
    held_out: np.ndarray


def prepare(table: Table, request: Request) -> Fit:
    """Split the rows, learn the encoding from those kept, and choose the network.

    Rows held out are chosen at random from the seed, each class in proportion where there are classes.

    Raises:
        InputError: a table or an option that cannot be used.
    """
    survey = Survey(table, request.target, request.drop, request.task, request.missing)
    kept, held_out = _split(table, survey.codes, request)
    if request.patience is not None and not len(held_out):
        raise InputError("--patience watches rows held out: give --validation a share, such as 0.2")
    encoding, x, t = survey.learn(kept)
    network = _network(request, encoding)
    return Fit(encoding, network, x.astype(request.dtype), t.astype(request.dtype), kept, held_out)


def fit(
    table: Table, request: Request, ready: Fit, reading: Reading, progress: Report | None, **options: Any
) -> Run:
    """Train on the rows kept; the run carries all that `predict` needs to take raw tables.

    Args:
        options: of `engine.train.train`: optimizer, learning_rate, epochs, batch_size, ...
    """
    run = train(**_asked(request, ready), progress=progress, **options)
    return _measured(run, ready, _along(table, request, ready, reading))


def fit_ensemble(
    table: Table, request: Request, ready: Fit, reading: Reading, progress: Report | None, **options: Any
) -> Ensemble:
    """Train many networks on the rows kept; each member carries what `fit` gives a run.

    Args:
        options: of `engine.train_ensemble.train_ensemble`: seeds, optimizer, learning_rate, ...
    """
    ensemble = train_ensemble(**_asked(request, ready), progress=progress, **options)
    extra = _along(table, request, ready, reading)
    return Ensemble(tuple(_measured(run, ready, extra) for run in ensemble.members))


def _asked(request: Request, ready: Fit) -> dict[str, Any]:
    """What both kinds of training take from the table and the request."""
    x, t, kept, out = ready.x, ready.t, ready.kept, ready.held_out
    return {
        "network": ready.network,
        "x": x[kept],
        "t": t[kept],
        "validation": (x[out], t[out]) if len(out) else None,
        "patience": request.patience,
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
            "sha256": table.sha256 or fingerprint(table.path),
        },
        "reading": vars(reading) | {"missing_markers": list(reading.missing_markers)},
        "encoding": ready.encoding.to_dict(),
        "held_out": {"share": request.validation, "rows": len(ready.held_out)},
    }


def _measured(run: Run, ready: Fit, extra: dict[str, Any]) -> Run:
    return replace(run, extra=extra | {"validation": held_out_scores(run, ready)})


def held_out_scores(run: Run | Ensemble, ready: Fit) -> dict[str, Any] | None:
    """The scores on the rows held out, if there are any."""
    out = ready.held_out
    return scores(ready.encoding.target, run.predict(ready.x[out]), ready.t[out]) if len(out) else None


def predict(run: Run | Ensemble, table: Table) -> dict[str, Any]:
    """The columns of a prediction file, in the order of the table's rows: `prediction`, and for classes
    `probability <label>` of each.

    Raises:
        InputError: a column the run needs is missing, or a cell that cannot be read.
    """
    encoding = encoding_of(run)
    output = run.predict(encoding.encode(table))
    columns: dict[str, Any] = {"prediction": encoding.decode(output)}
    if encoding.classes:
        shares = encoding.probabilities(output)
        columns |= {f"probability {label}": shares[:, at] for at, label in enumerate(encoding.classes)}
    return columns


def evaluate(run: Run | Ensemble, table: Table) -> dict[str, Any]:
    """The run's scores on a table that has the target; see `scores`.

    Raises:
        InputError: a column or the target is missing, no rows, or a cell that cannot be read.
    """
    encoding = encoding_of(run)
    x, t = encoding.encode(table), encoding.encode_target(table)
    if not len(t):
        raise table.fault("no data rows: there is nothing to measure")
    return scores(encoding.target, run.predict(x), t)


def encoding_of(run: Run | Ensemble) -> Encoding:
    """The table encoding stored in a run.

    Raises:
        InputError: the run was not trained on a table, or its encoding is damaged.
    """
    if "encoding" not in run.extra:
        raise InputError("this run was trained on arrays, not on a table: use it from Python")
    return Encoding.from_dict(run.extra["encoding"])


def output_names(encoding: Encoding) -> list[str]:
    """What each output of the network stands for, as `feature_names` says it of the inputs."""
    name, classes = encoding.target.name, encoding.classes
    if not classes:
        return [name]
    return [f"{name}={label}" for label in (classes[1:] if encoding.outputs == 1 else classes)]


def reading_of(run: Run | Ensemble, given: dict[str, Any]) -> Reading:
    """How new tables for this run are read: as the training table was, except for what is `given`."""
    reading = run.extra.get("reading", {})
    if not isinstance(reading, dict) or not all(map(_reads, reading.values())):
        raise InputError("how the run's table was read is damaged in its run.json; train again")
    stored = {name: reading.get(name) for name in Reading.__dataclass_fields__}
    known = {name: value for name, value in stored.items() if value} | given
    return Reading(**known | {"missing_markers": tuple(known.get("missing_markers", ()))})


def trained_on(run: Run | Ensemble, path: str) -> bool:
    """Whether the file is the very one that the run was trained on."""
    table = run.extra.get("table")
    return isinstance(table, dict) and fingerprint(path) == table.get("sha256")


def training_table(run: Run, folder: str) -> str:
    """The file that the run in `folder` was trained on, if it lies where it lay, here or beside the run.

    Raises:
        InputError: it is not there, or has changed since.
    """
    about = run.extra.get("table")
    if not isinstance(about, dict) or not isinstance(about.get("name"), str):
        raise InputError(f"{folder}: this run was trained on arrays, not on a table: explain it in Python")
    name = about["name"]
    beside = Path(folder).resolve().parent
    given = str(about.get("path", name))
    there = [str(p) for p in (Path(given), Path(name), beside / given, beside / name) if p.is_file()]
    for path in there:
        if trained_on(run, path):
            return path
    what = f"{there[0]} has changed since {folder} was trained on it" if there else f"{name} is not here"
    raise InputError(f"{what}: name the table whose rows are to be explained, with --table FILE")


def as_text(name: str) -> str:
    """A file name that can be written down: bytes that are no UTF-8 become �."""
    return os.fsencode(name).decode("utf-8", "replace")


def fingerprint(path: str) -> str:
    """The SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reads(value: Any) -> bool:
    """Whether it is a reading option, or the list of markers."""
    return value is None or isinstance(value, str) or (isinstance(value, list) and all(map(_reads, value)))


def _loss(asked: str, encoding: Encoding) -> str:
    """The loss that suits the target, or the one asked for if it does."""
    outputs = encoding.outputs
    if asked == "auto":
        if not encoding.classes:
            return "half_squared_error"
        return "binary_cross_entropy" if outputs == 1 else "softmax_cross_entropy"
    if asked not in LOSSES:
        raise InputError(f"no loss is called {asked!r}.{did_you_mean(asked, list(LOSSES))}")
    fused = LOSSES[asked].activation
    if fused and not encoding.classes:
        raise InputError(f"--loss {asked} is for classes, but the task is regression: try half_squared_error")
    if fused == "softmax" and outputs == 1:
        raise InputError(
            f"--loss {asked} is for three classes or more: two have one output, binary_cross_entropy"
        )
    return asked


def _network(request: Request, encoding: Encoding) -> Network:
    """Dense layers with dropout after each hidden one, and an end that suits target and loss."""
    loss = _loss(request.loss, encoding)
    layers: list[Any] = []
    for units in request.hidden:
        layers.append(Dense(units, request.activation))
        if request.dropout:
            layers.append(Dropout(request.dropout))
    outputs, end = encoding.outputs, LOSSES[loss].activation
    widths = (encoding.inputs, *request.hidden, outputs)
    if (numbers := sum(i * j for i, j in pairwise(widths))) > LARGEST:
        raise InputError(
            f"--hidden {','.join(map(str, request.hidden))} makes {numbers:.3g} weights: too many"
        )
    if end is None and encoding.classes:
        end = "sigmoid" if outputs == 1 else "softmax"  # so that predictions are probabilities all the same
    return Network([*layers, Dense(outputs, end or "identity")], loss)


def _split(table: Table, codes: np.ndarray | None, request: Request) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the rows to learn from and of those held out, both ascending."""
    everything, nothing = np.arange(table.rows), np.arange(0)
    if not request.validation:
        return everything, nothing
    count = round(request.validation * table.rows)
    if not 0 < count < table.rows:
        table.say(
            "warning",
            f"{table.rows} rows are too few to hold {request.validation:g} of them out: no validation",
        )
        return everything, nothing
    least = 0 if codes is None else min(np.bincount(codes).min() / 2, count / len(np.bincount(codes)))
    stratify = codes if least >= 1 else None  # else a class is too rare to give each side its part
    return split(table.rows, count, request.seed, stratify)
