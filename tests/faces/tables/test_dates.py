"""Dates and times as inputs: the common forms, which parts, and what is refused."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from chainrule.errors import InputError
from chainrule.faces.onnx.model_file import to_onnx
from chainrule.faces.tables import Encoding, Table, learn
from chainrule.faces.tabular.api import train_table

DAYS = [dt.datetime(2023, 1, 3) + dt.timedelta(days=11 * row, hours=row % 24) for row in range(60)]


def table(cells: list[str], **options: str) -> Table:
    columns = {"when": pl.Series(cells), "x": pl.Series([f"{row}.5" for row in range(len(cells))])}
    columns["y"] = pl.Series([str(row % 2) for row in range(len(cells))])
    return Table("t.csv", columns, len(cells), range(2, len(cells) + 2), **options)  # type: ignore[arg-type]


def encoded(cells: list[str], **options: str) -> tuple[Encoding, np.ndarray]:
    encoding, x, _ = learn(table(cells, **options), "y")
    again = Encoding.from_dict(encoding.to_dict())
    assert again == encoding
    assert np.array_equal(again.encode(table(cells)), x)
    return encoding, x


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%m-%d-%y",
        "%d %b %Y", "%d-%b-%y", "%B %d, %Y", "%a, %d %b %Y",
        "%b %d %Y",
    ],
)  # fmt: skip
def test_the_common_forms_are_the_same_dates(form: str) -> None:
    encoding, x = encoded([day.strftime(form) for day in DAYS])
    want, x2 = encoded([day.strftime("%Y-%m-%d") for day in DAYS])
    assert np.array_equal(x, x2)
    assert encoding.feature_names == want.feature_names
    assert want.feature_names[:4] == [
        "when (year)", "when (day of the year, sine)", "when (day of the year, cosine)", "when (Mon)",
    ]  # fmt: skip
    assert want.feature_names[10] == "when (days since 2023-01-03)"


@pytest.mark.parametrize(
    "form", ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%m/%d/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%SZ"]
)
def test_times_give_the_hour(form: str) -> None:
    encoding, x = encoded([day.strftime(form) for day in DAYS])
    sine = encoding.feature_names.index("when (hour, sine)")
    assert np.allclose(x[:, sine], [np.sin(2 * np.pi * day.hour / 24) for day in DAYS])
    monday = encoding.feature_names.index("when (Mon)")
    assert x[:, monday].tolist() == [float(day.weekday() == 0) for day in DAYS]


def test_times_of_day_and_months() -> None:
    encoding, _ = encoded([day.strftime("%H:%M") for day in DAYS])
    assert encoding.feature_names[:2] == ["when (hour, sine)", "when (hour, cosine)"]
    encoding, _ = encoded([day.strftime("%Y-%m") for day in DAYS])
    assert not any("Mon" in name for name in encoding.feature_names)


@pytest.mark.parametrize("form", ["{0}Q{1}", "{0}-Q{1}", "{0} q{1}", "Q{1} {0}", "Q{1}-{0}"])
def test_a_quarter_is_its_first_day(form: str) -> None:
    quarters = [(1990 + row // 4, row % 4) for row in range(60)]
    encoding, x = encoded([form.format(year, quarter + 1) for year, quarter in quarters])
    want, x2 = encoded([f"{year}-{1 + 3 * quarter:02}" for year, quarter in quarters])
    assert np.array_equal(x, x2)
    assert encoding.feature_names == want.feature_names


@pytest.mark.parametrize("mark", ["/", "-"])
def test_day_or_month_first_is_told_by_cells_or_asked(mark: str) -> None:
    cells = [f"0{1 + row % 9}{mark}0{1 + row % 7}{mark}2024" for row in range(60)]
    with pytest.raises(
        InputError, match=r"line 2, column 'when': .* say --dates day-first or --dates month-first"
    ):
        learn(table(cells), "y")
    day, month = (encoded(cells, dates=order)[1] for order in ("day-first", "month-first"))
    assert not np.array_equal(day, month)
    assert np.array_equal(day, encoded([cell.replace(mark, ".") for cell in cells])[1])
    assert np.array_equal(encoded([*cells[:-1], f"31{mark}01{mark}2024"])[1][:5, 1], day[:5, 1])


@pytest.mark.parametrize("gap", ["", "NA", "?", "unknown"])
def test_missing_dates_are_flagged_and_native_ones_read_alike(gap: str) -> None:
    cells = [gap if row == 4 else day.strftime("%d.%m.%Y") for row, day in enumerate(DAYS)]
    encoding, x = encoded(cells)
    assert encoding.feature_names[11] == "when (missing)"
    assert x[4, :12].tolist() == [0.0] * 11 + [1.0]
    native = table(cells)
    native.columns["when"] = pl.Series([None if row == 4 else day.date() for row, day in enumerate(DAYS)])
    assert np.array_equal(encoding.encode(native), x)


@pytest.mark.parametrize("cell", ["2023-02-30", "soon", "2023-13-01", "25:00"])
def test_what_is_no_date_is_named(cell: str) -> None:
    cells = [day.strftime("%Y-%m-%d") for day in DAYS]
    encoding, _ = encoded(cells)
    cells[7] = cell
    with pytest.raises(InputError, match=rf"line 9, column 'when': '{cell}' is no date"):
        learn(table(cells), "y")
    with pytest.raises(
        InputError, match=rf"line 9, column 'when': '{cell}' is no date, as it was in training"
    ):
        encoding.encode(table(cells))


def test_onnx_refuses_dates_by_name(tmp_path: Path) -> None:
    frame = pl.DataFrame({"when": [day.date() for day in DAYS], "y": [row % 2 for row in range(60)]})
    run = train_table(frame, "y", epochs=2)
    with pytest.raises(InputError, match=r"column 'when' holds dates.*--drop when"):
        to_onnx(run, tmp_path / "m.onnx")
