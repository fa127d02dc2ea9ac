"""Mistakes with σ′: left out, taken at z, of another unit, applied again."""

from collections.abc import Iterator

import numpy as np

from chainrule.ask.causes import number_edits as edits
from chainrule.ask.causes.hypothesis import Hypothesis
from chainrule.ask.causes.mistaken import Change, listed, mistake, right_error, where_of
from chainrule.ask.causes.number_edits import called
from chainrule.ask.causes.structure import Structure
from chainrule.ask.documents.names import atoms, pretty, spelled
from chainrule.ask.judging.printed_operands import BY_NAME
from chainrule.numbers import Number, given, number, path


def slopes(of: Structure) -> Iterator[Hypothesis]:
    """σ′ in one layer, in the hidden ones, or in all."""
    names = list(of.slopes)
    groups = [[name] for name in names]
    hidden = [name for name in names if f"dE/d{of.slopes[name][0]}" != of.end.name]
    groups += [group for group in (hidden, names) if len(group) > 1 and group not in groups]
    for group in groups:
        where, cost = where_of(of, group), 1.0 + 0.05 * (len(group) - 1)
        right = right_error(of, group[0])
        left = {f"dE/d{of.slopes[s][1]}": _leaving(s) for s in group}
        yield mistake(
            f"σ′ left out {where}", f"The slope {listed(group)} is left out {where}: {right}.", left, cost
        )
        yield from _slopes_elsewhere(of, group, where, cost)
    for name in names:
        yield from _slope_of_another_unit(of, name)
    yield from _fused_again(of)


def _leaving(slope: str) -> Change:
    return lambda now: edits.left_out(now, called(slope))


def _slopes_elsewhere(of: Structure, group: list[str], where: str, cost: float) -> Iterator[Hypothesis]:
    at_z = {s: change for s in group if (change := _slope_at_z(of, s))}
    if len(at_z) == len(group):
        a, z = of.slopes[group[0]]
        formula = of.rules[a].words.slope
        yield mistake(
            f"σ′ taken at z {where}",
            f"The slope {listed(group)} is made of {pretty(z)} where {pretty(a)} belongs: {formula}.",
            at_z,
            cost,
        )
    at_a = {s: change for s in group if (change := _slope_at_a(of, s))}
    if len(at_a) == len(group):
        a, z = of.slopes[group[0]]
        yield mistake(
            f"σ′ taken at a {where}",
            f"The slope {listed(group)} is taken at {pretty(a)} as if it were {pretty(z)}: σ′ is a function "
            f"of {pretty(z)}.",
            at_a,
            cost + 0.02,
        )


def _slope_at_z(of: Structure, slope: str) -> Change | None:
    """a(1 − a) with z in the place of a: the factors that speak of a, spoken of z."""
    a, z = of.slopes[slope]
    if not any(a in (f.name, *atoms(f.name)) for p in of.numbers[slope].paths for f in p.factors):
        return None

    def change(now: Number) -> Number:
        sources = {f.name: f for p in now.paths for f in p.factors}
        logits = _within(now, z) or of.numbers[z]
        for name in sources:
            function = BY_NAME.get(spelled(name, ()).text) if a in atoms(name) else None
            if name == a:
                now = edits.instead(now, called(a), logits)
            elif function:
                other = number(name.replace(a, z), path("nj->nj", logits), through=function)
                now = edits.instead(now, called(name), other)
        return now

    return change


def _within(one: Number, name: str) -> Number | None:
    """The Number called `name` among the factors of the factors of `one`."""
    inner = (g for p in one.paths for f in p.factors for q in f.paths for g in q.factors)
    direct = (f for p in one.paths for f in p.factors)
    return next((f for f in (*direct, *inner) if f.name == name), None)


def _slope_at_a(of: Structure, slope: str) -> Change | None:
    a, z = of.slopes[slope]
    rule = of.rules[a]

    def change(now: Number) -> Number:
        at = _within(now, a) or rule.value(_within(now, z) or of.numbers[z])
        other = rule.slope(at, rule.value(at))
        return number(slope, *other.paths, through=other.through)

    trial = change(of.numbers[slope])
    return None if np.allclose(trial.array, of.numbers[slope].array, rtol=1e-9, equal_nan=True) else change


def _slope_of_another_unit(of: Structure, slope: str) -> Iterator[Hypothesis]:
    """Every unit's slope taken from its neighbour, on one side or on the other."""
    units = of.numbers[slope].array.shape[-1]
    where = where_of(of, [slope])
    for shift in (1, -1)[: units - 1]:
        roll = given("[neighbour]", np.roll(np.eye(units), shift, axis=1))

        def change(now: Number, roll: Number = roll) -> Number:
            shifted = {f.name: f for p in now.paths for f in p.factors}[slope]
            return edits.instead(now, called(slope), number(slope, path("nk,kj->nj", shifted, roll)))

        yield mistake(
            f"σ′ of another unit {where}",
            f"The slope {pretty(slope)} is that of another unit: each unit has its own.",
            {f"dE/d{of.slopes[slope][1]}": change},
            1.2,
        )


def _fused_again(of: Structure) -> Iterator[Hypothesis]:
    """∂E/∂z of a fused loss, times the slope that is in it already."""
    for name, slope in of.apart.items():
        z = slope.name.rpartition("/d")[2]
        dz = f"dE/d{z}"
        if not name.startswith("da") or slope.array.ndim != 2 or dz != of.end.name:
            continue

        def change(now: Number, slope: Number = slope) -> Number:
            return number(now.name, path("nj,nj->nj", number(now.name, *now.paths), slope))

        yield mistake(
            "σ′ applied again at the output",
            f"{pretty(dz)} is multiplied by {pretty(slope.name)}, which is in it already: with this loss it "
            "is a - T.",
            {dz: change},
        )
