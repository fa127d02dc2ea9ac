"""Givens: which weight, bias, input, target or rate was meant otherwise, solved for from the claims."""

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
_STATED = 64  # numbers: more are not typed by hand, nor one of them otherwise
_FARTHEST = 1.5  # of a logarithm: how far a straight line may miss what an exchange does
_PAIRS = 60  # of numbers exchanged that are tried


@dataclass(frozen=True)
class Given:
    """One given number: the attribute of the case, the name of its array if it is in one, and where."""

    field: str
    name: str
    at: Index

    def of(self, case: Case) -> float:
        found = getattr(case, self.field)
        if self.field == "parameters":
            found = found[self.name]
        return float(found[self.at] if self.at else found)

    def put(self, case: Case, value: float) -> Case:
        """The case with another value."""
        found = getattr(case, self.field)
        if not self.at:
            return _with(case, self.field, value)
        array = np.array(found[self.name] if self.field == "parameters" else found)
        array[self.at] = value
        return _with(case, self.field, {**found, self.name: array} if self.field == "parameters" else array)

    def address(self, case: Case) -> str:
        """`b2`, `w1[0,2]`, `x[1]` of a single row, `learning_rate`."""
        if not self.at:
            return self.name
        array = case.parameters[self.name] if self.field == "parameters" else getattr(case, self.field)
        if array.size == 1:
            return self.name
        at = self.at[1:] if self.field != "parameters" and len(array) == 1 else self.at
        return f"{self.name}[{','.join(map(str, at))}]"


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
    slopes = {given: _slope(aim, given, start) for given in _all(aim.case)}
    wanted = aim.claimed - start
    for given, slope in slopes.items():
        if (value := _solved(aim, given, slope, wanted)) is not None:
            yield from _rounded(aim, given, value)
    yield from _exchanged(aim, slopes, wanted)


def _all(case: Case) -> Iterator[Given]:
    for name, array in case.parameters.items():
        if name not in case.absent and array.size <= _STATED:
            yield from (Given("parameters", name, at) for at in np.ndindex(array.shape))
    for name in ("x", "t"):
        shape = getattr(case, name).shape
        yield from (Given(name, name, at) for at in np.ndindex(shape) if np.prod(shape) <= _STATED)
    if case.learning_rate is not None:
        yield Given("learning_rate", "learning_rate", ())
    if case.weight_decay:
        yield Given("weight_decay", "weight_decay", ())


def _stated(aim: Aim, given: Given, value: float) -> Hypothesis:
    """The given stated otherwise, on top of the base."""
    return aim.base & hypothesis(given, aim.case, value)


def hypothesis(given: Given, case: Case, value: float) -> Hypothesis:
    """That a given is `value`."""
    address, old = given.address(case), f"{given.of(case):.10g}"
    new = f"{value:.10g}"
    more = _length(new) - _length(old)
    return Hypothesis(
        "given",
        f"{address} = {new}",
        f"{address} is stated as {old}, but the numbers come from {address} = {new}.",
        1.15 + 0.05 * max(more, 0),
        address,
        old,
        new,
        case=lambda case: given.put(case, value),
        digits=more,
    )


def _length(number: str) -> int:
    """How many digits a number has, from the first that counts."""
    return len(number.partition("e")[0].replace(".", "").lstrip("-0"))


def _slope(aim: Aim, given: Given, start: Floats) -> Floats:
    """How fast each claim's value changes with the given."""
    value = given.of(aim.case)
    shift = _SHIFT * max(1.0, abs(value))
    with np.errstate(all="ignore"):
        return cast("Floats", (aim.values(_stated(aim, given, value + shift)) - start) / shift)


def _solved(aim: Aim, given: Given, slope: Floats, wanted: Floats) -> float | None:
    """The value of the given that makes the claim it acts on most exactly what is printed."""
    touched = [i for i in aim.faults if np.isfinite(slope[i]) and abs(slope[i]) > 0]
    if not touched:
        return None
    best = max(touched, key=lambda i: abs(wanted[i]) / aim.units[i])
    value = given.of(aim.case)
    moved = slope * (wanted[best] / slope[best])
    near = np.abs(moved - wanted) <= _LOOSE * np.maximum(np.abs(moved), np.abs(wanted)) + _CLOSE * aim.units
    if np.mean(near[touched]) < 0.5:
        return None
    first, at_first = value, -wanted[best]
    second = value + wanted[best] / slope[best]
    for _ in range(_TRIES):
        at_second = aim.values(_stated(aim, given, second))[best] - aim.claimed[best]
        if not np.isfinite(at_second) or at_second == at_first:
            return None
        if abs(at_second) <= 1e-3 * aim.units[best]:
            return float(second)
        first, second, at_first = (
            second,
            second - at_second * (second - first) / (at_second - at_first),
            at_second,
        )
    return None


def _rounded(aim: Aim, given: Given, value: float) -> Iterator[Hypothesis]:
    """The shortest numbers about `value` that bring the claims which move with it as near as they come."""
    there = aim.values(_stated(aim, given, value))
    slope = _slope_at(aim, given, value, there)
    moving = [i for i in aim.faults if np.isfinite(slope[i]) and slope[i] != 0]
    off = np.abs(there - aim.claimed) / aim.units
    fine = [i for i in moving if off[i] <= _CLOSE]
    if not fine:
        return
    room = _ROOM * min((_CLOSE - off[i] / 2) * aim.units[i] / abs(slope[i]) for i in fine)
    shorter = (round(value, digits) for digits in range(_DIGITS + 1))
    near = dict.fromkeys(one for one in shorter if abs(one - value) <= room and one != given.of(aim.case))
    if given.field == "learning_rate" and value <= 0:
        return
    for one in list(near)[:_OFFERED]:
        yield hypothesis(given, aim.case, one)


def _slope_at(aim: Aim, given: Given, value: float, there: Floats) -> Floats:
    shift = _SHIFT * max(1.0, abs(value))
    with np.errstate(all="ignore"):
        return cast("Floats", (aim.values(_stated(aim, given, value + shift)) - there) / shift)


def _exchanged(aim: Aim, slopes: dict[Given, Floats], wanted: Floats) -> Iterator[Hypothesis]:
    """Two numbers of one array that changed places: those which move the first fault most nearly there."""
    first = min(aim.faults)
    pairs: list[tuple[float, Given, Given]] = []
    for one, other in combinations(slopes, 2):
        a, b = one.of(aim.case), other.of(aim.case)
        if one.name != other.name or not one.at or a == b:
            continue
        moved = (slopes[one] - slopes[other]) * (b - a)
        if moved[first] * wanted[first] > 0:
            far = abs(np.log(moved[first] / wanted[first]))
            pairs += [(far, one, other)] if far < _FARTHEST else []
    for _, one, other in sorted(pairs, key=lambda pair: pair[0])[:_PAIRS]:
        yield _swap(one, other, aim.case)


def _swap(one: Given, other: Given, case: Case) -> Hypothesis:
    names = [given.address(case) for given in (one, other)]
    a, b = one.of(case), other.of(case)
    return Hypothesis(
        "mistake",
        f"{names[0]} and {names[1]} swapped",
        f"{names[0]} and {names[1]} are taken for each other.",
        1.2,
        names[0],
        f"{a:.10g}",
        f"{b:.10g}",
        case=lambda case: other.put(one.put(case, b), a),
    )
