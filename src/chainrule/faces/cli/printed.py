"""A document in the format that was asked for."""

from collections.abc import Iterable
from importlib import import_module

from chainrule.ask.documents.blocks import Block


def printed(blocks: Iterable[Block], kind: str, ascii_only: bool) -> bytes:
    """The document as text, markdown, latex, html or pdf."""
    if kind == "pdf":
        pdf: bytes = import_module("chainrule.ask.documents.typst").pdf(blocks)
        return pdf
    if kind == "text":
        from chainrule.ask.documents.text import Printer

        return "\n".join(Printer(unicode=not ascii_only).text(blocks)).encode()
    text: str = import_module(f"chainrule.ask.documents.{kind}").text(blocks)
    return (text.rstrip("\n") + "\n").encode()
