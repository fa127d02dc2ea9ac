"""Rework: a step's numbers once more after a change, each from its own factors.

What would the source have got with another weight, a factor left out, a layer's slope taken
elsewhere? Nothing is derived again: every Number is added up anew from the Numbers it came from.
"""

from collections.abc import Callable, Iterable

from chainrule.numbers import Number, Path, number

Change = Callable[[Number, Number], Number]  # (as it was, as it is now) -> as it shall be


def rework(numbers: Iterable[Number], change: Change) -> dict[str, Number]:
    """`numbers` and all they came from, by name, after `change`.

    `change` is asked for every Number once, its factors before itself. It is told the Number as it
    was, and as its changed factors make it (the same object if none of them changed), and returns
    what shall stand in its place.
    """
    done: dict[int, Number] = {}
    found: dict[str, Number] = {}
    for one in in_order(numbers):
        now = one
        if any(done[id(f)] is not f for p in one.paths for f in p.factors):
            paths = [Path(p.indices, tuple(done[id(f)] for f in p.factors)) for p in one.paths]
            now = number(one.name, *paths, through=one.through)
        now = change(one, now)
        done[id(one)] = found[one.name] = now
    return found


def in_order(numbers: Iterable[Number]) -> list[Number]:
    """`numbers` and all they came from, factors before what is made of them."""
    order: list[Number] = []
    seen: set[int] = set()
    waiting = [(one, False) for one in numbers]
    while waiting:
        one, ready = waiting.pop()
        if ready:
            order.append(one)
        elif id(one) not in seen:
            seen.add(id(one))
            waiting.append((one, True))
            waiting.extend((f, False) for p in one.paths for f in p.factors)
    return order
