"""The base class of every answer: text where it is printed, typeset where a notebook shows it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from chainrule.ask.documents.blocks import Block


class Document(ABC):
    """An answer that is a row of blocks, and shows itself."""

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """The document, block by block."""

    def __str__(self) -> str:
        from chainrule.ask.documents.text import Printer

        return "\n".join(Printer().text(self.blocks())).rstrip("\n")

    def _repr_markdown_(self) -> str:
        """For notebooks, which set the formulas in it."""
        from chainrule.ask.documents.markdown import text

        return text(self.blocks())
