"""Uses: where a number goes, what is made of it next; explanations look the other way."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, product

import numpy as np

from chainrule.ask.explain.terms import Factor, Index
from chainrule.numbers import Number, Path
from chainrule.quantities import Combination

MOST = 12  # elements of others that one element goes into, as they are listed


def uses(numbers: Mapping[str, Number], element: Factor, limit: int = MOST) -> list[Factor]:
    """The elements of other numbers that `element` is a factor of, at most so many.

    What has no letter of its own, `1-a1`, is passed over: what is made of it stands in its place.
    """
    users: dict[tuple[str, Index], Factor] = {}
    for user in _users(numbers, element):
        is_nameless = isinstance(user.number.quantity, Combination)
        for successor in uses(numbers, user, limit) if is_nameless else (user,):
            users.setdefault((successor.number.name, successor.index), successor)
        if len(users) >= limit:
            break
    return list(users.values())[:limit]


def _users(numbers: Mapping[str, Number], element: Factor) -> Iterator[Factor]:
    for number in numbers.values():
        for path in number.paths:
            for place, factor in enumerate(path.factors):
                if factor.name == element.number.name:
                    indices = _reached(path, place, element.index, number.array.shape)
                    yield from (Factor(number, index) for index in islice(indices, MOST))


def _reached(path: Path, place: int, index: Index, shape: tuple[int, ...]) -> Iterator[Index]:
    """The indices of a path's result, in an array of `shape`, that an element of its factor goes into."""
    places = path.assignments(index, place)
    result = path.equation.result
    added_to = [range(length) for length in shape[: len(shape) - len(result.axes)]]  # of fewer dimensions
    for rows in product(*added_to):
        indices = (places.index(result, point) for point in np.argwhere(places.exists).tolist())
        yield from ((*rows, *own) for own in _distinct(indices))


def _distinct(indices: Iterable[Index]) -> Iterator[Index]:
    """Each index as it comes for the first time."""
    reached: set[Index] = set()
    for index in indices:
        if index not in reached:
            reached.add(index)
            yield index
