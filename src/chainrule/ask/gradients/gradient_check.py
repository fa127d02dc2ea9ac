"""gradient_check: is this the gradient of that function? For any function of NumPy, JAX or torch arrays.

Two witnesses. Where a function is analytic and takes complex numbers, the complex step,
Im f(x + ih) / h, has no cancellation and is right to the last digits (Squire and Trapp, SIAM Review 40,
1998). Everywhere else central differences are extrapolated to h = 0 (Ridders, Advances in Engineering
Software 4, 1982; Press et al., Numerical Recipes, 5.7), from a step chosen for each coordinate, and come
with a bound of their error. Before anything is called wrong the bound is put to the test: by other steps, by
extended precision where the function passes it on, by the complex step at neighbouring points. A function
that subtracts nearly equal numbers inside is noisier than its value shows, and what these ways differ by
belongs to the bound.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from chainrule.ask.documents.blocks import Block, Heading, TableBlock, paragraph
from chainrule.ask.documents.document import Document
from chainrule.ask.documents.formula import Value
from chainrule.ask.documents.wording import counted
from chainrule.ask.gradients.finite_differences import (
    Analytic,
    Probe,
    complex_step,
    difference,
    second_look,
    two_slopes,
)
from chainrule.ask.gradients.pytree import Leaves
from chainrule.files.json_values import finite

_ROOM = 0.01  # of the gap: how far beyond it a claim may lie
_LISTED = 20  # rows of the table
_LOOSE = 1e-2  # relative: a bound wider than that says nothing


class Outcome(StrEnum):
    """What is to be said of one element of a gradient."""

    RIGHT = "right"
    WRONG = "wrong"
    KINK = "kink"  # the function has two slopes here, and what is claimed lies between them
    ILL_CONDITIONED = "ill-conditioned"  # rounding hides the slope, so nobody can say
    NOT_FINITE = "not finite"  # the function is not finite nearby


@dataclass(frozen=True)
class Coordinate:
    """One element of a gradient.

    Attributes:
        where: `[0,2]`, or `w1[0,2]` where there are several arrays.
        claimed: what the gradient says.
        found: what the function says.
        bound: how far `found` may be off.
        finding: the comparison of the two.
        slopes: from the left and from the right, at a kink.
    """

    where: str
    claimed: float
    found: float
    bound: float
    finding: Outcome
    slopes: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class GradientCheck(Document):
    """What a check of a gradient has found; `print` it, or let a notebook show it.

    Attributes:
        coordinates: every element that was looked at.
        size: how many elements the gradient has.
        method: `complex step` or `central differences`.
    """

    coordinates: tuple[Coordinate, ...]
    size: int
    method: str

    @property
    def verdict(self) -> str:
        """`wrong` if any element is, `undecided` if some cannot be judged, else `right`."""
        findings = {coordinate.finding for coordinate in self.coordinates}
        if Outcome.WRONG in findings:
            return "wrong"
        return "undecided" if findings - {Outcome.RIGHT, Outcome.KINK} else "right"

    @property
    def worst(self) -> Coordinate | None:
        """The element that is most wrong, by its own bound; None if none is."""
        faults = [coordinate for coordinate in self.coordinates if coordinate.finding is Outcome.WRONG]
        return max(faults, key=lambda coordinate: abs(coordinate.claimed - coordinate.found), default=None)

    def __repr__(self) -> str:
        return f"<GradientCheck: {self.verdict}, {len(self.coordinates)} of {self.size} elements>"

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "verdict": self.verdict,
            "method": self.method,
            "checked": len(self.coordinates),
            "of": self.size,
            "coordinates": [
                {
                    "where": coordinate.where,
                    "claimed": finite(coordinate.claimed),
                    "found": finite(coordinate.found),
                    "bound": finite(coordinate.bound),
                    "finding": str(coordinate.finding),
                    "slopes": list(coordinate.slopes) if coordinate.slopes else None,
                }
                for coordinate in self.coordinates
            ],
        }

    def blocks(self) -> Iterator[Block]:
        """The findings as a document; what is right is only counted."""
        count = Counter(coordinate.finding for coordinate in self.coordinates)
        yield Heading(f"The gradient is {self.verdict}", 1)
        looked = counted(len(self.coordinates), "element")
        part = f"{looked} of {self.size}, drawn at random," if len(self.coordinates) < self.size else looked
        counts = ", ".join(f"{count[kind]} {kind}" for kind in Outcome if count[kind])
        yield paragraph(f"{part} looked at by {self.method}: {counts}.")
        notable = [coordinate for coordinate in self.coordinates if coordinate.finding is not Outcome.RIGHT]
        notable.sort(key=lambda coordinate: list(Outcome).index(coordinate.finding))
        if notable:
            rows = tuple(
                (
                    coordinate.where,
                    Value(coordinate.claimed, 7),
                    Value(coordinate.found, 7),
                    Value(coordinate.bound, 2),
                    str(coordinate.finding),
                )
                for coordinate in notable[:_LISTED]
            )
            note = f"and {counted(len(notable) - _LISTED, 'element')} more" if notable[_LISTED:] else ""
            yield TableBlock(("where", "claimed", "found", "± at most", "finding"), rows, note)
        if count[Outcome.KINK]:
            yield paragraph(
                "At a kink the function has one slope on the left and another on the right; any number "
                "between them may stand in the gradient."
            )
        if count[Outcome.ILL_CONDITIONED]:
            yield paragraph(
                "Ill-conditioned: rounding in the function hides its slope. Compute it in float64, or shift "
                "and scale it so that it does not subtract nearly equal numbers."
            )


def gradient_check(
    function: Callable[..., Any],
    gradient: Any,
    at: Any,
    *,
    coordinates: int = 1000,
    seed: int = 0,
) -> GradientCheck:
    """Whether `gradient` is the gradient of a scalar `function` at a point.

        gradient_check(lambda w: np.sum(np.tanh(w) ** 2), lambda w: 2 * np.tanh(w) * (1 - np.tanh(w) ** 2), w)
        gradient_check(loss, grads, {"w1": w1, "b1": b1, "x": x})

    Args:
        function: of one argument shaped like `at`, to one number. Computed in float64 it is judged best.
        gradient: a function of the same argument, or its value at the point, structured like `at`.
        at: a number, an array of NumPy, JAX or torch, or a list, tuple or mapping of them (parameters and
            inputs, say).
        coordinates: how many elements are looked at; of more, so many drawn at random.
        seed: of that draw.

    Raises:
        InputError: the function gives something else than one finite number, or not the same twice.
        ShapeError: the gradient is not shaped like the point.
    """
    point = Leaves(at)
    claimed = point.matched(gradient(at) if callable(gradient) else gradient)
    probe = Probe(function, point)
    size = sum(array.size for array in point.arrays)
    rng = np.random.default_rng(seed)
    chosen = np.arange(size) if size <= coordinates else np.sort(rng.choice(size, coordinates, replace=False))
    analytic = Analytic(probe, rng.permutation(chosen)[:3]).holds
    judged = tuple(_judged(probe, int(k), float(claimed[k]), analytic) for k in chosen)
    return GradientCheck(judged, size, "complex step" if analytic else "central differences")


def _judged(probe: Probe, k: int, claimed: float, analytic: bool) -> Coordinate:
    where = probe.point.where(k)
    if analytic and (slope := complex_step(probe, k)) is not None:
        bound = 1e3 * probe.unit * max(abs(slope), 1e-300)
        if abs(claimed - slope) <= bound + probe.unit * abs(probe.value):
            return Coordinate(where, claimed, slope, bound, Outcome.RIGHT)
    slope, bound = difference(probe, k)
    bound += 1e3 * probe.unit * abs(slope)
    if not abs(claimed - slope) <= bound:  # before anybody is accused
        slope, bound = second_look(probe, k, slope, bound, analytic)
    agree = abs(claimed - slope) <= bound
    size = max(abs(probe.point.element(k)), 1.0)
    tolerance = max(_LOOSE * max(abs(slope), abs(claimed)), np.sqrt(probe.unit) * abs(probe.value) / size)
    if agree and bound <= tolerance:
        return Coordinate(where, claimed, slope, bound, Outcome.RIGHT)
    if slopes := two_slopes(probe, k):
        low, high = sorted(slopes)
        room = _ROOM * (high - low)
        finding = Outcome.KINK if low - room <= claimed <= high + room else Outcome.WRONG
        return Coordinate(where, claimed, (low + high) / 2, (high - low) / 2, finding, slopes)
    hidden = slope == 0 and complex_step(probe, k)  # too small a part of the sum to be seen in its digits
    if hidden:
        return Coordinate(where, claimed, hidden, abs(hidden), Outcome.ILL_CONDITIONED)
    if not np.isfinite(slope):
        return Coordinate(where, claimed, slope, bound, Outcome.NOT_FINITE)
    return Coordinate(where, claimed, slope, bound, Outcome.ILL_CONDITIONED if agree else Outcome.WRONG)
