"""A document: headings, paragraphs, equations and tables. Printers know this and nothing else."""

from dataclasses import dataclass
from typing import TypeAlias

from chainrule.ask.documents.formula import Formula


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; level 1 stands once, at the top."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words and formulas in the order they are read."""

    parts: tuple[str | Formula, ...]


@dataclass(frozen=True, slots=True)
class CommandList:
    """Lines to type: the command, and what it does."""

    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Equation:
    """left = step = step = ...; the last step is the result."""

    left: Formula
    steps: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Equations:
    """Equations that belong together, set in columns where they fit."""

    equations: tuple[Equation, ...]


@dataclass(frozen=True, slots=True)
class EquationGroup:
    """Equations under one label, told in passing; `note` says what is left out."""

    label: str
    equations: tuple[Equation, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Groups of short equations, several on a line."""

    groups: tuple[EquationGroup, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A length from 0 to 1, drawn in a table."""

    length: float


Cell: TypeAlias = str | Formula | Bar


@dataclass(frozen=True, slots=True)
class TableBlock:
    """Rows under headings; `note` says what is left out."""

    headings: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a text; with a `mark`, a word for what they are, and a `note` on them."""

    words: str
    mark: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class MarkedText:
    """Somebody's text as it stands, line by line, some pieces of it marked."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return "".join(piece.words for piece in self.pieces)


Block: TypeAlias = Heading | Paragraph | CommandList | Equations | Listing | TableBlock | MarkedText


def paragraph(*parts: str | Formula) -> Paragraph:
    """A paragraph of words and formulas."""
    return Paragraph(parts)
