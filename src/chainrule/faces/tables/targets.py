"""The target column: classes or amounts, decided by looking; and the way back to labels and units."""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from chainrule.faces.tables.cells import Cells, UnfitColumnError, positions, read_cells
from chainrule.faces.tables.dates import are_dates
from chainrule.faces.tables.gaps import say_gaps, say_revived, without_gaps, words_of
from chainrule.faces.tables.kinds import (
    BOOLEAN,
    FEW,
    NUMBER,
    WORDS,
    kind_of,
    numbers_as,
    say_beyond_exact,
    say_spellings,
    too_many,
)
from chainrule.faces.tables.moments import Moments
from chainrule.faces.tables.notation import Notation, notation_of
from chainrule.faces.tables.quoting import counted, listed, quoted
from chainrule.faces.tables.table import Table
from chainrule.numbers import Array

if TYPE_CHECKING:
    import polars as pl

CLASSIFICATION, REGRESSION = "classification", "regression"
FEW_CLASSES = 10
"""Up to this many distinct whole numbers are taken as classes, if they repeat."""


@dataclass(frozen=True)
class Classes:
    """A target of two or more classes, in a fixed order: numbers ascending, words sorted.

    Two classes have ONE output, 0 for the first and 1 for the second (for a sigmoid unit with binary
    cross-entropy); k > 2 classes have k one-hot outputs (for softmax).
    """

    name: str
    labels: tuple[str, ...]
    kind: str
    task: ClassVar[str] = CLASSIFICATION

    @property
    def outputs(self) -> int:
        """How many outputs a network needs."""
        return 1 if len(self.labels) == 2 else len(self.labels)

    def codes(self, column: Cells) -> np.ndarray:
        """The class of each row (n,), from 0.

        Raises:
            InputError: a missing cell, or a label that is none of the classes; it names line and label.
        """
        _check_present(column)
        codes = self._found(column)
        if (codes < 0).any():
            row = int((codes < 0).argmax())
            label = quoted(column.values[row])
            raise column.fault(f"{label} is none of the classes of the training ({listed(self.labels)})", row)
        return codes

    def prepared(self, column: Cells) -> Cells:
        """The cells of a new table as they were read in training."""
        return amounts_in(column)[0] if self.kind == NUMBER else words_of(column, self.labels)

    def encode(self, column: Cells) -> np.ndarray:
        """The outputs to be learned (n, outputs), of 0 and 1. Raises InputError as `codes` does."""
        return self.one_hot(self.codes(column))

    def one_hot(self, codes: np.ndarray) -> np.ndarray:
        """The outputs (n, outputs) of class codes (n,): the code of two classes, one-hot rows of more."""
        if self.outputs == 1:
            return codes.astype(np.float64)[:, None]
        rows: np.ndarray = np.eye(self.outputs)[codes]
        return rows

    def codes_of(self, output: np.ndarray) -> np.ndarray:
        """The likeliest class (n,) of outputs (n, outputs): probabilities, or one-hot rows."""
        output = np.asarray(output)
        return (output[:, 0] > 0.5).astype(np.int64) if output.shape[1] == 1 else output.argmax(axis=1)

    def probabilities(self, output: Array) -> Array:
        """The probability of each class (n, classes), from outputs that are probabilities (n, outputs)."""
        xp = output.__array_namespace__()
        output = xp.asarray(output, dtype=xp.float64)
        return xp.concat([1.0 - output, output], axis=1) if output.shape[1] == 1 else output

    @property
    def values(self) -> np.ndarray:
        """The labels (classes,) as the table had them: numbers or words."""
        labels = np.array(self.labels)
        if self.kind == NUMBER:
            labels = labels.astype(np.float64 if any("." in x or "e" in x for x in self.labels) else np.int64)
        return labels

    def decode(self, output: np.ndarray) -> np.ndarray:
        """The labels (n,) of outputs that are probabilities, as the table had them."""
        chosen: np.ndarray = self.values[self.codes_of(output)]
        return chosen

    def to_dict(self) -> dict[str, Any]:
        """Plain data; `target_from_dict` reads it back."""
        return {"task": self.task, "name": self.name, "kind": self.kind, "labels": list(self.labels)}

    def _found(self, column: Cells) -> np.ndarray:
        """The class of each row (n,), -1 where it is none."""
        if self.kind != NUMBER:
            return positions(_words(column, self.kind), self.labels)
        values, labels = numbers_as(column, NUMBER), np.array([float(label) for label in self.labels])
        indices = np.searchsorted(labels, values).clip(max=len(labels) - 1)
        return np.where(labels[indices] == values, indices, -1)


