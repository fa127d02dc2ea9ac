"""Markdown as blocks: runs of text and tables, each with its line numbers."""

import re
from collections.abc import Iterator
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

from chainrule.ask.lessons.lesson_blocks import FOLD, Block, LessonParagraph, LessonTable

_LONGEST = 5000  # letters that a display of mathematics may have
_CLOSING = {"$$": "$$", "\\[": "\\]"}
_BOLD_LINE = re.compile(r"(?:\*\*|__)(?P<title>[^*_=$\n]{3,80}?)(?:\*\*|__)[:.]?")
_COLUMN_RULE = re.compile(
    r"^ *-{2,}(?: +-{2,})+ *$", re.MULTILINE
)  # under the names of columns, as Pandoc writes
_LOWEST = 6  # level of a heading


def blocks(markdown: str) -> Iterator[Block]:
    """The blocks of a Markdown text, in order."""
    markdown = _COLUMN_RULE.sub(lambda rule: rule[0].replace("-", "="), markdown.replace("\r\n", "\n"))
    folded = _folded(markdown.replace(FOLD, " "))
    lines = _Lines(folded)
    heading, level, section = "", 0, 0
    tokens = iter(_tokens(folded))
    for token in tokens:
        match token.type:
            case "heading_open":
                level = int(token.tag[1])
                section += 1
            case "heading_close":
                level = 0
            case "table_open":
                for block in _table(tokens, lines):
                    yield replace(block, heading=heading, section=section)
            case "inline":
                bold = _BOLD_LINE.fullmatch(token.content.strip()) if not level else None
                section += bold is not None
                heading = token.content if level else bold["title"] if bold else heading
                yield LessonParagraph(
                    lines.number(token), token.content, heading, section, _LOWEST if bold else level
                )
            case "fence" | "code_block":
                line = lines.number(token) + (token.type == "fence")
                yield LessonParagraph(line, token.content, heading, section)


def _table(tokens: Iterator[Token], lines: "_Lines") -> Iterator[Block]:
    """The table; and as text the lines behind it that have no bars, which the format takes for rows."""
    rows: list[list[str]] = []
    row_lines: list[int] = []
    text: list[str] = []
    for token in tokens:
        match token.type:
            case "table_close":
                break
            case "tr_open" if text or (len(rows) > 1 and "|" not in lines.text(token)):
                text.append(lines.text(token))
                row_lines.append(lines.number(token))
            case "tr_open":
                rows.append([])
                row_lines.append(lines.number(token))
            case "inline" if not text:
                rows[-1].append(token.content)
    yield LessonTable(tuple(map(tuple, rows)), tuple(row_lines[: len(rows)]))
    if text:
        yield LessonParagraph(row_lines[len(rows)], "\n".join(text))


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
        self._texts = folded.split("\n")
        for line in self._texts:
            self._before.append(self._before[-1] + 1 + line.count(FOLD))

    def number(self, token: Token) -> int:
        return self._before[min(token.map[0], len(self._before) - 1)] + 1 if token.map else 1

    def text(self, token: Token) -> str:
        """The line of the folded text in which a token begins."""
        return self._texts[token.map[0]] if token.map and token.map[0] < len(self._texts) else ""
