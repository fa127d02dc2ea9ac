"""Stated values: the weight, bias, input, target or rate meant otherwise, solved for from the claims."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, TypeAlias, cast

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.ask.causes.hypothesis import Hypothesis
from chainrule.ask.explain.terms import Index

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

_LOOSE = 0.5  # of a change: how far a straight line may miss what a curve does
_SHIFT = 1e-6
_TRIES = 12
_DIGITS = 8  # after the point: a number with more was not meant
_CLOSE = 2.5  # last digits: how near a claim has to come
_ROOM = 8  # times that: how far rounding on the way may lead from a short number
_OFFERED = 3
_COST = 1.15  # of a given that has no more digits than the stated one
_DIGIT = 0.1  # of cost: every digit that is solved for beyond the stated ones
_STATED = 64  # numbers: more are not typed by hand, nor one of them otherwise
_FARTHEST = 1.5  # of a logarithm: how far a straight line may miss what an exchange does
_PAIRS = 60  # of numbers exchanged that are tried


@dataclass(frozen=True)
class Given:
    """One given number: the attribute of the case, the name of its array if it is in one, and where."""

    field: str
    name: str
    index: Index

    def of(self, case: Case) -> float:
        field = getattr(case, self.field)
        if self.field == "parameters":
            field = field[self.name]
        return float(field[self.index] if self.index else field)

    def put(self, case: Case, value: float) -> Case:
        """The case with another value."""
        field = getattr(case, self.field)
        if not self.index:
            return _with(case, self.field, max(value, 0.0) if self.field == "weight_decay" else value)
        array = np.array(field[self.name] if self.field == "parameters" else field)
        array[self.index] = value
        return _with(case, self.field, {**field, self.name: array} if self.field == "parameters" else array)

    def address(self, case: Case) -> str:
        """`b2`, `w1[0,2]`, `x[1]` of a single row, `learning_rate`."""
        if not self.index:
            return self.name
        array = case.parameters[self.name] if self.field == "parameters" else getattr(case, self.field)
        if array.size == 1:
            return self.name
        index = self.index[1:] if self.field != "parameters" and len(array) == 1 else self.index
        return f"{self.name}[{','.join(map(str, index))}]"


def _with(case: Case, field: str, value: Any) -> Case:
    return replace(case, **{field: value})


@dataclass(frozen=True)
class Aim:
    """What the claims want, under a hypothesis `base` that stands already.

    Attributes:
        values: what the claims come to for a hypothesis, NaN where that is costly to say.
        claimed: what they should come to.
        units: what their last digits are worth.
        faults: which of them are wrong.
    """

    case: Case
    base: Hypothesis
    values: Callable[[Hypothesis], Floats]
    claimed: Floats
    units: Floats
    faults: Sequence[int]


def givens(aim: Aim) -> Iterator[Hypothesis]:
    """Other values of one given that come near the claims, or two givens of an array exchanged."""
    start = aim.values(aim.base)
    slopes = {quantity: _slope(aim, quantity, start) for quantity in _all(aim.case)}
    gaps = aim.claimed - start
    for quantity, slope in slopes.items():
        if (value := _solved(aim, quantity, slope, gaps)) is not None:
            yield from _rounded(aim, quantity, value)
    yield from _exchanged(aim, slopes, gaps)


def _all(case: Case) -> Iterator[Given]:
    for name, array in case.parameters.items():
        if name not in case.absent and array.size <= _STATED:
            yield from (Given("parameters", name, index) for index in np.ndindex(array.shape))
    for name in ("x", "t"):
        shape = getattr(case, name).shape
        yield from (Given(name, name, index) for index in np.ndindex(shape) if np.prod(shape) <= _STATED)
    if case.learning_rate is not None:
        yield Given("learning_rate", "learning_rate", ())
    yield Given("weight_decay", "weight_decay", ())


def _stated(aim: Aim, quantity: Given, value: float) -> Hypothesis:
    """The given stated otherwise, on top of the base."""
    return aim.base & hypothesis(quantity, aim.case, value)


def hypothesis(quantity: Given, case: Case, value: float) -> Hypothesis:
    """That a given is `value`."""
    address, old = quantity.address(case), f"{quantity.of(case):.10g}"
    new = f"{value:.10g}"
    extra_digits = _length(new) - _length(old)
    return Hypothesis(
        "given",
        f"{address} = {new}",
        f"{address} is stated as {old}, but the numbers come from {address} = {new}.",
        _COST + _DIGIT * max(extra_digits, 0),
        address,
        old,
        new,
        case=lambda case: quantity.put(case, value),
        digits=extra_digits,
    )


def _length(number: str) -> int:
    """How many digits a number has, from the first that counts."""
    return len(number.partition("e")[0].replace(".", "").lstrip("-0"))


def _slope(aim: Aim, quantity: Given, start: Floats) -> Floats:
    """How fast each claim's value changes with the given."""
    value = quantity.of(aim.case)
    shift = _SHIFT * max(1.0, abs(value))
    with np.errstate(all="ignore"):
        return cast("Floats", (aim.values(_stated(aim, quantity, value + shift)) - start) / shift)


