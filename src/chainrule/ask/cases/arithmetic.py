"""Expressions: arithmetic on quantities, `(t[0]-a2[0])^2/2`, for what a source prints and has no address.

`dE/dw2[0,0]` is a quantity and no division; `d1 / d2`, with spaces, is one.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chainrule.ask.cases.address import Address
from chainrule.errors import InputError, did_you_mean

FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "exp": math.exp,
    "ln": math.log,
    "log": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "sigmoid": lambda z: 0.5 + 0.5 * math.tanh(z / 2),
    "abs": abs,
}
_OPERATORS: Mapping[type, Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_LONGEST = 300
_TOKEN = re.compile(
    r"\s*(?:(?P<numeral>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<quantity>(?:d[^\W\d]\w*'?/d[^\W\d]\w*|[^\W\d]\w*)'?(?:\s*\[[^\]]*\])?(?:@\d+)?)"
    r"|(?P<sign>\*\*|[-+*/^()−·×]))\s*"
)
_ADDRESSED = re.compile(r"\[[^\]]*\]?|@\s*-?\d*|d\w+'?/d\w+")  # what of an address might look like arithmetic
_SIGNS = {"^": "**", "−": "-", "·": "*", "×": "*"}


@dataclass(frozen=True)
class Expression:
    """A value made of quantities.

    Attributes:
        text: as written.
        quantities: those it is made of, each once.
        template: the text with `{}` in the place of every quantity.
        places: which quantity stands in each of these places.
    """

    text: str
    quantities: tuple[Address, ...]
    template: str
    places: tuple[int, ...]
    _tree: ast.expr = field(repr=False, compare=False)

    def value(self, value_of: Callable[[Address], float]) -> float:
        """Its value where `of` says what a quantity is; NaN where it has none."""
        values = {f"q{k}": float(value_of(quantity)) for k, quantity in enumerate(self.quantities)}
        try:
            value = _value(self._tree, values)
        except (ArithmeticError, ValueError):
            return math.nan
        return value

    def at(self, updates: int) -> "Expression":
        """The same after so many more updates."""
        moved = tuple(Address(q.name, q.index, q.after + updates) for q in self.quantities)
        text = f"({self.text})@{updates}" if updates else self.text
        return Expression(text, moved, self.template, self.places, self._tree)


def is_expression(text: str) -> bool:
    """Whether `text` is more than the address of one quantity."""
    return bool(re.search(r"[-+*/^()−·×]", _ADDRESSED.sub("", text)))


def parse(text: str, find: Callable[[str], Address], constants: Mapping[str, float]) -> Expression:
    """The expression that `text` writes; `find` knows the quantities, `constants` are words for numbers.

    Raises:
        InputError: it is no arithmetic of quantities and numbers.
    """
    if len(text) > _LONGEST:
        raise InputError(f"an expression is at most {_LONGEST} characters, not {len(text)}")
    quantities: dict[Address, str] = {}
    code: list[str] = []
    pieces: list[str] = []
    position = 0
    while position < len(text.rstrip()):
        token = _TOKEN.match(text, position)
        if not token:
            raise InputError(
                f"{text!r}: {text[position:].strip()[:1]!r} does not belong in an expression; {_wanted()}"
            )
        position = token.end()
        called = text[position : position + 1] == "("
        code.append(_code(token, called, find, constants, quantities))
        pieces.append(token[0].replace(token["quantity"], "{}") if code[-1][:1] == "q" else token[0])
    try:
        tree = ast.parse(" ".join(code), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        raise InputError(f"{text!r} is no expression; {_wanted()}") from None
    places = tuple(int(word[1:]) for word in code if word[:1] == "q")
    return Expression(text, tuple(quantities), "".join(pieces).strip(), places, _allowed(tree, text))


def _code(
    token: re.Match[str],
    called: bool,
    find: Callable[[str], Address],
    constants: Mapping[str, float],
    quantities: dict[Address, str],
) -> str:
    """A token as the little Python that is parsed: numbers, q0, q1, ..., operators and functions."""
    if token["numeral"]:
        return repr(float(token["numeral"]))
    if token["sign"]:
        return _SIGNS.get(token["sign"], token["sign"])
    name = token["quantity"]
    if called:
        if name not in FUNCTIONS:
            raise InputError(
                f"there is no function {name!r}.{did_you_mean(name, list(FUNCTIONS)) or _known()}"
            )
        return name
    if name in constants:
        return repr(float(constants[name]))
    return quantities.setdefault(find(name), f"q{len(quantities)}")


def _allowed(tree: ast.expr, text: str) -> ast.expr:
    """The tree, if there is nothing in it but arithmetic."""
    for node in ast.walk(tree):
        is_arithmetic = isinstance(node, (ast.Constant, ast.Name, ast.Load, ast.operator, ast.unaryop)) or (
            (isinstance(node, (ast.BinOp, ast.UnaryOp)) and type(node.op) in _OPERATORS)
            or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1)
        )
        if not is_arithmetic:
            raise InputError(f"{text!r} is no expression; {_wanted()}")
    return tree


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=float(number)):
            return number
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=sign, operand=inner):
            return _OPERATORS[type(sign)](_value(inner, values))
        case ast.BinOp(left=left, op=sign, right=right):
            return _OPERATORS[type(sign)](_value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id=name), args=[inner]):
            return FUNCTIONS[name](_value(inner, values))
    raise ValueError(ast.dump(node))


def _wanted() -> str:
    return f"write quantities and numbers with + - * / ^ ( ) and {', '.join(FUNCTIONS)}"


def _known() -> str:
    return f" Known: {', '.join(FUNCTIONS)}."
