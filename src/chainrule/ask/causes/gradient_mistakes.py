"""Mistakes in the gradients of weights and biases: a wrong factor, one left out, turned, or reshaped."""

from collections.abc import Iterator, Mapping

import numpy as np

from chainrule.ask.causes.factor_edits import exchanging, named, remade, transposed
from chainrule.ask.causes.hypothesis import Change, Hypothesis, mistake, rewriting, rewriting_by
from chainrule.ask.causes.structure import Structure, Weighing, cost_of, grouped, listed
from chainrule.ask.causes.way_back_mistakes import reshaped
from chainrule.ask.documents.names import pretty
from chainrule.numbers import Number, given, number, path


def gradients(structure: Structure) -> Iterator[Hypothesis]:
    """∂E/∂w and ∂E/∂b made with a wrong factor, or with one too few."""
    for layer in structure.layers:
        yield from _weight_gradient(structure, layer)
        yield from _bias_gradient(structure, layer)
        yield from _other_inputs(structure, layer)
    yield from _turned(structure)
    yield from _hidden_errors_instead(structure)
    slopes = {f"dE/d{z}": f"dE/d{a}" for a, z in structure.slopes.values()}
    for layer in structure.layers:
        da = slopes.get(layer.dz)
        if da and da in structure.numbers:
            changes: dict[str, Change] = {
                f"dE/d{name}": exchanging(layer.dz, structure.numbers[da]) for name in (layer.w, layer.b)
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
                    node.name, path("nj,i->ij", named(node, layer.dz), unit_input), *node.paths[1:]
                )
            },
        )
    if layer.x in structure.rules:
        z = next(f for p in x.paths for f in p.factors)
        if z.array.shape == x.array.shape:
            yield mistake(
                f"{pretty(z.name)} in the place of {pretty(x.name)} in {label}",
                f"{label} is made of {pretty(z.name)} where {pretty(x.name)} belongs.",
                {name: exchanging(layer.x, z)},
            )
    out = next((n for n in structure.numbers.values() if n.name == f"a{layer.layer}"), None)
    if out and out.array.shape == x.array.shape:
        yield mistake(
            f"{pretty(out.name)} in the place of {pretty(x.name)} in {label}",
            f"{label} is made of the output {pretty(out.name)}: the input {pretty(x.name)} belongs there.",
            {name: exchanging(layer.x, out)},
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
        {name: lambda node: number(node.name, path("ni,nj->j", x, named(node, layer.dz)))},
    )
    yield mistake(
        f"the bias itself in {label}",
        f"{label} is multiplied by {pretty(layer.b)}: {rule}.",
        {
            name: lambda node: number(
                node.name, path("j,nj->j", structure.numbers[layer.b], named(node, layer.dz))
            )
        },
        1.1,
    )


def _shared(units: int) -> Change:
    unit_vector = given("1", np.ones(units))
    return lambda node: number(node.name, *(path("nk,j->j", p.factors[0], unit_vector) for p in node.paths))


def _other_inputs(structure: Structure, layer: Weighing) -> Iterator[Hypothesis]:
    """The activations of another layer in the place of the layer's own inputs."""
    name, shape = f"dE/d{layer.w}", structure.numbers[layer.x].array.shape
    for source in ("x", *structure.rules):
        known = source == f"a{layer.layer}" or source not in structure.numbers
        if known or source == layer.x or structure.numbers[source].array.shape != shape:
            continue

        def changes(numbers: Mapping[str, Number], source: str = source) -> Mapping[str, Change]:
            return {name: exchanging(layer.x, numbers[source])}

        yield Hypothesis(
            "mistake",
            f"{pretty(source)} in the place of {pretty(layer.x)} in {pretty(name)}",
            f"{pretty(name)} is made of {pretty(source)} where {pretty(layer.x)} belongs: what comes into "
            "the layer.",
            1.12,
            mistakes=(rewriting_by(changes),),
        )


def _turned(structure: Structure) -> Iterator[Hypothesis]:
    """Square gradients the other way round, and inputs reshaped where they should be transposed."""
    shapes = {layer.w: structure.numbers[layer.w].array.shape for layer in structure.layers}
    square = [f"dE/d{w}" for w, shape in shapes.items() if shape[0] == shape[1] > 1]
    for group in grouped(square):
        yield mistake(
            f"gradient transposed: {listed(group)}",
            f"{listed(group)} {'is' if len(group) == 1 else 'are'} the other way round, transposed: element "
            "i, j belongs to the weight from i to j.",
            dict.fromkeys(group, transposed),
            cost_of(group),
        )
    inputs = {
        f"dE/d{layer.w}": layer.x
        for layer in structure.layers
        if min(structure.numbers[layer.x].array.shape) > 1
    }
    for group in grouped(list(inputs)):
        label = listed([inputs[name] for name in group])
        yield mistake(
            f"{label} reshaped where transposed in {listed(group)}",
            f"In {listed(group)} {label} {'is' if len(group) == 1 else 'are'} reshaped where the transpose "
            "belongs: reshape keeps the order of the numbers, and mixes rows.",
            {name: remade(inputs[name], reshaped) for name in group},
            cost_of(group, 1.05),
        )


def _hidden_errors_instead(structure: Structure) -> Iterator[Hypothesis]:
    """The hidden error signals given as the gradients of the weights behind them."""
    signals = {a: (f"dE/d{z}", f"dE/d{a}") for a, z in structure.slopes.values()}
    for layer in structure.layers:
        name = f"dE/d{layer.w}"
        if structure.numbers[layer.w].array.shape[1] != 1:
            continue
        for signal in signals.get(layer.x, ()):
            if signal not in structure.numbers:
                continue

            def changes(
                numbers: Mapping[str, Number], name: str = name, signal: str = signal
            ) -> Mapping[str, Change]:
                column = given("1", np.ones(1))
                made_of = number(name, path("ni,j->ij", numbers[signal], column))
                return {name: lambda _: made_of}

            yield Hypothesis(
                "mistake",
                f"{pretty(signal)} in the place of {pretty(name)}",
                f"What stands as {pretty(name)} is the hidden error signal {pretty(signal)}: the gradient of "
                f"the weights is {pretty(layer.x)} · {pretty(layer.dz)}.",
                1.1,
                mistakes=(rewriting_by(changes),),
            )
