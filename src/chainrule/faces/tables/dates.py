"""Dates and times of day as people write them: which form a column is in, and the seconds they are."""

import re
from typing import TYPE_CHECKING

import numpy as np

from chainrule.faces.tables.cells import Cells
from chainrule.faces.tables.quoting import quoted

if TYPE_CHECKING:
    import polars as pl

_CLOCK = r"(?P<H>[0-9]{1,2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?:[.,][0-9]+)?)?\s?(?P<p>[AaPp]\.?[Mm]\.?)?"
_TIME = rf"(?:(?:T|\s|,\s?)\s*{_CLOCK}\s?(?:Z|UTC|[+-][0-9]{{2}}(?::?[0-9]{{2}})?)?)?$"
_MONTH = r"(?P<b>(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))[a-z]*\.?"
_WEEKDAY = r"^(?:(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s)?"
_YEAR = r"(?P<y>[0-9]{4}|[0-9]{2})"
ISO, DAY_FIRST, MONTH_FIRST, TIME = "year-month-day", "day first", "month first", "time"
MONTHLY = ("year-month", "month year", "year quarter", "quarter year", TIME)
"""Forms without a day."""
FORMS = {
    ISO: rf"^(?P<y>[0-9]{{4}})[-/.](?P<m>[0-9]{{1,2}})[-/.](?P<d>[0-9]{{1,2}}){_TIME}",
    DAY_FIRST: rf"^(?P<d>[0-9]{{1,2}})[-/.](?P<m>[0-9]{{1,2}})[-/.]{_YEAR}{_TIME}",
    MONTH_FIRST: rf"^(?P<m>[0-9]{{1,2}})[-/.](?P<d>[0-9]{{1,2}})[-/.]{_YEAR}{_TIME}",
    "day month year": rf"{_WEEKDAY}(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th|\.)?[ -]?{_MONTH}[ ,-]*{_YEAR}{_TIME}",
    "month day year": rf"{_WEEKDAY}{_MONTH}[ -](?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:,? |-){_YEAR}{_TIME}",
    MONTHLY[0]: r"^(?P<y>[0-9]{4})[-/](?P<m>[0-9]{1,2})$",
    MONTHLY[1]: rf"^{_MONTH}[ -](?P<y>[0-9]{{4}})$",
    MONTHLY[2]: r"^(?P<y>[0-9]{4})[ /:-]?[Qq](?P<q>[1-4])$",
    MONTHLY[3]: r"^[Qq](?P<q>[1-4])[ /-]?(?P<y>[0-9]{4})$",
    TIME: rf"^{_CLOCK}$",
}
"""The forms in which dates are written; a month or a quarter without a day is its first day."""
DAY = 86400
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_CENTURY = 30  # two digits from here on are of the last century, as spreadsheets have it
_ANY = re.sub(r"\(\?P<\w>", "(?:", "|".join(FORMS.values()))


def are_dates(column: Cells) -> bool:
    """Whether at least half of the words are dates or times."""
    words = column.words.drop_nulls()
    return 2 * int(words.str.contains(_ANY).sum()) >= len(words) > 0


def form_of(column: Cells) -> str:
    """The form in which all dates of the column are written.

    Raises:
        InputError: a cell that is no date in this form; or days and months that nothing tells apart.
    """
    import polars as pl

    words = column.words.filter(pl.Series(~column.missing))
    readable = {form: int(np.isfinite(_seconds(words, FORMS[form])).sum()) for form in FORMS}
    form = max(FORMS, key=lambda name: readable[name])
    if form in (DAY_FIRST, MONTH_FIRST):
        form = _order(column, readable)
    bad = np.isnan(seconds_in(column.words, form)) & ~column.missing
    if bad.any():
        row = int(bad.argmax())
        raise column.fault(
            f"{quoted(column.values[row])} is no date, as the rest of the column ({form})", row
        )
    return form


def _order(column: Cells, readable: dict[str, int]) -> str:
    """Whether the day or the month is first: as asked, as the cells tell, or by the dots of the continent."""
    if column.table.dates:
        return {"day-first": DAY_FIRST, "month-first": MONTH_FIRST}[column.table.dates]
    if readable[DAY_FIRST] != readable[MONTH_FIRST]:
        return max((DAY_FIRST, MONTH_FIRST), key=lambda name: readable[name])
    words = column.words.drop_nulls()
    if words.str.contains(".", literal=True).all():
        return DAY_FIRST
    text = f"{quoted(words[0])} has the day or the month first, and no row tells"
    raise column.fault(
        f"{text}: say --dates day-first or --dates month-first", int((~column.missing).argmax())
    )


def seconds_in(cells: "pl.Series", form: str) -> np.ndarray:
    """Seconds since 1970 (n,), of a time of day since midnight; NaN where a cell is not in this form.

    Whatever the form, a date that begins with its year is read too: it can be nothing else.
    """
    seconds = _seconds(cells, FORMS[form])
    return (
        seconds if form in (ISO, TIME) else np.where(np.isnan(seconds), _seconds(cells, FORMS[ISO]), seconds)
    )


def _seconds(cells: "pl.Series", pattern: str) -> np.ndarray:
    """Seconds since 1970 of the cells that match, and that the calendar has; else NaN."""
    import polars as pl

    frame = pl.DataFrame({"cell": cells}).select(pl.col("cell").str.extract_groups(pattern)).unnest("cell")
    nothing = pl.Series([None] * len(cells), dtype=pl.String)
    parts = {name: frame[name] if name in frame.columns else nothing for name in "ymdbqHMSp"}
    year, month, day = (_number(parts[name], default) for name, default in (("y", 1970), ("m", 1), ("d", 1)))
    hour, minute, second = (_number(parts[name], 0) for name in "HMS")
    two_digits = (parts["y"].str.len_chars() == 2).fill_null(False).to_numpy()
    year = np.where(two_digits, year + np.where(year < _CENTURY, 2000, 1900), year)
    names = parts["b"].str.to_lowercase()
    numbers = names.replace_strict(_MONTHS, list(range(1, 13)), default=None, return_dtype=pl.Int64)
    month = np.where(numbers.is_null(), month, numbers.fill_null(1))
    month += 3 * (_number(parts["q"], 1) - 1)
    half = parts["p"].str.to_lowercase().str.slice(0, 1)
    hour = np.where(half.is_null(), hour, hour % 12 + 12 * (half == "p").fill_null(False).to_numpy())
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    valid = (
        cells.str.contains(pattern).fill_null(False).to_numpy() & (month >= 1) & (month <= 12) & (day >= 1)
    )
    valid &= (days < (months + 1).astype("datetime64[D]")) & (hour < 24) & (minute < 60) & (second < 61)
    return np.where(valid, days.astype(float) * DAY + hour * 3600 + minute * 60 + second, np.nan)


def _number(digits: "pl.Series", default: int) -> np.ndarray:
    import polars as pl

    return digits.cast(pl.Int64, strict=False).fill_null(default).to_numpy()
