"""Where a run's table came from: how its file is read, and whether a file is the one trained on."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainrule.engine.runs.ensemble import Ensemble
from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.tables import folder
from chainrule.faces.tables.read import read
from chainrule.faces.tables.table import Table
from chainrule.files.reading import opened


@dataclass(frozen=True)
class Reading:
    """How a delimited file is read; stored with the run, so that new files are read the same way."""

    delimiter: str | None = None
    decimal: str = "."
    encoding: str | None = None
    missing_markers: tuple[str, ...] = ()
    thousands: str = ""
    dates: str = ""
    skip: int = 0
    categories: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    sheet: str = ""

    def table(self, path: str) -> Table:
        """The table in a file, or in the files of a folder."""
        if os.path.isdir(path):
            return folder.joined(path, [read(part, **vars(self)) for part in folder.parts(path)])
        return read(path, **vars(self))

    def to_dict(self) -> dict[str, Any]:
        """Plain data, to be stored with a run."""
        return plain(vars(self))


def plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as JSON has them: lists, no tuples."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}


def reading_of(run: Run | Ensemble, overrides: dict[str, Any]) -> Reading:
    """How new tables for this run are read: as the training table was, except for what is `given`."""
    reading = run.extra.get("reading", {})
    if not isinstance(reading, dict) or not all(map(_reads, reading.values())):
        raise InputError("how the run's table was read is damaged in its run.json; train again")
    stored = {name: reading.get(name) for name in Reading.__dataclass_fields__}
    options = {name: value for name, value in stored.items() if value} | overrides
    lists = {name: tuple(value) for name, value in options.items() if isinstance(value, list)}
    return Reading(**options | lists)


def trained_on(run: Run | Ensemble, sha256: str | None) -> bool:
    """Whether the table of that SHA-256 is the very one that the run was trained on."""
    table = run.extra.get("table")
    return isinstance(table, dict) and sha256 is not None and sha256 == table.get("sha256")


def refuse_text(run: Run | Ensemble) -> None:
    """Refuse a run of text where one of a table is wanted.

    Raises:
        InputError: it is one.
    """
    if run.extra.get("task") == "text":
        raise InputError("this run was trained on a text: it is for generate, evaluate and explain")


def training_table(run: Run, folder: str) -> str:
    """The file that the run in `folder` was trained on, if it lies where it lay, here or beside the run.

    Raises:
        InputError: it is not there, or has changed since.
    """
    about = run.extra.get("table")
    if not isinstance(about, dict) or not isinstance(about.get("name"), str):
        raise InputError(f"{folder}: this run was trained on arrays, not on a table: explain it in Python")
    name = about["name"]
    parent = Path(folder).resolve().parent
    stored = str(about.get("path", name))
    candidates = [str(p) for p in (Path(stored), Path(name), parent / stored, parent / name) if p.is_file()]
    for path in candidates:
        if trained_on(run, fingerprint(path)):
            return path
    reason = (
        f"{candidates[0]} has changed since {folder} was trained on it"
        if candidates
        else f"{name} is not here"
    )
    raise InputError(f"{reason}: name the table whose rows are to be explained, with --table FILE")


def as_text(name: str) -> str:
    """A file name that can be written down: bytes that are no UTF-8 become �."""
    return os.fsencode(name).decode("utf-8", "replace")


def fingerprint(path: str) -> str:
    """The SHA-256 of a file."""
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reads(value: Any) -> bool:
    """Whether it is a reading option, or the list of markers."""
    return (
        value is None or isinstance(value, str | int) or (isinstance(value, list) and all(map(_reads, value)))
    )
