"""Check: every number that a worked example prints, computed again and judged, and the cause of faults."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.claim import Judged
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.causes.cause import Cause
from chainrule.ask.check.report import Report
from chainrule.ask.documents.blocks import Block
from chainrule.ask.documents.document import Document
from chainrule.ask.judging.judge import judge
from chainrule.errors import InputError

MARKDOWN = (".md", ".markdown")


@dataclass(frozen=True, eq=False)
class Verdict(Document):
    """What is to be said of a worked example.

    Attributes:
        example: what was checked.
        world: its numbers at full precision.
        claims: each printed number with what it should be, in the order of the source.
        cause: the one change that explains the wrong ones, if there is one.
        assumed: what a lesson does not say in so many words, a sentence each.
        unplaced: numbers of a lesson that could not be placed, each with its line.
        toml: the worked example that was read out of a lesson.
        cut_short: that the search for causes ended before it had tried everything, in a sentence.
    """

    example: Example
    world: Trajectory
    claims: tuple[Judged, ...]
    cause: Cause | None = None
    assumed: tuple[str, ...] = ()
    unplaced: tuple[str, ...] = ()
    toml: str = ""
    cut_short: str = ""

    def __repr__(self) -> str:
        return f"<Verdict on {self.example.title}: {self.verdict}>"

    @property
    def verdict(self) -> str:
        """`right` or `wrong`."""
        return "wrong" if any(judgement.status.is_fault for judgement in self.claims) else "right"

    def plain(self) -> dict[str, Any]:
        """Title, verdict, claims and cause, as `chainrule check --json` prints them."""
        claims = [
            {
                "quantity": judgement.claim.quantity,
                "claimed": judgement.claim.printed,
                "computed": judgement.computed if math.isfinite(judgement.computed) else None,
                "status": str(judgement.status),
            }
            for judgement in self.claims
        ]
        cause = self.cause and self.cause.plain()
        answer: dict[str, Any] = {
            "title": self.example.title,
            "verdict": self.verdict,
            "claims": claims,
            "cause": cause,
        }
        if self.cut_short:
            answer["cut_short"] = self.cut_short
        if self.toml:
            answer |= {"assumed": list(self.assumed), "unplaced": list(self.unplaced)}
        return answer

    def blocks(self) -> Iterator[Block]:
        """The report as a document."""
        read = (("Assumed", self.assumed), ("Not placed", self.unplaced))
        return Report(self.example, self.world, self.claims, self.cause, read, self.cut_short).blocks()


def check(example: Example | str | Path) -> Verdict:
    """The verdict on a worked example, or on the file (TOML, or a Markdown lesson) that holds one.

    Raises:
        InputError: the file cannot be read, is no worked example, or claims nothing.
    """
    if isinstance(example, Example):
        return _verdict(example, example.title)
    if not str(example).lower().endswith(MARKDOWN):
        return _verdict(worked.read(example), str(example))
    from chainrule.ask.lessons import read  # reading Markdown takes a library that TOML does not need

    lesson = read(example)
    return replace(
        _verdict(lesson.example, str(example)),
        assumed=lesson.assumed,
        unplaced=lesson.unplaced,
        toml=lesson.toml(),
    )


def _verdict(example: Example, source: str) -> Verdict:
    if not example.printed:
        raise InputError(
            f"{source}: no number is claimed, so there is nothing to check; put some under [claims]"
        )
    world = Trajectory(example)
    claims = judge(example, world)
    if not any(judgement.status.is_fault for judgement in claims):
        return Verdict(example, world, claims)
    from chainrule.ask.causes.search import find  # most sheets have no fault to look for

    search = find(example, claims)
    return Verdict(example, world, claims, search.cause, cut_short=search.cut_short)
