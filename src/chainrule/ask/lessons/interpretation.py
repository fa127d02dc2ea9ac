"""Interpretations of a lesson: a layout, activations and a loss; most of its numbers agree with the best."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, pairwise
from pathlib import PurePath

from chainrule.ask.cases import example
from chainrule.ask.cases.address import Address
from chainrule.ask.cases.claim import Claim
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.toml_writer import LayerValues, toml
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.lessons.candidates import layouts
from chainrule.ask.lessons.lesson_text import LessonText
from chainrule.ask.lessons.numbering import Layout
from chainrule.ask.lessons.placement import LessonClaim, Placement
from chainrule.ask.lessons.placing import place
from chainrule.ask.lessons.prose import Prose
from chainrule.ask.lessons.statements import Statement
from chainrule.ask.lessons.symbol import LessonSymbol
from chainrule.errors import InputError

_TRIED = 16  # ways to number a network, at most
_LARGEST = 4000  # weights and biases of a worked example, at most


@dataclass(frozen=True)
class Architecture:
    """One way to read a lesson: a layout, activations and a loss."""

    layout: Layout
    hidden: str
    output: str
    loss: str

    @property
    def activations(self) -> tuple[str, ...]:
        fused = self.loss in ("softmax_cross_entropy", "binary_cross_entropy")
        output = "" if fused else self.output
        return (*(self.hidden,) * (self.layout.depth - 1), output)


@dataclass(frozen=True)
class Interpretation:
    """A way to read a lesson, and what its statements come to in it."""

    architecture: Architecture
    placement: Placement
    title: str
    source: str
    frozen: bool

    @cached_property
    def claims(self) -> tuple[LessonClaim, ...]:
        """The claims, those after the update told apart; without a learning rate, none of new values."""
        claims = [
            claim for claim in self.placement.claims if self.placement.rate or "'" not in claim.quantity
        ]
        return tuple(self._in_time(claim) for claim in claims)

    def _in_time(self, claim: LessonClaim) -> LessonClaim:
        if not claim.later or not self.placement.rate:
            return claim
        next_quantity = f"{claim.quantity}@1"
        agrees = self._near(claim.quantity, claim.printed)
        agrees_next = self._near(next_quantity, claim.printed)
        moved = (agrees_next and not agrees) or (agrees_next == agrees and claim.is_headed)
        return replace(claim, quantity=next_quantity) if moved else claim

    def _near(self, quantity: str, printed: str) -> bool:
        expression = self._bare.asked(quantity)
        value_of = self._trajectory.value
        value = value_of(expression) if isinstance(expression, Address) else expression.value(value_of)
        claim = Claim(quantity, printed)
        return claim.near(value) or claim.truncates(value)

    @cached_property
    def _bare(self) -> Example:
        return example.parse(self._written(()), self.source)

    @cached_property
    def _trajectory(self) -> Trajectory:
        return Trajectory(self._bare)

    @cached_property
    def agreeing(self) -> int:
        """How many claims are what is computed."""
        return sum(self._near(claim.quantity, claim.printed) for claim in self.claims)

    def _written(self, claims: Sequence[LessonClaim]) -> str:
        architecture = self.architecture
        placement, printed = self.placement, dict[str, list[str]]()
        for claim in claims:
            printed.setdefault(claim.quantity, []).append(claim.printed)
        return toml(
            self.title,
            architecture.loss,
            placement.matrix("x"),
            placement.matrix("t"),
            [
                LayerValues(activation or "", placement.matrix(f"w{layer}"), placement.biases(layer))
                for layer, activation in enumerate(architecture.activations, 1)
            ],
            learning_rate=placement.number(placement.rate) if placement.rate else None,
            convention={"update_biases": False} if self.frozen else {},
            names=placement.names,
            claims=printed,
        )

    @cached_property
    def toml(self) -> str:
        return self._written(self.claims)

    @cached_property
    def example(self) -> Example:
        return example.parse(self.toml, self.source)


def best(lesson: LessonText, source: str) -> Interpretation:
    """The reading with which most numbers agree; of equals, the first."""
    statements, title = lesson.statements, lesson.title or PurePath(source).stem
    prose = lesson.prose
    template = Architecture(
        Layout((1, 1), "numbered"), prose.hidden.names[0], prose.output.names[0], prose.loss.names[0]
    )

    def interpretation(architecture: Architecture) -> Interpretation:
        placement = place(statements, architecture.layout, architecture.loss)
        return Interpretation(architecture, placement, title, source, prose.frozen)

    candidates = [
        interpretation(replace(template, layout=layout))
        for layout in islice(layouts(list(statements), prose.sizes), _TRIED)
        if sum(a * b for a, b in pairwise(layout.sizes)) <= _LARGEST
    ]
    complete = [candidate for candidate in candidates if not candidate.placement.missing()]
    if not complete:
        raise InputError(_missing(statements, candidates))
    best = max(complete, key=_worth)
    for _ in range(2):
        for choices in _choices(best.architecture, prose):
            best = max(filter(stands, map(interpretation, choices)), key=_worth, default=best)
        revisions = [
            interpretation(replace(best.architecture, layout=candidate.architecture.layout))
            for candidate in complete
        ]
        best = max([best, *filter(stands, revisions)], key=_worth)
    return best


def _choices(architecture: Architecture, prose: Prose) -> Iterator[list[Architecture]]:
    yield [
        replace(architecture, hidden=name) for name in _current_first(architecture.hidden, prose.hidden.names)
    ]
    yield [
        replace(architecture, output=name) for name in _current_first(architecture.output, prose.output.names)
    ]
    yield [replace(architecture, loss=name) for name in _current_first(architecture.loss, prose.loss.names)]


def _current_first(current: str, names: Sequence[str]) -> list[str]:
    return [current, *(name for name in names if name != current)]


def stands(interpretation: Interpretation) -> bool:
    """Whether it makes a worked example."""
    try:
        return bool(interpretation.example)
    except InputError:
        return False


def _worth(interpretation: Interpretation) -> tuple[int, int, int]:
    """How much speaks for a reading: numbers that agree, numbers placed, nothing left."""
    if not stands(interpretation):
        return (-1, 0, 0)
    return (interpretation.agreeing, len(interpretation.claims), -len(interpretation.placement.unplaced))


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
