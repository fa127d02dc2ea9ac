"""The mistakes of learners, layer by layer: each a small change to a step's own Numbers."""

from collections.abc import Iterator

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.ask.causes import number_edits as edits
from chainrule.ask.causes.handing_back import error, handed_back
from chainrule.ask.causes.hypothesis import Hypothesis
from chainrule.ask.causes.mistaken import Change, listed, mistake, rewriting
from chainrule.ask.causes.number_edits import called
from chainrule.ask.causes.slope_mistakes import slopes
from chainrule.ask.causes.structure import Structure, Weighing
from chainrule.ask.documents.names import pretty
from chainrule.numbers import Number, given, number, path


def mistakes(case: Case) -> Iterator[Hypothesis]:
    """What learners do otherwise in the backward pass and the update of `case`, the likeliest first."""
    of = Structure(case)
    yield from slopes(of)
    yield from error(of)
    yield from handed_back(of)
    yield from _gradients(of)
    if case.learning_rate is not None:
        yield from _updates(of)


# --- the gradients


def _gradients(of: Structure) -> Iterator[Hypothesis]:
    for layer in of.layers:
        yield from _weight_gradient(of, layer)
        yield from _bias_gradient(of, layer)
    slopes = {f"dE/d{z}": f"dE/d{a}" for a, z in of.slopes.values()}
    for layer in of.layers:
        da = slopes.get(layer.dz)
        if da and da in of.numbers:
            changes: dict[str, Change] = {
                f"dE/d{name}": _exchanging(layer.dz, of.numbers[da]) for name in (layer.w, layer.b)
            }
            text = (
                f"The gradients of layer {layer.layer} are of {pretty(da)} where {pretty(layer.dz)} belongs."
            )
            yield mistake(f"∂E/∂a in the place of ∂E/∂z in layer {layer.layer}", text, changes, 1.1)
    shared = {
        f"dE/d{one.b}": _shared(of.numbers[one.b].array.size)
        for one in of.layers
        if one.b in of.case.parameters and of.numbers[one.b].array.size > 1
    }
    groups = [[name] for name in shared] + ([list(shared)] if len(shared) > 1 else [])
    for group in groups:
        names = listed(group)
        yield Hypothesis(
            "convention",
            f"bias shared by a layer: {names}",
            f"{names} is the sum over the units, as if the layer had one bias: each unit has its own.",
            1.0 + 0.05 * (len(group) - 1),
            mistakes=(rewriting({name: shared[name] for name in group}),),
        )


def _weight_gradient(of: Structure, layer: Weighing) -> Iterator[Hypothesis]:
    name = f"dE/d{layer.w}"
    shown, x = pretty(name), of.numbers[layer.x]
    ones = given("1", np.ones(x.array.shape[1]))
    if (x.array != 1).any():
        yield mistake(
            f"input left out in {shown}",
            f"{shown} is {pretty(layer.dz)} alone: it is {pretty(layer.x)} · {pretty(layer.dz)}.",
            {
                name: lambda now: number(
                    now.name, path("nj,i->ij", _named(now, layer.dz), ones), *now.paths[1:]
                )
            },
        )
    if layer.x in of.rules:
        z = next(f for p in x.paths for f in p.factors)
        if z.array.shape == x.array.shape:
            yield mistake(
                f"{pretty(z.name)} in the place of {pretty(x.name)} in {shown}",
                f"{shown} is made of {pretty(z.name)} where {pretty(x.name)} belongs.",
                {name: _exchanging(layer.x, z)},
            )
    out = next((n for n in of.numbers.values() if n.name == f"a{layer.layer}"), None)
    if out and out.array.shape == x.array.shape:
        yield mistake(
            f"{pretty(out.name)} in the place of {pretty(x.name)} in {shown}",
            f"{shown} is made of the output {pretty(out.name)}: the input {pretty(x.name)} belongs there.",
            {name: _exchanging(layer.x, out)},
            1.1,
        )


def _bias_gradient(of: Structure, layer: Weighing) -> Iterator[Hypothesis]:
    name = f"dE/d{layer.b}"
    if layer.b not in of.case.parameters or name not in of.numbers:
        return
    x, shown = of.numbers[layer.x], pretty(name)
    right = f"{shown} is {pretty(layer.dz)}, for z grows as fast as b"
    yield mistake(
        f"an activation in {shown}",
        f"{shown} is multiplied by {pretty(layer.x)}: {right}.",
        {name: lambda now: number(now.name, path("ni,nj->j", x, _named(now, layer.dz)))},
    )
    yield mistake(
        f"the bias itself in {shown}",
        f"{shown} is multiplied by {pretty(layer.b)}: {right}.",
        {name: lambda now: number(now.name, path("j,nj->j", of.numbers[layer.b], _named(now, layer.dz)))},
        1.1,
    )


def _named(one: Number, name: str) -> Number:
    """The factor of that name."""
    return next(f for p in one.paths for f in p.factors if f.name == name)


def _exchanging(name: str, other: Number) -> Change:
    return lambda now: edits.instead(now, called(name), other)


def _shared(units: int) -> Change:
    ones = given("1", np.ones(units))
    return lambda now: number(now.name, *(path("nk,j->j", p.factors[0], ones) for p in now.paths))


# --- the update


def _updates(of: Structure) -> Iterator[Hypothesis]:
    names = [f"{name}'" for name in of.case.parameters if f"dE/d{name}" in of.numbers]
    kinds: list[tuple[str, str, Change]] = [
        (
            "sign of the step",
            "The step goes up the gradient: w' = w - α ∂E/∂w goes down.",
            lambda now: edits.left_out(now, called("-1")),
        ),
        (
            "α left out",
            "α is left out of the update: w' = w - α ∂E/∂w.",
            lambda now: edits.left_out(now, called("α")),
        ),
        (
            "α applied twice",
            "α is applied twice: w' = w - α ∂E/∂w.",
            lambda now: edits.doubled(now, called("α")),
        ),
    ]
    weights, biases = ([n for n in names if n.startswith(letter)] for letter in "wb")
    groups = [("", 1.0, names), (" for the weights", 1.1, weights), (" for the biases", 1.1, biases)]
    groups += [(f" for {pretty(n)}", 1.2, [n]) for n in names]
    seen: list[list[str]] = []
    for where, cost, group in groups:
        if group and group not in seen:
            seen.append(group)
            for name, text, change in kinds:
                yield mistake(f"{name}{where}", f"{text[:-1]}{where}.", dict.fromkeys(group, change), cost)
    first = {f"{name}'": one for name, one in of.case.sweep.gradients.items()}
    stale: dict[str, Change] = {
        name: _exchanging(one.name, given(one.name, one.array)) for name, one in first.items()
    }
    yield mistake(
        "stale gradients",
        "Every update goes by the gradients of the first step: they have to be computed anew after each.",
        stale,
        1.1,
    )
