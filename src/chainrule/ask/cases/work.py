"""Work, counted in Numbers that are computed: the same on every machine, unlike seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from chainrule.numbers import Number

_LARGE = 2000  # elements: computing as many takes about as long as all else about a Number


class CutShortError(Exception):
    """The work that was allowed is done; nobody outside of `budget` sees this."""


@dataclass
class Budget:
    """How many Numbers may be computed, and how many were."""

    limit: int
    spent: int = 0

    @property
    def is_spent(self) -> bool:
        return self.spent > self.limit


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def budget(limit: int) -> Iterator[Budget]:
    """A budget for what is computed inside; what goes beyond it raises `CutShortError`."""
    allowance = Budget(limit)
    token = _budget.set(allowance)
    try:
        yield allowance
    finally:
        _budget.reset(token)


def spend(count: int) -> None:
    """So many Numbers are computed.

    Raises:
        CutShortError: there is a budget, and that is more than is left of it.
    """
    allowance = _budget.get()
    if allowance is not None:
        allowance.spent += count
        if allowance.is_spent:
            raise CutShortError


def cost(node: Number) -> int:
    """What a Number takes to compute: a large one counts for several."""
    return 1 + int(node.array.size) // _LARGE
