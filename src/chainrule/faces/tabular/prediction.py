"""Predict the rows of a table with a run that was trained on one, and score the predictions."""

from collections.abc import Sequence
from typing import Any

from chainrule.engine.runs.ensemble import Ensemble
from chainrule.engine.runs.run import Run
from chainrule.errors import InputError, did_you_mean
from chainrule.faces.scores import scores
from chainrule.faces.tables.encoding import Encoding
from chainrule.faces.tables.quoting import quoted
from chainrule.faces.tables.table import Table
from chainrule.faces.tables.target_survey import answered
from chainrule.faces.tabular.held_back import margin
from chainrule.faces.tabular.source import refuse_text


def predict(
    run: Run | Ensemble,
    table: Table,
    keep: Sequence[str] = (),
    interval: float | None = None,
    warnings: bool = False,
) -> dict[str, Any]:
    """The columns of a prediction file, in the order of the table's rows.

    They are those to `keep` of the table, `prediction`, for amounts `lower` and `upper` if an interval is
    wanted, for classes `probability <label>` of each, and `warnings` of odd cells, if they are wanted.

    Raises:
        InputError: a column the run needs is missing, or a cell that cannot be read.
    """
    encoding = encoding_of(run)
    output = run.predict(encoding.encode(table, str(run.dtype)))
    columns: dict[str, Any] = {"prediction": encoding.decode(output)}
    if interval is not None:
        room = margin(run.extra, interval)
        columns |= {"lower": columns["prediction"] - room, "upper": columns["prediction"] + room}
    if encoding.classes:
        shares = encoding.probabilities(output)
        columns |= {
            f"probability {label}": shares[:, position] for position, label in enumerate(encoding.classes)
        }
    if warnings:
        columns["warnings"] = encoding.remarks(table)
    for name in keep:
        if name not in table.columns:
            raise table.fault(f"--keep: no column {quoted(name)}.{did_you_mean(name, table.names)}")
        if name in columns:
            raise table.fault(f"--keep {quoted(name)}: the predictions have a column of that name")
    return {name: table.columns[name] for name in keep} | columns


def evaluate(run: Run | Ensemble, table: Table) -> dict[str, Any]:
    """The run's scores on a table that has the target; see `scores`.

    Raises:
        InputError: a column or the target is missing, no rows, or a cell that cannot be read.
    """
    encoding = encoding_of(run)
    table = answered(table, encoding.target.name)
    x, t = encoding.encode(table, str(run.dtype)), encoding.encode_target(table)
    if not len(t):
        raise table.fault("no data rows: there is nothing to measure")
    return scores(encoding.target, run.predict(x), t)


def encoding_of(run: Run | Ensemble) -> Encoding:
    """The table encoding stored in a run.

    Raises:
        InputError: the run was not trained on a table, or its encoding is damaged.
    """
    refuse_text(run)
    if "encoding" not in run.extra:
        raise InputError("this run was trained on arrays, not on a table: use it from Python")
    return Encoding.from_dict(run.extra["encoding"])


def output_names(encoding: Encoding) -> list[str]:
    """What each output of the network stands for, as `feature_names` says it of the inputs."""
    name, classes = encoding.target.name, encoding.classes
    if not classes:
        return [name]
    return [f"{name}={label}" for label in (classes[1:] if encoding.outputs == 1 else classes)]
