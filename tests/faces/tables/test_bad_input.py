"""Bad tables: one line that names file, line and column, whatever is wrong, and never another exception."""

import gzip
import os
import re
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import InputError
from chainrule.faces.tables import Table, delimited, learn, read, text
from chainrule.faces.tables import parquet as parquet_files

ROWS = [[f"{row / 8}", f"{3 + row % 5}.5", str(row % 2)] for row in range(40)]

DATA = Path(__file__).parents[2] / "data"


def lines(rows: list[list[str]] = ROWS, header: str = "x1,x2,y", mark: str = ",", end: str = "\n") -> str:
    return end.join([header, *(mark.join(row) for row in rows)]) + end


def put(row: int, column: int, cell: str) -> str:
    """The table with `cell` in data row `row` (from 1)."""
    rows = [list(cells) for cells in ROWS]
    rows[row - 1][column] = cell
    return lines(rows)


def column(cells: list[str]) -> str:
    """The table with x2 replaced by `cells`, over and over."""
    return lines([[a, cells[row % len(cells)], y] for row, (a, _, y) in enumerate(ROWS)])


def assert_matches(message: str, pattern: str) -> None:
    assert re.search(pattern, message), message


def fails(path: Path, content: str | bytes, target: str = "y", **options: Any) -> str:
    """The message of the error that learning from the file raises; it must be fit to be shown."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    asked = {key: options.pop(key) for key in ("task", "drop", "missing") if key in options}
    with pytest.raises(InputError) as caught:
        learn(read(path, **options), target, **asked)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 400
    return message.replace(str(path), path.name)


SHAPES = {
    "empty": ("", "t.csv: the file is empty"),
    "only a mark": ("\ufeff", "t.csv: the file is empty"),
    "only blanks": ("\n \n\n", "t.csv: the file is empty"),
    "header only": ("x1,x2,y\n\n", "t.csv: no data rows"),
    "one row": ("x1,x2,y\n1,2,3\n", "only 1 row of data: at least 2"),
    "short row": (lines([*ROWS[:5], ["1", "2"], *ROWS]), "line 7: 2 fields, but the header has 3"),
    "long row": (
        lines([*ROWS[:5], ["1", "2", "3", "4"], *ROWS]),
        "line 7: too many fields: 4, but the header has 3",
    ),
    "late": (lines([*(ROWS * 50), ["1"]]), "line 2002: 1 field"),
    "after blank lines": (lines().replace("\n", "\n\n", 3) + "1\n", "line 45: 1 field"),
    "header longer": (lines(header="x1,x2,z,y"), "line 2: 3 fields, but the header has 4"),
    "comma at ends": (lines().replace("\n1", ",\n1", 2), "the last is empty: does a stray ',' end the line"),
    "another delimiter": (lines([["1", "2;3;4;5"]]), "is the delimiter ';'"),
    "comment first": ("# made by hand\n" + lines(), "line 2: .*line 1 was read as the header"),
    "comment within": (lines([*ROWS[:3], ["# note"], *ROWS]), "line 5: 1 field.*comment lines are not taken"),
    "over several lines": (lines([["1", '"a\nb"']]), r"line 2: 2 fields.*runs on to line 3"),
    "unclosed quote": (put(3, 1, '"2.0'), "line 4, column 'x2': a quote opens here and never closes"),
    "quote swallows": (
        lines([["1", '"2', "0"], *(ROWS * 999)]),
        "line 2, column 'x2': a quote opens here and does not",
    ),
    "stray quote": (put(3, 1, '"5" pipe'), "line 4, column 'x2': misplaced quote"),
    "quote in the header": ('x1,"x2\n' + lines(), "line 1, field 2: a quote opens here and never closes"),
    "endless cell": (put(3, 1, "9" * 200_000), "line 4, column 'x2': a cell is too long"),
    "NUL": (put(3, 1, "2.\0"), r"line 4: a NUL character \(\\x00\)"),
    "duplicate": (lines(header="y,x2,y"), r"line 1: duplicate column name 'y' \(columns 1 and 3\)"),
    "duplicate in NFC": (lines(header="caf\u00e9,cafe\u0301,y"), "duplicate column name 'café'"),
    "duplicate but for spaces": (lines(header="a, a,y"), "duplicate column name 'a'"),
    "no name": (lines(header="x1,,y"), "line 1: column 2 has no name"),
    "no names": (lines(header=" , , "), "line 1: column 1 has no name"),
    "no header": (lines(ROWS[:9])[8:], "line 1 looks like data .*is the header row missing"),
    "wrong case": (lines(header="x1,x2,Y"), "no target column 'y'. Did you mean 'Y'"),
    "no such target": (lines(header="x1,x2,label"), "no target column 'y'; there are 'x1', 'x2', 'label'"),
    "only the target": ("y\n1\n2\n", "no input columns: there is only the target 'y'"),
    "spaces between": (lines(header="x1  x2  y", mark="  "), "the header is one field, 'x1  x2  y'"),
    "Git LFS": ("version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    "JSON": ('[{"x1": 1}]', "looks like JSON"),
    "a page": ("<!DOCTYPE html><html></html>", "a web page"),
    "UTF-16 unmarked": (lines().encode("utf-16-le"), "--encoding utf-16-le"),
    "half a letter": (
        lines().encode() + b"1,\xc3",
        r"line 42: byte 0xc3 \(offset \d+\) cannot be decoded as UTF-8",
    ),
    "latin-1": (put(5, 1, "é").encode("latin-1"), "line 6: byte 0xe9 .*--encoding cp1252"),
    "Parquet": (b"PAR1....PAR1", "this is a Parquet file; name it .parquet"),
    "Excel": (b"\xd0\xcf\x11\xe0" + bytes(99), "an Excel workbook"),
    "damaged gzip": (gzip.compress(lines().encode())[:-20], "compressed with gzip, but damaged or cut short"),
}


@pytest.mark.parametrize("case", SHAPES)
def test_shapes(tmp_path: Path, case: str) -> None:
    content, message = SHAPES[case]
    assert_matches(fails(tmp_path / "t.csv", content), message)


OPTIONS = [
    ({"delimiter": ";;"}, "--delimiter ';;': one character"),
    ({"delimiter": ""}, "--delimiter '': one character"),
    ({"delimiter": "a"}, "--delimiter 'a': one character"),
    ({"delimiter": "\n"}, r"--delimiter '\\n': one character"),
    (
        {"delimiter": ";"},
        "the header is one field 'x1,x2,y' with delimiter ';'; did you mean --delimiter ','",
    ),
    ({"decimal": "x"}, "--decimal 'x'"),
    ({"decimal": ","}, "with --decimal ',' the cells need another --delimiter"),
    ({"decimal": ",", "delimiter": ","}, "must differ"),
    ({"encoding": "utf8x"}, "--encoding 'utf8x': no such text encoding. Did you mean 'utf-8'"),
    ({"encoding": "rot13"}, "no such text encoding"),
    ({"encoding": "a\0"}, "no such text encoding"),
    ({"encoding": "utf-16"}, "not encoded as UTF-16; leave --encoding out"),
    ({"task": "classify"}, "--task 'classify': .*Did you mean 'classification'"),
    ({"missing": "drop"}, "--missing 'drop': it is impute or refuse"),
    ({"drop": ["x3x"]}, "--drop: no column 'x3x'"),
    ({"drop": ["x_2"]}, "--drop: no column 'x_2'. Did you mean 'x2'"),
    ({"drop": ["y"]}, "'y' is the target: it cannot be dropped"),
    ({"drop": ["x1", "x2"]}, "no input columns"),
    ({"target": "Z\x1b[31m"}, r"no target column 'Z\\x1b\[31m'"),
    ({"target": "y" * 5000}, "no target column 'yyy"),
]


@pytest.mark.parametrize(("options", "message"), OPTIONS, ids=[str(options)[:40] for options, _ in OPTIONS])
def test_options(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    assert_matches(fails(tmp_path / "t.csv", lines(), **options), message)


NOT_NUMBERS = {
    "abc": "mend it",
    "inf": "not finite",
    "-Infinity": "not finite",
    "1e400": "too large",
    "0,5": "--decimal ,",
    '"1,000.5"': "thousands",
    "1 000": "thousands",
    "45%": "percent",
    "$5": "currency",
    "0x1F": "hexadecimal",
    "1_000": "underscores",
    "1/2": "fraction",
    "#DIV/0!": "spreadsheet",
    "12kg": "unit",
    "2024-01-31": "date",
    "1.2.3": "more than one decimal mark",
    "１２": "ASCII",
    "١٢": "ASCII",
    "True": "mend it",
    "1e": "number",
    "\u200b1": "number",
    "'1": "number",
    "\x1b[31m1": "number",
    "z" * 9999: "number",
}


@pytest.mark.parametrize("cell", NOT_NUMBERS, ids=range(len(NOT_NUMBERS)))
def test_cells_among_numbers(tmp_path: Path, cell: str) -> None:
    content = put(3, 1, cell).replace(",0,5,", ',"0,5",')
    message = fails(tmp_path / "t.csv", content)
    assert message.startswith("t.csv: line 4, column 'x2': '")
    assert_matches(message, NOT_NUMBERS[cell])
    target = fails(tmp_path / "t.csv", content, target="x2", task="regression")
    assert target.startswith("t.csv: line 4, column 'x2': '")


@given(
    st.integers(1, 40),
    st.sampled_from([0, 1]),
    st.lists(st.integers(0, 2), min_size=41, max_size=41),
    st.booleans(),
)
@settings(max_examples=60)
def test_a_planted_cell_is_found_on_its_line(row: int, at: int, blanks: list[int], notes: bool) -> None:
    parts, line, want = [], 1, 0
    for number, cells in enumerate([["x1", "x2", "note", "y"], *ROWS]):
        parts.append("\n" * blanks[number])
        line += blanks[number]
        if number:
            cells = [*cells[:2], '"two\nlines"' if notes else "one", cells[2]]
            if number == row:
                cells[at], want = "oops", line
        parts.append(",".join(cells) + "\n")
        line += 2 if notes and number else 1
    found = delimited.parse("t.csv", "".join(parts).encode())
    with pytest.raises(
        InputError, match=rf"^t\.csv: line {want}, column 'x{at + 1}': 'oops' is not a number"
    ):
        learn(Table("t.csv", found.columns, len(found.lines), found.lines), "y")


COLUMNS = {
    "no value": ([""], "column 'x2' has no value at all"),
    "dates": (["2024-01-01", "2024-02-01", "03.04.2024"], "line 4, column 'x2': '03.04.2024' is no date"),
    "decimal commas": (['"0,5"', "1.25"], "line 2, column 'x2': '0,5' .*--decimal ,"),
    "percent signs": (["5%", "6"], "line 2, column 'x2': '5%' .*percent"),
    "half numbers": (["1.5", "low"], "line 3, column 'x2': 'low' is not a number"),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_columns(tmp_path: Path, case: str) -> None:
    cells, message = COLUMNS[case]
    assert_matches(fails(tmp_path / "t.csv", column(cells)), message)


def test_free_text_alone_is_refused(tmp_path: Path) -> None:
    rows = [[f"n{row}", str(row % 2)] for row in range(28)]
    message = fails(tmp_path / "t.csv", lines(rows, "name,y"))
    assert "column 'name' holds 28 distinct texts" in message
    assert "leave it out with --drop name" in message


TARGETS = {
    "one class": (["1"], None, "column 'y' holds only one class"),
    "no value": (
        [""],
        None,
        "column 'y' has no value at all: every cell is missing: it cannot be the target",
    ),
    "infinite": (["1.5", "2.5", "inf", "3.5"], None, "line 4, column 'y': 'inf' is not finite"),
    "typing error": (["1", "0", "O", "1"], None, "line 4, column 'y': 'O' is not a number"),
    "words as amounts": (
        ["no", "yes"],
        "regression",
        "line 2, column 'y': 'no' is not a number: regression needs",
    ),
    "amounts as classes": (
        [f"{row}.5" for row in range(40)],
        "classification",
        "40 distinct values.*continuous",
    ),
    "free text": (
        [f"id{row}" for row in range(40)],
        None,
        "40 distinct values in 40 rows, too many to be classes",
    ),
    "dates": (
        [f"2024-01-{1 + row % 28}" for row in range(40)],
        None,
        "dates or times .* it cannot be the target",
    ),
    "constant": (["1.5"], None, "column 'y' is 1.5 in every row"),
}


@pytest.mark.parametrize("case", TARGETS)
def test_targets(tmp_path: Path, case: str) -> None:
    cells, task, message = TARGETS[case]
    rows = [[a, b, cells[row % len(cells)]] for row, (a, b, _) in enumerate(ROWS)]
    assert_matches(fails(tmp_path / "t.csv", lines(rows), task=task), message)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "table.csv").touch()
    for name, words in [
        ("tabel.csv", "no such file. Did you mean 'table.csv'"),
        ("nowhere/t.csv", "no such file. There is no folder"),
        ("", "it is a folder"),
        ("a\0b", "embedded null byte"),
        ("a" * 300, "File name too long"),
    ]:
        with pytest.raises(InputError, match=words):
            read(f"{tmp_path}/{name}")
    with pytest.raises(InputError, match="not a regular file or a pipe"):
        read("/dev/zero")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    (tmp_path / "t.csv").touch(mode=0)
    with pytest.raises(InputError, match=r"t\.csv: cannot be read: Permission denied"):
        read(tmp_path / "t.csv")


def test_archives_and_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "z.csv", "w") as archive:
        archive.writestr("t.csv", lines())
    with pytest.raises(InputError, match="ZIP archive or an Excel workbook"):
        read(tmp_path / "z.csv")
    assert "named .gz, but not" in fails(tmp_path / "t.csv.gz", lines())
    monkeypatch.setattr(text, "LINE_LIMIT", 1 << 20)
    assert "line 2 is too long" in fails(tmp_path / "t.csv", "x,y\n" + "1" * (3 << 20))
    assert "line 1 is too long" in fails(tmp_path / "t.csv.gz", gzip.compress(b"x" * (3 << 20)))
    monkeypatch.setattr(text, "BOMB_SIZE", 1 << 20)
    assert "over 100-fold" in fails(tmp_path / "t.csv.gz", gzip.compress(b"x,y\n" + b"1,0\n" * (1 << 20)))


def parquet(path: Path, values: Any, target: Any = None) -> bytes:
    """A Parquet file with `values` as its column x2."""
    rows = len(values)
    y = target if target is not None else [row % 2 for row in range(rows)]
    pl.DataFrame({"x1": [row / 8 for row in range(rows)], "x2": values, "y": y}).write_parquet(path)
    return path.read_bytes()


PARQUET = {
    "list": (pl.Series([[1.0]] * 6), "column 'x2' holds neither numbers nor words (its type is list)"),
    "struct": (pl.Series([{"a": 1}] * 6), "(its type is struct); leave it out with --drop x2"),
    "binary": (pl.Series([b"\xff"] * 6), "(its type is binary)"),
    "duration": (pl.Series([0] * 6).cast(pl.Duration), "(its type is duration)"),
    "null": (pl.Series([None] * 6), "column 'x2' has no value at all"),
    "infinite": (pl.Series([1.0, 2.0, np.inf, 1.0, 2.0, 3.0]), "row 3, column 'x2': an infinite value"),
    "bad text": (pl.Series(["1", "2", "3", "oops", "5", "6"]), "row 4, column 'x2': 'oops' is not a number"),
}


@pytest.mark.parametrize("case", PARQUET)
def test_parquet_columns(tmp_path: Path, case: str) -> None:
    values, message = PARQUET[case]
    assert message in fails(tmp_path / "t.parquet", parquet(tmp_path / "t.parquet", values))


def test_a_parquet_target_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    dates = pl.Series(range(6)).cast(pl.Date)
    assert "holds dates or times ('1970-01-01'): it cannot be the target" in fails(
        path, parquet(path, range(6), dates)
    )


def test_damaged_parquet(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.parquet"
    good = parquet(path, pl.Series(np.arange(200) % 7 / 3))
    footer = (2**31 - 1).to_bytes(4, "little")
    for content, words in [
        (b"", "is empty"),
        (lines(), "not a Parquet file .*name it .csv"),
        (good[:-8], "cut short or damaged"),
        (good[: len(good) // 2], "cut short or damaged"),
        (good[:-8] + footer + b"PAR1", "its footer claims"),
        (good[:-4] + b"PARE", "encrypted"),
        (good[:4] + bytes(40) + good[44:], "cannot read it as Parquet"),
    ]:
        assert_matches(fails(path, content), words)
    rng = np.random.default_rng(0)
    for _ in range(12):  # each in a process of its own
        broken = bytearray(good)
        broken[rng.integers(4, len(good) - 8)] = rng.integers(256)
        path.write_bytes(broken)
        with suppress(InputError):
            learn(read(path), "y")
    assert capfd.readouterr().err == ""


def test_parquet_that_makes_polars_abort(capfd: pytest.CaptureFixture[str]) -> None:
    """The number of values in a page is -64, at offset 297: Polars asks for 2**61 bytes, and aborts."""
    path = DATA / "page_of_minus_64_values.parquet"
    message = fails(path, path.read_bytes())
    assert "is it damaged? (memory allocation of " in message
    assert capfd.readouterr().err == ""


def test_a_parquet_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand times its size is a bomb only where that is large: a column of one value packs well."""
    path = tmp_path / "t.parquet"
    bomb = parquet(path, pl.repeat(1.0, 100_000, eager=True), pl.repeat("no", 100_000, eager=True))
    assert read(path).rows == 100_000
    monkeypatch.setattr(parquet_files, "BOMB_SIZE", 1 << 20)
    monkeypatch.setattr(parquet_files, "BOMB_RATIO", 1)
    assert "a bomb: 100,000 rows of 3 columns take" in fails(path, bomb)


