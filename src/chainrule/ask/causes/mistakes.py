"""Mistakes of learners in the backward pass and the update, each a change of a step's Numbers."""

from collections.abc import Iterator

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.ask.causes import number_edits as edits
from chainrule.ask.causes.hypothesis import Change, Hypothesis, mistake, rewriting
from chainrule.ask.causes.number_edits import called
from chainrule.ask.causes.slope_mistakes import slopes
from chainrule.ask.causes.structure import Structure, Weighing, listed
from chainrule.ask.documents.names import pretty
from chainrule.numbers import Number, given, number, path
from chainrule.quantities import base, is_bias, is_weight, parse

_UNITS = 8  # of a layer: with more, nobody takes one alone


def mistakes(case: Case) -> Iterator[Hypothesis]:
    """What learners do otherwise in the backward pass and the update of `case`, the likeliest first."""
    structure = Structure(case)
    yield from slopes(structure)
    yield from _error(structure)
    yield from _hidden_errors(structure)
    yield from _gradients(structure)
    if case.learning_rate is not None:
        yield from _updates(structure)


# --- the error on its way back


def _error(structure: Structure) -> Iterator[Hypothesis]:
    """The error itself, with the wrong sign."""
    end = structure.end.name
    flipped: dict[str, Change] = {end: lambda node: edits.times(node, "-1", -1.0)}
    yield mistake("sign of the error", f"{pretty(end)} has the wrong sign: it is a - T.", flipped)


def _hidden_errors(structure: Structure) -> Iterator[Hypothesis]:
    """What a layer hands back: a sum cut short, weights the wrong way round."""
    for gradient in structure.hidden_errors:
        where, w = pretty(gradient.name), _weights_of(gradient, structure)
        units = structure.numbers[w].array.shape[1]
        rows, columns = structure.numbers[w].array.shape
        if units > 1:
            diagonal = given("[own]", np.eye(rows, columns))
            yield mistake(
                f"sum over outputs forgotten in {where}",
                f"{where} is taken from one unit of the layer behind only: it is the sum over all {units}.",
                {gradient.name: lambda node, diagonal=diagonal: _prefixed_all(node, "ij", diagonal)},  # type: ignore[misc]
            )
            for k in range(units if units <= _UNITS else 0):
                yield mistake(
                    f"sum over outputs forgotten in {where}",
                    f"{where} is taken from unit {k} of the layer behind alone: it sums over all {units}.",
                    {gradient.name: lambda node, k=k: edits.only(node, "j", k)},  # type: ignore[misc]
                    1.05,
                )
        if rows == columns > 1:
            yield mistake(
                f"{pretty(w)} transposed on the way back",
                f"{where} is made with {pretty(w)} the wrong way round: unit i gets its error by the weights "
                "that lead away from it.",
                {gradient.name: _transposed(w)},
            )


def _weights_of(gradient: Number, structure: Structure) -> str:
    weights = {layer.w for layer in structure.layers}
    return next(f.name for p in gradient.paths for f in p.factors if f.name in weights)


def _prefixed_all(node: Number, letters: str, factor: Number) -> Number:
    paths = [
        path(f"{letters},{p.indices}", factor, *p.factors) if "j" in p.sizes() else p for p in node.paths
    ]
    return number(node.name, *paths, through=node.through)


def _transposed(w: str) -> Change:
    """With W in the place of Wᵀ, or the other way round, in every product it is a factor of."""

    def change(node: Number) -> Number:
        paths = []
        for p in node.paths:
            inputs, result = p.indices.split("->")
            groups = [
                g[::-1] if f.name == w else g for g, f in zip(inputs.split(","), p.factors, strict=True)
            ]
            paths.append(path(f"{','.join(groups)}->{result}", *p.factors))
        return number(node.name, *paths, through=node.through)

    return change


# --- the gradients


