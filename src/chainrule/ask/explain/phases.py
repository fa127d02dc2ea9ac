"""Phases: when in a step a number is known: given, forward, error, backward, update."""

from enum import Enum

from chainrule.ask.cases.descent import Step
from chainrule.numbers import origins


class Phase(Enum):
    """A part of a step; the value counts them in their order."""

    GIVEN = 0
    FORWARD = 1
    ERROR = 2
    BACKWARD = 3
    UPDATE = 4


def phases(step: Step) -> dict[str, Phase]:
    """By name, when each number of a step is known; what the error is not made of comes with backward."""
    forward, error = origins(step.sweep.output), origins(step.sweep.loss)
    updated = {new.name for new in step.updated.values()}
    by_name: dict[str, Phase] = {}
    for name, number in origins(*step.numbers.values()).items():
        if name in updated:
            by_name[name] = Phase.UPDATE
        elif not number.paths:
            by_name[name] = Phase.GIVEN
        elif name in forward:
            by_name[name] = Phase.FORWARD
        else:
            by_name[name] = Phase.ERROR if name in error else Phase.BACKWARD
    return by_name
