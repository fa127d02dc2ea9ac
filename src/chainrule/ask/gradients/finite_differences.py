"""Derivatives of any function from its values: complex step, central and one-sided differences."""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.ask.gradients.pytree import Leaves
from chainrule.errors import InputError

_FIRST, _RATIO, _LEVELS = 0.02, 1.6, 28  # the first step, relative to the coordinate, and how it shrinks
_ORDERS = 8  # of the extrapolation
_ENOUGH = 1e-11  # relative: a bound so small that no smaller step is tried
_SAFE = 4.0  # times its own estimate: how far a difference may be off
_TINY = 1e-30  # the complex step
_KINK = 1e-6  # relative step of the one-sided slopes
_SAME = 1e-7  # relative: how near the complex step has to come to differences
_SCALES = (1.0, 0.61, 1.7, 0.29)  # of the first step, to see what another would have given
_NEIGHBOUR = 64  # roundings between points whose values show the function's noise
_NEIGHBOURS = (4, 8, 16, 32, 64)  # the same for the complex step
_BINOMIAL = 70  # the variance of fourth differences of noise, in that of the noise
_SHAKEN = 16  # times the noise: a gap between two slopes that is no noise
_FEW = 1e3  # roundings in a slope without any cancellation
_BEND = 0.6  # of the gap between them: what stays of it on both sides of a kink as the step shrinks


@dataclass
class Probe:
    """The function, one element of its point shifted at a time."""

    function: Callable[..., Any]
    point: Leaves
    unit: float = field(init=False)  # the rounding error of the function's own arithmetic
    value: float = field(init=False)

    def __post_init__(self) -> None:
        once, repeated = self.function(self.point.structure), self.function(self.point.structure)
        self.value, repeated_value = _number(once), _number(repeated)
        if self.value != repeated_value and not (np.isnan(self.value) and np.isnan(repeated_value)):
            raise InputError(
                f"the function gives {self.value!r}, then {repeated_value!r} at one point: "
                "fix what is random in it"
            )
        if not np.isfinite(self.value):
            raise InputError(f"the function is {self.value} at the point: it has no gradient there")
        kinds = [_dtype(once), *(array.dtype for array in self.point.arrays)]
        self.unit = max(np.finfo(kind).eps / 2 for kind in kinds if kind.kind == "f")

    def __call__(self, k: int, shift: complex | np.generic) -> Any:
        return self.function(self.point.shifted(k, shift))

    def real(self, k: int, shift: float) -> tuple[float, float]:
        """The function, and by how much the element was really shifted: as far as its digits allow."""
        old, new = self.point.element(k), self.point.rounded(k, self.point.element(k) + shift)
        with np.errstate(all="ignore"):
            return _number(self(k, new - old)), new - old

    def size(self, k: int) -> float:
        """How large the element is, or 1: what steps and noise are measured by."""
        return max(abs(self.point.element(k)), 1.0)

    def noise(self, k: int, shift: float) -> float:
        """By how much the function's own rounding shakes it, `shift` away from the point.

        Fourth differences of neighbours leave nothing of a smooth function (Moré and Wild, SIAM Journal on
        Scientific Computing 33, 2011).
        """
        spacing = _NEIGHBOUR * self.unit * max(self.size(k), abs(shift))
        values = [self.real(k, shift + j * spacing)[0] for j in range(-3, 4)]
        return float(np.sqrt(np.mean(np.diff(values, 4) ** 2) / _BINOMIAL))

    @cached_property
    def neighbours(self) -> list[tuple["Probe", "Probe"]]:
        """Pairs of points a few roundings away on both sides, in every element at once."""
        rng = np.random.default_rng(0)
        pairs = []
        for distance in _NEIGHBOURS:
            steps = [
                distance * self.unit * np.maximum(np.abs(a), 1) * rng.choice([-1.0, 1.0], a.shape)
                for a in self.point.arrays
            ]
            sides = (steps, [-step for step in steps])
            pairs.append(tuple(Probe(self.function, Leaves(self.point.moved(side))) for side in sides))
        return pairs  # type: ignore[return-value]


class LongProbe:
    """The same in extended precision, where the function passes it on."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.point = probe.point
        self.unit = float(np.finfo(np.longdouble).eps) / 2
        self.value: Any = probe.value

    @property
    def holds(self) -> bool:
        """Whether there is such a precision here, and the function gives it back."""
        if self.unit >= self.probe.unit or not self.point.takes_complex:
            return False
        try:
            value = np.asarray(self.probe(0, np.longdouble(0)))
        except (TypeError, ValueError, ArithmeticError):
            return False
        if value.dtype != np.longdouble or value.size != 1:
            return False
        self.value = value.reshape(())[()]
        return bool(np.isfinite(self.value))

    def real(self, k: int, shift: float) -> tuple[Any, Any]:
        """The function, and by how much the element was shifted."""
        old = np.longdouble(self.point.element(k))
        step = (old + np.longdouble(shift)) - old
        with np.errstate(all="ignore"):
            return np.asarray(self.probe(k, step)).reshape(())[()], step

    def size(self, k: int) -> float:
        return self.probe.size(k)


@dataclass(frozen=True)
class Analytic:
    """Whether the complex step may be believed: at a few elements it gives what differences give."""

    probe: Probe
    elements: Iterable[int]

    @property
    def holds(self) -> bool:
        if not self.probe.point.takes_complex:
            return False
        for k in self.elements:
            exact = complex_step(self.probe, int(k))
            slope, bound = difference(self.probe, int(k))
            if exact is None:
                return False
            if not abs(exact - slope) <= bound + _SAME * abs(slope):
                slope, bound = repeated(self.probe, int(k))
                if not abs(exact - slope) <= bound + _SAME * abs(slope):
                    return False
        return True


def complex_step(probe: Probe, k: int, kind: type[np.generic] = np.complex128) -> float | None:
    """The slope by the complex step, or None where the function does not take complex numbers."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            value = np.asarray(probe(k, kind(1j * _TINY)))
    except (TypeError, ValueError, ArithmeticError, np.exceptions.ComplexWarning):
        return None
    if value.dtype.kind != "c" or value.size != 1:
        return None
    return float(value.reshape(()).imag) / _TINY


