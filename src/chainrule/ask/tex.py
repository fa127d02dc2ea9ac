"""Formulas as LaTeX: what stands between two dollar signs."""

import re

from chainrule.ask.document import Equation
from chainrule.ask.formula import Applied, Formula, Power, Product, Rest, Sum, Symbol, Term, Value
from chainrule.ask.symbols import derivative_of
from chainrule.ask.written import digits, written

_LETTERS = {
    "α": r"\alpha ",
    "λ": r"\lambda ",
    "σ": r"\sigma ",
    "Φ": r"\Phi ",
    "φ": r"\varphi ",
    "·": r"\cdot ",
    "≠": r"\neq ",
    "…": r"\dots ",
}
_COMMANDS = {"ln": r"\ln ", "tanh": r"\tanh ", "max": r"\max ", "or": r"\lor "}


def equation(one: Equation) -> str:
    """`left = step = step`."""
    return " = ".join(map(formula, (one.left, *one.steps)))


def formula(one: Formula) -> str:
    """A formula in maths mode."""
    match one:
        case Symbol(name, index):
            return _name(name) + (f"[{','.join(map(str, index))}]" if index else "")
        case Value():
            return re.sub(r"e([+-]\d+)$", lambda m: rf" \cdot 10^{{{int(m[1])}}}", digits(one))
        case Applied(text, parts):
            return _applied(text, parts)
        case Power(base, exponent):
            return f"{{{_factor(base)}}}^{{{exponent}}}"
        case Product(factors):
            return r" \cdot ".join(_factor(factor, first=not k) for k, factor in enumerate(factors))
        case Sum(terms, rest):
            return " ".join([_term(term, first=not k) for k, term in enumerate(terms)] + _rest(rest))


def _name(name: str) -> str:
    if slope := derivative_of(name):
        return rf"\frac{{\partial {_name(slope[0])}}}{{\partial {_name(slope[1])}}}"
    if found := re.fullmatch(r"([A-Za-z])(\d+)(?:_(\d+))?('?)", name):
        return f"{found[1]}_{{{found[2]}{',' + found[3] if found[3] else ''}}}{found[4]}"
    if found := re.fullmatch(r"(-?)(\w)/(\w)", name):
        return rf"{found[1]}\frac{{{found[2]}}}{{{found[3]}}}"
    if re.fullmatch(r"[^\W\d]\w+'?", name):
        return rf"\mathrm{{{name.replace('_', chr(92) + '_')}}}"
    return _text({"t": "T"}.get(name, name))


def _applied(text: str, parts: tuple[Formula, ...]) -> str:
    if text == "∂{}/∂{}":
        return rf"\frac{{\partial {formula(parts[0])}}}{{\partial {formula(parts[1])}}}"
    first, *others = text.split("{}")
    found, before = _text(first), first
    for part, after in zip(parts, others, strict=True):
        inside = formula(part)
        if before.endswith("^"):
            inside = f"{{{inside}}}"
        elif before.endswith(("- ", "+ ")) and inside.startswith("-"):
            inside = f"({inside})"
        found, before = found + inside + _text(after), after
    return found


def _text(text: str) -> str:
    """What is not a formula inside: names of functions, brackets, signs."""
    named = re.sub(r"[A-Za-z]{2,}", lambda m: _COMMANDS.get(m[0], rf"\operatorname{{{m[0]}}}"), text).replace(
        "|", r"\vert "
    )
    for sign, command in _LETTERS.items():
        named = named.replace(sign, command)
    return named


def _factor(one: Formula, *, first: bool = False) -> str:
    """A factor, in parentheses where it would come apart or its sign would be misread."""
    inside = written(Product((Value(2.0), one)))
    return (
        f"({formula(one)})"
        if inside.startswith("2 · (") and not (first and isinstance(one, Value))
        else formula(one)
    )


def _term(term: Term, *, first: bool) -> str:
    sign = "-" if term.negative else "" if first else "+"
    text = formula(term.formula)
    loose = written(Sum((Term(Value(1.0)), term))).startswith(("1 - (", "1 + ("))
    return f"{sign} ({text})".strip() if loose and sign else f"{sign} {text}".strip()


def _rest(rest: Rest | None) -> list[str]:
    if rest is None:
        return []
    if not rest.summed:
        return [rf"+ \dots\ \text{{({rest.count} more)}}"]
    total = rest.positive + rest.negative
    return [rf"{'-' if total < 0 else '+'} {formula(Value(abs(total)))}\ \text{{({rest.count} more)}}"]
