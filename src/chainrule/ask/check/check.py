"""Check: every number that a worked example prints, computed again and judged, and the cause of faults."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.claim import Judged, Status
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.causes.cause import Cause
from chainrule.ask.check.claim_places import Span, spans
from chainrule.ask.check.report import Report, noted, told
from chainrule.ask.documents.blocks import Block, Heading, paragraph
from chainrule.ask.documents.document import Document
from chainrule.ask.judging.judge import judge
from chainrule.ask.lessons.sources import is_lesson
from chainrule.errors import InputError

if TYPE_CHECKING:
    from chainrule.ask.lessons.reader import LessonReading
    from chainrule.ask.lessons.workings import Working


_MANY = 100  # numbers of a lesson, more than one mistake explains
_EVIDENT = 3  # numbers: so many come from no one change by chance


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


def check(example: Example | str | Path) -> Verdict | PageVerdict:
    """The verdict on a worked example, or on the file that holds one: TOML, or a lesson as people write it.

    A lesson (Markdown, HTML, LaTeX, plain text or a notebook) may hold several: each gets its verdict.

    Raises:
        InputError: the file cannot be read, is no worked example, or claims nothing.
    """
    if isinstance(example, Example):
        return _verdict(example, example.title)
    return check_text(worked.text(example), str(example))


def check_text(text: str, source: str) -> Verdict | PageVerdict:
    """The verdict on the text of a worked example or a lesson; `source` names it, and its ending the format.

    Raises:
        InputError: it is no worked example, or claims nothing.
    """
    if not is_lesson(text, source):
        return replace(_verdict(worked.parse(text, source), source), text=text)
    from chainrule.ask.lessons.reader import parse  # reading Markdown takes a library that TOML does not need

    readings = parse(text, source)
    claiming = [reading for reading in readings if reading.example.printed] or readings[:1]
    verdicts = tuple(replace(_lesson_verdict(reading, source), text=text) for reading in claiming)
    skipped = tuple(sentence for reading in readings for sentence in reading.skipped)
    if len(verdicts) == 1 and not skipped:
        return verdicts[0]
    return PageVerdict(verdicts, skipped)


def _lesson_verdict(reading: "LessonReading", source: str) -> Verdict:
    """The verdict as the numbers speak, or as the words do: if one known mistake explains the rest, or if
    the printed E is on their side.
    """
    verdict = _read_verdict(reading, source)
    if reading.as_told and reading.as_told.example.printed:
        as_told = _read_verdict(reading.as_told, source)
        cause = as_told.cause
        faults = sum(judgement.status.is_fault for judgement in as_told.claims)
        is_explained = cause is not None and cause.kind == "mistake" and cause.explains == faults
        if not as_told.unread and (is_explained or _errors(verdict) >= max(_errors(as_told), 1)):
            return as_told
    return verdict


def _errors(verdict: Verdict) -> int:
    """How many printed values of E are wrong."""
    return sum(
        judgement.status.is_fault and judgement.claim.quantity.startswith("E") for judgement in verdict.claims
    )


def _read_verdict(reading: "LessonReading", source: str) -> Verdict:
    count = len(reading.example.printed)
    if count > _MANY and reading.agreeing * 3 < count:  # to look for what is wrong with each would take long
        verdict = Verdict(
            reading.example, Trajectory(reading.example), (), unread=_few(reading.agreeing, count)
        )
    else:
        verdict = _verdict(reading.example, source, reading.line_values)
    verdict = replace(
        verdict,
        assumed=reading.assumed,
        places=reading.places,
        unplaced=reading.unplaced,
        rivals=reading.rivals,
        arithmetic=reading.arithmetic,
        toml=reading.toml(),
    )
    return replace(verdict, unread=verdict.unread or _doubt(verdict, reading))


def _doubt(verdict: Verdict, reading: "LessonReading") -> str:
    """Why a reading that calls numbers wrong is more likely a misreading; empty if it is not."""
    if not verdict.has_faults:
        return ""
    if reading.anew:
        return f"what is given is given anew further down ({_some(reading.anew)})"
    if reading.unknown:
        return f"it is not said what this is: {_some(reading.unknown)}, and a layer has no bias"
    count = len(verdict.claims)
    wrong = sum(judgement.status is Status.WRONG for judgement in verdict.claims)
    sound = sum(not judgement.status.is_fault for judgement in verdict.claims)
    if verdict.cause and verdict.cause.explains == count - sound and _is_evident(verdict.cause):
        return ""
    divisor = 2 if verdict.cause and not _is_short(verdict.cause) else 3  # a given may have been read wrongly
    if (count - wrong) * 3 >= count * 2 and sound * divisor >= count:
        return ""
    return _few(sound, count)


def _some(statements: Sequence[str]) -> str:
    remainder = f" and {len(statements) - 3} more" if len(statements) > 3 else ""
    return f"{'; '.join(statements[:3])}{remainder}"


def _is_evident(cause: Cause) -> bool:
    """Whether a cause speaks for itself: for few numbers, or with many digits, some cause can be had."""
    return _is_short(cause) and cause.explains >= _EVIDENT


def _is_short(cause: Cause) -> bool:
    """Whether it is no given whose value has more digits than anybody would state."""
    return cause.kind != "given" or len(cause.corrected or "") <= len(cause.stated or "") + 1


def _few(sound: int, count: int) -> str:
    return f"only {sound} of the {count} numbers that were placed agree with what it seems to be about"


def _verdict(
    example: Example, source: str, line_values: Mapping[tuple[str, str], float] | None = None
) -> Verdict:
    if not example.printed:
        raise InputError(
            f"{source}: no number is claimed, so there is nothing to check; put some under [claims]"
        )
    world = Trajectory(example)
    claims = judge(example, world, line_values)
    verdict = Verdict(example, world, claims)
    if not verdict.has_faults:
        return verdict
    from chainrule.ask.causes.search import find  # most sheets have no fault to look for

    search = find(example, claims)
    return replace(verdict, cause=search.cause, cut_short=search.cut_short)


def _plain(working: "Working") -> dict[str, Any]:
    return {
        "place": working.place,
        "formula": working.formula,
        "claimed": working.printed,
        "computed": working.value,
    }
