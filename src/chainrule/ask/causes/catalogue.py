"""The catalogue: all that people are known to do otherwise, one table for sheets, gradients and marks."""

from collections.abc import Iterator

from chainrule.ask.cases.case import Case
from chainrule.ask.causes.conventions import conventions
from chainrule.ask.causes.hypothesis import Hypothesis
from chainrule.ask.causes.input_mistakes import inputs
from chainrule.ask.causes.mistakes import mistakes


def catalogue(case: Case) -> Iterator[Hypothesis]:
    """The other conventions and the mistakes that `case` may have been worked through with."""
    yield from conventions(case)
    yield from mistakes(case)
    yield from inputs(case)
