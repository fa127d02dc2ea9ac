"""Which rows are learned from and which held out, so that nothing leaks, and how much each row counts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from chainrule.engine.splitting import folds, split
from chainrule.errors import InputError, did_you_mean
from chainrule.faces.tables.cells import read_cells
from chainrule.faces.tables.dates import form_of, seconds_in
from chainrule.faces.tables.gaps import without_gaps, words_of
from chainrule.faces.tables.kinds import DATES, looked, numbers_as
from chainrule.faces.tables.quoting import counted, quoted
from chainrule.faces.tables.survey import Survey
from chainrule.faces.tables.table import Table, tidy

BALANCED = "balanced"


@dataclass(frozen=True)
class Special:
    """Columns that are no inputs, or say how rows are split: their names, None where there is none."""

    group: str | None = None
    time: str | None = None
    weight: str | None = None

    @property
    def no_inputs(self) -> tuple[str, ...]:
        """Those that tell of rows, not of what is predicted."""
        return tuple(name for name in (self.group, self.weight) if name is not None)

    def check(self, table: Table, target: str) -> None:
        """Raise InputError for a column that is not there, or is the target."""
        if self.group is not None and self.time is not None:
            raise InputError("--group and --time are two ways to split the rows: give one")
        for option, name in vars(self).items():
            if name is not None and tidy(name) not in table.columns:
                raise table.fault(f"--{option}: no column {quoted(name)}.{did_you_mean(name, table.names)}")
            if name is not None and tidy(name) == tidy(target):
                raise table.fault(f"--{option}: {quoted(name)} is the target")


def groups_of(table: Table, special: Special) -> np.ndarray | None:
    """The group (n,) of each row, from 0; with a time, how many rows' times are before its own. None without
    either.

    Raises:
        InputError: a cell is missing, or is no time.
    """
    if special.group is not None:
        words = words_of(read_cells(table, [tidy(special.group)])[tidy(special.group)])
        _refuse_gaps(table, special.group, words.missing)
        return np.unique(words.words.to_numpy().astype(str), return_inverse=True)[1]
    if special.time is None:
        return None
    kind, cells, _ = looked(read_cells(table, [tidy(special.time)])[tidy(special.time)])
    if kind == DATES:
        moments = seconds_in(cells.words, form_of(cells))
    else:
        moments = numbers_as(without_gaps(cells), kind)
    _refuse_gaps(table, special.time, np.isnan(moments))
    return np.searchsorted(np.sort(moments), moments)


def split_rows(
    table: Table,
    share: float,
    seed: int,
    codes: np.ndarray | None,
    special: Special,
    groups: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the rows to learn from and of those held out, both ascending.

    At random, each class in proportion where there are classes; whole groups; or the latest rows.
    """
    everything, nothing = np.arange(table.rows), np.arange(0)
    if not share:
        return everything, nothing
    count = round(share * table.rows)
    if not 0 < count < table.rows:
        table.say("warning", f"{table.rows} rows are too few to hold {share:g} of them out: no validation")
        return everything, nothing
    if groups is None:
        rarest = 0 if codes is None else min(np.bincount(codes).min() / 2, count / len(np.bincount(codes)))
        stratify = codes if rarest >= 1 else None  # else a class is too rare to give each side its part
        return split(table.rows, count, seed, stratify)
    if special.time is not None:
        out = groups >= np.sort(groups)[-count]
        where = f"the latest by {quoted(special.time)}"
    else:
        out = np.isin(groups, _chosen(groups, count, seed))
        where = f"{counted(len(np.unique(groups[out])), 'whole group')} of {quoted(special.group)}"
    if out.all():
        raise table.fault("all rows are in one group or of one time: none can be held out; --validation 0")
    table.say("note", f"{counted(int(out.sum()), 'row')} held out: {where}")
    return np.flatnonzero(~out), np.flatnonzero(out)


