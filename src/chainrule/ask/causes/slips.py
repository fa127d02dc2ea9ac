"""Slips: one product with a wrong operand, and one number that was printed wrongly."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

import numpy as np

from chainrule.ask.causes import edits
from chainrule.ask.causes.hypothesis import Hypothesis
from chainrule.ask.causes.mistakes import rewriting
from chainrule.ask.claim import Claim
from chainrule.ask.summands import Index
from chainrule.ask.symbols import derivative_of, pretty
from chainrule.numbers import Number, Path, number

_MOST = 400  # products of a sum, and numbers to look through
_DEPTH = 4  # unprinted numbers between a claim and the slip


# --- misprints


def misprint(claim: Claim, value: float) -> tuple[str, str] | None:
    """What should have been printed for `value`, and how the print differs, if in one stroke."""
    if not np.isfinite(value):
        return None
    printed = claim.exact
    places = -int(printed.as_tuple().exponent)
    for wanted in _prints(value, places):
        if wanted == printed:
            continue
        if wanted == -printed:
            return f"{wanted:f}", "the sign is wrong"
        how = _stroke(_digits(printed), _digits(wanted))
        if how and (wanted < 0) == (printed < 0):
            return f"{wanted:f}", how
    return None


def _prints(value: float, places: int) -> Iterator[Decimal]:
    """`value` with about so many digits after the point, rounded and cut."""
    true = Decimal(value)
    for more in (0, 1, -1, 2, -2, 3, -3):
        if 0 <= places + more <= 25:
            unit = Decimal(1).scaleb(-(places + more))
            try:
                yield from {true.quantize(unit, how) for how in (ROUND_HALF_EVEN, ROUND_DOWN)}
            except ArithmeticError:
                return


def _digits(one: Decimal) -> tuple[str, int]:
    """The digits as printed after the point, and before it, as one text, and where the point stands."""
    text = f"{abs(one):f}"
    whole, _, part = text.partition(".")
    return (whole + part), len(whole)


def _stroke(printed: tuple[str, int], wanted: tuple[str, int]) -> str:
    """In words the one stroke that makes `printed` of `wanted`; nothing if it takes more."""
    (p, p_point), (w, w_point) = printed, wanted
    if p.strip("0") == w.strip("0") and p.strip("0"):
        return "the decimal point is moved" if p != w else ""
    if p_point == w_point and len(p) == len(w):
        differ = [k for k in range(len(p)) if p[k] != w[k]]
        if len(differ) == 1:
            return "a digit is wrong"
        if (
            len(differ) == 2
            and differ[1] == differ[0] + 1
            and p[differ[0]] == w[differ[1]]
            and p[differ[1]] == w[differ[0]]
        ):
            return "two digits are swapped"
    if any(w[:k] + w[k + 1 :] == p for k in range(len(w))):
        return "a digit is dropped"
    if any(p[:k] + p[k + 1 :] == w for k in range(len(p))):
        return "a digit is doubled or put in"
    return ""


# --- operands


@dataclass(frozen=True)
class Operand:
    """In element `at` of `result`, `element` of `source` stood where `own` of `factor` belongs."""

    result: str
    at: Index
    factor: str
    own: Index
    source: str
    element: Index


def operands(
    numbers: Mapping[str, Number], name: str, at: Index, wanted: float, leeway: float, depth: int = _DEPTH
) -> Iterator[Operand]:
    """The exchanges of one operand that make element `at` of `name` what is wanted, to within leeway.

    Args:
        numbers: as the source has them, by name.
    """
    of = numbers[name]
    if of.through or not of.paths or depth == 0:
        return
    for p in of.paths:
        for own, value, term in _factors(p, at):
            factor = own[0]
            if not factor.array.shape or term == 0 or value == 0:
                continue
            beside = term / value
            needed, room = value + (wanted - float(of.array[at])) / beside, abs(leeway / beside)
            if abs(needed - value) <= room:
                continue
            for source, element in _equal(numbers, factor, needed, room):
                yield Operand(name, at, factor.name, own[1], source, element)
            if derivative_of(factor.name) and factor.name in numbers:
                yield from operands(numbers, factor.name, own[1], needed, room, depth - 1)


def _factors(p: Path, at: Index) -> Iterator[tuple[tuple[Number, Index], float, float]]:
    """Every factor of every product that goes into element `at`, its value, and that of its product."""
    if int(np.prod(list(p.sizes().values()) or [1])) > _MOST:
        return
    for factors in p.terms(at):
        values = [float(f.array[index]) for f, index in factors]
        product = float(np.prod(values))
        for own, value in zip(factors, values, strict=True):
            yield own, value, product


def _equal(
    numbers: Mapping[str, Number], factor: Number, needed: float, room: float
) -> Iterator[tuple[str, Index]]:
    """Elements of the same array, and of others that are easily taken for it, with the value needed."""
    for name in _relatives(factor.name, numbers):
        array = numbers[name].array
        if 0 < array.ndim <= 2 and array.size <= _MOST:
            near = np.abs(array - needed) <= room
            if near.sum() <= 2:
                yield from ((name, tuple(map(int, at))) for at in np.argwhere(near))


def _relatives(name: str, numbers: Mapping[str, Number]) -> Iterator[str]:
    letter, rest = name[:1], name[1:]
    candidates = [name]
    if letter == "a" and rest.isdigit():
        candidates += [f"z{rest}", f"a{int(rest) + 1}", f"a{int(rest) - 1}", "x"]
    elif name == "x":
        candidates += ["a1", "t"]
    elif letter == "w":
        candidates += [f"{name}'"]
    elif name.startswith("dE/dz"):
        candidates += [f"dE/da{name[5:]}"]
    yield from (one for one in candidates if one in numbers)


def slip(found: list[Operand], numbers: Mapping[str, Number]) -> Hypothesis:
    """That the same operand was taken wrongly in all these elements of one Number."""
    first = found[0]
    elements = [one.at for one in found]

    def change(now: Number) -> Number:
        factors = {f.name: f for p in now.paths for f in p.factors}
        known = {**numbers, **factors}
        wrong = edits.with_element(factors[first.factor], first.own, known[first.source], first.element)
        other = edits.instead(now, edits.called(first.factor), number(first.factor, *wrong.paths))
        return edits.masked(now, other, elements)

    taken, right = _named(first.source, first.element), _named(first.factor, first.own)
    where = " and ".join(_named(first.result, at) for at in elements[:3]) + (
        " ..." if len(elements) > 3 else ""
    )
    values = (numbers[first.source].array[first.element], numbers[first.factor].array[first.own])
    shown = [f"{float(value):.6g}" for value in values]
    return Hypothesis(
        "mistake",
        f"wrong operand: {taken} for {right}",
        f"{where} {'is' if len(elements) == 1 else 'are'} made with {taken} = {shown[0]} where "
        f"{right} = {shown[1]} belongs.",
        1.25 if first.source == first.factor else 1.35,
        f"{first.factor}[{','.join(map(str, first.own))}]",
        shown[0],
        shown[1],
        mistakes=(rewriting({first.result: change}),),
    )


def _named(name: str, at: Index) -> str:
    return f"{pretty(name)}[{','.join(map(str, at))}]"
