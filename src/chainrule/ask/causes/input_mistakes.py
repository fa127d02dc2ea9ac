"""Mistakes with the rows themselves: inputs or targets swapped, centred, or of another range."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.ask.causes.hypothesis import Hypothesis
from chainrule.numbers import Array

_MOST = 5  # columns or rows: of more, nobody can say which two changed places


def inputs(case: Case) -> Iterator[Hypothesis]:
    """Other rows than those stated: x or T swapped, centred, scaled, or turned over."""
    for field, noun, nouns in (("x", "input", "inputs"), ("t", "target", "targets")):
        array: Array = getattr(case, field)
        for name, text, change in (*_swapped(array, noun, nouns), *_centred(array, nouns)):
            changed = change(array)
            if np.array_equal(changed, array) or (field == "t" and not _allowed(case, changed)):
                continue
            yield Hypothesis("mistake", name, text, 1.22, case=_with(field, changed))


def _with(field: str, array: Array) -> Callable[[Case], Case]:
    return lambda case: replace(case, **{field: array})


def _allowed(case: Case, targets: Array) -> bool:
    try:
        case.network.loss.check_targets(targets)
    except ValueError:
        return False
    return True


def _swapped(array: Array, noun: str, nouns: str) -> Iterator[tuple[str, str, Callable[[Array], Array]]]:
    rows, columns = array.shape
    for i, j in combinations(range(columns if columns <= _MOST else 0), 2):
        order = _exchanged(columns, i, j)
        text = f"The {nouns} {i} and {j} are taken for each other{' in every row' if rows > 1 else ''}."
        letter = "x" if noun == "input" else "t"
        single = f"{letter}[{i}] and {letter}[{j}] swapped"  # the name that two swapped givens have
        name = single if rows == 1 else f"{nouns} {i} and {j} swapped"
        yield name, text, lambda a, order=order: a[:, order]  # type: ignore[misc]
    if rows == 1:
        return
    for i, j in combinations(range(rows if rows <= _MOST and noun == "input" else 0), 2):
        order = _exchanged(rows, i, j)
        text = f"The inputs of rows {i} and {j} are taken for each other: each goes with its own target."
        yield f"inputs of rows {i} and {j} swapped", text, lambda a, order=order: a[order]  # type: ignore[misc]
    text = f"The {nouns} are taken from the last row to the first."
    yield f"{nouns} in reverse order of rows", text, lambda a: a[::-1]


def _exchanged(length: int, i: int, j: int) -> list[int]:
    order = list(range(length))
    order[i], order[j] = j, i
    return order


def _centred(array: Array, nouns: str) -> Iterator[tuple[str, str, Callable[[Array], Array]]]:
    if len(array) > 1 and nouns == "inputs":
        text = "The inputs are centred, each less its mean over the rows: they are stated as they go in."
        yield "inputs centred", text, lambda a: a - a.mean(axis=0)
        scale = array.std(axis=0)
        if scale.all():
            text = "The inputs are centred and divided by their spread: they are stated as they go in."
            yield "inputs standardised", text, lambda a: (a - a.mean(axis=0)) / a.std(axis=0)
    if nouns == "inputs":
        text = "½ is taken off the inputs: they are stated as they go in."
        yield "inputs centred at ½", text, lambda a: a - 0.5
        if array.size > 1:
            text = "The mean of all inputs is taken off: they are stated as they go in."
            yield "inputs less their mean", text, lambda a: a - a.mean()
    if np.isin(array, (0, 1)).all():
        text = f"The {nouns} are taken as -1 and 1 where 0 and 1 are stated."
        yield f"{nouns} as -1 and 1", text, lambda a: 2 * a - 1
        text = f"The {nouns} are taken the other way round, 1 for 0 and 0 for 1."
        yield f"{nouns} inverted", text, lambda a: 1 - a
    elif np.isin(array, (-1, 1)).all():
        text = f"The {nouns} are taken as 0 and 1 where -1 and 1 are stated."
        yield f"{nouns} as 0 and 1", text, lambda a: (a + 1) / 2
