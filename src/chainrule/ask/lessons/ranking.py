"""The search for the reading of a lesson: all candidates, ranked by how many numbers agree with each."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice, pairwise
from pathlib import PurePath

from chainrule.ask.lessons import architecture_choice as choice
from chainrule.ask.lessons.architecture_choice import Architecture
from chainrule.ask.lessons.candidates import layouts
from chainrule.ask.lessons.dialect import Dialect, dialects
from chainrule.ask.lessons.interpretation import Interpretation, stands
from chainrule.ask.lessons.lesson_text import LessonText
from chainrule.ask.lessons.numbering import Layout
from chainrule.ask.lessons.placement import Placement
from chainrule.ask.lessons.placing import place
from chainrule.ask.lessons.prose import Prose
from chainrule.ask.lessons.statements import Statement
from chainrule.ask.lessons.symbol import LessonSymbol
from chainrule.errors import InputError

_TRIED = 16  # ways to number a network, at most
_CLEAR = 6  # numbers that agree, of so many that one need not look further
_REFINED = 3  # of these, the ones for which all activations and losses are tried
_LARGEST = 4000  # weights and biases of a worked example, at most
_AGAINST = 0.5  # numbers that agree weigh more than numbers that do not: some of these are mistakes


def interpretations(lesson: LessonText, source: str) -> list[Interpretation]:
    """The readings of a lesson, the best first: that with which most numbers agree, then what its words say.

    Raises:
        InputError: there is none; what is missing for a worked example is named.
    """
    prose = lesson.prose
    title = lesson.title or PurePath(source).stem
    spoken: dict[Dialect, tuple[Statement, ...]] = {}

    @cache
    def placement(dialect: Dialect, layout: Layout, loss: str, latest_counts: bool) -> Placement:
        return place(
            spoken[dialect], layout, loss, latest_counts=latest_counts, slopes_turned=dialect.slopes_turned
        )

    def interpretation(architecture: Architecture) -> Interpretation:
        placed = placement(
            architecture.dialect, architecture.layout, architecture.loss, architecture.latest_counts
        )
        return Interpretation(architecture, placed, title, source, prose.frozen, architecture.cost(prose))

    candidates: list[Interpretation] = []
    for dialect in dialects(lesson.statements):
        spoken[dialect] = dialect.spoken(lesson.statements)
        for layout in islice(layouts(list(spoken[dialect]), prose.sizes), _TRIED):
            if sum(a * b for a, b in pairwise(layout.sizes)) <= _LARGEST:
                earliest, latest = (
                    interpretation(choice.first_choice(layout, dialect, prose, latest_counts=latest))
                    for latest in (False, True)
                )
                is_other = earliest.placement.givens != latest.placement.givens
                candidates += [earliest, latest] if is_other else [earliest]
    complete = [candidate for candidate in candidates if not candidate.placement.missing()]
    if not complete:
        raise InputError(_missing(lesson.statements, candidates))
    promising = _ranked(complete)[:_REFINED] or complete[:1]
    readings = list(promising)
    if _is_whole(promising[0]):
        return readings
    for alternatives in (choice.endings, choice.activations, choice.endings):
        promising = [
            max((candidate, *map(interpretation, alternatives(candidate.architecture, prose))), key=worth)
            for candidate in promising
        ]
        readings += promising
    ranked = _ranked(readings)
    if not ranked:
        return [complete[0]] if complete[0].is_example else []  # says why there is none
    return [replace(ranked[0], as_told=_as_told(ranked[0], prose, interpretation)), *ranked[1:]]


def _as_told(
    reading: Interpretation, prose: Prose, interpretation: Callable[[Architecture], Interpretation]
) -> Interpretation | None:
    """The best reading with the loss that the words name, where the numbers speak for another."""
    architecture = reading.architecture
    if not prose.loss.reason or architecture.loss in prose.loss.names:
        return None
    architecture = replace(architecture, loss=prose.loss.names[0])
    readings = _ranked(list(map(interpretation, choice.activations(architecture, prose))))
    return readings[0] if readings else None


def _is_whole(reading: Interpretation) -> bool:
    """Whether so many numbers agree, and none does not, that no other reading need be tried."""
    count = len(reading.claims)
    is_clear = count >= _CLEAR and not reading.anew and not reading.cost
    return stands(reading) and is_clear and reading.agreeing == count


def _ranked(readings: Sequence[Interpretation]) -> list[Interpretation]:
    """Those that make a worked example, the best first."""
    return sorted(filter(stands, readings), key=worth, reverse=True)


def worth(interpretation: Interpretation) -> tuple[float, int, int]:
    """How much speaks for a reading: numbers that agree, numbers placed, nothing left."""
    if not stands(interpretation):
        return (-100.0, 0, 0)
    claims, agreeing = len(interpretation.claims), interpretation.agreeing
    total = agreeing - _AGAINST * (claims - agreeing) - interpretation.cost - len(interpretation.anew)
    return (total, claims, -len(interpretation.unplaced))


def _missing(statements: Sequence[Statement], candidates: Sequence[Interpretation]) -> str:
    """What a lesson lacks, in one line."""
    symbols = {
        symbol for statement in statements for symbol in statement.symbols if isinstance(symbol, LessonSymbol)
    }
    kinds = {symbol.kind for symbol in symbols}
    for kind, message in (
        ("w", "found no weight, such as `w_1 = 0.15` in maths, code or a table"),
        ("x", "found no input, such as `x_1 = 0.1`"),
        ("t", "found no target, such as `T = 0.25`"),
    ):
        if kind not in kinds:
            return message
    if not candidates:
        count = sum(symbol.kind == "w" for symbol in symbols)
        return (
            f"found {count} {'weight' if count == 1 else 'weights'}, but no layers that they belong to; "
            "name them w_1, w_2, ..., or by layer, w^{(1)}_{12}, or as matrices"
        )
    closest = min(candidates, key=lambda candidate: len(candidate.placement.missing()))
    lacking = [f"{name}[{','.join(map(str, index))}]" for name, index in closest.placement.missing()]
    remainder = f" and {len(lacking) - 4} more" if len(lacking) > 4 else ""
    sizes = "-".join(map(str, closest.architecture.layout.sizes))
    return f"read as {sizes}, no number was found for {', '.join(lacking[:4])}{remainder}"
