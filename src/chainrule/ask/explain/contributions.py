"""Shares: how much of a sum each row of the batch gives, and how much of a gradient each road brings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.ask.explain.terms import Factor, letters, products
from chainrule.numbers import Number, Path

ROW = "n"  # the letter that every rule gives the rows


@dataclass(frozen=True)
class Road:
    """A way by which error comes back: one unit of an error signal, and what it brings, over all rows."""

    signal: Number
    unit: int
    value: float


def by_row(of: Factor) -> np.ndarray | None:
    """What each row of the batch gives to `of` (n,): its terms with the rows left apart.

    Nothing where `of` is no sum over rows. What is no row's (a penalty) is in none of them.
    """
    found: np.ndarray | None = None
    for path in of.number.paths if not of.number.through else ():
        summed = list(letters(path, of.at)[1])
        if ROW in summed:
            table = products(path, of.at)[0]
            rows = table.sum(axis=tuple(k for k, letter in enumerate(summed) if letter != ROW))
            found = rows if found is None else found + rows
    return found


def by_road(of: Factor) -> list[Road]:
    """The roads by which a gradient comes back, where they first part; none where they never do.

    A gradient is a sum of error signals, each times a weight of its own. Followed towards the error,
    that is one signal of one unit for a while, and then several: those are the roads.
    """
    signal, weights = of.number, np.zeros(of.number.array.shape)
    weights[of.at] = 1.0
    with np.errstate(all="ignore"):
        while True:
            ahead = _ahead(signal, weights)
            roads = [
                Road(upstream, unit, float((passed[..., unit] * upstream.array[..., unit]).sum()))
                for upstream, passed in ahead
                for unit in np.flatnonzero(passed.reshape(-1, passed.shape[-1]).any(axis=0)).tolist()
            ]
            if len(roads) > 1:
                return roads
            if not roads:
                return []
            signal, weights = next(pair for pair in ahead if pair[1].any())


def _ahead(signal: Number, weights: np.ndarray) -> list[tuple[Number, np.ndarray]]:
    """The error signals that `signal` is made of, and how each element of them counts."""
    found: dict[int, tuple[Number, np.ndarray]] = {}
    for path in signal.paths:
        groups, result = path.indices.split("->")[0].split(","), path.indices.split("->")[1]
        for place, factor in enumerate(path.factors):
            if factor.name.startswith("dE/d"):
                passed = _passed(path, groups, result, place, weights)
                known = found.get(id(factor))
                found[id(factor)] = (factor, passed + known[1] if known else passed)
    return list(found.values())


def _passed(path: Path, groups: Sequence[str], result: str, place: int, weights: np.ndarray) -> np.ndarray:
    """The weights of a path's result, as weights of the factor at `place`."""
    sizes, wanted = path.sizes(), groups[place]
    inside = [
        (group, f.array) for k, (group, f) in enumerate(zip(groups, path.factors, strict=True)) if k != place
    ]
    inside.append((result, weights))
    there = set("".join(group for group, _ in inside))
    inside += [(letter, np.ones(sizes[letter])) for letter in wanted if letter not in there]
    subscripts = ",".join(group for group, _ in inside)
    found: np.ndarray = np.einsum(f"{subscripts}->{wanted}", *(a for _, a in inside), optimize=True)
    return found
