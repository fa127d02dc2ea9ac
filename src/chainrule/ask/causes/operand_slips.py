"""Slips: one product with a wrong operand."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from chainrule.ask.cases.address import Address
from chainrule.ask.cases.arithmetic import Expression
from chainrule.ask.causes import number_edits as edits
from chainrule.ask.causes.evidence import Evidence
from chainrule.ask.causes.hypothesis import Hypothesis, Mistake, Rewrite
from chainrule.ask.causes.mistaken import rewriting
from chainrule.ask.documents.names import pretty
from chainrule.ask.explain.terms import Index
from chainrule.numbers import Number, Path, number

_MOST = 400  # products of a sum, and numbers to look through
_DEPTH = 4  # unprinted numbers between a claim and the slip
_LISTED = 3
_SHIFT = 1e-6
_NEWTON = 20


@dataclass(frozen=True)
class Operand:
    """In element `at` of `result`, `element` of `source` stood where `own` of `factor` belongs."""

    result: str
    at: Index
    factor: str
    own: Index
    source: str
    element: Index


def slips(known: Evidence, left: frozenset[int]) -> Iterator[Hypothesis]:
    """Wrong operands in single products, each of which explains a fault among `left`."""
    groups: dict[tuple[object, ...], list[Operand]] = {}
    for i in known.roots(left):
        asked = known.judged[i].asked
        if isinstance(asked, Expression) or (place := known.sheet.place(asked)).after:
            continue
        claim = known.claims[i]
        leeway = 2 * float(claim.unit) + abs(known.local[i] - known.judged[i].computed)
        for one in _operands(known, place.name, place.index, claim.value, leeway, _DEPTH):
            group = groups.setdefault((one.result, one.factor, one.own, one.source, one.element), [])
            if one not in group:
                group.append(one)
    numbers = known.book.numbers()
    return (slip(found, numbers) for found in groups.values())


def _operands(
    known: Evidence, name: str, at: Index, wanted: float, leeway: float, depth: int
) -> Iterator[Operand]:
    """The exchanges of one operand that make element `at` of `name` what is wanted, to within leeway."""
    of = known.made(0)[name]
    if not of.paths or depth == 0:
        return
    terms = [term for p in of.paths for term in _terms(p, at, known.numbers)]
    total = sum(product for _, product in terms)
    if of.through:
        wanted, leeway = _inverse(of, at, total, wanted, leeway)
        if not np.isfinite(wanted):
            return
    for factors, _ in terms:
        for k, (factor, own, value) in enumerate(factors):
            beside = float(np.prod([other for n, (_, _, other) in enumerate(factors) if n != k]))
            if factor.array.shape and beside:
                needed, room = value + (wanted - total) / beside, abs(leeway / beside)
                if abs(needed - value) > room:
                    yield from _exchanges(known, Operand(name, at, factor.name, own, "", ()), needed, room)
                    if factor.name in known.made(0) and Address(factor.name, own) not in known.sound:
                        yield from _operands(known, factor.name, own, needed, room, depth - 1)


def _exchanges(known: Evidence, right: Operand, needed: float, room: float) -> Iterator[Operand]:
    """What may have stood in the place of the right operand, for it has the value needed."""
    factors = (f.name for p in known.book.numbers()[right.result].paths for f in p.factors)
    if right.factor in factors:
        for source, element in _equal(known.numbers, right.factor, needed, room):
            yield replace(right, source=source, element=element)


def _terms(
    p: Path, at: Index, numbers: Mapping[str, Number]
) -> Iterator[tuple[list[tuple[Number, Index, float]], float]]:
    """The products that go into element `at`: their factors, where, with which value, and the product."""
    if int(np.prod(list(p.sizes().values()) or [1])) > _MOST:
        return
    p = Path(p.indices, tuple(numbers.get(f.name, f) for f in p.factors))
    for factors in p.terms(at):
        found = [(f, index, float(f.array[index])) for f, index in factors]
        yield found, float(np.prod([value for _, _, value in found]))


def _inverse(of: Number, at: Index, total: float, wanted: float, leeway: float) -> tuple[float, float]:
    """From which sum the function of `of` makes what is wanted, and how far that may be off."""
    assert of.through is not None
    function = of.through.apply
    if of.array.ndim and of.array.shape[-1] > 1 and np.ndim(function(np.zeros((1, 2)))) and _joint(function):
        return np.nan, np.nan

    def value(x: float) -> float:
        return float(np.ravel(function(np.full((1, 1), x)))[0])

    x, slope = total, np.nan
    with np.errstate(all="ignore"):
        for _ in range(_NEWTON):
            slope = (value(x + _SHIFT) - value(x - _SHIFT)) / (2 * _SHIFT)
            off = value(x) - wanted
            if not np.isfinite(off) or slope == 0:
                return np.nan, np.nan
            x -= off / slope
            if abs(off) <= leeway / 10:
                return x, abs(leeway / slope)
    return np.nan, np.nan


def _joint(function: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Whether an element of the result depends on more than its own argument, as in softmax."""
    one, two = function(np.array([[0.1, 0.2]])), function(np.array([[0.1, 0.4]]))
    return bool(one[0, 0] != two[0, 0])


def _equal(
    numbers: Mapping[str, Number], factor: str, needed: float, room: float
) -> Iterator[tuple[str, Index]]:
    """Elements of the same array, and of others that are easily taken for it, with the value needed."""
    for name in _relatives(factor, numbers):
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

    def named(name: str, at: Index) -> str:
        return f"{pretty(name)}[{','.join(map(str, _shown(numbers[name], at)))}]"

    taken, right = named(first.source, first.element), named(first.factor, first.own)
    where = " and ".join(named(first.result, at) for at in elements[:_LISTED])
    where += " and others" if len(elements) > _LISTED else ""
    values = (numbers[first.source].array[first.element], numbers[first.factor].array[first.own])
    shown = [f"{float(value):.6g}" for value in values]
    return Hypothesis(
        "mistake",
        f"wrong operand: {taken} for {right}",
        f"{where} {'is' if len(elements) == 1 else 'are'} made with {taken} = {shown[0]} where "
        f"{right} = {shown[1]} belongs.",
        1.25 if first.source == first.factor else 1.4,
        f"{first.factor}[{','.join(map(str, _shown(numbers[first.factor], first.own)))}]",
        shown[0],
        shown[1],
        mistakes=(_once(rewriting({first.result: change}), numbers),),
    )


def _once(mistake: Mistake, numbers: Mapping[str, Number]) -> Mistake:
    """Made in the first step alone, the one with these numbers."""
    given = [one for one in numbers.values() if not one.paths]

    def once(now: Mapping[str, Number]) -> Rewrite:
        first = all(np.array_equal(now[one.name].array, one.array) for one in given if one.name in now)
        return mistake(now) if first else lambda _: None

    return once


def _shown(one: Number, at: Index) -> Index:
    """An index as people give it: without the row where there is only one."""
    per_row = one.name[:1] in "xtzah" or one.name.startswith(("dE/da", "dE/dz", "dE/dx", "dE/dh"))
    return at[1:] if per_row and len(at) == 2 and len(one.array) == 1 else at
