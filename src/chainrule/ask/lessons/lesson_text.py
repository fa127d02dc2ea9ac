"""A lesson: what stands in a Markdown text, before anybody asks which network it is about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chainrule.ask.lessons import table_statements as grid
from chainrule.ask.lessons.markdown_blocks import TableBlock, TextBlock, blocks
from chainrule.ask.lessons.plain_maths import plain
from chainrule.ask.lessons.prose import Prose, words
from chainrule.ask.lessons.statements import Statement, phrased, statements
from chainrule.ask.lessons.symbol import LessonSymbol

_COMMA = re.compile(r"(?<![\d.,])(?<!_\{)(?<!\^\{)(\d+)(?:,|\{,\})(\d+)(?!\d|,\d)")
_POINT = re.compile(r"\d\.\d")


@dataclass(frozen=True)
class LessonText:
    """What a lesson says.

    Attributes:
        title: its first heading.
        said: what it gives values to, in order.
        words: what its prose says of activations, loss and size.
        assumed: what had to be assumed to read its numbers.
    """

    title: str
    said: tuple[Statement, ...]
    words: Prose
    assumed: tuple[str, ...] = ()


def lesson(markdown: str) -> LessonText:
    """What a Markdown text says."""
    commas = not _POINT.search(markdown) and len(_COMMA.findall(markdown)) > 1
    if commas:
        markdown = _COMMA.sub(r"\1.\2", markdown)
    found = list(blocks(markdown))
    stated: list[Statement] = []
    for one in found:
        stated += (
            grid.statements(one)
            if isinstance(one, TableBlock)
            else statements(one.text, one.line, one.heading)
        )
    texts = [one for one in found if isinstance(one, TextBlock)]
    title = next((one.text for one in texts if one.level), "")
    prose = "\n".join(phrased(one.text) for one in texts)
    assumed = ("a comma between digits is a decimal point",) if commas else ()
    return LessonText(" ".join(plain(title).split())[:100], _outputs(stated), words(prose), assumed)


def _outputs(said: Sequence[Statement]) -> tuple[Statement, ...]:
    """`y` is the target, unless another letter is, or it is said of an activation."""
    named = [one for s in said for one in s.symbols if isinstance(one, LessonSymbol) and one.kind == "t"]
    others = any(one.letter not in ("y", "Y") for one in named)

    def meant(s: Statement) -> Statement:
        activation = any(isinstance(one, LessonSymbol) and one.kind == "a" for one in s.symbols)
        if not (others or activation):
            return s
        return replace(s, symbols=tuple(_output(one) if _is_y(one) else one for one in s.symbols))

    return tuple(map(meant, said))


def _is_y(one: object) -> bool:
    return isinstance(one, LessonSymbol) and one.kind == "t" and one.letter in ("y", "Y")


def _output(one: object) -> LessonSymbol:
    if not isinstance(one, LessonSymbol):
        raise TypeError(one)
    number = next((number for _, number in one.places), None)
    return replace(one, kind="a", places=(("o", number),))
