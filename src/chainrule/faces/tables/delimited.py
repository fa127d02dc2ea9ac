"""CSV and its kin: UTF-8 bytes into raw string columns; a fault is named by the line its record starts on."""

import csv
import io
import re
from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from chainrule.errors import InputError
from chainrule.faces.tables.header import checked_names, looks_like_data
from chainrule.faces.tables.quoting import counted, plain, quoted
from chainrule.faces.tables.table import Note
from chainrule.files.writing import printable

if TYPE_CHECKING:
    import polars as pl

_OTHERS = (";", "\t", ",", "|")
_WORDS = {"\\t": "\t", "tab": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|"}
_CHUNK = 50_000  # records turned into columns at a time
_PEEK_LINES = 100  # looked at for a delimiter
_PEEK = 10_000  # characters of a broken line that are looked at again


class Parsed(NamedTuple):
    """What a delimited text holds: its columns, the line each row starts on, and what to say aloud."""

    columns: "dict[str, pl.Series]"
    lines: Sequence[int]
    notes: list[Note]
    delimiter: str = ","


class _Record(NamedTuple):
    fields: list[str]
    line: int
    end: int


def parse(path: str, data: bytes, delimiter: str | None = None, decimal: str = ".", skip: int = 0) -> Parsed:
    """Parse UTF-8 `data`; `path` is for its suffix and for messages.

    Raises:
        InputError: bad options, no header, ragged rows, an unclosed quote, bad names; it says where.
    """
    options = chosen(delimiter, decimal)
    if skip:  # their lines are blank from now on, so that all others keep their numbers
        data = b"\n" * skip + b"".join(data.splitlines(keepends=True)[skip:])
    separator, notes = _separator(path, data, options, decimal)
    return _Reading(path, data, separator).parsed(notes)


def chosen(delimiter: str | None, decimal: str) -> str | None:
    """The delimiter that was asked for, by its sign or by its name, such as `tab`.

    Raises:
        InputError: a delimiter or a decimal mark that cannot be used, alone or together.
    """
    mark = _WORDS.get(delimiter or "", delimiter)
    if decimal not in (".", ","):
        raise InputError(f"--decimal {quoted(decimal)}: the decimal mark is '.' or ','")
    if mark is not None and (
        len(mark) != 1 or not mark.isascii() or mark.isalnum() or mark in "\"'\r\n\0.+-_"
    ):
        raise InputError(f"--delimiter {quoted(mark)}: one character is needed, such as ',' ';' '|' or tab")
    if mark == decimal:
        raise InputError(f"--delimiter and --decimal are both {quoted(mark)}: they must differ")
    return mark


class _Reading:
    """One pass over one text; it knows enough to say where and how that text is broken."""

    def __init__(self, path: str, data: bytes, delimiter: str) -> None:
        self.path, self.data, self.delimiter = path, data, delimiter
        spaced = (
            f'{delimiter} "'.encode() in data
        )  # `a, "b, c"`: the quote is one only if the space is skipped
        self.dialect = {"delimiter": delimiter, "strict": True, "skipinitialspace": spaced}

    def parsed(self, notes: list[Note]) -> Parsed:
        """The columns: by Polars where every line is alike and unquoted, otherwise by `csv`."""
        records = self.records()
        head = next(records, None)
        if head is None:
            self.fail("the file is empty: no header and no data")
        blank = sum(not name.strip() for name in head.fields)
        title = len(head.fields) == 1 or (head.fields[0].strip() and 2 * blank >= len(head.fields))
        if title and not head.fields[0].startswith(("#", "sep=")) and (line := self.beginning(head)):
            self.fail(f"line {head.line} is no header: the table seems to begin on {_skipping(line)}")
        columns, lines = self.fast(head) or self.careful(records, head)
        if len(columns) > 1 and not head.fields[-1].strip() and (columns[-1].str.strip_chars() == "").all():
            notes.append(Note("warning", f"column {len(columns)} has no name and no values: left out"))
            columns, head = columns[:-1], head._replace(fields=head.fields[:-1])
        if len(columns) > 2 and not head.fields[0].strip() and columns[0].n_unique() == len(columns[0]) > 1:
            notes.append(
                Note("note", "column 1 has no name and is different in every row, an index: left out")
            )
            columns, head = columns[1:], head._replace(fields=head.fields[1:])
        names = checked_names(self.path, head.fields, f"line {head.line}")
        return Parsed(dict(zip(names, columns, strict=True)), lines, notes, self.delimiter)

    def records(self) -> Iterator[_Record]:
        """Every record that is not blank, with the physical lines that it starts and ends on."""
        stream = io.TextIOWrapper(io.BytesIO(self.data), "utf-8", newline="")
        reader = csv.reader(stream, **self.dialect)  # type: ignore[arg-type]
        line = 1
        try:
            for fields in reader:
                if fields and not (len(fields) == 1 and fields[0].isspace()):
                    yield _Record(fields, line, reader.line_num)
                line = reader.line_num + 1
        except csv.Error as error:
            self.broken(line, error)

    def careful(self, records: Iterator[_Record], head: _Record) -> "tuple[list[pl.Series], Sequence[int]]":
        """The columns below `head`, record by record."""
        import polars as pl

        width, lines, rows = len(head.fields), array("q"), []
        chunks: list[list[pl.Series]] = [[pl.Series([], dtype=pl.String)] for _ in head.fields]
        for record in records:
            if len(record.fields) != width:
                self.ragged(record, head)
            rows.append(record.fields)
            lines.append(record.line)
            if len(rows) == _CHUNK:
                _store(rows, chunks)
        _store(rows, chunks)
        return [pl.concat(parts) for parts in chunks], lines

    def regular(self, width: int) -> bool:
        """Whether each line, from the first on, is `width` plain fields: no quote, no blank line."""
        import numpy as np

        data = self.data
        if width < 2 or b'"' in data or data.count(b"\r") != data.count(b"\r\n"):
            return False
        raw = np.frombuffer(data, np.uint8)
        marks = raw[np.flatnonzero((raw == ord(self.delimiter)) | (raw == ord("\n")))] == ord("\n")
        if not data.endswith(b"\n"):
            marks = np.append(marks, True)
        rows, remainder = divmod(len(marks), width)
        return not remainder and np.count_nonzero(marks) == rows and bool(marks[width - 1 :: width].all())

    def fast(self, head: _Record) -> "tuple[list[pl.Series], Sequence[int]] | None":
        """What `careful` gives, by Polars; None where the text is not so plain that both must agree."""
        import polars as pl

        width = len(head.fields)
        if head.end != 1 or not self.regular(width) or self.data.find(b"\n") in (-1, len(self.data) - 1):
            return None
        frame = pl.read_csv(
            self.data,
            has_header=False,
            skip_lines=1,
            schema={str(index): pl.String for index in range(width)},
            separator=self.delimiter,
            quote_char=None,
        ).with_columns(pl.all().fill_null(""))  # an option says so too, but its name depends on the version
        longest = frame.select(pl.all().str.len_bytes().max()).row(0)
        if max(longest) > csv.field_size_limit():
            return None
        return frame.get_columns(), range(2, 2 + frame.height)

    def ragged(self, record: _Record, head: _Record) -> NoReturn:
        """Fail with how many fields `record` has, and what may have happened."""
        have, want = len(record.fields), len(head.fields)
        text = f"line {record.line}: {counted(have, 'field')}, but the header has {want}"
        if have > want:
            text = f"line {record.line}: too many fields: {have}, but the header has {want}"
        if record.end > record.line:
            text += f" (a quoted cell runs on to line {record.end})"
        if record.fields[0].startswith("#"):
            text += "; comment lines are not taken: remove them"
        elif head.fields[0].startswith(("#", "sep=")):
            text += f"; line {head.line} was read as the header: if it is none, remove it"
        elif line := self.beginning(head):
            text += f"; the table seems to begin on {_skipping(line)}"
        elif have == want + 1 and not record.fields[-1].strip():
            text += f"; the last is empty: does a stray {_shown(self.delimiter)} end the line?"
        else:
            text += _other_delimiter(record.fields, self.delimiter)
        self.fail(text)

    def beginning(self, head: _Record) -> int | None:
        """The line of a later header, if the lines before it are none: from there on the rows are as wide."""
        text = self.data[: 1 << 20].decode("utf-8", "ignore")
        for mark in (self.delimiter, *_OTHERS):
            dialect: Any = {**self.dialect, "delimiter": mark, "strict": False}
            reader = csv.reader(io.StringIO(text, newline=""), **dialect)
            try:
                rows = list(islice(((reader.line_num, row) for row in reader if row), 200))
            except csv.Error:
                continue
            widths = [len(row) for _, row in rows]
            width = max(widths, key=widths.count, default=1)
            complete = [(n, row) for n, row in rows if len(row) == width and all(map(str.strip, row))]
            line, names = complete[0] if complete else (0, [])
            if width < 2 or line <= head.line or looks_like_data(names):
                continue
            below = [len(row) == width for n, row in rows if n > line]
            if below and 10 * sum(below) >= 9 * len(below):
                return line
        return None

    def broken(self, line: int, error: csv.Error) -> NoReturn:
        """Fail with what `csv` found in the record that starts on `line`: a stray quote, an endless cell."""
        stream = io.TextIOWrapper(io.BytesIO(self.data), "utf-8", newline="")
        raw = next(islice(stream, line - 1, None))[:_PEEK].rstrip("\r\n")
        position = self.fields_before_fault(raw)
        names = next(self.lenient(self.data[: 1 << 20].decode("utf-8", "ignore")))
        named = line > 1 and position < len(names)
        place = f"line {line}, " + (
            f"column {quoted(names[position].strip())}" if named else f"field {position + 1}"
        )
        message = str(error)
        if "end of data" in message:
            self.fail(f"{place}: a quote opens here and never closes")
        if "field limit" not in message:
            self.fail(
                f"{place}: misplaced quote ({plain(message, 60)}); a quote inside quotes is written twice"
            )
        reason = (
            "a quote opens here and does not close within"
            if raw.count('"') % 2
            else "a cell is too long: over"
        )
        self.fail(f"{place}: {reason} {csv.field_size_limit()} characters")

    def fields_before_fault(self, raw: str) -> int:
        """How many fields of the line `raw` end before the quote or the cell that `csv` cannot take."""
        ends = (match.end() + 1 for match in re.finditer('"', raw))
        cut = next((end for end in ends if self.misplaced(raw[:end])), len(raw))
        return len(next(self.lenient(raw[:cut]), [""])) - 1

    def misplaced(self, text: str) -> bool:
        """Whether a quote in `text` is misplaced (rather than not closed yet)."""
        try:
            list(csv.reader([text], **self.dialect))  # type: ignore[arg-type]
        except csv.Error as error:
            return "end of data" not in str(error)
        return False

    def lenient(self, text: str) -> Iterator[list[str]]:
        """The records of `text`, whatever its quotes are like."""
        return csv.reader(io.StringIO(text, newline=""), **{**self.dialect, "strict": False})  # type: ignore[arg-type]

    def fail(self, text: str) -> NoReturn:
        """Raise `text` about this file."""
        raise InputError(f"{printable(self.path)}: {text}")


def _skipping(line: int) -> str:
    return f"line {line}: say --skip {line - 1}"


def _store(rows: list[list[str]], chunks: "list[list[pl.Series]]") -> None:
    import polars as pl

    for parts, cells in zip(chunks, zip(*rows, strict=True), strict=False):
        parts.append(pl.Series(cells, dtype=pl.String))
    rows.clear()


def _separator(path: str, data: bytes, choice: str | None, decimal: str) -> tuple[str, list[Note]]:
    """The delimiter: as asked, else the suffix's, else (said aloud) the one that the header line has."""
    text = data[: 1 << 20].lstrip().decode("utf-8", "ignore")
    head = re.split(r"[\r\n]", text, maxsplit=1)[0]
    bare = re.sub('"(""|[^"])*"', "", head)  # quoted names may hold anything
    usual = "\t" if path.lower().removesuffix(".gz").endswith((".tsv", ".tab")) else ","
    best = max((mark for mark in _OTHERS if mark != decimal), key=bare.count)
    if choice is not None:
        if choice not in head and bare.count(best):
            raise InputError(
                f"{printable(path)}: the header is one field {quoted(head)} with delimiter {_shown(choice)};"
                f" did you mean --delimiter {_shown(best)}?"
            )
        return choice, []
    if usual not in bare and not bare.count(best) and _spaced(text):
        return " ", [Note("note", f"the header has no {_shown(usual)}: read with a space as delimiter")]
    if usual != decimal and (usual in bare or not bare.count(best)):
        return usual, []
    if usual in bare and not bare.count(best):
        raise InputError(f"{printable(path)}: with --decimal ',' the cells need another --delimiter, say ';'")
    return best, [Note("note", f"the header has no {_shown(usual)}: read with delimiter {_shown(best)}")]


def _spaced(text: str) -> bool:
    """Whether single spaces part all lines at the beginning of a text into as many cells, two or more."""
    lines = [line for line in text.splitlines()[:_PEEK_LINES] if line]
    rows = list(csv.reader(lines, delimiter=" "))
    return len(lines) > 2 and len(rows[0]) > 1 and all(len(row) == len(rows[0]) and all(row) for row in rows)


def _other_delimiter(fields: list[str], delimiter: str) -> str:
    text = delimiter.join(fields)
    best = max((mark for mark in _OTHERS if mark != delimiter), key=text.count)
    return f"; is the delimiter {_shown(best)}?" if text.count(best) >= max(len(fields), 1) else ""


def _shown(mark: str) -> str:
    return "tab" if mark == "\t" else quoted(mark)