def shaken(probe: Probe, k: int) -> tuple[float, float] | None:
    """The slope by the complex step, and how far the rounding of the function's values shakes it.

    What is subtracted inside the function is the same for the complex step: it loses those digits, too. They
    are seen at neighbouring points, and in extended precision where there is one.
    """
    slope = complex_step(probe, k)
    if slope is None or not np.isfinite(slope):
        return None
    off = [0.0]
    for pair in probe.neighbours:
        sides = [complex_step(neighbour, k) for neighbour in pair]
        off.append(abs(sum(side for side in sides if side is not None) - 2 * slope) / 2)
    extended = complex_step(probe, k, kind=np.clongdouble)
    if extended is not None:
        off.append(abs(extended - slope))
    return slope, _SAFE * max(filter(np.isfinite, off)) + _FEW * probe.unit * abs(slope)


def second_look(probe: Probe, k: int, slope: float, bound: float, analytic: bool) -> tuple[float, float]:
    """The slope once more by other ways than `slope`, whose bound then holds what they differ by."""
    repeat, spread = repeated(probe, k)
    bound = max(bound, spread)
    slope = repeat if not np.isfinite(slope) else slope
    witness = shaken(probe, k) if analytic else extended_difference(probe, k)
    if witness is None or not np.isfinite(slope):
        return slope, bound
    value, room = witness
    apart = abs(value - slope)
    if apart <= bound + room:
        return (value, room) if room < bound and analytic else (slope, bound)
    return value, max(room, _SAFE * apart)


def repeated(probe: Probe, k: int) -> tuple[float, float]:
    """The slope by differences from several first steps, and a bound that holds by how much they differ."""
    runs = [difference(probe, k, scale) for scale in _SCALES]
    slope, bound = min(runs, key=lambda run: run[1])
    finite = [value for value, _ in runs if np.isfinite(value)]
    apart = max((abs(value - slope) for value in finite), default=0.0)
    steps = [scale * _FIRST * probe.size(k) for scale in _SCALES]
    noise = max((probe.noise(k, side * step) / step for step in steps for side in (1, -1)), default=0.0)
    return slope, bound + _SAFE * (apart + (noise if np.isfinite(noise) else 0.0))


def extended_difference(probe: Probe, k: int) -> tuple[float, float] | None:
    """The slope by differences in extended precision, to within what those in the function's own see."""
    extended = LongProbe(probe)
    if not extended.holds:
        return None
    slope, bound = difference(extended, k)
    return (float(slope), float(bound)) if np.isfinite(slope) else None


def difference(probe: "Probe | LongProbe", k: int, scale: float = 1.0) -> tuple[float, float]:
    """The slope by extrapolated central differences, and a bound of its error."""
    step = scale * _FIRST * probe.size(k)
    best, bound = np.nan, np.inf
    previous_row: list[float] = []
    for _ in range(_LEVELS):
        (f_plus, h_plus), (f_minus, h_minus) = probe.real(k, step), probe.real(k, -step)
        width = h_plus - h_minus
        row = [(f_plus - f_minus) / width if width else np.nan]
        size = max(abs(f_plus), abs(f_minus), abs(probe.value))
        rounding = 2 * probe.unit * size / width if width else np.inf
        for order, old in enumerate(previous_row[:_ORDERS], 1):
            factor = _RATIO ** (2 * order)
            row.append((factor * row[-1] - old) / (factor - 1))
        changes = [
            max(abs(row[j] - row[j - 1]), abs(row[j] - previous_row[j - 1])) for j in range(1, len(row))
        ]
        for value, change in zip(row[1:], changes, strict=True):
            if change + rounding < bound:
                best, bound = value, change + rounding
        previous_row, step = row, step / _RATIO
        if bound <= _ENOUGH * abs(best):
            break
    return best, _SAFE * bound


def two_slopes(probe: Probe, k: int) -> tuple[float, float] | None:
    """The slopes on the left and on the right, if they stay apart as the step shrinks."""
    size = probe.size(k)
    gaps: list[tuple[float, float]] = []
    for step in (_KINK * size * 64, _KINK * size * 8, _KINK * size):
        step = max(step, 64 * np.sqrt(probe.unit) * size if probe.unit > 1e-10 else 0.0)
        (f_plus, h_plus), (f_minus, h_minus) = probe.real(k, step), probe.real(k, -step)
        if not (h_plus and h_minus):
            return None
        gaps.append(((f_minus - probe.value) / h_minus, (f_plus - probe.value) / h_plus))
    widest, narrowest = (abs(b - a) for a, b in (gaps[0], gaps[-1]))
    shaking = max(probe.noise(k, shift) for shift in (0.0, step, -step))
    noise = (4 * probe.unit * abs(probe.value) + _SHAKEN * shaking) / (_KINK * size)
    scale = max(abs(gaps[-1][0]), abs(gaps[-1][1]))
    if not np.isfinite(narrowest) or narrowest <= max(noise, 1e-4 * scale) or narrowest < _BEND * widest:
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
    dtype = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value).dtype
    return dtype if dtype.kind == "f" else np.dtype(np.float64)
