"""Mistakes with rows and factors: rows averaged twice or not at all, one row alone, twice, half, the sign."""

from collections.abc import Iterator

import numpy as np

from chainrule.ask.causes import number_edits as edits
from chainrule.ask.causes.hypothesis import Change, Hypothesis, mistake
from chainrule.ask.causes.structure import Structure, cost_of, listed
from chainrule.ask.documents.names import pretty
from chainrule.numbers import Number, given, number, path

_ROWS = 8  # with more, nobody takes one alone


def rows_and_factors(structure: Structure) -> Iterator[Hypothesis]:
    """What becomes of the gradients when rows are put together otherwise, or a factor comes in."""
    weights = [f"dE/d{layer.w}" for layer in structure.layers]
    biases = [
        f"dE/d{layer.b}"
        for layer in structure.layers
        if layer.b in structure.case.parameters and f"dE/d{layer.b}" in structure.numbers
    ]
    groups = [[name] for name in (*weights, *biases)]
    groups += [group for group in (weights, biases) if len(group) > 1]
    for group in groups:
        yield from _scaled(structure, group)
        yield from _single_rows(structure, group)
    if weights and biases:
        yield from _single_rows(structure, [*weights, *biases])
    yield from _single_rows(structure, [structure.end.name])
    yield from _along_units(structure, biases)
    yield from _signs(structure)


def _factors(structure: Structure) -> Iterator[tuple[float, str, str]]:
    """Factors that come into a gradient: the number, in a few words, and what is right."""
    rows = structure.summed_rows
    if rows > 1 and structure.case.convention.batch == "mean":
        yield 1 / rows, "averaged twice over the rows", "they are averaged once"
        yield float(rows), "summed over the rows", "the rows are averaged"
    elif rows > 1:
        yield 1 / rows, "averaged over the rows", "the rows are added up"
    yield -1.0, "with the wrong sign", "the minus belongs to the step alone"
    yield 2.0, "twice too large", "nothing is doubled"
    yield 0.5, "half as large", "nothing is halved"
    yield 0.0, "left at zero", "E depends on every parameter"


def _scaled(structure: Structure, group: list[str]) -> Iterator[Hypothesis]:
    label, verb = listed(group), "is" if len(group) == 1 else "are"
    for value, wording, rule in _factors(structure):
        yield mistake(
            f"{label} {wording}",
            f"{label} {verb} {wording}: {rule}.",
            dict.fromkeys(group, _times(value)),
            cost_of(group, 1.1),
        )


def _times(value: float) -> Change:
    return lambda node: edits.times(node, f"{value:g}", value)


def _single_rows(structure: Structure, group: list[str]) -> Iterator[Hypothesis]:
    """One row alone, with its share in the mean or without."""
    rows = structure.summed_rows
    if not 1 < rows <= _ROWS:
        return
    mean = structure.case.convention.batch == "mean"
    at_end = group == [structure.end.name]
    label = "the gradients" if at_end else listed(group)
    scales = (1.0, float(rows)) if mean and at_end else (1.0,)
    for k in range(rows):
        for scale in scales:

            def alone(node: Number, k: int = k, scale: float = scale) -> Number:
                single = edits.only(node, "n", k)
                return single if scale == 1 else edits.times(single, f"{scale:g}", scale)

            share = ", with its share in the mean" if mean and at_end and scale == 1 else ""
            name = f"row {k} alone in {label}{share}"
            text = f"{label[0].upper()}{label[1:]} come from row {k} alone{share}: all {rows} rows add to E."
            yield mistake(name, text, dict.fromkeys(group, alone), 1.1 + 0.02 * bool(share))
            if at_end:
                error_too = {group[0]: alone, "E": alone}
                yield mistake(
                    f"row {k} alone{share}",
                    f"Only row {k} is used{share}: there are {rows}.",
                    error_too,
                    1.08,
                )


def _along_units(structure: Structure, biases: list[str]) -> Iterator[Hypothesis]:
    """∂E/∂b added up over the units, which gives one number a row; square arrays let that pass."""
    for layer in structure.layers:
        name = f"dE/d{layer.b}"
        shape = structure.numbers[layer.dz].array.shape
        if name in biases and len(shape) == 2 and shape[0] == shape[1] > 1:
            yield mistake(
                f"{pretty(name)} summed over the units",
                f"{pretty(name)} is added up over the units, one number a row: it is the sum over the rows.",
                {name: _over_units},
                1.1,
            )


def _over_units(node: Number) -> Number:
    dz = node.paths[0].factors[0]
    units = given("1", np.ones(dz.array.shape[1]))
    return number(node.name, path("nj,j->n", dz, units), *node.paths[1:])


def _signs(structure: Structure) -> Iterator[Hypothesis]:
    """The sign of an error signal on its way back."""
    for gradient in structure.hidden_errors:
        yield mistake(
            f"sign of {pretty(gradient.name)}",
            f"{pretty(gradient.name)} has the wrong sign: the minus is in the error already.",
            {gradient.name: _times(-1.0)},
            1.1,
        )
