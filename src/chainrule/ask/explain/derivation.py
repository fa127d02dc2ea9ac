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
from chainrule.ask.explain.terms import LARGEST, WHOLE, Factor, Index, Summand, summands
from chainrule.numbers import Function, Number
from chainrule.quantities import has_rows


@dataclass(frozen=True)
class Link:
    """One factor of a chain, ∂top/∂bottom, and what it is made of."""

    top: Formula
    bottom: Formula
    equation: Equation
    value: float


@dataclass(frozen=True)
class Chain:
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
        most: how many terms of a sum are shown; of a longer one the largest, and what the rest adds up to.
    """

    numbers: Mapping[str, Number]
    rows: int
    names: Mapping[tuple[str, Index], str] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    most: int | None = None

    def symbol(self, of: Factor) -> Formula:
        """An element by its name."""
        inside = atoms(of.number.name)
        if not inside:
            return self._named(of.number.name, of)
        return spelled(of.number.name, tuple(self._named(atom, of) for atom in inside))

    def address(self, of: Factor) -> str:
        """An element as one asks for it: `dE/dw1[0,2]`; `t[0]-a2[0]` where it has no letter of its own."""
        return _addressed(replace(self, names={}).symbol(of))

    def terms(self, of: Factor) -> tuple[list[Summand], Remainder | None]:
        """The products that an element is the sum of."""
        return summands(of, self.absent, self.most)

    def equation(self, of: Factor) -> Equation:
        """An element = its factors in symbols = with the numbers in = the products = the sum."""
        result = Value(of.value)
        found, rest = self.terms(of)
        function = of.number.through
        if not found:
            return Equation(self.symbol(of), (result,))
        if function and "softmax" in function.text:
            return self._equation(of, [*self._of_row(of, function), result])
        steps = [_sum(found, _only_counted(rest), self._in_symbols), _sum(found, rest, self._in_numbers)]
        if sum(len(one.factors) + len(one.constants) > 1 for one in found) > 1:
            steps.append(_added(found, rest))
        if function:
            steps = [Applied(function.text, (step,)) for step in steps]
        return self._equation(of, [*steps, result])

    def way(self, of: Factor) -> list[Factor]:
        """The error signals that lead to `of`, the error's own end first; of several, the largest."""
        way = [of]
        while ahead := self._errors(way[-1]):
            way.append(max(ahead, key=lambda pair: abs(pair[1]))[0])
        return way[::-1]

    def chain(self, of: Factor) -> Chain | None:
        """`of` as one product over the links of its chain; nothing where several chains add up."""
        way = self.way(of)
        if any(len(found) != 1 or rest for found, rest in map(self.terms, way[1:])):
            return None
        links = [self._end(way[0]), *(self._link(*pair) for pair in pairwise(way))]
        slopes = _product(link.equation.left for link in links)
        values = _product(Value(link.value) for link in links)
        return Chain(tuple(links), self._equation(of, [slopes, values, Value(of.value)]))

    def slopes(self, of: Factor) -> list[Factor]:
        """The factors of `of` that are slopes, such as ∂a₁/∂z₁, and made of factors themselves."""
        return [
            f
            for one in self.terms(of)[0]
            for f in one.factors
            if derivative_of(f.number.name) and not _is_error(f.number) and f.number.paths
        ]

    # --- chains

    def _errors(self, of: Factor) -> list[tuple[Factor, float]]:
        """The error signals among the factors of `of`, with the values of their terms."""
        found = self.terms(of)[0]
        return [(f, one.value) for one in found for f in one.factors if _is_error(f.number)]

    def _end(self, of: Factor) -> Link:
        return Link(Symbol("E"), self._bottom(of), self.equation(of), of.value)

    def _link(self, upstream: Factor, of: Factor) -> Link:
        """From ∂E/∂top to ∂E/∂bottom: what stands beside ∂E/∂top in the product is ∂top/∂bottom."""
        beside = self.terms(of)[0][0].without(upstream.number)
        top, bottom = self._bottom(upstream), self._bottom(of)
        if len(beside.factors) == 1 and derivative_of(beside.factors[0].number.name):
            return Link(top, bottom, self.equation(beside.factors[0]), beside.value)
        steps = [_sum([beside], None, form) for form in (self._in_symbols, self._in_numbers)]
        slope = Applied("∂{}/∂{}", (top, bottom))
        equation = Equation(slope, _without_repeats([*steps, Value(beside.value)]))
        return Link(top, bottom, equation, beside.value)

    def _bottom(self, of: Factor) -> Formula:
        """z₁[2] for ∂E/∂z₁[2]."""
        slope = derivative_of(of.number.name)
        return self._named(slope[1] if slope else of.number.name, of)

    # --- products and sums

    def _equation(self, of: Factor, steps: Sequence[Formula]) -> Equation:
        return Equation(self.symbol(of), _without_repeats(steps))

    def _in_symbols(self, one: Summand) -> Formula:
        constants = [Symbol(c.name.lstrip("-")) for c in one.constants]
        return _product([*constants, *_powers(one.factors, self.symbol)])

    def _in_numbers(self, one: Summand) -> Formula:
        constants = [_constant(c) for c in one.constants]
        return _product([*constants, *_powers(one.factors, self._filled)])

    def _filled(self, of: Factor) -> Formula:
        """The element's value; in a name that is a formula, the values of its quantities."""
        inside = [self.numbers.get(atom) for atom in atoms(of.number.name)]
        known = [Value(Factor(number, of.at).value) for number in inside if number]
        return spelled(of.number.name, tuple(known)) if known and all(inside) else Value(of.value)

    def _of_row(self, of: Factor, function: Function) -> list[Formula]:
        """A softmax takes its whole row, and `of` is one element of what it gives."""
        inner = of.number.paths[0].factors[0]
        row = inner.array[of.at[:-1]]
        shown = tuple(Value(float(v)) for v in (row if len(row) <= WHOLE else row[:LARGEST]))
        more = f", … {len(row) - LARGEST} more" if len(row) > WHOLE else ""
        holes = ", ".join(["{}"] * len(shown)) + more
        which = f"[{of.at[-1]}]" if len(row) > 1 else ""
        whole = Symbol(inner.name, of.at[:-1] if self.rows > 1 else ())
        return [
            Applied(function.text + which, (whole,)),
            Applied(function.text.format(holes) + which, shown),
        ]

    # --- names

    def _named(self, name: str, of: Factor) -> Symbol:
        """`name` with the index of `of` as far as it is needed, or the source's own name for it."""
        own = self._own(name, of.at)
        if own:
            return Symbol(own)
        if of.number.array.size == 1 or name == "1/n":
            return Symbol(name)
        return Symbol(name, of.at[1:] if self.rows == 1 and has_rows(of.number.quantity) else of.at)

    def _own(self, name: str, at: Index) -> str | None:
        plain = name.rstrip("'")
        slope = derivative_of(name)
        if not slope:
            own = self.names.get((plain, at))
            return own and own + name[len(plain) :]
        top, bottom = (
            "E" if slope[0] == "E" else self.names.get((slope[0], at)),
            self.names.get((slope[1], at)),
        )
        return f"d{top}/d{bottom}" if top and bottom else None


