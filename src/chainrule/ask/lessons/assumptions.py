"""What had to be assumed to read a lesson, in sentences."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from chainrule.ask.lessons.interpretation import Interpretation, stands
from chainrule.ask.lessons.lesson_text import LessonText
from chainrule.ask.lessons.placement import Cell, Placement
from chainrule.ask.lessons.placing import place
from chainrule.ask.lessons.prose import Alternatives, Prose
from chainrule.quantities import is_bias, parse, variable

_ROWS = {
    ("numbered", True): "weights are numbered unit by unit",
    ("numbered", False): "weights are numbered input by input",
    ("paired", True): "w_12 belongs to unit 1 and input 2",
    ("paired", False): "w_12 goes from input 1 to unit 2",
    ("matrix", True): "a row of a weight matrix is a unit",
    ("matrix", False): "a row of a weight matrix is an input",
}


def assumed(interpretation: Interpretation, lesson: LessonText) -> Iterator[str]:
    """What the lesson does not say in so many words."""
    layout, prose = interpretation.architecture.layout, lesson.prose
    yield from lesson.assumed
    yield f"{'-'.join(map(str, layout.sizes))} from {_names(interpretation.placement)}"
    dialect = interpretation.architecture.dialect
    if dialect.biases:
        role = "thresholds, which are taken off: b = -" if dialect.thresholds else "biases"
        yield f"{' and '.join(dialect.biases)} are {role}{dialect.biases[0] if dialect.thresholds else ''}"
    yield from _numbering(interpretation, lesson)
    yield _activation(interpretation, prose)
    if interpretation.placement.is_forward:
        yield "no target was found, so only the forward pass is checked"
    else:
        yield _loss(interpretation, prose)
    if interpretation.frozen:
        yield "biases are not updated"
    placement = interpretation.placement
    yield from _restated(interpretation)
    yield from placement.notes
    if not placement.rate and any("'" in claim.quantity for claim in placement.claims):
        yield "no learning rate was found, so new values are left out"


def _loss(interpretation: Interpretation, prose: Prose) -> str:
    formula = interpretation.example.network.loss.words.formula
    name = interpretation.architecture.loss
    reason = _reason(interpretation, name, prose.loss) or "not stated"
    is_open = len(prose.loss.names) > 1 and not prose.loss.reason.startswith("from the formula")
    if is_open and name in prose.loss.names:
        reason += f"; of {len(prose.loss.names)} losses that may be meant, it agrees with most numbers"
    return f"the loss: {formula} ({name}), {reason}"


def _activation(interpretation: Interpretation, prose: Prose) -> str:
    depth, architecture = interpretation.architecture.layout.depth, interpretation.architecture
    if architecture.activations[-1] == "":
        output = interpretation.example.network.loss.activation or "identity"
        why = prose.output.reason if output in prose.output.names else "a part of the loss"
    else:
        output = architecture.output
        why = _reason(interpretation, output, prose.output) or _agreement(interpretation, "not stated")
    if depth == 1 or architecture.hidden == output:
        for_all = "" if depth == 1 else " for both layers" if depth == 2 else f" for all {depth} layers"
        return f"activation {output}{for_all}, {why}"
    hidden = _reason(interpretation, architecture.hidden, prose.hidden) or _agreement(
        interpretation, "not stated"
    )
    return f"activation {architecture.hidden} for hidden layers ({hidden}), {output} for the last ({why})"


def _reason(interpretation: Interpretation, name: str, proposal: Alternatives) -> str:
    """From which words something was read; that the numbers speak against the words, where they do."""
    if not proposal.reason or name == proposal.names[0]:
        return proposal.reason
    if name in proposal.names:
        return f"{proposal.reason} and others"
    return _agreement(interpretation, f"where {proposal.names[0]} is named")


def _agreement(interpretation: Interpretation, because: str) -> str:
    return f"{because}; {interpretation.agreeing} of {len(interpretation.claims)} numbers agree with it"


def _restated(interpretation: Interpretation) -> Iterator[str]:
    """New values that are stated like givens."""
    placement = interpretation.placement
    for claim in interpretation.claims:
        if claim.is_restated:
            name, _, _ = claim.quantity.partition("'")
            initial = next(
                (value for (parameter, _), value in placement.givens.items() if parameter == name), "?"
            )
            stated = f"{claim.name} = {claim.printed}, {initial} before"
            yield f"{claim.place}: {stated}: taken as the updated value"


def _names(placement: Placement) -> str:
    """`w1, b1, w2, b2`: the arrays that were given."""
    return ", ".join(
        dict.fromkeys(name for name, _ in sorted(placement.givens, key=_order) if name not in "xt")
    )


def _order(cell: Cell) -> tuple[int, int]:
    array = variable(cell[0])
    return array.layer or 0, "xtwb".find(array.letter)


def _numbering(interpretation: Interpretation, lesson: LessonText) -> Iterator[str]:
    """How biases and weights are numbered, where that can be told in two ways."""
    layout = interpretation.architecture.layout
    has_biases = any(is_bias(parse(name)) for name, _ in interpretation.placement.givens)
    if has_biases and layout.biases == "layer" and layout.style == "numbered" and not layout.is_chain:
        yield "b1, b2 and so on belong to layers: one bias for all units of a layer"
    sentence = _ROWS.get((layout.style, layout.unit_first))
    if not sentence or not any(inputs > 1 and units > 1 for inputs, units in pairwise(layout.sizes)):
        return
    architecture = replace(
        interpretation.architecture, layout=replace(layout, unit_first=not layout.unit_first)
    )
    statements = architecture.dialect.spoken(lesson.statements)
    placement = place(
        statements,
        architecture.layout,
        architecture.loss,
        latest_counts=architecture.latest_counts,
        slopes_turned=architecture.dialect.slopes_turned,
    )
    alternative = replace(interpretation, architecture=architecture, placement=placement)
    if not alternative.placement.missing() and stands(alternative):
        sentence += (
            f": {interpretation.agreeing} of {len(interpretation.claims)} numbers agree with that, "
            f"{alternative.agreeing} the other way"
        )
    yield sentence
