"""diagnose_gradients: somebody's own gradients against the engine's, and the mistake that they come from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from chainrule.ask.cases.case import Case, case_of
from chainrule.ask.causes.catalogue import catalogue
from chainrule.ask.causes.cause import Cause
from chainrule.ask.causes.hypothesis import Hypothesis
from chainrule.ask.documents.blocks import Block, Heading, TableBlock, paragraph
from chainrule.ask.documents.document import Document
from chainrule.ask.documents.formula import Symbol, Value
from chainrule.ask.documents.wording import counted
from chainrule.ask.gradients.claimed import gradients_of
from chainrule.engine.backprop import sweep
from chainrule.engine.network import Network
from chainrule.engine.runs.run import Run
from chainrule.numbers import Array
from chainrule.quantities import layer_of, parse

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
class Diagnosis(Document):
    """What is to be said of somebody's gradients; `print` it, or let a notebook show it.

    Attributes:
        compared: every gradient that was given, the first layer's first.
        cause: the mistake, with those that cannot be told from it; None if none is found.
        notes: how the arrays were read.
    """

    compared: tuple[Compared, ...]
    cause: Cause | None
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """`right` or `wrong`."""
        return "right" if all(comparison.right for comparison in self.compared) else "wrong"

    @property
    def layer(self) -> int | None:
        """The layer where it goes wrong first, on the way back from the loss; None if nothing is wrong."""
        return max(
            (layer_of(parse(comparison.parameter)) for comparison in self.compared if not comparison.right),
            default=None,
        )

    def __repr__(self) -> str:
        return f"<Diagnosis: {self.verdict}{f', {self.cause.name}' if self.cause else ''}>"

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "verdict": self.verdict,
            "layer": self.layer,
            "cause": self.cause.plain() if self.cause else None,
            "gradients": [
                {
                    "quantity": f"dE/d{comparison.parameter}",
                    "right": comparison.right,
                    "largest_error": comparison.error,
                    "at": list(comparison.at),
                    "claimed": comparison.claimed,
                    "correct": comparison.correct,
                    "note": comparison.note,
                }
                for comparison in self.compared
            ],
            "notes": list(self.notes),
        }

    def blocks(self) -> Iterator[Block]:
        """The diagnosis as a document."""
        yield Heading(f"The gradients are {self.verdict}", 1)
        for note in self.notes:
            yield paragraph(note)
        faults = [comparison for comparison in self.compared if not comparison.right]
        if not faults:
            count = counted(len(self.compared), "gradient")
            yield paragraph(f"{count} compared with the engine's own: equal up to rounding.")
            return
        yield paragraph(
            f"{len(faults)} of {counted(len(self.compared), 'gradient')} differ from the engine's own. On "
            f"the way back from the loss it goes wrong first in layer {self.layer}."
        )
        yield Heading("The cause")
        if self.cause:
            yield paragraph(self.cause.told)
        else:
            yield paragraph("No mistake that is known, nor two of them together, gives these numbers.")
        rows = tuple(
            (
                Symbol(f"dE/d{comparison.parameter}"),
                "right" if comparison.right else comparison.note or "wrong",
                "" if comparison.right else Symbol(f"dE/d{comparison.parameter}", comparison.at),
                "" if comparison.right else Value(comparison.claimed, 6),
                "" if comparison.right else Value(comparison.correct, 6),
            )
            for comparison in self.compared
        )
        yield TableBlock(("gradient", "verdict", "most off", "claimed", "correct"), rows)


def diagnose_gradients(
    network: Network | Run | Case,
    x: Any = None,
    t: Any = None,
    claimed: Mapping[str, Any] | Sequence[Any] | None = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    seed: int = 0,
    learning_rate: float | None = None,
) -> Diagnosis:
    """Whether somebody's own gradients are right, and if not, which mistake makes them what they are.

        diagnose_gradients(network, x, t, {"w1": dw1, "b1": db1, "w2": dw2}, parameters=mine)

    Args:
        network: the network, a run, or a case (a worked example), which has its own rows.
        x: rows of inputs (n, inputs).
        t: their targets (n, outputs).
        claimed: by parameter (`w1` or `dE/dw1`), arrays of NumPy, JAX or torch; or all of them in the
            network's order, w1, b1, w2, b2, ... Some may be missing. Weights as torch keeps them,
            (units, inputs), are turned.
        parameters: the weights that the gradients are at; without them the starts drawn from `seed`.
        seed: of the starts.
        learning_rate: α, for mistakes that take updated weights; 0.1 if the subject has none.

    Raises:
        InputError: no gradient is given, or one of no parameter, or one that is not finite.
        ShapeError: a gradient is not shaped like its parameter.
    """
    case = case_of(network, x, t, parameters, seed, learning_rate)
    if case.learning_rate is None:
        case = case_of(case, None, None, None, 0, 0.1)
    arrays, notes = gradients_of(case, claimed)
    search = _Search(case, arrays)
    compared = tuple(search.compared(name) for name in arrays)
    return Diagnosis(
        compared, None if all(comparison.right for comparison in compared) else search.cause, notes
    )


@dataclass(frozen=True, eq=False)
class _Search:
    """The engine's gradients, and which mistakes give the claimed ones."""

    case: Case
    claimed: Mapping[str, Array]

    @cached_property
    def correct(self) -> dict[str, Array]:
        gradients = self.case.sweep.gradients
        return {name: gradients[name].array for name in self.claimed}

    @cached_property
    def room(self) -> dict[str, Array]:
        """How far rounding may lead, by parameter: as far as the engine's own float32 is off, and some."""
        case, single = self.case, {k: v.astype(np.float32) for k, v in self.case.parameters.items()}
        x, t = case.x.astype(np.float32), case.t.astype(np.float32)
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

    def compared(self, name: str) -> Compared:
        claimed, correct = self.claimed[name], self.correct[name]
        off = np.abs(claimed - correct)
        index = tuple(map(int, np.unravel_index(int(np.argmax(off)), off.shape)))
        matches = self.matches(name, correct)
        note = "" if matches else self._note(name)
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
        scored = [(h, self._scores(h)) for h in catalogue(self.case)]
        exact = [h for h, score in scored if len(score) == len(self.claimed)]
        if not exact:
            exact = self._pairs(scored)
        exact.sort(key=lambda h: h.cost)
        return self._as_cause(exact) if exact else self._transposed()

    def _pairs(self, scored: Sequence[tuple[Hypothesis, frozenset[str]]]) -> list[Hypothesis]:
        """Two at once, one of which makes the last layer right that was wrong."""
        faults = [name for name in self.claimed if not self.matches(name, self.correct[name])]
        parameter = max(faults, key=lambda name: (layer_of(parse(name)), name))
        correct = frozenset(self.claimed) - frozenset(faults)
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
        with np.errstate(all="ignore"):
            gradients = hypothesis.gradients(self.case)
        return frozenset(name for name in self.claimed if self.matches(name, gradients[name]))

    def _as_cause(self, hypotheses: Sequence[Hypothesis]) -> Cause:
        best, *alternatives = hypotheses
        rivals = {
            hypothesis.name: hypothesis
            for hypothesis in alternatives
            if hypothesis.name != best.name and hypothesis.cost <= best.cost + 0.3
        }
        count = sum(not self.matches(name, self.correct[name]) for name in self.claimed)
        return Cause(
            best.kind,
            best.name,
            best.text,
            count,
            count,
            rivals=tuple(Cause(h.kind, h.name, h.text, count, count) for h in rivals.values()),
        )

    def _transposed(self) -> Cause | None:
        """Square matrices whose gradients are all transposed."""
        faults = [n for n in self.claimed if not self.matches(n, self.correct[n])]
        if not all(self.compared(name).note == "transposed" for name in faults):
            return None
        text = (
            "The gradients of weights are (units, inputs): here they are (inputs, units), as the weights are."
        )
        return Cause("convention", "gradients transposed", text, len(faults), len(faults))


def _largest(array: Array) -> float:
    return float(np.max(np.abs(array), initial=0.0)) or 1.0
