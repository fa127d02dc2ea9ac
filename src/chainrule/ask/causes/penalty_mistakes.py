"""Mistakes with the penalty on the weights: λw left out, in E or in the gradients alone, twice, of biases."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from chainrule.ask.causes.hypothesis import Change, Hypothesis, mistake, rewriting_by
from chainrule.ask.causes.number_edits import called
from chainrule.ask.causes.structure import Structure
from chainrule.numbers import Number, constant, number, path

_DECAY = "λ"


def penalties(structure: Structure) -> Iterator[Hypothesis]:
    """Other ways with ½ λ Σ w² and its slope λ w, where there is a penalty."""
    case = structure.case
    if not case.weight_decay:
        return
    stated = f"λ = {case.weight_decay:g}"
    yield Hypothesis(
        "convention",
        "weight decay left out",
        f"The penalty ½ λ Σ w² with {stated} is left out.",
        case=lambda case: replace(case, weight_decay=0.0),
    )
    gradients = [f"dE/d{layer.w}" for layer in structure.layers]
    kinds: list[tuple[str, str, list[str], Change]] = [
        ("λw left out of the gradients", "λ w is left out of the gradients.", gradients, _without),
        ("penalty left out of E", "The penalty ½ λ Σ w² is left out of E alone.", ["E"], _without),
        ("λw twice too large", "The gradients hold 2 λ w: of ½ λ Σ w² it is λ w.", gradients, _scaled(2.0)),
        ("penalty without the ½", "The penalty in E is λ Σ w²: here it is ½ λ Σ w².", ["E"], _scaled(2.0)),
        ("λw with the wrong sign", "λ w is taken off the gradients: it adds.", gradients, _scaled(-1.0)),
    ]
    rows = len(case.x)
    if rows > 1:
        text = f"λ w is divided by the {rows} rows: the penalty is no mean over rows."
        kinds.append(("λw averaged over the rows", text, gradients, _scaled(1 / rows)))
    for name, text, targets, change in kinds:
        yield mistake(name, text, dict.fromkeys(targets, change), 1.05)
    biases = [layer.b for layer in structure.layers if layer.b in case.parameters]
    decaying = [b for b in biases if b not in case.absent and case.parameters[b].any()]
    if decaying:
        yield Hypothesis(
            "mistake",
            "λb added for the biases",
            "λ b is added to the gradients of biases: weights alone decay.",
            1.1,
            mistakes=(rewriting_by(_decaying(decaying, case.weight_decay)),),
        )


def _without(node: Number) -> Number:
    paths = [p for p in node.paths if all(f.name != _DECAY for f in p.factors)]
    return number(node.name, *paths, through=node.through)


def _scaled(value: float) -> Change:
    def change(node: Number) -> Number:
        factor = constant(f"{value:g}", value, like=node)
        paths = [p.times("", factor) if any(map(called(_DECAY), p.factors)) else p for p in node.paths]
        return number(node.name, *paths, through=node.through)

    return change


def _decaying(biases: list[str], rate: float) -> Callable[[Mapping[str, Number]], Mapping[str, Change]]:
    def changes(numbers: Mapping[str, Number]) -> Mapping[str, Change]:
        def with_penalty(bias: Number) -> Change:
            return lambda node: number(
                node.name, *node.paths, path(",j->j", constant(_DECAY, rate, bias), bias)
            )

        return {f"dE/d{b}": with_penalty(numbers[b]) for b in biases}

    return changes
