"""Mistakes of learners in the backward pass and the update, each a change of a step's Numbers."""

from collections.abc import Iterator

from chainrule.ask.cases.case import Case
from chainrule.ask.causes import number_edits as edits
from chainrule.ask.causes.error_mistakes import errors
from chainrule.ask.causes.factor_edits import exchanging
from chainrule.ask.causes.gradient_mistakes import gradients
from chainrule.ask.causes.hypothesis import Change, Hypothesis, mistake
from chainrule.ask.causes.number_edits import called
from chainrule.ask.causes.optimizer_mistakes import optimizers
from chainrule.ask.causes.penalty_mistakes import penalties
from chainrule.ask.causes.row_mistakes import rows_and_factors
from chainrule.ask.causes.slope_mistakes import slopes
from chainrule.ask.causes.structure import Structure, grouped, listed
from chainrule.ask.causes.way_back_mistakes import way_back
from chainrule.ask.documents.names import pretty
from chainrule.numbers import Number, given, number
from chainrule.quantities import base, is_bias, is_weight, parse


def mistakes(case: Case) -> Iterator[Hypothesis]:
    """What learners do otherwise in the backward pass and the update of `case`, the likeliest first."""
    structure = Structure(case)
    yield from slopes(structure)
    yield from errors(structure)
    yield from way_back(structure)
    yield from gradients(structure)
    yield from rows_and_factors(structure)
    yield from penalties(structure)
    if case.learning_rate is not None:
        yield from _updates(structure)
        yield from optimizers(case)


# --- the update


def _updates(structure: Structure) -> Iterator[Hypothesis]:
    names = [f"{name}'" for name in structure.case.parameters if f"dE/d{name}" in structure.numbers]
    by_the_book = structure.case.optimizer.words.formula.replace("αg", "α ∂E/∂w")
    kinds: list[tuple[str, str, Change]] = [
        (
            "sign of the step",
            f"The step goes up the gradient: {by_the_book} goes down.",
            lambda node: edits.left_out(node, called("-1")),
        ),
        (
            "α left out",
            f"α is left out of the update: {by_the_book}.",
            lambda node: edits.left_out(node, called("α")),
        ),
        (
            "α applied twice",
            f"α is applied twice: {by_the_book}.",
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
    square = [n for n in weights if _is_square(structure.case.parameters[str(base(parse(n)))].shape)]
    for group in grouped(square):
        yield mistake(
            f"gradient transposed in the update: {listed(group)}",
            f"{listed(group)} {'is' if len(group) == 1 else 'are'} made with the gradient the other way "
            "round, transposed.",
            dict.fromkeys(group, _with_transposed_gradient),
            1.05,
        )
    yield mistake(
        "the step alone",
        "What stands as w' is the step alone, -α ∂E/∂w: it is added to w.",
        dict.fromkeys(names, _step_alone),
        1.1,
    )
    first_gradients = {f"{name}'": gradient for name, gradient in structure.case.sweep.gradients.items()}
    stale: dict[str, Change] = {
        name: exchanging(gradient.name, given(gradient.name, gradient.array))
        for name, gradient in first_gradients.items()
    }
    yield mistake(
        "stale gradients",
        "Every update goes by the gradients of the first step: they have to be computed anew after each.",
        stale,
        1.1,
    )


def _is_square(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and shape[0] == shape[1] > 1


def _with_transposed_gradient(node: Number) -> Number:
    parameter, *steps = node.paths
    return number(node.name, parameter, *(p.summed_to(p.equation.result.reversed()) for p in steps))


def _step_alone(node: Number) -> Number:
    """Without what it starts from; a parameter that does not learn has no step."""
    return number(node.name, *(node.paths[1:] or node.paths))
