"""Statements: wherever a lesson says that something has a value, `w_2 = 0.45` or `... = 0.415`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.ask.lessons.markdown_blocks import FOLD
from chainrule.ask.lessons.symbol import LessonSymbol, Slope, is_word, parse_symbol
from chainrule.ask.lessons.tokens import Token, phrased, tokenize

Value = str | tuple["Value", ...]
"""A number as printed, or rows of them."""

_LINKS = ("is", "of", "equals", "was", "becomes", "ist", "von", "beträgt", "to")
_FUNCTIONS = ("exp", "ln", "log", "max", "min", "tanh", "sum", "sigmoid", "softmax", "relu", "ReLU", "sqrt")
_PRODUCT = re.compile(r"[wWvV][xXaAhH]|[xXaAhH][wWvV]")  # `wx`, without a sign between
_OPERATORS = "+-*/^"
_ENDS = ";.?!|\n" + FOLD


@dataclass(frozen=True)
class Statement:
    """Something has a value.

    Attributes:
        symbols: what has it; several in `b_1 = b_2 = 0.35`; none where the name is not known.
        value: the number as printed, or rows of them.
        line: where it stands.
        written: its name as written.
        new: whether it is told as an update: `w_2 = w_2 - 0.4 · 0.057 = 0.427`.
        heading: the heading that it stands under.
    """

    symbols: tuple[LessonSymbol | Slope, ...]
    value: Value
    line: int
    written: str
    new: bool = False
    heading: str = ""


def statements(text: str, line: int, heading: str = "") -> Iterator[Statement]:
    """The statements in a run of text that begins at `line`."""
    for clause in _clauses(list(tokenize(phrased(text), line))):
        yield from _clause_statements(clause, heading)


# --- clauses


Clause = list[list[Token]]


def _clauses(tokens: list[Token]) -> Iterator[Clause]:
    """What stands between commas, full stops and words, cut at its equals signs."""
    clause: Clause = [[]]
    depth = 0
    for position, token in enumerate(tokens):
        role = _role(token, tokens, position, clause, depth)
        if role == "equals":
            clause.append([])
            depth = 0
        elif role == "end":
            yield clause
            clause, depth = [[]], 0
        elif role == "part":
            depth = max(depth + (token.text in "([") - (token.text in ")]"), 0) if _is(token) else depth
            clause[-1].append(token)
    yield clause


def _is(token: Token) -> bool:
    return token.kind == "other"


def _role(token: Token, tokens: list[Token], position: int, clause: Clause, depth: int) -> str:
    if token.kind == "name":
        return _word(token.text, tokens, position, clause)
    if token.kind == "number":
        return "part"
    if token.text == "=":
        return "equals"
    if token.text == ":":
        return "equals" if _leads(clause, tokens, position) else "end"
    if token.text == "," and not depth:
        return "end"
    if token.text in _ENDS and not (depth and token.text in ";\n" + FOLD):
        return "" if token.text in ";\n" + FOLD and _goes_on(tokens, position, clause) else "end"
    if token.text in "\n" + FOLD:
        return ""
    if token.text in ")]" and not depth:
        return "end"
    return "part" if token.text in _OPERATORS + "()[]{},;_'∂" else "end"


def _word(word: str, tokens: list[Token], position: int, clause: Clause) -> str:
    """A word ends a clause, unless it is a name; `is` and `of` may be an equals sign."""
    if word in _LINKS and _leads(clause, tokens, position):
        return "equals"
    is_slope = word[0] == "d" and tokens[position + 1 : position + 2] and tokens[position + 1].text == "/"
    is_assigned = tokens[position + 1 : position + 2] and tokens[position + 1].text == "="
    is_left_side = len(clause) == 1 and is_assigned and word not in _LINKS
    if (
        is_slope
        or is_left_side
        or _PRODUCT.fullmatch(word)
        or not word.isalpha()
        or len(word) == 1
        or word in _FUNCTIONS
        or parse_symbol(word)
    ):
        return "part"
    return "end"


def _leads(clause: Clause, tokens: list[Token], position: int) -> bool:
    """Whether a name stands before and a number after."""
    following = tokens[position + 1 : position + 3]
    is_signed = (
        len(following) == 2
        and following[0].text in "+-[("
        and (following[1].kind == "number" or following[1].text == "[")
    )
    has_number = bool(following) and (following[0].kind == "number" or is_signed)
    return len(clause) == 1 and has_number and bool(_named(clause[0]))


def _goes_on(tokens: list[Token], position: int, clause: Clause) -> bool:
    """Whether a formula goes on after a line break: an equals sign or an operator stands beside it."""
    following = next(
        (token.text for token in tokens[position + 1 : position + 6] if token.text not in ";\n" + FOLD), ""
    )
    if not following:
        return False
    preceding = clause[-1][-1].text if clause[-1] else "=" if len(clause) > 1 else ""
    return (
        following == "="
        or preceding == "="
        or (preceding != "" and preceding in _OPERATORS)
        or (following in "+-*/" and bool(clause[-1]))
    )


# --- what a clause says


def _clause_statements(clause: Clause, heading: str) -> Iterator[Statement]:
    if len(clause) < 2:
        return
    values = [(part, parse_value(part)) for part in clause[1:]]
    numbers = [(part, value) for part, value in values if value is not None]
    if not numbers:
        return
    if pairs := _pairs(clause[0], numbers[-1][1]):
        for (text, symbol), value in pairs:
            yield Statement((symbol,), value, clause[0][0].line, text, heading=heading)
        return
    named = [value for part in clause if parse_value(part) is None for value in _named(part)]
    left_side = _written(clause[0])
    right_names = {token.text for part in clause[1:] for token in part if token.kind == "name"}
    new = bool(clause[0]) and clause[0][-1].text in right_names
    if named or any(token.kind == "name" for token in clause[0]):
        for part, value in numbers:
            yield Statement(tuple(named), value, part[0].line, left_side, new, heading)


def _written(part: list[Token]) -> str:
    """A part of a clause as it was written, about."""
    text = ""
    for token in part:
        text += " " * (token.kind != "other" and text[-1:].isalnum()) + token.text
    return text


def _named(part: list[Token]) -> list[LessonSymbol | Slope]:
    """The symbol that a part of a clause is, behind words such as `target`; nothing for a formula."""
    words = [token for token in part if token.text not in "*_"] if len(part) < 60 else []
    while words:
        if symbol := parse_symbol("".join(token.text for token in words)):
            return [symbol]
        article = words[0].text in ("a", "A") and len(words) > 1 and is_word(words[1].text)
        if not (article or is_word(words[0].text) or words[0].text in "(" or _is_rate_twice(words)):
            return []
        words = words[1:]
    return []


def _is_rate_twice(words: list[Token]) -> bool:
    """`α α`, from `learning rate α`, or `α (η)`."""
    first_symbol = parse_symbol(words[0].text)
    last_symbol = parse_symbol(words[-1].text if words[-1].text != ")" else words[-2].text)
    return (
        len(words) > 1
        and isinstance(first_symbol, LessonSymbol)
        and isinstance(last_symbol, LessonSymbol)
        and first_symbol.kind == last_symbol.kind == "rate"
    )


def _pairs(part: list[Token], values: Value) -> list[tuple[tuple[str, LessonSymbol | Slope], Value]]:
    """`(w_1, w_2) = (0.15, 0.2)` as two."""
    if isinstance(values, str) or len(part) < 3 or part[0].text not in "([" or part[-1].text not in ")]":
        return []
    names = [token.text for token in part[1:-1] if token.text != ","]
    symbols = [parse_symbol(name) for name in names]
    if len(symbols) != len(values) or None in symbols:
        return []
    return [
        ((name, symbol), value) for name, symbol, value in zip(names, symbols, values, strict=True) if symbol
    ]


def parse_value(part: list[Token]) -> Value | None:
    """The number, or the rows of numbers, that a part is; nothing for a formula."""
    is_transposed = "".join(token.text for token in part[-4:]).endswith(("^T", "^{T}"))
    if is_transposed:
        part = part[: len(part) - (2 if part[-1].text == "T" else 4)]
    stack: list[list[Value]] = [[]]
    sign = ""
    for token in part:
        if token.kind == "number":
            stack[-1].append(sign + token.text)
            sign = ""
        elif token.text in "+-" and not sign:
            sign = token.text if token.text == "-" else ""
        elif token.text in "([":
            stack.append([])
        elif token.text in ")]" and len(stack) > 1:
            inner = stack.pop()
            stack[-1].append(inner[0] if token.text == ")" and len(inner) == 1 else tuple(inner))
        elif token.text != "," or len(stack) == 1:
            return None
        if sign and token.text not in "+-":
            return None
    value = stack[0][0] if len(stack) == 1 and len(stack[0]) == 1 and not sign else None
    if value == () or value is None or (len(part) > 1 and isinstance(value, str) and _multiplied(part)):
        return None
    return _transposed(value) if is_transposed else value


def _multiplied(part: list[Token]) -> bool:
    return sum(token.kind == "number" for token in part) > 1


def _transposed(value: Value) -> Value:
    if isinstance(value, str) or not all(isinstance(row, tuple) for row in value):
        return value
    rows = [row for row in value if isinstance(row, tuple)]
    return tuple(zip(*rows, strict=False)) if len({len(row) for row in rows}) == 1 else value
