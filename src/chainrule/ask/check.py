"""Check: every number that a worked example prints, computed again and judged, and the cause of faults."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainrule.ask import example as worked
from chainrule.ask.check_report import Report
from chainrule.ask.claim import Judged
from chainrule.ask.document import Block
from chainrule.ask.example import Example
from chainrule.ask.judge import judge
from chainrule.ask.world import World
from chainrule.errors import InputError


@dataclass(frozen=True, eq=False)
class Verdict:
    """What is to be said of a worked example.

    Attributes:
        example: what was checked.
        world: its numbers at full precision.
        claims: each printed number with what it should be, in the order of the source.
        cause: the one change that explains the wrong ones, if there is one.
    """

    example: Example
    world: World
    claims: tuple[Judged, ...]
    cause: Any = None

    @property
    def verdict(self) -> str:
        """`right` or `wrong`."""
        return "wrong" if any(one.status.is_fault for one in self.claims) else "right"

    def plain(self) -> dict[str, Any]:
        """Title, verdict, claims and cause, as `chainrule check --json` prints them."""
        claims = [
            {
                "quantity": one.claim.quantity,
                "claimed": one.claim.printed,
                "computed": one.computed if math.isfinite(one.computed) else None,
                "status": str(one.status),
            }
            for one in self.claims
        ]
        cause = self.cause and self.cause.plain()
        return {"title": self.example.title, "verdict": self.verdict, "claims": claims, "cause": cause}

    def blocks(self) -> Iterator[Block]:
        """The report as a document."""
        return Report(self).blocks()


def check(example: Example | str | Path) -> Verdict:
    """The verdict on a worked example, or on the file (TOML, or a Markdown lesson) that holds one.

    Raises:
        InputError: the file cannot be read, is no worked example, or claims nothing.
    """
    found = example if isinstance(example, Example) else read(example)
    if not found.printed:
        where = found.title if isinstance(example, Example) else example
        raise InputError(
            f"{where}: there is nothing to check: no number is claimed; write them under [claims]"
        )
    world = World(found)
    return Verdict(found, world, judge(found, world))


def read(path: str | Path) -> Example:
    """The worked example in a file: a Markdown lesson if its name ends so, otherwise TOML.

    Raises:
        InputError: it cannot be read, or holds none.
    """
    return worked.read(path)
