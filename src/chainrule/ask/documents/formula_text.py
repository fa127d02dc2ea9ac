"""Formulas as lines of Unicode: `∂E/∂w₁[0,2] = 0.4653 · 0.2037`."""

import re

from chainrule.ask.documents.formula import (
    Applied,
    Blank,
    Formula,
    Power,
    Product,
    Rest,
    Sum,
    Symbol,
    Term,
    Value,
)
from chainrule.ask.documents.names import letters

_LOOSE = re.compile(r"-|[^(\[|]*\s[+-]\s")  # `1 - {}` needs parentheses in a product, `σ(1 - {})` none
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def digits(value: Value) -> str:
    """A number as it is shown."""
    return f"{value.number + 0.0:.{value.digits}g}"  # + 0.0: never -0


def written(formula: Formula) -> str:
    """A formula on one line."""
    match formula:
        case Symbol():
            return letters(formula)
        case Value():
            return digits(formula)
        case Blank(width):
            return "_" * width
        case Applied(text, parts):
            return _applied(text, parts)
        case Power(base, exponent):
            return f"{_factor(base)}{str(exponent).translate(_SUPERSCRIPT)}"
        case Product() | Sum():
            return " ".join(pieces(formula))


def pieces(formula: Formula) -> list[str]:
    """The parts of a formula between which a line may break."""
    match formula:
        case Product(factors):
            return [written(factors[0]) if _leads(factors[0]) else _factor(factors[0])] + [
                f"· {_factor(factor)}" for factor in factors[1:]
            ]
        case Sum(terms, rest):
            return [_term(term, first=not at) for at, term in enumerate(terms)] + (
                [_rest(rest)] if rest else []
            )
        case _:
            return [written(formula)]


def _term(term: Term, *, first: bool) -> str:
    sign = "-" if term.negative else "" if first else "+"
    text = " ".join(pieces(term.formula))
    if (sign and _starts_negative(text)) or (term.negative and _is_loose(term.formula)):
        text = _bracketed_start(term.formula)
    return f"{sign}{'' if first else ' '}{text}"


def _bracketed_start(formula: Formula) -> str:
    if isinstance(formula, Product):
        return " ".join([_factor(formula.factors[0]), *pieces(formula)[1:]])
    return _factor(formula)


def _factor(formula: Formula) -> str:
    text = written(formula)
    loose = isinstance(formula, (Sum, Product)) or _is_loose(formula) or _starts_negative(text)
    return f"({text})" if loose else text


def _leads(formula: Formula) -> bool:
    """A negative number may begin a product without parentheses."""
    return isinstance(formula, Value)


def _is_loose(formula: Formula) -> bool:
    return isinstance(formula, Applied) and bool(_LOOSE.match(formula.text))


def _starts_negative(text: str) -> bool:
    return text.startswith("-")


def _applied(text: str, parts: tuple[Formula, ...]) -> str:
    between = text.split("{}")
    out = between[0]
    for before, part, after in zip(between, parts, between[1:], strict=False):
        inside = written(part)
        operator = before.endswith(("- ", "+ ", "^"))
        out += (f"({inside})" if operator and _starts_negative(inside) else inside) + after
    return out


def _rest(rest: Rest) -> str:
    if not rest.summed:
        return f"+ … {rest.count} more"
    total = rest.positive + rest.negative
    sizes = [digits(Value(abs(number))) for number in (total, rest.positive, rest.negative)]
    both = f": {sizes[1]} - {sizes[2]}" if rest.positive and rest.negative else ""
    return f"{'-' if total < 0 else '+'} {sizes[0]} ({rest.count} more{both})"
