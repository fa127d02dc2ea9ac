"""Mistakes with the error at the output: its sign, E in its place, a slope twice or not at all."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.ask.causes import number_edits as edits
from chainrule.ask.causes.factor_edits import multiplied
from chainrule.ask.causes.hypothesis import Change, Hypothesis, mistake, rewriting_by
from chainrule.ask.causes.structure import Structure
from chainrule.ask.documents.names import pretty
from chainrule.engine.network import Network
from chainrule.numbers import Number, given, number, path
from chainrule.quantities import base, is_error_signal, is_slope, parse
from chainrule.rules.activations import activation
from chainrule.rules.layers.dense import Dense
from chainrule.rules.losses.half_squared_error import HalfSquaredError


def errors(structure: Structure) -> Iterator[Hypothesis]:
    """Where the error starts back: something else than the slope of E."""
    end = structure.end.name
    flipped: dict[str, Change] = {end: lambda node: edits.times(node, "-1", -1.0)}
    yield mistake("sign of the error", f"{pretty(end)} has the wrong sign: it is a - T.", flipped)
    yield from _fused_again(structure)
    yield from _not_fused(structure)
    yield from _slope_of_squares(structure)
    yield from _loss_itself(structure)
    yield from _own_slopes_alone(structure)


def _fused_again(structure: Structure) -> Iterator[Hypothesis]:
    """∂E/∂z of a fused loss, times the slope that is in it already."""
    for name, slope in structure.apart.items():
        dz = f"dE/d{base(slope.quantity)}"
        if not is_slope(parse(name)) or dz != structure.end.name:
            continue
        if slope.array.ndim == 2:
            own: dict[str, Change] = {dz: lambda node, slope=slope: multiplied(node, slope)}  # type: ignore[misc]
            yield mistake(
                "σ′ applied again at the output",
                f"{pretty(dz)} is multiplied by {pretty(slope.name)}, which is in it already: with this loss "
                "it is a - T.",
                own,
            )
        else:
            yield from _softmax_again(dz, slope, structure)


def _softmax_again(dz: str, slope: Number, structure: Structure) -> Iterator[Hypothesis]:
    """The same for softmax: its slopes p(1 − p), or the whole matrix of them."""
    a = f"a{structure.layers[-1].layer}"
    text = f"which is in it already: with this loss {pretty(dz)} is a - T"

    def changes(numbers: Mapping[str, Number]) -> Mapping[str, Change]:
        return {dz: lambda node: multiplied(multiplied(node, numbers[a]), numbers[f"1-{a}"])}

    yield Hypothesis(
        "mistake",
        "σ′ applied again at the output: softmax's slope p(1 - p)",
        f"{pretty(dz)} is multiplied by the slope of the softmax, p(1 - p), {text}.",
        mistakes=(rewriting_by(changes),),
    )

    def by_matrix(node: Number) -> Number:
        return number(node.name, path("nk,nkj->nj", number(f"[{dz}]", *node.paths), slope))

    yield mistake(
        "σ′ applied again at the output: softmax's matrix of slopes",
        f"{pretty(dz)} is multiplied by the matrix of the softmax's slopes, {text}.",
        {dz: by_matrix},
        1.05,
    )


def _not_fused(structure: Structure) -> Iterator[Hypothesis]:
    """∂E/∂a in the place of ∂E/∂z of a fused loss: the slope of the output forgotten."""
    for name, upstream in structure.apart.items():
        a = base(upstream.quantity)
        dz = structure.end.name
        if is_slope(parse(name)) or f"d{a}/d{base(structure.end.quantity)}" not in structure.apart:
            continue
        yield mistake(
            "σ′ left out at the output",
            f"{pretty(dz)} is {pretty(name)} alone, without the slope of the output: with both it is a - T.",
            {dz: lambda node, upstream=upstream: number(node.name, *upstream.paths)},  # type: ignore[misc]
        )


def _slope_of_squares(structure: Structure) -> Iterator[Hypothesis]:
    """∂E/∂a = a − T, as if E were half the squared error, where E is a cross-entropy."""
    loss = structure.case.network.loss
    *layers, output_layer = structure.case.network.layers
    if not any(is_error_signal(parse(name)) for name in structure.apart) or not isinstance(
        output_layer, Dense
    ):
        return
    layers.append(replace(output_layer, activation=activation(loss.activation)))
    z, a = structure.layers[-1].z, f"a{structure.layers[-1].layer}"

    def by_squares(case: Case) -> Case:
        return replace(case, network=Network(layers, HalfSquaredError()))

    def same_error(numbers: Mapping[str, Number]) -> Mapping[str, Change]:
        return {"E": lambda node: loss.forward(numbers[z], numbers["t"], numbers["1/n"])[0]}

    slope = pretty(f"dE/d{a}")
    yield Hypothesis(
        "mistake",
        "the slope of the squared error at the output",
        f"{slope} is taken as a - T, the slope of half the squared error: E is a cross-entropy, with which "
        f"a - T is {pretty(structure.end.name)}.",
        1.02,
        case=by_squares,
        mistakes=(rewriting_by(same_error),),
    )


def _loss_itself(structure: Structure) -> Iterator[Hypothesis]:
    """E, or every unit's part in it, in the place of its slope; the error squared."""
    end = structure.end.name
    single = structure.case.t.size == 1

    def parts(numbers: Mapping[str, Number]) -> Mapping[str, Change]:
        units = [p.summed_to("nj") for p in numbers["E"].paths if {"n", "j"} <= set(p.letters)]
        return {end: lambda node: number(node.name, *units)} if units else {}

    yield Hypothesis(
        "mistake",
        f"E in the place of {pretty(end)}",
        f"What goes back as {pretty(end)} is {'E itself' if single else 'each unit’s part in E'}: it is the "
        "slope of E.",
        1.12,
        mistakes=(rewriting_by(parts),),
    )
    if single or len(structure.case.x) > 1:
        return

    def whole(numbers: Mapping[str, Number]) -> Mapping[str, Change]:
        everywhere = given("1", np.ones(structure.end.array.shape))
        return {end: lambda node: number(node.name, path(",nj->nj", numbers["E"], everywhere))}

    yield Hypothesis(
        "mistake",
        f"E in the place of {pretty(end)} in every unit",
        f"What goes back as {pretty(end)} is E itself, the same for every unit: it is the slope of E.",
        1.14,
        mistakes=(rewriting_by(whole),),
    )


def _own_slopes_alone(structure: Structure) -> Iterator[Hypothesis]:
    """A softmax before another loss, with its slopes p(1 − p) and without those of the other units."""
    for name, slope in structure.apart.items():
        dz = f"dE/d{base(slope.quantity)}"
        node = structure.numbers.get(dz)
        if not is_slope(parse(name)) or slope.array.ndim != 3 or node is None or dz == structure.end.name:
            continue
        if len(node.paths) > 1:
            yield mistake(
                "softmax's slope taken as p(1 - p) alone",
                f"{pretty(dz)} is made with p(1 - p) alone: every unit of a softmax depends on every z.",
                {dz: lambda node: number(node.name, node.paths[0])},
            )
