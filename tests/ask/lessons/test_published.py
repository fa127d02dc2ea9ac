"""Published lessons, their formulas alone: no right number is called wrong, and most are read.

Each was recomputed apart from this project; `off` lists what its author printed that is not the true value to
the last digit: mistakes, and what was carried on from rounded numbers.
"""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from chainrule.ask.cases.claim import Status
from chainrule.ask.check.check import check
from chainrule.ask.check.verdict import PageVerdict

FOLDER = Path(__file__).parents[2] / "data" / "published"
PUBLISHED = json.loads((FOLDER / "published.json").read_text("utf-8"))


def examples(name):
    verdict = check(FOLDER / name)
    return verdict, verdict.verdicts if isinstance(verdict, PageVerdict) else (verdict,)


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_right_number_of_a_published_lesson_is_called_wrong(name):
    off = set(map(Decimal, PUBLISHED[name]["off"]))
    _, verdicts = examples(name)
    faults = [judged for verdict in verdicts for judged in verdict.claims if judged.status.is_fault]
    accused = [judged for judged in faults if abs(judged.claim.exact) not in off]
    # a last digit that a wrong number before it has moved is not in the list of those who judged by hand
    assert all(judged.status is Status.INHERITED and judged.claim.near(judged.computed) for judged in accused)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_lesson_is_read(name):
    verdict, verdicts = examples(name)
    assert verdict.verdict != "unread"
    assert sum(len(part.claims) for part in verdicts) >= 3
