"""Placing: which number of a network each statement gives or claims, in one layout."""

import re
from collections.abc import Iterable, Iterator, Mapping

from chainrule.ask.cases.numeral import as_decimal
from chainrule.ask.lessons.numbering import Address, Layout
from chainrule.ask.lessons.placement import Cell, LessonClaim, Placement
from chainrule.ask.lessons.statements import Statement, Value
from chainrule.ask.lessons.symbol import LessonSymbol, Slope
from chainrule.quantities import is_bias, is_parameter, is_weight, layer_of, parse, variable

_LATER = re.compile(r"after|second|new|updat|again|next|check|zweit|nach", re.IGNORECASE)
_PER_OUTPUT = {
    "half_squared_error": "(t[{k}]-a{layer}[{k}])^2/2",
    "sum_squared_error": "(t[{k}]-a{layer}[{k}])^2",
}


def place(statements: Iterable[Statement], layout: Layout, loss: str) -> Placement:
    """The statements in a layout, in their order: what is stated first is given."""
    placing = _Placing(Placement(layout), loss)
    statements = list(statements)
    for statement in statements:  # the rows of x and t must be known before anything is claimed of them
        for symbol in statement.symbols:
            if isinstance(symbol, LessonSymbol) and symbol.kind in ("x", "t") and not symbol.new:
                placing.data(symbol, statement)
    for statement in statements:
        placing.take(statement)
    return placing.placement


