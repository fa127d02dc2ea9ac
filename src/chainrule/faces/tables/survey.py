"""Looking at a table before learning from it: what each column is, what the task is, what cannot be used."""

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any

import numpy as np

from chainrule.errors import InputError, did_you_mean
from chainrule.faces.tables.cells import Cells, UnfitColumnError, comparable, read_cells
from chainrule.faces.tables.columns import Column, learner
from chainrule.faces.tables.encoding import IMPUTE, REFUSE, Encoding, refuse_missing
from chainrule.faces.tables.gaps import without_gaps
from chainrule.faces.tables.header import looks_like_data
from chainrule.faces.tables.identifiers import left_out
from chainrule.faces.tables.kinds import NUMBER, WORDS, looked, numbers_as, say_spellings
from chainrule.faces.tables.leaks import say_leaks
from chainrule.faces.tables.moments import Moments
from chainrule.faces.tables.notation import Notation
from chainrule.faces.tables.pixels import measured_alike
from chainrule.faces.tables.quoting import counted, dropping, listed, plain, quoted
from chainrule.faces.tables.table import MISSING, Table, tidy
from chainrule.faces.tables.target_survey import (
    answered,
    classes,
    decide,
    target_cells,
    target_kind,
)
from chainrule.faces.tables.targets import CLASSIFICATION, REGRESSION, Amounts, Target, amounts_in
from chainrule.faces.tables.totals import without_total

MOST_CELLS = 6
"""More odd cells than this are no spellings of a gap."""
MOST_BINS, FEWEST_BINS = 1024, 4
"""Bins of all columns together; below so many a column has none."""
MOST_SHARES = 1 << 26
"""Numbers in the inputs of bins of all rows (512 MiB)."""
FEW_ROWS = 10
"""Below this many rows the user is warned."""


