"""Check: a pasted lesson with each of its numbers marked where it stands, and the cause of the wrong ones."""

from typing import Any

from chainrule.ask.check.check import check_text
from chainrule.ask.check.marked_text import marks, pieces
from chainrule.ask.check.verdict import PageVerdict, Verdict


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
        "pieces": [[piece.words, piece.mark, piece.note] for piece in pieces(text, marks(verdict))],
        "counts": _counts(verdict),
        "cause": sentence,
    }


def _counts(verdict: Verdict) -> dict[str, int]:
    counts: dict[str, int] = {}
    for judged in verdict.claims:
        counts[str(judged.status)] = counts.get(str(judged.status), 0) + 1
    return counts
