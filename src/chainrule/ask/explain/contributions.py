"""Shares: how much of a sum each row of the batch gives, and how much of a gradient each road brings."""

from dataclasses import dataclass

import numpy as np

from chainrule.ask.explain.terms import Factor, existing, products
from chainrule.errors import InputError
from chainrule.numbers import Number, given
from chainrule.quantities import is_error_signal

ROW = "n"  # the letter that every rule gives the rows
_MEANT = {"row": ROW, "head": "h"}  # words for letters


@dataclass(frozen=True)
class Road:
    """A way by which error comes back: one unit of an error signal, and what it brings, over all rows."""

    signal: Number
    unit: int
    value: float


def by_row(element: Factor) -> np.ndarray | None:
    """What each row of the batch gives to `element` (n,): its terms with the rows left apart.

    Nothing where `element` is no sum over rows. What is no row's (a penalty) is in none of them.
    """
    contributions: np.ndarray | None = None
    for path in element.number.paths if not element.number.through else ():
        places = path.assignments(element.index)
        if ROW in places.free:
            axes = tuple(k for k, letter in enumerate(places.free) if letter != ROW)
            rows = products(path, places).sum(axis=axes)
            contributions = rows if contributions is None else contributions + rows
    return contributions


def by_letters(element: Factor, choice: str) -> list[tuple[tuple[int, ...] | None, float]]:
    """What each value of some letters of its sums gives to `element`: `t` by places, `t,s` by pairs of them.

    What has none of these letters comes last, under None.

    Raises:
        InputError: it is no sum over these letters; those that there are are named.
    """
    letters = [_MEANT.get(part.strip(), part.strip()) for part in choice.split(",")]
    paths = element.number.paths if not element.number.through else ()
    tables = [(path, path.assignments(element.index)) for path in paths]
    free = [[c for c in path.letters if np.ndim(places.where[c])] for path, places in tables]
    if not any(set(letters) <= set(axes) for axes in free):
        present = dict.fromkeys(c for axes in free for c in axes)
        reason = f"its sums run over {', '.join(present)}" if present else "it is no sum"
        raise InputError(f"{element.number.name} cannot be parted by {choice}: {reason}")
    parts: dict[tuple[int, ...], float] = {}
    remainder: list[float] = []
    for (path, places), axes in zip(tables, free, strict=True):
        mask = existing(path, places)
        values = products(path, places)[mask]
        if not set(letters) <= set(axes):
            remainder += values.tolist()
            continue
        where = [np.broadcast_to(places.where[c], mask.shape)[mask].tolist() for c in letters]
        for point, value in zip(zip(*where, strict=True), values.tolist(), strict=True):
            parts[point] = parts.get(point, 0.0) + value
    return [*sorted(parts.items()), *([(None, float(sum(remainder)))] if remainder else [])]


def by_road(gradient: Factor) -> list[Road]:
    """The roads by which a gradient comes back, where they first part; none where they never do.

    A gradient is a sum of error signals, each times a weight of its own. Followed towards the error,
    that is one signal of one unit for a while, and then several: those are the roads.
    """
    signal, weights = gradient.number, np.zeros(gradient.number.array.shape)
    weights[gradient.index] = 1.0
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
    """The error signals that `signal` is made of, and how each element of them counts.

    A mean of error signals, as a norm takes one, is no signal itself: what it is made of counts.
    """
    upstream_signals: dict[int, tuple[Number, np.ndarray]] = {}
    waiting = [(signal, weights)]
    while waiting:
        made, counts = waiting.pop(0)
        for path in made.paths:
            for place, factor in enumerate(path.factors):
                is_signal = is_error_signal(factor.quantity)
                if not is_signal and not _carries(factor):
                    continue
                passed = path.turned(place, given("weights", counts)).total()
                if not is_signal:
                    waiting.append((factor, passed))
                    continue
                earlier = upstream_signals.get(id(factor))
                upstream_signals[id(factor)] = (factor, passed + earlier[1] if earlier else passed)
    return list(upstream_signals.values())


def _carries(factor: Number) -> bool:
    """Whether it is a sum over error signals."""
    return not factor.through and any(is_error_signal(f.quantity) for p in factor.paths for f in p.factors)
