"""What matters to a network: the loss when a column is shuffled, and the answer when it is set."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chainrule.engine.runs.run import Run
from chainrule.faces.scores import row_losses
from chainrule.faces.tables.cells import read_cells
from chainrule.faces.tables.columns import NumberColumn, WordColumn
from chainrule.faces.tables.date_column import DateColumn
from chainrule.faces.tables.dates import seconds_in
from chainrule.faces.tables.encoding import Encoding
from chainrule.faces.tables.table import Table

MOST_ROWS, AVERAGED = 2000, 300
REPEATS, MOST_REPEATED = 5, 60  # of each shuffle; columns that are shuffled so often
POINTS, MOST_WORDS = 25, 12  # settings of a column of amounts, of words


@dataclass(frozen=True)
class Importance:
    """How much worse the loss becomes when the cells of a column are given to other rows, and its spread."""

    column: str
    loss: float
    spread: float


@dataclass(frozen=True)
class Dependence:
    """The mean answer (settings, answers) over many rows, all with the same cell in one column.

    `position` are the cells as numbers to be drawn at, if they are amounts or dates;
    `names` as they are written.
    """

    column: str
    names: list[str]
    position: np.ndarray | None
    answers: np.ndarray
    dated: bool = False


def importances(run: Run, encoding: Encoding, x: np.ndarray, t: np.ndarray) -> list[Importance]:
    """Of every column, those that matter most first, on rows x (n, inputs) held out."""
    random = np.random.default_rng(0)
    chosen = np.sort(random.permutation(len(x))[:MOST_ROWS])
    x, t = x[chosen], t[chosen]
    repeats = REPEATS if len(encoding.columns) <= MOST_REPEATED else 1
    before = float(np.mean(row_losses(encoding.target, run.predict(x), t)))
    judged = []
    for name, place in blocks(encoding).items():
        losses = []
        for _ in range(repeats):
            shuffled = x.copy()
            shuffled[:, place] = x[random.permutation(len(x)), place]
            losses.append(float(np.mean(row_losses(encoding.target, run.predict(shuffled), t))))
        judged.append(Importance(name, float(np.mean(losses)) - before, float(np.std(losses))))
    return sorted(judged, key=lambda importance: -importance.loss)


def dependence(run: Run, encoding: Encoding, table: Table, x: np.ndarray, name: str) -> Dependence | None:
    """How the answer depends on a column, over rows x (n, inputs) of the table; None if it has no cell."""
    place = blocks(encoding)[name]
    settings = _settings(encoding, table, x, name)
    if not settings:
        return None
    random = np.random.default_rng(0)
    rows = x[np.sort(random.permutation(len(x))[:AVERAGED])]
    answers = []
    for row, _, _ in settings:
        changed = rows.copy()
        changed[:, place] = x[row, place]
        answers.append(_answers(encoding, run.predict(changed)))
    amounts = [value for _, _, value in settings if value is not None]
    written = [written for _, written, _ in settings]
    dated = any(isinstance(column, DateColumn) and column.name == name for column in encoding.columns)
    return Dependence(name, written, np.array(amounts) if amounts else None, np.array(answers), dated)


def blocks(encoding: Encoding) -> dict[str, slice]:
    """Which inputs each column has."""
    places, start = {}, 0
    for column in encoding.columns:
        end = start + len(column.features)
        places[column.name] = slice(start, end)
        start = end
    return places


def _answers(encoding: Encoding, output: np.ndarray) -> np.ndarray:
    """The mean amount, or the mean probability of each class."""
    if encoding.classes:
        shares: np.ndarray = encoding.probabilities(output).mean(axis=0)
        return shares
    return np.array([float(encoding.decode(output).mean())])


Setting = tuple[int, str, float | None]
"""A row whose cell is taken, the cell as it is written, and as a number."""


def _settings(encoding: Encoding, table: Table, x: np.ndarray, name: str) -> list[Setting]:
    """The cells that a column is set to, each by a row that has it."""
    column = next(column for column in encoding.columns if column.name == name)
    start = blocks(encoding)[name].start
    if isinstance(column, WordColumn):
        hot = x[:, start : start + len(column.words)]
        commonest = np.argsort(-hot.sum(axis=0), kind="stable")[:MOST_WORDS]
        return [
            (int(hot[:, k].argmax()), column.words[k], None) for k in sorted(commonest) if hot[:, k].any()
        ]
    if isinstance(column, NumberColumn):
        amounts = column.moments.restore(x[:, start])
        gaps = x[:, start + 1] > 0 if column.flagged else np.zeros(len(x), bool)
        return _quantiles(np.where(gaps, np.nan, amounts), lambda row: f"{amounts[row]:.4g}")
    assert isinstance(column, DateColumn)
    cells = column.prepared(read_cells(table, [name])[name])
    return _quantiles(seconds_in(cells.words, column.form), lambda row: str(cells.words[row]))


def _quantiles(values: np.ndarray, name: Callable[[int], str]) -> list[Setting]:
    """Rows whose values are spread evenly over those between the outermost hundredths."""
    present = np.flatnonzero(~np.isnan(values))
    if not len(present):
        return []
    ordered = present[np.argsort(values[present], kind="stable")]
    places = np.unique(np.round(np.linspace(0.01, 0.99, POINTS) * (len(ordered) - 1)).astype(int))
    rows = {float(values[row]): int(row) for row in ordered[places]}
    return [(row, name(row), value) for value, row in rows.items()]
