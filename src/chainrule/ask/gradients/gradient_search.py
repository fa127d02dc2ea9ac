"""The search for the mistake behind claimed gradients: the engine's own, changed as the catalogue says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import combinations

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.ask.causes.attempt import attempt
from chainrule.ask.causes.catalogue import catalogue
from chainrule.ask.causes.cause import Cause
from chainrule.ask.causes.hypothesis import Hypothesis
from chainrule.ask.causes.structure import listed
from chainrule.engine.backprop import sweep
from chainrule.engine.data import recast
from chainrule.numbers import Array
from chainrule.quantities import is_bias, layer_of, parse

_ROUNDING = 2000  # roundings in a row that somebody's own code may make
_NOISE = 100  # times the difference between the engine's own float32 and float64
_LIKELY = 40  # mistakes that may be one of two in the same layer
_FIRST = 12  # mistakes that may be one of two
_FACTORS = (2.0, 0.5, -1.0, -2.0, -0.5)


@dataclass(frozen=True)
class Compared:
    """The gradient of one parameter.

    Attributes:
        parameter: its name, `w1`.
        right: whether it is, to rounding.
        error: the largest difference, in absolute terms, and the index `at` which it is.
        claimed: what stands there.
        correct: what belongs there.
        note: what it is right up to: a factor, or being transposed.
    """

    parameter: str
    right: bool
    error: float
    at: tuple[int, ...]
    claimed: float
    correct: float
    note: str = ""


@dataclass(frozen=True, eq=False)
class GradientSearch:
    """The engine's gradients, and which mistakes give the claimed ones."""

    case: Case
    claimed: Mapping[str, Array]
    row_by_row: tuple[str, ...] = ()  # biases whose gradients were not summed over the rows

    @cached_property
    def correct(self) -> dict[str, Array]:
        gradients = self.case.sweep.gradients
        return {name: gradients[name].array for name in self.claimed}

    @cached_property
    def room(self) -> dict[str, Array]:
        """How far rounding may lead, by parameter: as far as the engine's own float32 is off, and some."""
        case, single = self.case, {k: v.astype(np.float32) for k, v in self.case.parameters.items()}
        x, t = recast(case.x, np.float32), recast(case.t, np.float32)
        rough = sweep(case.network, single, x, t, case.share.astype(np.float32), case.weight_decay).gradients
        room = {}
        for name, claimed in self.claimed.items():
            unit = float(np.finfo(claimed.dtype).eps)
            sizes = [np.abs(p.total()) for p in case.sweep.gradients[name].paths]
            size = np.max([np.max(part, initial=0.0) for part in sizes], initial=0.0)
            noise = (
                np.max(np.abs(rough[name].array - self.correct[name]), initial=0.0) / np.finfo(np.float32).eps
            )
            room[name] = np.asarray(unit * (_ROUNDING * size + _NOISE * noise) + 1e-300)
        return room

    def matches(self, name: str, gradient: Array) -> bool:
        """Whether that gradient of the parameter is the claimed one, to rounding."""
        scale = max(1.0, float(np.max(np.abs(gradient), initial=0.0)) / _largest(self.correct[name]))
        return bool(np.all(np.abs(self.claimed[name] - gradient) <= self.room[name] * scale))

    @cached_property
    def faults(self) -> list[str]:
        """The parameters whose gradients are not right, apart from not being summed."""
        return [name for name in self.claimed if not self.matches(name, self.correct[name])]

    def compared(self, name: str) -> Compared:
        """What is to be said of one gradient."""
        claimed, correct = self.claimed[name], self.correct[name]
        off = np.abs(claimed - correct)
        index = tuple(map(int, np.unravel_index(int(np.argmax(off)), off.shape)))
        matches = self.matches(name, correct)
        note = "" if matches else self._note(name)
        if name in self.row_by_row:
            matches, note = False, "not summed over the rows"
        return Compared(
            name, matches, float(off[index]), index, float(claimed[index]), float(correct[index]), note
        )

    def _note(self, name: str) -> str:
        """What the gradient is right up to."""
        correct = self.correct[name]
        if correct.ndim == 2 and correct.shape[0] == correct.shape[1] and self.matches(name, correct.T):
            return "transposed"
        rows = len(self.case.x)
        for factor in (*_FACTORS, float(rows), 1 / rows):
            if factor != 1 and correct.any() and self.matches(name, factor * correct):
                return f"{factor:.4g} times too large" if factor > 1 else f"times {factor:.4g}"
        return ""

    @cached_property
    def cause(self) -> Cause | None:
        """The simplest mistake that gives every claimed gradient, or two of them at once."""
        cause = self._listed() if self.faults else None
        if not self.row_by_row or (self.faults and not cause):
            return cause
        label = listed([f"dE/d{name}" for name in self.row_by_row])
        verb, count = "is" if len(self.row_by_row) == 1 else "are", len(self.row_by_row)
        name = f"{label} not summed over the rows"
        text = f"{label} {verb} not summed over the rows: every row adds to the gradient of a bias."
        unsummed = Cause("mistake", name, text, count, count)
        return replace(unsummed, others=(cause,)) if cause else unsummed

    def _listed(self) -> Cause | None:
        known = [*catalogue(self.case), *self._penalties()]
        scored = [(h, self._scores(h)) for h in known]
        exact = [h for h, score in scored if len(score) == len(self.claimed)]
        if not exact:
            exact = self._pairs(scored)
        exact.sort(key=lambda h: h.cost)
        return self._as_cause(exact) if exact else None

    def _penalties(self) -> Iterator[Hypothesis]:
        """Weight decay of another rate than that of the case, which may have none."""
        weights = [name for name in self.claimed if not is_bias(parse(name))]
        sizes = sum(float(np.sum(self.case.parameters[name] ** 2)) for name in weights)
        if not sizes:
            return
        along = (self.case.parameters[name] * (self.claimed[name] - self.correct[name]) for name in weights)
        own = self.case.weight_decay
        rate = own + float(sum(map(np.sum, along))) / sizes
        if rate > 0 and np.isfinite(rate):
            yield Hypothesis(
                "given",
                f"weight decay λ = {rate:.6g}",
                f"λ w with λ = {rate:.6g} is in the gradients of weights, where λ is {own:g}.",
                1.15,
                "weight_decay",
                f"{own:g}",
                f"{rate:.6g}",
                case=lambda case: replace(case, weight_decay=rate),
            )

    def _pairs(self, scored: Sequence[tuple[Hypothesis, frozenset[str]]]) -> list[Hypothesis]:
        """Two at once, one of which makes the last layer right that was wrong."""
        parameter = max(self.faults, key=lambda name: (layer_of(parse(name)), name))
        correct = frozenset(self.claimed) - frozenset(self.faults)
        firsts = [(h, score) for h, score in scored if parameter in score and score > correct]
        firsts.sort(key=lambda scored_hypothesis: (-len(scored_hypothesis[1]), scored_hypothesis[0].cost))
        pairs = [
            hypothesis & partner
            for hypothesis, _ in firsts[:_FIRST]
            for partner, _ in scored
            if partner is not hypothesis
        ]
        if not pairs:  # both in the last layer
            cheapest = sorted((h for h, _ in scored), key=lambda h: h.cost)[:_LIKELY]
            pairs = [hypothesis & partner for hypothesis, partner in combinations(cheapest, 2)]
        return [pair for pair in pairs if len(self._scores(pair)) == len(self.claimed)]

    def _scores(self, hypothesis: Hypothesis) -> frozenset[str]:
        """The parameters whose claimed gradient comes of it."""
        nothing: dict[str, Array] = {}
        with np.errstate(all="ignore"):
            gradients = attempt(partial(hypothesis.gradients, self.case), nothing)
        if not gradients:
            return frozenset()
        return frozenset(name for name in self.claimed if self.matches(name, gradients[name]))

    def _as_cause(self, hypotheses: Sequence[Hypothesis]) -> Cause:
        best, *alternatives = hypotheses
        rivals = {
            hypothesis.name: hypothesis
            for hypothesis in alternatives
            if hypothesis.name != best.name and hypothesis.cost <= best.cost + 0.3
        }
        count = len(self.faults)
        return Cause(
            best.kind,
            best.name,
            best.text,
            count,
            count,
            rivals=tuple(Cause(h.kind, h.name, h.text, count, count) for h in rivals.values()),
        )


def _largest(array: Array) -> float:
    return float(np.max(np.abs(array), initial=0.0)) or 1.0