def _addressed(formula: Formula) -> str:
    match formula:
        case Symbol(name, index):
            return f"{name}[{','.join(map(str, index))}]" if index else name
        case Applied(text, parts):
            return re.sub(r" ([-+]) ", r"\1", text).format(*map(_addressed, parts))
    raise TypeError(formula)


def _is_error(number: Number) -> bool:
    return number.name.startswith("dE/d")


def _constant(number: Number) -> Formula:
    """½ and 2 stay as they are; α and 1/k are replaced by their values."""
    name = number.name.lstrip("-")
    return Symbol(name) if name.replace("/", "").isdigit() else Value(abs(float(number.array)))


def _product(factors: Iterable[Formula]) -> Formula:
    found = tuple(factors)
    return Product(found) if len(found) > 1 else found[0] if found else Value(1.0)


def _powers(factors: Sequence[Factor], form: Callable[[Factor], Formula]) -> list[Formula]:
    """The error signal first, then the others as they come; a factor that stands twice is squared."""
    ordered = sorted(factors, key=lambda f: not _is_error(f.number))
    runs = [list(run) for _, run in groupby(ordered, key=lambda f: (id(f.number), f.at))]
    return [Power(form(run[0]), len(run)) if len(run) > 1 else form(run[0]) for run in runs]


def _sum(found: Sequence[Summand], rest: Remainder | None, form: Callable[[Summand], Formula]) -> Formula:
    if len(found) == 1 and not found[0].negative and not rest:
        return form(found[0])
    return Sum(tuple(Term(form(one), one.negative) for one in found), rest)


def _added(found: Sequence[Summand], rest: Remainder | None) -> Formula:
    return Sum(tuple(Term(Value(abs(one.value)), one.value < 0) for one in found), rest)


def _only_counted(rest: Remainder | None) -> Remainder | None:
    return rest and Remainder(rest.count, rest.positive, rest.negative, summed=False)


def _without_repeats(steps: Sequence[Formula]) -> tuple[Formula, ...]:
    return tuple(step for step, _ in groupby(steps))
