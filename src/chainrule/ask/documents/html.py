"""The document as one HTML page that needs no network: maths as MathML, light and dark, narrow and wide."""

from collections.abc import Iterable
from html import escape

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
from chainrule.ask.documents.mathml import MathML

_LABELS = {  # what is said of a mark in letters, too
    "truncated": "cut off",
    "imprecise": "imprecise",
    "inherited": "inherited",
    "wrong": "wrong",
    "cause": "used otherwise",
}
_STYLE = """
:root { color-scheme: light dark;
  --ink: #1c1e21; --paper: #fff; --soft: #5f6670; --line: #d8dce2; --bar: #2f6fb3;
  --good: #2e7d4f; --bad: #b3261e; --wash: #fbe3e1; --lit: #fdf0c4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --paper: #16181b; --soft: #9aa3ad; --line: #363b42; --bar: #6aa7e8;
    --good: #6cc08b; --bad: #ff8a80; --wash: #4a211e; --lit: #4a3f14; }
}
body { margin: 0 auto; padding: 2rem 1.25rem; max-width: 46rem; color: var(--ink); background: var(--paper);
  font: 1.0625rem/1.6 system-ui, sans-serif; }
h1 { font-size: 1.75rem; margin: 0 0 1rem; } h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; }
.wide { overflow-x: auto; }
math { font-size: 1.15em; }
.equations { border-spacing: .4rem .5rem; } .equations td { padding: 0; vertical-align: middle; }
.equations td:first-child { text-align: right; }
.table { border-collapse: collapse; } .table th, .table td { padding: .3rem .9rem .3rem 0; text-align: left;
  border-bottom: 1px solid var(--line); } .table .number { text-align: right; }
.bar { display: inline-block; height: .7em; background: var(--bar); }
.more, dd { color: var(--soft); } code { font-family: ui-monospace, monospace; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; font: .9rem/1.7 ui-monospace, monospace;
  padding: 1rem; border: 1px solid var(--line); border-radius: .4rem; }
mark { color: inherit; background: none; text-decoration: underline 1.5px var(--good);
  text-underline-offset: .2em; white-space: nowrap; }
mark.imprecise { text-decoration: underline dashed 1.5px var(--bad); }
mark.inherited { text-decoration: underline dotted 2px var(--bad); }
mark.wrong { background: var(--wash); text-decoration: underline wavy 1.5px var(--bad); font-weight: 600; }
mark.cause { background: var(--lit); text-decoration: none; font-weight: 600; }
mark sup { font: 600 .75em/1 system-ui, sans-serif; }
.blank { border-bottom: 1px solid currentColor; }
@media print { body { max-width: none; padding: 0; } }
"""


_MATHS = MathML()


def text(blocks: Iterable[Block]) -> str:
    """A whole page."""
    blocks = list(blocks)
    title = next((block.text for block in blocks if isinstance(block, Heading)), "chainrule")
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"{part(blocks)}\n</main>\n</body>\n</html>\n"
    )


def part(blocks: Iterable[Block], notation: MathML = _MATHS) -> str:
    """The blocks alone, for the inside of another page."""
    return "\n".join(_block(block, notation) for block in blocks)


def _block(block: Block, notation: MathML) -> str:
    match block:
        case Heading(words, level):
            return f"<h{level}>{escape(words)}</h{level}>"
        case Paragraph(parts):
            return f"<p>{''.join(escape(p) if isinstance(p, str) else notation.maths(p) for p in parts)}</p>"
        case CommandList(lines):
            items = (f"<dt><code>{escape(c)}</code></dt><dd>{escape(does)}</dd>" for c, does in lines)
            return f"<dl>{''.join(items)}</dl>"
        case Equations(equations):
            rows = "\n".join(row for equation in equations for row in _rows(equation, notation))
            return f'<div class="wide"><table class="equations" role="presentation">\n{rows}\n</table></div>'
        case Listing(groups):
            return "\n".join(
                f"<p><em>{escape(group.label)}</em> "
                + ", ".join(notation.equation(equation) for equation in group.equations)
                + (f' <span class="more">{escape(group.note)}</span>' if group.note else "")
                + "</p>"
                for group in groups
            )
        case TableBlock():
            return _table(block, notation)
        case MarkedText(pieces):
            return f'<pre class="text">{"".join(map(_piece, pieces))}</pre>'


def _piece(piece: Piece) -> str:
    """Words, their mark in letters behind them where it is more than that they are right."""
    if not piece.mark:
        return escape(piece.words)
    label = f"<sup> {escape(_LABELS[piece.mark])}</sup>" if piece.mark in _LABELS else ""
    words = escape(piece.words)
    return f'<mark class="{escape(piece.mark)}" title="{escape(piece.note)}">{words}{label}</mark>'


def _rows(equation: Equation, notation: MathML) -> Iterable[str]:
    for left_side, right_side in notation.rows(equation):
        yield f"<tr><td>{left_side}</td><td>{right_side}</td></tr>"


def _table(table: TableBlock, notation: MathML) -> str:
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.headings)
    kinds = [
        ' class="number"' if cells and all(isinstance(c, Value) for c in cells) else "" for cells in columns
    ]
    head = "".join(
        f'<th scope="col"{kind}>{_cell(cell, notation)}</th>'
        for cell, kind in zip(table.headings, kinds, strict=True)
    )
    lines = (
        (f"<td{kind}>{_cell(cell, notation)}</td>" for cell, kind in zip(row, kinds, strict=True))
        for row in table.rows
    )
    rows = "\n".join(f"<tr>{''.join(line)}</tr>" for line in lines)
    note = f'\n<p class="more">{escape(table.note)}</p>' if table.note else ""
    markup = f'<table class="table">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>'
    return f'<div class="wide">{markup}</div>{note}'


def _cell(cell: Cell, notation: MathML) -> str:
    if isinstance(cell, str):
        return escape(cell)
    if isinstance(cell, Bar):
        length = min(max(cell.length, 0.0), 1.0)
        return (
            f'<span class="bar" style="width:{8 * length:.2f}em" role="img" aria-label="{length:.0%}"></span>'
        )
    return notation.maths(cell)
