"""Tables read as statements: parameters with gradients and new values, in any order of columns."""

import re
from collections.abc import Iterator
from dataclasses import replace

from chainrule.ask.lessons.markdown_blocks import MarkdownTable
from chainrule.ask.lessons.statements import Statement, Value, parse_value
from chainrule.ask.lessons.symbol import ERROR, LessonSymbol, Slope, parse_symbol
from chainrule.ask.lessons.tokens import phrased, tokenize

_GRADIENT = re.compile(r"grad|∂|deriv|ableit|slope|d[ELJC]/d|∇", re.IGNORECASE)
_NEW = re.compile(
    r"\bnew|updat|\bafter|\bnext|\bneu|\bnach|[wb]_?\w*\s*(?:\^\{?\+|')|improved|learned", re.IGNORECASE
)
_OWN = re.compile(
    r"^$|old|initial|before|current|start|given|value|alt|wert|vorher|number|result|=", re.IGNORECASE
)
_STEP = re.compile(r"[Δ]|\bchange|\bstep|\bdiff|learning|α|η|·", re.IGNORECASE)


def statements(table: MarkdownTable) -> Iterator[Statement]:
    """The statements of a table: one symbol a row, or one a column."""
    head, *body = [[phrased(cell).strip() for cell in row] for row in table.rows]
    if not body or len(head) < 2:
        return
    column_symbols = [parse_symbol(cell) for cell in head]
    name_column = _name_column(body)
    if sum(symbol is not None for symbol in column_symbols) >= max(2, len(head) - 1) and not _rows_are_units(
        column_symbols, body
    ):
        yield from _by_column(table, head, column_symbols, body)
    elif name_column is not None:
        yield from _by_row(table, head, name_column, body)


def _name_column(body: list[list[str]]) -> int | None:
    """The column that says what a row is about: the first in which most cells are names."""
    for column in range(len(body[0])):
        named = sum(_name(row[column]) is not None for row in body if column < len(row))
        if named * 2 > len(body):
            return column
    return None


def _name(cell: str) -> LessonSymbol | Slope | None:
    """The symbol in a cell: all of it, or what stands at its beginning or in its brackets."""
    if symbol := parse_symbol(cell):
        return symbol
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


def _by_column(
    table: MarkdownTable,
    head: list[str],
    column_symbols: list[LessonSymbol | Slope | None],
    body: list[list[str]],
) -> Iterator[Statement]:
    for row, line in zip(body, table.lines[1:], strict=False):
        label = row[0] if column_symbols[0] is None else ""
        for header, symbol, cell in zip(head, column_symbols, row, strict=False):
            value = _cell(cell, line)
            if symbol is not None and value is not None:
                cell_symbol = _cell_symbol(symbol, label, label)
                title = f"{header} ({label})" if label else header
                yield Statement(
                    (cell_symbol,) if cell_symbol else (), value, line, title, heading=table.heading
                )


def _by_row(
    table: MarkdownTable, head: list[str], name_column: int, body: list[list[str]]
) -> Iterator[Statement]:
    numeric = [
        any(_cell(row[column], 0) is not None for row in body)
        for column in range(len(head))
        if column != name_column
    ]
    is_single = sum(numeric) == 1
    for row, line in zip(body, table.lines[1:], strict=False):
        symbol = _name(row[name_column]) if name_column < len(row) else None
        if symbol is None:
            continue
        for column, cell in enumerate(row):
            value = _cell(cell, line) if column != name_column else None
            if value is not None and column < len(head):
                cell_symbol = _cell_symbol(symbol, head[column][:80], head[column]) or (
                    symbol if is_single else None
                )
                title = f"{row[name_column]} ({head[column]})"
                yield Statement(
                    (cell_symbol,) if cell_symbol else (), value, line, title, heading=table.heading
                )


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
