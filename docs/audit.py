"""Writes textbooks.md: every example in examples/worked, checked. `python docs/audit.py` writes it anew."""

import math
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainrule.ask.cases.claim import Claim
from chainrule.ask.check.check import check

HERE = Path(__file__).parent
WORKED = HERE.parent / "examples" / "worked"
PAGE = HERE / "textbooks.md"
REPORTS = "reports"  # in textbooks.toml: what is not in a file of its own
STATUSES = ("right", "truncated", "carried", "wrong", "inherited")

INTRODUCTION = """\
# What the textbooks got wrong

Worked examples of backpropagation are copied from blog to blog, and their numbers are rarely computed again.
Here they are, from the digits as printed: {numbers} numbers in {examples} examples from {sources} sources.
**{faults} of the numbers are wrong**, in {faulty} of the examples: in {wrong} a fault starts, and {inherited}
were computed rightly from a wrong one. Further {truncated} are right but cut off where they should be
rounded, and {carried} are right from the rounded numbers that the source went on with, though not to
their last digit. A comparison within a tolerance would call those wrong, or miss half of what is.

| status | the printed number |
|---|---|
| right | is the true value, rounded |
| truncated | is the true value, cut off |
| carried | follows from the source's own rounded numbers |
| wrong | is where a fault starts |
| inherited | is wrong only because an earlier one is |

The examples stand in `examples/worked/`, one file for each situation; `chainrule check FILE` shows what one
claims. Only figures are kept, no text. This page is written by `python docs/audit.py`, and a test compares it
with what that command writes.

"""


@dataclass(frozen=True)
class Source:
    """An example, checked."""

    name: str
    title: str
    source: str
    claims: list[dict[str, Any]]
    cause: dict[str, Any] | None
    notes: dict[str, str]

    @property
    def counts(self) -> Counter[str]:
        return Counter(claim["status"] for claim in self.claims)

    @property
    def faults(self) -> list[dict[str, Any]]:
        return [claim for claim in self.claims if claim["status"] in ("wrong", "inherited")]


def sources() -> list[Source]:
    """Every worked example, checked; the one with the most wrong numbers first."""
    notes = _notes()
    notes.pop(REPORTS)
    found = []
    for path in sorted(WORKED.glob("*.toml")):
        verdict = check(path)
        plain = verdict.plain()
        own = notes.pop(path.stem, {})
        read = (plain["title"], verdict.example.source, plain["claims"], plain["cause"])
        found.append(Source(path.stem, *read, dict(own)))
        unused = set(own) - {f"{claim['quantity']} {claim['claimed']}" for claim in found[-1].faults}
        if unused:
            raise SystemExit(f"textbooks.toml: [{path.stem}]: not found wrong: {', '.join(sorted(unused))}")
    if notes:
        raise SystemExit(f"textbooks.toml: no such example: {', '.join(notes)}")
    return sorted(found, key=lambda one: (-len(one.faults), one.name))


def _notes() -> dict[str, dict[str, str]]:
    return tomllib.loads((HERE / "textbooks.toml").read_text("utf-8"))


def page(found: list[Source]) -> str:
    """The page, as Markdown."""
    total = sum((one.counts for one in found), Counter[str]())
    head = INTRODUCTION.format(
        examples=len(found),
        sources=len({one.name.partition("-")[0] for one in found}),
        numbers=sum(total.values()),
        faults=total["wrong"] + total["inherited"],
        faulty=sum(bool(one.faults) for one in found),
        **{status: total[status] for status in STATUSES},
    )
    sections = (line for one in found for line in section(one))
    return head + "\n".join([*table(found, total), "", *sections, *reports(found)]) + "\n"


def reports(found: list[Source]) -> Iterator[str]:
    """Each place where a fault starts, with what is right: what an author would want to be told."""
    yield from ["(worth-reporting)=", "## Worth telling the authors", ""]
    yield "Where a fault starts in an example above:"
    yield ""
    for one in found:
        wrong = [claim for claim in one.claims if claim["status"] == "wrong"]
        told = (f"`{claim['quantity']}` is {correct(claim)}, not {claim['claimed']}" for claim in wrong)
        if wrong:
            yield f"- {escaped(one.source)}: {'; '.join(told)}."
    yield from ["", "And in lines of other lessons that were read:", ""]
    for place, right in _notes()[REPORTS].items():
        yield f"- {escaped(place)}: {escaped(right)}."


def table(found: list[Source], total: Counter[str]) -> Iterator[str]:
    """All sources, their counts, and what explains the faults."""
    yield f"| example | cause | numbers | {' | '.join(STATUSES)} |"
    yield f"|---|---|{'--:|' * (len(STATUSES) + 1)}"
    for one in found:
        counts = " | ".join(str(one.counts[status] or "") for status in STATUSES)
        cause = (one.cause["text"] if one.cause else "no single cause") if one.faults else ""
        yield f"| [{one.title}](#{one.name}) | {escaped(cause)} | {len(one.claims)} | {counts} |"
    counts = " | ".join(f"**{total[status]}**" for status in STATUSES)
    yield f"| **all** | | **{sum(total.values())}** | {counts} |"


def section(one: Source) -> Iterator[str]:
    """A source and its wrong numbers."""
    yield from [
        f"({one.name})=",
        f"## {one.title}",
        "",
        f"{escaped(one.source)}. File: `{one.name}.toml`.",
        "",
    ]
    if not one.faults:
        yield from [f"All {len(one.claims)} numbers are right{small_print(one)}.", ""]
        return
    if one.cause:
        yield from [f"The cause: {escaped(one.cause['text'])}", ""]
    yield "| quantity | printed | correct | status | why |"
    yield "|---|--:|--:|---|---|"
    for claim in one.faults:
        why = one.notes.get(f"{claim['quantity']} {claim['claimed']}", "")
        if claim["status"] == "inherited":
            why = why or "from a wrong number above"
        cells = (f"`{claim['quantity']}`", claim["claimed"], correct(claim), claim["status"], escaped(why))
        yield f"| {' | '.join(cells)} |"
    rest = len(one.claims) - len(one.faults)
    yield from ["", f"The other {rest} numbers are right{small_print(one)}.", ""]


def small_print(one: Source) -> str:
    """Of the right ones, how many are so only in their way."""
    counts = {status: one.counts[status] for status in ("truncated", "carried") if one.counts[status]}
    parts = [f"{count} of them {status}" for status, count in counts.items()]
    return f", {' and '.join(parts)}" if parts else ""


def correct(claim: dict[str, Any]) -> str:
    """The true value, to as many digits as are printed; one more where that shows no difference."""
    printed, value = Claim("", claim["claimed"]), claim["computed"]
    if value is None or not math.isfinite(value):
        return "none"
    exponent = printed.exact.as_tuple().exponent
    digits = max(-int(exponent), 0)
    scientific = "e" in claim["claimed"].lower()
    if scientific:
        return f"{value:.{len(printed.exact.as_tuple().digits) - 1}e}"
    shown = f"{value:.{digits}f}"
    return shown if float(shown) != printed.value else f"{value:.{digits + 2}f}"


def escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")


def main() -> None:
    """Write the page, or with --check say whether it is what would be written."""
    text = page(sources())
    if "--check" in sys.argv[1:]:
        raise SystemExit(0 if PAGE.read_text("utf-8") == text else f"{PAGE} is old: run python docs/audit.py")
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
