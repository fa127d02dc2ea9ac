"""The document as LaTeX: an article that stands alone and compiles with pdflatex."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

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
    TableBlock,
)
from chainrule.ask.documents.formula import Value
from chainrule.ask.documents.formula_markup import LATEX

ROOM = 72  # letters of a formula on a line
_BAR = 8  # em
_START = r"""\documentclass[11pt]{article}
\usepackage[utf8]{inputenc}
\usepackage{amsmath,amssymb,longtable}
\usepackage[margin=2.5cm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\allowdisplaybreaks
\begin{document}
"""
_END = "\\end{document}\n"
_SPECIAL = {c: rf"\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "−": r"\ensuremath{-}",
    "·": r"\ensuremath{\cdot}",
    "×": r"\ensuremath{\times}",
    "∂": r"\ensuremath{\partial}",
    "Σ": r"\ensuremath{\Sigma}",
    "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}",
    "≠": r"\ensuremath{\neq}",
    "→": r"\ensuremath{\rightarrow}",
    "√": r"\ensuremath{\surd}",
    "′": r"\ensuremath{'}",
    "½": r"\ensuremath{\tfrac{1}{2}}",
    "…": r"\dots{}",
    "\N{NO-BREAK SPACE}": "~",
}
_GREEK = {
    "α": "alpha",
    "β": "beta",
    "μ": "mu",
    "τ": "tau",
    "δ": "delta",
    "λ": "lambda",
    "σ": "sigma",
    "φ": "varphi",
    "Φ": "Phi",
    "ε": "epsilon",
}


def text(blocks: Iterable[Block]) -> str:
    """A whole LaTeX file."""
    return _START + "\n".join(map(_block, blocks)) + "\n" + _END


def _block(block: Block) -> str:
    """One block, for the body of a LaTeX file."""
    match block:
        case Heading(words, level):
            return rf"\{'section' if level == 1 else 'subsection'}*{{{escaped(words)}}}"
        case Paragraph(parts):
            pieces = (escaped(p) if isinstance(p, str) else f"${LATEX.formula(p)}$" for p in parts)
            return "".join(pieces) + "\n"
        case CommandList(lines):
            items = (rf"\item[\texttt{{{escaped(command)}}}] {escaped(does)}" for command, does in lines)
            return "\n".join([r"\begin{description}", *items, r"\end{description}"])
        case Equations(equations):
            return aligned(equations)
        case Listing(groups):
            return "\n\n".join(
                rf"\textit{{{escaped(group.label)}}}\quad "
                + r",\quad ".join(f"${LATEX.equation(equation)}$" for equation in group.equations)
                + (rf"\quad {escaped(group.note)}" if group.note else "")
                for group in groups
            )
        case TableBlock():
            return _table(block)
        case MarkedText():
            return "\n".join(
                [
                    r"\begin{quote}\ttfamily",
                    *(rf"{escaped(line)}\\" for line in block.text.splitlines() if line),
                    r"\end{quote}",
                ]
            )


def aligned(equations: Iterable[Equation]) -> str:
    """Equations below each other, the = signs aligned, a step a line."""
    lines = [line for equation in equations for line in rows(equation)]
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def rows(equation: Equation) -> Iterator[str]:
    """An equation as rows of an aligned display."""
    for left_side, right_side in LATEX.rows(equation, ROOM):
        yield (
            f"{left_side} &{right_side}"
            if right_side.startswith("=")
            else rf"&\phantom{{{{}}={{}}}} {right_side}"
        )


def _table(table: TableBlock) -> str:
    columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.headings)
    sides = [_side((head, *cells)) for head, cells in zip(table.headings, columns, strict=True)]
    lines = [
        rf"\begin{{longtable}}[l]{{@{{}}{''.join(sides)}@{{}}}}",
        _row(table.headings),
        r"\hline\endhead",
    ]
    lines += [*map(_row, table.rows), r"\end{longtable}"]
    return "\n".join(lines) + (f"\n{escaped(table.note)}\n" if table.note else "")


def _side(column: Sequence[Cell]) -> str:
    """How a column is set: numbers to the right, long texts in lines."""
    if len(column) > 1 and all(isinstance(cell, Value) for cell in column[1:]):
        return "r"
    longest = max((len(cell) for cell in column if isinstance(cell, str)), default=0)
    return r"p{0.4\textwidth}" if longest > ROOM // 2 else "l"


def _row(cells: Iterable[Cell]) -> str:
    return " & ".join(map(_cell, cells)) + r" \\"


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"{{{escaped(cell)}}}" if cell.startswith("[") else escaped(cell)
    if isinstance(cell, Bar):
        return rf"\rule{{{_BAR * min(max(cell.length, 0.0), 1.0):.2f}em}}{{1ex}}"
    return f"${LATEX.formula(cell)}$"


def escaped(words: str) -> str:
    """Words for LaTeX; a letter that its fonts lack becomes the nearest that they have, or a ?."""
    return "".join(map(_letter, re.sub(r"\s+", " ", words)))


def _letter(c: str) -> str:
    if c in _SPECIAL:
        return _SPECIAL[c]
    if c in _GREEK:
        return rf"\ensuremath{{\{_GREEK[c]}}}"
    if c.isascii():
        return c if c.isprintable() else "?"
    base_letters = unicodedata.normalize("NFKD", c)
    if unicodedata.decomposition(c).startswith("<sub>"):
        return rf"\textsubscript{{{escaped(base_letters)}}}"
    if unicodedata.decomposition(c).startswith("<super>"):
        return rf"\textsuperscript{{{escaped(base_letters)}}}"
    if "\u00c0" <= c <= "\u017f" or c in "–—‘’“”„":
        return c
    return base_letters.encode("ascii", "ignore").decode() or "?"
