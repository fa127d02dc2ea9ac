"""Whether ONNX Runtime predicts with a file what the run predicts itself, on rows made up for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from chainrule.engine.runs.run import Run
from chainrule.faces.onnx.table_encoding import MISSING, image_shape
from chainrule.faces.tables.columns import Column, NumberColumn, WordColumn
from chainrule.faces.tables.encoding import REFUSE, Encoding
from chainrule.faces.tables.kinds import BOOLEAN
from chainrule.faces.tables.table import Table
from chainrule.faces.tables.targets import Classes
from chainrule.faces.tabular.prediction import predict

ROWS, FEWEST, SEED = 1000, 16, 0
NUMBERS = 1 << 22  # in all rows: of large images there are fewer
ROOM = 16  # how often the rounding that is measured may come; two orders of summation differ by less
UNSEEN = "a word that was not there in training"


@dataclass(frozen=True)
class Agreement:
    """The largest difference over `rows` rows, what rounding allows, how many labels differ without a tie.

    The difference is of probabilities where there are classes, otherwise in the unit of the prediction. It
    is true if the two agree.
    """

    rows: int
    difference: float
    allowed: float
    labels: int = 0
    unit: str = ""

    def __bool__(self) -> bool:
        return self.difference <= self.allowed < np.inf and not self.labels

    def __str__(self) -> str:
        text = f"{self.difference:.2g}{self.unit}"
        if self:
            return f"ONNX Runtime predicts the same: largest difference {text} over {self.rows:,} rows"
        labels = f" and {self.labels} labels differ" if self.labels else ""
        return (
            f"ONNX Runtime does not predict the same: largest difference {text} over {self.rows:,} rows, "
            f"where rounding explains {self.allowed:.2g}{labels}"
        )


def compare(run: Run, encoding: Encoding | None, model: bytes, *, rough: bool) -> Agreement:
    """Predict made-up rows both ways; `rough` if some part of the file is float32 whatever the dtype."""
    rng = np.random.default_rng(SEED)
    row = run.inputs if isinstance(run.inputs, tuple) else (run.inputs,)
    count = min(ROWS, max(FEWEST, NUMBERS // prod(row)))
    if encoding is None:
        x = rng.normal(size=(count, *row)).astype(run.dtype)
        (theirs,) = predicted(model, {"x": x})
        return Agreement(count, _largest(theirs - run.predict(x)), _rounding(run, x, rough))
    complete = encoding.missing == REFUSE
    columns = {column.name: _cells(column, count, complete, rng) for column in encoding.columns}
    rows = Table("made-up rows", _as_read(columns), count, decimal=encoding.decimal)
    image = image_shape(run, encoding)
    fed = {"x": np.stack(list(columns.values()), 1).reshape(-1, *image)} if image else _as_fed(columns)
    ours, theirs = predict(run, rows), predicted(model, fed)
    reference, answer = ours["prediction"], theirs[0]
    allowed = _rounding(run, encoding.encode(rows), rough)
    if not encoding.classes:
        spread = encoding.target.moments.std if hasattr(encoding.target, "moments") else 1.0
        room = allowed * spread + ROOM * np.finfo(np.float64).eps * _largest(reference)
        return Agreement(count, _largest(answer - reference), room, unit=f" in {encoding.target.name}")
    shares = np.column_stack([ours[f"probability {label}"] for label in encoding.classes])
    differs = (answer != reference) & (_apart(encoding, shares) > 2 * allowed)
    return Agreement(count, _largest(theirs[1] - shares), allowed, int(differs.sum()))


def _apart(encoding: Encoding, shares: np.ndarray) -> np.ndarray:
    """How far each row (n,) is from a tie of two classes, whose probabilities are `shares` (n, classes)."""
    if isinstance(encoding.target, Classes) and encoding.target.said_from:
        return 2 * np.abs(shares[:, 1] - encoding.target.cutoff)
    highest, runner_up = np.sort(shares, axis=1)[:, ::-1][:, :2].T
    return np.asarray(highest - runner_up)


def predicted(model: bytes, rows: Mapping[str, np.ndarray]) -> list[Any]:
    """What ONNX Runtime makes of inputs by name: the outputs in order."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    outputs: list[Any] = session.run(None, dict(rows))
    return outputs


def _rounding(run: Run, x: np.ndarray, rough: bool) -> float:
    """How far rounding may take two ways of adding up the same prediction of x from one another.

    Float32 beside float64 shows how many rounding units it costs on these rows; the dtype says how large
    a unit is.
    """
    low, high = (
        run.network.predict({name: a.astype(dtype) for name, a in run.parameters.items()}, x.astype(dtype))
        for dtype in (np.float32, np.float64)
    )
    unit = float(np.finfo(np.float32).eps)
    noise = _largest(low - high) / unit + max(1.0, _largest(high))
    precision = run.dtype
    return ROOM * noise * (unit if rough else float(np.finfo(precision).eps))


def _largest(values: np.ndarray) -> float:
    """The largest size; infinite if there is a NaN among them."""
    magnitude = float(np.max(np.abs(values), initial=0.0))
    return magnitude if magnitude == magnitude else np.inf


def _cells(column: Column, rows: int, complete: bool, rng: np.random.Generator) -> np.ndarray:
    """Cells for a column, missing and unseen ones among them."""
    gaps = rng.random(rows) < (0.0 if complete else 0.1)
    if isinstance(column, WordColumn):
        words = rng.choice(np.array([*column.words, UNSEEN], object), rows)
        return np.where(gaps, MISSING, words)
    assert isinstance(column, NumberColumn)  # there are no dates in the file
    if column.kind == BOOLEAN:
        return np.where(gaps, np.nan, rng.integers(0, 2, rows))
    values = column.moments.restore(rng.normal(size=rows))
    return np.where(gaps, np.nan, values)


def _as_read(columns: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """As a table has them."""
    import polars as pl

    return {
        name: pl.Series(name, cells.tolist() if cells.dtype == object else cells)
        for name, cells in columns.items()
    }


def _as_fed(columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """As a session wants them: (n, 1)."""
    return {name: cells[:, None] for name, cells in columns.items()}
