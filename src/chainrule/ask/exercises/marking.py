"""Marking: a filled-in sheet, answer by answer; a slip costs one mark, however many answers show it."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from chainrule.ask.cases import example as worked
from chainrule.ask.cases import limits
from chainrule.ask.cases.claim import Judged, Status
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.check.report import WORKED, Report
from chainrule.ask.documents.blocks import Block, Heading, TableBlock, paragraph
from chainrule.ask.documents.document import Document
from chainrule.ask.documents.wording import counted
from chainrule.ask.exercises.exercise import DIGITS, fingerprint
from chainrule.ask.judging.judge import judge
from chainrule.errors import InputError

_SIGNED = re.compile(r"# chainrule exercise (\w+) digits (\d+)")
_LINE = re.compile(r"""\s*(?P<quote>["']?)(?P<name>[^"'=]+(?:'[^"'=]*)?)(?P=quote)\s*=\s*(?P<answer>.*)""")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_LONGEST = 100  # digits of a fraction
REPEATED = "same mistake"
_SHORT = 1e-6  # a fraction below that is written with a power of ten
_FRACTION = re.compile(r"([+-]?\d+)\s*/\s*(\d+)")


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        quantity: that was asked for.
        given: what was written; empty for nothing.
        correct: what belongs there.
        verdict: `right`, `followed through` (right from a wrong answer before), `same mistake` (wrong by a
            named mistake that has cost its mark already), `too few digits`, `wrong` or `missing`.
    """

    quantity: str
    given: str
    correct: float
    verdict: str

    @property
    def mark(self) -> int:
        return int(self.verdict in ("right", "followed through", REPEATED))


@dataclass(frozen=True, eq=False)
class Marking(Document):
    """The marks of a filled-in sheet; `print` it, or let a notebook show it.

    Attributes:
        example: the sheet, with the answers as claims.
        answers: in the order of the sheet.
        judged: of those that were given, how each was judged.
        notes: on the sheet itself.
        cause: what the wrong answers come from, if one thing explains them.
    """

    example: Example
    answers: tuple[Answer, ...]
    judged: tuple[Judged, ...]
    notes: tuple[str, ...] = ()
    cause: str = ""

    @property
    def marks(self) -> int:
        return sum(answer.mark for answer in self.answers)

    @property
    def first_slip(self) -> str:
        """The first answer that lost its mark, and what was written."""
        slip = next((answer for answer in self.answers if not answer.mark), None)
        return "" if slip is None else f"{slip.quantity} = {slip.given or '–'} ({slip.verdict})"

    def __repr__(self) -> str:
        return f"<Marking of {self.example.title}: {self.marks} of {len(self.answers)}>"

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "title": self.example.title,
            "marks": self.marks,
            "of": len(self.answers),
            "answers": [
                {"quantity": answer.quantity, "given": answer.given or None}
                | {"correct": answer.correct if math.isfinite(answer.correct) else None}
                | {"verdict": answer.verdict, "mark": answer.mark}
                for answer in self.answers
            ],
            "cause": self.cause or None,
            "notes": list(self.notes),
        }

    def blocks(self) -> Iterator[Block]:
        """The marks as a document."""
        yield Heading(self.example.title, 1)
        for note in self.notes:
            yield paragraph(note)
        yield paragraph(f"{self.marks} of {counted(len(self.answers), 'mark')}.")
        lost = [answer for answer in self.answers if answer.verdict != "right"]
        if not lost:
            return
        if self.cause:
            yield Heading("What went wrong")
            yield paragraph(self.cause)
            repeats = sum(answer.verdict == REPEATED for answer in self.answers)
            if repeats:
                answers = "answer that repeats it keeps its own" if repeats == 1 else "answers keep theirs"
                yield paragraph(f"A mistake costs one mark once: {repeats} more {answers}.")
        yield Heading("Not right, or only from what stands before")
        rows = tuple(
            (
                answer.quantity,
                answer.given or "–",
                f"{answer.correct:.{_digits(answer)}g}",
                answer.verdict,
                str(answer.mark),
            )
            for answer in lost
        )
        yield TableBlock(("asked", "answered", "correct", "verdict", "mark"), rows)
        report = Report(self.example, Trajectory(self.example), self.judged)
        for judgement in [judgement for judgement in self.judged if judgement.status is Status.WRONG][
            :WORKED
        ]:
            yield from report.worked(judgement)


def mark(sheet: str | Path) -> Marking:
    """The marks of a filled-in sheet: the TOML that `chainrule exercise --format toml` writes, or Markdown
    with such a part between ```toml and ```.

    An answer may be written as 0.05706, .05706, 0,05706, 5.706e-2 or 1/3. It is right if it is the true
    value with as many digits as are asked for, rounded or cut off, computed from rounded or from exact
    numbers; and it keeps its mark if it follows from a wrong answer before it, or is wrong by a mistake
    that can be named and has cost a mark in another answer.

    Raises:
        InputError: the file cannot be read, or is no such sheet; the line is named.
    """
    text, skipped = _part(worked.text(sheet), str(sheet))
    head, digits, answers = _split(text, str(sheet), skipped)
    example = worked.parse(head, str(sheet))
    claims = {name: numeral for name, numeral in answers.items() if numeral}
    for name in answers:
        try:
            example.asked(name)
        except InputError as error:
            raise InputError(f"{sheet}: {error}") from None
    world = Trajectory(example)
    example = replace(example, claims={name: _padded(numeral, digits) for name, numeral in claims.items()})
    judged = judge(example, world) if claims else ()
    as_given = judge(replace(example, claims=claims), world) if claims else ()
    verdicts = {
        judgement.claim.quantity: _verdict(judgement, numeral)
        for judgement, numeral in zip(judged, as_given, strict=True)
    }
    cause, repeated = _explained(example, judged, verdicts)
    verdicts |= dict.fromkeys(repeated, REPEATED)
    marked = tuple(
        Answer(name, numeral, world.value(example.asked(name)), verdicts.get(name, "missing"))
        for name, numeral in answers.items()
    )
    signed = _SIGNED.search(text)
    changed = signed and signed[1] != fingerprint(example)
    note = "What is given was changed since the sheet was made; the marks are for what stands there now."
    return Marking(example, marked, judged, (note,) if changed else (), cause)


def _explained(
    example: Example, judged: Sequence[Judged], verdicts: Mapping[str, str]
) -> tuple[str, list[str]]:
    """What the wrong answers come from, and those that repeat a mistake whose mark is lost already."""
    if not any(judgement.status.is_fault for judgement in judged):
        return "", []
    from chainrule.ask.causes.search import find  # most sheets have no fault to look for

    search = find(example, judged)
    causes = (search.cause, *search.cause.others) if search.cause else ()
    repeated: list[str] = []
    for cause in causes:
        names = [judged[i].claim.quantity for i in sorted(cause.places)]
        repeated += [name for name in names if verdicts[name] in ("wrong", "too few digits")][1:]
    return " ".join(filter(None, (search.cause.told if search.cause else "", search.cut_short))), repeated


def _part(text: str, sheet: str) -> tuple[str, int]:
    """The TOML in a sheet, and how many lines stand before it."""
    if not sheet.lower().endswith((".md", ".markdown")):
        return text, 0
    match = re.search(r"^```toml[^\n]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    if not match:
        raise InputError(f"{sheet}: there is no part to fill in, which stands between ```toml and ```")
    return match[1], text[: match.start(1)].count("\n")


def _split(text: str, sheet: str, skipped: int) -> tuple[str, int, dict[str, str]]:
    """What is given, how many digits are asked for, and the answers by name as TOML numbers."""
    head, heading, tail = text.partition("[claims]")
    if not heading:
        raise InputError(f"{sheet}: there is no [claims], under which the answers stand")
    signed = _SIGNED.search(text)
    answers: dict[str, str] = {}
    for number, line in enumerate(tail.splitlines(), skipped + head.count("\n") + 1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        parsed = _LINE.fullmatch(line)
        if not parsed:
            raise InputError(f'{sheet}: line {number}: {line!r} is no answer; write "z1[0]" = "0.415"')
        name = parsed["name"].strip()
        if name in answers:
            raise InputError(f"{sheet}: line {number}: {name} is answered twice")
        answers[name] = _number(parsed["answer"], f"{sheet}: line {number}: {name}")
    if not answers:
        raise InputError(f"{sheet}: there are no answers under [claims]")
    digits = limits.whole(signed[2]) if signed else DIGITS
    limits.within(digits, limits.DIGITS, "digits", sheet)
    return head, digits, answers


def _number(text: str, where: str) -> str:
    """An answer as a decimal number; nothing for a blank."""
    text = text.strip().strip("\"'").strip().replace("−", "-").replace("\u00a0", "").strip()
    if not text.strip("_ .…?"):
        return ""
    if fraction := _FRACTION.fullmatch(text):
        return _decimal(fraction[1], fraction[2], f"{where}: {text}")
    text = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    if not _NUMBER.fullmatch(text):
        raise InputError(f"{where}: {text!r} is not a number")
    return text


def _decimal(numerator: str, denominator: str, where: str) -> str:
    """A fraction as a decimal number."""
    if max(len(numerator), len(denominator)) > _LONGEST:
        raise InputError(f"{where}: a fraction has {_LONGEST} digits at most, above and below")
    if not int(denominator):
        raise InputError(f"{where} divides by zero")
    value = float(Fraction(int(numerator), int(denominator)))
    return f"{value:.12f}" if not value or abs(value) > _SHORT else f"{value:.12e}"


def _padded(answer: str, digits: int) -> str:
    """With zeros behind it, which people leave out, to as many digits as are asked for."""
    mantissa, exponent = re.fullmatch(r"([^eE]*)(.*)", answer, re.DOTALL).groups()  # type: ignore[union-attr]
    missing = digits - len(re.sub(r"\D", "", mantissa).lstrip("0"))
    if missing <= 0 or not mantissa.strip("-+.0"):
        return answer
    return f"{mantissa}{'' if '.' in mantissa else '.'}{'0' * missing}{exponent}"


def _verdict(padded: Judged, written: Judged) -> str:
    """What is said of an answer, with zeros behind it and as it is."""
    if not padded.status.is_fault:
        return "right"
    if padded.status is Status.INHERITED:
        return "followed through"
    return "wrong" if written.status.is_fault else "too few digits"


def _digits(answer: Answer) -> int:
    return max(len(re.sub(r"[eE].*|\D", "", answer.given).lstrip("0")), DIGITS)
