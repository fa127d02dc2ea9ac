"""The digits of a report: as many as are wanted, but no more than a number has."""

from collections.abc import Sequence
from decimal import Decimal
from math import isfinite

from chainrule.ask.documents.formula import Applied, Formula, Power, Product, Sum, Term, Value

_SURE_DIGITS = 15  # that every decimal has in float64


def fixed(number: float, places: int) -> str:
    """So many digits after the point, but no more than float64 has."""
    if not isfinite(number):
        return str(number)
    shortest = Decimal(repr(float(number)))
    places = min(places, max(-int(shortest.as_tuple().exponent), _SURE_DIGITS - 1 - shortest.adjusted()))
    if places < 0:  # 5e+307: the digits end before the point
        return f"{number:.{_SURE_DIGITS}g}"
    return f"{number:.{places}f}" if places < _SURE_DIGITS else f"{shortest:.{places}f}"


def in_brackets(number: float, digits: int, context: str) -> Formula:
    """A number to stand behind the text `context`: where that ends in a sign, (-0.05)."""
    value = Value(number, digits)
    return Applied("({})", (value,)) if number < 0 and context.rstrip().endswith(("+", "-", "−")) else value


def with_digits(formula: Formula, digits: int) -> Formula:
    """The same formula with its numbers shown to at least so many digits."""
    match formula:
        case Value(number, shown):
            return Value(number, max(shown, digits))
        case Applied(text, parts):
            return Applied(text, _each(parts, digits))
        case Power(base, exponent):
            return Power(with_digits(base, digits), exponent)
        case Product(factors):
            return Product(_each(factors, digits))
        case Sum(terms, rest):
            return Sum(tuple(Term(with_digits(t.formula, digits), t.negative) for t in terms), rest)
        case _:
            return formula


def _each(formulas: Sequence[Formula], digits: int) -> tuple[Formula, ...]:
    return tuple(with_digits(formula, digits) for formula in formulas)
