"""The text of a lesson with each of its numbers marked where it stands, for a page and for the studio."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from chainrule.ask.check.claim_places import Span, statement_of
from chainrule.ask.check.report import computed_digits
from chainrule.ask.check.verdict import PageVerdict, Verdict
from chainrule.ask.documents.blocks import Block, Heading, MarkedText, Piece
from chainrule.ask.documents.document import Document

_LONGEST = 300_000  # letters of a text that is shown


@dataclass(frozen=True)
class Mark:
    """A piece of a text that something is to be said of.

    Attributes:
        span: where it stands.
        status: of the number, `wrong`; or `cause`, for a given that was used otherwise.
        note: what is to be said, in a few words.
    """

    span: Span
    status: str
    note: str


def marks(verdict: Verdict) -> Iterator[Mark]:
    """The marks of a verdict: each judged number that is found in the text, and a given that is the cause."""
    if verdict.unread:
        return
    for judged, span in zip(verdict.claims, verdict.spans, strict=True):
        if span:
            digits = "" if judged.status == "right" else f", computed {computed_digits(judged)}"
            yield Mark(span, str(judged.status), f"{judged.claim.quantity}: {judged.status}{digits}")
    cause = verdict.cause
    if cause and cause.kind == "given" and cause.quantity and cause.stated:
        statement = statement_of(verdict.text, cause.quantity, cause.stated)
        if statement:
            yield Mark(statement, "cause", f"used: {cause.corrected}")


def pieces(text: str, marked: Iterable[Mark]) -> tuple[Piece, ...]:
    """The text cut at its marks; of two that overlap the first."""
    cut: list[Piece] = []
    end = 0
    for mark in sorted(marked, key=lambda mark: mark.span.start):
        if mark.span.start < end:
            continue
        cut += [
            Piece(text[end : mark.span.start]),
            Piece(text[mark.span.start : mark.span.end], mark.status, mark.note),
        ]
        end = mark.span.end
    return (*cut, Piece(text[end:]))


@dataclass(frozen=True)
class MarkedReport(Document):
    """A verdict as a page: the report, and below it the text with its numbers marked."""

    verdict: Verdict | PageVerdict

    def plain(self) -> dict[str, object]:
        """As the verdict is told."""
        return self.verdict.plain()

    def blocks(self) -> Iterator[Block]:
        """The report, then the text."""
        yield from self.verdict.blocks()
        verdicts: Sequence[Verdict] = (
            self.verdict.verdicts if isinstance(self.verdict, PageVerdict) else (self.verdict,)
        )
        text = verdicts[0].text
        marked = [mark for verdict in verdicts for mark in marks(verdict)]
        if marked and len(text) <= _LONGEST:
            yield Heading("The text, with its numbers marked")
            yield MarkedText(pieces(text, marked))
