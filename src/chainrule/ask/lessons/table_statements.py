"""Tables read as statements: parameters with gradients and new values, in any order of columns."""

import re
from collections.abc import Iterator
from dataclasses import replace

from chainrule.ask.lessons.markdown_blocks import Table
from chainrule.ask.lessons.statements import Statement, Value, phrased, tokens, value
from chainrule.ask.lessons.symbol import ERROR, Slope, Symbol, symbol

_GRADIENT = re.compile(r"grad|∂|deriv|ableit|slope|d[ELJC]/d|∇", re.IGNORECASE)
_NEW = re.compile(
    r"\bnew|updat|\bafter|\bnext|\bneu|\bnach|[wb]_?\w*\s*(?:\^\{?\+|')|improved|learned", re.IGNORECASE
)
_OWN = re.compile(
    r"^$|old|initial|before|current|start|given|value|alt|wert|vorher|number|result|=", re.IGNORECASE
)
_STEP = re.compile(r"[Δ]|\bchange|\bstep|\bdiff|learning|α|η|·", re.IGNORECASE)


def statements(table: Table) -> Iterator[Statement]:
    """The statements of a table: one symbol a row, or one a column."""
    head, *body = [[phrased(cell).strip() for cell in row] for row in table.rows]
    if not body or len(head) < 2:
        return
    across = [symbol(cell) for cell in head]
    down = _names(body)
    if sum(one is not None for one in across) >= max(2, len(head) - 1) and not _of_units(across, body):
        yield from _by_column(table, head, across, body)
    elif down is not None:
        yield from _by_row(table, head, down, body)


def _names(body: list[list[str]]) -> int | None:
    """The column that says what a row is about: the first in which most cells are names."""
    for column in range(len(body[0])):
        named = sum(_name(row[column]) is not None for row in body if column < len(row))
        if named * 2 > len(body):
            return column
    return None


def _name(cell: str) -> Symbol | Slope | None:
    """The symbol in a cell: all of it, or what stands at its beginning or in its brackets."""
    if found := symbol(cell):
        return found
    words = [one for one in re.split(r"[\s(),:]+", cell) if one]
    short = [found for one in words[:6] if len(one) < 40 and (found := symbol(one)) is not None]
    return short[-1] if short and len(words) <= 6 else None


def _of_units(across: list[Symbol | Slope | None], body: list[list[str]]) -> bool:
    """Whether rows are units and columns are what they have: `h1 | net | out`."""
    whole = [one for one in across if _of_a_unit(one)]
    units = [one for row in body if (one := symbol(row[0])) and isinstance(one, Symbol) and one.places]
    return len(whole) > 1 or bool(whole and len(units) == len(body))


def _by_column(
    table: Table, head: list[str], across: list[Symbol | Slope | None], body: list[list[str]]
) -> Iterator[Statement]:
    for row, line in zip(body, table.lines[1:], strict=False):
        label = row[0] if across[0] is None else ""
        for name, one, cell in zip(head, across, row, strict=False):
            stated = _cell(cell, line)
            if one is not None and stated is not None:
                said = _said(one, label, label)
                written = f"{name} ({label})" if label else name
                yield Statement((said,) if said else (), stated, line, written, heading=table.heading)


def _by_row(table: Table, head: list[str], down: int, body: list[list[str]]) -> Iterator[Statement]:
    numeric = [any(_cell(row[at], 0) is not None for row in body) for at in range(len(head)) if at != down]
    only = sum(numeric) == 1
    for row, line in zip(body, table.lines[1:], strict=False):
        one = _name(row[down]) if down < len(row) else None
        if one is None:
            continue
        for column, cell in enumerate(row):
            stated = _cell(cell, line) if column != down else None
            if stated is not None and column < len(head):
                said = _said(one, head[column][:80], head[column]) or (one if only else None)
                written = f"{row[down]} ({head[column]})"
                yield Statement((said,) if said else (), stated, line, written, heading=table.heading)


def _said(one: Symbol | Slope, label: str, written: str) -> Symbol | Slope | None:
    """What a column makes of a row's symbol: its gradient, its new value, or itself."""
    if isinstance(one, Slope):
        return one
    if (own := _of_a_unit(symbol(written))) and one.places:
        return replace(own, places=one.places, layer=one.layer) if one.kind in ("a", "z") else None
    if _GRADIENT.search(label):
        return Slope(ERROR, one) if not _STEP.search(label.replace("∇", "")) else None
    if _NEW.search(label):
        return replace(one, new=True)
    return one if _OWN.search(label) and not _STEP.search(label) else None


def _of_a_unit(one: Symbol | Slope | None) -> Symbol | None:
    """A column's `net`, `out` or δ, of which a row says the unit."""
    if not isinstance(one, Symbol) or any(number is not None for _, number in one.places):
        return None
    return one if one.kind in ("z", "a", "delta", "b") else None


def _cell(cell: str, line: int) -> Value | None:
    """The number in a cell; of `0.45 - 0.4 · 0.05706 = 0.427`, the last."""
    return value(list(tokens(cell.rpartition("=")[2], line)))
