"""The document of an explanation: its factors, the chain, the shares, and where the factors come from."""

from collections.abc import Iterable, Iterator

import numpy as np

from chainrule.ask.documents.blocks import Block, Cell, Equation, Equations, Heading, TableBlock, paragraph
from chainrule.ask.documents.formula import AS_GIVEN, Formula, Symbol, Value, walk
from chainrule.ask.documents.formula_text import as_line
from chainrule.ask.documents.names import derivative_of
from chainrule.ask.explain.chain import LINKS, Backward
from chainrule.ask.explain.contributions import by_road, by_row
from chainrule.ask.explain.explanation import Explanation
from chainrule.ask.explain.meaning import meaning, parts, rule
from chainrule.ask.explain.tables import counted
from chainrule.ask.explain.terms import WHOLE, Factor

ROWS = 8  # of a table of shares
LEGEND = 12  # of the names of inputs and targets
EQUATIONS = 24  # of the factors explained in turn, all levels together


def blocks(found: Explanation) -> Iterator[Block]:
    """The explanation part by part."""
    shown: list[Equation] = []
    for block in _parts(found, shown):
        if isinstance(block, Equations):
            shown += block.equations
        yield block
    yield from _legend(found, shown)


def _parts(found: Explanation, shown: list[Equation]) -> Iterator[Block]:
    """All but the legend; `shown` is told of every equation as it goes out."""
    derive, of = found.derive, found.factor
    yield Heading(_title(found), 1)
    yield from _opening(found)
    if of.number.paths:
        equation = _equation(found, of)
        yield Equations((equation,))
        yield from _backward(found, equation)
        yield from _shares(found)
        yield from _in_turn(found, {derive.symbol(of)} | {one.left for one in shown})


def _title(found: Explanation) -> str:
    """`∂E/∂w₁[0,2]`, `E after 3 updates`; w@3 is the new value that the third gives."""
    after = found.place.after
    text = as_line(found.derive.symbol(found.factor))
    if "@" in found.asked and text.endswith("'"):
        text, after = text[:-1], after + 1
    elif "@" in found.asked and "'" in text and found.asked.partition("@")[0].strip()[-1] != "'":
        text, after = text.replace("'", ""), after + 1
    return f"{text} after {counted(after, 'update')}" if after else text


def _opening(found: Explanation) -> Iterator[Block]:
    """What the number is, on which rows, by which rule, and what it comes to."""
    derive, of, case = found.derive, found.factor, found.world.case
    says, inside = meaning(case, of), parts(derive, of)
    whole: list[str | Formula] = [derive.symbol(of)]
    if says and says.count("{}") == len(inside):
        whole += [" is ", *_spread(says, inside), ". Here it is "]
    else:
        whole += [" is a part of other numbers. Here it is "]
    given = not of.number.paths
    yield paragraph(*whole, Value(of.value, AS_GIVEN if given else 4), "; it is given." if given else ".")
    if by := rule(case, of.number.name):
        yield paragraph(f"By the rule {by}.")
    if len(case.x) > 1:
        how = "average" if case.convention.batch == "mean" else "sum"
        yield paragraph(f"There are {counted(len(case.x), 'row')}, and E is the {how} over them.")
    for note in found.notes:
        yield paragraph(note)


def _equation(found: Explanation, of: Factor) -> Equation:
    """The number, its factors, the numbers in them, the products, the sum; nothing said twice."""
    equation = found.derive.equation(of)
    if len(equation.steps) > 1 and as_line(equation.steps[0]) == as_line(equation.left):
        return Equation(equation.left, equation.steps[1:])
    return equation


def _spread(says: str, inside: Iterable[Formula]) -> Iterator[str | Formula]:
    """A sentence with formulas in its places."""
    first, *others = says.split("{}")
    yield first
    for formula, text in zip(inside, others, strict=True):
        yield formula
        yield text


def _backward(found: Explanation, equation: Equation) -> Iterator[Block]:
    """The way of a derivative of E, from the error back."""
    derive, of = found.derive, found.factor
    way = derive.way(of)
    if not of.number.name.startswith("dE/d") or len(way) < 2:
        return
    chain = derive.chain(of)
    yield Heading("The chain")
    if chain and len(chain.links) <= LINKS:
        yield from Backward(derive).gradient(of)
        return
    said = "From the error back, step by step"
    several = "" if chain else "; where it comes from several sides, the largest part is followed"
    yield from Backward(derive, [equation.left]).step_by_step(of, paragraph(f"{said}{several}:"))


# --- shares


