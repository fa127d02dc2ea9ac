"""Derivations: a Number's own factors, walked back and written as formulas.

Nothing here knows a derivative. What is shown is what the engine multiplied: each path of a Number
is a sum of products, each product becomes a term, and a factor is called by its own name.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from chainrule.ask.documents.blocks import Equation
from chainrule.ask.documents.formula import (
    Applied,
    Formula,
    Power,
    Product,
    Remainder,
    Sum,
    Symbol,
    Term,
    Value,
)
from chainrule.ask.documents.names import atoms, derivative_of, spelled
from chainrule.ask.explain.terms import LARGEST, WHOLE, Factor, Index, Summand, row_length, summands
from chainrule.numbers import Function, Number
from chainrule.quantities import ERROR, Derivative, Memory, Updated, has_rows, is_error_signal, parse


@dataclass(frozen=True)
class Link:
    """One factor of a chain, ∂top/∂bottom, what it is made of, and its address where it has one."""

    top: Formula
    bottom: Formula
    equation: Equation
    value: Value


@dataclass(frozen=True)
class GradientChain:
    """A derivative of E that is one product: the error's own end first, then link by link."""

    links: tuple[Link, ...]
    equation: Equation


@dataclass(frozen=True)
class Derivations:
    """Derivations of one step's Numbers.

    Attributes:
        numbers: all of them, by name.
        rows: how many rows the batch has; with one, its index is not shown.
        names: a source's own names by (name, full index).
        absent: biases that were not stated; they are 0 and not shown.
        limit: how many terms of a sum are shown; of a longer one the largest, and what the rest adds up to.
        updates: how many came before the step; None where that goes without saying.
    """

    numbers: Mapping[str, Number]
    rows: int
    names: Mapping[tuple[str, Index], str] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    limit: int | None = None
    updates: int | None = None

    def symbol(self, element: Factor) -> Formula:
        """An element by its name."""
        inside = atoms(element.number.name)
        if not inside:
            return self._named(element.number.name, element)
        return spelled(element.number.name, tuple(self._named(atom, element) for atom in inside))

    def address(self, element: Factor) -> str:
        """An element as one asks for it: `dE/dw1[0,2]`; `t[0]-a2[0]` where it has no letter of its own."""
        name = element.number.name
        inside = atoms(name)
        symbols = tuple(self._own(atom, element) for atom in inside)
        formula: Formula = spelled(name, symbols) if symbols else self._own(name, element)
        share = f"[{element.index[0]}]" if name == "1/n" else ""
        return _addressed(formula) + share + self._at

    def value(self, element: Factor, digits: int = 4) -> Value:
        """An element by its value."""
        return Value(element.value, digits, self.address(element))

    def terms(self, element: Factor) -> tuple[list[Summand], Remainder | None]:
        """The products that an element is the sum of."""
        return summands(element, self.absent, self.limit)

    def equation(self, element: Factor) -> Equation:
        """An element = its factors in symbols = with the numbers in = the products = the sum."""
        result = self.value(element)
        terms, remainder = self.terms(element)
        function = element.number.through
        if not terms:
            return Equation(self.symbol(element), (result,))
        if pair := self._apart(terms):
            forms = (self._as_difference(*pair, form) for form in (self.symbol, self.value))
            return self._equation(element, [*forms, result])
        if function and function.sees != "number":
            return self._equation(element, [*self._of_row(element, function), result])
        steps = [
            _sum(terms, _only_counted(remainder), self._in_symbols),
            _sum(terms, remainder, self._in_numbers),
        ]
        if sum(len(term.factors) + len(term.constants) > 1 for term in terms) > 1:
            steps.append(_added(terms, remainder))
        if function:
            steps = [Applied(function.text, (step,)) for step in steps]
        return self._equation(element, [*steps, result])

    def stable(self, element: Factor) -> Formula | None:
        """How a - T of a cross-entropy is computed, (1 - T) a - T (1 - a); nothing for other numbers."""
        terms, _ = self.terms(element)
        return _sum(terms, None, self._in_symbols) if self._apart(terms) else None

    def _apart(self, terms: Sequence[Summand]) -> tuple[Factor, Factor, list[Factor]] | None:
        """a, T and the shares of a derivative that is (1 - T) a - T (1 - a), each times the shares."""
        if len(terms) != 2 or any(term.constants for term in terms) or not terms[1].negative:
            return None
        gain, cost = ({f.number.name: f for f in term.factors} for term in terms)
        output = next((name for name in gain if f"1-{name}" in cost), "")
        if not output or not {"1-t"} <= gain.keys() or "t" not in cost:
            return None
        return gain[output], cost["t"], [f for name, f in gain.items() if name not in ("1-t", output)]

    def _as_difference(
        self, output: Factor, target: Factor, shares: Sequence[Factor], form: Callable[[Factor], Formula]
    ) -> Formula:
        """`(a - T) · 1/n`."""
        difference = Sum((Term(form(output)), Term(form(target), negative=True)))
        return _product([difference, *map(form, shares)])

    def signals(self, element: Factor) -> list[Factor]:
        """The error signals that lead to `element`, the error's own end first; of several, the largest."""
        signals = [element]
        while ahead := self._errors(signals[-1]):
            signals.append(max(ahead, key=lambda pair: abs(pair[1]))[0])
        return signals[::-1]

    def chain(self, element: Factor) -> GradientChain | None:
        """`element` as one product over the links of its chain; nothing where several chains add up."""
        signals = self.signals(element)
        if any(len(terms) != 1 or remainder for terms, remainder in map(self.terms, signals[1:])):
            return None
        links = [self._end(signals[0]), *(self._link(*pair) for pair in pairwise(signals))]
        slopes = _product(link.equation.left for link in links)
        values = _product(link.value for link in links)
        return GradientChain(tuple(links), self._equation(element, [slopes, values, self.value(element)]))

    def slopes(self, element: Factor) -> list[Factor]:
        """The factors of `element` that are slopes, such as ∂a₁/∂z₁, and made of factors themselves."""
        return [
            f
            for term in self.terms(element)[0]
            for f in term.factors
            if derivative_of(f.number.name) and not is_error_signal(f.number.quantity) and f.number.paths
        ]

    # --- chains

    def _errors(self, element: Factor) -> list[tuple[Factor, float]]:
        """The error signals among the factors of `element`, with the values of their terms."""
        terms = self.terms(element)[0]
        return [(f, term.value) for term in terms for f in term.factors if is_error_signal(f.number.quantity)]

    def _end(self, element: Factor) -> Link:
        return Link(
            Symbol("E", address="E" + self._at),
            self._bottom(element),
            self.equation(element),
            self.value(element),
        )

    def _link(self, upstream: Factor, element: Factor) -> Link:
        """From ∂E/∂top to ∂E/∂bottom: what stands beside ∂E/∂top in the product is ∂top/∂bottom."""
        cofactor = self.terms(element)[0][0].without(upstream.number)
        top, bottom = self._bottom(upstream), self._bottom(element)
        if len(cofactor.factors) == 1 and derivative_of(cofactor.factors[0].number.name):
            value = Value(cofactor.value, address=self._alone(cofactor))
            return Link(top, bottom, self.equation(cofactor.factors[0]), value)
        steps = [_sum([cofactor], None, form) for form in (self._in_symbols, self._in_numbers)]
        slope = Applied("∂{}/∂{}", (top, bottom))
        value = Value(cofactor.value, address=self._alone(cofactor))
        return Link(top, bottom, Equation(slope, _without_repeats([*steps, value])), value)

    def _alone(self, term: Summand) -> str:
        """The address of a product of one factor; nothing where there is more to it."""
        is_alone = len(term.factors) == 1 and not term.constants and not term.negative
        return self.address(term.factors[0]) if is_alone else ""

    def _bottom(self, element: Factor) -> Formula:
        """z₁[2] for ∂E/∂z₁[2]."""
        slope = derivative_of(element.number.name)
        return self._named(slope[1] if slope else element.number.name, element)

    # --- products and sums

    def _equation(self, element: Factor, steps: Sequence[Formula]) -> Equation:
        return Equation(self.symbol(element), _without_repeats(steps))

    def _in_symbols(self, term: Summand) -> Formula:
        constants = [self._constant_symbol(c) for c in term.constants]
        return _product([*constants, *_powers(term.factors, self.symbol)])

    def _in_numbers(self, term: Summand) -> Formula:
        constants = [self._constant(c) for c in term.constants]
        return _product([*constants, *_powers(term.factors, self._filled)])

    def _filled(self, element: Factor) -> Formula:
        """The element's value; in a name that is a formula, the values of its quantities."""
        inside = [self.numbers.get(atom) for atom in atoms(element.number.name)]
        values = [self.value(Factor(number, element.index)) for number in inside if number]
        return spelled(element.number.name, tuple(values)) if values and all(inside) else self.value(element)

    def _of_row(self, element: Factor, function: Function) -> list[Formula]:
        """A softmax takes its whole row, and `element` is one element of what it gives."""
        inner = element.number.paths[0].factors[0]
        length = row_length(element)
        visible = range(length if length <= WHOLE else LARGEST)
        entries = tuple(self.value(Factor(inner, (*element.index[:-1], k))) for k in visible)
        ellipsis = f", … {length - LARGEST} more" if length > WHOLE else ""
        holes = ", ".join(["{}"] * len(entries)) + ellipsis
        which = f"[{element.index[-1]}]" if length > 1 else ""
        argument = Symbol(inner.name, element.index[self.rows == 1 : -1])
        return [
            Applied(function.text + which, (argument,)),
            Applied(function.text.format(holes) + which, entries),
        ]

    # --- names

    def _named(self, name: str, element: Factor) -> Symbol:
        """`name` with the index of `element` as far as it is needed, or the source's own name for it."""
        alias = self._alias(name, element.index)
        symbol = self._own(name, element)
        address = _addressed(symbol) + self._at if name in self.numbers and name != "1/n" else ""
        return Symbol(alias, address=address) if alias else replace(symbol, address=address)

    def _own(self, name: str, element: Factor) -> Symbol:
        if element.number.array.size == 1 or name == "1/n":
            return Symbol(name)
        is_one_row = self.rows == 1 and has_rows(element.number.quantity)
        return Symbol(name, element.index[1:] if is_one_row else element.index)

    def _constant(self, number: Number) -> Formula:
        """½ and 2 stay as they are; α and 1/k are replaced by their values."""
        symbol = self._constant_symbol(number)
        is_plain = symbol.name.replace("/", "").isdigit()
        return symbol if is_plain else Value(abs(float(number.array)), address=symbol.address)

    def _constant_symbol(self, number: Number) -> Symbol:
        name = number.name.lstrip("-")
        is_known = name in self.numbers and not name.replace("/", "").isdigit()
        return Symbol(name, address=name + self._at if is_known else "")

    @property
    def _at(self) -> str:
        return "" if self.updates is None else f"@{self.updates}"

    def _alias(self, name: str, index: Index) -> str | None:
        match parse(name):
            case Derivative(top, bottom):
                numerator = "E" if top == ERROR else self.names.get((str(top), index))
                denominator = self.names.get((str(bottom), index))
                return f"d{numerator}/d{denominator}" if numerator and denominator else None
            case Updated(inner):
                alias = self._alias(str(inner), index)
                return f"{alias}'" if alias else None
            case Memory(letter, variable):
                alias = self.names.get((str(variable), index))
                return f"{letter}_{alias}" if alias else None
        return self.names.get((name, index))


