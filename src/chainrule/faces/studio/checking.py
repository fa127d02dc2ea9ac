"""Check: a pasted lesson with each of its numbers marked where it stands, and the cause of the wrong ones."""

from typing import Any

from chainrule.ask.check.check import PageVerdict, Verdict, check_text
from chainrule.ask.check.claim_places import Span, statement_of


def verdicts(text: str, name: str = "") -> tuple[Verdict, ...]:
    """The verdict on each example of a text.

    Raises:
        InputError: it holds none.
    """
    verdict = check_text(text, name or "the lesson")
    return verdict.verdicts if isinstance(verdict, PageVerdict) else (verdict,)


def marked(text: str, verdict: Verdict) -> dict[str, Any]:
    """What the page shows of a verdict: the text in pieces, some marked; a count of each kind; the cause."""
    if verdict.unread:
        return {
            "title": verdict.example.title,
            "unread": verdict.unread,
            "pieces": [[text, "", ""]],
            "counts": {},
        }
    cause = verdict.cause
    statement = None
    if cause and cause.kind == "given" and cause.quantity and cause.stated:
        statement = statement_of(text, cause.quantity, cause.stated)
    marks = [
        (place, str(judged.status), f"{judged.claim.quantity}: {judged.status}")
        for judged, place in zip(verdict.claims, verdict.spans, strict=True)
        if place
    ]
    if statement and cause:
        marks.append((statement, "cause", f"used: {cause.corrected}"))
    sentence = cause and {
        "kind": cause.kind,
        "text": cause.told,
        "quantity": cause.quantity,
        "corrected": cause.corrected,
    }
    return {
        "title": verdict.example.title,
        "unread": "",
        "verdict": verdict.verdict,
        "pieces": _pieces(text, marks),
        "counts": _counts(verdict),
        "cause": sentence,
    }


def _pieces(text: str, marks: list[tuple[Span, str, str]]) -> list[list[str]]:
    """The text cut at its marks: words, status, note; status and note are empty between them."""
    pieces: list[list[str]] = []
    end = 0
    for place, status, note in sorted(marks, key=lambda mark: mark[0].start):
        if place.start < end:
            continue
        pieces += [[text[end : place.start], "", ""], [text[place.start : place.end], status, note]]
        end = place.end
    return [*pieces, [text[end:], "", ""]]


def _counts(verdict: Verdict) -> dict[str, int]:
    counts: dict[str, int] = {}
    for judged in verdict.claims:
        counts[str(judged.status)] = counts.get(str(judged.status), 0) + 1
    return counts