def _check_parts(survey: Survey, count: int, special: Special, groups: np.ndarray | None) -> None:
    if groups is None:
        units, word = survey.table.rows, "row"
    else:
        units = len(np.unique(groups))
        word = "group" if special.time is None else "time"
    least = count if special.time is None else count + 1
    if isinstance(count, bool) or count < 2:
        raise InputError(f"--folds {count}: two are the fewest")
    if units < least or survey.table.rows < 2 * count:
        raise InputError(f"--folds {count}: {counted(units, word)} are too few for so many")


def parts_of(
    survey: Survey, count: int, seed: int, special: Special, groups: np.ndarray | None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The rows to learn from and those held out of each fold, both ascending: every row is held out once,
    each class in proportion where there are classes, or whole groups. With a time, each stretch but the first
    is held out from those before it.

    Raises:
        InputError: the rows or their groups are too few for so many.
    """
    _check_parts(survey, count, special, groups)
    rows = survey.table.rows
    if groups is not None and special.time is not None:
        stretches = folds_of(groups, special, count + 1)
        assert stretches is not None
        for stretch in range(1, stretches.max() + 1):
            yield np.flatnonzero(stretches < stretch), np.flatnonzero(stretches == stretch)
        return
    numbers = folds(
        rows, count, seed, survey.codes, None if groups is None else np.unique(groups, return_inverse=True)[1]
    )
    left_over = np.flatnonzero(numbers < 0)
    numbers[left_over] = np.arange(len(left_over))
    for number in range(count):
        yield np.flatnonzero(numbers != number), np.flatnonzero(numbers == number)


def folds_of(groups: np.ndarray | None, special: Special, members: int) -> np.ndarray | None:
    """The groups (n,), from 0, of the rows to learn from that a member leaves out whole: those of the column,
    or stretches of time.
    """
    if groups is None or special.time is None:
        return None if groups is None else np.unique(groups, return_inverse=True)[1]
    earlier = np.searchsorted(np.sort(groups), groups)
    return np.unique(earlier * members // len(groups), return_inverse=True)[1]


def weights_of(
    table: Table, special: Special, class_weight: str | None, codes: np.ndarray | None, rows: np.ndarray
) -> np.ndarray | None:
    """How much each row counts (n,), None if all do alike; classes are balanced over the rows to learn from.

    Raises:
        InputError: a cell that is no weight, or classes to be balanced where there are none.
    """
    weights = np.ones(table.rows)
    if special.weight is not None:
        cells = without_gaps(read_cells(table, [tidy(special.weight)])[tidy(special.weight)])
        weights = numbers_as(cells, "number")
        _refuse_gaps(table, special.weight, np.isnan(weights))
        if (weights < 0).any():
            raise cells.fault("is negative: weights are numbers from 0 up", int((weights < 0).argmax()))
        if not weights[rows].any():
            raise cells.fault("is 0 in every row that is learned from")
    if class_weight not in (None, BALANCED):
        raise InputError(f"--class-weight {class_weight!r}: it is balanced")
    if class_weight == BALANCED:
        if codes is None:
            raise InputError("--class-weight balanced is for classes, but the task is regression")
        sums = np.bincount(codes[rows], weights[rows], minlength=codes.max() + 1)
        factors = np.divide(sums.sum() / np.count_nonzero(sums), sums, out=np.ones_like(sums), where=sums > 0)
        weights = weights * factors[codes]
        table.say("note", "classes count alike, so probabilities are as if there were as many rows of each")
    return None if special.weight is None and class_weight is None else weights / weights[rows].mean()


def _chosen(groups: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Groups by lot whose rows are nearest to `count`."""
    sizes = np.bincount(groups)
    mixed = np.random.default_rng([seed, 3]).permutation(np.flatnonzero(sizes))
    enough = int(np.abs(np.cumsum(sizes[mixed]) - count).argmin()) + 1
    return mixed[: min(enough, len(mixed) - 1) or 1]


def _refuse_gaps(table: Table, name: str, gaps: np.ndarray) -> None:
    if gaps.any():
        raise table.fault("the cell is missing; every row needs one", int(gaps.argmax()), tidy(name))
