"""An outside reader of formulas: it computes what is written, knowing nothing of how it was derived."""

import math
import re
from collections.abc import Callable, Mapping

from chainrule.ask.cases.example import Example
from chainrule.ask.documents.formula import Applied, Formula, Power, Product, Sum, Symbol, Value
from chainrule.ask.documents.names import letters
from chainrule.numbers import Number


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z > -700 else 0.0


def _softmax(k: int, *z: float) -> float:
    return math.exp(z[k] - max(z)) / sum(math.exp(one - max(z)) for one in z)


FUNCTIONS: dict[str, Callable[..., float]] = {
    "{} - {}": lambda a, b: a - b,
    "1 - {}": lambda a: 1 - a,
    "1 + {}": lambda a: 1 + a,
    "-ln {}": lambda a: -math.log(a),
    "-ln(1 - {})": lambda a: -math.log1p(-a),
    "|{} - {}|": lambda a, b: abs(a - b),
    "sign({} - {})": lambda a, b: float((a > b) - (a < b)),
    "H({} - {})": lambda a, b: (a - b) ** 2 / 2 if abs(a - b) <= 1 else abs(a - b) - 0.5,
    "clip({} - {})": lambda a, b: min(max(a - b, -1), 1),
    "σ({})": _sigmoid,
    "1 - σ({})": lambda z: _sigmoid(-z),
    "tanh({})": math.tanh,
    "max(0, {})": lambda z: max(0, z),
    "[{} > 0]": lambda z: float(z > 0),
    "[{} > 0 or 0.01]": lambda z: 1.0 if z > 0 else 0.01,
    "ln(1+e^{})": lambda z: max(z, 0) + math.log1p(math.exp(-abs(z))),
    "ELU({})": lambda z: z if z > 0 else math.expm1(z),
    "ELU'({})": lambda z: 1.0 if z > 0 else math.exp(z),
    "Φ({})": lambda z: math.erfc(-z / math.sqrt(2)) / 2,
    "φ({})": lambda z: math.exp(-z * z / 2) / math.sqrt(2 * math.pi),
}


class UnknownError(Exception):
    """A function or symbol that this reader has no value for."""


class Reader:
    """Computes formulas; what an equation has shown may be used by name in the ones after it."""

    def __init__(self, example: Example, numbers: Mapping[str, Number]) -> None:
        self.example, self.numbers = example, numbers
        self.known: dict[Formula, float] = {}

    def value(self, formula: Formula) -> float:
        if formula in self.known:
            return self.known[formula]
        match formula:
            case Value(number=number):
                return number
            case Symbol():
                return self._symbol(formula)
            case Power(base, exponent):
                return self.value(base) ** exponent
            case Product(factors):
                return math.prod(map(self.value, factors))
            case Sum(terms, rest):
                shown = (-self.value(t.formula) if t.negative else self.value(t.formula) for t in terms)
                if rest and not rest.summed:
                    raise UnknownError("a rest that is only counted")
                return math.fsum([*shown, *([rest.positive, rest.negative] if rest else [])])
            case Applied(text, parts):
                return self._applied(text, parts)

    def _symbol(self, symbol: Symbol) -> float:
        constants = {
            "1/2": 0.5,
            "2": 2.0,
            "1/k": 1 / self.example.t.shape[1],
            "1/n": 1 / len(self.example.x),
            "α": self.example.learning_rate,
        }
        if (constant := constants.get(symbol.name)) is not None:
            return constant
        index = f"[{','.join(map(str, symbol.index))}]" if symbol.index else ""
        if symbol.name not in self.example.quantities.shapes:
            raise UnknownError(letters(symbol))
        found = self.example.quantity(symbol.name + index)
        return float(self.numbers[found.name].array[found.index])

    def _applied(self, text: str, parts: tuple[Formula, ...]) -> float:
        softmax = re.fullmatch(r"softmax\((.*)\)(?:\[(\d+)\])?", text)
        if softmax and all(isinstance(part, Value) for part in parts) and "…" not in text:
            return _softmax(int(softmax[2] or 0), *map(self.value, parts))
        if text not in FUNCTIONS:
            raise UnknownError(text)
        return FUNCTIONS[text](*map(self.value, parts))