def _addressed(formula: Formula) -> str:
    match formula:
        case Symbol(name, index):
            return f"{name}[{','.join(map(str, index))}]" if index else name
        case Applied(text, parts):
            return re.sub(r" ([-+]) ", r"\1", text).format(*map(_addressed, parts))
    raise TypeError(formula)


def _product(factors: Iterable[Formula]) -> Formula:
    terms = tuple(factors)
    return Product(terms) if len(terms) > 1 else terms[0] if terms else Value(1.0)


def _powers(factors: Sequence[Factor], form: Callable[[Factor], Formula]) -> list[Formula]:
    """The error signal first, then the others as they come; a factor that stands twice is squared."""
    ordered = sorted(factors, key=lambda f: not is_error_signal(f.number.quantity))
    runs = [list(run) for _, run in groupby(ordered, key=lambda f: (id(f.number), f.index))]
    return [Power(form(run[0]), len(run)) if len(run) > 1 else form(run[0]) for run in runs]


def _sum(
    terms: Sequence[Summand], remainder: Remainder | None, form: Callable[[Summand], Formula]
) -> Formula:
    if len(terms) == 1 and not terms[0].negative and not remainder:
        return form(terms[0])
    return Sum(tuple(Term(form(term), term.negative) for term in terms), remainder)


def _added(terms: Sequence[Summand], remainder: Remainder | None) -> Formula:
    return Sum(tuple(Term(Value(abs(term.value)), term.value < 0) for term in terms), remainder)


def _only_counted(remainder: Remainder | None) -> Remainder | None:
    return remainder and Remainder(remainder.count, remainder.positive, remainder.negative, summed=False)


def _without_repeats(steps: Sequence[Formula]) -> tuple[Formula, ...]:
    return tuple(step for step, _ in groupby(steps))
