"""What had to be assumed to read a lesson, in sentences."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from chainrule.ask.lessons.interpretation import Interpretation, stands
from chainrule.ask.lessons.lesson_text import LessonText
from chainrule.ask.lessons.placement import Cell, Placement
from chainrule.ask.lessons.placing import place
from chainrule.ask.lessons.prose import Prose
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
    yield from _numbering(interpretation, lesson)
    yield _activation(interpretation, prose)
    yield _loss(interpretation, prose)
    if interpretation.frozen:
        yield "biases are not updated"
    yield from interpretation.placement.notes
    placement = interpretation.placement
    if not placement.rate and any("'" in claim.quantity for claim in placement.claims):
        yield "no learning rate was found, so new values are left out"


def _loss(interpretation: Interpretation, prose: Prose) -> str:
    formula = interpretation.example.network.loss.words.formula
    reason = prose.loss.reason or "not stated"
    if len(prose.loss.names) > 1:
        reason += f"; of {len(prose.loss.names)} losses that may be meant, it agrees with most numbers"
    return f"the loss: {formula} ({interpretation.architecture.loss}), {reason}"


def _activation(interpretation: Interpretation, prose: Prose) -> str:
    depth, architecture = interpretation.architecture.layout.depth, interpretation.architecture
    agree = f"not stated; {interpretation.agreeing} of {len(interpretation.claims)} numbers agree with it"
    output = prose.output.reason or agree
    if depth == 1 or architecture.hidden == architecture.output:
        for_all = "" if depth == 1 else " for both layers" if depth == 2 else f" for all {depth} layers"
        return f"activation {architecture.output}{for_all}, {output}"
    hidden = prose.hidden.reason or agree
    return (
        f"activation {architecture.hidden} for hidden layers ({hidden}), "
        f"{architecture.output} for the last ({output})"
    )


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
    placement = place(lesson.statements, architecture.layout, architecture.loss)
    alternative = replace(interpretation, architecture=architecture, placement=placement)
    if not alternative.placement.missing() and stands(alternative):
        sentence += (
            f": {interpretation.agreeing} of {len(interpretation.claims)} numbers agree with that, "
            f"{alternative.agreeing} the other way"
        )
    yield sentence
