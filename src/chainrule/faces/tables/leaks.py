"""What flatters a score: a column that tells the answer alone, rows held out that were learned from too."""

from collections.abc import Mapping

import numpy as np

from chainrule.faces.tables.cells import Cells
from chainrule.faces.tables.kinds import BOOLEAN, FEW, NUMBER, WORDS, numbers_as
from chainrule.faces.tables.quoting import counted, dropping, quoted
from chainrule.faces.tables.table import Table

FEWEST = 30
"""Fewer rows tell nothing of the kind."""
BLOCK = 1 << 16
"""Rows."""
GIVEN_AWAY = 0.01
"""A column that leaves no more of the mistakes of the best constant gives the answer away."""


def say_leaks(
    columns: Mapping[str, Cells],
    kinds: Mapping[str, str],
    codes: np.ndarray | None,
    amounts: np.ndarray | None,
) -> None:
    """Warn of each column that tells the target alone: the classes `codes`, or the `amounts` (n,)."""
    for name, column in columns.items():
        groups = _groups(column, kinds[name])
        values = numbers_as(column, NUMBER) if kinds[name] == NUMBER else None
        if codes is not None:
            tells = _tells_classes(groups, codes) or (values is not None and _splits(values, codes))
        else:
            tells = amounts is not None and _tells_amounts(groups, values, amounts)
        if tells:
            text = f"column {quoted(name)} tells the target alone: is it known before the answer is?"
            column.table.say("warning", f"{text} If not, leave it out with {dropping([name])}")


def say_duplicates(table: Table, x: np.ndarray, t: np.ndarray, training: np.ndarray, out: np.ndarray) -> None:
    """Say how many of the rows held out, inputs and target, are also among those learned from."""
    prints = _fingerprints(x, t)
    count = int(np.isin(prints[out], prints[training]).sum())
    if count:
        text = f"{count} of the {counted(len(out), 'row')} held out have a twin among the rows learned from"
        table.say("note", f"{text}: their scores may flatter")


def _fingerprints(*arrays: np.ndarray) -> np.ndarray:
    """A hash of each row (n,), in blocks of rows."""
    import polars as pl

    blocks = []
    for start in range(0, len(arrays[0]), BLOCK):
        columns = [column for array in arrays for column in array[start : start + BLOCK].T]
        blocks.append(pl.DataFrame(list(map(pl.Series, columns))).hash_rows().to_numpy())
    return np.concatenate(blocks)


def _groups(column: Cells, kind: str) -> np.ndarray | None:
    """The number of each row's value (n,), where there are few and they repeat; else None."""
    if kind not in (WORDS, BOOLEAN, NUMBER):
        return None
    import polars as pl

    cells = pl.Series(numbers_as(column, NUMBER)) if kind == NUMBER else column.words.fill_null("")
    if (kind == NUMBER and cells.is_nan().any()) or not 1 < cells.n_unique() <= min(FEW, len(cells) / 5):
        return None
    return cells.rank("dense").to_numpy().astype(np.int64) - 1


def _tells_classes(groups: np.ndarray | None, codes: np.ndarray) -> bool:
    if groups is None or len(codes) < FEWEST:
        return False
    counts = np.zeros((groups.max() + 1, codes.max() + 1))
    np.add.at(counts, (groups, codes), 1)
    mistakes = len(codes) - counts.max(axis=1).sum()
    constant = len(codes) - counts.sum(axis=0).max()
    return bool(constant >= FEWEST / 6 and mistakes <= GIVEN_AWAY * constant)


def _splits(values: np.ndarray, codes: np.ndarray) -> bool:
    """Whether sorted by value the rows are sorted by class."""
    if np.isnan(values).any() or len(codes) < FEWEST or np.bincount(codes).min() < FEWEST / 6:
        return False
    order = np.argsort(values, kind="stable")
    changes = np.flatnonzero(np.diff(codes[order]))
    ties = values[order][changes] == values[order][changes + 1]
    return len(changes) == codes.max() and not ties.any()


def _tells_amounts(groups: np.ndarray | None, values: np.ndarray | None, amounts: np.ndarray) -> bool:
    if len(amounts) < FEWEST or (amounts == amounts[0]).all():
        return False
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what leaves the range is no proof
        away = (amounts - amounts.mean()) / amounts.std()
        if groups is not None:
            means = np.bincount(groups, away) / np.maximum(np.bincount(groups), 1)
            return bool(np.std(away - means[groups]) <= GIVEN_AWAY)
        if values is None or np.isnan(values).any() or (values == values[0]).all():
            return False
        likeness = np.mean((values - values.mean()) / values.std() * away)
        return bool(abs(likeness) >= 1 - GIVEN_AWAY**2 / 2)
