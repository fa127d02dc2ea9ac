"""Other slopes in the place of σ′: of another layer, twice, half of it, of T or E, of another activation."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from chainrule.ask.causes import number_edits as edits
from chainrule.ask.causes.factor_edits import exchanging, within
from chainrule.ask.causes.hypothesis import Change, Hypothesis, mistake, rewriting_by
from chainrule.ask.causes.number_edits import called
from chainrule.ask.causes.structure import Structure, error_formula, where_of
from chainrule.ask.documents.names import pretty
from chainrule.numbers import Number, constant, given, number, path
from chainrule.rules.functions import ONE_MINUS

Formula = Callable[[str, Number], Number]  # (name, a) -> the slope


def other_slopes(structure: Structure, slope: str) -> Iterator[Hypothesis]:
    """What may stand in the place of one slope."""
    yield from _slope_of_another_layer(structure, slope)
    yield from _slope_twice(structure, slope)
    yield from _slope_of_other_numbers(structure, slope)


def _slope_of_another_layer(structure: Structure, slope: str) -> Iterator[Hypothesis]:
    where = where_of(structure, [slope])
    for other in structure.slopes:
        same_shape = structure.numbers[other].array.shape == structure.numbers[slope].array.shape
        if other == slope or not same_shape:
            continue

        def changes(numbers: Mapping[str, Number], other: str = other) -> Mapping[str, Change]:
            return {f"dE/d{structure.slopes[slope][1]}": exchanging(slope, numbers[other])}

        yield Hypothesis(
            "mistake",
            f"σ′ of another layer {where}: {pretty(other)}",
            f"{pretty(other)} stands where {pretty(slope)} belongs: each layer has its own slope.",
            1.15,
            mistakes=(rewriting_by(changes),),
        )


def _slope_twice(structure: Structure, slope: str) -> Iterator[Hypothesis]:
    dz = f"dE/d{structure.slopes[slope][1]}"
    where = where_of(structure, [slope])
    yield mistake(
        f"σ′ applied twice {where}",
        f"The slope {pretty(slope)} is applied twice {where}: {error_formula(structure, slope)}.",
        {dz: lambda node: edits.doubled(node, called(slope))},
        1.05,
    )


def _slope_of_other_numbers(structure: Structure, slope: str) -> Iterator[Hypothesis]:
    """a(1 − a) with half of it left out, or of T or E, and the slopes of other activations."""
    a, _ = structure.slopes[slope]
    correct, where = structure.numbers[slope].array, where_of(structure, [slope])
    sources = [(a, text) for text in _FORMULAS]
    if structure.numbers["t"].array.shape == correct.shape:
        sources.append(("t", _SIGMOID))
    if len(structure.case.x) == 1:
        sources.append(("E", _SIGMOID))
    for source, text in sources:
        formula = _FORMULAS[text]
        if np.allclose(formula(slope, structure.numbers[source]).array, correct, rtol=1e-9, equal_nan=True):
            continue

        def changes(
            numbers: Mapping[str, Number], source: str = source, formula: Formula = formula
        ) -> Mapping[str, Change]:
            def change(node: Number) -> Number:
                taken = formula(slope, within(node, source) or numbers[source])
                if taken.array.shape == node.array.shape:
                    return taken
                everywhere = given("1", np.ones(node.array.shape))
                unnamed = formula(f"[{slope}]", within(node, source) or numbers[source])
                return number(slope, path(",nj->nj", unnamed, everywhere))

            return {slope: change}

        wording = text.format(pretty(source))
        yield Hypothesis(
            "mistake",
            f"σ′ taken as {wording} {where}",
            f"The slope {pretty(slope)} is taken as {wording}: {structure.rules[a].words.slope}.",
            1.15,
            mistakes=(rewriting_by(changes),),
        )


def _axes(a: Number) -> str:
    return "nj"[: a.array.ndim]


def _itself(name: str, a: Number) -> Number:
    return number(name, path(f"{_axes(a)}->{_axes(a)}", a))


def _complement(name: str, a: Number) -> Number:
    return number(name, path(f"{_axes(a)}->{_axes(a)}", a), through=ONE_MINUS)


def _product(name: str, a: Number) -> Number:
    axes = _axes(a)
    return number(name, path(f"{axes},{axes}->{axes}", a, _complement(f"1-{a.name}", a)))


def _one_minus_square(name: str, a: Number) -> Number:
    axes, ones = _axes(a), given("1", np.ones(a.array.shape))
    square = path(f",{axes},{axes}->{axes}", constant("-1", -1.0, a), a, a)
    return number(name, path(f"{axes}->{axes}", ones), square)


_SIGMOID = "{0}(1 - {0})"
_FORMULAS: dict[str, Formula] = {
    _SIGMOID: _product,
    "1 - {0}²": _one_minus_square,
    "{0} alone": _itself,
    "1 - {0} alone": _complement,
}