class Survey:
    """A validated table: each column's kind and the task are decided, over all rows; nothing is measured.

    Attributes:
        task: `classification` or `regression`.
        codes: the class of each row (n,), for splitting by class; None for regression.
    """

    def __init__(
        self,
        table: Table,
        target: str,
        drop: Sequence[str] = (),
        task: str | None = None,
        missing: str = IMPUTE,
    ) -> None:
        """Look at `table`; the arguments and errors are those of `learn`."""
        _check_option("--task", task, (CLASSIFICATION, REGRESSION, None))
        _check_option("--missing", missing, (IMPUTE, REFUSE))
        table = without_total(table)
        table = table if missing == REFUSE else answered(table, tidy(target))
        self.table, self.missing, self._dropped = table, missing, [tidy(name) for name in drop]
        inputs = self._check_columns(tidy(target))
        self._target, self._kind = self._read_target(tidy(target))
        self.task = decide(self._target, self._kind, task)
        self._classes = classes(self._target, self._kind) if self.task == CLASSIFICATION else None
        self.codes = self._classes.codes(self._target) if self._classes else None
        self._inputs, self._kinds, self._notations = self._look(inputs)
        for name in left_out(self._inputs, self._kinds):
            self._dropped.append(name)
            del self._inputs[name], self._kinds[name]
        amounts = None if self._classes else numbers_as(self._target, self._kind)
        say_leaks(self._inputs, self._kinds, self.codes, amounts)
        if missing == REFUSE:
            refuse_missing(list(self._inputs.values()))

    def learn(
        self,
        rows: Any = None,
        bins: int = 0,
        counts: bool = False,
        image: Sequence[int] = (),
        dtype: str = "float64",
    ) -> tuple[Encoding, np.ndarray, np.ndarray]:
        """The encoding, x (n, inputs), t (n, outputs) of all rows; statistics from `rows` (indices) alone.

        Args:
            bins: at most so many for each column of numbers; fewer where they would be very many in all.
            image: the shape of the image that the columns are the places of, if they are.
            counts: whether amounts are learned as multiples of their mean, none of them negative.
            dtype: of x and t; the statistics are in float64 whatever it is.

        Raises:
            InputError: no rows, or a target that cannot be learned so.
        """
        chosen = np.arange(self.table.rows) if rows is None else np.arange(self.table.rows)[np.asarray(rows)]
        if not len(chosen):
            raise self.table.fault("no rows are left to learn from")
        bins = self._affordable(bins)
        learned = [
            learner(kind).learn(self._inputs[name], kind, chosen, self._notations[name], bins)
            for name, kind in self._kinds.items()
        ]
        if image:
            learned = measured_alike(self.table, learned, image)
        else:
            self._say_constant(learned)
        target = self._learn_target(chosen, counts)
        made = Encoding(
            columns=tuple(learned),
            target=target,
            dropped=tuple(self._dropped),
            missing=self.missing,
            decimal=self.table.decimal,
            markers=tuple(sorted(self.table.markers - MISSING)),
        )
        x = made.encode_cells(self.table, self._inputs, dtype)
        encoding = Encoding(**{**vars(made), "notes": tuple(self.table.notes)})
        return encoding, x, target.encode(self._target).astype(dtype, copy=False)

    def _affordable(self, bins: int) -> int:
        """How many bins a column of numbers may have; 0 where a few would not be worth their while."""
        count = sum(kind == NUMBER for kind in self._kinds.values())
        most = min(MOST_BINS, MOST_SHARES // self.table.rows)
        affordable = min(bins, most // max(count, 1))
        return affordable if affordable >= min(bins, FEWEST_BINS) else 0

    def _say_constant(self, learned: list[Column]) -> None:
        constant = {column.name: column.constant for column in learned if column.constant is not None}
        if len(constant) == 1:
            [(name, value)] = constant.items()
            text = f"column {quoted(name)} is constant ({quoted(value)} in every row)"
            self.table.say("warning", f"{text}: it teaches nothing")
        elif constant:
            self.table.say("warning", f"columns are constant: {listed(constant)}; they teach nothing")

    def _read_target(self, name: str) -> tuple[Cells, str]:
        try:
            column = target_cells(self.table, name)
            return column, target_kind(column)
        except UnfitColumnError as error:
            raise self.table.fault(f"{error.what}: it cannot be the target", column=name) from None

    def _learn_target(self, rows: np.ndarray, counts: bool) -> Target:
        if self._classes:
            return self._classes
        values = numbers_as(self._target, self._kind)[rows]
        if (values == values[0]).all():
            raise self._target.fault(
                "is the same in every row that is trained on: such a target teaches nothing"
            )
        name = self._target.name
        notation = amounts_in(read_cells(self.table, [name])[name])[1]
        moments = self._mean(values) if counts else Moments.of(values)
        return Amounts(name, self._kind, moments, notation)

    def _mean(self, values: np.ndarray) -> Moments:
        """What makes amounts multiples of their mean."""
        everywhere = numbers_as(self._target, self._kind)
        if (everywhere < 0).any():
            row = int((everywhere < 0).argmax())
            raise self._target.fault(
                f"is {everywhere[row]:g}: the Poisson loss is for amounts that are never negative", row
            )
        return Moments(0.0, 0.0, float(values.mean()))

    def _check_columns(self, target: str) -> list[str]:
        """The names of the input columns, after what names and the number of rows alone can tell."""
        table = self.table
        for name in [target, *self._dropped]:
            if name not in table.columns:
                raise table.fault(
                    self._unknown(name, "no target column" if name == target else "--drop: no column")
                )
        if target in self._dropped:
            raise table.fault(f"{quoted(target)} is the target: it cannot be dropped")
        inputs = [name for name in table.names if name != target and name not in self._dropped]
        if not inputs:
            raise table.fault(f"no input columns: there is only the target {quoted(target)}")
        if table.rows < 2:
            text = "no data rows" if not table.rows else "only 1 row of data: at least 2 are needed"
            raise table.fault(text)
        if table.rows < FEW_ROWS:
            table.say(
                "warning", f"only {counted(table.rows, 'row')} of data: too few to learn anything that holds"
            )
        return inputs

    def _unknown(self, name: str, role: str) -> str:
        names = self.table.names
        if looks_like_data(names) and self.table.lines is not None:
            data = listed(names, 3, 12)
            return f"{role} {quoted(name)}: line 1 looks like data ({data}); is the header row missing?"
        hint = did_you_mean(name, names)
        if len(names) == 1 and self.table.lines is not None:
            return (
                f"{role} {quoted(name)}; the header is one field, {quoted(names[0])}: is the delimiter right?"
            )
        return (
            f"{role} {quoted(name)}.{hint}"
            if hint
            else f"{role} {quoted(name)}; there are {listed(names, 6)}"
        )

    def _look(self, names: list[str]) -> tuple[dict[str, Cells], dict[str, str], dict[str, Notation]]:
        """The cells and the kind of every input column; all that must be left out are named in one error."""
        unfit: dict[str, UnfitColumnError] = {}
        faults: dict[str, InputError] = {}
        kinds: dict[str, str] = {}
        notations: dict[str, Notation] = {}
        for name in names:
            try:
                comparable(self.table, name)
            except UnfitColumnError as error:
                unfit[name] = error
        read = read_cells(self.table, [name for name in names if name not in unfit])
        for name, column in read.items():
            try:
                kinds[name], read[name], notations[name] = _kind(column)
            except UnfitColumnError as error:
                unfit[name] = error
            except InputError as error:
                faults[name] = error
        if faults:
            raise self._all_at_once(unfit, faults, read)
        if unfit:
            foremost, *remainder = sorted(unfit, key=names.index)
            raise InputError(f"{unfit[foremost]}{f' (likewise {dropping(remainder)})' if remainder else ''}")
        return read, kinds, notations

    def _all_at_once(
        self, unfit: Mapping[str, InputError], faults: Mapping[str, InputError], read: Mapping[str, Cells]
    ) -> InputError:
        """The first fault; if there are more, with the options that take all such cells as missing."""
        cells: dict[str, None] = {}
        for name in faults:
            column = without_gaps(read[name])
            cells |= dict.fromkeys(column.values.filter(column.bad).cast(str).unique(maintain_order=True))
        foremost = next(iter(faults.values()))
        if len(cells) + len(unfit) < 2 or len(cells) > MOST_CELLS or any(len(cell) > 12 for cell in cells):
            return foremost
        options = [f"--na {quote(plain(cell))}" for cell in cells] + [dropping([*unfit])] * bool(unfit)
        likewise = f" (likewise {listed([*faults][1:])})" if len(faults) > 1 else ""
        return InputError(f"{foremost}{likewise}; all at once, if they mean missing: {' '.join(options)}")


def learn(
    table: Table,
    target: str,
    drop: Sequence[str] = (),
    task: str | None = None,
    missing: str = IMPUTE,
    rows: Any = None,
) -> tuple[Encoding, np.ndarray, np.ndarray]:
    """Learn how to encode `table`, and encode it.

    Args:
        table: as `read` gives it.
        target: the name of the column to be predicted.
        drop: names of columns to leave out.
        task: `classification` or `regression`; by default decided from the target, and said aloud.
        missing: `impute` (fill in and flag) or `refuse`.
        rows: indices of the rows that statistics (means, medians, categories) come from; by default all.
            Kinds, classes and validity are judged on the whole table.

    Returns:
        The encoding; x (rows, inputs); t (rows, outputs), where two classes are ONE column of 0 and 1 (for a
        sigmoid unit with binary cross-entropy), more classes are one-hot, and amounts are standardised.
        What was assumed stands in `encoding.notes`, to be said aloud.

    Raises:
        InputError: anything that cannot be used, in one line that names file, line and column.
    """
    return Survey(table, target, drop, task, missing).learn(rows)


def _kind(column: Cells) -> tuple[str, Cells, Notation]:
    """The kind of an input column, its cells, their notation. Raises InputError if it cannot be an input."""
    kind, cells, notation = looked(column)
    if kind == WORDS:
        say_spellings(cells)
    return kind, cells, notation


def _check_option(option: str, value: str | None, allowed: tuple[str | None, ...]) -> None:
    if value not in allowed:
        names = [name for name in allowed if name]
        raise InputError(
            f"{option} {quoted(value)}: it is {' or '.join(names)}.{did_you_mean(str(value), names)}"
        )
