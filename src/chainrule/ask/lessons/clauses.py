"""Clauses: a run of text cut at commas, full stops and words, and each piece at its equals signs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from chainrule.ask.lessons.lesson_blocks import FOLD
from chainrule.ask.lessons.plain_maths import ASSIGNED, SUPPOSED, UNREADABLE
from chainrule.ask.lessons.symbol import LessonSymbol, Slope, is_word, parse_symbol
from chainrule.ask.lessons.tokens import Token

_LINKS = ("is", "of", "equals", "was", "becomes", "ist", "von", "beträgt", "to", "es", "est", "vale", "gives")
_FUNCTIONS = (
    "exp",
    "ln",
    "log",
    "max",
    "min",
    "tanh",
    "sum",
    "sigmoid",
    "softmax",
    "relu",
    "sqrt",
    "logistic",
)
_PRODUCT = re.compile(r"[wWvV][xXaAhH]|[xXaAhH][wWvV]")  # `wx`, without a sign between
_EQUALS = ("=", ASSIGNED, SUPPOSED)
_OPERATORS = "+-*/^"
_ENDS = ";.?!|\n"
_INSIDE = _OPERATORS + "()[]{},;_'∂%±" + UNREADABLE
_AND = ("y", "e", "i", "u")
_GAP = 2  # letters between statements on a line
_LONGEST_NAME = 60  # tokens
_LAYER_WORDS = {"output": "o", "hidden": "h", "input": ""}


@dataclass
class Clause:
    """What is said to be equal.

    Attributes:
        parts: what stands between its equals signs.
        assigned: whether an arrow stands among them: something gets a new value.
        supposed: whether it is only said what would be.
    """

    parts: list[list[Token]] = field(default_factory=lambda: [[]])
    assigned: bool = False
    supposed: bool = False


def clauses(tokens: list[Token]) -> Iterator[Clause]:
    """What stands between commas, full stops and words."""
    clause = Clause()
    depth = 0
    for position, token in enumerate(tokens):
        role = _role(token, tokens, position, clause, depth)
        if role == "begin":
            yield clause
            clause, depth, role = Clause(), 0, "part"
        if role == "equals":
            clause.parts.append([])
            clause.assigned |= token.text == ASSIGNED
            clause.supposed |= token.text == SUPPOSED
            depth = 0
        elif role == "end":
            yield clause
            clause, depth = Clause(), 0
        elif role == "part":
            if token.kind == "other":
                depth = max(depth + (token.text in "([") - (token.text in ")]"), 0)
            clause.parts[-1].append(token)
    yield clause


def _role(token: Token, tokens: list[Token], position: int, clause: Clause, depth: int) -> str:
    if token.kind == "name":
        return _word(token.text, tokens, position, clause)
    if token.kind == "number":
        return "part"
    if token.text in _EQUALS:
        return "equals"
    return _sign(token, tokens, position, clause, depth)


def _sign(token: Token, tokens: list[Token], position: int, clause: Clause, depth: int) -> str:
    """What a letter that is no name, number or equals sign does to a clause."""
    if token.text == ":":
        return "equals" if _leads(clause, tokens, position) else "end"
    if token.text == "," and not depth:
        return "end"
    if token.text == "(" and _ends_in_number(clause) and _is_left_side(tokens[position + 1 : position + 5]):
        return "end"  # `z = 0.02 (p = 0.505)`
    if token.text == FOLD:  # inside displayed maths a line break says nothing
        return "end" if _new_line(tokens, position, clause) else ""
    if token.text in _ENDS and not (depth and token.text in ";\n"):
        return "" if token.text in ";\n" and _goes_on(tokens, position, clause) else "end"
    if token.text == "\n":
        return ""
    if token.text in ")]" and not depth:
        return "end"
    return "part" if token.text in _INSIDE else "end"


def _word(word: str, tokens: list[Token], position: int, clause: Clause) -> str:
    """A word ends a clause, unless it is a name; `is` and `of` may be an equals sign."""
    if word in _LINKS and _leads(clause, tokens, position):
        return "equals"
    if word in _AND and _joins(tokens, position):
        return "end"
    following = tokens[position + 1].text if position + 1 < len(tokens) else ""
    is_slope = word[0] == "d" and (following == "/" or bool(parse_symbol(word[1:])))
    is_left_side = len(clause.parts) == 1 and following in _EQUALS and word not in _LINKS
    if _begins(tokens, position, clause):
        return "begin"
    if (
        is_slope
        or is_left_side
        or _PRODUCT.fullmatch(word)
        or not word.isalpha()
        or len(word) == 1
        or word.lower() in _FUNCTIONS
        or parse_symbol(word)
    ):
        return "part"
    return "end"


def _begins(tokens: list[Token], position: int, clause: Clause) -> bool:
    """Whether a new statement begins without a comma, behind a gap: `w1 = 0.15    w2 = 0.20`."""
    if tokens[position].spaced < _GAP or not _is_left_side(tokens[position : position + 4]):
        return False
    return _ends_in_number(clause)


def _new_line(tokens: list[Token], position: int, clause: Clause) -> bool:
    """Whether a line that states something begins behind a line that ends in a number."""
    following = [token for token in tokens[position + 1 : position + 6] if token.text != FOLD]
    return _ends_in_number(clause) and _is_left_side(following[:4])


def _ends_in_number(clause: Clause) -> bool:
    """Whether something is said to be equal to a number, and nothing stands behind that."""
    return len(clause.parts) > 1 and [token.kind for token in clause.parts[-1][-1:]] == ["number"]


def _is_left_side(tokens: list[Token]) -> bool:
    """Whether a name with an equals sign stands there, `w =` or `dL/dw =`."""
    texts = [token.text for token in tokens]
    return any(text in _EQUALS for text in texts[1:2]) or (texts[1:2] == ["/"] and texts[3:4] == ["="])


def _joins(tokens: list[Token], position: int) -> bool:
    """Whether a letter is the word `and` of another language: `t_1 = 0.5 y t_2 = 0.5`."""
    preceding, ahead = tokens[position - 1 : position], tokens[position + 1 : position + 3]
    return (
        [token.kind for token in preceding] == ["number"]
        and [token.kind for token in ahead[:1]] == ["name"]
        and [token.text for token in ahead[1:]] == ["="]
        and tokens[position].spaced > 0
        and ahead[0].spaced > 0
    )


def _leads(clause: Clause, tokens: list[Token], position: int) -> bool:
    """Whether a name stands before and a number after."""
    ahead = (token for token in tokens[position + 1 : position + 5] if token.text not in "\n" + FOLD)
    following = list(islice(ahead, 2))
    is_signed = (
        len(following) == 2
        and following[0].text in "+-[("
        and (following[1].kind == "number" or following[1].text in "[-")
    )
    has_number = bool(following) and (following[0].kind == "number" or is_signed)
    return len(clause.parts) == 1 and has_number and bool(named(clause.parts[0]))


def _goes_on(tokens: list[Token], position: int, clause: Clause) -> bool:
    """Whether a formula goes on after a line break: an equals sign or an operator stands beside it."""
    following = next(
        (token.text for token in tokens[position + 1 : position + 6] if token.text not in ";\n" + FOLD), ""
    )
    if not following:
        return False
    part = clause.parts[-1]
    preceding = part[-1].text if part else "=" if len(clause.parts) > 1 else ""
    return (
        following == "="
        or preceding == "="
        or (preceding != "" and preceding in _OPERATORS)
        or (following in "+-*/" and bool(part))
    )


def named(part: list[Token]) -> list[LessonSymbol | Slope]:
    """The symbol that a part of a clause is, behind words such as `target`; nothing for a formula."""
    words = [token for token in part if token.text != "_"] if len(part) < _LONGEST_NAME else []
    while words and words[-1].text == "*":  # of emphasis
        words.pop()
    while words:
        if symbol := parse_symbol("".join(token.text for token in words)):
            return [symbol]
        if symbol := _described(words):
            return [symbol]
        is_count = words[0].kind == "number" and len(words) > 1 and is_word(words[1].text)  # `1 input x`
        article = words[0].text in ("a", "A") and len(words) > 1 and is_word(words[1].text)
        if not (
            is_count or article or is_word(words[0].text) or words[0].text in "(*" or _is_rate_twice(words)
        ):
            return []
        words = words[1:]
    return []


def _described(words: list[Token]) -> LessonSymbol | None:
    """`output bias c`: a letter of the author's own, behind words that say what it is."""
    *adjectives, letter = [token.text for token in words]
    if not (1 <= len(adjectives) <= 2 and len(letter) == 1 and letter.isalpha() and not parse_symbol(letter)):
        return None
    noun = adjectives[-1]
    kind = parse_symbol(noun)
    role = _LAYER_WORDS.get(adjectives[0].lower()) if len(adjectives) == 2 else ""
    if not isinstance(kind, LessonSymbol) or kind.kind not in "wb" or not is_word(noun) or role is None:
        return None
    return replace(kind, letter=letter, places=((role, None),) if role else ())


def _is_rate_twice(words: list[Token]) -> bool:
    """`α α`, from `learning rate α`, or `α (η)`."""
    letters = [token for token in words if token.text != ")"]
    if len(letters) < 2:
        return False
    first_symbol, last_symbol = parse_symbol(letters[0].text), parse_symbol(letters[-1].text)
    return (
        isinstance(first_symbol, LessonSymbol)
        and isinstance(last_symbol, LessonSymbol)
        and first_symbol.kind == last_symbol.kind == "rate"
    )
