"""The document as a PDF, set by Typst (the extra `pdf`)."""

import re
from collections.abc import Iterable, Iterator

from chainrule.ask.documents.blocks import (
    Bar,
    Block,
    Cell,
    CommandList,
    Equation,
    Equations,
    Heading,
    Listing,
    MarkedText,
    Paragraph,
    Piece,
    TableBlock,
)
from chainrule.ask.documents.formula import Value
from chainrule.ask.documents.formula_markup import TYPST
from chainrule.errors import InputError

_ROOM = 66  # letters of a formula on a line
_RIGHT, _FAULT = '1pt + rgb("#2e7d4f")', '(paint: rgb("#b3261e"), thickness: 1.2pt, dash: "dotted")'
_MARKS = {  # by what a piece is: the line below it, and the word behind it
    "right": (_RIGHT, ""),
    "carried": (_RIGHT, ""),
    "truncated": (_RIGHT, "cut off"),
    "imprecise": (_FAULT, "imprecise"),
    "inherited": (_FAULT, "inherited"),
    "wrong": ('1.5pt + rgb("#b3261e")', "wrong"),
    "cause": ('1.5pt + rgb("#8a6d00")', "used otherwise"),
}
_START = """#set page(margin: 2.5cm, numbering: "1")
#set text(size: 11pt)
#set document(date: none)
#set table(stroke: (x, y) => if y == 0 { (bottom: 0.5pt) }, inset: (x: 0.6em, y: 0.35em))
#show heading: set block(above: 1.4em, below: 0.8em)
"""


def pdf(blocks: Iterable[Block]) -> bytes:
    """A whole PDF file.

    Raises:
        InputError: Typst is not installed.
    """
    try:
        import typst
    except ImportError:
        raise InputError("a PDF wants Typst: pip install '.[pdf]' in chainrule's folder") from None
    file: bytes = typst.compile(markup(blocks).encode())
    return file


def markup(blocks: Iterable[Block]) -> str:
    """The document as a Typst file."""
    return _START + "\n\n".join(map(_block, blocks)) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(words, level):
            return f"#heading(level: {level})[{_escaped(words)}]"
        case Paragraph(parts):
            return "".join(_escaped(p) if isinstance(p, str) else f"${TYPST.formula(p)}$" for p in parts)
        case CommandList(lines):
            return "\n".join(f"- #raw({_quoted(command)}): {_escaped(does)}" for command, does in lines)
        case Equations(equations):
            return "$ " + " \\\n".join(row for equation in equations for row in _rows(equation)) + " $"
        case Listing(groups):
            return "\n\n".join(
                f"_{_escaped(group.label)}_ "
                + ", ".join(f"${TYPST.equation(equation)}$" for equation in group.equations)
                + (f" {_escaped(group.note)}" if group.note else "")
                for group in groups
            )
        case TableBlock():
            return _table(block)
        case MarkedText(pieces):
            return f"#text(size: 9pt)[{''.join(map(_piece, pieces))}]"


def _piece(piece: Piece) -> str:
    """Words in typewriter letters, marked by a line and by a word behind them."""
    words = f"#raw({_quoted(piece.words)})"
    if piece.mark in _MARKS:
        stroke, label = _MARKS[piece.mark]
        return f"#underline(stroke: {stroke}, {words[1:]})" + (f"#super[{label}]" if label else "")
    return words


def _rows(equation: Equation) -> Iterator[str]:
    for left_side, right_side in TYPST.rows(equation, _ROOM):
        yield f"{left_side} &{right_side}" if right_side.startswith("=") else f"&quad {right_side}"


def _table(table: TableBlock) -> str:
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.headings)
    sides = ("right" if cells and all(isinstance(c, Value) for c in cells) else "left" for cells in columns)
    cells = [f"[{_cell(cell)}]" for row in (table.headings, *table.rows) for cell in row]
    shape = f"columns: {len(table.headings)}, align: ({', '.join(sides)},)"
    note = f"\n\n{_escaped(table.note)}" if table.note else ""
    return f"#table({shape}, {', '.join(cells)}){note}"


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return _escaped(cell)
    if isinstance(cell, Bar):
        return f"#rect(width: {8 * min(max(cell.length, 0.0), 1.0):.2f}em, height: 0.7em, fill: luma(40%))"
    return f"${TYPST.formula(cell)}$"


def _escaped(words: str) -> str:
    """Words in which no letter means anything to Typst."""
    return re.sub(r"([\\#$*_`<>@=\[\]~/+-])", r"\\\1", re.sub(r"\s+", " ", words))


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") + '"'
