"""Where in a text each number stands that was judged: by its line, its digits and the name before them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chainrule.ask.cases.claim import Judged
from chainrule.quantities import parse

_LINE = re.compile(r"line (\d+)")
_IS_SAID = re.compile(r"(?:=|≈|≃|\\approx|\\simeq)[\s&{$*`]*\Z")  # before a result, and not before an operand
_GOES_ON = re.compile(r"\s*(?:[*+/^·×⋅(]|-\s|\\cdot|\\times)")  # behind an operand
_BEFORE = 20  # letters in front of a number
_CLAIMS = re.compile(r"^[ \t]*\[[ \t]*claims[ \t]*\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text: from the letter `start` to before `end`, in `line`, counted from 1."""

    line: int
    start: int
    end: int


def spans(text: str, claims: Sequence[Judged], lines: Mapping[tuple[str, str], str]) -> list[Span | None]:
    """For each judged number where it stands; nothing where its digits are not in the line it was read in.

    Args:
        lines: where each number of a lesson was read, by its quantity and as printed: `line 47`.
    """
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    used: set[int] = set()
    places: list[Span | None] = []
    for judged in claims:
        claim = judged.claim
        place = _LINE.match(lines.get((claim.quantity, claim.printed), ""))  # not in a cell of a notebook
        line = int(place[1]) if place else _toml_line(text, claim.quantity)
        span = _numeral(text, starts, line, claim.printed, used) if line else None
        if span:
            used.add(span.start)
        places.append(span)
    return places


def statement_of(text: str, quantity: str, numeral: str) -> Span | None:
    """Where a given is stated first, `b_2 = 0.6`: its number."""
    word = re.match(r"[A-Za-z]+", quantity)
    digits = "".join(re.findall(r"\d+", str(parse(quantity.partition("[")[0]))))
    if not word:
        return None
    number = rf"(?:_?\{{?{digits}\}}?|{digits.translate(_SUBSCRIPTS)})"
    letters = word[0] + number + ("?" if digits == "1" else "") if digits else word[0]  # w may be w1
    pattern = re.compile(
        rf"(?<![A-Za-z]){letters}(?![\w])[^\n\d]{{0,20}}?(?P<number>{_digits(numeral)})(?![\d.]*\d)"
    )
    match = pattern.search(text)
    return Span(text.count("\n", 0, match.start()) + 1, *match.span("number")) if match else None


_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def _digits(numeral: str) -> str:
    """A pattern for the numeral as people write it: −, a decimal comma, zeros as printed."""
    text = re.escape(numeral.lstrip("+-−")).replace(r"\.", "[.,]")
    sign = r"[-−–]\s?" if numeral.startswith(("-", "−")) else ""
    return sign + text


def _numeral(text: str, starts: list[int], line: int, numeral: str, used: set[int]) -> Span | None:
    """The numeral in a line, or in one of the next few, which one run of text may go over."""
    pattern = re.compile(rf"(?<![\d.,])(?:{_digits(numeral)})(?![.,]?\d)")
    for number in range(line, min(line + 3, len(starts) + 1)):
        end = starts[number] if number < len(starts) else len(text)
        matches = [
            match for match in pattern.finditer(text, starts[number - 1], end) if match.start() not in used
        ]
        results = [
            match
            for match in matches
            if _IS_SAID.search(text[max(match.start() - _BEFORE, 0) : match.start()])
            and not _GOES_ON.match(text, match.end())
        ]
        if match := next(iter(results or matches), None):
            return Span(number, match.start(), match.end())
    return None


def _toml_line(text: str, quantity: str) -> int:
    """The line of a worked example's file that claims the quantity; 0 where there is none."""
    claims = _CLAIMS.search(text)
    pattern = re.compile(rf'^\s*"?{re.escape(quantity)}"?\s*=', re.MULTILINE)
    match = pattern.search(text, claims.end()) if claims else None  # own names stand further up, with an =
    return text.count("\n", 0, match.end()) + 1 if match else 0