class _Placing:
    """Takes statement after statement."""

    def __init__(self, placement: Placement, loss: str) -> None:
        self.placement, self.layout, self.loss = placement, placement.layout, loss
        self._updated = False
        self._numerals: dict[str, set[object]] = {}
        self._refused: set[int] = set()

    def data(self, symbol: LessonSymbol, statement: Statement) -> None:
        """x or t, all of it or one of its numbers; what is stated of it first counts."""
        address = self.layout.address(symbol)
        if address is None:
            return
        name, index = address
        if index is not None and isinstance(statement.value, str):
            cells = {(name, (0, *index)): statement.value}
        else:
            cells = self._rows_of(name, statement.value)
        for cell, printed in cells.items():
            if not _same(self.placement.givens.setdefault(cell, printed), printed):
                self._refused.add(id(statement))

    def _rows_of(self, name: str, value: Value) -> dict[Cell, str]:
        width = self.layout.shape(name)[0]
        rows = _rows(value)
        if rows and width == 1 and len(rows) == 1 and len(rows[0]) > 1 and not isinstance(value, str):
            rows = [(numeral,) for numeral in rows[0]]
        elif rows and width > 1 and all(len(row) == 1 for row in rows) and len(rows) == width:
            rows = [tuple(row[0] for row in rows)]
        if not rows or any(len(row) != width for row in rows):
            return {}
        return {(name, (i, j)): numeral for i, row in enumerate(rows) for j, numeral in enumerate(row)}

    def take(self, statement: Statement) -> None:
        """One statement."""
        outcomes = [self._place(symbol, statement) for symbol in statement.symbols]
        if not any(outcomes) or id(statement) in self._refused:
            self._leave(statement)

    def _leave(self, statement: Statement) -> None:
        text = statement.value if isinstance(statement.value, str) else _shown(statement.value)
        name = " ".join(statement.written.split())[:60]
        self.placement.unplaced.append(f"line {statement.line}: {name} = {text}")

    def _place(self, symbol: LessonSymbol | Slope, statement: Statement) -> bool:
        if isinstance(symbol, Slope):
            return self._slope(symbol, statement)
        if symbol.kind == "rate":
            return self._rate(statement)
        if symbol.kind == "E":
            return self._error(symbol, statement)
        address = self.layout.address(symbol, is_array=not isinstance(statement.value, str))
        if address is None:
            return False
        if symbol.kind in ("x", "t"):
            return not symbol.new and any(name == symbol.kind for name, _ in self.placement.givens)
        cells = self._spread(address, statement.value)
        if symbol.kind in ("w", "b"):
            return bool(cells) and self._parameter(cells, symbol.new or statement.new, statement)
        prefix = "dE/d" if symbol.kind == "delta" else ""
        return self._claim_all(prefix, cells, statement)

    def _rate(self, statement: Statement) -> bool:
        if not isinstance(statement.value, str):
            return False
        self.placement.rate = self.placement.rate or statement.value
        return _same(self.placement.rate, statement.value)

    # --- cells

    def _spread(self, address: Address, value: Value) -> dict[Cell, str]:
        """A value over the cells of an address; nothing if it does not fit."""
        name, index = address
        while (
            len(value) == 1
            and not isinstance(value, str)
            and (index is not None or isinstance(value[0], str))
        ):
            value = value[0]
        is_unit = not is_parameter(parse(name))
        if index is not None:
            if not isinstance(value, str):
                return {}
            if is_unit and self.placement.rows > 1:
                return {(name, index): value} if len(index) == 2 else {}
            return {(name, (0, *index) if is_unit else index): value}
        cells = self.placement.cells(name)
        if isinstance(value, str):
            return dict.fromkeys(cells, value) if len(cells) == 1 or is_bias(parse(name)) else {}
        rows = _rows(value)
        is_matrix = any(isinstance(element, tuple) for element in value)
        if is_weight(parse(name)) and self.layout.unit_first and is_matrix:
            rows = list(zip(*rows, strict=False)) if len({len(row) for row in rows}) == 1 else []
        flat = [numeral for row in rows for numeral in row]
        return dict(zip(cells, flat, strict=True)) if len(flat) == len(cells) else {}

    def _parameter(self, cells: Mapping[Cell, str], is_update: bool, statement: Statement) -> bool:
        givens = self.placement.givens
        if not is_update and not any(cell in givens for cell in cells):
            givens.update(cells)
            return True
        if not is_update and all(_same(givens.get(cell, ""), printed) for cell, printed in cells.items()):
            return True
        if not is_update:
            first_cell = next(iter(cells))
            initial, updated = givens.get(first_cell, "?"), cells[first_cell]
            self.placement.notes.append(
                f"line {statement.line}: {statement.written.strip()} = {updated}, {initial} before: "
                "taken as the updated value"
            )
        for (name, index), printed in cells.items():
            self._claim(f"{name}'{self._index(name, index)}", printed, statement, later=False)
        self._updated = True
        return True

    def _index(self, name: str, index: tuple[int, ...]) -> str:
        shape = self.placement.shape(name)
        if all(size == 1 for size in shape):
            return ""
        is_one_row = self.placement.rows == 1 and not is_parameter(parse(name))
        coordinates = index[1:] if is_one_row else index
        return f"[{','.join(map(str, coordinates))}]"

    # --- claims

    def _claim_all(self, prefix: str, cells: Mapping[Cell, str], statement: Statement) -> bool:
        for (name, index), printed in cells.items():
            self._claim(f"{prefix}{name}{self._index(name, index)}", printed, statement)
        return bool(cells)

    def _claim(self, quantity: str, printed: str, statement: Statement, *, later: bool = True) -> None:
        numerals = self._numerals.setdefault(quantity, set())
        is_headed = bool(_LATER.search(statement.heading)) and quantity[0] in "zaE"
        is_different = bool(numerals) and as_decimal(printed) not in numerals
        later = later and self._updated and (is_different or is_headed)
        claims = self.placement.claims
        if not any((claim.quantity, claim.printed) == (quantity, printed) for claim in claims):
            claims.append(LessonClaim(quantity, printed, later, is_headed))
        numerals.add(as_decimal(printed))

    def _error(self, symbol: LessonSymbol, statement: Statement) -> bool:
        if not isinstance(statement.value, str) or symbol.new:
            return False
        number = next((number for _, number in symbol.places if number is not None), None)
        outputs = self.layout.sizes[-1]
        if number is None or outputs == 1:
            self._claim("E", statement.value, statement)
            return True
        form = _PER_OUTPUT.get(self.loss)
        if not form or not 1 <= number <= outputs or self.placement.rows > 1:
            return False
        name = f"E_o{number}"
        self.placement.names[name] = form.format(k=number - 1, layer=self.layout.depth)
        self._claim(name, statement.value, statement)
        return True

    def _slope(self, slope: Slope, statement: Statement) -> bool:
        bottom = (
            self.layout.address(slope.bottom) if slope.bottom.kind not in ("E", "delta", "rate") else None
        )
        if bottom is None:
            return False
        if slope.top.kind == "E":
            return self._gradient(slope.top, bottom, statement)
        top = self.layout.address(slope.top) if slope.top.kind in ("a", "z") else None
        if top is None:
            return False
        numerator = variable(top[0])
        if numerator.letter == "a" and bottom[0] == f"z{numerator.layer}" and top[1] == bottom[1]:
            return self._claim_all(f"d{top[0]}/d", self._spread(bottom, statement.value), statement)
        return self._of_z(top, bottom, statement) if numerator.letter == "z" else False

    def _gradient(self, top: LessonSymbol, bottom: Address, statement: Statement) -> bool:
        number = next((number for _, number in top.places if number is not None), None)
        cells = self._spread(bottom, statement.value)
        depth = self.layout.depth
        if number is None or self.layout.sizes[-1] == 1:
            return self._claim_all("dE/d", cells, statement)
        (name, index), k = bottom, number - 1
        if name in (f"a{depth}", f"z{depth}"):
            return index == (k,) and self._claim_all("dE/d", cells, statement)
        if name not in (f"a{depth - 1}", f"z{depth - 1}"):
            return False
        if not isinstance(statement.value, str) or index is None:
            return False
        unit = index[0]
        alias = f"dE_o{number}_d{name}_{unit}"
        formula = (
            f"dE/dz{depth}{self._index(f'z{depth}', (0, k))}*w{depth}{self._index(f'w{depth}', (unit, k))}"
        )
        slope = ""
        if name == f"z{depth - 1}":
            slope = f"*da{depth - 1}/dz{depth - 1}{self._index(name, (0, unit))}"
        self.placement.names[alias] = formula + slope
        self._claim(alias, statement.value, statement)
        return True

    def _of_z(self, top: Address, bottom: Address, statement: Statement) -> bool:
        """∂z/∂w is what comes in, ∂z/∂a is the weight between, ∂z/∂b is 1."""
        layer = layer_of(parse(top[0]))
        if bottom[0] == f"b{layer}":
            return isinstance(statement.value, str) and as_decimal(statement.value) == 1
        if top[1] is None or bottom[1] is None or self.placement.rows > 1:
            return False
        source = "x" if layer == 1 else f"a{layer - 1}"
        if bottom[0] == f"w{layer}" and bottom[1][1:] == top[1]:
            return self._claim_all("", self._spread((source, bottom[1][:1]), statement.value), statement)
        if bottom[0] == source:
            weight = (f"w{layer}", (*bottom[1], *top[1]))
            return self._claim_all("", self._spread(weight, statement.value), statement)
        return False


def _rows(value: Value) -> list[tuple[str, ...]]:
    """A value as rows of numbers; nothing if it is nested deeper."""
    if isinstance(value, str):
        return [(value,)]
    if all(isinstance(element, str) for element in value):
        return [tuple(element for element in value if isinstance(element, str))]
    return list(_flat_rows(value))


def _flat_rows(value: Value) -> Iterator[tuple[str, ...]]:
    for row in value:
        if isinstance(row, str):
            yield (row,)
        else:
            yield tuple(element if isinstance(element, str) else "nan" for element in row)


def _same(printed: str, reference: str) -> bool:
    return bool(printed) and as_decimal(printed) == as_decimal(reference)


def _shown(value: Value) -> str:
    if isinstance(value, str):
        return value
    return f"[{', '.join(_shown(element) for element in value[:4])}{', …' if len(value) > 4 else ''}]"
