"""LaTeX documents as blocks: headings, paragraphs, items and tables."""

import re
from collections.abc import Iterator

from chainrule.ask.lessons.lesson_blocks import FOLD, Block, LessonParagraph, LessonTable

_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_LEVELS = {"title": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5}
_LEVELS |= {"frametitle": 2, "subparagraph": 6}
_HEADING = re.compile(
    rf"\\({'|'.join(_LEVELS)})\*?\s*(?:\[[^\]\n]*\])?\s*\{{([^\n]{{0,200}}?)\}}\s*$", re.MULTILINE
)
_DISPLAYED = ("equation", "align", "gather", "multline", "eqnarray", "displaymath", "flalign", "alignat")
_TABULAR = ("tabular", "tabularx", "longtable")
_BREAK = re.compile(
    r"(?P<heading>" + _HEADING.pattern + r")"
    rf"|\\begin\s*\{{(?P<kind>{'|'.join((*_DISPLAYED, *_TABULAR))})\*?\}}"
    r"|(?P<paragraph>\n[ \t]*\n|\\par\b|\\item\b|(?<!\\)\\\[)",
    re.MULTILINE,
)
_COLUMNS = re.compile(r"\s*(?:\{\d+\}|\[[a-z]\]|\{[^{}]*\})*")


def blocks(tex: str) -> Iterator[Block]:
    """The blocks of a LaTeX document, in order."""
    text = _COMMENT.sub("", tex.replace("\r\n", "\n").replace(FOLD, " "))
    begins = text.find(r"\begin{document}")
    position = max(begins, 0)
    heading, section, line, counted = "", 0, 1, 0
    while position < len(text):
        mark = _BREAK.search(text, position)
        end = mark.start() if mark else len(text)
        line, counted = line + text.count("\n", counted, position), position
        yield from _paragraph(text[position:end], line, heading, section)
        if not mark:
            return
        line, counted = line + text.count("\n", counted, end), end
        position = mark.end()
        if mark["heading"]:
            level = _LEVELS[next(group for group in mark.groups()[1:] if group in _LEVELS)]
            heading, section = mark.group(3), section + 1
            yield LessonParagraph(line, heading, heading, section, level)
        elif mark["kind"]:
            position = _end(text, mark["kind"], position)
            inside = text[mark.end() : position]
            if mark["kind"] in _TABULAR:
                yield _table(inside, line, heading, section)
            else:
                yield from _paragraph(f"$${inside.replace(chr(10), FOLD)}$$", line, heading, section)
        elif mark["paragraph"] == r"\[":
            closing = text.find(r"\]", position)
            closing = closing if closing >= 0 else len(text)
            display = text[position:closing].replace("\n", FOLD)
            yield from _paragraph(f"$${display}$$", line, heading, section)
            position = min(closing + 2, len(text))


def _end(text: str, kind: str, position: int) -> int:
    r"""Where the environment's \end begins."""
    closing = re.compile(rf"\\end\s*\{{{kind}\*?\}}").search(text, position)
    return closing.start() if closing else len(text)


def _paragraph(text: str, line: int, heading: str, section: int) -> Iterator[LessonParagraph]:
    if text.strip():
        line += text[: len(text) - len(text.lstrip())].count("\n")
        yield LessonParagraph(line, text.strip(), heading, section)


def _table(inside: str, line: int, heading: str, section: int) -> LessonTable:
    begins = _COLUMNS.match(inside)
    body = inside[begins.end() if begins else 0 :]
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    for row in re.split(r"\\\\(?:\[[^\]\n]{0,20}\])?", body):
        cells = re.sub(r"\\(?:hline|toprule|midrule|bottomrule|cline\{[^}]*\})", "", row)
        if cells.strip():
            rows.append(tuple(cell.strip() for cell in re.split(r"(?<!\\)&", cells)))
            lines.append(line + row[: len(row) - len(row.lstrip())].count("\n"))
        line += row.count("\n")
    return LessonTable(tuple(rows), tuple(lines), heading, section)
