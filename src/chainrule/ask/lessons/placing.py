"""Placing: which number of a network each statement gives or claims, in one layout."""

from collections.abc import Iterable, Mapping

from chainrule.ask.cases.numeral import as_decimal
from chainrule.ask.lessons.claiming import Claiming, shares_bias
from chainrule.ask.lessons.dialect import is_own_letter
from chainrule.ask.lessons.numbering import Layout
from chainrule.ask.lessons.placement import Cell, Placement
from chainrule.ask.lessons.printed_values import Value, shown, value_rows
from chainrule.ask.lessons.statements import LATER, Statement
from chainrule.ask.lessons.symbol import LessonSymbol, Slope


def place(
    statements: Iterable[Statement],
    layout: Layout,
    loss: str,
    *,
    latest_counts: bool = False,
    slopes_turned: bool = False,
) -> Placement:
    """The statements in a layout, in their order; of two statements of a given, the first (or last) counts.

    What an update makes is never a given where the given itself is stated, however far down.
    """
    placing = _Placing(Placement(layout), loss, slopes_turned=slopes_turned)
    statements = list(statements)
    stated = [(symbol, statement) for statement in statements for symbol in statement.symbols]
    for symbol, statement in reversed(stated) if latest_counts else stated:
        is_value = statement.value is not None and not statement.is_substituted
        if isinstance(symbol, LessonSymbol) and is_value and not symbol.new:
            if symbol.kind in ("x", "t"):
                placing.data(symbol, statement)
            elif symbol.kind in ("w", "b") and statement.is_plain:
                placing.given(symbol, statement)
    for symbol, statement in stated:
        if statement.is_substituted and isinstance(symbol, LessonSymbol):
            placing.substitute(symbol, statement)
    for statement in statements:
        if not statement.is_substituted:
            placing.take(statement)
    placing.placement.without_targets()
    return placing.placement


class _Placing(Claiming):
    """Takes statement after statement."""

    def __init__(self, placement: Placement, loss: str, *, slopes_turned: bool) -> None:
        super().__init__(placement, loss, slopes_turned=slopes_turned)
        self._refused: set[int] = set()
        self._put_in: set[Cell] = set()

    def data(self, symbol: LessonSymbol, statement: Statement) -> None:
        """x or t, all of it or one of its numbers; what is stated of it first counts."""
        address = self.layout.address(symbol)
        if address is None or statement.value is None:
            return
        name, index = address
        if index is not None and isinstance(statement.value, str):
            cells = {(name, (0, *index)): statement.value}
        else:
            cells = self._rows_of(name, statement.value)
        for cell, printed in cells.items():
            if not _same(self.placement.givens.setdefault(cell, printed), printed):
                self._refused.add(id(statement))
                self._anew(statement)

    def given(self, symbol: LessonSymbol, statement: Statement) -> None:
        """A weight or bias, where nothing was given for it."""
        value = statement.value
        address = self.layout.address(symbol, is_array=not isinstance(value, str))
        cells = self.spread(address, value) if address and value is not None else {}
        if not any(cell in self.placement.givens for cell in cells):
            self.placement.givens.update(cells)

    def substitute(self, symbol: LessonSymbol, statement: Statement) -> None:
        """A number that stands for a given in a formula, where the given is stated nowhere."""
        if symbol.kind in ("w", "b"):
            self.given(symbol, statement)
        elif symbol.kind in ("x", "t"):
            address = self.layout.address(symbol)
            if address and address[1] is not None and isinstance(statement.value, str):
                cell = address[0], (0, *address[1])
                if cell not in self.placement.givens:
                    self._put_in.add(cell)
                given = self.placement.givens.setdefault(cell, statement.value)
                if cell in self._put_in and not _same(given, statement.value):
                    self._anew(statement)  # of another row or point

    def _anew(self, statement: Statement) -> None:
        text = f"{statement.place}: {_equation(statement)}"
        if text not in self.placement.anew:
            self.placement.anew.append(text)

    def _rows_of(self, name: str, value: Value) -> dict[Cell, str]:
        width = self.layout.shape(name)[0]
        rows = value_rows(value)
        if rows and width == 1 and len(rows) == 1 and len(rows[0]) > 1 and not isinstance(value, str):
            rows = [(numeral,) for numeral in rows[0]]
        elif rows and width > 1 and all(len(row) == 1 for row in rows) and len(rows) == width:
            rows = [tuple(row[0] for row in rows)]
        if not rows or any(len(row) != width for row in rows):
            return {}
        return {(name, (i, j)): numeral for i, row in enumerate(rows) for j, numeral in enumerate(row)}

    def take(self, statement: Statement) -> None:
        """One statement."""
        if statement.value is None:
            self.placement.unplaced.append(
                f"{statement.place}: {statement.written}, a number that cannot be read"
            )
            return
        has_slope = any(isinstance(symbol, Slope) for symbol in statement.symbols)
        outcomes = [
            self._place(symbol, statement, statement.value)
            for symbol in statement.symbols
            if isinstance(symbol, Slope) or symbol.kind != "delta" or not has_slope  # δ = ∂E/∂z is ∂E/∂z
        ]
        if not any(outcomes) or id(statement) in self._refused:
            self.placement.unplaced.append(f"{statement.place}: {_equation(statement)}")
        if not statement.symbols and statement.is_plain and is_own_letter(statement):
            self.placement.unknown.append(f"{statement.place}: {_equation(statement)}")

    def _place(self, symbol: LessonSymbol | Slope, statement: Statement, value: Value) -> bool:
        if isinstance(symbol, Slope):
            return self.slope(symbol, statement, value)
        if symbol.kind == "rate":
            return self._rate(value)
        if symbol.kind == "E":
            return self.error(symbol, statement, value)
        address = self.layout.address(symbol, is_array=not isinstance(value, str))
        if address is None:
            return False
        if symbol.kind in ("x", "t"):
            return not symbol.new and any(name == symbol.kind for name, _ in self.placement.givens)
        cells = self.spread(address, value)
        if symbol.kind in ("w", "b"):
            return bool(cells) and self._parameter(cells, symbol.new or statement.new, statement)
        if symbol.kind == "delta":
            return self.error_signal(cells, statement)
        return self.claim_all("", cells, statement)

    def _rate(self, value: Value) -> bool:
        if not isinstance(value, str):
            return False
        self.placement.rate = self.placement.rate or value
        return _same(self.placement.rate, value)

    def _parameter(self, cells: Mapping[Cell, str], is_update: bool, statement: Statement) -> bool:
        givens = self.placement.givens
        is_update = is_update or (statement.is_worked and any(cell in givens for cell in cells))
        if not any(cell in givens for cell in cells) and not (is_update and statement.sides):
            givens.update(cells)
            return True
        if not is_update and all(_same(givens.get(cell, ""), printed) for cell, printed in cells.items()):
            return True
        is_restated = not is_update and not LATER.search(statement.heading)
        self.is_updated = True
        if not is_restated and statement.value is not None and shares_bias(cells, statement.value):
            return self.one_bias(cells, statement, is_new=True)
        for (name, index), printed in cells.items():
            quantity = f"{name}'{self.index_text(name, index)}"
            self.claim(quantity, printed, statement, later=False, is_restated=is_restated)
        return True


def _same(printed: str, reference: str) -> bool:
    return bool(printed) and as_decimal(printed) == as_decimal(reference)


def _equation(statement: Statement) -> str:
    return f"{statement.written} = {shown(statement.value or '')}"
