"""Show a document on the terminal, in the width, letters and colours it has, or print it in a format."""

import os
import sys
from collections.abc import Iterable
from importlib import import_module
from shutil import get_terminal_size
from typing import Any

import click

from chainrule.ask.documents.blocks import Block
from chainrule.ask.documents.text import WIDTH, Printer

_COLOURS: dict[str, dict[str, Any]] = {
    "title": {"bold": True},
    "heading": {"fg": "cyan", "bold": True},
    "name": {"fg": "yellow"},
    "result": {"fg": "green", "bold": True},
    "command": {"bold": True},
    "note": {"dim": True},
}


def show(blocks: Iterable[Block], *, ascii_only: bool = False) -> None:
    """Print blocks, each as soon as it is there."""
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    printer = Printer(
        width=max(min(get_terminal_size().columns, WIDTH), 40),
        unicode=not ascii_only and _can_show("∂E/∂w₁ · ½ → █"),
        paint=_painted if colour else lambda text, role: text,
    )
    for part in printer.text(blocks):
        click.echo(part)


def printed(blocks: Iterable[Block], kind: str, ascii_only: bool) -> bytes:
    """The document as text, markdown, latex, html or pdf."""
    if kind == "pdf":
        pdf: bytes = import_module("chainrule.ask.documents.typst").pdf(blocks)
        return pdf
    if kind == "text":
        return "\n".join(Printer(unicode=not ascii_only).text(blocks)).encode()
    text: str = import_module(f"chainrule.ask.documents.{kind}").text(blocks)
    return (text.rstrip("\n") + "\n").encode()


def _painted(text: str, role: str) -> str:
    return click.style(text, **_COLOURS[role])


def _can_show(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
