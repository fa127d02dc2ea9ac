"""A lesson: what stands in a Markdown text, before anybody asks which network it is about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chainrule.ask.lessons import table_statements as grid
from chainrule.ask.lessons.markdown_blocks import MarkdownTable, MarkdownText, blocks
from chainrule.ask.lessons.plain_maths import plain
from chainrule.ask.lessons.prose import Prose, words
from chainrule.ask.lessons.statements import Statement, statements
from chainrule.ask.lessons.symbol import LessonSymbol
from chainrule.ask.lessons.tokens import phrased

_COMMA = re.compile(r"(?<![\d.,])(?<!_\{)(?<!\^\{)(\d+)(?:,|\{,\})(\d+)(?!\d|,\d)")
_POINT = re.compile(r"\d\.\d")


@dataclass(frozen=True)
class LessonText:
    """What a lesson says.

    Attributes:
        title: its first heading.
        statements: what it gives values to, in order.
        prose: what its prose says of activations, loss and size.
        assumed: what had to be assumed to read its numbers.
    """

    title: str
    statements: tuple[Statement, ...]
    prose: Prose
    assumed: tuple[str, ...] = ()


def lesson(markdown: str) -> LessonText:
    """What a Markdown text says."""
    commas = not _POINT.search(markdown) and len(_COMMA.findall(markdown)) > 1
    if commas:
        markdown = _COMMA.sub(r"\1.\2", markdown)
    parts = list(blocks(markdown))
    stated: list[Statement] = []
    for block in parts:
        stated += (
            grid.statements(block)
            if isinstance(block, MarkdownTable)
            else statements(block.text, block.line, block.heading)
        )
    texts = [block for block in parts if isinstance(block, MarkdownText)]
    title = next((block.text for block in texts if block.level), "")
    prose = "\n".join(phrased(block.text) for block in texts)
    assumed = ("a comma between digits is a decimal point",) if commas else ()
    return LessonText(" ".join(plain(title).split())[:100], _outputs(stated), words(prose), assumed)


def _outputs(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """`y` is the target, unless another letter is, or it is said of an activation."""
    targets = [
        symbol
        for statement in statements
        for symbol in statement.symbols
        if isinstance(symbol, LessonSymbol) and symbol.kind == "t"
    ]
    is_distinct = any(symbol.letter not in ("y", "Y") for symbol in targets)

    def meant(statement: Statement) -> Statement:
        symbols = statement.symbols
        has_activation = any(isinstance(symbol, LessonSymbol) and symbol.kind == "a" for symbol in symbols)
        if not (is_distinct or has_activation):
            return statement
        return replace(
            statement, symbols=tuple(_output(symbol) if _is_y(symbol) else symbol for symbol in symbols)
        )

    return tuple(map(meant, statements))


def _is_y(symbol: object) -> bool:
    return isinstance(symbol, LessonSymbol) and symbol.kind == "t" and symbol.letter in ("y", "Y")


def _output(symbol: object) -> LessonSymbol:
    if not isinstance(symbol, LessonSymbol):
        raise TypeError(symbol)
    number = next((number for _, number in symbol.places), None)
    return replace(symbol, kind="a", places=(("o", number),))
