"""Judging: each printed number against its value at full precision and from the source's own operands."""

from chainrule.ask.claim import Judged, Status
from chainrule.ask.example import Example
from chainrule.ask.world import World


def judge(example: Example) -> tuple[Judged, ...]:
    """Each claim of `example`, in its order, with its status."""
    world = World(example)
    found = []
    for claim in example.printed:
        asked = example.asked(claim.quantity)
        value = world.value(asked)
        if claim.rounds(value):
            status = Status.RIGHT
        elif claim.truncates(value):
            status = Status.TRUNCATED
        else:
            status = Status.CARRIED if claim.near(value) else Status.WRONG
        found.append(Judged(claim, asked, value, status))
    return tuple(found)
