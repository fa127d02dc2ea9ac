"""Columns in plain text, as programs print them: a line of names, and lines of as many numbers below."""

import re
from collections.abc import Iterator
from dataclasses import replace

from chainrule.ask.lessons.lesson_blocks import Block, LessonParagraph, LessonTable
from chainrule.ask.lessons.symbol import parse_symbol

_GAP = re.compile(r"\t|  +|\s*\|\s*")
_RULE = re.compile(r"[-=+| \t]*")
_NUMBER = re.compile(r"[-−+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_MOST = 200  # letters of a line


def with_columns(block: LessonParagraph) -> Iterator[Block]:
    """The paragraph, and the columns in it as tables of their own."""
    lines = block.text.split("\n")
    text_lines, start, position = list[str](), 0, 0
    while position < len(lines):
        rows = _rows_under(lines, position)
        if not rows:
            text_lines.append(lines[position])
            position += 1
            continue
        if any(line.strip() for line in text_lines):
            yield replace(block, text="\n".join(text_lines), line=block.line + start)
        cells = tuple(tuple(_cells(lines[row])) for row in rows)
        numbers = tuple(block.line + row for row in rows)
        yield LessonTable(cells, numbers, block.heading, block.section, block.part)
        text_lines, position = [], rows[-1] + 1
        start = position
    if any(line.strip() for line in text_lines):
        yield replace(block, text="\n".join(text_lines), line=block.line + start)


def _rows_under(lines: list[str], head: int) -> list[int]:
    """The lines of a table whose head is there; none where no table is."""
    names = _cells(lines[head]) if len(lines[head]) < _MOST else []
    if len(names) < 2 or not all(parse_symbol(name) for name in names):
        return []
    rows = [head]
    for position in range(head + 1, len(lines)):
        line = lines[position]
        cells = _cells(line) if len(line) < _MOST else []
        if len(cells) == len(names) and all(map(_NUMBER.fullmatch, cells)):
            rows.append(position)
        elif len(rows) > 1 or not _RULE.fullmatch(line):
            break
    return rows if len(rows) > 1 else []


def _cells(line: str) -> list[str]:
    return [cell for cell in _GAP.split(line.strip()) if cell]