def _gradients(structure: Structure) -> Iterator[Hypothesis]:
    for layer in structure.layers:
        yield from _weight_gradient(structure, layer)
        yield from _bias_gradient(structure, layer)
    slopes = {f"dE/d{z}": f"dE/d{a}" for a, z in structure.slopes.values()}
    for layer in structure.layers:
        da = slopes.get(layer.dz)
        if da and da in structure.numbers:
            changes: dict[str, Change] = {
                f"dE/d{name}": _exchanging(layer.dz, structure.numbers[da]) for name in (layer.w, layer.b)
            }
            text = (
                f"The gradients of layer {layer.layer} are of {pretty(da)} where {pretty(layer.dz)} belongs."
            )
            yield mistake(f"∂E/∂a in the place of ∂E/∂z in layer {layer.layer}", text, changes, 1.1)
    shared = {
        f"dE/d{layer.b}": _shared(structure.numbers[layer.b].array.size)
        for layer in structure.layers
        if layer.b in structure.case.parameters and structure.numbers[layer.b].array.size > 1
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


def _weight_gradient(structure: Structure, layer: Weighing) -> Iterator[Hypothesis]:
    name = f"dE/d{layer.w}"
    label, x = pretty(name), structure.numbers[layer.x]
    unit_input = given("1", np.ones(x.array.shape[1]))
    if (x.array != 1).any():
        yield mistake(
            f"input left out in {label}",
            f"{label} is {pretty(layer.dz)} alone: it is {pretty(layer.x)} · {pretty(layer.dz)}.",
            {
                name: lambda node: number(
                    node.name, path("nj,i->ij", _named(node, layer.dz), unit_input), *node.paths[1:]
                )
            },
        )
    if layer.x in structure.rules:
        z = next(f for p in x.paths for f in p.factors)
        if z.array.shape == x.array.shape:
            yield mistake(
                f"{pretty(z.name)} in the place of {pretty(x.name)} in {label}",
                f"{label} is made of {pretty(z.name)} where {pretty(x.name)} belongs.",
                {name: _exchanging(layer.x, z)},
            )
    out = next((n for n in structure.numbers.values() if n.name == f"a{layer.layer}"), None)
    if out and out.array.shape == x.array.shape:
        yield mistake(
            f"{pretty(out.name)} in the place of {pretty(x.name)} in {label}",
            f"{label} is made of the output {pretty(out.name)}: the input {pretty(x.name)} belongs there.",
            {name: _exchanging(layer.x, out)},
            1.1,
        )


def _bias_gradient(structure: Structure, layer: Weighing) -> Iterator[Hypothesis]:
    name = f"dE/d{layer.b}"
    if layer.b not in structure.case.parameters or name not in structure.numbers:
        return
    x, label = structure.numbers[layer.x], pretty(name)
    rule = f"{label} is {pretty(layer.dz)}, for z grows as fast as b"
    yield mistake(
        f"an activation in {label}",
        f"{label} is multiplied by {pretty(layer.x)}: {rule}.",
        {name: lambda node: number(node.name, path("ni,nj->j", x, _named(node, layer.dz)))},
    )
    yield mistake(
        f"the bias itself in {label}",
        f"{label} is multiplied by {pretty(layer.b)}: {rule}.",
        {
            name: lambda node: number(
                node.name, path("j,nj->j", structure.numbers[layer.b], _named(node, layer.dz))
            )
        },
        1.1,
    )


def _named(node: Number, name: str) -> Number:
    """The factor of that name."""
    return next(f for p in node.paths for f in p.factors if f.name == name)


def _exchanging(name: str, substitute: Number) -> Change:
    return lambda node: edits.instead(node, called(name), substitute)


def _shared(units: int) -> Change:
    unit_vector = given("1", np.ones(units))
    return lambda node: number(node.name, *(path("nk,j->j", p.factors[0], unit_vector) for p in node.paths))


# --- the update


def _updates(structure: Structure) -> Iterator[Hypothesis]:
    names = [f"{name}'" for name in structure.case.parameters if f"dE/d{name}" in structure.numbers]
    kinds: list[tuple[str, str, Change]] = [
        (
            "sign of the step",
            "The step goes up the gradient: w' = w - α ∂E/∂w goes down.",
            lambda node: edits.left_out(node, called("-1")),
        ),
        (
            "α left out",
            "α is left out of the update: w' = w - α ∂E/∂w.",
            lambda node: edits.left_out(node, called("α")),
        ),
        (
            "α applied twice",
            "α is applied twice: w' = w - α ∂E/∂w.",
            lambda node: edits.doubled(node, called("α")),
        ),
    ]
    weights, biases = ([n for n in names if kind(base(parse(n)))] for kind in (is_weight, is_bias))
    groups = [("", 1.0, names), (" for the weights", 1.1, weights), (" for the biases", 1.1, biases)]
    groups += [(f" for {pretty(n)}", 1.2, [n]) for n in names]
    listing: list[list[str]] = []
    for where, cost, group in groups:
        if group and group not in listing:
            listing.append(group)
            for name, text, change in kinds:
                yield mistake(f"{name}{where}", f"{text[:-1]}{where}.", dict.fromkeys(group, change), cost)
    first_gradients = {f"{name}'": gradient for name, gradient in structure.case.sweep.gradients.items()}
    stale: dict[str, Change] = {
        name: _exchanging(gradient.name, given(gradient.name, gradient.array))
        for name, gradient in first_gradients.items()
    }
    yield mistake(
        "stale gradients",
        "Every update goes by the gradients of the first step: they have to be computed anew after each.",
        stale,
        1.1,
    )