def _solved(aim: Aim, quantity: Given, slope: Floats, gaps: Floats) -> float | None:
    """The value of the given that makes the claim it acts on most exactly what is printed."""
    touched = [i for i in aim.faults if np.isfinite(slope[i]) and abs(slope[i]) > 0]
    if not touched:
        return None
    best = max(touched, key=lambda i: abs(gaps[i]) / aim.units[i])
    value = quantity.of(aim.case)
    moved = slope * (gaps[best] / slope[best])
    hits = np.abs(moved - gaps) <= _LOOSE * np.maximum(np.abs(moved), np.abs(gaps)) + _CLOSE * aim.units
    if np.mean(hits[touched]) < 0.5:
        return None
    previous, previous_gap = value, -gaps[best]
    estimate = value + gaps[best] / slope[best]
    for _ in range(_TRIES):
        if not np.isfinite(estimate):
            return None
        gap = aim.values(_stated(aim, quantity, estimate))[best] - aim.claimed[best]
        if not np.isfinite(gap) or gap == previous_gap:
            return None
        if abs(gap) <= 1e-3 * aim.units[best]:
            return float(estimate)
        previous, estimate, previous_gap = (
            estimate,
            estimate - gap * (estimate - previous) / (gap - previous_gap),
            gap,
        )
    return None


def _rounded(aim: Aim, quantity: Given, value: float) -> Iterator[Hypothesis]:
    """The shortest numbers about `value` that bring the claims which move with it as near as they come."""
    values = aim.values(_stated(aim, quantity, value))
    slope = _slope_at(aim, quantity, value, values)
    moving = [i for i in aim.faults if np.isfinite(slope[i]) and slope[i] != 0]
    off = np.abs(values - aim.claimed) / aim.units
    witnesses = [i for i in moving if off[i] <= _CLOSE]
    if not witnesses:
        return
    room = _ROOM * min((_CLOSE - off[i] / 2) * aim.units[i] / abs(slope[i]) for i in witnesses)
    shorter = (round(value, digits) for digits in range(_DIGITS + 1))
    candidates = dict.fromkeys(
        candidate
        for candidate in shorter
        if abs(candidate - value) <= room and candidate != quantity.of(aim.case)
    )
    if quantity.field in ("learning_rate", "weight_decay") and value <= 0:
        return
    for candidate in list(candidates)[:_OFFERED]:
        yield hypothesis(quantity, aim.case, candidate)


def _slope_at(aim: Aim, quantity: Given, value: float, start: Floats) -> Floats:
    shift = _SHIFT * max(1.0, abs(value))
    with np.errstate(all="ignore"):
        return cast("Floats", (aim.values(_stated(aim, quantity, value + shift)) - start) / shift)


def _exchanged(aim: Aim, slopes: dict[Given, Floats], gaps: Floats) -> Iterator[Hypothesis]:
    """Two numbers of one array that changed places: those which move the first fault most nearly there."""
    fault = min(aim.faults)
    pairs: list[tuple[float, Given, Given]] = []
    for left_quantity, right_quantity in combinations(slopes, 2):
        a, b = left_quantity.of(aim.case), right_quantity.of(aim.case)
        if left_quantity.name != right_quantity.name or not left_quantity.index or a == b:
            continue
        moved = (slopes[left_quantity] - slopes[right_quantity]) * (b - a)
        if moved[fault] * gaps[fault] > 0:
            distance = abs(np.log(moved[fault] / gaps[fault]))
            pairs += [(distance, left_quantity, right_quantity)] if distance < _FARTHEST else []
    for _, left_quantity, right_quantity in sorted(pairs, key=lambda pair: pair[0])[:_PAIRS]:
        yield _swap(left_quantity, right_quantity, aim.case)


def _swap(left_quantity: Given, right_quantity: Given, case: Case) -> Hypothesis:
    names = [quantity.address(case) for quantity in (left_quantity, right_quantity)]
    a, b = left_quantity.of(case), right_quantity.of(case)
    return Hypothesis(
        "mistake",
        f"{names[0]} and {names[1]} swapped",
        f"{names[0]} and {names[1]} are taken for each other.",
        1.2,
        names[0],
        f"{a:.10g}",
        f"{b:.10g}",
        case=lambda case: right_quantity.put(left_quantity.put(case, b), a),
    )
