"""Jupyter notebooks as blocks: their Markdown cells, what their code printed and, if asked, assigned."""

import json
from collections.abc import Iterator
from typing import Any

from chainrule.ask.lessons.code_literals import assigned
from chainrule.ask.lessons.lesson_blocks import Block, LessonParagraph, renumbered
from chainrule.ask.lessons.markdown_blocks import blocks as markdown_blocks
from chainrule.errors import InputError


def blocks(notebook: str, *, with_code: bool = False) -> Iterator[Block]:
    """The blocks of a notebook, in order; `with_code` also the numbers that its code assigns.

    Raises:
        InputError: it is no notebook.
    """
    heading, section = "", 0
    for number, cell in enumerate(_cells(notebook), 1):
        part = f"cell {number}"
        if cell.get("cell_type") in ("markdown", "raw"):
            for block in renumbered(markdown_blocks(_joined(cell.get("source"))), part, heading, section):
                yield block
                heading, section = block.heading, block.section
        elif cell.get("cell_type") == "code":
            for line, text in assigned(_joined(cell.get("source"))) if with_code else ():
                yield LessonParagraph(line, text, heading, section, part=part)
            for printed in map(_printed, _dicts(cell.get("outputs"))):
                if printed:
                    yield LessonParagraph(1, printed, heading, section, part=f"what {part} printed")


def _cells(notebook: str) -> list[dict[str, Any]]:
    try:
        content = json.loads(notebook)
    except (ValueError, RecursionError) as error:
        raise InputError(f"no notebook: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise InputError("no notebook of format 4, which has cells; save it anew with Jupyter")
    return _dicts(content["cells"])


def _dicts(values: Any) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _joined(source: Any) -> str:
    """Notebooks keep a text whole or as a list of lines."""
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _printed(output: dict[str, Any]) -> str:
    if output.get("output_type") == "stream":
        return _joined(output.get("text"))
    data = output.get("data")
    return _joined(data.get("text/plain")) if isinstance(data, dict) else ""
