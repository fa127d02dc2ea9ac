"""Formulas as lines of Unicode: `∂E/∂w₁[0,2] = 0.4653 · 0.2037`."""

import re

from chainrule.ask.documents.formula import (
    Applied,
    Blank,
    Formula,
    Power,
    Product,
    Remainder,
    Sum,
    Symbol,
    Term,
    Value,
)
from chainrule.ask.documents.names import derivative_of, letters

_LOOSE = re.compile(r"-|[^(\[|]*\s[+-]\s")  # `1 - {}` needs parentheses in a product, `σ(1 - {})` none
_SURE_DIGITS, _FLOAT_DIGITS = 15, 17  # significant: that float64 always has, and at most
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def digits(value: Value) -> str:
    """A number as it is shown: 0.15 is never 0.14999999999999999, however many digits are wanted."""
    number = value.number + 0.0  # never -0
    wanted = min(value.digits, _FLOAT_DIGITS)
    texts = (f"{number:.{count}g}" for count in range(_SURE_DIGITS, wanted))
    return next((text for text in texts if float(text) == number), f"{number:.{wanted}g}")


def as_line(formula: Formula) -> str:
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
            inside = f"({as_line(base)})" if is_fraction(base) else _factor(base)
            return f"{inside}{str(exponent).translate(_SUPERSCRIPT)}"
        case Product() | Sum():
            return " ".join(pieces(formula))


def is_fraction(formula: Formula) -> bool:
    """Whether it is a derivative, ∂E/∂w₁, of which a power would be misread."""
    return isinstance(formula, Symbol) and derivative_of(formula.name) is not None


def pieces(formula: Formula) -> list[str]:
    """The parts of a formula between which a line may break."""
    match formula:
        case Product(factors):
            return [as_line(factors[0]) if _leads(factors[0]) else _factor(factors[0])] + [
                f"· {_factor(factor)}" for factor in factors[1:]
            ]
        case Sum(terms, remainder):
            return [_term(term, leading=not k) for k, term in enumerate(terms)] + (
                [_remainder(remainder)] if remainder else []
            )
        case _:
            return [as_line(formula)]


def _term(term: Term, *, leading: bool) -> str:
    sign = "-" if term.negative else "" if leading else "+"
    text = " ".join(pieces(term.formula))
    if (sign and _starts_negative(text)) or (term.negative and _is_loose(term.formula)):
        text = _bracketed_start(term.formula)
    return f"{sign}{'' if leading else ' '}{text}"


def _bracketed_start(formula: Formula) -> str:
    if isinstance(formula, Product):
        return " ".join([_factor(formula.factors[0]), *pieces(formula)[1:]])
    return _factor(formula)


def _factor(formula: Formula) -> str:
    text = as_line(formula)
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
    texts = text.split("{}")
    line = texts[0]
    for prefix, part, suffix in zip(texts, parts, texts[1:], strict=False):
        inside = as_line(part)
        operator = prefix.endswith(("- ", "+ ", "^"))
        line += (f"({inside})" if operator and _starts_negative(inside) else inside) + suffix
    return line


def _remainder(remainder: Remainder) -> str:
    if not remainder.summed:
        return f"+ … {remainder.count} more"
    total = remainder.positive + remainder.negative
    sizes = [digits(Value(abs(number))) for number in (total, remainder.positive, remainder.negative)]
    breakdown = f": {sizes[1]} - {sizes[2]}" if remainder.positive and remainder.negative else ""
    return f"{'-' if total < 0 else '+'} {sizes[0]} ({remainder.count} more{breakdown})"