def test_a_parquet_bomb_of_few_long_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `large_string_map.brotli.parquet` of the format's own test files: 4 kB, two rows, 2 GiB."""
    path = tmp_path / "t.parquet"
    bomb = parquet(path, ["a" * (2 << 20)] * 6)
    assert len(bomb) < 20_000
    assert read(path).rows == 6
    monkeypatch.setattr(parquet_files, "BOMB_SIZE", 1 << 20)
    monkeypatch.setattr(parquet_files, "BOMB_RATIO", 1)
    assert "a bomb: 6 rows of 3 columns take" in fails(path, bomb)


def test_parquet_that_takes_more_memory_than_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.parquet"
    good = parquet(path, range(6))
    monkeypatch.setattr(parquet_files, "machine_memory", lambda: 100 << 20)  # too little to import Polars
    monkeypatch.setattr(parquet_files, "BOMB_SIZE", 1 << 40)
    assert "cannot read it as Parquet" in fails(path, good)


def test_parquet_that_is_never_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.parquet"
    good = parquet(path, range(6))
    monkeypatch.setattr(parquet_files, "PATIENCE", 0.001)
    assert "cannot be read as Parquet in 0 s" in fails(path, good)


@given(st.binary(max_size=200) | st.text('xy,;"\n\r\t 10.#', max_size=60).map(str.encode))
@settings(max_examples=300)
def test_whatever_the_bytes_nothing_but_an_input_error(data: bytes) -> None:
    try:
        utf8, _ = text.as_utf8("t.csv", data, None)
        found = delimited.parse("t.csv", utf8)
        learn(Table("t.csv", found.columns, len(found.lines), found.lines), "y")
    except InputError as error:
        message = str(error)
    else:
        message = ""
    assert not message or message.isprintable()
    assert len(message) < 400


