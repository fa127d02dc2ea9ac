"""Ways to read a lesson: layouts, activations and losses; the one that its own numbers speak for is taken."""

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
        last = "" if fused else self.output
        return (*(self.hidden,) * (self.layout.depth - 1), last)


@dataclass(frozen=True)
class Interpretation:
    """A way to read a lesson, and what its statements come to in it."""

    way: Architecture
    placed: Placement
    title: str
    source: str
    frozen: bool

    @cached_property
    def claims(self) -> tuple[LessonClaim, ...]:
        """The claims, those after the update told apart; without a learning rate, none of new values."""
        claims = [one for one in self.placed.claims if self.placed.rate or "'" not in one.quantity]
        return tuple(self._in_time(one) for one in claims)

    def _in_time(self, one: LessonClaim) -> LessonClaim:
        if not one.later or not self.placed.rate:
            return one
        after = f"{one.quantity}@1"
        now, then = self._near(one.quantity, one.printed), self._near(after, one.printed)
        moved = (then and not now) or (then == now and one.is_headed)
        return replace(one, quantity=after) if moved else one

    def _near(self, quantity: str, printed: str) -> bool:
        asked = self._bare.asked(quantity)
        of = self._world.value
        value = of(asked) if isinstance(asked, Address) else asked.value(of)
        claim = Claim(quantity, printed)
        return claim.near(value) or claim.truncates(value)

    @cached_property
    def _bare(self) -> Example:
        return example.parse(self._written(()), self.source)

    @cached_property
    def _world(self) -> Trajectory:
        return Trajectory(self._bare)

    @cached_property
    def agreeing(self) -> int:
        """How many claims are what is computed."""
        return sum(self._near(one.quantity, one.printed) for one in self.claims)

    def _written(self, claims: Sequence[LessonClaim]) -> str:
        way = self.way
        placed, printed = self.placed, dict[str, list[str]]()
        for claim in claims:
            printed.setdefault(claim.quantity, []).append(claim.printed)
        return toml(
            self.title,
            way.loss,
            placed.matrix("x"),
            placed.matrix("t"),
            [
                LayerValues(activation or "", placed.matrix(f"w{layer}"), placed.biases(layer))
                for layer, activation in enumerate(way.activations, 1)
            ],
            learning_rate=placed.number(placed.rate) if placed.rate else None,
            convention={"update_biases": False} if self.frozen else {},
            names=placed.names,
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
    said, title = lesson.said, lesson.title or PurePath(source).stem
    prose = lesson.words
    first = Architecture(
        Layout((1, 1), "numbered"), prose.hidden.among[0], prose.output.among[0], prose.loss.among[0]
    )

    def reading(way: Architecture) -> Interpretation:
        return Interpretation(way, place(said, way.layout, way.loss), title, source, lesson.words.frozen)

    found = [
        reading(replace(first, layout=one))
        for one in islice(layouts(list(said), lesson.words.sizes), _TRIED)
        if sum(a * b for a, b in pairwise(one.sizes)) <= _LARGEST
    ]
    whole = [one for one in found if not one.placed.missing()]
    if not whole:
        raise InputError(_missing(said, found))
    best = max(whole, key=_worth)
    for _ in range(2):
        for choices in _choices(best.way, lesson.words):
            best = max(filter(stands, map(reading, choices)), key=_worth, default=best)
        again = [reading(replace(best.way, layout=one.way.layout)) for one in whole]
        best = max([best, *filter(stands, again)], key=_worth)
    return best


def _choices(way: Architecture, said: Prose) -> Iterator[list[Architecture]]:
    yield [replace(way, hidden=one) for one in _first(way.hidden, said.hidden.among)]
    yield [replace(way, output=one) for one in _first(way.output, said.output.among)]
    yield [replace(way, loss=one) for one in _first(way.loss, said.loss.among)]


def _first(now: str, among: Sequence[str]) -> list[str]:
    return [now, *(one for one in among if one != now)]


def stands(one: Interpretation) -> bool:
    """Whether it makes a worked example."""
    try:
        return bool(one.example)
    except InputError:
        return False


def _worth(one: Interpretation) -> tuple[int, int, int]:
    """How much speaks for a reading: numbers that agree, numbers placed, nothing left."""
    return (one.agreeing, len(one.claims), -len(one.placed.left)) if stands(one) else (-1, 0, 0)


def _missing(said: Sequence[Statement], found: Sequence[Interpretation]) -> str:
    """What a lesson lacks, in one line."""
    kinds = {one.kind for s in said for one in s.symbols if isinstance(one, LessonSymbol)}
    for kind, what in (
        ("w", "found no weight, such as `w_1 = 0.15` in maths, code or a table"),
        ("x", "found no input, such as `x_1 = 0.1`"),
        ("t", "found no target, such as `T = 0.25`"),
    ):
        if kind not in kinds:
            return what
    if not found:
        count = len(
            {one for s in said for one in s.symbols if isinstance(one, LessonSymbol) and one.kind == "w"}
        )
        return (
            f"found {count} {'weight' if count == 1 else 'weights'}, but no layers that they belong to; "
            "name them w_1, w_2, ..., or by layer, w^{(1)}_{12}, or as matrices"
        )
    least = min(found, key=lambda one: len(one.placed.missing()))
    lacking = [f"{name}[{','.join(map(str, at))}]" for name, at in least.placed.missing()]
    more = f" and {len(lacking) - 4} more" if len(lacking) > 4 else ""
    sizes = "-".join(map(str, least.way.layout.sizes))
    return f"read as {sizes}, no number was found for {', '.join(lacking[:4])}{more}"
