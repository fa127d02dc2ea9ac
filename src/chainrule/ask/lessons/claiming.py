"""Claiming: which number of a network each statement of something worked out is about, in one layout."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from chainrule.ask.cases.numeral import as_decimal
from chainrule.ask.lessons.numbering import Address
from chainrule.ask.lessons.placement import Cell, LessonClaim, Placement
from chainrule.ask.lessons.printed_values import Value, value_rows
from chainrule.ask.lessons.statements import LATER, Statement
from chainrule.ask.lessons.symbol import LessonSymbol, Slope
from chainrule.quantities import is_bias, is_parameter, is_weight, layer_of, parse, variable

_DIFFERENCE = re.compile(r"\(?-?[^-+*/^]{1,20}\)?-\(?-?[^-+*/^]{1,20}\)?")
_PER_OUTPUT = {
    "half_squared_error": "(t[{k}]-a{layer}[{k}])^2/2",
    "sum_squared_error": "(t[{k}]-a{layer}[{k}])^2",
}


class Claiming:
    """Adds claims to a placement.

    Attributes:
        placement: what the statements have come to so far.
        layout: its layout.
        loss: the loss's name.
        is_updated: whether new values were stated already.
    """

    def __init__(self, placement: Placement, loss: str, *, slopes_turned: bool) -> None:
        self.placement, self.layout, self.loss = placement, placement.layout, loss
        self.is_updated = False
        self._slopes_turned = slopes_turned
        self._numerals: dict[str, set[object]] = {}
        self._claimed: set[tuple[str, str]] = set()

    # --- cells

    def spread(self, address: Address, value: Value, *, turned: bool = False) -> dict[Cell, str]:
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
        rows = value_rows(value)
        is_matrix = any(isinstance(element, tuple) for element in value)
        if is_weight(parse(name)) and self.layout.unit_first != turned and is_matrix:
            rows = list(zip(*rows, strict=False)) if len({len(row) for row in rows}) == 1 else []
        flat = [numeral for row in rows for numeral in row]
        return dict(zip(cells, flat, strict=True)) if len(flat) == len(cells) else {}

    def index_text(self, name: str, index: tuple[int, ...]) -> str:
        shape = self.placement.shape(name)
        if all(size == 1 for size in shape):
            return ""
        is_one_row = self.placement.rows == 1 and not is_parameter(parse(name))
        coordinates = index[1:] if is_one_row else index
        return f"[{','.join(map(str, coordinates))}]"

    # --- claims

    def claim_all(self, prefix: str, cells: Mapping[Cell, str], statement: Statement) -> bool:
        for (name, index), printed in cells.items():
            self.claim(f"{prefix}{name}{self.index_text(name, index)}", printed, statement)
        return bool(cells)

    def claim(
        self,
        quantity: str,
        printed: str,
        statement: Statement,
        *,
        later: bool = True,
        is_restated: bool = False,
    ) -> None:
        numerals = self._numerals.setdefault(quantity, set())
        is_headed = bool(LATER.search(statement.heading)) and quantity[0] in "zaE"
        is_different = bool(numerals) and as_decimal(printed) not in numerals
        later = later and self.is_updated and (is_different or is_headed)
        self._add(
            LessonClaim(
                quantity,
                printed,
                later,
                is_headed,
                is_restated,
                place=statement.place,
                name=statement.written,
                line_value=statement.line_value(printed),
            )
        )
        numerals.add(as_decimal(printed))

    def _add(self, claim: LessonClaim) -> None:
        """A claim, once."""
        if (claim.quantity, claim.printed) not in self._claimed:
            self._claimed.add((claim.quantity, claim.printed))
            self.placement.claims.append(claim)

    def _meant(
        self, family: str, name: str, printed: str, meanings: Sequence[str], statement: Statement
    ) -> bool:
        """A claim under a name that people use in several ways."""
        alias = _alias(name)
        self._add(
            LessonClaim(
                alias,
                printed,
                meanings=tuple(meanings),
                family=family,
                place=statement.place,
                name=statement.written,
                line_value=statement.line_value(printed),
            )
        )
        return True

    def error_signal(self, cells: Mapping[Cell, str], statement: Statement) -> bool:
        """δ: ∂E/∂z, or what is taken off it, -∂E/∂z, or ∂E/∂a."""
        for (name, index), printed in cells.items():
            position = self.index_text(name, index)
            activation = f"a{variable(name).layer}"
            meanings = (
                f"dE/d{name}{position}",
                f"-dE/d{name}{position}",
                f"dE/d{activation}{position}",
                f"-dE/d{activation}{position}",
            )
            self._meant("delta", f"delta_{name}{_digits(position)}", printed, meanings, statement)
        return bool(cells)

    def one_bias(self, cells: Mapping[Cell, str], statement: Statement, *, is_new: bool) -> bool:
        """Slope or new value of a bias that all units of a layer share: its slope is the sum of theirs."""
        (name, _), printed = next(iter(cells.items()))
        prefix = f"{name}'" if is_new else f"dE/d{name}"
        units = [prefix + self.index_text(*cell) for cell in cells]
        total = "+".join(units)
        if is_new:
            total += f"-{len(cells) - 1}*{name}{self.index_text(*next(iter(cells)))}"
        alias = f"{name}_new" if is_new else f"dE_d{name}"
        return self._meant("one bias", alias, printed, (total, *units), statement)

    def _change(self, bottom: Address, statement: Statement, value: Value) -> bool:
        """Δw: what an update adds, or takes away."""
        cells = self.spread(bottom, value)
        for (name, index), printed in cells.items():
            position = self.index_text(name, index)
            slope = f"dE/d{name}{position}"
            meanings = (f"-learning_rate*{slope}", f"learning_rate*{slope}", slope, f"-{slope}")
            self._meant("change", f"change_{name}{_digits(position)}", printed, meanings, statement)
        return bool(cells)

    def error(self, symbol: LessonSymbol, statement: Statement, value: Value) -> bool:
        if not isinstance(value, str) or symbol.new:
            return False
        number = next((number for _, number in symbol.places if number is not None), None)
        outputs, depth = self.layout.sizes[-1], self.layout.depth
        if number and self.layout.counts_nodes:  # Err_4, of node 4
            node = self.layout.address(replace(symbol, kind="delta"))
            return node is not None and self.error_signal(self.spread(node, value), statement)
        if outputs == 1 and number and number > 1:
            return False  # of something else than the output
        k = 0 if outputs == 1 else (number or 0) - 1
        if _may_be_difference(symbol, statement, value):
            if not 0 <= k < outputs or self.placement.rows > 1:
                return False
            at_output, at_target = (self.index_text(name, (0, k)) or "[0]" for name in (f"a{depth}", "t"))
            output, target = f"a{depth}{at_output}", f"t{at_target}"
            loss = ("E",) if outputs == 1 and not value.startswith("-") else ()
            meanings = (*loss, f"{output}-{target}", f"{target}-{output}")
            return self._meant(
                f"error {symbol.letter}", symbol.letter + str(number or ""), value, meanings, statement
            )
        if number is None or outputs == 1:
            self.claim("E", value, statement)
            return True
        form = _PER_OUTPUT.get(self.loss)
        if not form or not 0 <= k < outputs or self.placement.rows > 1:
            return False
        name = f"E_o{number}"
        self.placement.names[name] = form.format(k=k, layer=depth)
        self.claim(name, value, statement)
        return True

    def slope(self, slope: Slope, statement: Statement, value: Value) -> bool:
        bottom = (
            self.layout.address(slope.bottom, is_array=not isinstance(value, str))
            if slope.bottom.kind not in ("E", "delta", "rate")
            else None
        )
        if bottom is None:
            return False
        if slope.top.kind == "step":
            return self._change(bottom, statement, value)
        if slope.top.kind == "E":
            return self._gradient(slope.top, bottom, statement, value)
        top = self.layout.address(slope.top) if slope.top.kind in ("a", "z") else None
        if top is None:
            return False
        numerator = variable(top[0])
        if numerator.letter == "a" and bottom[0] == f"z{numerator.layer}" and top[1] == bottom[1]:
            return self.claim_all(f"d{top[0]}/d", self.spread(bottom, value), statement)
        return self._of_z(top, bottom, statement, value) if numerator.letter == "z" else False

    def _gradient(self, top: LessonSymbol, bottom: Address, statement: Statement, value: Value) -> bool:
        number = next((number for _, number in top.places if number is not None), None)
        cells = self.spread(bottom, value, turned=self._slopes_turned)
        depth = self.layout.depth
        if number is None or self.layout.sizes[-1] == 1:
            if shares_bias(cells, value):
                return self.one_bias(cells, statement, is_new=False)
            return self.claim_all("dE/d", cells, statement)
        (name, index), k = bottom, number - 1
        if name in (f"a{depth}", f"z{depth}"):
            return index == (k,) and self.claim_all("dE/d", cells, statement)
        if name not in (f"a{depth - 1}", f"z{depth - 1}"):
            return False
        if not isinstance(value, str) or index is None:
            return False
        unit = index[0]
        alias = f"dE_o{number}_d{name}_{unit}"
        output, weight = self.index_text(f"z{depth}", (0, k)), self.index_text(f"w{depth}", (unit, k))
        formula = f"dE/dz{depth}{output}*w{depth}{weight}"
        slope = ""
        if name == f"z{depth - 1}":
            slope = f"*da{depth - 1}/dz{depth - 1}{self.index_text(name, (0, unit))}"
        self.placement.names[alias] = formula + slope
        self.claim(alias, value, statement)
        return True

    def _of_z(self, top: Address, bottom: Address, statement: Statement, value: Value) -> bool:
        """∂z/∂w is what comes in, ∂z/∂a is the weight between, ∂z/∂b is 1."""
        layer = layer_of(parse(top[0]))
        if bottom[0] == f"b{layer}":
            return isinstance(value, str) and as_decimal(value) == 1
        if top[1] is None or bottom[1] is None or self.placement.rows > 1:
            return False
        source = "x" if layer == 1 else f"a{layer - 1}"
        if bottom[0] == f"w{layer}" and bottom[1][1:] == top[1]:
            return self.claim_all("", self.spread((source, bottom[1][:1]), value), statement)
        if bottom[0] == source:
            weight = (f"w{layer}", (*bottom[1], *top[1]))
            return self.claim_all("", self.spread(weight, value), statement)
        return False


def shares_bias(cells: Mapping[Cell, str], value: Value) -> bool:
    """Whether one number is that of the biases of several units."""
    return isinstance(value, str) and len(cells) > 1 and all(is_bias(parse(name)) for name, _ in cells)


def _may_be_difference(symbol: LessonSymbol, statement: Statement, value: str) -> bool:
    """Whether an error may be the output less its target rather than the loss: a square is never below 0."""
    if any("^2" in side or "^{2}" in side or "log" in side or "ln" in side for side in statement.sides):
        return False
    if value.startswith("-") or symbol.letter == "e":
        return True
    return symbol.letter.lower() in ("error", "err", "e", "fehler") and any(
        _DIFFERENCE.fullmatch(side) for side in statement.sides
    )


def _alias(name: str) -> str:
    """A name that a worked example may give a number."""
    return re.sub(r"\W", "", name)[:30] or "error"


def _digits(at: str) -> str:
    """`_0_1` for the index `[0,1]`."""
    return "".join(f"_{number}" for number in re.findall(r"\d+", at))
