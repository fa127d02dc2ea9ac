"""Workbooks, packed text and folders: what people have besides a CSV file."""

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from chainrule.errors import InputError
from chainrule.faces.tables.table import Table
from chainrule.faces.tabular.source import Reading

HEAD = ["name", "size", "day", "wet", "late"]
DAY = dt.datetime(2024, 3, 1)
ROWS: list[list[Any]] = [
    ["red, dark", 1.5, DAY, True, dt.datetime(2024, 3, 1, 13, 30)],
    ["two\nlines", 2, DAY, False, None],
    ["#N/A", 0.1, None, None, DAY],
]


def workbook(path: Path, *sheets: list[list[Any]]) -> str:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, 1):
        page = book.create_sheet(f"page {number}")
        for row in rows:
            page.append(row)
    book.save(path)
    return str(path)


def cells(table: Table) -> dict[str, list[Any]]:
    return {name: column.to_list() for name, column in table.columns.items()}


def test_a_workbook_is_what_it_shows(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", [HEAD, *ROWS], [["a", "b"], [1, 2]])
    table = Reading().table(path)
    assert cells(table) == {
        "name": ["red, dark", "two lines", ""],
        "size": ["1.5", "2", "0.1"],
        "day": ["2024-03-01", "2024-03-01", ""],
        "wet": ["True", "False", ""],
        "late": ["2024-03-01 13:30:00", "", "2024-03-01"],
    }
    assert table.where(1) == "line 3"
    assert cells(Reading(sheet="page 2").table(path)) == {"a": ["1"], "b": ["2"]}
    assert cells(Reading(decimal=",").table(path))["size"] == ["1,5", "2", "0,1"]
    with pytest.raises(InputError, match=r"no sheet 'page'\. Did you mean 'page"):
        Reading(sheet="page").table(path)


def test_a_workbook_s_title_is_named_and_skipped_by_its_row(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "t.xlsx", [["Sales of March"], [], ["a", "b"], [1, 2], [3, 4], [], [None, None]]
    )
    with pytest.raises(InputError, match=r"begin on line 3.*--skip 2"):
        Reading().table(path)
    assert cells(Reading(skip=2).table(path)) == {"a": ["1", "3"], "b": ["2", "4"]}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"a,b\n1,2\n"])
def test_what_is_no_workbook_is_one_line(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("openpyxl")
    (tmp_path / "t.xlsx").write_bytes(content)
    with pytest.raises(InputError, match="not an Excel workbook, or damaged"):
        Reading().table(str(tmp_path / "t.xlsx"))


def test_a_zip_that_is_no_workbook_and_one_that_is_a_bomb(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", b"0" * 1000)
    with pytest.raises(InputError, match="cannot be read as an Excel workbook"):
        Reading().table(str(tmp_path / "t.xlsx"))
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", bytes(300 << 20))
    with pytest.raises(InputError, match="unpack to 300 MiB"):
        Reading().table(str(tmp_path / "t.xlsx"))


def test_an_empty_sheet(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the sheet is empty"):
        Reading().table(workbook(tmp_path / "t.xlsx", [[None, ""]]))


def test_text_that_zstd_packed(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    packed = zstandard.compress(b"a,b\n" + b"1,2\n" * 5000)
    (tmp_path / "t.csv.zst").write_bytes(packed)
    assert Reading().table(str(tmp_path / "t.csv.zst")).rows == 5000
    (tmp_path / "t.csv.zst").write_bytes(packed[:-3])
    with pytest.raises(InputError, match="compressed with zstd, but damaged or cut short"):
        Reading().table(str(tmp_path / "t.csv.zst"))
    (tmp_path / "t.csv.zst").write_bytes(zstandard.compress(b"a,b\n" * (40 << 20)))
    with pytest.raises(InputError, match="its packed data is too large"):
        Reading().table(str(tmp_path / "t.csv.zst"))


@pytest.mark.parametrize(("name", "module"), [("t.xlsx", "openpyxl"), ("t.csv.zst", "zstandard")])
def test_without_the_extra_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    (tmp_path / name).write_bytes(b"\x28\xb5\x2f\xfd")
    with pytest.raises(InputError, match=rf"wants {module}: pip install '\.\[files\]'"):
        Reading().table(str(tmp_path / name))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_folder_is_one_table(tmp_path: Path, suffix: str) -> None:
    parts = [pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}), pl.DataFrame({"b": ["z"], "a": [0.5]})]
    for number, part in enumerate(parts):
        write = part.write_csv if suffix == "csv" else part.write_parquet
        write(tmp_path / f"part-{number}.{suffix}")
    (tmp_path / "_SUCCESS").touch()
    table = Reading().table(str(tmp_path))
    assert [float(cell) for cell in table.columns["a"]] == [1, 2, 0.5]
    assert table.columns["b"].to_list() == ["x", "y", "z"]
    assert (table.rows, table.where(2)) == (3, "row 3")
    assert any("2 files of the folder" in note.text for note in table.notes)
    assert table.sha256 != Reading().table(str(tmp_path / f"part-0.{suffix}")).sha256


def test_a_folder_that_is_no_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder without a CSV or Parquet file"):
        Reading().table(str(tmp_path))
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("x,z\n1,2\n")
    with pytest.raises(InputError, match=r"b\.csv: has no column 'y', unlike a\.csv"):
        Reading().table(str(tmp_path))
    (tmp_path / "b.csv").rename(tmp_path / "b.tsv")
    with pytest.raises(InputError, match="files of several kinds"):
        Reading().table(str(tmp_path))
