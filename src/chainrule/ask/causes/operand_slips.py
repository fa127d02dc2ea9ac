"""Operand slips: one product of a sum made with a wrong operand, found by the value that it needs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from chainrule.ask.cases.address import Address
from chainrule.ask.cases.arithmetic import Expression
from chainrule.ask.causes import number_edits as edits
from chainrule.ask.causes.evidence import Evidence
from chainrule.ask.causes.hypothesis import Hypothesis, Mistake, Rewrite, rewriting
from chainrule.ask.documents.names import pretty
from chainrule.ask.explain.terms import Index
from chainrule.numbers import Number, Path, number
from chainrule.quantities import Combination, Derivative, Variable, parse

_MOST = 400  # products of a sum, and numbers to look through
_DEPTH = 4  # unprinted numbers between a claim and the slip
_LISTED = 3
_SHIFT = 1e-6
_NEWTON = 20


@dataclass(frozen=True)
class Operand:
    """In element `place` of `result`, `element` of `source` stood for `factor_place` of `factor`."""

    result: str
    place: Index
    factor: str
    factor_place: Index
    source: str
    element: Index


def slips(evidence: Evidence, unexplained: frozenset[int]) -> Iterator[Hypothesis]:
    """Wrong operands in single products, each of which explains a fault among `unexplained`."""
    groups: dict[tuple[object, ...], list[Operand]] = {}
    for i in evidence.roots(unexplained):
        query = evidence.judged[i].asked
        if isinstance(query, Expression) or (place := evidence.sheet.place(query)).after:
            continue
        claim = evidence.claims[i]
        leeway = 2 * float(claim.unit) + abs(evidence.local[i] - evidence.judged[i].computed)
        for operand in _operands(evidence, place.name, place.index, claim.value, leeway, _DEPTH):
            group = groups.setdefault(
                (operand.result, operand.factor, operand.factor_place, operand.source, operand.element), []
            )
            if operand not in group:
                group.append(operand)
    numbers = evidence.book.numbers()
    yield from (slip(operands, numbers) for operands in groups.values())


def _operands(
    evidence: Evidence, name: str, index: Index, target: float, leeway: float, depth: int
) -> Iterator[Operand]:
    """The exchanges of one operand that make element `index` of `name` come to `target`, to within leeway."""
    node = evidence.made(0)[name]
    if not node.paths or depth == 0:
        return
    terms = [term for p in node.paths for term in _terms(p, index, evidence.numbers)]
    total = sum(product for _, product in terms)
    if node.through:
        target, leeway = _inverse(node, index, total, target, leeway)
        if not np.isfinite(target):
            return
    for factors, _ in terms:
        for k, (factor, place, value) in enumerate(factors):
            cofactor = float(np.prod([sibling for n, (_, _, sibling) in enumerate(factors) if n != k]))
            if factor.array.shape and cofactor:
                needed, room = value + (target - total) / cofactor, abs(leeway / cofactor)
                if abs(needed - value) > room:
                    yield from _exchanges(
                        evidence, Operand(name, index, factor.name, place, "", ()), needed, room
                    )
                    if factor.name in evidence.made(0) and Address(factor.name, place) not in evidence.sound:
                        yield from _operands(evidence, factor.name, place, needed, room, depth - 1)


def _exchanges(evidence: Evidence, operand: Operand, needed: float, room: float) -> Iterator[Operand]:
    """What may have stood in the place of the right operand, for it has the value needed."""
    result = evidence.book.numbers().get(operand.result)  # nothing for a factor of ∂E/∂a of a fused loss
    if result and operand.factor in (f.name for p in result.paths for f in p.factors):
        for source, element in _equal(evidence.numbers, operand.factor, needed, room):
            yield replace(operand, source=source, element=element)


def _terms(
    p: Path, element: Index, numbers: Mapping[str, Number]
) -> Iterator[tuple[list[tuple[Number, Index, float]], float]]:
    """The products that go into `element`: their factors, where, with which value, and the product."""
    if int(np.prod(list(p.sizes().values()) or [1])) > _MOST:
        return
    p = p.of(numbers.get(f.name, f) for f in p.factors)
    for factors in p.terms(element):
        operands = [(f, index, float(f.array[index])) for f, index in factors]
        yield operands, float(np.prod([value for _, _, value in operands]))


def _inverse(node: Number, index: Index, total: float, target: float, leeway: float) -> tuple[float, float]:
    """From which sum the function of `node` makes `target`, and how far that may be off."""
    assert node.through is not None
    function = node.through.apply
    if (
        node.array.ndim
        and node.array.shape[-1] > 1
        and np.ndim(function(np.zeros((1, 2))))
        and _joint(function)
    ):
        return np.nan, np.nan

    def value(x: float) -> float:
        return float(np.ravel(function(np.full((1, 1), x)))[0])

    x, slope = total, np.nan
    with np.errstate(all="ignore"):
        for _ in range(_NEWTON):
            slope = (value(x + _SHIFT) - value(x - _SHIFT)) / (2 * _SHIFT)
            off = value(x) - target
            if not np.isfinite(off) or slope == 0:
                return np.nan, np.nan
            x -= off / slope
            if abs(off) <= leeway / 10:
                return x, abs(leeway / slope)
    return np.nan, np.nan


def _joint(function: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Whether an element of the result depends on more than its own argument, as in softmax."""
    base, shifted = function(np.array([[0.1, 0.2]])), function(np.array([[0.1, 0.4]]))
    return bool(base[0, 0] != shifted[0, 0])


