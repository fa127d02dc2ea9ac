"""The reader: from a Markdown file to a worked example."""

from dataclasses import dataclass
from pathlib import Path

from chainrule.ask.cases import example
from chainrule.ask.cases.example import Example
from chainrule.ask.lessons.assumptions import assumed
from chainrule.ask.lessons.interpretation import best
from chainrule.ask.lessons.lesson_text import lesson
from chainrule.errors import InputError


@dataclass(frozen=True, eq=False)
class LessonReading:
    """What was read of a lesson.

    Attributes:
        example: the worked example.
        assumed: what the lesson does not say in so many words, a sentence each.
        unplaced: numbers of something that could not be placed, each with its line.
    """

    example: Example
    assumed: tuple[str, ...]
    unplaced: tuple[str, ...]
    _toml: str

    def toml(self) -> str:
        """The worked example as TOML; `example.parse` makes the same example of it."""
        return self._toml


def read(path: str | Path) -> LessonReading:
    """The worked example in a Markdown lesson.

    Raises:
        InputError: the file cannot be read, or what is missing for a worked example is named.
    """
    try:
        return _read(example.text(path), str(path))
    except InputError as error:
        message = str(error)
        raise InputError(message if message.startswith(str(path)) else f"{path}: {message}") from None


def _read(markdown: str, source: str) -> LessonReading:
    lesson_text = lesson(markdown)
    interpretation = best(lesson_text, source)
    unplaced = tuple(dict.fromkeys(interpretation.placement.unplaced))
    return LessonReading(
        interpretation.example, tuple(assumed(interpretation, lesson_text)), unplaced, interpretation.toml
    )
