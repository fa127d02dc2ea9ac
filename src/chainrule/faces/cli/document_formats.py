"""The formats that a document is written in, on the terminal or into a file: explanations and verdicts."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from chainrule.faces.cli.streams import write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chainrule.ask.documents.blocks import Block

FORMATS = ("text", "latex", "html", "markdown", "json", "pdf")
_SUFFIXES = {
    ".tex": "latex",
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".json": "json",
    ".pdf": "pdf",
}


class PlainDocument(Protocol):
    """A document that is plain data, too."""

    def blocks(self) -> "Iterator[Block]": ...

    def plain(self) -> dict[str, Any]: ...


def format_of(kind: str | None, as_json: bool, output: str | None, csv: bool = False) -> str:
    """How a document is written: as asked, else by the suffix of its file; CSV where it is a `csv` too.

    Raises:
        UsageError: two ways are asked for.
    """
    if as_json and kind not in (None, "json"):
        raise click.UsageError(f"--json and --format {kind} contradict each other")
    if as_json or kind:
        return kind or "json"
    suffixes = _SUFFIXES | ({".csv": "csv"} if csv else {})
    return suffixes.get(Path(output).suffix.lower(), "text") if output else "text"


def write_document(document: "PlainDocument", kind: str, output: str | None, ascii_only: bool) -> None:
    """Print the document, or write it to a file.

    Raises:
        UsageError: a PDF would go to a terminal.
    """
    if kind == "text" and not output:
        from chainrule.faces.cli.terminal import show

        show(document.blocks(), ascii_only=ascii_only)
        return
    if kind == "pdf" and not output and sys.stdout.isatty():
        raise click.UsageError("a PDF is not for a terminal: write it to a file, with --output FILE.pdf")
    content = _content(document, kind, ascii_only)
    if output:
        from chainrule.files.writing import save

        save(output, content)
    else:
        write(content)


def _content(document: Any, kind: str, ascii_only: bool) -> bytes:
    """The document in one of the formats; only what is a table has `csv`."""
    if kind == "csv":
        text: str = document.csv()
        return text.encode()
    if kind == "json":
        from chainrule.files.json_values import dumps

        return (dumps(document.plain()) + "\n").encode()
    from chainrule.faces.cli.terminal import printed

    return printed(document.blocks(), kind, ascii_only)
