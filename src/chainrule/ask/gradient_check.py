"""gradient_check: is this the gradient of that function? For any function of NumPy, JAX or torch arrays.

Two witnesses. Where a function is analytic and takes complex numbers, the complex step,
Im f(x + ih) / h, has no cancellation and is right to the last digits (Squire and Trapp, SIAM Review 40,
1998). Everywhere else central differences are extrapolated to h = 0 (Ridders, Advances in Engineering
Software 4, 1982; Press et al., Numerical Recipes, 5.7), from a step chosen for each coordinate, and come
with a bound of their error. A gradient is called wrong only beyond that bound.
"""

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from chainrule.ask.document import Block, Heading, Table, paragraph
from chainrule.ask.formula import Value
from chainrule.ask.leaves import Leaves
from chainrule.ask.selection import counted
from chainrule.ask.shown import Shown
from chainrule.errors import InputError

_FIRST, _RATIO, _LEVELS = 0.02, 1.6, 28  # the first step, relative to the coordinate, and how it shrinks
_ORDERS = 8  # of the extrapolation
_ENOUGH = 1e-11  # relative: a bound so small that no smaller step is tried
_SAFE = 4.0  # times its own estimate: how far a difference may be off
_TINY = 1e-30  # the complex step
_KINK = 1e-6  # relative step of the one-sided slopes
_BEND = 0.6  # of the gap between them: what stays of it on both sides of a kink as the step shrinks
_ROOM = 0.01  # of the gap: how far beyond it a claim may lie
_LISTED = 20  # rows of the table
_LOOSE = 1e-2  # relative: a bound wider than that says nothing


class Finding(StrEnum):
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
    finding: Finding
    slopes: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class GradientCheck(Shown):
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
        found = {one.finding for one in self.coordinates}
        if Finding.WRONG in found:
            return "wrong"
        return "undecided" if found - {Finding.RIGHT, Finding.KINK} else "right"

    @property
    def worst(self) -> Coordinate | None:
        """The element that is most wrong, by its own bound; None if none is."""
        wrong = [one for one in self.coordinates if one.finding is Finding.WRONG]
        return max(wrong, key=lambda one: abs(one.claimed - one.found), default=None)

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
                    "where": one.where,
                    "claimed": _finite(one.claimed),
                    "found": _finite(one.found),
                    "bound": _finite(one.bound),
                    "finding": str(one.finding),
                    "slopes": list(one.slopes) if one.slopes else None,
                }
                for one in self.coordinates
            ],
        }

    def blocks(self) -> Iterator[Block]:
        """The findings as a document; what is right is only counted."""
        count = Counter(one.finding for one in self.coordinates)
        yield Heading(f"The gradient is {self.verdict}", 1)
        looked = counted(len(self.coordinates), "element")
        part = f"{looked} of {self.size}, drawn at random," if len(self.coordinates) < self.size else looked
        told = ", ".join(f"{count[kind]} {kind}" for kind in Finding if count[kind])
        yield paragraph(f"{part} looked at by {self.method}: {told}.")
        notable = [one for one in self.coordinates if one.finding is not Finding.RIGHT]
        notable.sort(key=lambda one: list(Finding).index(one.finding))
        if notable:
            rows = tuple(
                (one.where, Value(one.claimed, 7), Value(one.found, 7), Value(one.bound, 2), str(one.finding))
                for one in notable[:_LISTED]
            )
            more = f"and {counted(len(notable) - _LISTED, 'element')} more" if notable[_LISTED:] else ""
            yield Table(("where", "claimed", "found", "± at most", "finding"), rows, more)
        if count[Finding.KINK]:
            yield paragraph(
                "At a kink the function has one slope on the left and another on the right; any number "
                "between them may stand in the gradient."
            )
        if count[Finding.ILL_CONDITIONED]:
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
    probe = _Probe(function, point)
    size = sum(array.size for array in point.arrays)
    rng = np.random.default_rng(seed)
    chosen = np.arange(size) if size <= coordinates else np.sort(rng.choice(size, coordinates, replace=False))
    analytic = _Analytic(probe, rng.permutation(chosen)[:3]).holds
    found = tuple(_judged(probe, int(k), float(claimed[k]), analytic) for k in chosen)
    return GradientCheck(found, size, "complex step" if analytic else "central differences")


@dataclass
class _Probe:
    """The function, one element of its point shifted at a time."""

    function: Callable[..., Any]
    point: Leaves
    unit: float = field(init=False)  # the rounding error of the function's own arithmetic
    value: float = field(init=False)

    def __post_init__(self) -> None:
        once, again = self.function(self.point.at), self.function(self.point.at)
        self.value, other = _number(once), _number(again)
        if self.value != other and not (np.isnan(self.value) and np.isnan(other)):
            raise InputError(
                f"the function gives {self.value!r}, then {other!r} at one point: fix what is random in it"
            )
        if not np.isfinite(self.value):
            raise InputError(f"the function is {self.value} at the point: it has no gradient there")
        kinds = [_dtype(once), *(array.dtype for array in self.point.arrays)]
        self.unit = max(np.finfo(kind).eps / 2 for kind in kinds if kind.kind == "f")

    def __call__(self, k: int, shift: complex) -> Any:
        return self.function(self.point.shifted(k, shift))

    def real(self, k: int, shift: float) -> tuple[float, float]:
        """The function, and by how much the element was really shifted: as far as its digits allow."""
        old, new = self.point.element(k), self.point.rounded(k, self.point.element(k) + shift)
        with np.errstate(all="ignore"):
            return _number(self(k, new - old)), new - old


