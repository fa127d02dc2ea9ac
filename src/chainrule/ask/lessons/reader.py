"""The reader: from a lesson in any format to the worked examples in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from chainrule.ask.cases.example import Example
from chainrule.ask.lessons.assumptions import assumed
from chainrule.ask.lessons.interpretation import Interpretation
from chainrule.ask.lessons.lesson_text import lesson
from chainrule.ask.lessons.page import PagePart, examples
from chainrule.ask.lessons.sources import format_of
from chainrule.ask.lessons.workings import Working
from chainrule.errors import InputError

_RIVALS = 5  # other readings that are told


@dataclass(frozen=True, eq=False)
class LessonReading:
    """What was read of a lesson, or of one of the examples in it.

    Attributes:
        example: the worked example.
        assumed: what the lesson does not say in so many words, a sentence each.
        places: where each number stands, by its quantity and as printed.
        line_values: what the arithmetic right before a number comes to, by its quantity and as printed.
        arithmetic: what does not come out as it stands, whatever it is about.
        unplaced: numbers of something that could not be placed, each with its line.
        agreeing: how many of its numbers are near to what is computed.
        anew: givens that are stated again with other values, each with its line.
        unknown: what is given to letters that stand for nothing, where a layer has no bias.
        rivals: other ways to read it and how many numbers agree with each, a sentence each.
        skipped: parts of the page that hold no example that can be read, a sentence each.
        as_told: the reading with the loss that the words name, where the numbers speak for another: what
            the numbers come from may be a mistake.
    """

    example: Example
    assumed: tuple[str, ...]
    places: Mapping[tuple[str, str], str]
    line_values: Mapping[tuple[str, str], float]
    arithmetic: tuple[Working, ...]
    unplaced: tuple[str, ...]
    agreeing: int
    anew: tuple[str, ...]
    unknown: tuple[str, ...]
    rivals: tuple[str, ...]
    skipped: tuple[str, ...]
    as_told: "LessonReading | None"
    _toml: str

    def toml(self) -> str:
        """The worked example as TOML; `example.parse` makes the same example of it."""
        return self._toml


def parse(text: str, source: str) -> tuple[LessonReading, ...]:
    """The worked examples in the text of a lesson; `source` names it, and by its ending its format.

    Raises:
        InputError: there is none; what is missing is named.
    """
    try:
        return tuple(_readings(text, source))
    except InputError as error:
        message = str(error)
        raise InputError(message if message.startswith(source) else f"{source}: {message}") from None


def _readings(text: str, source: str) -> Iterator[LessonReading]:
    parts = _parts(text, source)
    skipped = [f"{part.text.title}: {part.reason}" for part in parts if not part.readings]
    arithmetic: list[Working] = []
    for part in parts:
        arithmetic += _failing(part)
        if part.readings:
            yield _reading(part, tuple(skipped), tuple(arithmetic))
            skipped, arithmetic = [], []


def _parts(text: str, source: str) -> list[PagePart]:
    """The examples; where a notebook's text and what it printed are none, also with what its code assigns."""
    try:
        return examples(lesson(text, source), source)
    except InputError:
        if format_of(text, source) != "notebook":
            raise
        return examples(lesson(text, source, with_code=True), source)


def _failing(part: PagePart) -> Iterator[Working]:
    """The arithmetic of a part that does not come out."""
    for statement in part.text.statements:
        yield from (working for working in statement.workings if not working.comes_out)


def _reading(part: PagePart, skipped: tuple[str, ...], arithmetic: tuple[Working, ...]) -> LessonReading:
    reading, *rivals = part.readings
    as_told = replace(part, readings=(reading.as_told,)) if reading.as_told else None
    line_values = {(claim.quantity, claim.printed): claim.line_value for claim in reading.claims}
    return LessonReading(
        reading.example,
        tuple(assumed(reading, part.text)),
        {(claim.quantity, claim.printed): claim.place for claim in reading.claims},
        {key: value for key, value in line_values.items() if value is not None},
        arithmetic,
        reading.unplaced,
        reading.agreeing,
        reading.anew,
        reading.unknown,
        tuple(dict.fromkeys(map(_rival, rivals)))[:_RIVALS],
        skipped,
        _reading(as_told, skipped, arithmetic) if as_told else None,
        reading.toml,
    )


def _rival(reading: Interpretation) -> str:
    architecture = reading.architecture
    sizes = "-".join(map(str, architecture.layout.sizes))
    order = "by unit" if architecture.layout.unit_first else "by input"
    activations = ", ".join(name or "fused" for name in architecture.activations)
    return (
        f"{sizes}, weights {order}, {activations}, {architecture.loss}: "
        f"{reading.agreeing} of {len(reading.claims)} numbers agree"
    )
