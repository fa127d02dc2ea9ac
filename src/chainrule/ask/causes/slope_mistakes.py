"""Mistakes with the slope σ′ of an activation: left out, taken at z, of another unit, applied twice."""

from collections.abc import Iterator

import numpy as np

from chainrule.ask.causes import number_edits as edits
from chainrule.ask.causes.factor_edits import within
from chainrule.ask.causes.hypothesis import Change, Hypothesis, mistake
from chainrule.ask.causes.number_edits import called
from chainrule.ask.causes.other_slopes import other_slopes
from chainrule.ask.causes.structure import Structure, error_formula, listed, where_of
from chainrule.ask.documents.names import atoms, pretty, spelled
from chainrule.ask.judging.printed_operands import BY_NAME
from chainrule.numbers import Number, given, number, path


def slopes(structure: Structure) -> Iterator[Hypothesis]:
    """σ′ in one layer, in the hidden ones, or in all."""
    names = list(structure.slopes)
    groups = [[name] for name in names]
    hidden = [name for name in names if f"dE/d{structure.slopes[name][0]}" != structure.end.name]
    groups += [group for group in (hidden, names) if len(group) > 1 and group not in groups]
    for group in groups:
        where, cost = where_of(structure, group), 1.0 + 0.05 * (len(group) - 1)
        formula = error_formula(structure, group[0])
        omissions = {f"dE/d{structure.slopes[s][1]}": _leaving(s) for s in group}
        yield mistake(
            f"σ′ left out {where}",
            f"The slope {listed(group)} is left out {where}: {formula}.",
            omissions,
            cost,
        )
        yield from _slopes_elsewhere(structure, group, where, cost)
    for name in names:
        yield from _slope_of_another_unit(structure, name)
        yield from other_slopes(structure, name)


def _leaving(slope: str) -> Change:
    return lambda node: edits.left_out(node, called(slope))


def _slopes_elsewhere(
    structure: Structure, group: list[str], where: str, cost: float
) -> Iterator[Hypothesis]:
    at_z = {s: change for s in group if (change := _slope_at_z(structure, s))}
    if len(at_z) == len(group):
        a, z = structure.slopes[group[0]]
        formula = structure.rules[a].words.slope
        yield mistake(
            f"σ′ taken at z {where}",
            f"The slope {listed(group)} is made of {pretty(z)} where {pretty(a)} belongs: {formula}.",
            at_z,
            cost,
        )
    at_a = {s: change for s in group if (change := _slope_at_a(structure, s))}
    if len(at_a) == len(group):
        a, z = structure.slopes[group[0]]
        yield mistake(
            f"σ′ taken at a {where}",
            f"The slope {listed(group)} is taken at {pretty(a)} as if it were {pretty(z)}: σ′ is a function "
            f"of {pretty(z)}.",
            at_a,
            cost + 0.02,
        )


def _slope_at_z(structure: Structure, slope: str) -> Change | None:
    """a(1 − a) with z in the place of a: the factors that speak of a, spoken of z."""
    a, z = structure.slopes[slope]
    if not any(a in (f.name, *atoms(f.name)) for p in structure.numbers[slope].paths for f in p.factors):
        return None

    def change(node: Number) -> Number:
        sources = {f.name: f for p in node.paths for f in p.factors}
        logits = within(node, z) or structure.numbers[z]
        for name in sources:
            function = BY_NAME.get(spelled(name, ()).text) if a in atoms(name) else None
            if name == a:
                node = edits.instead(node, called(a), logits)
            elif function:
                substitute = number(name.replace(a, z), path("nj->nj", logits), through=function)
                node = edits.instead(node, called(name), substitute)
        return node

    return change


def _slope_at_a(structure: Structure, slope: str) -> Change | None:
    a, z = structure.slopes[slope]
    rule = structure.rules[a]

    def change(node: Number) -> Number:
        output = within(node, a) or rule.value(within(node, z) or structure.numbers[z])
        substitute = rule.slope(output, rule.value(output))
        return number(slope, *substitute.paths, through=substitute.through)

    trial = change(structure.numbers[slope])
    return (
        None
        if np.allclose(trial.array, structure.numbers[slope].array, rtol=1e-9, equal_nan=True)
        else change
    )


def _slope_of_another_unit(structure: Structure, slope: str) -> Iterator[Hypothesis]:
    """Every unit's slope taken from its neighbour, on one side or on the other."""
    units = structure.numbers[slope].array.shape[-1]
    where = where_of(structure, [slope])
    for shift in (1, -1)[: units - 1]:
        roll = given("[neighbour]", np.roll(np.eye(units), shift, axis=1))

        def change(node: Number, roll: Number = roll) -> Number:
            shifted = {f.name: f for p in node.paths for f in p.factors}[slope]
            return edits.instead(node, called(slope), number(slope, path("nk,kj->nj", shifted, roll)))

        yield mistake(
            f"σ′ of another unit {where}",
            f"The slope {pretty(slope)} is that of another unit: each unit has its own.",
            {f"dE/d{structure.slopes[slope][1]}": change},
            1.2,
        )
