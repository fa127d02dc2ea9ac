"""The document as text for a terminal: at most 80 columns, in Unicode or ASCII, painted or not."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from textwrap import wrap

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
from chainrule.ask.documents.formula import Formula, Sum, Value
from chainrule.ask.documents.formula_text import as_line, pieces
from chainrule.ask.documents.names import ascii_only

WIDTH = 80
_INDENT = "  "
_BAR = 24
_ROOM = 20  # columns for words beside something
_NO_BREAK = "\u00a0"


@dataclass(frozen=True)
class Printer:
    """Writes blocks as text.

    Attributes:
        width: of the widest line, in columns.
        unicode: whether ∂, · and subscripts can be shown.
        paint: (text, role) -> text, for the roles title, heading, name, result, bar, command and note.
    """

    width: int = WIDTH
    unicode: bool = True
    paint: Callable[[str, str], str] = field(default=lambda text, role: text)

    def text(self, blocks: Iterable[Block]) -> Iterator[str]:
        """One text per block, each ready to be printed with a line end."""
        for block in blocks:
            match block:
                case Heading():
                    lines = self._heading(block)
                case Paragraph():
                    lines = [*self._paragraph(block), ""]
                case CommandList():
                    lines = [*self._commands(block), ""]
                case Equations():
                    lines = [*self._equations(block.equations), ""]
                case Listing():
                    lines = [*self._listing(block), ""]
                case TableBlock():
                    lines = [*self._table(block), ""]
                case MarkedText():
                    lines = [*self._plain(block.text).splitlines(), ""]
            yield "\n".join(line.rstrip() for line in lines)

    # --- words

    def _heading(self, block: Heading) -> list[str]:
        lines = wrap(self._plain(block.text), self.width) or [""]
        if block.level > 1:
            return [*(self.paint(line, "heading") for line in lines), ""]
        rule = self._plain("═") * max(map(len, lines))
        return [*(self.paint(line, "title") for line in lines), self.paint(rule, "title"), ""]

    def _paragraph(self, block: Paragraph) -> list[str]:
        text = "".join(
            self._plain(part) if isinstance(part, str) else self._formula(part).replace(" ", _NO_BREAK)
            for part in block.parts
        )
        lines = wrap(text, self.width, break_on_hyphens=False)
        return [line.replace(_NO_BREAK, " ") for line in lines]

    def _commands(self, block: CommandList) -> Iterator[str]:
        """Commands and what they do side by side, or below each other where there is no room."""
        column = len(_INDENT) + max(len(command) for command, _ in block.lines) + 2
        fits_beside = self.width - column >= _ROOM
        for command, does in block.lines:
            start = _INDENT + self.paint(command, "command")
            indent = " " * (column if fits_beside else 2 * len(_INDENT))
            words = wrap(self._plain(does), self.width - len(indent))
            if fits_beside:
                yield start + " " * (column - len(_INDENT) - len(command)) + words.pop(0)
            else:
                yield start
            yield from (indent + line for line in words)

    # --- equations

    def _equations(self, equations: tuple[Equation, ...]) -> list[str]:
        """Neighbours that fit on a line each stand in columns; the others go down step by step."""
        lines: list[str] = []
        for short, run in groupby(equations, key=self._is_short):
            members = list(run)
            blocks = [self._columns(members)] if short else [self._stacked(equation) for equation in members]
            for block in blocks:
                lines += ["", *block] if lines else block
        return lines

    def _is_short(self, equation: Equation) -> bool:
        texts = [self._formula(formula) for formula in (equation.left, *equation.steps)]
        return len(texts) <= 4 and len(_INDENT + " = ".join(texts)) <= self.width

    def _columns(self, equations: list[Equation]) -> list[str]:
        """Equations with their = signs below each other, the results in the last column, if that fits."""
        left_sides = [self._formula(equation.left) for equation in equations]
        steps = [[self._formula(step) for step in equation.steps] for equation in equations]
        deepest, left_width = max(map(len, steps)), max(map(len, left_sides))
        rows = [[*row[:-1], *[""] * (deepest - len(row)), row[-1]] if row[1:] else row for row in steps]
        widths = [max((len(row[k]) for row in rows if k < len(row)), default=0) for k in range(deepest)]
        if len(_INDENT) + left_width + sum(3 + width for width in widths) > self.width:
            rows, widths, left_width = steps, [0] * deepest, 0
        labels = [self.paint(name.ljust(left_width), "name") for name in left_sides]
        return [
            f"{_INDENT}{name}{self._in_columns(row, widths, equation)}"
            for name, row, equation in zip(labels, rows, equations, strict=True)
        ]

    def _in_columns(self, row: list[str], widths: list[int], equation: Equation) -> str:
        final_step = self.paint(row[-1], "result") if isinstance(equation.steps[-1], Value) else row[-1]
        steps = [*row[:-1], final_step]
        padding = [" " * (width - len(step)) for step, width in zip(row, widths, strict=False)]
        signs = [" = " if step else "   " for step in row]
        return "".join(map("".join, zip(signs, steps, padding, strict=True)))

    def _stacked(self, equation: Equation) -> list[str]:
        """One step a line, the = signs below each other; a long step goes on below itself."""
        left_side = self._formula(equation.left)
        lines: list[str] = []
        indent = len(_INDENT) + len(left_side) + 3
        start = _INDENT + self.paint(left_side, "name") + " = "
        if indent > self.width // 2:
            lines, indent = [_INDENT + self.paint(left_side, "name")], len(_INDENT) + 4
            start = _INDENT + "  = "
        for step in equation.steps:
            filled = self._filled(step, self.width - indent)
            if isinstance(step, Value):
                filled = [self.paint(line, "result") for line in filled]
            lines.append(start + filled[0])
            lines += [" " * indent + line for line in filled[1:]]
            start = " " * (indent - 2) + "= "
        return lines

    def _filled(self, step: Formula, room: int) -> list[str]:
        """A formula in lines no longer than `room`, broken before + and -, or else before ·."""
        parts = [self._plain(piece) for piece in pieces(step)]
        if isinstance(step, Sum) and max(map(len, parts)) > room:
            parts = [word for part in parts for word in self._words(part)]
        lines = [""]
        for part in parts:
            for chunk in _chunks(part, room):
                joined = f"{lines[-1]} {chunk}".strip()
                if len(joined) <= room:
                    lines[-1] = joined
                else:
                    lines.append(chunk)
        return lines

    def _words(self, text: str) -> list[str]:
        sign = self._plain("·")
        leading_factor, *factors = text.split(f" {sign} ")
        return [leading_factor, *(f"{sign} {factor}" for factor in factors)]

    def _listing(self, block: Listing) -> Iterator[str]:
        """As many equations on a line as fit, under one another."""
        pairs_by_group = [[self._pair(equation) for equation in group.equations] for group in block.groups]
        label = max(len(self._plain(group.label)) for group in block.groups)
        lengths = [len(f"{left_side} = {value}") for pairs in pairs_by_group for left_side, value in pairs]
        widest = max(lengths, default=0) + 3
        on_a_line = max((self.width - len(_INDENT) - label - 2) // widest, 1)
        for group, pairs in zip(block.groups, pairs_by_group, strict=True):
            start = self._plain(group.label).ljust(label)
            for offset in range(0, len(pairs), on_a_line):
                columns = [
                    f"{self.paint(left_side, 'name')} = {value.ljust(widest - len(left_side) - 3)}"
                    for left_side, value in pairs[offset : offset + on_a_line]
                ]
                yield f"{_INDENT}{self.paint(start, 'note')}  {''.join(columns)}"
                start = " " * label
            if group.note:
                yield f"{_INDENT}{self.paint(f'{start}  {self._plain(group.note)}', 'note')}"

    def _pair(self, equation: Equation) -> tuple[str, str]:
        return self._formula(equation.left), self._formula(equation.steps[-1])

    # --- tables

    def _table(self, block: TableBlock) -> list[str]:
        columns = [list(column) for column in zip(*block.rows, strict=True)]
        aligned = [self._aligned(column) for column in columns]
        heads = [self._cell(head) for head in block.headings]
        widths = [max(len(head), *map(len, cells)) for head, cells in zip(heads, aligned, strict=True)]
        while len(_INDENT) + sum(widths) + 2 * (len(widths) - 1) > self.width:
            widths[widths.index(max(widths))] -= 1
        numeric = [all(isinstance(cell, Value) for cell in column) for column in columns]
        head = "  ".join(
            _fitted(text, width, is_numeric)
            for text, width, is_numeric in zip(heads, widths, numeric, strict=True)
        )
        lines = [
            _INDENT + self.paint(head.rstrip(), "heading"),
            _INDENT + self.paint("  ".join(self._plain("─") * width for width in widths), "note"),
        ]
        for cells in zip(*aligned, strict=True):
            fitted = (_fitted(c, w, n) for c, w, n in zip(cells, widths, numeric, strict=True))
            lines.append(_INDENT + "  ".join(fitted))
        if block.note:
            lines += [
                _INDENT + self.paint(line, "note")
                for line in wrap(self._plain(block.note), self.width - len(_INDENT))
            ]
        return lines

    def _aligned(self, column: list[Cell]) -> list[str]:
        """The cells of a column; numbers get their decimal points below each other."""
        texts = [self._cell(cell) for cell in column]
        if not all(
            isinstance(cell, Value) and "e" not in text for cell, text in zip(column, texts, strict=True)
        ):
            return texts
        tails = [len(text) - text.find(".") if "." in text else 0 for text in texts]
        return [text + " " * (max(tails) - tail) for text, tail in zip(texts, tails, strict=True)]

    def _cell(self, cell: Cell) -> str:
        if isinstance(cell, str):
            return self._plain(cell)
        if isinstance(cell, Bar):
            eighths = round(min(max(cell.length, 0.0), 1.0) * _BAR * 8)
            return self._plain("█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip())
        return self._formula(cell)

    # --- letters

    def _formula(self, formula: Formula) -> str:
        return self._plain(as_line(formula))

    def _plain(self, text: str) -> str:
        return text if self.unicode else ascii_only(text)


def _fitted(text: str, width: int, right_aligned: bool) -> str:
    cut = text if len(text) <= width else text[: max(width - 2, 0)] + ".."
    return cut.rjust(width) if right_aligned else cut.ljust(width)


def _chunks(text: str, room: int) -> list[str]:
    """A text that no line can hold, cut anywhere; others whole."""
    return [text[offset : offset + room] for offset in range(0, len(text), room)] or [text]
