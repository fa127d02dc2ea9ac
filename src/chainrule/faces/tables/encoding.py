"""The encoding of a table, as it was learned from one and is saved with a run: raw tables in, x and t out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import InputError, did_you_mean
from chainrule.faces.tables.cells import Cells, UnfitColumnError, read_cells
from chainrule.faces.tables.columns import Column, NumberColumn, learner
from chainrule.faces.tables.quoting import listed, quoted
from chainrule.faces.tables.table import Note, Table
from chainrule.faces.tables.targets import Amounts, Classes, Target, target_from_dict

LARGEST = 1 << 30
"""Numbers in an encoded table (8 GiB), past which it is refused."""
IMPUTE, REFUSE = "impute", "refuse"
"""What to do about missing cells: fill them in and flag them, or stop at the first."""


@dataclass(frozen=True)
class Encoding:
    """How each input column and the target are encoded; immutable, learned by `learn`, saved as plain data.

    `notes` is what was said aloud while it was learned; what `encode` says goes to the notes of its table.
    """

    columns: tuple[Column, ...]
    target: Target
    dropped: tuple[str, ...] = ()
    missing: str = IMPUTE
    decimal: str = "."
    markers: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def feature_names(self) -> list[str]:
        """The names of the encoded inputs: `x1`, `x1 (missing)`, `species=Adelie`."""
        return [name for column in self.columns for name in column.features]

    @property
    def inputs(self) -> int:
        """How many inputs a network needs."""
        return len(self.feature_names)

    @property
    def is_bin(self) -> np.ndarray:
        """Which inputs (inputs,) are those of bins: a linear model that has them is linear no more."""
        counts = [len(column.bins) if isinstance(column, NumberColumn) else 0 for column in self.columns]
        sizes = [len(column.features) for column in self.columns]
        marks = [np.arange(size) >= size - count for size, count in zip(sizes, counts, strict=True)]
        return np.concatenate(marks)

    @property
    def outputs(self) -> int:
        """How many outputs a network needs: 1 for amounts and for two classes."""
        return self.target.outputs

    @property
    def task(self) -> str:
        """`classification` or `regression`."""
        return self.target.task

    @property
    def classes(self) -> list[str]:
        """The class names in order; none for regression."""
        return list(self.target.labels) if isinstance(self.target, Classes) else []

    @property
    def said_from(self) -> tuple[str, float] | None:
        """The class that is said though it may be the less likely one, and from which probability up."""
        return self.target.said_from if isinstance(self.target, Classes) else None

    @property
    def reading(self) -> dict[str, Any]:
        """The options of `read` that a new table should be read with."""
        return {"decimal": self.decimal, "missing_markers": list(self.markers)}

    def encode(self, table: Table, dtype: str = "float64") -> np.ndarray:
        """The inputs x (rows, inputs), always finite, of a raw table with its columns in any order.

        Notes (filled cells, unseen categories, far values, ignored columns) go to `table.notes`.

        Raises:
            InputError: a missing column, a cell of another kind than in training, a refused missing cell.
        """
        self._check_names(table)
        if not table.rows:
            table.say("warning", "the table has no data rows")
        return self.encode_cells(table, _read_again(table, [column.name for column in self.columns]), dtype)

    def remarks(self, table: Table) -> list[str]:
        """What is odd about each row of a raw table: words without an input, amounts never met."""
        odd: list[list[str]] = [[] for _ in range(table.rows)]
        cells = _read_again(table, [column.name for column in self.columns])
        for column in self.columns:
            for row, remark in column.remarks(column.prepared(cells[column.name])).items():
                odd[row].append(remark)
        return ["; ".join(remarks) for remarks in odd]

    def encode_cells(self, table: Table, cells: Mapping[str, Cells], dtype: str = "float64") -> np.ndarray:
        """As `encode`, of columns that are known to be there; numbers are rounded to `dtype` last."""
        if table.rows * self.inputs > LARGEST:
            widest = max(self.columns, key=lambda column: len(column.features))
            text = f"its {table.rows} rows of {self.inputs} inputs do not fit in memory; the widest column is"
            raise table.fault(f"{text} {quoted(widest.name)} ({len(widest.features)} inputs)")
        cells = {column.name: column.prepared(cells[column.name]) for column in self.columns}
        if self.missing == REFUSE:
            refuse_missing([cells[column.name] for column in self.columns])
        x = np.empty((table.rows, self.inputs), dtype)
        start = 0
        for column in self.columns:
            end = start + len(column.features)
            column.encode(cells[column.name], x[:, start:end])
            start = end
        return x

    def encode_target(self, table: Table) -> np.ndarray:
        """The outputs t (rows, outputs) float64: 0/1 for two classes, one-hot for more, standardised amounts.

        Raises:
            InputError: no target column, a missing cell, an unknown label; it names line and label.
        """
        name = self.target.name
        if name not in table.columns:
            raise table.fault(f"has no target column {quoted(name)}.{did_you_mean(name, table.names)}")
        return self.target.encode(self.target.prepared(_read_again(table, [name])[name]))

    def codes(self, output: np.ndarray) -> np.ndarray:
        """The class code (n,) of outputs (n, outputs); of classification only."""
        return self._classes().codes_of(output)

    def probabilities(self, output: np.ndarray) -> np.ndarray:
        """The probability of each class (n, classes), of outputs that are probabilities; only for classes."""
        shares: np.ndarray = self._classes().probabilities(output)
        return shares

    def decode(self, output: np.ndarray) -> np.ndarray:
        """The predictions (n,): labels (of outputs that are probabilities) or amounts in their own units."""
        return self.target.decode(output)

    def amount(self, letter: str, place: int, value: float) -> str:
        """What an encoded input (`x`) or output (`t`) is in the table: an amount in its unit, or yes and no;
        empty for what is only a part of a cell.
        """
        if letter == "t":
            restore = getattr(self.target, "moments", None)
            is_amount = restore is not None
        else:
            column = next(c for c in self.columns for name in c.features if name == self.feature_names[place])
            restore = getattr(column, "moments", None)
            is_amount = restore is not None and column.name == self.feature_names[place]
        if restore is not None and is_amount:
            return f"{float(restore.restore(np.asarray(value, np.float64))):.6g}"
        is_truth = letter == "t" or "=" in self.feature_names[place] or restore is None
        return {1.0: "yes", 0.0: "no"}.get(value, "") if is_truth else ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; `from_dict` reads it back exactly."""
        return {
            "columns": [column.to_dict() for column in self.columns],
            "target": self.target.to_dict(),
            "dropped": list(self.dropped),
            "missing": self.missing,
            "decimal": self.decimal,
            "markers": list(self.markers),
            "notes": [list(note) for note in self.notes],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Encoding":
        """The inverse of `to_dict`. Raises InputError for data that `to_dict` did not write."""
        try:
            return cls(
                columns=tuple(learner(column["kind"]).from_dict(column) for column in data["columns"]),
                target=target_from_dict(data["target"]),
                dropped=tuple(data["dropped"]),
                missing=data["missing"],
                decimal=data["decimal"],
                markers=tuple(data["markers"]),
                notes=tuple(Note(*note) for note in data["notes"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"the saved encoding of the table is damaged ({error!r}); train again") from None

    def _classes(self) -> Classes:
        if isinstance(self.target, Amounts):
            raise InputError(f"target {quoted(self.target.name)} holds amounts: there are no classes")
        return self.target

    def _check_names(self, table: Table) -> None:
        names = [column.name for column in self.columns]
        lost = [name for name in names if name not in table.columns]
        if lost:
            hint = did_you_mean(lost[0], [name for name in table.names if name not in names])
            reason = (
                f"column {quoted(lost[0])} is missing"
                if len(lost) == 1
                else f"columns are missing: {listed(lost)}"
            )
            raise table.fault(f"{reason}; the run was trained on {'it' if len(lost) == 1 else 'them'}.{hint}")
        extra = [name for name in table.names if name not in {*names, *self.dropped, self.target.name}]
        if extra:
            table.say("note", f"ignored, since the run was not trained on them: {listed(extra)}")


def _read_again(table: Table, names: list[str]) -> dict[str, Cells]:
    """The cells of columns that were fit to be learned from before."""
    try:
        return read_cells(table, names)
    except UnfitColumnError as error:
        raise table.fault(f"{error.what}, unlike in training", column=error.name) from None


def refuse_missing(columns: list[Cells]) -> None:
    """Raise an InputError for the first row with a missing cell in any of `columns`."""
    gaps = [
        (int(column.missing.argmax()), column_number)
        for column_number, column in enumerate(columns)
        if column.missing.any()
    ]
    if gaps:
        row, column_number = min(gaps)
        raise columns[column_number].fault(
            f"the cell is {columns[column_number].absent(row)}, and missing cells are refused", row
        )
