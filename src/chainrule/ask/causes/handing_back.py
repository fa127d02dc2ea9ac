"""Mistakes with the error on its way back: its sign, the sum over what it comes from, the weights."""

from collections.abc import Iterator

import numpy as np

from chainrule.ask.causes import number_edits as edits
from chainrule.ask.causes.hypothesis import Hypothesis
from chainrule.ask.causes.mistaken import Change, mistake
from chainrule.ask.causes.structure import Structure
from chainrule.ask.documents.names import pretty
from chainrule.numbers import Number, given, number, path

_UNITS = 8  # of a layer: with more, nobody takes one alone


def error(of: Structure) -> Iterator[Hypothesis]:
    """The error itself, with the wrong sign."""
    end = of.end.name
    flipped: dict[str, Change] = {end: lambda now: edits.times(now, "-1", -1.0)}
    yield mistake("sign of the error", f"{pretty(end)} has the wrong sign: it is a - T.", flipped)


def handed_back(of: Structure) -> Iterator[Hypothesis]:
    """What a layer hands back: a sum cut short, weights the wrong way round."""
    for one in of.handed_back:
        where, w = pretty(one.name), _weights_of(one, of)
        units = of.numbers[w].array.shape[1]
        rows, columns = of.numbers[w].array.shape
        if units > 1:
            own = given("[own]", np.eye(rows, columns))
            yield mistake(
                f"sum over outputs forgotten in {where}",
                f"{where} is taken from one unit of the layer behind only: it is the sum over all {units}.",
                {one.name: lambda now, own=own: _prefixed_all(now, "ij", own)},  # type: ignore[misc]
            )
            for k in range(units if units <= _UNITS else 0):
                yield mistake(
                    f"sum over outputs forgotten in {where}",
                    f"{where} is taken from unit {k} of the layer behind alone: it sums over all {units}.",
                    {one.name: lambda now, k=k: edits.only(now, "j", k)},  # type: ignore[misc]
                    1.05,
                )
        if rows == columns > 1:
            yield mistake(
                f"{pretty(w)} transposed on the way back",
                f"{where} is made with {pretty(w)} the wrong way round: unit i gets its error by the weights "
                "that lead away from it.",
                {one.name: _transposed(w)},
            )


def _weights_of(one: Number, of: Structure) -> str:
    weights = {layer.w for layer in of.layers}
    return next(f.name for p in one.paths for f in p.factors if f.name in weights)


def _prefixed_all(now: Number, letters: str, factor: Number) -> Number:
    made = [path(f"{letters},{p.indices}", factor, *p.factors) if "j" in p.sizes() else p for p in now.paths]
    return number(now.name, *made, through=now.through)


def _transposed(w: str) -> Change:
    """With W in the place of Wᵀ, or the other way round, in every product it is a factor of."""

    def change(now: Number) -> Number:
        made = []
        for p in now.paths:
            left, result = p.indices.split("->")
            groups = [g[::-1] if f.name == w else g for g, f in zip(left.split(","), p.factors, strict=True)]
            made.append(path(f"{','.join(groups)}->{result}", *p.factors))
        return number(now.name, *made, through=now.through)

    return change
