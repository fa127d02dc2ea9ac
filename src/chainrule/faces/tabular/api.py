"""Tables from Python: train, predict and measure on a file or a frame, as the command line does."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from chainrule.engine.network import Network
from chainrule.engine.optimizers import OptimizerName, Rate, Transformation
from chainrule.engine.optimizers import optimizer as checked_optimizer
from chainrule.engine.runs.ensemble import Ensemble
from chainrule.engine.runs.run import Run
from chainrule.engine.training.loop import Report
from chainrule.errors import InputError
from chainrule.faces.tabular import prediction, training
from chainrule.faces.tabular.cross_validation import cross_validated, folds_of
from chainrule.faces.tabular.cutoff import Cutoff
from chainrule.faces.tabular.frames import as_table
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.source import Reading, reading_of
from chainrule.rules.rule_names import ActivationName, LossName


def train_table(
    table: Any,
    target: str,
    *,
    hidden: Sequence[int] = (64, 64),
    activation: ActivationName = "relu",
    dropout: float = 0.0,
    loss: LossName | Literal["auto"] = "auto",
    task: Literal["classification", "regression"] | None = None,
    drop: str | Sequence[str] = (),
    missing: Literal["impute", "refuse"] = "impute",
    missing_markers: Sequence[str] = (),
    delimiter: str | None = None,
    decimal: str = ".",
    encoding: str | None = None,
    optimizer: OptimizerName | Transformation = "adam",
    learning_rate: Rate = 0.001,
    batch_size: int = 32,
    epochs: int = 200,
    threshold: float | None = None,
    patience: int | Literal["auto"] | None = "auto",
    validation: float = 0.2,
    weight_decay: float = 0.0,
    dtype: Literal["float32", "float64"] = "float32",
    seed: int = 0,
    members: int | Literal["auto"] = "auto",
    bins: int | Literal["auto"] = "auto",
    group: str | None = None,
    time: str | None = None,
    weight: str | None = None,
    class_weight: Literal["balanced"] | None = None,
    cutoff: Cutoff | None = None,
    folds: int | None = None,
    image: str | None = None,
    conv: Sequence[int] = (16, 32),
    window: int = 3,
    batch_norm: bool = False,
    progress: Report | None = None,
) -> Run:
    """Train a network on a table; the same as `chainrule train`, with its defaults.

        run = train_table("penguins.csv", "species", epochs=100)
        predict_table(run, new_penguins)

    Args:
        table: a path (CSV, TSV, Parquet), or a frame of pandas, Polars or PyArrow.
        target: the column to predict.
        hidden: units of each hidden layer.
        loss: `auto` is cross-entropy for classes and half the squared error for amounts.
        task: seen from the target if not given.
        drop: columns to leave out.
        missing: fill missing cells in and flag them, or refuse them.
        missing_markers: cells that mean missing, such as "?".
        delimiter: of a text file; seen from its header if not given. `decimal` and `encoding` likewise.
        patience: stop after so many epochs without a better validation loss, and keep the best weights; None
            runs all epochs and keeps the last. `auto` is 20 where rows are held out, None with a threshold.
        members: networks, each of which learns without another part of the rows; these choose the epoch, and
            the run is the mean of all. `auto` is 8 for up to 20,000 rows, and 1 with a threshold, without
            patience, for a few rows and for wide networks.
        bins: inputs beside each column of numbers, which say how far a value is through each of so many
            bins of about as many rows; `auto` is 16 for amounts, 0 for classes and without hidden layers.
        group: a column; rows that are alike in it are held out, or left out by a member, together.
        time: a column; the latest rows are held out, and members leave stretches of time out.
        weight: a column that says how much each row counts in learning.
        class_weight: `balanced` lets every class count alike.
        cutoff: of two classes, the probability from which the rarer one is said; `f1` and `balanced` choose
            what is best for its F1, or for balanced accuracy, on the rows that the members left out. The
            likeliest class is said if not given.
        folds: train so many times more, each with another part of the rows held out; `extra["folds"]` has
            the mean and the spread of each score.
        image: the columns are the pixels of an image, row by row: `28x28`, `32x32x3` with channels.
        conv: of images, the units of each convolution; `window` is the side of what they see, `batch_norm`
            whether a batch norm stands behind each.
        validation: the share of rows held out, on which `run.extra["validation"]` is measured; a single
            network is chosen by them too.

    The others are those of `train`.

    Returns:
        The run. It knows the table's columns: `predict_table` and `evaluate` take new rows as they are.

    Raises:
        InputError: a table or an option that cannot be used; file, row and column are named.
    """
    _check_kinds(target, hidden)
    reading = Reading(delimiter, decimal, encoding, tuple(missing_markers))
    left_out = (drop,) if isinstance(drop, str) else tuple(drop)
    request = Request(
        target, tuple(hidden), activation, dropout, loss, task, left_out, missing, validation, patience,
        dtype, seed, members, bins, group, time, weight, class_weight, cutoff, folds,
        image, tuple(conv), window, batch_norm,
    )  # fmt: skip
    source = as_table(table, reading, digest=True)
    checked_optimizer(optimizer, learning_rate)  # an unknown one is refused before anything is computed
    ready = training.prepare(source, request, threshold)
    deque(folds_of(source, request, threshold), 0)  # a fold that cannot be trained is refused before
    options: dict[str, Any] = {
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "epochs": epochs,
        "threshold": threshold,
        "weight_decay": weight_decay,
    }
    run = training.fit(source, request, ready, reading, progress, **options)
    return cross_validated(run, source, request, reading, progress, **options)


def _check_kinds(target: Any, hidden: Any) -> None:
    if not isinstance(target, str):
        raise InputError(f"target is the name of a column, not {target!r}")
    if isinstance(hidden, str) or not isinstance(hidden, Sequence):
        raise InputError(f"hidden lists the units of each hidden layer, such as (64, 64), not {hidden!r}")


def predict_table(
    run: Run | Ensemble, table: Any, *, interval: float | None = None, warnings: bool = False
) -> Any:
    """Predictions for the rows of a table, in their order.

    Args:
        run: trained on a table.
        table: a path or a frame with the columns of the training; the target may be missing.
        interval: of amounts, the share of rows that lie between `lower` and `upper`, such as 0.9.
        warnings: whether a column says what is odd about each row.

    Returns:
        A Polars frame: `prediction`, and for classes `probability <label>` of each.

    Raises:
        InputError: the run was trained on arrays; a column is missing, a cell cannot be read.
    """
    import polars as pl

    return pl.DataFrame(prediction.predict(_of_table(run), _read(run, table), (), interval, warnings))


def evaluate(run: Run | Ensemble, table: Any) -> dict[str, Any]:
    """How good a run is on a table that has the target, as `chainrule evaluate --json` says it.

    Returns:
        For classes accuracy, balanced accuracy, log loss, ROC AUC (of two), precision, recall and F1 of each,
        and the confusion matrix; for amounts R², MAE, RMSE and the median of the absolute errors; and
        what the best constant would reach on these rows.

    Raises:
        InputError: the run was trained on arrays; a column or the target is missing, a cell cannot be read.
    """
    return prediction.evaluate(_of_table(run), _read(run, table))


def _read(run: Run | Ensemble, table: Any) -> Any:
    return as_table(table, reading_of(_of_table(run), {}))


def _of_table(run: Any) -> Run | Ensemble:
    if isinstance(run, Run | Ensemble):
        return run
    hint = "; a network is trained first" if isinstance(run, Network) else ""
    hint = '; load("DIR") makes one of a folder' if isinstance(run, str | Path) else hint
    raise InputError(f"a run is wanted, as train_table or load gives it, not {type(run).__name__}{hint}")