@dataclass(frozen=True)
class _Analytic:
    """Whether the complex step may be believed: at a few elements it gives what differences give."""

    probe: _Probe
    tried: Iterable[int]

    @property
    def holds(self) -> bool:
        if not self.probe.point.takes_complex:
            return False
        for k in self.tried:
            found = _complex_step(self.probe, int(k))
            slope, bound = _difference(self.probe, int(k))
            if found is None or not abs(found - slope) <= bound + 1e-7 * abs(slope):
                return False
        return True


def _complex_step(probe: _Probe, k: int) -> float | None:
    """The slope by the complex step, or None where the function does not take complex numbers."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            found = np.asarray(probe(k, 1j * _TINY))
    except (TypeError, ValueError, ArithmeticError, np.exceptions.ComplexWarning):
        return None
    if found.dtype.kind != "c" or found.size != 1:
        return None
    return float(found.reshape(()).imag) / _TINY


def _difference(probe: _Probe, k: int) -> tuple[float, float]:
    """The slope by extrapolated central differences, and a bound of its error."""
    step = _FIRST * max(abs(probe.point.element(k)), 1.0)
    best, bound = np.nan, np.inf
    before: list[float] = []
    for _ in range(_LEVELS):
        (up, right), (down, left) = probe.real(k, step), probe.real(k, -step)
        width = right - left
        row = [(up - down) / width if width else np.nan]
        size = max(abs(up), abs(down), abs(probe.value))
        rounding = 2 * probe.unit * size / width if width else np.inf
        for order, old in enumerate(before[:_ORDERS], 1):
            factor = _RATIO ** (2 * order)
            row.append((factor * row[-1] - old) / (factor - 1))
        changes = [max(abs(row[j] - row[j - 1]), abs(row[j] - before[j - 1])) for j in range(1, len(row))]
        for value, change in zip(row[1:], changes, strict=True):
            if change + rounding < bound:
                best, bound = value, change + rounding
        before, step = row, step / _RATIO
        if bound <= _ENOUGH * abs(best):
            break
    return best, _SAFE * bound


def _judged(probe: _Probe, k: int, claimed: float, analytic: bool) -> Coordinate:
    where = probe.point.where(k)
    if analytic and (slope := _complex_step(probe, k)) is not None:
        bound = 1e3 * probe.unit * max(abs(slope), 1e-300)
        if abs(claimed - slope) <= bound + probe.unit * abs(probe.value):
            return Coordinate(where, claimed, slope, bound, Finding.RIGHT)
    slope, bound = _difference(probe, k)
    bound += 1e3 * probe.unit * abs(slope)
    agree = abs(claimed - slope) <= bound
    size = max(abs(probe.point.element(k)), 1.0)
    fine = max(_LOOSE * max(abs(slope), abs(claimed)), np.sqrt(probe.unit) * abs(probe.value) / size)
    if agree and bound <= fine:
        return Coordinate(where, claimed, slope, bound, Finding.RIGHT)
    if slopes := _two_slopes(probe, k):
        low, high = sorted(slopes)
        room = _ROOM * (high - low)
        finding = Finding.KINK if low - room <= claimed <= high + room else Finding.WRONG
        return Coordinate(where, claimed, (low + high) / 2, (high - low) / 2, finding, slopes)
    hidden = slope == 0 and _complex_step(probe, k)  # too small a part of the sum to be seen in its digits
    if hidden:
        return Coordinate(where, claimed, hidden, abs(hidden), Finding.ILL_CONDITIONED)
    if not np.isfinite(slope):
        return Coordinate(where, claimed, slope, bound, Finding.NOT_FINITE)
    return Coordinate(where, claimed, slope, bound, Finding.ILL_CONDITIONED if agree else Finding.WRONG)


def _two_slopes(probe: _Probe, k: int) -> tuple[float, float] | None:
    """The slopes on the left and on the right, if they stay apart as the step shrinks."""
    size = max(abs(probe.point.element(k)), 1.0)
    gaps: list[tuple[float, float]] = []
    for step in (_KINK * size * 64, _KINK * size * 8, _KINK * size):
        step = max(step, 64 * np.sqrt(probe.unit) * size if probe.unit > 1e-10 else 0.0)
        (up, right), (down, left) = probe.real(k, step), probe.real(k, -step)
        if not (right and left):
            return None
        gaps.append(((down - probe.value) / left, (up - probe.value) / right))
    first, last = (abs(b - a) for a, b in (gaps[0], gaps[-1]))
    noise = 4 * probe.unit * abs(probe.value) / (_KINK * size)
    scale = max(abs(gaps[-1][0]), abs(gaps[-1][1]))
    if not np.isfinite(last) or last <= max(noise, 1e-4 * scale) or last < _BEND * first:
        return None
    return gaps[-1]


def _number(value: Any) -> float:
    """What a function gives, as one number."""
    value = value.detach().cpu() if hasattr(value, "detach") else value
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiub":
        raise InputError(
            f"the function gives {array.dtype} {array.shape}, but a gradient is that of one number"
        )
    return float(array.reshape(()))


def _dtype(value: Any) -> np.dtype[Any]:
    found = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value).dtype
    return found if found.kind == "f" else np.dtype(np.float64)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
