"""Check: every number that a worked example prints, computed again and judged, and what explains the faults."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainrule.ask.claim import Judged
from chainrule.ask.example import Example, read
from chainrule.ask.judge import judge
from chainrule.errors import InputError


@dataclass(frozen=True, eq=False)
class Verdict:
    """What is to be said of a worked example.

    Attributes:
        example: what was checked.
        claims: each printed number with what it should be, in the order of the source.
    """

    example: Example
    claims: tuple[Judged, ...]

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
                "computed": one.computed,
                "status": str(one.status),
            }
            for one in self.claims
        ]
        return {"title": self.example.title, "verdict": self.verdict, "claims": claims, "cause": None}


def check(example: Example | str | Path) -> Verdict:
    """The verdict on a worked example, or on the file that holds one.

    Raises:
        InputError: the file cannot be read, is no worked example, or claims nothing.
    """
    found = example if isinstance(example, Example) else read(example)
    if not found.printed:
        raise InputError(f"{found.title}: nothing to check: it makes no claims")
    return Verdict(found, judge(found))
