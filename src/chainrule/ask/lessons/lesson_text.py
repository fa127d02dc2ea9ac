"""A lesson: what stands in a Markdown text, before anybody asks which network it is about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chainrule.ask.lessons import sources
from chainrule.ask.lessons import table_statements as grid
from chainrule.ask.lessons.lesson_blocks import LessonParagraph, LessonTable
from chainrule.ask.lessons.plain_maths import plain
from chainrule.ask.lessons.printed_columns import with_columns
from chainrule.ask.lessons.prose import Prose, words
from chainrule.ask.lessons.statements import Statement, statements
from chainrule.ask.lessons.symbol import LessonSymbol, as_output
from chainrule.ask.lessons.tokens import phrased

if TYPE_CHECKING:
    from chainrule.ask.lessons.substitution import Formulas

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
        paragraphs: its text, in plain letters.
    """

    title: str
    statements: tuple[Statement, ...]
    prose: Prose
    assumed: tuple[str, ...] = ()
    paragraphs: tuple[LessonParagraph, ...] = ()

    def sections(self, first: int, end: int, recalled: Sequence[Statement]) -> "LessonText":
        """The sections from `first` up to `end`, and what they recall of those before them."""
        paragraphs = tuple(paragraph for paragraph in self.paragraphs if first <= paragraph.section < end)
        prose = words("\n".join(paragraph.text for paragraph in paragraphs)).filled(self.prose)
        stated = tuple(statement for statement in self.statements if first <= statement.section < end)
        heading = next((statement.heading for statement in stated if statement.heading), self.title)
        return LessonText(_title(heading), (*recalled, *stated), prose, self.assumed, paragraphs)


def lesson(text: str, name: str = "", *, with_code: bool = False) -> LessonText:
    """What a text says; the file's `name` tells its format; `with_code` also what a notebook's code assigns.

    Raises:
        InputError: it is called a notebook and is none.
    """
    commas = not _POINT.search(text) and len(_COMMA.findall(text)) > 1
    if commas:
        text = _COMMA.sub(r"\1.\2", text)
    parts = [
        part
        for block in sources.blocks(text, name, with_code=with_code)
        for part in (
            with_columns(block) if isinstance(block, LessonParagraph) and not block.level else (block,)
        )
    ]
    stated: list[Statement] = []
    formulas: Formulas = {}
    for block in parts:
        stated += grid.statements(block) if isinstance(block, LessonTable) else statements(block, formulas)
    texts = [block for block in parts if isinstance(block, LessonParagraph)]
    title = next((block.text for block in texts if block.level), "")
    paragraphs = tuple(replace(block, text=phrased(block.text)) for block in texts)
    prose = words("\n".join(paragraph.text for paragraph in paragraphs))
    assumed = ["a comma between digits is a decimal point"] if commas else []
    if sources.format_of(text, name) == "notebook":
        assumed.append(sources.CODE_GIVES if with_code else sources.CODE_IS_NOT_READ)
    return LessonText(_title(title), _outputs(stated), prose, tuple(assumed), paragraphs)


def _title(heading: str) -> str:
    return " ".join(plain(heading).split())[:100]


def _outputs(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """`y` is the target, unless another letter is, or it is said of an activation."""
    values: dict[str, set[object]] = {}
    for statement in statements:
        for symbol in statement.symbols:
            if isinstance(symbol, LessonSymbol) and symbol.kind == "t":
                values.setdefault("y" if _is_y(symbol) else symbol.letter, set()).add(statement.value)
    y_values = values.pop("y", set())
    target_values = set().union(*(values[name] for name in values)) if values else set()
    is_distinct = any(len(name) == 1 for name in values) or bool(
        y_values and target_values and not y_values <= target_values
    )

    def meant(statement: Statement) -> Statement:
        symbols = statement.symbols
        has_activation = any(isinstance(symbol, LessonSymbol) and symbol.kind == "a" for symbol in symbols)
        if not (is_distinct or has_activation):
            return statement
        outputs = tuple(
            as_output(symbol) if isinstance(symbol, LessonSymbol) and _is_y(symbol) else symbol
            for symbol in symbols
        )
        return replace(statement, symbols=outputs)

    return tuple(map(meant, statements))


def _is_y(symbol: LessonSymbol) -> bool:
    return symbol.kind == "t" and symbol.letter in ("y", "Y")
