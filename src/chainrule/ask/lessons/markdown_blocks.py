"""Markdown as blocks: runs of text and tables, each with its line numbers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLD = "\v"  # stands for a line break inside displayed maths, whose lines may begin like a list
_LONGEST = 5000  # letters that a display of mathematics may have
_CLOSING = {"$$": "$$", "\\[": "\\]"}


@dataclass(frozen=True)
class MarkdownText:
    """A run of text: a paragraph, a list item, a heading or code.

    Attributes:
        line: where it begins, from 1.
        text: its lines, maths and code as written.
        heading: the heading that it stands under.
        level: of a heading itself, 1 to 6; 0 for other text.
    """

    line: int
    text: str
    heading: str = ""
    level: int = 0


@dataclass(frozen=True)
class MarkdownTable:
    """A table: its rows of cells, the head first, and the line of each."""

    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    heading: str = ""


def blocks(markdown: str) -> Iterator[MarkdownText | MarkdownTable]:
    """The blocks of a Markdown text, in order."""
    folded = _folded(markdown.replace("\r\n", "\n").replace(FOLD, " "))
    lines = _Lines(folded)
    heading, level = "", 0
    tokens = iter(_tokens(folded))
    for token in tokens:
        match token.type:
            case "heading_open":
                level = int(token.tag[1])
            case "heading_close":
                level = 0
            case "table_open":
                yield _table(tokens, lines, heading)
            case "inline":
                heading = token.content if level else heading
                yield MarkdownText(lines.number(token), token.content, heading, level)
            case "fence" | "code_block":
                yield MarkdownText(lines.number(token) + (token.type == "fence"), token.content, heading)


def _table(tokens: Iterator[Token], lines: "_Lines", heading: str) -> MarkdownTable:
    rows: list[list[str]] = []
    row_lines: list[int] = []
    for token in tokens:
        match token.type:
            case "table_close":
                break
            case "tr_open":
                rows.append([])
                row_lines.append(lines.number(token))
            case "inline":
                rows[-1].append(token.content)
    return MarkdownTable(tuple(map(tuple, rows)), tuple(row_lines), heading)


def _folded(markdown: str) -> str:
    """The text with each display of mathematics on one line."""
    pieces, end = [], 0
    for opening in re.finditer(r"\$\$|\\\[", markdown):
        if opening.start() < end:
            continue
        closing = markdown.find(_CLOSING[opening[0]], opening.end(), opening.end() + _LONGEST)
        if closing > 0:
            display = markdown[opening.start() : closing + 2]
            pieces += [markdown[end : opening.start()], display.replace("\n", FOLD)]
            end = closing + 2
    return "".join([*pieces, markdown[end:]])


def _tokens(markdown: str) -> list[Token]:
    """Blocks only: what stands inside a line is read as mathematics, not as emphasis and links.

    A line of `=` under a formula is no heading here.
    """
    parser = MarkdownIt("commonmark").enable("table").disable(["lheading", "html_block", "reference"])
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser.parse(markdown)


class _Lines:
    """Line numbers of the folded text as those of the file."""

    def __init__(self, folded: str) -> None:
        self._before = [0]
        for line in folded.split("\n"):
            self._before.append(self._before[-1] + 1 + line.count(FOLD))

    def number(self, token: Token) -> int:
        return self._before[min(token.map[0], len(self._before) - 1)] + 1 if token.map else 1