@dataclass(frozen=True)
class Amounts:
    """A numeric target: standardised to be learned, one output, and brought back to its own units."""

    name: str
    kind: str
    moments: Moments
    notation: Notation = field(default_factory=Notation)
    task: ClassVar[str] = REGRESSION
    outputs: ClassVar[int] = 1

    def prepared(self, column: Cells) -> Cells:
        """The cells of a new table as they were read in training."""
        return self.notation.apply(without_gaps(column))

    def encode(self, column: Cells) -> np.ndarray:
        """The standardised target (n, 1). Raises InputError for a missing cell or one that is no number."""
        _check_present(column)
        standard: np.ndarray = self.moments.standardise(numbers_as(column, self.kind))
        return standard[:, None]

    def decode(self, output: np.ndarray) -> np.ndarray:
        """The target in its own units (n,), of outputs (n, 1)."""
        amounts: np.ndarray = self.moments.restore(np.asarray(output, np.float64)[:, 0])
        return amounts

    def to_dict(self) -> dict[str, Any]:
        """Plain data; `target_from_dict` reads it back."""
        return {"task": self.task, **asdict(self)}


Target = Classes | Amounts


def target_from_dict(data: dict[str, Any]) -> Target:
    """The inverse of `to_dict` of either target."""
    if data["task"] == CLASSIFICATION:
        return Classes(data["name"], tuple(data["labels"]), data["kind"])
    notation = Notation(**data.get("notation", {}))
    return Amounts(data["name"], data["kind"], Moments(**data["moments"]), notation)


def target_cells(table: Table, name: str) -> Cells:
    """The cells of a target: numbers with gaps in all spellings, or words, of which `None` may be one."""
    column = read_cells(table, [name])[name]
    if name in table.categories:
        return words_of(column)
    numbers = amounts_in(column)[0]
    return words_of(column) if numbers.bad.any() or not numbers.count else numbers


def amounts_in(column: Cells) -> tuple[Cells, Notation]:
    """The cells of a target as numbers with gaps, in the notation that they are written in, said aloud."""
    numbers = without_gaps(column)
    notation = notation_of(numbers) if numbers.count and numbers.bad.any() else None
    if notation is None:
        return numbers, Notation()
    notation.say(numbers)
    return notation.apply(numbers), notation


def answered(table: Table, name: str) -> Table:
    """The rows of the table that have the target; those that are left out are counted aloud."""
    if name not in table.columns:
        return table
    try:
        column = target_cells(table, name)
    except UnfitColumnError:
        return table
    gaps = int(np.count_nonzero(column.missing))
    if not 0 < gaps < table.rows:
        return table
    row = int(column.missing.argmax())
    text = f"{counted(gaps, 'row')} without a target left out (first on {table.where(row)})"
    table.say("note", f"target {quoted(name)}: {text}; {counted(column.count, 'row')} have one")
    say_gaps(column)
    say_revived(column)
    return table.only(~column.missing)


def target_kind(column: Cells) -> str:
    """NUMBER, BOOLEAN or WORDS, for a target.

    Raises:
        InputError: missing cells, no value, dates, an infinite value, a cell that is no number among numbers.
    """
    kind = kind_of(column)
    if kind == WORDS:
        say_revived(column)
    _check_present(column)
    if kind == WORDS and are_dates(column):
        raise UnfitColumnError(column.table, column.name, f"holds dates or times ({quoted(column.words[0])})")
    return kind


