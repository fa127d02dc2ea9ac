"""Misprints: a wrong number that is one stroke from the right one, or another line copied."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

import numpy as np

from chainrule.ask.cases.claim import Claim, Status
from chainrule.ask.cases.numeral import EXACT
from chainrule.ask.causes.evidence import Evidence
from chainrule.ask.causes.hypothesis import Hypothesis
from chainrule.ask.judging.judge import judge

_COST = {"a digit is wrong": 1.3, "two digits are swapped": 1.15}
_LENGTHS = {"a digit is dropped", "a digit is doubled or put in"}
_LONGEST = 40  # digits: where a stroke of the pen went wrong in a longer number, nobody looks for
_COPIED = 2  # digits: shorter numbers agree by chance


def printed_wrongly(
    evidence: Evidence, unexplained: frozenset[int], threshold: int
) -> Iterator[tuple[Hypothesis, frozenset[int]]]:
    """Numbers that are one stroke from what they should be, or another line's, and what they explain.

    Those that cannot explain as many as `threshold` are left out.
    """
    roots = evidence.roots(unexplained)
    if 1 + len(unexplained) - len(roots) < threshold:
        return
    for i in roots:
        claim = evidence.claims[i]
        values = (evidence.judged[i].computed, evidence.local[i])
        siblings = [sibling for j, sibling in enumerate(evidence.claims) if j != i]
        cuts = any(judgement.status is Status.TRUNCATED for judgement in evidence.judged)
        strokes = (stroke for value in values if (stroke := misprint(claim, value, siblings, cuts=cuts)))
        stroke = next(strokes, None)
        if stroke:
            correction, difference, cost = stroke
            text = f"{claim.quantity} is printed as {claim.printed} where {correction} belongs: {difference}."
            name = f"misprint of {claim.quantity}"
        elif (line := _copied(evidence, i)) is not None:
            correction = _as_printed(claim, evidence.local[i])
            name = f"{claim.quantity} copied from {evidence.claims[line].quantity}"
            text = (
                f"{claim.quantity} is printed as {claim.printed}, which is {evidence.claims[line].quantity}: "
                f"it should be {correction}."
            )
            cost = 1.3
        else:
            continue
        heirs = _heirs(evidence, i) & unexplained
        if heirs:
            text += " The numbers after it were computed from that."
        printed = claim.printed
        yield (
            Hypothesis("claim", name, text, cost, claim.quantity, printed, correction),
            frozenset({i}) | heirs,
        )


def _copied(evidence: Evidence, i: int) -> int | None:
    """The line that has just the number which stands, wrongly, in claim i."""
    printed = evidence.claims[i].exact
    if len(printed.as_tuple().digits) < _COPIED:
        return None
    lines = (
        j for j, claim in enumerate(evidence.claims) if j not in evidence.faults and claim.exact == printed
    )
    return next(lines, None)


def _heirs(evidence: Evidence, root: int) -> frozenset[int]:
    """The faults that are inherited from this root."""
    if root not in evidence.heirs:
        heirs = [i for i in evidence.faults if evidence.judged[i].status is Status.INHERITED]
        roots = evidence.roots(evidence.faults)
        if len(roots) > 1 and heirs:
            indices = [i for i in range(len(evidence.claims)) if i not in roots or i == root]
            alone = judge(replace(evidence.example, claims=evidence.only(indices)), evidence.book)
            status = dict(zip(indices, (judgement.status for judgement in alone), strict=True))
            heirs = [i for i in heirs if status[i] is Status.INHERITED]
        evidence.heirs[root] = frozenset(heirs)
    return evidence.heirs[root]


def _as_printed(claim: Claim, value: float) -> str:
    return f"{Decimal(value).quantize(claim.unit, context=EXACT):f}"


def misprint(
    claim: Claim, value: float, siblings: Sequence[Claim] = (), *, cuts: bool = False
) -> tuple[str, str, float] | None:
    """What should have been printed for `value`, how the print differs if in one stroke, and its cost.

    A digit too many or too few is only believed where what belongs has as many digits as the `siblings`:
    else the wrong last digit could be dropped of any number, and the rest be called cut off. What
    belongs is rounded, or in a source that `cuts` perhaps cut off.
    """
    printed = claim.exact
    if not np.isfinite(value) or len(printed.as_tuple().digits) > _LONGEST:
        return None
    places = -int(printed.as_tuple().exponent)
    strokes: list[tuple[str, str, float]] = []
    for correction in _prints(value, places, cuts=cuts):
        if correction == printed:
            continue
        if correction == printed.copy_negate():
            return f"{correction:f}", "the sign is wrong", 1.05
        difference = _stroke(_digits(printed), _digits(correction))
        if difference in _LENGTHS and not _as_long(correction, siblings):
            continue
        if difference and (correction < 0) == (printed < 0):
            strokes.append((f"{correction:f}", difference, _COST.get(difference, 1.1)))
    return min(strokes, key=lambda stroke: stroke[2], default=None)


def _as_long(number: Decimal, siblings: Sequence[Claim]) -> bool:
    """Whether a number has the digits that most of the siblings have: after the point, or significant."""
    numbers = [sibling.exact for sibling in siblings]
    counts = [Counter(map(length, numbers)) for length in (_after_point, _significant)]
    peak = max((count for lengths in counts for count in lengths.values()), default=0)
    lengths_of_number = (_after_point(number), _significant(number))
    return peak > 0 and any(
        count[length] == peak for count, length in zip(counts, lengths_of_number, strict=True)
    )


def _after_point(number: Decimal) -> int:
    return -int(number.as_tuple().exponent)


def _significant(number: Decimal) -> int:
    return len(number.as_tuple().digits)


def _prints(value: float, places: int, *, cuts: bool) -> Iterator[Decimal]:
    """`value` with about so many digits after the point, rounded and perhaps cut."""
    roundings = (ROUND_HALF_EVEN, ROUND_DOWN)[: 1 + cuts]
    true = Decimal(value)
    for extra in (0, 1, -1, 2, -2, 3, -3):
        if 0 <= places + extra <= 25:
            unit = Decimal((0, (1,), -(places + extra)))
            yield from {true.quantize(unit, rounding, EXACT) for rounding in roundings}


def _digits(number: Decimal) -> tuple[str, int]:
    """The digits as printed after the point, and before it, as one text, and where the point stands."""
    text = f"{number.copy_abs():f}"
    integer, _, part = text.partition(".")
    return (integer + part), len(integer)


def _stroke(printed: tuple[str, int], correction: tuple[str, int]) -> str:
    """In words the one stroke that makes `printed` of `correction`; nothing if it takes more."""
    (p, p_point), (w, w_point) = printed, correction
    if p.strip("0") == w.strip("0") and p.strip("0"):
        return "the decimal point is moved" if p != w else ""
    if p_point == w_point and len(p) == len(w):
        differ = [k for k in range(len(p)) if p[k] != w[k]]
        if len(differ) == 1:
            return "a digit is wrong"
        if (
            len(differ) == 2
            and differ[1] == differ[0] + 1
            and p[differ[0]] + p[differ[1]] == w[differ[1]] + w[differ[0]]
        ):
            return "two digits are swapped"
    if any(w[:k] + w[k + 1 :] == p for k in range(len(w))):
        return "a digit is dropped"
    if any(p[:k] + p[k + 1 :] == w for k in range(len(p))):
        return "a digit is doubled or put in"
    return ""
