"""Statements: wherever a lesson says that something has a value, `w_2 = 0.45` or `... = 0.415`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.ask.lessons.markdown_blocks import FOLD
from chainrule.ask.lessons.plain_maths import plain
from chainrule.ask.lessons.symbol import Slope, Symbol, is_word, symbol

Value = str | tuple["Value", ...]
"""A number as printed, or rows of them."""

_NUMBER = r"(?:\d+\.\d+|\d+|\.\d+)(?:[eE][+-]?\d{1,3}(?!\d))?"
_SCALED = r"(?:\s*\*\s*10\s*\^\s*\{?\s*\(?\s*(?P<power>[+-]?\d{1,3})\)?\s*\}?)?"
_SCRIPT = (
    r"_\{[^{}\n]{0,40}\}|\^\{[^{}\n]{0,40}\}|_[A-Za-z0-9]+|\^\([A-Za-z0-9+]{1,6}\)|\^\[\d\]|\^[A-Za-z0-9+*]|'"
)
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER}{_SCALED})"
    rf"|(?P<name>(?:[∂∇][ ]?)?[^\W\d_](?:[^\W_]|{_SCRIPT}|\+(?=\s*=))*(?:\[\s*\d+\s*(?:,\s*\d+\s*)*\]'?)?)"
    r"|(?P<space>[^\S\n\v]+)|(?P<other>.)",
    re.DOTALL,
)
_PHRASES = [
    (re.compile(pattern, re.IGNORECASE), word)
    for pattern, word in (
        (r"\b(?:an? )?learning[ -]rate\b|\bstep size\b|\bLernrate\b|\blearning_rate\b", " α "),
        (r"\b(?:ground[ -]truth|(?:desired|expected|true|target) (?:output|value|label)s?)\b", " target "),
        (r"\bZielwert\b", " target "),
        (r"\b(?:predicted|network(?:'s)?|final) output\b", " prediction "),
        (r"\bnet input\b", " net "),
        (r"\btotal (?:error|loss|cost)\b", " error "),
    )
]  # fmt: skip
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

    symbols: tuple[Symbol | Slope, ...]
    value: Value
    line: int
    written: str
    new: bool = False
    heading: str = ""


@dataclass(frozen=True)
class Token:
    """A piece of a line: a number, a name, or one other letter."""

    kind: str
    text: str
    line: int


def phrased(text: str) -> str:
    """The text in plain letters, `learning rate` as α and the like."""
    text = plain(text)
    for pattern, word in _PHRASES:
        text = pattern.sub(word, text)
    return text


def statements(text: str, line: int, heading: str = "") -> Iterator[Statement]:
    """The statements in a run of text that begins at `line`."""
    for clause in _clauses(list(tokens(phrased(text), line))):
        yield from _stated(clause, heading)


def tokens(text: str, line: int) -> Iterator[Token]:
    """The tokens of a text in plain letters, spaces left out."""
    for found in _TOKEN.finditer(text):
        if found["number"]:
            power = found["power"]
            written = re.match(_NUMBER, found["number"])
            yield Token("number", f"{written[0] if written else ''}{f'e{power}' if power else ''}", line)
        elif found["name"]:
            yield Token("name", found["name"], line)
        elif found["other"]:
            yield Token("other", found["other"], line)
            line += found["other"] in "\n" + FOLD


# --- clauses


Clause = list[list[Token]]


def _clauses(found: list[Token]) -> Iterator[Clause]:
    """What stands between commas, full stops and words, cut at its equals signs."""
    clause: Clause = [[]]
    depth = 0
    for at, token in enumerate(found):
        what = _role(token, found, at, clause, depth)
        if what == "equals":
            clause.append([])
            depth = 0
        elif what == "end":
            yield clause
            clause, depth = [[]], 0
        elif what == "part":
            depth = max(depth + (token.text in "([") - (token.text in ")]"), 0) if _is(token) else depth
            clause[-1].append(token)
    yield clause


def _is(token: Token) -> bool:
    return token.kind == "other"


def _role(token: Token, found: list[Token], at: int, clause: Clause, depth: int) -> str:
    if token.kind == "name":
        return _word(token.text, found, at, clause)
    if token.kind == "number":
        return "part"
    if token.text == "=":
        return "equals"
    if token.text == ":":
        return "equals" if _leads(clause, found, at) else "end"
    if token.text == "," and not depth:
        return "end"
    if token.text in _ENDS and not (depth and token.text in ";\n" + FOLD):
        return "" if token.text in ";\n" + FOLD and _goes_on(found, at, clause) else "end"
    if token.text in "\n" + FOLD:
        return ""
    if token.text in ")]" and not depth:
        return "end"
    return "part" if token.text in _OPERATORS + "()[]{},;_'∂" else "end"


def _word(name: str, found: list[Token], at: int, clause: Clause) -> str:
    """A word ends a clause, unless it is a name; `is` and `of` may be an equals sign."""
    if name in _LINKS and _leads(clause, found, at):
        return "equals"
    divided = name[0] == "d" and found[at + 1 : at + 2] and found[at + 1].text == "/"
    last = found[at + 1 : at + 2] and found[at + 1].text == "="
    stated = len(clause) == 1 and last and name not in _LINKS
    if (
        divided
        or stated
        or _PRODUCT.fullmatch(name)
        or not name.isalpha()
        or len(name) == 1
        or name in _FUNCTIONS
        or symbol(name)
    ):
        return "part"
    return "end"


def _leads(clause: Clause, found: list[Token], at: int) -> bool:
    """Whether a name stands before and a number after."""
    after = found[at + 1 : at + 3]
    signed = (
        len(after) == 2 and after[0].text in "+-[(" and (after[1].kind == "number" or after[1].text == "[")
    )
    number = bool(after) and (after[0].kind == "number" or signed)
    return len(clause) == 1 and number and bool(_named(clause[0]))


def _goes_on(found: list[Token], at: int, clause: Clause) -> bool:
    """Whether a formula goes on after a line break: an equals sign or an operator stands beside it."""
    after = next((one.text for one in found[at + 1 : at + 6] if one.text not in ";\n" + FOLD), "")
    if not after:
        return False
    last = clause[-1][-1].text if clause[-1] else "=" if len(clause) > 1 else ""
    return (
        after == "="
        or last == "="
        or (last != "" and last in _OPERATORS)
        or (after in "+-*/" and bool(clause[-1]))
    )


# --- what a clause says


def _stated(clause: Clause, heading: str) -> Iterator[Statement]:
    if len(clause) < 2:
        return
    values = [(part, value(part)) for part in clause[1:]]
    known = [(part, one) for part, one in values if one is not None]
    if not known:
        return
    if several := _several(clause[0], known[-1][1]):
        for name, one in several:
            yield Statement((name[1],), one, clause[0][0].line, name[0], heading=heading)
        return
    named = [one for part in clause if value(part) is None for one in _named(part)]
    first = _written(clause[0])
    again = {token.text for part in clause[1:] for token in part if token.kind == "name"}
    new = bool(clause[0]) and clause[0][-1].text in again
    if named or any(token.kind == "name" for token in clause[0]):
        for part, one in known:
            yield Statement(tuple(named), one, part[0].line, first, new, heading)


def _written(part: list[Token]) -> str:
    """A part of a clause as it was written, about."""
    text = ""
    for token in part:
        text += " " * (token.kind != "other" and text[-1:].isalnum()) + token.text
    return text


def _named(part: list[Token]) -> list[Symbol | Slope]:
    """The symbol that a part of a clause is, behind words such as `target`; nothing for a formula."""
    rest = [token for token in part if token.text not in "*_"] if len(part) < 60 else []
    while rest:
        if found := symbol("".join(token.text for token in rest)):
            return [found]
        article = rest[0].text in ("a", "A") and len(rest) > 1 and is_word(rest[1].text)
        if not (article or is_word(rest[0].text) or rest[0].text in "(" or _said_twice(rest)):
            return []
        rest = rest[1:]
    return []


def _said_twice(rest: list[Token]) -> bool:
    """`α α`, from `learning rate α`, or `α (η)`."""
    first, last = symbol(rest[0].text), symbol(rest[-1].text if rest[-1].text != ")" else rest[-2].text)
    return len(rest) > 1 and isinstance(first, Symbol) and isinstance(last, Symbol) and (
        first.kind == last.kind == "rate"
    )  # fmt: skip


def _several(part: list[Token], stated: Value) -> list[tuple[tuple[str, Symbol | Slope], Value]]:
    """`(w_1, w_2) = (0.15, 0.2)` as two."""
    if isinstance(stated, str) or len(part) < 3 or part[0].text not in "([" or part[-1].text not in ")]":
        return []
    names = [token.text for token in part[1:-1] if token.text != ","]
    found = [symbol(name) for name in names]
    if len(found) != len(stated) or None in found:
        return []
    return [((name, one), each) for name, one, each in zip(names, found, stated, strict=True) if one]


def value(part: list[Token]) -> Value | None:
    """The number, or the rows of numbers, that a part is; nothing for a formula."""
    turned = "".join(token.text for token in part[-4:]).endswith(("^T", "^{T}"))
    if turned:
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
    whole = stack[0][0] if len(stack) == 1 and len(stack[0]) == 1 and not sign else None
    if whole == () or whole is None or (len(part) > 1 and isinstance(whole, str) and _multiplied(part)):
        return None
    return _turned(whole) if turned else whole


def _multiplied(part: list[Token]) -> bool:
    return sum(token.kind == "number" for token in part) > 1


def _turned(whole: Value) -> Value:
    if isinstance(whole, str) or not all(isinstance(row, tuple) for row in whole):
        return whole
    rows = [row for row in whole if isinstance(row, tuple)]
    return tuple(zip(*rows, strict=False)) if len({len(row) for row in rows}) == 1 else whole
