"""Causes that stay in one place: a number that was printed wrongly, or copied from another line."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

import numpy as np

from chainrule.ask.cases.claim import Claim, Status
from chainrule.ask.causes.evidence import Evidence
from chainrule.ask.causes.hypothesis import Hypothesis
from chainrule.ask.judging.judge import judge

_COST = {"a digit is wrong": 1.3, "two digits are swapped": 1.15}
_COPIED = 2  # digits: shorter numbers agree by chance


def printed_wrongly(
    known: Evidence, left: frozenset[int], least: int
) -> Iterator[tuple[Hypothesis, frozenset[int]]]:
    """Numbers that are one stroke from what they should be, or another line's, and what they explain.

    Those that cannot explain as many as `least` are left out.
    """
    roots = known.roots(left)
    if 1 + len(left) - len(roots) < least:
        return
    for i in roots:
        claim = known.claims[i]
        values = (known.judged[i].computed, known.local[i])
        strokes = (found for value in values if (found := misprint(claim, value)))
        found = next(strokes, None)
        if found:
            wanted, how, cost = found
            text = f"{claim.quantity} is printed as {claim.printed} where {wanted} belongs: {how}."
            name = f"misprint of {claim.quantity}"
        elif (line := _copied(known, i)) is not None:
            wanted = _as_printed(claim, known.local[i])
            name = f"{claim.quantity} copied from {known.claims[line].quantity}"
            text = (
                f"{claim.quantity} is printed as {claim.printed}, which is {known.claims[line].quantity}: "
                f"it should be {wanted}."
            )
            cost = 1.3
        else:
            continue
        heirs = _heirs(known, i) & left
        if heirs:
            text += " The numbers after it were computed from that."
        printed = claim.printed
        yield Hypothesis("claim", name, text, cost, claim.quantity, printed, wanted), frozenset({i}) | heirs


def _copied(known: Evidence, i: int) -> int | None:
    """The line that has just the number which stands, wrongly, in claim i."""
    own = known.claims[i].exact
    if len(own.as_tuple().digits) < _COPIED:
        return None
    others = (j for j, one in enumerate(known.claims) if j not in known.faults and one.exact == own)
    return next(others, None)


def _heirs(known: Evidence, root: int) -> frozenset[int]:
    """The faults that are inherited from this root."""
    if root not in known.heirs:
        heirs = [i for i in known.faults if known.judged[i].status is Status.INHERITED]
        roots = known.roots(known.faults)
        if len(roots) > 1 and heirs:
            kept = [i for i in range(len(known.claims)) if i not in roots or i == root]
            alone = judge(replace(known.example, claims=known.only(kept)), known.book)
            status = dict(zip(kept, (one.status for one in alone), strict=True))
            heirs = [i for i in heirs if status[i] is Status.INHERITED]
        known.heirs[root] = frozenset(heirs)
    return known.heirs[root]


def _as_printed(claim: Claim, value: float) -> str:
    return f"{Decimal(value).quantize(claim.unit):f}"


def misprint(claim: Claim, value: float) -> tuple[str, str, float] | None:
    """What should have been printed for `value`, how the print differs if in one stroke, and its cost."""
    if not np.isfinite(value):
        return None
    printed = claim.exact
    places = -int(printed.as_tuple().exponent)
    found: list[tuple[str, str, float]] = []
    for wanted in _prints(value, places):
        if wanted == printed:
            continue
        if wanted == -printed:
            return f"{wanted:f}", "the sign is wrong", 1.05
        how = _stroke(_digits(printed), _digits(wanted))
        if how and (wanted < 0) == (printed < 0):
            found.append((f"{wanted:f}", how, _COST.get(how, 1.1)))
    return min(found, key=lambda one: one[2], default=None)


def _prints(value: float, places: int) -> Iterator[Decimal]:
    """`value` with about so many digits after the point, rounded and cut."""
    true = Decimal(value)
    for more in (0, 1, -1, 2, -2, 3, -3):
        if 0 <= places + more <= 25:
            unit = Decimal(1).scaleb(-(places + more))
            try:
                yield from {true.quantize(unit, how) for how in (ROUND_HALF_EVEN, ROUND_DOWN)}
            except ArithmeticError:
                return


def _digits(one: Decimal) -> tuple[str, int]:
    """The digits as printed after the point, and before it, as one text, and where the point stands."""
    text = f"{abs(one):f}"
    whole, _, part = text.partition(".")
    return (whole + part), len(whole)


def _stroke(printed: tuple[str, int], wanted: tuple[str, int]) -> str:
    """In words the one stroke that makes `printed` of `wanted`; nothing if it takes more."""
    (p, p_point), (w, w_point) = printed, wanted
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
