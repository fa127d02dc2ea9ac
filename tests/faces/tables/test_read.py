"""Reading: what a sound file holds is what comes out, and every row knows the line that it stands on."""

import codecs
import csv
import gzip
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.faces.tables import Table, delimited, read

CELLS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="﻿")
    | st.sampled_from("\",;\n\r\t' "),
    max_size=6,
)


def parsed(text: str, delimiter: str | None = None, path: str = "t.csv") -> Table:
    found = delimited.parse(path, text.encode(), delimiter)
    return Table(path, found.columns, len(found.lines), found.lines, notes=found.notes)


def rows_of(table: Table) -> list[tuple[str, ...]]:
    return list(zip(*(column.to_list() for column in table.columns.values()), strict=True))


def test_a_plain_file(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a,b\n1,x\n2,\n")
    table = read(file)
    assert table.names == ["a", "b"]
    assert rows_of(table) == [("1", "x"), ("2", "")]
    assert [table.where(row) for row in range(2)] == ["line 2", "line 3"]


@given(
    st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[CELLS] * width), max_size=8)),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(0, 2), min_size=9, max_size=9),
)
@settings(max_examples=300)
def test_what_csv_writes_is_what_is_read(
    rows: list[tuple[str, ...]], quoting: int, delimiter: str, end: str, blanks: list[int]
) -> None:
    width = len(rows[0]) if rows else 2
    names = [f"c{index}" for index in range(width)]
    text, line, lines = "", 1, []
    for row, blank in zip([names, *rows], blanks, strict=False):
        buffer = io.StringIO()
        plain = "".join(row).strip() and not any(cell[:1] == " " or {*cell} & {*"\r\n"} for cell in row)
        always = quoting if plain else csv.QUOTE_ALL  # where `csv.writer` would leave it ambiguous
        csv.writer(buffer, delimiter=delimiter, quoting=always, lineterminator=end).writerow(row)
        lines.append(line + blank)
        text += end * blank + buffer.getvalue()
        line += blank + len(buffer.getvalue().replace("\r\n", "\n").replace("\r", "\n").split("\n")) - 1
    if width == 1 and any(row[0].isspace() for row in rows):
        return  # one column of spaces cannot be told from a blank line
    table = parsed(text, delimiter)
    assert table.names == names
    assert rows_of(table) == rows
    assert list(table.lines or ()) == lines[1:]


@given(
    st.lists(st.lists(st.text("ab1. é", max_size=3), min_size=3, max_size=3), min_size=1, max_size=9),
    st.booleans(),
)
def test_the_fast_path_agrees_with_the_careful_one(rows: list[list[str]], crlf: bool) -> None:
    text = ("\r\n" if crlf else "\n").join(["a,b,c", *(",".join(row) for row in rows)])
    plain = delimited._Reading("t.csv", text.encode(), ",")
    records = plain.records()
    head = next(records)
    fast = plain.fast(head)
    careful, lines = plain.careful(records, head)
    assert fast is not None
    assert [column.to_list() for column in fast[0]] == [column.to_list() for column in careful]
    assert list(fast[1]) == list(lines)


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n\n3,4\n",
        'a,b\n1,"2"\n',
        "a,b\n1\r,2\n",
        "\na,b\n1,2\n",
        "a\n1\n",
        "a,b\n",
        "a,b\n1,2,3\n4\n",
    ],
    ids=["blank", "quote", "cr", "late header", "one column", "no rows", "ragged but square"],
)
def test_the_fast_path_leaves_what_is_not_plain(text: str) -> None:
    reading = delimited._Reading("t.csv", text.encode(), ",")
    assert reading.fast(next(reading.records())) is None


def test_many_rows_cross_the_chunks() -> None:
    rows = [(str(index), f'"{index}"') for index in range(120_001)]
    table = parsed("a,b\n" + "\n".join(f"{a},{b}" for a, b in rows))
    assert table.rows == 120_001
    assert table.columns["b"].to_list() == [a for a, _ in rows]
    assert table.where(120_000) == "line 120002"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("größe,y\n1,2\n".encode(), None),
        (codecs.BOM_UTF8 + "größe,y\n1,2\n".encode(), None),
        (codecs.BOM_UTF8 + "größe,y\n1,2\n".encode(), "utf-8"),
        ("größe,y\n1,2\n".encode("utf-16"), None),
        ("größe,y\n1,2\n".encode("utf-16"), "utf-16-le"),
        ("größe,y\n1,2\n".encode("utf-16-be"), "utf-16-be"),
        ("größe,y\n1,2\n".encode("latin-1"), "latin-1"),
        (gzip.compress("größe,y\n1,2\n".encode(), mtime=0), None),
        ("gro\u0308ße,y\n1,2\n".encode(), None),
        (" größe , y\n 1, 2\n".encode(), None),
        ('"größe", "y"\n"1", "2"\n'.encode(), None),
    ],
)
def test_encodings_and_forms(tmp_path: Path, data: bytes, encoding: str | None) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(data)
    table = read(file, encoding=encoding)
    assert table.names == ["größe", "y"]
    assert [cell.strip() for cell in rows_of(table)[0]] == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a b c\n1 2 3\n4 5 6\n", ["a", "b", "c"]),
        ('"a b" c\n1 2\n3 4\n', ["a b", "c"]),
        ("full name\nAda Lovelace\nEdward Charles Pickering\n", ["full name"]),
        ("a b\n1  2\n3  4\n", ["a b"]),
        ("a b\n", ["a b"]),
    ],
)
def test_spaces_part_cells_where_they_part_all_lines_alike(text: str, names: list[str]) -> None:
    table = parsed(text)
    assert table.names == names
    assert bool(table.notes) == (len(names) > 1)


@pytest.mark.parametrize(("name", "mark"), [("t.tsv", "\t"), ("t.csv", ";"), ("t.csv", "\t"), ("t.txt", "|")])
def test_the_delimiter_is_found(tmp_path: Path, name: str, mark: str) -> None:
    file = tmp_path / name
    file.write_text(f"a{mark}b\n1{mark}2\n")
    table = read(file)
    assert table.names == ["a", "b"]
    assert bool(table.notes) == (name != "t.tsv")  # said aloud unless the suffix says it
    assert read(file, delimiter=mark).notes == []


def test_bytes_that_are_not_what_the_option_says_are_warned_about(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("é,y\n1,2\n", encoding="utf-8")
    assert [note.kind for note in read(file, encoding="latin-1").notes] == ["warning"]


def test_an_unnamed_empty_last_column_is_left_out() -> None:
    table = parsed("a,b,\n1,2,\n3,4,\n")
    assert table.names == ["a", "b"]
    assert "column 3 has no name" in table.notes[0].text


def test_parquet(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    pl.DataFrame({"a": [1, 2], "b": [None, "x"]}).write_parquet(file)
    table = read(file)
    assert table.names == ["a", "b"]
    assert table.rows == 2
    assert table.where(1) == "row 2"
    assert table.columns["a"].dtype == pl.Int64
