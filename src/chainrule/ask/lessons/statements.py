"""Statements: wherever a lesson says that something has a value, `w_2 = 0.45` or `... = 0.415`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from chainrule.ask.lessons.clauses import Clause, clauses, named
from chainrule.ask.lessons.lesson_blocks import LessonParagraph
from chainrule.ask.lessons.plain_maths import ASSIGNED, SUPPOSED, UNREADABLE
from chainrule.ask.lessons.printed_values import Value, parse_value, without_remark
from chainrule.ask.lessons.substitution import Formulas, substituted
from chainrule.ask.lessons.symbol import LessonSymbol, Slope, is_worked_name, parse_symbol
from chainrule.ask.lessons.tokens import Token, phrased, tokenize
from chainrule.ask.lessons.workings import Working, workings

_LONGEST = 60  # letters of a name as it is shown
LATER = re.compile(
    r"after|second|new|updat|again|next|check|zweit|nach|nuev|nouv|actualiz|aggiorn|更新|新的", re.IGNORECASE
)
"""What headings say of values that an update has made."""
_UNREAD = f"{UNREADABLE}%±"
_UNPACKED = re.compile(  # `x1, x2, y = 1.5, -0.5, 1.0`, as Python assigns
    r"^(?P<indent>[ \t]*)(?P<names>[A-Za-z]\w*(?:, *[A-Za-z]\w*)+) *= *"
    r"(?P<values>[-+]?[\d.]+(?:e[-+]?\d+)?(?:, *[-+]?[\d.]+(?:e[-+]?\d+)?)+) *(?:#.*)?$",
    re.MULTILINE,
)
_SUPPOSITION = re.compile(  # `if z < 0, then a = 0`, up to where the example goes on
    r"(?:\b(?:if|when(?:ever)?|unless|wenn|falls|si|quand|lorsque|cuando|se|quando|jika|если)\b|如果|若|假如|当|當)"
    r"(?:(?!</?[A-Za-z])[^=.;!?\n]|\.(?=\d)){0,120}?(?:[≤≥≠]|(?<!-)[<>](?=[\s=\d.+-]))"
    r"(?:(?!(?<!or )\b(?:here|since|because|so|hence|thus|therefore|now|our)\b)[^.;!?\n]|\.(?=\d))*",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"(?<=[\w}]) ++\((?:for|of|für|von|pour|de|para) [^()=\n]{1,30}\)(?= *=)"
)  # `dw5 (for w5) = 0.08`
_BECOMES = re.compile(  # `w5: 0.45 -> 0.43`, a line of its own
    r"^(?P<begin>[ \t]*+(?:[-*•] ++)?)(?P<name>[wWvVbB][\w{}^]{0,12})[ \t]*+"
    r"(?:[:=][ \t]*+(?P<old>[-+]?[\d.]++)[ \t]*+)?(?:->|→)[ \t]*+(?P<new>[-+]?\d*+\.?\d*+)[ \t]*+$",
    re.MULTILINE,
)
_ARITHMETIC = re.compile(r"[+*/^-]|\d\(|\)\(")


@dataclass(frozen=True)
class Statement:
    """Something has a value.

    Attributes:
        symbols: what has it; several in `b_1 = b_2 = 0.35`; none where the name is not known.
        value: the number as printed, or rows of them; nothing where it cannot be read.
        place: where it stands, `line 12`.
        written: its name as written.
        new: whether it is told as an update: `w_2 = w_2 - 0.4 · 0.057 = 0.427`.
        sides: the formulas between its name and its number, without spaces.
        heading: the heading that it stands under.
        section: how many headings stand before it.
        is_substituted: whether it is only put for a letter in a formula, which counts if nothing else does.
        workings: the arithmetic that stands right before the numbers of its value, where it does.
    """

    symbols: tuple[LessonSymbol | Slope, ...]
    value: Value | None
    place: str
    written: str
    new: bool = False
    sides: tuple[str, ...] = ()
    heading: str = ""
    section: int = 0
    is_substituted: bool = False
    workings: tuple[Working, ...] = ()

    def line_value(self, printed: str) -> float | None:
        """What the arithmetic that stands before a number of the value comes to."""
        values = [working.value for working in self.workings if working.printed == printed]
        return values[0] if len(values) == 1 else None

    @property
    def is_worked(self) -> bool:
        """Whether numbers are put together between its name and its value: it is no given, but worked out."""
        return any(
            _ARITHMETIC.search(side.lstrip("-")) and any(letter.isdigit() for letter in side)
            for side in self.sides
        )

    @property
    def is_plain(self) -> bool:
        """Whether a value is simply stated, as givens are, and not under a heading such as `New values`."""
        is_made = self.new or self.is_worked or self.is_substituted or LATER.search(self.heading)
        return self.value is not None and not is_made


def statements(paragraph: LessonParagraph, formulas: Formulas | None = None) -> Iterator[Statement]:
    """The statements in a run of text; `formulas` are those in letters that stand before it."""
    formulas = {} if formulas is None else formulas
    text = _UNPACKED.sub(r"\g<indent>(\g<names>) = (\g<values>)", phrased(paragraph.text))
    text = _BECOMES.sub(_becoming, _ASIDE.sub("", text))
    text = _SUPPOSITION.sub(lambda supposition: supposition[0].replace("=", SUPPOSED), text)
    for clause in clauses(list(tokenize(text, paragraph.line))):
        for part in clause.parts[1:]:
            part[:] = without_remark(part)
        yield from _stated(clause, paragraph, formulas)


def _becoming(update: re.Match[str]) -> str:
    """An update by an arrow as two statements."""
    name, old = update["name"], update["old"]
    return f"{update['begin']}{f'{name} = {old} ; ' if old else ''}{name} {ASSIGNED} {update['new']}"


def place(line: int, part: str) -> str:
    """Where a line is, as a person would look for it."""
    return f"{part}, line {line}" if part else f"line {line}"


def _stated(clause: Clause, paragraph: LessonParagraph, formulas: Formulas) -> Iterator[Statement]:
    left, *right = clause.parts
    if not right:
        return
    values = [(part, parse_value(part)) for part in right]
    numbers = [(part, value) for part, value in values if value is not None]
    where = next((token.line for part in clause.parts for token in part), paragraph.line)

    def statement(
        symbols: tuple[LessonSymbol | Slope, ...], value: Value | None, line: int, name: str
    ) -> Statement:
        return Statement(
            symbols,
            value,
            place(line, paragraph.part),
            name,
            is_new,
            sides,
            paragraph.heading,
            paragraph.section,
        )

    right_names = {token.text for part in right for token in part if token.kind == "name"}
    sides = tuple(
        "".join(token.text for token in part) for part, value in values if value is None and len(part) < 400
    )
    is_new = clause.assigned or (bool(left) and left[-1].text in right_names)
    for letter, numeral, text in () if clause.supposed else substituted(clause.parts, formulas):
        stated = statement((letter,), numeral, where, text)
        yield replace(stated, new=False, sides=(), is_substituted=True)
    for part in clause.parts[:-1]:
        if numbers and not clause.supposed and (pairs := _pairs(part, numbers[-1][1])):
            for (text, symbol), value in pairs:
                yield statement((symbol,), value, part[0].line, text)
            return
    named_parts = [] if clause.supposed else [part for part in clause.parts if parse_value(part) is None]
    symbols = tuple(_symbols(named_parts))
    name = _written(left)
    for part, value in numbers if symbols else numbers[-1:]:
        stated = statement(symbols, value, part[0].line, name)
        before = clause.parts[_position(clause.parts, part) - 1]
        yield replace(stated, workings=tuple(workings(before, value, stated.place)))
    if not numbers and symbols and _is_unread(right[-1]):
        yield statement(symbols, None, where, name)


def _position(parts: list[list[Token]], part: list[Token]) -> int:
    return next(position for position, other in enumerate(parts) if other is part)


def _symbols(parts: list[list[Token]]) -> Iterator[LessonSymbol | Slope]:
    """What a clause names; `σ(z₁)` only where it has no letter of its own: `a₁ = σ(z₁)`."""
    names = [
        (symbol, is_worked_name("".join(token.text for token in part)))
        for part in parts
        for symbol in named(part)
    ]
    for symbol, is_worked in names:
        if not is_worked or all(worked for _, worked in names):
            yield symbol


def _is_unread(part: list[Token]) -> bool:
    """Whether a number stands beside something that nobody here can read."""
    return any(token.kind == "number" for token in part) and any(token.text in _UNREAD for token in part)


def _written(part: list[Token]) -> str:
    """A part of a clause as it was written, about."""
    text = ""
    for token in part:
        text += " " * (token.kind != "other" and text[-1:].isalnum()) + token.text
    return " ".join(text.split())[:_LONGEST]


def _pairs(part: list[Token], values: Value) -> list[tuple[tuple[str, LessonSymbol | Slope], Value]]:
    """`(w_1, w_2) = (0.15, 0.2)` as two; a matrix of names as so many."""
    if isinstance(values, str) or len(part) < 3 or part[0].text not in "([" or part[-1].text not in ")]":
        return []
    names = [token.text for token in part if token.kind != "other"]
    if any(token.text not in "()[],;" for token in part if token.kind == "other"):
        return []
    symbols = [parse_symbol(name) for name in names]
    numerals = list(_flat(values))
    if len(symbols) != len(numerals) or None in symbols:
        return []
    return [
        ((name, symbol), value)
        for name, symbol, value in zip(names, symbols, numerals, strict=True)
        if symbol
    ]


def _flat(values: Value) -> Iterator[str]:
    if isinstance(values, str):
        yield values
    else:
        for value in values:
            yield from _flat(value)