def _equal(
    numbers: Mapping[str, Number], factor: str, needed: float, room: float
) -> Iterator[tuple[str, Index]]:
    """Elements of the same array, and of others that are easily taken for it, with the value needed."""
    for name in _relatives(factor, numbers):
        array = numbers[name].array
        if 0 < array.ndim <= 2 and array.size <= _MOST:
            matches = np.abs(array - needed) <= room
            if matches.sum() <= 2:
                yield from ((name, tuple(map(int, index))) for index in np.argwhere(matches))


def _relatives(name: str, numbers: Mapping[str, Number]) -> Iterator[str]:
    candidates = [name]
    match parse(name):
        case Variable("a", int(layer), 1):
            candidates += [f"z{layer}", f"a{layer + 1}", f"a{layer - 1}", "x"]
        case Variable("x", None):
            candidates += ["a1", "t"]
        case Variable("w"):
            candidates += [f"{name}'"]
        case Derivative(Variable("E"), Variable("z") as z):
            candidates += [f"dE/d{replace(z, letter='a')}"]
    yield from (candidate for candidate in candidates if candidate in numbers)


def slip(operands: list[Operand], numbers: Mapping[str, Number]) -> Hypothesis:
    """That the same operand was taken wrongly in all these elements of one Number."""
    exchange = operands[0]
    elements = [operand.place for operand in operands]

    def change(node: Number) -> Number:
        factors = {f.name: f for p in node.paths for f in p.factors}
        sources = {**numbers, **factors}
        mixture = edits.with_element(
            factors[exchange.factor], exchange.factor_place, sources[exchange.source], exchange.element
        )
        variant = edits.instead(node, edits.called(exchange.factor), number(exchange.factor, *mixture.paths))
        return edits.masked(node, variant, elements)

    def named(name: str, index: Index) -> str:
        return f"{pretty(name)}[{','.join(map(str, _printed_index(numbers[name], index)))}]"

    source_label, factor_label = (
        named(exchange.source, exchange.element),
        named(exchange.factor, exchange.factor_place),
    )
    where = " and ".join(named(exchange.result, index) for index in elements[:_LISTED])
    where += " and others" if len(elements) > _LISTED else ""
    values = (
        numbers[exchange.source].array[exchange.element],
        numbers[exchange.factor].array[exchange.factor_place],
    )
    texts = [f"{float(value):.6g}" for value in values]
    factor_index = _printed_index(numbers[exchange.factor], exchange.factor_place)
    return Hypothesis(
        "mistake",
        f"wrong operand: {source_label} for {factor_label}",
        f"{where} {'is' if len(elements) == 1 else 'are'} made with {source_label} = {texts[0]} where "
        f"{factor_label} = {texts[1]} belongs.",
        1.25 if exchange.source == exchange.factor else 1.4,
        f"{exchange.factor}[{','.join(map(str, factor_index))}]",
        texts[0],
        texts[1],
        mistakes=(_once(rewriting({exchange.result: change}), numbers),),
    )


def _once(mistake: Mistake, numbers: Mapping[str, Number]) -> Mistake:
    """Made in the first step alone, the one with these numbers."""
    leaves = [leaf for leaf in numbers.values() if not leaf.paths]

    def once(nodes: Mapping[str, Number]) -> Rewrite:
        in_first_step = all(
            np.array_equal(nodes[leaf.name].array, leaf.array) for leaf in leaves if leaf.name in nodes
        )
        return mistake(nodes) if in_first_step else lambda _: None

    return once


def _printed_index(node: Number, index: Index) -> Index:
    """An index as people give it: without the row where there is only one."""
    match node.quantity:
        case Variable(letter) | Derivative(Variable("E"), Variable(letter)):
            has_row = letter in "xtzah"
        case Combination(text, (Variable(letter), *_)):
            has_row = letter in "xtzah" and text.startswith("{}")
        case _:
            has_row = False
    return index[1:] if has_row and len(index) == 2 and len(node.array) == 1 else index
