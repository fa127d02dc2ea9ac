"""How a column of dates or times is encoded: year, season, weekday and hour, and the days as an amount."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from chainrule.faces.tables.cells import Cells
from chainrule.faces.tables.dates import DAY, MONTHLY, TIME, form_of, seconds_in
from chainrule.faces.tables.gaps import say_gaps, without_gaps
from chainrule.faces.tables.kinds import DATES
from chainrule.faces.tables.moments import Moments
from chainrule.faces.tables.notation import Notation
from chainrule.faces.tables.quoting import counted, quoted

YEAR, SEASON, WEEKDAY, HOUR, DAYS = "year", "season", "weekday", "hour", "days"
_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class DateColumn:
    """The parts of dates that differ in training; a missing date is all zeros.

    The year and the days since the first are standardised, the day of the year and the hour are sine and
    cosine, each day of the week is an input.
    """

    name: str
    form: str
    parts: tuple[str, ...]
    first: float
    years: Moments
    days: Moments
    flagged: bool
    kind: ClassVar[str] = DATES

    @classmethod
    def learn(
        cls, column: Cells, kind: str, rows: np.ndarray, notation: Notation | None = None, bins: int = 0
    ) -> "DateColumn":
        """The form from all cells; which parts differ, and their means, from `rows` alone."""
        form = form_of(column)
        seconds = seconds_in(column.words, form)[rows]
        gaps = np.isnan(seconds)
        seconds = seconds[~gaps]
        if not len(seconds):
            raise column.fault("has no value in the rows that are trained on; leave it out")
        parts = _parts(seconds)
        days = np.floor(seconds / DAY)
        differing = {
            YEAR: len(np.unique(parts.year)) > 1,
            SEASON: len(np.unique(parts.season)) > 1,
            WEEKDAY: form not in MONTHLY and len(np.unique(parts.weekday)) > 1,
            HOUR: form == TIME or len(np.unique(parts.hour)) > 1,
            DAYS: form != TIME,
        }
        present = tuple(part for part, differs in differing.items() if differs)
        first = seconds.min()
        text = f"column {quoted(column.name)}: {'times of day' if form == TIME else 'dates'} ({form})"
        column.table.say("note", f"{text}, from {_text(first, form)} to {_text(seconds.max(), form)}")
        moments = Moments.of(parts.year), Moments.of(days)
        return cls(column.name, form, present, float(first), *moments, bool(gaps.any()))

    @property
    def constant(self) -> str | None:
        """The one date that the column had in training, if it had but one."""
        return _text(self.first, self.form) if self.parts == (DAYS,) and self.days.constant else None

    @property
    def features(self) -> tuple[str, ...]:
        """The names of its inputs."""
        names = {
            YEAR: ["year"],
            SEASON: ["day of the year, sine", "day of the year, cosine"],
            WEEKDAY: list(_WEEK),
            HOUR: ["hour, sine", "hour, cosine"],
            DAYS: [f"days since {_text(self.first, self.form)[:10]}"],
        }
        labels = [label for part in self.parts for label in names[part]] + ["missing"] * self.flagged
        return tuple(f"{self.name} ({label})" for label in labels)

    def prepared(self, column: Cells) -> Cells:
        """The cells of a new table as they were read in training: gaps in all spellings."""
        cells = without_gaps(column)
        say_gaps(cells)
        return cells

    def encode(self, column: Cells, out: np.ndarray) -> None:
        """Write the encoded cells into `out` (n, inputs)."""
        seconds = seconds_in(column.words, self.form)
        bad = np.isnan(seconds) & ~column.missing
        if bad.any():
            row = int(bad.argmax())
            raise column.fault(
                f"{quoted(column.values[row])} is no date, as it was in training ({self.form})", row
            )
        gaps = np.isnan(seconds)
        parts = _parts(np.where(gaps, self.first, seconds))
        values = {
            YEAR: [self.years.standardise(parts.year)],
            SEASON: [np.sin(parts.season), np.cos(parts.season)],
            WEEKDAY: list((parts.weekday == np.arange(7)[:, None]).astype(float)),
            HOUR: [np.sin(parts.hour), np.cos(parts.hour)],
            DAYS: [self.days.standardise(np.floor(parts.seconds / DAY))],
        }
        inputs = [value for part in self.parts for value in values[part]]
        out[:, : len(inputs)] = np.where(gaps[:, None], 0.0, np.column_stack(inputs))
        if self.flagged:
            out[:, -1] = gaps
        if gaps.any():
            first = column.table.where(int(gaps.argmax()))
            place = f"{counted(int(gaps.sum()), 'missing cell')} (first on {first})"
            tail = "and flagged" if self.flagged else "(none was missing in training: not flagged)"
            column.table.say("note", f"column {quoted(self.name)}: {place}, no date {tail}")

    def remarks(self, column: Cells) -> dict[int, str]:
        """What is odd about cells, by their row: dates to come are nothing odd."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """Plain data; `from_dict` reads it back exactly."""
        return {**asdict(self), "parts": list(self.parts), "kind": self.kind}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "DateColumn":
        """The inverse of `to_dict`."""
        fields = {name: value for name, value in data.items() if name != "kind"}
        moments = {name: Moments(**data[name]) for name in ("years", "days")}
        return cls(**{**fields, **moments, "parts": tuple(data["parts"])})


@dataclass(frozen=True)
class _Parts:
    """Of each date (n,): seconds since 1970, year, angle of the season, weekday, angle of the hour."""

    seconds: np.ndarray
    year: np.ndarray
    season: np.ndarray
    weekday: np.ndarray
    hour: np.ndarray


def _parts(seconds: np.ndarray) -> _Parts:
    days = np.floor(seconds / DAY).astype("datetime64[D]")
    years = days.astype("datetime64[Y]")
    beginning = years.astype("datetime64[D]")
    length = ((years + 1).astype("datetime64[D]") - beginning).astype(float)
    return _Parts(
        seconds,
        years.astype(np.int64) + 1970.0,
        2 * np.pi * (days - beginning).astype(float) / length,
        (days.astype(np.int64) + 3) % 7,  # 1970 began on a Thursday
        2 * np.pi * (seconds % DAY) / DAY,
    )


def _text(seconds: float, form: str) -> str:
    stamp = str(np.datetime64(int(seconds), "s")).replace("T", " ")
    return stamp[11:] if form == TIME else stamp.removesuffix(" 00:00:00")
