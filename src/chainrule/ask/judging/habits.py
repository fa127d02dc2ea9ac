"""The habits that a source may have: to how many digits it writes down what it does not print."""

from collections.abc import Sequence

from chainrule.ask.cases.claim import Claim
from chainrule.ask.judging.printed_operands import Habit

MOST_DIGITS = 9  # nobody rounds on paper to more
_SAME = 1e-12  # relative: what is printed in full leaves nothing open


def habits(claims: Sequence[Claim], values: Sequence[float], *, cuts: bool) -> list[Habit]:
    """How a source may have written down what it does not print: as it writes what it does."""
    rounded = [claim for claim, value in zip(claims, values, strict=True) if not is_in_full(claim, value)]
    after_point = {max(-int(claim.exact.as_tuple().exponent), 0) for claim in rounded}
    significant = {len(claim.exact.as_tuple().digits) for claim in rounded}
    kinds = [(d, False) for d in sorted(significant)] + [(d, True) for d in sorted(after_point)]
    possible: list[Habit] = []
    for digits, is_after in kinds:
        if 2 <= digits <= MOST_DIGITS:
            is_longer = max(after_point if is_after else significant, default=0) > digits
            possible += [
                Habit(digits, is_after, cut, printed)
                for cut in (False, True)[: 1 + cuts]
                for printed in (False, True)[: 1 + is_longer]
            ]
    return possible


def is_in_full(claim: Claim, value: float) -> bool:
    """Whether nothing was rounded away: 1.1 says nothing of how many digits its source keeps."""
    return abs(claim.value - value) <= _SAME * abs(value)
