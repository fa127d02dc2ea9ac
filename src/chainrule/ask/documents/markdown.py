"""The document as Markdown with LaTeX between dollar signs, as GitHub, Jupyter and Pandoc read it."""

import re
from collections.abc import Iterable

from chainrule.ask.documents.blocks import (
    Bar,
    Block,
    Cell,
    CommandList,
    Equations,
    Heading,
    Listing,
    MarkedText,
    Paragraph,
    TableBlock,
)
from chainrule.ask.documents.formula import Value
from chainrule.ask.documents.formula_markup import LATEX
from chainrule.ask.documents.latex import rows

_BAR = 20
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|$~#])")


def text(blocks: Iterable[Block]) -> str:
    """A whole Markdown text."""
    return "\n\n".join(map(_block, blocks)) + "\n"


def _block(block: Block) -> str:
    """One block."""
    match block:
        case Heading(words, level):
            return f"{'#' * level} {escaped(words)}"
        case Paragraph(parts):
            return "".join(escaped(p) if isinstance(p, str) else f"${LATEX.formula(p)}$" for p in parts)
        case CommandList(lines):
            return "\n".join(f"- `{command}`: {escaped(does)}" for command, does in lines)
        case Equations(equations):
            display = " \\\\\n".join(row for equation in equations for row in rows(equation))
            return f"$$\n\\begin{{aligned}}\n{display}\n\\end{{aligned}}\n$$"
        case Listing(groups):
            return "\n\n".join(
                f"*{escaped(group.label)}* "
                + ", ".join(f"${LATEX.equation(equation)}$" for equation in group.equations)
                + (f" {escaped(group.note)}" if group.note else "")
                for group in groups
            )
        case TableBlock():
            return _table(block)
        case MarkedText():
            return "\n".join(f"    {line}" for line in block.text.splitlines())


def _table(table: TableBlock) -> str:
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.headings)
    rules = ("---:" if cells and all(isinstance(c, Value) for c in cells) else "---" for cells in columns)
    lines = [_row(map(_cell, table.headings)), _row(rules), *(_row(map(_cell, row)) for row in table.rows)]
    return "\n".join(lines) + (f"\n\n{escaped(table.note)}" if table.note else "")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return escaped(cell)
    if isinstance(cell, Bar):
        return "█" * round(_BAR * min(max(cell.length, 0.0), 1.0))
    return f"${LATEX.formula(cell)}$".replace("|", r"\vert ")


def escaped(words: str) -> str:
    """Words in which no letter means anything to Markdown."""
    return _SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", words))
