"""An attempt at hypotheses: one that cannot be applied to an example costs itself, never the statuses."""

import os
from collections.abc import Callable, Iterator
from typing import TypeVar

STRICT = "CHAINRULE_STRICT_SEARCH"
"""Set to anything in the environment, what a hypothesis raises is raised: tests see the bug that it is."""

# Whatever NumPy, Decimal or a rule of somebody's own raises on numbers that it was not made for. Not what
# ends a program (KeyboardInterrupt, MemoryError), nor the work that ran out.
CONTAINED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
)

Outcome = TypeVar("Outcome")


def attempt(work: Callable[[], Outcome], otherwise: Outcome) -> Outcome:
    """What `work` on a hypothesis comes to, or `otherwise` if it raises."""
    try:
        return work()
    except CONTAINED:
        if os.environ.get(STRICT):
            raise
        return otherwise


def attempts(hypotheses: Iterator[Outcome]) -> Iterator[Outcome]:
    """What comes of an iterator of hypotheses until it raises: then the rest of its kind is left out."""
    nothing = object()
    while (hypothesis := attempt(lambda: next(hypotheses, nothing), nothing)) is not nothing:
        yield hypothesis  # type: ignore[misc]
