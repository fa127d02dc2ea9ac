"""What a hypothesis raises costs that hypothesis, and tests see it."""

from collections.abc import Iterator
from decimal import InvalidOperation

import pytest

from chainrule.ask.cases.example import parse
from chainrule.ask.causes import search
from chainrule.ask.causes.attempt import STRICT, attempts
from chainrule.ask.causes.hypothesis import Hypothesis, mistake
from chainrule.ask.check.check import check
from chainrule.numbers import Number

TWO_UNITS = """
learning_rate = 0.4
inputs = [[0.1]]
targets = [[0.25]]
[[layers]]
activation = "sigmoid"
weights = [[0.15]]
biases = [0.4]
[[layers]]
activation = "sigmoid"
weights = [[0.5]]
biases = [0.3]
[claims]
"dE/dz1" = "0.045275"
"dE/dw1" = "0.0045275"
"dE/db1" = "0.045275"
"""


def _raised(error: Exception) -> Hypothesis:
    def change(node: Number) -> Number:
        raise error

    return mistake("one that raises", "It raises.", {"z1": change})


@pytest.mark.parametrize("error", [ValueError("max()"), InvalidOperation(), IndexError(3), TypeError("no")])
def test_a_hypothesis_that_raises_costs_itself(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    known = search.catalogue
    monkeypatch.setattr(search, "catalogue", lambda case: iter([_raised(error), *known(case)]))
    example = parse(TWO_UNITS, "two units")
    with pytest.raises(type(error)):
        check(example)
    monkeypatch.delenv(STRICT)
    verdict = check(example)
    assert verdict.verdict == "wrong"
    assert verdict.cause is not None
    assert verdict.cause.kind == "mistake"


def test_a_kind_of_hypotheses_that_breaks_off_keeps_what_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    def hypotheses() -> Iterator[int]:
        yield 1
        yield 2
        raise ZeroDivisionError

    monkeypatch.delenv(STRICT)
    assert list(attempts(hypotheses())) == [1, 2]
    monkeypatch.setenv(STRICT, "1")
    with pytest.raises(ZeroDivisionError):
        list(attempts(hypotheses()))


def test_interrupts_and_memory_are_not_contained(monkeypatch: pytest.MonkeyPatch) -> None:
    def hypotheses() -> Iterator[int]:
        yield 1
        raise MemoryError

    monkeypatch.delenv(STRICT)
    with pytest.raises(MemoryError):
        list(attempts(hypotheses()))
