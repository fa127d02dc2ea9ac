"""Targets: classes or amounts, as the network learns them, and the way back to labels and units."""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from chainrule.faces.tables.cells import Cells, positions
from chainrule.faces.tables.gaps import without_gaps, words_of
from chainrule.faces.tables.kinds import (
    BOOLEAN,
    NUMBER,
    numbers_as,
)
from chainrule.faces.tables.moments import Moments
from chainrule.faces.tables.notation import Notation, notation_of
from chainrule.faces.tables.quoting import listed, quoted
from chainrule.numbers import Array

if TYPE_CHECKING:
    import polars as pl

CLASSIFICATION, REGRESSION = "classification", "regression"


@dataclass(frozen=True)
class Classes:
    """A target of two or more classes, in a fixed order: numbers ascending, words sorted.

    Two classes have ONE output, 0 for the first and 1 for the second (for a sigmoid unit with binary
    cross-entropy); k > 2 classes have k one-hot outputs (for softmax). Of two, the second is said where its
    probability is above the cutoff.
    """

    name: str
    labels: tuple[str, ...]
    kind: str
    cutoff: float = 0.5
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
        check_present(column)
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
        """The class (n,) that is said where outputs (n, outputs) are such: probabilities, or one-hot rows."""
        output = np.asarray(output)
        two = output.shape[1] == 1
        return (output[:, 0] > self.cutoff).astype(np.int64) if two else output.argmax(axis=1)

    @property
    def said_from(self) -> tuple[str, float] | None:
        """The class that is said though it may be the less likely one, and from which probability up; None
        where the likeliest is said.
        """
        if self.cutoff == 0.5 or self.outputs > 1:
            return None
        return (self.labels[1], self.cutoff) if self.cutoff < 0.5 else (self.labels[0], 1 - self.cutoff)

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
        return {"task": self.task, **asdict(self), "labels": list(self.labels)}

    def _found(self, column: Cells) -> np.ndarray:
        """The class of each row (n,), -1 where it is none."""
        if self.kind != NUMBER:
            return positions(words_as(column, self.kind), self.labels)
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
        check_present(column)
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
        return Classes(data["name"], tuple(data["labels"]), data["kind"], float(data.get("cutoff", 0.5)))
    notation = Notation(**data.get("notation", {}))
    return Amounts(data["name"], data["kind"], Moments(**data["moments"]), notation)


def amounts_in(column: Cells) -> tuple[Cells, Notation]:
    """The cells of a target as numbers with gaps, in the notation that they are written in, said aloud."""
    numbers = without_gaps(column)
    notation = notation_of(numbers) if numbers.count and numbers.bad.any() else None
    if notation is None:
        return numbers, Notation()
    notation.say(numbers)
    return notation.apply(numbers), notation


def check_present(column: Cells) -> None:
    """Raises InputError where a row has no target."""
    if column.missing.any():
        row = int(column.missing.argmax())
        total = int(np.count_nonzero(column.missing))
        remainder = f" (and {total - 1} more)" if total > 1 else ""
        raise column.fault(f"the target is {column.absent(row)}{remainder}; take such rows out", row)


def words_as(column: Cells, kind: str) -> "pl.Series":
    """The words of a target, truth values in one spelling."""
    return column.words.str.to_titlecase() if kind == BOOLEAN else column.words
