"""Derivatives of any function from its values: complex step, central and one-sided differences."""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
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

    def __call__(self, k: int, shift: complex) -> Any:
        return self.function(self.point.shifted(k, shift))

    def real(self, k: int, shift: float) -> tuple[float, float]:
        """The function, and by how much the element was really shifted: as far as its digits allow."""
        old, new = self.point.element(k), self.point.rounded(k, self.point.element(k) + shift)
        with np.errstate(all="ignore"):
            return _number(self(k, new - old)), new - old


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
            if exact is None or not abs(exact - slope) <= bound + 1e-7 * abs(slope):
                return False
        return True


def complex_step(probe: Probe, k: int) -> float | None:
    """The slope by the complex step, or None where the function does not take complex numbers."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            value = np.asarray(probe(k, 1j * _TINY))
    except (TypeError, ValueError, ArithmeticError, np.exceptions.ComplexWarning):
        return None
    if value.dtype.kind != "c" or value.size != 1:
        return None
    return float(value.reshape(()).imag) / _TINY


def difference(probe: Probe, k: int) -> tuple[float, float]:
    """The slope by extrapolated central differences, and a bound of its error."""
    step = _FIRST * max(abs(probe.point.element(k)), 1.0)
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
    size = max(abs(probe.point.element(k)), 1.0)
    gaps: list[tuple[float, float]] = []
    for step in (_KINK * size * 64, _KINK * size * 8, _KINK * size):
        step = max(step, 64 * np.sqrt(probe.unit) * size if probe.unit > 1e-10 else 0.0)
        (f_plus, h_plus), (f_minus, h_minus) = probe.real(k, step), probe.real(k, -step)
        if not (h_plus and h_minus):
            return None
        gaps.append(((f_minus - probe.value) / h_minus, (f_plus - probe.value) / h_plus))
    widest, narrowest = (abs(b - a) for a, b in (gaps[0], gaps[-1]))
    noise = 4 * probe.unit * abs(probe.value) / (_KINK * size)
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
