"""Check: every number that a worked example prints, computed again and judged, and the cause of faults."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.claim import Status
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.causes.cause import Cause
from chainrule.ask.check.verdict import PageVerdict, Verdict
from chainrule.ask.judging.judge import judge
from chainrule.ask.lessons.sources import is_lesson
from chainrule.errors import InputError

if TYPE_CHECKING:
    from chainrule.ask.lessons.reader import LessonReading


_MANY = 100  # numbers of a lesson, more than one mistake explains
_EVIDENT = 3  # numbers: so many come from no one change by chance


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
