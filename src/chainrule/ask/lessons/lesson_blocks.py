"""The blocks of a lesson, whatever file it came in: runs of text and tables, each with its lines."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

FOLD = "\v"  # stands for a line break inside displayed maths, whose lines may begin like a list


@dataclass(frozen=True)
class LessonParagraph:
    """A run of text: a paragraph, a list item, a heading, code or what code printed.

    Attributes:
        line: where it begins, from 1.
        text: its lines, maths and code as written.
        heading: the heading that it stands under.
        section: how many headings stand before it, its own among them.
        level: of a heading itself, 1 to 6; 0 for other text.
        part: the part of its file that lines are counted in, such as `cell 3`; nothing for the whole.
    """

    line: int
    text: str
    heading: str = ""
    section: int = 0
    level: int = 0
    part: str = ""


@dataclass(frozen=True)
class LessonTable:
    """A table: its rows of cells, the head first, and the line of each."""

    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    heading: str = ""
    section: int = 0
    part: str = ""


Block = LessonParagraph | LessonTable


def renumbered(blocks: Iterable[Block], part: str, heading: str, section: int) -> Iterator[Block]:
    """Blocks of a part of a file as those of the file, which has `section` headings before it."""
    for block in blocks:
        yield replace(block, part=part, heading=block.heading or heading, section=block.section + section)
