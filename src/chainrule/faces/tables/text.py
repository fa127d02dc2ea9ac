"""A file's bytes, unpacked and decoded: UTF-8 in the end, or an error that says what the file really is."""

import codecs
import io
import os
from hashlib import sha256
from typing import IO, Any

from chainrule.errors import InputError, did_you_mean
from chainrule.faces.tables.quoting import plain, quoted
from chainrule.faces.tables.table import Note
from chainrule.files.reading import opened
from chainrule.files.writing import printable

LINE_LIMIT = 16 << 20
"""Bytes in one line, past which a file is no table (5,000 columns take about 100 kB)."""
BOMB_SIZE, BOMB_RATIO = 64 << 20, 100
"""A packed file may grow to more than this many bytes only while it grows less than this many times."""

_CHUNK = 1 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COMMON = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "latin-1",
    "cp1252",
    "iso-8859-15",
    "mac-roman",
    "shift_jis",
)
_OTHERS = (
    (b"PAR1", "a Parquet file; name it .parquet"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook; a workbook is called .xlsx"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (.xls, or encrypted); save the sheet as CSV"),
    (b"version https://git-lfs", "a Git LFS pointer, not the data and its header; run `git lfs pull`"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"ARROW1", "an Arrow file; save it as Parquet"),
    (b"FEA1", "a Feather file; save it as Parquet"),
    (b"\x93NUMPY", "a NumPy array file"),
    (b"BZh", "compressed with bzip2; unpack it, or use gzip"),
    (b"\xfd7zXZ", "compressed with xz; unpack it, or use gzip"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it"),
)


def file_bytes(path: str, table_text: bool = True) -> tuple[bytes, str]:
    """The bytes of the file at `path` (of a text, unpacked if gzip or zstd packed it), and its SHA-256.

    Raises:
        InputError: no such file, unreadable, one endless line, a damaged or bomb-like packed stream.
    """
    try:
        with opened(path) as file:
            if table_text:
                return _text_bytes(path, file)
            data = file.read()
            return data, sha256(data).hexdigest()
    except InputError:
        raise
    except MemoryError:
        raise InputError(f"{printable(path)}: larger than the memory that is free") from None
    except FileNotFoundError:
        raise InputError(f"{printable(path)}: no such file.{_nearby(path)}") from None
    except (OSError, ValueError) as error:
        reason = (
            "it is a folder" if isinstance(error, IsADirectoryError) else getattr(error, "strerror", error)
        )
        raise InputError(f"{printable(path)}: cannot be read: {plain(reason, 100)}") from None


def as_utf8(path: str, data: bytes, encoding: str | None) -> tuple[bytes, list[Note]]:
    """`data` decoded (by its byte order mark, else `encoding`, else UTF-8) and encoded anew as plain UTF-8.

    Raises:
        InputError: another format's bytes, an unknown encoding, undecodable bytes, NUL characters.
    """
    _refuse_other_formats(path, data)
    name = _encoding_of(path, data, encoding)
    try:
        text = data.decode("utf-8-sig" if name == "utf-8" else name)
        utf8 = data if name == "utf-8" else text.encode("utf-8")
    except UnicodeError as error:
        raise InputError(f"{printable(path)}: {_undecodable(data, name, error)}") from None
    if "\0" in text:
        raise InputError(f"{printable(path)}: {_nul(data, text)}")
    if text[:200].lstrip().startswith(("{", "[{", "[[")):
        raise InputError(f"{printable(path)}: this looks like JSON, not like a table; save it as CSV")
    notes = []
    if encoding and name != "utf-8" and not data.isascii() and _is_utf8(data):
        notes.append(
            Note("warning", f"the bytes are valid UTF-8, yet are read as {plain(encoding)} as asked")
        )
    return utf8.removeprefix(codecs.BOM_UTF8), notes


def _text_bytes(path: str, file: IO[bytes]) -> tuple[bytes, str]:
    head = file.read(4)
    if head.startswith((_GZIP, _ZSTD)):
        packed = head + file.read()
        return _unpacked(path, packed), sha256(packed).hexdigest()
    if path.lower().endswith(".gz") and head:
        raise InputError(
            f"{printable(path)}: named .gz, but not compressed with gzip; is it damaged or misnamed?"
        )
    data = _guarded(path, file, head, limit=None)
    return data, sha256(data).hexdigest()


def _unpacked(path: str, data: bytes) -> bytes:
    import gzip
    import zlib

    limit, name = max(BOMB_SIZE, BOMB_RATIO * len(data)), "gzip"
    try:
        if data.startswith(_ZSTD):
            name = "zstd"
            return _of_zstd(path, data, limit)
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return _guarded(path, stream, b"", limit)
    except (OSError, EOFError, zlib.error) as error:
        reason = plain(error, 80)
        raise InputError(
            f"{printable(path)}: compressed with {name}, but damaged or cut short ({reason})"
        ) from None


def _of_zstd(path: str, data: bytes, limit: int) -> bytes:
    """What zstd packed; raises OSError where it is damaged, InputError where zstandard is not installed."""
    try:
        import zstandard
    except ImportError:
        text = "compressed with zstd, which wants zstandard: pip install '.[files]' in chainrule's folder"
        raise InputError(f"{printable(path)}: {text}; or unpack it") from None
    try:
        with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as stream:
            content = _guarded(path, stream, b"", limit)
        last = zstandard.ZstdDecompressor().decompressobj()
        last.decompress(data)  # for the reader of streams, one that was cut short has ended
    except zstandard.ZstdError as error:
        raise OSError(str(error)) from None
    if not last.eof:
        raise OSError("its end is missing")
    return content


def _guarded(path: str, stream: Any, head: bytes, limit: int | None) -> bytes:
    """All that `stream` gives after `head`; stops at a line past LINE_LIMIT, or past `most` bytes."""
    parts, size, open_line = [head], len(head), len(head)
    while chunk := stream.read(_CHUNK):
        parts.append(chunk)
        size += len(chunk)
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        open_line = open_line + len(chunk) if end < 0 else len(chunk) - end - 1
        if open_line > LINE_LIMIT:
            number = 1 + sum(part.count(b"\n") for part in parts)
            raise InputError(
                f"{printable(path)}: line {number} is too long for a table (over {LINE_LIMIT >> 20} MiB)"
            )
        if limit is not None and size > limit:
            raise InputError(
                f"{printable(path)}: its packed data is too large: it unpacks over {BOMB_RATIO}-fold;"
                " unpack it yourself if it is to be trusted"
            )
    return b"".join(parts)


def _nearby(path: str) -> str:
    from difflib import get_close_matches

    folder, name = os.path.split(path)
    if folder and not os.path.isdir(folder):
        return f" There is no folder {quoted(folder, 60)}"
    similar = get_close_matches(name, os.listdir(folder or "."), n=1, cutoff=0.8)
    return f" Did you mean {quoted(similar[0], 60)}?" if similar else ""


def _refuse_other_formats(path: str, data: bytes) -> None:
    for magic, format_name in _OTHERS:
        if data.startswith(magic):
            raise InputError(f"{printable(path)}: this is {format_name}")
    if data[:200].lstrip().lower().startswith((b"<!doctype html", b"<html", b"<?xml")):
        raise InputError(
            f"{printable(path)}: this is a web page or XML, not a table; was the download refused?"
        )


def _encoding_of(path: str, data: bytes, encoding: str | None) -> str:
    marked = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    if encoding is None:
        return marked or "utf-8"
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)  # a codec that is not for text (rot13, base64) is refused only here
    except (LookupError, ValueError):
        meant = did_you_mean(encoding, _COMMON) or " Common ones: utf-8, utf-16, latin-1, cp1252"
        raise InputError(f"--encoding {quoted(encoding)}: no such text encoding.{meant}") from None
    name = "utf-8" if codec.name in ("utf-8", "utf-8-sig") else codec.name
    if marked and not name.startswith(marked):
        conflict = f"starts with a {marked.upper()} mark, but --encoding says {plain(encoding)}; leave it out"
        raise InputError(f"{printable(path)}: {conflict}")
    if name.startswith(("utf-16", "utf-32")) and b"\0" not in data:  # its line ends would hold NUL bytes
        raise InputError(f"{printable(path)}: not encoded as {name.upper()}; leave --encoding out")
    return marked or name


def _undecodable(data: bytes, name: str, error: UnicodeError) -> str:
    start = getattr(error, "start", 0)
    if not isinstance(error, UnicodeDecodeError):
        return f"cannot be decoded as {name} ({plain(error, 80)}); is the encoding right?"
    line = _lines(data[:start].decode(name, "replace")) + 1
    advice = "is --encoding right?" if name != "utf-8" else "name its encoding, say --encoding cp1252"
    byte = f"byte 0x{data[start]:02x} (offset {start})"
    return f"line {line}: {byte} cannot be decoded as {name.upper()}; {advice}"


def _nul(data: bytes, text: str) -> str:
    head = data[:2000]
    if 2 * head.count(0) > 0.8 * len(head):
        ending = "le" if head[1:2] == b"\0" else "be"
        return f"full of NUL bytes: UTF-16 without a byte order mark? Say --encoding utf-16-{ending}"
    line = _lines(text[: text.index("\0")]) + 1
    return f"line {line}: a NUL character (\\x00); the file is damaged"


def _lines(text: str) -> int:
    """How many lines have ended in `text`, whatever ends them."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
