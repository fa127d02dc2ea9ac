"""Tables read as statements: parameters with gradients and new values, in any order of columns."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from chainrule.ask.lessons.lesson_blocks import LessonParagraph, LessonTable
from chainrule.ask.lessons.printed_values import Value, parse_value
from chainrule.ask.lessons.statements import Statement, place
from chainrule.ask.lessons.statements import statements as paragraph_statements
from chainrule.ask.lessons.symbol import ERROR, LessonSymbol, Slope, parse_symbol
from chainrule.ask.lessons.tokens import phrased, tokenize

_GRADIENT = re.compile(r"grad|∂|deriv|ableit|slope|d[ELJC]/d|∇|梯度|градиент|기울기|勾配", re.IGNORECASE)
_NEW = re.compile(
    r"\bnew|updat|\bafter|\bnext|\bneu|\bnach|[wb]_?\w*\s*(?:\^\{?\+|')|improved|learned|更新|新|actualiz|nuev|aggiorn|nouv|після|после",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"^$|old|initial|before|current|start|given|value|alt|wert|vorher|number|result|="
    r"|值|valor|valeur|значение|giá trị",
    re.IGNORECASE,
)
_SUM = re.compile(r"\w\s*[-+]\s+[A-Za-z(]")  # of several names, which is none of them
_COUNTING = re.compile(
    r"step|no|nr|#|number|n°|i|k|schritt|paso|étape|order|row|index|iteration|epoch", re.IGNORECASE
)
_STEP = re.compile(r"[Δ]|\bchange|\bstep|\bdiff|learning|α|η|·", re.IGNORECASE)


def statements(table: LessonTable) -> Iterator[Statement]:
    """The statements of a table: one symbol a row, or one a column; numbers of neither without a name."""
    rows = [[phrased(cell).strip() for cell in row] for row in table.rows]
    if not rows or max(map(len, rows)) < 2:
        return
    columns = [column for column in range(max(map(len, rows))) if not _counts(rows, column)]
    head, *body = [[row[column] if column < len(row) else "" for column in columns] for row in rows]
    if not body or len(head) < 2:
        return
    grid = _Grid(table, head, body)
    yield from grid.statements()
    yield from grid.unnamed()


def _counts(rows: list[list[str]], column: int) -> bool:
    """Whether a column counts its rows, 1, 2, 3, or is headed like one that does."""
    title, *cells = [row[column] if column < len(row) else "" for row in rows]
    numbers = [cell.rstrip(".:)") for cell in cells]
    if parse_symbol(title) or not cells or not all(number.isdigit() for number in numbers if number):
        return False
    is_counting = len(cells) > 1 and numbers in (
        [str(number) for number in range(start, start + len(cells))] for start in (0, 1)
    )
    return is_counting or bool(_COUNTING.fullmatch(title.strip(" *_.")) and any(numbers))


def _name_column(body: list[list[str]]) -> int | None:
    """The column that says what a row is about: the first in which most cells are names or formulas."""
    for column in range(len(body[0])):
        named = sum(_name(row[column].partition("=")[0].strip()) is not None for row in body)
        if named * 2 > len(body):
            return column
    return None


def _name(cell: str) -> LessonSymbol | Slope | None:
    """The symbol in a cell: all of it, or what stands at its beginning or in its brackets."""
    if symbol := parse_symbol(cell):
        return symbol
    if _SUM.search(cell) or "→" in cell or "->" in cell:
        return None
    words = [word for word in re.split(r"[\s(),:]+", cell) if word]
    short = [symbol for word in words[:6] if len(word) < 40 and (symbol := parse_symbol(word)) is not None]
    return short[-1] if short and len(words) <= 6 else None


def _rows_are_units(column_symbols: list[LessonSymbol | Slope | None], body: list[list[str]]) -> bool:
    """Whether rows are units and columns are what they have: `h1 | net | out`."""
    unit_columns = [symbol for symbol in column_symbols if _unit_column(symbol)]
    units = [
        symbol
        for row in body
        if (symbol := parse_symbol(row[0])) and isinstance(symbol, LessonSymbol) and symbol.places
    ]
    return len(unit_columns) > 1 or bool(unit_columns and len(units) == len(body))


@dataclass
class _Grid:
    """A table while it is read: which of its cells were taken."""

    table: LessonTable
    head: list[str]
    body: list[list[str]]
    taken: set[tuple[int, int]] = field(default_factory=set)

    def statements(self) -> Iterator[Statement]:
        yield from self._stated_in_cells()
        column_symbols = [parse_symbol(cell) for cell in self.head]
        name_column = _name_column(self.body)
        count = sum(symbol is not None for symbol in column_symbols)
        if count >= max(2, len(self.head) - 1) and not _rows_are_units(column_symbols, self.body):
            yield from self._by_column(column_symbols)
        elif name_column is not None:
            yield from self._by_row(name_column)

    def _stated_in_cells(self) -> Iterator[Statement]:
        """What single cells state: `x_1 = 0.5, x_2 = 1.0` under `Value`; such a cell is no number."""
        for row, cells in enumerate(self.body):
            for column, cell in enumerate(cells):
                paragraph = self._paragraph(row, cell)
                stated = [s for s in paragraph_statements(paragraph) if s.symbols and not s.is_substituted]
                numbers = {_cell(later_cell, row) for later_cell in cells[column + 1 :]} - {None}
                if len(stated) > 1 or (stated and not numbers):
                    yield from stated
                    self.body[row] = [*cells[:column], "", *cells[column + 1 :]]
                    cells = self.body[row]

    def unnamed(self) -> Iterator[Statement]:
        """The numbers that belong to nothing that is known."""
        for row, cells in enumerate(self.body):
            for column, cell in enumerate(cells):
                if (row, column) not in self.taken and (value := _cell(cell, 0)) is not None:
                    label = next((label for label in cells if _cell(label, 0) is None and label), "")
                    yield self._statement(None, value, row, f"{label[:40]} ({self.head[column][:40]})")

    def _statement(
        self, symbol: LessonSymbol | Slope | None, value: Value, row: int, written: str
    ) -> Statement:
        table = self.table
        where = place(table.lines[row + 1] if row + 1 < len(table.lines) else 1, table.part)
        symbols = (symbol,) if symbol else ()
        return Statement(symbols, value, where, written, heading=table.heading, section=table.section)

    def _by_column(self, column_symbols: list[LessonSymbol | Slope | None]) -> Iterator[Statement]:
        for row, cells in enumerate(self.body):
            label = cells[0] if column_symbols[0] is None else ""
            for column, (header, symbol, cell) in enumerate(
                zip(self.head, column_symbols, cells, strict=False)
            ):
                value = _cell(cell, row)
                if symbol is not None and value is not None:
                    self.taken.add((row, column))
                    title = f"{header} ({label})" if label else header
                    yield self._statement(_cell_symbol(symbol, label, label), value, row, title)

    def _by_row(self, name_column: int) -> Iterator[Statement]:
        numeric = [
            any(_cell(row[column], 0) is not None for row in self.body)
            for column in range(len(self.head))
            if column != name_column
        ]
        is_single = sum(numeric) == 1
        for row, cells in enumerate(self.body):
            name = cells[name_column]
            symbol = _name(name)
            numbers = [
                (column, value)
                for column, cell in enumerate(cells)
                if column != name_column and (value := _cell(cell, row)) is not None
            ]
            if "=" in name and len(numbers) == 1:
                self.taken |= {(row, numbers[0][0]), (row, name_column)}
                yield from self._worked(row, name, cells[numbers[0][0]])
            elif symbol is not None:
                for column, value in numbers:
                    self.taken.add((row, column))
                    header = self.head[column]
                    cell_symbol = _cell_symbol(symbol, header[:80], header) or (symbol if is_single else None)
                    yield self._statement(cell_symbol, value, row, f"{name} ({header})")

    def _worked(self, row: int, formula: str, value: str) -> Iterator[Statement]:
        """A row that reads on from cell to cell: `z = 0.5 · 2 | 1.0`."""
        yield from paragraph_statements(
            self._paragraph(row, f"{formula.rstrip('= ')} = {value.lstrip('= ')}")
        )

    def _paragraph(self, row: int, text: str) -> LessonParagraph:
        table = self.table
        line = table.lines[row + 1] if row + 1 < len(table.lines) else 1
        return LessonParagraph(line, text, table.heading, table.section, part=table.part)


def _cell_symbol(symbol: LessonSymbol | Slope, label: str, header: str) -> LessonSymbol | Slope | None:
    """What a column makes of a row's symbol: its gradient, its new value, or itself."""
    if isinstance(symbol, Slope):
        return symbol
    if (unit_symbol := _unit_column(parse_symbol(header))) and symbol.places:
        return (
            replace(unit_symbol, places=symbol.places, layer=symbol.layer)
            if symbol.kind in ("a", "z")
            else None
        )
    if _GRADIENT.search(label):
        return Slope(ERROR, symbol) if not _STEP.search(label.replace("∇", "")) else None
    if _NEW.search(label):
        return replace(symbol, new=True)
    return symbol if _OWN.search(label) and not _STEP.search(label) else None


def _unit_column(symbol: LessonSymbol | Slope | None) -> LessonSymbol | None:
    """A column's `net`, `out` or δ, of which a row says the unit."""
    if not isinstance(symbol, LessonSymbol) or any(number is not None for _, number in symbol.places):
        return None
    return symbol if symbol.kind in ("z", "a", "delta", "b") else None


def _cell(cell: str, line: int) -> Value | None:
    """The number in a cell; of `0.45 - 0.4 · 0.05706 = 0.427`, the last."""
    return parse_value(list(tokenize(cell.rpartition("=")[2], line)))
