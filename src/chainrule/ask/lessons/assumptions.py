"""What had to be assumed to read a lesson, in sentences."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from chainrule.ask.lessons.interpretation import Interpretation, stands
from chainrule.ask.lessons.lesson_text import LessonText
from chainrule.ask.lessons.placement import Cell, Placement
from chainrule.ask.lessons.placing import place
from chainrule.ask.lessons.prose import Prose

_ROWS = {
    ("numbered", True): "weights are numbered unit by unit",
    ("numbered", False): "weights are numbered input by input",
    ("paired", True): "w_12 belongs to unit 1 and input 2",
    ("paired", False): "w_12 goes from input 1 to unit 2",
    ("matrix", True): "a row of a weight matrix is a unit",
    ("matrix", False): "a row of a weight matrix is an input",
}


def assumed(best: Interpretation, lesson: LessonText) -> Iterator[str]:
    """What the lesson does not say in so many words."""
    layout, said = best.way.layout, lesson.words
    yield from lesson.assumed
    yield f"{'-'.join(map(str, layout.sizes))} from {_names(best.placed)}"
    yield from _numbering(best, lesson)
    yield _activation(best, said)
    yield _loss(best, said)
    if best.frozen:
        yield "biases are not updated"
    yield from best.placed.notes
    if not best.placed.rate and any("'" in one.quantity for one in best.placed.claims):
        yield "no learning rate was found, so new values are left out"


def _loss(best: Interpretation, said: Prose) -> str:
    formula = best.example.network.loss.words.formula
    why = said.loss.why or "not stated"
    if len(said.loss.among) > 1:
        why += f"; of {len(said.loss.among)} losses that may be meant, it agrees with most numbers"
    return f"the loss: {formula} ({best.way.loss}), {why}"


def _activation(best: Interpretation, said: Prose) -> str:
    depth, way = best.way.layout.depth, best.way
    agree = f"not stated; {best.agreeing} of {len(best.claims)} numbers agree with it"
    output = said.output.why or agree
    if depth == 1 or way.hidden == way.output:
        for_all = "" if depth == 1 else " for both layers" if depth == 2 else f" for all {depth} layers"
        return f"activation {way.output}{for_all}, {output}"
    hidden = said.hidden.why or agree
    return f"activation {way.hidden} for hidden layers ({hidden}), {way.output} for the last ({output})"


def _names(placed: Placement) -> str:
    """`w1, b1, w2, b2`: the arrays that were given."""
    return ", ".join(dict.fromkeys(name for name, _ in sorted(placed.given, key=_order) if name not in "xt"))


def _order(cell: Cell) -> tuple[int, int]:
    return int(cell[0][1:] or 0), "xtwb".find(cell[0][0])


def _numbering(best: Interpretation, lesson: LessonText) -> Iterator[str]:
    """How biases and weights are numbered, where that can be told in two ways."""
    layout = best.way.layout
    has_biases = any(name[0] == "b" for name, _ in best.placed.given)
    if has_biases and layout.biases == "layer" and layout.style == "numbered" and not layout.is_chain:
        yield "b1, b2 and so on belong to layers: one bias for all units of a layer"
    told = _ROWS.get((layout.style, layout.unit_first))
    if not told or not any(inputs > 1 and units > 1 for inputs, units in pairwise(layout.sizes)):
        return
    way = replace(best.way, layout=replace(layout, unit_first=not layout.unit_first))
    other = replace(best, way=way, placed=place(lesson.said, way.layout, way.loss))
    if not other.placed.missing() and stands(other):
        told += (
            f": {best.agreeing} of {len(best.claims)} numbers agree with that, {other.agreeing} the other way"
        )
    yield told
