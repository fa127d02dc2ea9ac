"""A step's numbers recomputed after a change, each from its own factors.

What would the source have got with another weight, a factor left out, a layer's slope taken
elsewhere? Nothing is derived again: every Number is added up anew from the Numbers it came from.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from chainrule.ask.cases.work import cost, spend
from chainrule.numbers import Number, number

Change = Callable[[Number, Number], Number]  # (as it was, as it is now) -> as it shall be


def rework(numbers: Iterable[Number], change: Change) -> dict[str, Number]:
    """`numbers` and all they came from, by name, after `change`.

    `change` is asked for every Number once, its factors before itself. It is told the Number as it
    was, and as its changed factors make it (the same object if none of them changed), and returns
    what shall stand in its place.
    """
    return reworked(in_order(numbers), change)


@np.errstate(all="ignore")  # what leaves the range is seen in the numbers
def reworked(order: Sequence[Number], change: Change) -> dict[str, Number]:
    """The same, of Numbers that are `in_order` already."""
    changed: dict[int, Number] = {}
    by_name: dict[str, Number] = {}
    spend(sum(map(cost, order)))
    for original in order:
        current = original
        if any(changed[id(f)] is not f for p in original.paths for f in p.factors):
            paths = [p.of(changed[id(f)] for f in p.factors) for p in original.paths]
            current = number(original.name, *paths, through=original.through)
        current = change(original, current)
        changed[id(original)] = by_name[original.name] = current
    return by_name


def in_order(numbers: Iterable[Number]) -> list[Number]:
    """`numbers` and all they came from, factors before what is made of them."""
    order: list[Number] = []
    visited: set[int] = set()
    waiting = [(node, False) for node in numbers]
    while waiting:
        node, ready = waiting.pop()
        if ready:
            order.append(node)
        elif id(node) not in visited:
            visited.add(id(node))
            waiting.append((node, True))
            waiting.extend((f, False) for p in node.paths for f in p.factors)
    return order
