"""The verdict on a worked example or a page of them: each number judged, and the cause."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chainrule.ask.cases.claim import Judged
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.causes.cause import Cause
from chainrule.ask.check.claim_places import Span, spans
from chainrule.ask.check.report import Report, noted, told
from chainrule.ask.documents.blocks import Block, Heading, paragraph
from chainrule.ask.documents.document import Document

if TYPE_CHECKING:
    from chainrule.ask.lessons.workings import Working


@dataclass(frozen=True, eq=False)
class Verdict(Document):
    """What is to be said of a worked example.

    Attributes:
        example: what was checked.
        world: its numbers at full precision.
        claims: each printed number with what it should be, in the order of the source.
        cause: the one change that explains the wrong ones, if there is one.
        assumed: what a lesson does not say in so many words, a sentence each.
        places: where each number of a lesson stands, by its quantity and as printed.
        unplaced: numbers of a lesson that could not be placed, each with its line.
        toml: the worked example that was read out of a lesson.
        rivals: other ways to read the lesson, and how close they came.
        arithmetic: what does not come out as it stands in a lesson, whatever it is about.
        unread: why nothing is said of a lesson that was not understood; empty where it was.
        cut_short: that the search for causes ended before it had tried everything, in a sentence.
        text: what was read, if it was a text.
    """

    example: Example
    world: Trajectory
    claims: tuple[Judged, ...]
    cause: Cause | None = None
    assumed: tuple[str, ...] = ()
    places: Mapping[tuple[str, str], str] = field(default_factory=dict)
    unplaced: tuple[str, ...] = ()
    toml: str = ""
    rivals: tuple[str, ...] = ()
    arithmetic: "tuple[Working, ...]" = ()
    unread: str = ""
    cut_short: str = ""
    text: str = field(default="", repr=False)

    def __repr__(self) -> str:
        return f"<Verdict on {self.example.title}: {self.verdict}>"

    @property
    def verdict(self) -> str:
        """`right`, `wrong`, or `unread` where a lesson was not understood."""
        if self.unread:
            return "unread"
        return "wrong" if self.has_faults or self.arithmetic else "right"

    @property
    def has_faults(self) -> bool:
        """Whether a number is not what it should be."""
        return any(judgement.status.is_fault for judgement in self.claims)

    @cached_property
    def spans(self) -> list[Span | None]:
        """Where in the text each number of `claims` stands; nothing where it was not found again."""
        return spans(self.text, self.claims, self.places)

    def plain(self) -> dict[str, Any]:
        """Title, verdict, claims and cause, as `chainrule check --json` prints them."""
        claims = [
            {
                "quantity": judgement.claim.quantity,
                "claimed": judgement.claim.printed,
                "computed": judgement.computed if math.isfinite(judgement.computed) else None,
                "status": str(judgement.status),
                **self._place(judgement),
                **({"span": asdict(span)} if span else {}),
            }
            for judgement, span in zip(self.claims, self.spans, strict=True)
        ]
        cause = self.cause and self.cause.plain()
        answer: dict[str, Any] = {
            "title": self.example.title,
            "verdict": self.verdict,
            "claims": claims,
            "cause": cause,
        }
        if self.unread:
            answer |= {"claims": [], "cause": None, "unread": self.unread}
        if self.cut_short:
            answer["cut_short"] = self.cut_short
        if self.toml:
            answer |= {"assumed": list(self.assumed), "unplaced": list(self.unplaced)}
            answer |= {"rivals": list(self.rivals)}
            answer["arithmetic"] = [_plain(working) for working in self.arithmetic]
        return answer

    def _place(self, judgement: Judged) -> dict[str, str]:
        place = self.places.get((judgement.claim.quantity, judgement.claim.printed))
        return {"place": place} if place else {}

    def blocks(self) -> Iterator[Block]:
        """The report as a document."""
        failing = ("Arithmetic that does not come out", list(map(told, self.arithmetic)))
        read = (("Assumed", self.assumed), ("Not placed", self.unplaced), failing)
        if self.unread:
            yield Heading(self.example.title, 1)
            yield paragraph(
                f"I cannot read this lesson, because {self.unread}. So nothing is said of its numbers."
            )
            yield from noted((("Understood", self.assumed), *read[1:]))
            return
        report = Report(self.example, self.world, self.claims, self.cause, read, self.cut_short, self.places)
        yield from report.blocks()


@dataclass(frozen=True, eq=False)
class PageVerdict(Document):
    """What is to be said of a page with several worked examples.

    Attributes:
        verdicts: of each, in their order.
        skipped: parts of the page that hold none that can be read, a sentence each.
    """

    verdicts: tuple[Verdict, ...]
    skipped: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Verdict on {len(self.verdicts)} examples: {self.verdict}>"

    @property
    def verdict(self) -> str:
        """`wrong` if an example is, `right` if all that were understood are, `unread` if none was."""
        verdicts = {verdict.verdict for verdict in self.verdicts}
        return next((word for word in ("wrong", "right") if word in verdicts), "unread")

    @property
    def unread(self) -> str:
        """Why none of the examples was understood."""
        return self.verdicts[0].unread if self.verdict == "unread" else ""

    @property
    def rivals(self) -> tuple[str, ...]:
        """Other ways to read the examples, and how close they came."""
        return tuple(rival for verdict in self.verdicts for rival in verdict.rivals)

    @property
    def toml(self) -> str:
        """The first worked example that was read out of the page."""
        return self.verdicts[0].toml

    def plain(self) -> dict[str, Any]:
        """The verdict and those on the examples, as `chainrule check --json` prints them."""
        examples = [verdict.plain() for verdict in self.verdicts]
        return {"verdict": self.verdict, "examples": examples, "skipped": list(self.skipped)}

    def blocks(self) -> Iterator[Block]:
        """One report after the other."""
        yield from noted((("Not read", self.skipped),))
        for verdict in self.verdicts:
            yield from verdict.blocks()


def _plain(working: "Working") -> dict[str, Any]:
    return {
        "place": working.place,
        "formula": working.formula,
        "claimed": working.printed,
        "computed": working.value,
    }