def decide(column: Cells, kind: str, task: str | None) -> str:
    """The task: as asked, or as the target's cells tell; said aloud with the reason.

    Raises:
        InputError: a target that cannot serve the task.
    """
    column.table.say("note", f"target {quoted(column.name)}: {(reason := _reason(column, kind, task))[1]}")
    if kind == WORDS:
        say_spellings(column)
    (_check_classes if reason[0] == CLASSIFICATION else _check_amounts)(column, kind)
    return reason[0]


def classes(column: Cells, kind: str) -> Classes:
    """The classes of the whole column; a class of a single row is warned about."""
    target = Classes(column.name, tuple(map(_label, _distinct(column, kind))), kind)
    counts = np.bincount(target.codes(column))
    rare = [label for label, count in zip(target.labels, counts, strict=True) if count == 1]
    if rare:
        column.table.say("warning", f"target {quoted(column.name)}: only one row of class {listed(rare)}")
    return target


def _reason(column: Cells, kind: str, task: str | None) -> tuple[str, str]:
    """The task, and the sentence that says why."""
    distinct = _distinct(column, kind)
    summary = counted(len(distinct), "distinct value")
    if len(distinct) <= FEW or kind != NUMBER:
        summary += f" ({listed(map(_label, distinct))})"
    else:
        summary += f" from {distinct[0]:.6g} to {distinct[-1]:.6g}"
    if task is not None:
        return task, f"{summary}: {task}, as asked"
    if kind != NUMBER:
        return CLASSIFICATION, f"words, {summary}: classification"
    integers = _whole(distinct)
    repeats = len(distinct) <= 2 or 2 * len(distinct) <= len(column.values)
    if integers and len(distinct) <= FEW_CLASSES and repeats:
        return CLASSIFICATION, f"few whole numbers, {summary}: classification (--task regression to change)"
    return REGRESSION, f"numbers, {summary}: regression (--task classification to change)"


def _check_classes(column: Cells, kind: str) -> None:
    distinct, rows = _distinct(column, kind), len(column.values)
    if len(distinct) < 2:
        raise column.fault(f"holds only one class ({listed(map(_label, distinct))}): at least two are needed")
    broken = kind == NUMBER and not _whole(distinct) and len(distinct) > FEW
    if broken or too_many(len(distinct), rows):
        advice = (
            "is it continuous? Say --task regression"
            if kind == NUMBER
            else "is it free text or an identifier?"
        )
        text = f"holds {len(distinct)} distinct values in {counted(rows, 'row')}, too many to be classes"
        raise column.fault(f"{text}; {advice}")


def _check_amounts(column: Cells, kind: str) -> None:
    if kind == WORDS:
        row = int(column.bad.argmax())
        text = f"{quoted(column.values[row])} is not a number: regression needs a numeric target"
        raise column.fault(f"{text} (for classes say --task classification)", row)
    values = numbers_as(column, kind)
    if (values == values[0]).all():
        raise column.fault(f"is {_label(float(values[0]))} in every row: such a target teaches nothing")
    say_beyond_exact(column, values)


def _check_present(column: Cells) -> None:
    if column.missing.any():
        row = int(column.missing.argmax())
        total = int(np.count_nonzero(column.missing))
        remainder = f" (and {total - 1} more)" if total > 1 else ""
        raise column.fault(f"the target is {column.absent(row)}{remainder}; take such rows out", row)


def _words(column: Cells, kind: str) -> "pl.Series":
    return column.words.str.to_titlecase() if kind == BOOLEAN else column.words


def _distinct(column: Cells, kind: str) -> list[Any]:
    """The distinct values of the target, in order: floats, or words."""
    if kind == NUMBER:
        values: list[Any] = np.unique(numbers_as(column, kind)).tolist()
        return values
    return _words(column, kind).drop_nulls().unique().sort().to_list()


def _whole(values: list[float]) -> bool:
    return all(value == round(value) for value in values)


def _label(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return str(int(value)) if value == int(value) and abs(value) < 1e16 else repr(value)