def _shares(found: Explanation) -> Iterator[Block]:
    """What each row gives, and what each road brings."""
    of = found.factor
    rows = by_row(of)
    if rows is not None and len(rows) > 1:
        yield Heading("Row by row")
        yield paragraph(
            "The same sum with the rows left apart: what each of them gives to ", found.derive.symbol(of), "."
        )
        yield _table("row", [(str(k), float(v)) for k, v in enumerate(rows)], of.value)
    if not of.number.name.startswith("dE/d"):
        return
    roads = by_road(of)
    if roads:
        rowless = len({road.signal.name for road in roads}) < len(roads)
        yield Heading("Road by road")
        yield paragraph(
            "The error comes back through several quantities at once, and what each of them brings adds up."
        )
        named: list[tuple[Cell, float]] = [
            (
                Symbol(
                    (derivative_of(road.signal.name) or ("", road.signal.name))[1],
                    (road.unit,) if rowless else (),
                ),
                road.value,
            )
            for road in roads
        ]
        yield _table("through", named, of.value)


def _table(head: str, shares: list[tuple[Cell, float]], whole: float) -> TableBlock:
    """The largest shares, what the others add up to, and how much of the whole each is."""
    order = list(range(len(shares)))
    if len(shares) > ROWS:
        order = sorted(sorted(order, key=lambda k: -abs(shares[k][1]))[: ROWS - 1])
    rows: list[tuple[Cell, ...]] = [(shares[k][0], *_share(shares[k][1], whole)) for k in order]
    left = np.array([value for k, (_, value) in enumerate(shares) if k not in set(order)])
    more = ""
    if len(left):
        rows.append((f"{len(left):,} others", *_share(float(left.sum()), whole)))
        up, down = float(left[left > 0].sum()), float(-left[left < 0].sum())
        if up and down:
            more = f"The others: {up:.4g} up and {down:.4g} down."
    return TableBlock((head, "share", "in %"), tuple(rows), more)


def _share(value: float, whole: float) -> tuple[Cell, Cell]:
    part: Cell = Value(100 * value / whole, 3) if whole and np.isfinite(whole) else ""
    return Value(value), part


# --- the factors in turn


def _in_turn(found: Explanation, known: set[Formula]) -> Iterator[Block]:
    """The factors, then theirs, level by level, none twice, down to what was given."""
    derive = found.derive
    level, left, deep = _inside(found, [found.factor]), EQUATIONS, 0
    while level and deep < found.depth:
        deep += 1
        new: list[Factor] = []
        for factor in level:
            left_side = derive.symbol(factor)
            if left_side not in known:
                known.add(left_side)
                new.append(factor)
        if new:
            yield Heading({1: "Where its factors come from", 2: "And theirs"}.get(deep, f"Level {deep}"))
            if new[:left]:
                yield Equations(tuple(_equation(found, one) for one in new[:left]))
            if len(new) > left:
                yield paragraph(
                    f"… and {counted(len(new) - left, 'more number')}: ask for them by their addresses."
                )
                return
            left -= len(new)
        level = _inside(found, level)


def _inside(found: Explanation, level: list[Factor]) -> list[Factor]:
    """The factors of a level that are made of others in their turn, each once."""
    new: dict[tuple[str, tuple[int, ...]], Factor] = {}
    for of in level:
        for one in found.derive.terms(of)[0]:
            for factor in one.factors:
                for each in _whole_row(of, factor):
                    if each.number.paths:
                        new.setdefault((each.number.name, each.at), each)
    return list(new.values())


def _whole_row(of: Factor, factor: Factor) -> list[Factor]:
    """The factor; for a softmax, which looks at its whole row, all of that row as far as it is shown."""
    through = of.number.through
    if not through or "softmax" not in through.text:
        return [factor]
    units = factor.number.array.shape[-1]
    return [Factor(factor.number, (*factor.at[:-1], k)) for k in range(min(units, WHOLE))]


def _legend(found: Explanation, shown: list[Equation]) -> Iterator[Block]:
    """What the inputs and targets that were met are called."""
    formulas = [found.derive.symbol(found.factor), *(f for e in shown for f in (e.left, *e.steps))]
    met = {s for formula in formulas for s in walk(formula) if isinstance(s, Symbol) and s.name in "xt"}
    rows: list[tuple[Cell, ...]] = []
    for name, called in (("x", found.columns), ("t", found.outputs)):
        array = found.derive.numbers[name].array
        for symbol in sorted((s for s in met if s.name == name and called), key=lambda s: s.index):
            at = symbol.index if len(symbol.index) == 2 else (0, *(symbol.index or (0,)))
            rows.append((symbol, called[at[1]], Value(float(array[at]))))
    if rows:
        yield Heading("What they are called")
        more = f"… {len(rows) - LEGEND} more" if len(rows) > LEGEND else ""
        yield TableBlock(("", "column, as encoded", "value"), tuple(rows[:LEGEND]), more)
