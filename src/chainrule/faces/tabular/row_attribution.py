"""Why a run predicts what it does for a row of a table: what each column adds."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.ask.explain.attribution import (
    MOST_EXACT,
    Attribution,
    integrated_gradients,
    shapley_values,
    slopes_of,
)
from chainrule.ask.explain.why_row import ColumnPart, WhyRow
from chainrule.engine.runs.run import Run
from chainrule.errors import InputError, did_you_mean
from chainrule.faces.tables.encoding import Encoding
from chainrule.faces.tables.quoting import plain
from chainrule.faces.tables.table import Table
from chainrule.faces.tabular.frames import as_table
from chainrule.faces.tabular.prediction import encoding_of
from chainrule.faces.tabular.source import reading_of


@dataclass(frozen=True)
class Asked:
    """The output that is asked about.

    Attributes:
        place: which output of the network.
        name: what it is called.
        scale: what the output is multiplied with, so that it has the unit of the target.
        offset: what is added then.
    """

    place: int
    name: str
    scale: float = 1.0
    offset: float = 0.0


def why(run: Run, table: Any, row: int, *, label: str | None = None, baseline: int | None = None) -> WhyRow:
    """Why `run` predicts what it does for a row of a table.

        print(why(run, "penguins.csv", 3))

    Args:
        table: a path or a frame with the columns of the training.
        row: counted from 0.
        label: the class that is asked about; the predicted one if not given.
        baseline: another row to compare with; the mean of all rows of the table if not given.

    Raises:
        InputError: there is no such row or class; the run was trained on arrays; a cell cannot be read.
    """
    source = table if isinstance(table, Table) else as_table(table, reading_of(run, {}))
    encoding = encoding_of(run)
    x = encoding.encode(source)
    for number, name in ((row, "row"), (baseline, "baseline")):
        if number is not None and not 0 <= number < len(x):
            raise InputError(f"{source.path} has {len(x)} rows, counted from 0: there is no {name} {number}")
    start = x.mean(axis=0) if baseline is None else x[baseline]
    prediction = run.predict(x[row : row + 1].astype(run.parameters["w1"].dtype))
    asked = _asked(encoding, prediction, label)
    slopes = slopes_of(run.network, run.parameters, asked.place)
    found = integrated_gradients(slopes, x[row], start)
    attribution = Attribution(
        found.parts * asked.scale,
        found.start * asked.scale + asked.offset,
        found.end * asked.scale + asked.offset,
    )
    columns = _columns(encoding, source, attribution, x, row, baseline)
    if len(columns) <= MOST_EXACT:
        exact = (
            shapley_values(lambda points: slopes(points)[0], x[row], start, _groups(encoding)) * asked.scale
        )
        columns = [replace(c, shapley=float(value)) for c, value in zip(columns, exact, strict=True)]
    target = encoding.target.name
    name = Path(source.path).name
    origin = f"the mean of the {len(x)} rows of {name}"
    return WhyRow(
        title=f"Row {row} of {plain(name, 60)}, {source.where(row)}",
        output=asked.name,
        prediction=f"{plain(target, 60)} = {_shown(encoding.decode(prediction)[0])}",
        answer=_cell(source, target, row) if target in source.columns else "",
        origin=origin if baseline is None else f"row {baseline}",
        attribution=attribution,
        columns=columns,
    )


def _asked(encoding: Encoding, prediction: np.ndarray, label: str | None) -> Asked:
    """The output of the label, or of what is predicted."""
    target = encoding.target
    if not encoding.classes:
        if label is not None:
            raise InputError(f"{target.name} holds amounts: there is no class {label!r}")
        zero, unit = (float(target.decode(np.array([[value]]))[0]) for value in (0.0, 1.0))
        return Asked(0, target.name, unit - zero, zero)
    if label is None:
        code = int(encoding.codes(prediction)[0])
    elif label in encoding.classes:
        code = encoding.classes.index(label)
    else:
        hint = did_you_mean(label, encoding.classes) or f" One of: {', '.join(encoding.classes)}."
        raise InputError(f"no class is called {label!r}.{hint}")
    name = f"the probability of {target.name} = {encoding.classes[code]}"
    if encoding.outputs == 1:
        return Asked(0, name) if code == 1 else Asked(0, name, -1.0, 1.0)
    return Asked(code, name)


def _groups(encoding: Encoding) -> list[np.ndarray]:
    """The places of each column's inputs."""
    ends = np.cumsum([len(column.features) for column in encoding.columns])
    return np.split(np.arange(encoding.inputs), ends[:-1])


def _columns(
    encoding: Encoding, table: Table, attribution: Attribution, x: np.ndarray, row: int, baseline: int | None
) -> list[ColumnPart]:
    columns = []
    for column, places in zip(encoding.columns, _groups(encoding), strict=True):
        parts = attribution.parts[places]
        mean = encoding.amount("x", int(places[0]), float(x[:, places[0]].mean()))
        columns.append(
            ColumnPart(
                column.name,
                _cell(table, column.name, row),
                (mean if column.features[0] == column.name else "all")
                if baseline is None
                else _cell(table, column.name, baseline),
                float(parts.sum()),
                {name: float(part) for name, part in zip(column.features, parts, strict=True)},
            )
        )
    return columns


def _cell(table: Table, name: str, row: int) -> str:
    """A cell as it stands in the table."""
    return plain(_shown(table.columns[name][row]), 40)


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(value)