def test_long_names_leave_messages_short(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 200)
    folder.mkdir()
    message = fails(folder / ("q" * 200 + ".csv"), put(3, 1, "z" * 9999).replace("x2", "n" * 999))
    assert "line 4" in message
    assert "q.csv" in message


def test_later_tables_of_another_shape(tmp_path: Path) -> None:
    rows = [[a, "ab"[row % 2], y] for row, (a, _, y) in enumerate(ROWS)]
    (tmp_path / "t.csv").write_text(lines(rows, "x,k,y"))
    encoding, _, _ = learn(read(tmp_path / "t.csv"), "y")
    for content, words in [
        ("x\n1\n", "column 'k' is missing; the run was trained on it"),
        ("X,k\n1,a\n", "column 'x' is missing; .*Did you mean 'X'"),
        ("a,b\n1,2\n", "columns are missing: 'x', 'k'"),
        ("x,k\n1,a\nhigh,b\n", "line 3, column 'x': 'high' is not a number"),
        ("x,k\n1,1.5\n", "line 2, column 'k': '1.5' is a number, but training had words"),
    ]:
        (tmp_path / "p.csv").write_text(content)
        with pytest.raises(InputError, match=words):
            encoding.encode(read(tmp_path / "p.csv"))
    pl.DataFrame({"x": [0, 1], "k": ["a", "b"]}).with_columns(pl.col("x").cast(pl.Date)).write_parquet(
        tmp_path / "p.parquet"
    )
    with pytest.raises(InputError, match=r"column 'x': '1970-01-01' is not a number \(a date or time"):
        encoding.encode(read(tmp_path / "p.parquet"))
