"""A cause: the change that makes wrong numbers right, and how many of them."""

from dataclasses import dataclass
from typing import Any

from chainrule.ask.cases.numeral import as_decimal
from chainrule.files.json_values import finite


@dataclass(frozen=True)
class Cause:
    """What went wrong in a worked example.

    Attributes:
        kind: `given` (stated otherwise than used), `claim` (printed wrongly), `convention`, `mistake`.
        name: of the change, in a few words.
        quantity: that is concerned, if it is one; with what is `stated` and what is `corrected`.
        explains: how many of the numbers that disagree, `of` how many.
        text: one sentence.
        rivals: other changes that explain as much and cannot be told from this one by these numbers.
        others: further causes, for numbers that this one does not explain.
        places: of the numbers it explains, among all that are printed.
    """

    kind: str
    name: str
    text: str
    explains: int
    of: int
    quantity: str | None = None
    stated: str | None = None
    corrected: str | None = None
    rivals: tuple["Cause", ...] = ()
    others: tuple["Cause", ...] = ()
    places: frozenset[int] = frozenset()

    def plain(self) -> dict[str, Any]:
        """The cause as `chainrule check --json` prints it."""
        record: dict[str, Any] = {
            "kind": self.kind,
            "name": self.name,
            "quantity": self.quantity,
            "stated": _number(self.stated),
            "corrected": _number(self.corrected),
            "explains": self.explains,
            "of": self.of,
            "text": self.told,
        }
        if self.rivals:
            record["cannot_be_told_from"] = [rival.name for rival in self.rivals]
        if self.others:
            record["others"] = [cause.plain() for cause in self.others]
        return record

    @property
    def told(self) -> str:
        """The sentence, with what cannot be told from it."""
        if not self.rivals:
            return self.text
        names = "; ".join(rival.name for rival in self.rivals)
        return f"{self.text} (By these numbers it cannot be told from: {names}.)"


def _number(printed: str | None) -> float | None:
    number: float | None = None if printed is None else finite(float(as_decimal(printed)))
    return number
