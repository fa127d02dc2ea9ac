"""Assignments: where the letters of a contraction stand in the terms that one element has a part in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.contraction.notation import Contraction, Subscript, Subscripts


@dataclass(frozen=True)
class Assignments:
    """Values of the letters on a grid with an axis for each letter that is free; the others follow.

    `where` has arrays that spread over the grid, `exists` says of which points there is a term.
    """

    free: dict[str, int]
    where: Mapping[str, Any]
    exists: np.ndarray

    def read(self, group: Subscripts, array: Any) -> Any:
        """`array` as `group` reads it, spread over the grid; at points of no term, anything of it."""
        places = (
            np.clip(axis.place(self.where), 0, max(length - 1, 0))
            for axis, length in zip(group.axes, array.shape, strict=True)
        )
        return np.asarray(array)[tuple(places)]

    def index(self, group: Subscripts, point: Sequence[int]) -> tuple[int, ...]:
        """Where `group` is read at one point of the grid."""
        return tuple(
            int(np.broadcast_to(axis.place(self.where), self.exists.shape)[tuple(point)])
            for axis in group.axes
        )


def assignments(
    eq: Contraction,
    arrays: Sequence[Any],
    shape: Sequence[int],
    sizes: Mapping[str, int],
    group: Subscripts,
    index: Sequence[int],
) -> Assignments:
    """The terms in which `group`, one of the factors or the result (of `shape`), is read at `index`."""
    fixed: dict[str, Any] = {}
    bound: list[tuple[Subscript, int]] = []
    for axis, place in zip(group.axes, index, strict=True):
        if axis.letter and axis.letter not in fixed:
            fixed[axis.letter] = place
        else:
            bound.append((axis, place))
    solved = _solved(bound, set(fixed), sizes)
    followed = {
        g.says: (g, array)
        for g, array in zip(eq.groups, arrays, strict=True)
        if g.says and g.says not in fixed and not _uses(g.says, solved, eq)
    }
    free = {c: sizes[c] for c in eq.letters if c not in fixed and c not in solved and c not in followed}
    where = dict(fixed)
    for number, (letter, length) in enumerate(free.items()):
        where[letter] = np.arange(length).reshape([-1 if k == number else 1 for k in range(len(free))])
    exists = np.ones(tuple(free.values()), dtype=bool)
    for letter, (axis, place) in solved.items():
        times = dict(axis.letters)[letter]
        rest = axis.shift + sum(n * where[c] for c, n in axis.letters if c != letter)
        where[letter] = (place - rest) // times
        exists &= (where[letter] >= 0) & (where[letter] < sizes[letter])
    for letter, (g, array) in followed.items():
        exists &= _is_inside(g, array.shape, where)
        where[letter] = Assignments(free, where, exists).read(g, array)
        exists &= (where[letter] >= 0) & (where[letter] < sizes[letter])
    for axis, place in bound:
        exists &= axis.place(where) == place
    for g, array in zip(eq.groups, arrays, strict=True):
        exists &= _is_inside(g, array.shape, where)
        if g.says and g.says not in followed:
            exists &= Assignments(free, where, exists).read(g, array) == where[g.says]
    exists &= _is_inside(eq.result, shape, where)
    return Assignments(free, where, exists)


def _solved(
    bound: Sequence[tuple[Subscript, int]], fixed: set[str], sizes: Mapping[str, int]
) -> dict[str, tuple[Subscript, int]]:
    """For each bound axis the longest letter that can follow from it, if its others are known by then."""
    solved: dict[str, tuple[Subscript, int]] = {}
    needed = set(fixed)
    for axis, place in bound:
        letters = [c for c, times in axis.letters if times and c not in needed and c not in solved]
        if letters:
            letter = max(letters, key=lambda c: sizes[c])
            solved[letter] = (axis, place)
            needed |= {c for c, _ in axis.letters if c != letter}
    return solved


def _uses(letter: str, solved: Mapping[str, tuple[Subscript, int]], eq: Contraction) -> bool:
    """Whether a letter that whole numbers say is needed to find others, or said more than one time."""
    by_others = [c for axis, _ in solved.values() for c, _ in axis.letters]
    readers = [g for g in eq.groups if g.says]
    times = [g.says for g in readers].count(letter)
    return letter in by_others or times > 1 or any(letter in g.letters for g in readers)


def _is_inside(group: Subscripts, shape: Sequence[int], where: Mapping[str, Any]) -> Any:
    """Whether every axis is read at a place of the array."""
    inside: Any = True
    for axis, length in zip(group.axes, shape, strict=True):
        if not axis.letter:
            place = axis.place(where)
            inside = inside & (place >= 0) & (place < length)
    return inside
