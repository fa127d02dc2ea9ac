"""How an input column is encoded: numbers standardised, words one-hot; missing cells filled and flagged."""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from chainrule.faces.tables.bins import Bins
from chainrule.faces.tables.cells import Cells, positions
from chainrule.faces.tables.codes import are_truths
from chainrule.faces.tables.date_column import DateColumn
from chainrule.faces.tables.gaps import say_gaps, without_gaps, words_of
from chainrule.faces.tables.hints import is_number
from chainrule.faces.tables.kinds import (
    BOOLEAN,
    DATES,
    MANY,
    NUMBER,
    SMALLEST,
    WORDS,
    numbers_as,
    say_beyond_exact,
    say_row_numbers,
    say_suspects,
    too_many,
)
from chainrule.faces.tables.moments import FAR, Moments
from chainrule.faces.tables.notation import Notation
from chainrule.faces.tables.quoting import counted, listed, quoted

if TYPE_CHECKING:
    import polars as pl

FAR_SPREADS = 1e3
"""Values further than this many standard deviations from the mean are warned about."""
_TINY = 2.0**-511  # below it the variance underflows


@dataclass(frozen=True)
class NumberColumn:
    """Standardised numbers (or booleans as 0 and 1); a missing cell is the median, flagged in a second input.

    A constant column is exactly 0, now and later. The flag exists only if a cell was missing in training.
    The inputs of the bins, if there are any, come last. `seen` are the least and the largest value of the
    training rows.
    """

    name: str
    kind: str
    moments: Moments
    fill: float
    flagged: bool
    notation: Notation = field(default_factory=Notation)
    bins: Bins = field(default_factory=Bins)
    seen: tuple[float, float] | None = None

    @classmethod
    def learn(
        cls, column: Cells, kind: str, rows: np.ndarray, notation: Notation | None = None, bins: int = 0
    ) -> "NumberColumn":
        """Mean, spread, median, bins from `rows` alone. Raises InputError if none of them has a value."""
        values = numbers_as(column, kind)
        present = values[rows]
        gaps = np.isnan(present)
        present = present[~gaps]
        if not len(present):
            raise column.fault("has no value in the rows that are trained on; leave it out")
        moments = Moments.of(present)
        _say_spread(column, moments)
        say_beyond_exact(column, values)
        say_row_numbers(column, values)
        say_suspects(column, values)
        fill = np.ldexp(np.median(np.ldexp(present, -moments.exponent)), moments.exponent)
        edges = Bins.of(moments.standardise(present), bins if kind == NUMBER else 0)
        return cls(
            column.name, kind, moments, float(fill), bool(gaps.any()), notation or Notation(), edges,
            (float(present.min()), float(present.max())),
        )  # fmt: skip

    def prepared(self, column: Cells) -> Cells:
        """The cells of a new table as they were read in training: gaps, and the same notation."""
        if self.kind == BOOLEAN or (column.bad.any() and self._of_two() and are_truths(column)):
            return column
        numbers = without_gaps(column)
        say_gaps(numbers)
        return self.notation.apply(numbers)

    @property
    def constant(self) -> str | None:
        """The one value that the column had in training, if it had but one."""
        return f"{self.moments.centre:.6g}" if self.moments.constant else None

    @property
    def features(self) -> tuple[str, ...]:
        """The names of its inputs."""
        flag = (f"{self.name} (missing)",) if self.flagged else ()
        edges = self.moments.restore(np.array(self.bins.edges))
        return (self.name, *flag, *(f"{self.name} {bounds}" for bounds in self.bins.names(edges)))

    def encode(self, column: Cells, out: np.ndarray) -> None:
        """Write the encoded cells into `out` (n, inputs)."""
        two = self.kind == NUMBER and column.bad.any() and self._of_two() and are_truths(column)
        values = numbers_as(column, BOOLEAN if two else self.kind)
        missing = np.isnan(values)
        if missing.any():
            _say_filled(column, missing, f"filled with the median {self.fill:.6g}", self.flagged)
            values = np.where(missing, self.fill, values)
        standard = self.moments.standardise(values)
        out[:, 0] = standard
        if self.flagged:
            out[:, 1] = missing
        if self.bins:
            out[:, -len(self.bins) :] = self.bins.encode(standard[:, None])
        if self.moments.constant:
            self._say_changed(column, values)
        else:
            self._say_far(column, values, np.abs(standard))

    def to_dict(self) -> dict[str, Any]:
        """Plain data; `from_dict` reads it back exactly."""
        return {**asdict(self), "bins": list(self.bins.edges), "seen": self.seen and list(self.seen)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "NumberColumn":
        """The inverse of `to_dict`."""
        notation, bins = Notation(**data.get("notation", {})), Bins(tuple(data.get("bins", ())))
        seen = data.get("seen") and tuple(data["seen"])
        known = {"moments": Moments(**data["moments"]), "notation": notation, "bins": bins, "seen": seen}
        return cls(**data | known)

    def remarks(self, column: Cells) -> dict[int, str]:
        """What is odd about cells, by their row: beyond all values of the training."""
        if self.seen is None or self.kind == BOOLEAN:
            return {}
        values, (least, largest) = numbers_as(column, self.kind), self.seen
        with np.errstate(invalid="ignore"):
            beyond = np.flatnonzero((values < least) | (values > largest))
        bounds = f"beyond {least:.6g} to {largest:.6g}"
        return {row: f"{self.name} {values[row]:.6g} is {bounds}" for row in beyond.tolist()}

    def _of_two(self) -> bool:
        """Whether all values of the training were 0 and 1: the mean square is the mean."""
        mean, std = self.moments.mean, self.moments.std
        return 0.0 < mean < 1.0 and bool(np.isclose(std * std, mean * (1.0 - mean), rtol=1e-9))

    def _say_far(self, column: Cells, values: np.ndarray, distance: np.ndarray) -> None:
        outliers = distance > FAR_SPREADS
        if outliers.any():
            row = int(outliers.argmax())
            limit = f"; taken as {FAR:.0e}" if distance[row] >= FAR else ""
            text = f"{values[row]:.6g}, {distance[row]:.0e} spreads from the mean{limit}"
            amount = counted(int(np.count_nonzero(outliers)), "value")
            place = f"column {quoted(self.name)}: {amount} far outside the training range (first on"
            column.table.say("warning", f"{place} {column.table.where(row)}: {text})")

    def _say_changed(self, column: Cells, values: np.ndarray) -> None:
        changed = values != self.moments.centre
        if changed.any():
            row = int(changed.argmax())
            was = f"column {quoted(self.name)} was constant ({self.moments.centre:.6g}) in training"
            differs = f"here it differs (first on {column.table.where(row)})"
            column.table.say("warning", f"{was} and is not used; {differs}")


@dataclass(frozen=True)
class WordColumn:
    """One input for each word of the training, 1 where the cell is that word; unseen words are all zeros.

    So are those of the training that were too rare to have an input, if there were any.
    """

    name: str
    words: tuple[str, ...]
    flagged: bool
    has_rare: bool = False
    kind: ClassVar[str] = WORDS

    @classmethod
    def learn(
        cls, column: Cells, kind: str, rows: np.ndarray, notation: Notation | None = None, bins: int = 0
    ) -> "WordColumn":
        """The sorted words of `rows` alone. Raises InputError if none of them has a value."""
        present = column.words[rows]
        distinct = present.drop_nulls().unique().sort().to_list()
        words = distinct
        if too_many(len(distinct), len(present)):
            words = _frequent(column, present) or distinct[:MANY]
        if not words:
            raise column.fault("has no value in the rows that are trained on; leave it out")
        return cls(column.name, tuple(words), present.null_count() > 0, len(words) < len(distinct))

    def prepared(self, column: Cells) -> Cells:
        """The cells of a new table as they were read in training: its words are words, whatever they mean."""
        return words_of(column, self.words)

    @property
    def constant(self) -> str | None:
        """The one word that the column had in training, if it had but one."""
        return self.words[0] if len(self.words) == 1 and not self.has_rare else None

    @property
    def features(self) -> tuple[str, ...]:
        """The names of its inputs."""
        names = tuple(f"{self.name}={word}" for word in self.words)
        return (*names, f"{self.name} (missing)") if self.flagged else names

    def encode(self, column: Cells, out: np.ndarray) -> None:
        """Write the encoded cells into `out` (n, inputs)."""
        codes = positions(column.words, self.words)
        rows = np.flatnonzero(codes >= 0)
        out[:] = 0.0
        out[rows, codes[rows]] = 1.0
        if column.missing.any():
            _say_filled(column, column.missing, "no category", self.flagged)
        if self.flagged:
            out[:, -1] = column.missing
        self._say_unseen(column, (codes < 0) & ~column.missing)

    def remarks(self, column: Cells) -> dict[int, str]:
        """What is odd about cells, by their row: words that have no input."""
        unseen = np.flatnonzero((positions(column.words, self.words) < 0) & ~column.missing)
        return {
            row: f"{self.name} {quoted(column.words[row])} is none of the categories"
            for row in unseen.tolist()
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain data; `from_dict` reads it back exactly."""
        plain = {"name": self.name, "kind": self.kind, "words": list(self.words), "flagged": self.flagged}
        return plain | ({"has_rare": True} if self.has_rare else {})

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "WordColumn":
        """The inverse of `to_dict`."""
        return cls(data["name"], tuple(data["words"]), data["flagged"], data.get("has_rare", False))

    def _say_unseen(self, column: Cells, unseen: np.ndarray) -> None:
        count = int(np.count_nonzero(unseen))
        if not count:
            return
        row = int(unseen.argmax())
        if count == column.count and not column.bad.any() and not any(map(is_number, self.words)):
            raise column.fault(
                f"{quoted(column.values[row])} is a number, but training had words ({listed(self.words)})",
                row,
            )
        place = f"first {quoted(column.words[row])} on {column.table.where(row)}"
        text = (
            f"column {quoted(self.name)}: {counted(count, 'cell')} not among the categories of the training"
        )
        column.table.say("note", f"{text} ({place}): encoded as none of them")


def _frequent(column: Cells, present: "pl.Series") -> list[str]:
    """Of very many words those that enough rows have, sorted; the others are none of them, said aloud."""
    counts = present.drop_nulls().value_counts()
    words = counts.filter(counts["count"] >= SMALLEST)[present.name].sort().to_list()[:MANY]
    text = f"column {quoted(column.name)}: {len(words)} of {len(counts)} words have {SMALLEST} rows or more"
    column.table.say("note", f"{text}: the others are taken as none of them")
    return words


Column = NumberColumn | WordColumn | DateColumn


def learner(kind: str) -> type[NumberColumn] | type[WordColumn] | type[DateColumn]:
    """The class that encodes columns of `kind`."""
    learners: dict[str, type[NumberColumn] | type[WordColumn] | type[DateColumn]] = {
        NUMBER: NumberColumn,
        BOOLEAN: NumberColumn,
        WORDS: WordColumn,
        DATES: DateColumn,
    }
    return learners[kind]


def _say_filled(column: Cells, missing: np.ndarray, filling: str, flagged: bool) -> None:
    row, count = int(missing.argmax()), int(np.count_nonzero(missing))
    tail = "and flagged" if flagged else "(none was missing in training: not flagged)"
    place = f"{counted(count, 'missing cell')} (first on {column.table.where(row)})"
    column.table.say("note", f"column {quoted(column.name)}: {place}, {filling} {tail}")


def _say_spread(column: Cells, moments: Moments) -> None:
    name = f"column {quoted(column.name)}"
    if moments.constant:
        return
    if moments.std < _TINY:
        text = f"{name} holds values so small (spread {moments.std:.3g}) that their variance underflows"
        column.table.say("warning", f"{text}; they are scaled up first")
    elif moments.std < 4 * np.finfo(float).eps * abs(moments.mean):
        text = f"{name} is nearly constant: its spread {moments.std:.3g} is within the rounding of its values"
        column.table.say("warning", text)
