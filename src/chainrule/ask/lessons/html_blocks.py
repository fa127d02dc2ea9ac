"""HTML pages as blocks: headings, paragraphs, tables, and mathematics in whatever way a page carries it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from chainrule.ask.lessons.lesson_blocks import Block, LessonParagraph, LessonTable
from chainrule.ask.lessons.mathml_source import MathNode, latex

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset((
    "p", "div", "li", "dd", "dt", "ul", "ol", "dl", "section", "article", "main", "blockquote",
    "figure", "figcaption", "pre", "hr", "form", "center", "details", "summary", "tr", "table", "thead",
    "tbody", "body",
))  # fmt: skip
_UNSEEN = frozenset((
    "style", "nav", "footer", "noscript", "template", "svg", "button", "select", "textarea", "iframe",
    "title",
))  # fmt: skip
_WITHOUT_END = frozenset((
    "br", "img", "hr", "input", "meta", "link", "wbr", "area", "base", "col", "embed", "source", "track",
))  # fmt: skip
_SHOWN_TWICE = re.compile(r"\b(?:katex-html|MathJax_Preview|MathJax_SVG|mjx-chtml|MJX_Assistive_MathML)\b")
_DEEPEST = 100  # elements inside elements of a formula
_CELLS = ("td", "th")
_WRITTEN = {"sub": "_{", "sup": "^{", "br": "\n", "script": "$"}


def blocks(html: str) -> Iterator[Block]:
    """The blocks of an HTML page, in order."""
    parser = _Page()
    parser.feed(html)
    parser.close()
    parser.finish()
    yield from parser.blocks


class _Page(HTMLParser):
    """Collects text until a block ends; knows which elements are not shown, and which are mathematics."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._text: list[str] = []
        self._line = 1
        self._heading, self._level, self._section = "", 0, 0
        self._unseen: list[str] = []
        self._preformatted = 0
        self._rows: list[list[str]] = []
        self._lines: list[int] = []
        self._cell: list[str] | None = None
        self._tables = 0
        self._maths: list[MathNode] = []

    # --- what the parser calls

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _WITHOUT_END:
            self.handle_endtag(tag)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if self._unseen:
            if tag not in _WITHOUT_END:
                self._unseen.append(tag)
            return
        if self._maths or tag == "math":
            self._open_maths(tag, attributes)
            return
        if self._is_unseen(tag, attributes):
            self._unseen.append(tag)
            return
        if tag in _WRITTEN:
            self._write(_WRITTEN[tag])
        elif tag == "img":
            self._image(attributes)
        elif self._cell is None and tag in _BLOCKS | _HEADINGS.keys():
            self._end_block()
            self._level = _HEADINGS.get(tag, 0)
        self._preformatted += tag == "pre"
        self._open_table(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if tag in self._unseen:
                while self._unseen.pop() != tag:
                    pass
            return
        if self._maths:
            self._close_maths(tag)
        elif tag == "script":
            self._write("$ ")
        elif tag in ("sub", "sup"):
            self._write("}")
        elif self._cell is None and tag in _BLOCKS | _HEADINGS.keys():
            self._end_block()
        self._preformatted -= tag == "pre" and self._preformatted > 0
        self._close_table(tag)

    def handle_data(self, data: str) -> None:
        if self._maths:
            self._maths[-1].children.append(data)
        elif not self._unseen:
            self._write(data if self._preformatted else re.sub(r"\s+", " ", data))

    def finish(self) -> None:
        """What no end tag has closed."""
        if self._maths:
            self._close_maths(self._maths[0].tag)
        self._close_table("td")
        if self._tables:
            self._tables = 1
            self._close_table("table")
        self._end_block()

    # --- text

    def _is_unseen(self, tag: str, attributes: dict[str, str]) -> bool:
        if tag == "script":
            return not attributes.get("type", "").startswith("math/tex")
        return tag in _UNSEEN or bool(_SHOWN_TWICE.search(attributes.get("class", "")))

    def _open_maths(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._maths) > _DEEPEST:
            return
        node = MathNode(tag, encoding=attributes.get("encoding", ""))
        if self._maths:
            self._maths[-1].children.append(node)
        self._maths.append(node)

    def _close_maths(self, tag: str) -> None:
        """Elements up to `tag`; of the outermost, the formula."""
        if all(node.tag != tag for node in self._maths):
            return
        while True:
            node = self._maths.pop()
            if not self._maths:
                self._write(f" ${latex(node)}$ ")
            if node.tag == tag or not self._maths:
                return

    def _image(self, attributes: dict[str, str]) -> None:
        """The source of a formula that is shown as a picture."""
        source = attributes.get("alt", "")
        if "=" in source or "latex" in attributes.get("class", "") or "\\" in source:
            self._write(f" ${source}$ ")

    def _write(self, text: str) -> None:
        if self._cell is not None:
            self._cell.append(text)
            return
        if not self._text:
            self._line = self.getpos()[0]
        self._text.append(text)

    def _end_block(self) -> None:
        text = "".join(self._text).strip("\n ")
        self._text = []
        level, self._level = self._level, 0
        if not text:
            return
        if level:
            self._heading, self._section = text, self._section + 1
        self.blocks.append(LessonParagraph(self._line, text, self._heading, self._section, level))

    # --- tables

    def _open_table(self, tag: str) -> None:
        if tag == "table":
            self._tables += 1
            if self._tables == 1:
                self._rows, self._lines = [], []
        elif self._tables != 1:
            return
        elif tag == "tr":
            self._close_table("td")
            self._rows.append([])
            self._lines.append(self.getpos()[0])
        elif tag in _CELLS and self._rows:
            self._close_table("td")
            self._cell = []

    def _close_table(self, tag: str) -> None:
        if tag in (*_CELLS, "tr", "table") and self._cell is not None and self._tables <= 1:
            self._rows[-1].append("".join(self._cell).strip())
            self._cell = None
        if tag == "table" and self._tables:
            self._tables -= 1
            if not self._tables and any(self._rows):
                filled = [
                    (tuple(row), line) for row, line in zip(self._rows, self._lines, strict=True) if row
                ]
                rows, lines = zip(*filled, strict=True)
                self.blocks.append(LessonTable(rows, lines, self._heading, self._section))
