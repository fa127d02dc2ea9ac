"""The search for causes has a budget of work and says when it was cut short; judging keeps to the square."""

import pytest

from chainrule.ask.cases.example import Example, parse
from chainrule.ask.cases.work import CutShortError, budget, spend
from chainrule.ask.causes import search
from chainrule.ask.check.check import check
from chainrule.ask.judging.judge import judge

UNIT = """
learning_rate = 0.4
inputs = [[0.1]]
targets = [[0.25]]
[[layers]]
activation = "sigmoid"
weights = [[0.15]]
biases = [0.4]
[claims]
"""


def wrong_at(updates: int) -> Example:
    """Wrong claims after 1, 2, ... updates."""
    return parse(UNIT + "\n".join(f'"z1@{k}" = "0.5"' for k in range(1, updates + 1)), "unit.toml")


def test_judging_many_updates_grows_with_their_square() -> None:
    spent = []
    for updates in (10, 20):
        with budget(10**9) as allowance:
            judge(wrong_at(updates))
        spent.append(allowance.spent)
    assert spent[0] > 100
    assert spent[1] < 4.5 * spent[0]


def test_a_search_that_is_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = check(wrong_at(4))
    assert not whole.cut_short
    assert "cut_short" not in whole.plain()
    monkeypatch.setattr(search, "WORK", 1000)
    verdict = check(wrong_at(4))
    assert [judged.status for judged in verdict.claims] == [judged.status for judged in whole.claims]
    sentence = "The search for causes was cut short after 1,000 numbers were computed."
    assert verdict.cut_short == verdict.plain()["cut_short"] == sentence
    assert sentence in " ".join(str(verdict).split())


def test_fifty_wrong_claims_keep_to_the_budget() -> None:
    with budget(10**9) as allowance:
        verdict = check(wrong_at(50))
    assert verdict.cut_short
    assert verdict.cause is not None  # what was found before is not lost
    assert allowance.spent < 100_000  # and what the statuses took


def test_the_same_work_is_cut_at_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "WORK", 12_000)
    verdicts = [check(wrong_at(6)).plain() for _ in range(2)]
    assert verdicts[0] == verdicts[1]


def test_a_budget_holds_inside_alone() -> None:
    with budget(5):
        spend(5)
        with pytest.raises(CutShortError):
            spend(1)
    spend(10**9)
