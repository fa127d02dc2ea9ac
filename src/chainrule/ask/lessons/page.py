"""The examples of a page: where one ends and the next begins, which the numbers decide."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chainrule.ask.lessons.interpretation import Interpretation
from chainrule.ask.lessons.lesson_text import LessonText
from chainrule.ask.lessons.printed_values import value_rows
from chainrule.ask.lessons.ranking import interpretations, worth
from chainrule.ask.lessons.statements import Statement
from chainrule.ask.lessons.symbol import LessonSymbol
from chainrule.errors import InputError

_GIVEN = ("x", "t", "w", "b")
_GAIN = 1.0  # numbers that must agree more where a page is taken apart
_MOST = 12  # examples on a page
Key = tuple[str, str, int | None, tuple[tuple[str, int | None], ...], tuple[int, ...] | None]


@dataclass(frozen=True)
class PagePart:
    """A part of a page that is one example.

    Attributes:
        text: what it says.
        readings: how it may be read, the best first; none if it cannot be.
        reason: why it cannot.
    """

    text: LessonText
    readings: tuple[Interpretation, ...]
    reason: str = ""

    @property
    def worth(self) -> float:
        """How much speaks for this part's best reading."""
        return worth(self.readings[0])[0] if self.readings else 0.0


def examples(lesson: LessonText, source: str) -> list[PagePart]:
    """The parts of a lesson that are examples, each with its readings.

    Raises:
        InputError: nothing of it is one; what is missing is named.
    """
    try:
        undivided = [PagePart(lesson, tuple(interpretations(lesson, source)))]
    except InputError as error:
        reason = error
        undivided = []
    is_one = undivided and not undivided[0].readings[0].anew and _agrees_mostly(undivided[0].readings[0])
    if is_one and not _restarts(lesson.statements, alike=False):
        return undivided
    pages = [undivided] if undivided else []
    cuts = dict.fromkeys(_restarts(lesson.statements, alike=alike) for alike in (False, True))
    pages += [list(_parts(lesson, source, starts)) for starts in cuts if 0 < len(starts) < _MOST]
    pages = [page for page in pages if any(part.readings for part in page)]
    if not pages:
        raise reason
    best = max(pages, key=_total)
    return best if best is pages[0] or _total(best) >= _total(pages[0]) + _GAIN else pages[0]


def _total(page: Sequence[PagePart]) -> float:
    """What speaks for a page; a part that is no example takes nothing from the others."""
    return sum(max(part.worth, 0.0) for part in page)


def _agrees_mostly(reading: Interpretation) -> bool:
    return reading.agreeing * 4 >= len(reading.claims) * 3


def _parts(lesson: LessonText, source: str, starts: Sequence[int]) -> Iterator[PagePart]:
    sections = max((statement.section for statement in lesson.statements), default=0) + 1
    bounds = [0, *starts, sections]
    for first, end in pairwise(bounds):
        stated_here = [statement for statement in lesson.statements if first <= statement.section < end]
        if not stated_here:
            continue
        earlier_statements = [statement for statement in lesson.statements if statement.section < first]
        reason = ""
        for recalled in (_rates(earlier_statements), _givens(earlier_statements, stated_here)):
            text = lesson.sections(first, end, recalled)
            try:
                yield PagePart(text, tuple(interpretations(text, source)))
                break
            except InputError as error:
                reason = reason or str(error)
        else:
            yield PagePart(lesson.sections(first, end, ()), (), reason)


def _rates(statements: Sequence[Statement]) -> list[Statement]:
    """The last learning rate that was stated."""
    rates = [
        statement
        for statement in statements
        if any(isinstance(symbol, LessonSymbol) and symbol.kind == "rate" for symbol in statement.symbols)
    ]
    return rates[-1:]


def _givens(earlier_statements: Sequence[Statement], stated_here: Sequence[Statement]) -> list[Statement]:
    """Of what was given before the last of each, where a part does not state it itself."""
    stated = {key for statement in stated_here for key in _keys(statement)}
    recalled: dict[Key, Statement] = {}
    for statement in earlier_statements:
        if statement.is_plain:
            recalled |= {key: statement for key in _keys(statement) if key not in stated}
    return [*_rates(earlier_statements), *dict.fromkeys(recalled.values())]


def _restarts(statements: Sequence[Statement], *, alike: bool) -> tuple[int, ...]:
    """The sections in which givens are stated anew; also with the same values if `alike`.

    Alike, a section must restate an input or a target beside a weight: a summary seldom does.
    """
    last_values: dict[Key, object] = {}
    kinds: dict[int, set[str]] = {}
    styles: set[bool] = set()
    starts: list[int] = []
    for statement in filter(lambda statement: statement.is_plain, statements):
        section = statement.section
        numerals = [numeral for row in value_rows(statement.value or ()) for numeral in row]
        for key in _keys(statement):
            if key in last_values and (alike or last_values[key] != numerals):
                kinds.setdefault(section, set()).add(f"again {key[0]}")
            if key[0] == "w":  # one example has w, the next w1 and w2
                is_bare = key[2:] == (None, (), None)
                if styles == {not is_bare}:
                    kinds.setdefault(section, set()).add("again w")
                styles = {is_bare}
            kinds.setdefault(section, set()).add(key[0])
            last_values.setdefault(key, numerals)
        stated = kinds.get(section, set())
        is_again = {"again x", "again t"} & stated if alike else any(word[:5] == "again" for word in stated)
        if is_again and (not alike or "w" in stated) and section not in starts:
            starts.append(section)
            last_values = dict.fromkeys(_keys(statement), numerals)
    return tuple(start for start in starts if start > 0)


def _keys(statement: Statement) -> Iterator[Key]:
    for symbol in statement.symbols:
        if isinstance(symbol, LessonSymbol) and symbol.kind in _GIVEN and not symbol.new:
            yield symbol.kind, symbol.letter.lower(), symbol.layer, symbol.places, symbol.index
