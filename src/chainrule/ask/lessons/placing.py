"""Placing: which number of a network each statement gives or claims, in one layout."""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from chainrule.ask.lessons.numbering import Address, Layout
from chainrule.ask.lessons.placement import Cell, LessonClaim, Placement
from chainrule.ask.lessons.statements import Statement, Value
from chainrule.ask.lessons.symbol import LessonSymbol, Slope

_LATER = re.compile(r"after|second|new|updat|again|next|check|zweit|nach", re.IGNORECASE)
_PER_OUTPUT = {
    "half_squared_error": "(t[{k}]-a{layer}[{k}])^2/2",
    "sum_squared_error": "(t[{k}]-a{layer}[{k}])^2",
}


def place(said: Iterable[Statement], layout: Layout, loss: str) -> Placement:
    """The statements in a layout, in their order: what is stated first is given."""
    placing = _Placing(Placement(layout), loss)
    said = list(said)
    for one in said:  # the rows of x and t must be known before anything is claimed of them
        for symbol in one.symbols:
            if isinstance(symbol, LessonSymbol) and symbol.kind in ("x", "t") and not symbol.new:
                placing.data(symbol, one)
    for one in said:
        placing.take(one)
    return placing.placed


class _Placing:
    """Takes statement after statement."""

    def __init__(self, placed: Placement, loss: str) -> None:
        self.placed, self.layout, self.loss = placed, placed.layout, loss
        self._updated = False
        self._seen: dict[str, set[Decimal]] = {}
        self._refused: set[int] = set()

    def data(self, symbol: LessonSymbol, said: Statement) -> None:
        """x or t, all of it or one of its numbers; what is stated of it first counts."""
        found = self.layout.address(symbol)
        if found is None:
            return
        name, index = found
        if index is not None and isinstance(said.value, str):
            cells = {(name, (0, *index)): said.value}
        else:
            cells = self._rows_of(name, said.value)
        for cell, printed in cells.items():
            if not _same(self.placed.given.setdefault(cell, printed), printed):
                self._refused.add(id(said))

    def _rows_of(self, name: str, value: Value) -> dict[Cell, str]:
        width = self.layout.shape(name)[0]
        rows = _rows(value)
        if rows and width == 1 and len(rows) == 1 and len(rows[0]) > 1 and not isinstance(value, str):
            rows = [(one,) for one in rows[0]]
        elif rows and width > 1 and all(len(row) == 1 for row in rows) and len(rows) == width:
            rows = [tuple(row[0] for row in rows)]
        if not rows or any(len(row) != width for row in rows):
            return {}
        return {(name, (i, j)): one for i, row in enumerate(rows) for j, one in enumerate(row)}

    def take(self, said: Statement) -> None:
        """One statement."""
        done = [self._one(symbol, said) for symbol in said.symbols]
        if not any(done) or id(said) in self._refused:
            self._leave(said)

    def _leave(self, said: Statement) -> None:
        text = said.value if isinstance(said.value, str) else _shown(said.value)
        self.placed.left.append(f"line {said.line}: {' '.join(said.written.split())[:60]} = {text}")

    def _one(self, symbol: LessonSymbol | Slope, said: Statement) -> bool:
        if isinstance(symbol, Slope):
            return self._slope(symbol, said)
        if symbol.kind == "rate":
            return self._rate(said)
        if symbol.kind == "E":
            return self._error(symbol, said)
        found = self.layout.address(symbol, is_array=not isinstance(said.value, str))
        if found is None:
            return False
        if symbol.kind in ("x", "t"):
            return not symbol.new and any(name == symbol.kind for name, _ in self.placed.given)
        cells = self._spread(found, said.value)
        if symbol.kind in ("w", "b"):
            return bool(cells) and self._parameter(cells, symbol.new or said.new, said)
        prefix = "dE/d" if symbol.kind == "delta" else ""
        return self._claim_all(prefix, cells, said)

    def _rate(self, said: Statement) -> bool:
        if not isinstance(said.value, str):
            return False
        self.placed.rate = self.placed.rate or said.value
        return _same(self.placed.rate, said.value)

    # --- cells

    def _spread(self, found: Address, value: Value) -> dict[Cell, str]:
        """A value over the cells of an address; nothing if it does not fit."""
        name, index = found
        while (
            len(value) == 1
            and not isinstance(value, str)
            and (index is not None or isinstance(value[0], str))
        ):
            value = value[0]
        is_unit = name[0] not in "wb"
        if index is not None:
            if not isinstance(value, str):
                return {}
            if is_unit and self.placed.rows > 1:
                return {(name, index): value} if len(index) == 2 else {}
            return {(name, (0, *index) if is_unit else index): value}
        cells = self.placed.cells(name)
        if isinstance(value, str):
            return dict.fromkeys(cells, value) if len(cells) == 1 or name[0] == "b" else {}
        rows = _rows(value)
        if name[0] == "w" and self.layout.unit_first and any(isinstance(one, tuple) for one in value):
            rows = list(zip(*rows, strict=False)) if len({len(row) for row in rows}) == 1 else []
        flat = [one for row in rows for one in row]
        return dict(zip(cells, flat, strict=True)) if len(flat) == len(cells) else {}

    def _parameter(self, cells: Mapping[Cell, str], new: bool, said: Statement) -> bool:
        given = self.placed.given
        if not new and not any(cell in given for cell in cells):
            given.update(cells)
            return True
        if not new and all(_same(given.get(cell, ""), printed) for cell, printed in cells.items()):
            return True
        if not new:
            first = next(iter(cells))
            was, now = given.get(first, "?"), cells[first]
            self.placed.notes.append(
                f"line {said.line}: {said.written.strip()} = {now}, {was} before: taken as the updated value"
            )
        for (name, index), printed in cells.items():
            self._claim(f"{name}'{self._index(name, index)}", printed, said, later=False)
        self._updated = True
        return True

    def _index(self, name: str, index: tuple[int, ...]) -> str:
        shape = self.placed.shape(name)
        if all(size == 1 for size in shape):
            return ""
        own = index[1:] if name[0] not in "wb" and self.placed.rows == 1 else index
        return f"[{','.join(map(str, own))}]"

    # --- claims

    def _claim_all(self, prefix: str, cells: Mapping[Cell, str], said: Statement) -> bool:
        for (name, index), printed in cells.items():
            self._claim(f"{prefix}{name}{self._index(name, index)}", printed, said)
        return bool(cells)

    def _claim(self, quantity: str, printed: str, said: Statement, *, later: bool = True) -> None:
        seen = self._seen.setdefault(quantity, set())
        headed = bool(_LATER.search(said.heading)) and quantity[0] in "zaE"
        again = bool(seen) and Decimal(printed) not in seen
        later = later and self._updated and (again or headed)
        if not any((one.quantity, one.printed) == (quantity, printed) for one in self.placed.claims):
            self.placed.claims.append(LessonClaim(quantity, printed, later, headed))
        seen.add(Decimal(printed))

    def _error(self, symbol: LessonSymbol, said: Statement) -> bool:
        if not isinstance(said.value, str) or symbol.new:
            return False
        number = next((number for _, number in symbol.places if number is not None), None)
        outputs = self.layout.sizes[-1]
        if number is None or outputs == 1:
            self._claim("E", said.value, said)
            return True
        form = _PER_OUTPUT.get(self.loss)
        if not form or not 1 <= number <= outputs or self.placed.rows > 1:
            return False
        name = f"E_o{number}"
        self.placed.names[name] = form.format(k=number - 1, layer=self.layout.depth)
        self._claim(name, said.value, said)
        return True

    def _slope(self, slope: Slope, said: Statement) -> bool:
        bottom = (
            self.layout.address(slope.bottom) if slope.bottom.kind not in ("E", "delta", "rate") else None
        )
        if bottom is None:
            return False
        if slope.top.kind == "E":
            return self._gradient(slope.top, bottom, said)
        top = self.layout.address(slope.top) if slope.top.kind in ("a", "z") else None
        if top is None:
            return False
        if top[0][0] == "a" and bottom[0] == f"z{top[0][1:]}" and top[1] == bottom[1]:
            return self._claim_all(f"d{top[0]}/d", self._spread(bottom, said.value), said)
        return self._of_z(top, bottom, said) if top[0][0] == "z" else False

    def _gradient(self, top: LessonSymbol, bottom: Address, said: Statement) -> bool:
        number = next((number for _, number in top.places if number is not None), None)
        cells = self._spread(bottom, said.value)
        last = self.layout.depth
        if number is None or self.layout.sizes[-1] == 1:
            return self._claim_all("dE/d", cells, said)
        (name, index), k = bottom, number - 1
        if name in (f"a{last}", f"z{last}"):
            return index == (k,) and self._claim_all("dE/d", cells, said)
        if name not in (f"a{last - 1}", f"z{last - 1}") or not isinstance(said.value, str) or index is None:
            return False
        unit = index[0]
        own = f"dE_o{number}_d{name}_{unit}"
        formula = f"dE/dz{last}{self._index(f'z{last}', (0, k))}*w{last}{self._index(f'w{last}', (unit, k))}"
        slope = f"*da{last - 1}/dz{last - 1}{self._index(name, (0, unit))}" if name[0] == "z" else ""
        self.placed.names[own] = formula + slope
        self._claim(own, said.value, said)
        return True

    def _of_z(self, top: Address, bottom: Address, said: Statement) -> bool:
        """∂z/∂w is what comes in, ∂z/∂a is the weight between, ∂z/∂b is 1."""
        layer = int(top[0][1:])
        if bottom[0] == f"b{layer}":
            return isinstance(said.value, str) and Decimal(said.value) == 1
        if top[1] is None or bottom[1] is None or self.placed.rows > 1:
            return False
        before = "x" if layer == 1 else f"a{layer - 1}"
        if bottom[0] == f"w{layer}" and bottom[1][1:] == top[1]:
            return self._claim_all("", self._spread((before, bottom[1][:1]), said.value), said)
        if bottom[0] == before:
            return self._claim_all("", self._spread((f"w{layer}", (*bottom[1], *top[1])), said.value), said)
        return False


def _rows(value: Value) -> list[tuple[str, ...]]:
    """A value as rows of numbers; nothing if it is nested deeper."""
    if isinstance(value, str):
        return [(value,)]
    if all(isinstance(one, str) for one in value):
        return [tuple(one for one in value if isinstance(one, str))]
    return list(_flat_rows(value))


def _flat_rows(value: Value) -> Iterator[tuple[str, ...]]:
    for row in value:
        yield (row,) if isinstance(row, str) else tuple(one if isinstance(one, str) else "nan" for one in row)


def _same(first: str, second: str) -> bool:
    return bool(first) and Decimal(first) == Decimal(second)


def _shown(value: Value) -> str:
    if isinstance(value, str):
        return value
    return f"[{', '.join(_shown(one) for one in value[:4])}{', …' if len(value) > 4 else ''}]"
