"""Mistakes with the weights on the way back: left out, reshaped, transposed, of another layer or unit."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from chainrule.ask.causes import number_edits as edits
from chainrule.ask.causes.factor_edits import exchanging, remade, turned
from chainrule.ask.causes.hypothesis import Change, Hypothesis, mistake, rewriting_by
from chainrule.ask.causes.structure import Structure, cost_of, grouped, listed
from chainrule.ask.documents.names import pretty
from chainrule.numbers import Array, Number, given, number
from chainrule.quantities import layer_of, parse

_UNITS = 8  # of a layer: with more, nobody takes one alone


def way_back(structure: Structure) -> Iterator[Hypothesis]:
    """What a layer hands back, made with other weights than its own."""
    pairs = [(gradient.name, _weights_of(gradient, structure)) for gradient in structure.hidden_errors]
    weights = dict(sorted(pairs, key=lambda pair: layer_of(parse(pair[1]))))
    for gradient, w in weights.items():
        yield from _single_units(structure, gradient, w)
        rows, columns = structure.numbers[w].array.shape
        if rows == columns > 1:
            where = pretty(gradient)
            yield mistake(
                f"{pretty(w)} transposed on the way back",
                f"{where} is made with {pretty(w)} the wrong way round: unit i gets its error by the weights "
                "that lead away from it.",
                {gradient: turned(w)},
            )
    for group in grouped(list(weights)):
        yield from _left_out(structure, group, weights)
    yield from _reshaped(structure, weights)
    for gradient, w in weights.items():
        yield from _of_another_layer(structure, gradient, w)


def _weights_of(gradient: Number, structure: Structure) -> str:
    weights = {layer.w for layer in structure.layers}
    return next(f.name for p in gradient.paths for f in p.factors if f.name in weights)


def _single_units(structure: Structure, gradient: str, w: str) -> Iterator[Hypothesis]:
    where = pretty(gradient)
    rows, units = structure.numbers[w].array.shape
    if units == 1:
        return
    diagonal = given("[own]", np.eye(rows, units))
    yield mistake(
        f"sum over outputs forgotten in {where}",
        f"{where} is taken from one unit of the layer behind only: it is the sum over all {units}.",
        {gradient: lambda node: _prefixed_all(node, "ij", diagonal)},
    )
    for k in range(units if units <= _UNITS else 0):
        yield mistake(
            f"sum over outputs forgotten in {where}",
            f"{where} is taken from unit {k} of the layer behind alone: it sums over all {units}.",
            {gradient: lambda node, k=k: edits.only(node, "j", k)},  # type: ignore[misc]
            1.05,
        )


def _prefixed_all(node: Number, letters: str, factor: Number) -> Number:
    paths = [p.times(letters, factor) if "j" in p.letters else p for p in node.paths]
    return number(node.name, *paths, through=node.through)


def _left_out(structure: Structure, group: list[str], weights: Mapping[str, str]) -> Iterator[Hypothesis]:
    """Without the weights: every unit gets the sum of the errors behind it, or its neighbour's as it is."""
    label = listed([weights[gradient] for gradient in group])
    layers = [str(layer_of(parse(weights[gradient]))) for gradient in group]
    where = f"layer {layers[0]}" if len(layers) == 1 else f"layers {', '.join(layers[:-1])} and {layers[-1]}"
    last = group[-1]
    rule = (
        f"{pretty(last)} is the sum of the errors behind it, each times its weight in {pretty(weights[last])}"
    )
    shapes = [structure.numbers[weights[gradient]].array.shape for gradient in group]
    kinds: list[tuple[str, Callable[[tuple[int, int]], Array], float]] = [("", np.ones, 0.0)]
    if all(rows == columns > 1 for rows, columns in shapes):
        kinds.append((", unit by unit", lambda shape: np.eye(shape[0]), 0.02))
    for wording, filled, extra in kinds:
        substitutes = {
            gradient: exchanging(weights[gradient], given("1", filled(shape)))
            for gradient, shape in zip(group, shapes, strict=True)
        }
        yield mistake(
            f"weights left out on the way back: {label}{wording}",
            f"The weights are left out on the way back ({where}{wording}): {rule}.",
            substitutes,
            cost_of(group) + extra,
        )


def _reshaped(structure: Structure, weights: Mapping[str, str]) -> Iterator[Hypothesis]:
    uneven = {
        gradient: w for gradient, w in weights.items() if _is_reshaped_otherwise(structure.numbers[w].array)
    }
    for group in grouped(list(uneven)):
        label = listed([uneven[gradient] for gradient in group])
        yield mistake(
            f"{label} reshaped on the way back where transposed",
            f"On the way back {label} {'is' if len(group) == 1 else 'are'} reshaped where the transpose "
            "belongs: reshape keeps the order of the numbers, and weights come to other units.",
            {gradient: remade(uneven[gradient], reshaped) for gradient in group},
            cost_of(group),
        )


def _is_reshaped_otherwise(array: Array) -> bool:
    rows, columns = array.shape
    return bool(rows != columns and min(rows, columns) > 1)  # square ones stay as they are: not transposed


def reshaped(array: Array) -> Array:
    """The array that stands in the place of another whose transpose was made by reshape."""
    return np.ascontiguousarray(array).reshape(array.shape[::-1]).T


def _of_another_layer(structure: Structure, gradient: str, w: str) -> Iterator[Hypothesis]:
    shape = structure.numbers[w].array.shape
    for layer in structure.layers:
        other_shape = structure.numbers[layer.w].array.shape
        if layer.w == w or shape not in (other_shape, other_shape[::-1]):
            continue
        for is_turned in [False] * (other_shape == shape) + [True] * (other_shape[::-1] == shape != (1, 1)):

            def changes(
                numbers: Mapping[str, Number], name: str = layer.w, is_turned: bool = is_turned
            ) -> Mapping[str, Change]:
                weights = numbers[name]
                substitute = given(f"[{name}]", weights.array.T) if is_turned else weights
                return {gradient: exchanging(w, substitute)}

            label = f"{pretty(layer.w)}{'ᵀ' if is_turned else ''}"
            yield Hypothesis(
                "mistake",
                f"{label} in the place of {pretty(w)} on the way back",
                f"{pretty(gradient)} is made with {pretty(layer.w)}, the weights of another layer: "
                f"{pretty(w)} belongs there.",
                1.15,
                mistakes=(rewriting_by(changes),),
            )
