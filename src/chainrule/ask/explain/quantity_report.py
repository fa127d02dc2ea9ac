"""The document of an explanation: its factors, the chain, the shares, and where the factors come from."""

from collections.abc import Iterable, Iterator
from math import prod

import numpy as np

from chainrule.ask.cases.address import shape_in_words
from chainrule.ask.documents.blocks import Block, Cell, Equation, Equations, Heading, TableBlock, paragraph
from chainrule.ask.documents.formula import AS_GIVEN, Formula, Symbol, Value, walk
from chainrule.ask.documents.formula_text import as_line
from chainrule.ask.documents.names import derivative_of, pretty
from chainrule.ask.documents.wording import counted
from chainrule.ask.explain.chain import LINKS, Backward
from chainrule.ask.explain.contributions import by_letters, by_road, by_row
from chainrule.ask.explain.explanation import Explanation
from chainrule.ask.explain.meaning import meaning, parts, rule
from chainrule.ask.explain.terms import WHOLE, Factor, row_length
from chainrule.quantities import is_error_signal, is_slope

_DEAD = (
    " the activation is flat. No error passes here, and the weights into this unit learn nothing from "
    "this row."
)
SHOWN = 8  # rows and columns of an array
ROWS = 8  # of a table of shares
_FIRST = ("w1", "w1'", "dE/dw1", "m_w1", "m_w1'", "v_w1", "v_w1'")  # what has a place in layer 1
LEGEND = 12  # of the names of inputs and targets
EQUATIONS = 24  # of the factors explained in turn, all levels together


def blocks(explanation: Explanation) -> Iterator[Block]:
    """The explanation part by part."""
    equations: list[Equation] = []
    for block in _parts(explanation, equations):
        if isinstance(block, Equations):
            equations += block.equations
        yield block
    yield from _legend(explanation, equations)


def _parts(explanation: Explanation, equations: list[Equation]) -> Iterator[Block]:
    """All but the legend; `equations` is told of each one as it goes out."""
    derive, element = explanation.derive, explanation.factor
    yield Heading(_title(explanation), 1)
    if explanation.whole:
        yield from _array(explanation)
    yield from _opening(explanation)
    if element.number.paths:
        equation = _equation(explanation, element)
        yield Equations((equation,))
        if stable := derive.stable(element):
            yield paragraph("It is computed as ", stable, ", which loses no digits where the two are close.")
        yield from _flat(explanation)
        yield from _backward(explanation, equation)
        yield from _shares(explanation)
        yield from _in_turn(explanation, {derive.symbol(element)} | {equation.left for equation in equations})


def _array(explanation: Explanation) -> Iterator[Block]:
    """All of the array that the number stands in, as far as it has room; rows of units or of weights."""
    derive, number = explanation.derive, explanation.factor.number
    *outer, columns = number.array.shape
    count = outer.pop() if outer else 1
    prefix = explanation.factor.index[: len(outer)]  # of the slopes of a softmax: the row that is shown
    rows: list[tuple[Cell, ...]] = [
        (
            str(k),
            *(
                derive.value(Factor(number, (*prefix, *[k] * (number.array.ndim > 1), j)))
                for j in range(min(columns, SHOWN))
            ),
        )
        for k in range(min(count, SHOWN))
    ]
    note = f"… of {count:,} x {columns:,}" if max(count, columns) > SHOWN else ""
    yield TableBlock((Symbol(number.name), *map(str, range(min(columns, SHOWN)))), tuple(rows), note)
    if prod(number.array.shape[: len(prefix)]) > 1 and not is_slope(number.quantity):
        part = ",".join([*map(str, prefix), "·", "·"])
        shape = shape_in_words(number.array.shape)
        yield paragraph(f"That is {pretty(number.name)}[{part}], one part of {shape}.")
    yield paragraph("The largest of them is ", derive.symbol(explanation.factor), ".")


def _flat(explanation: Explanation) -> Iterator[Block]:
    """Where an activation is flat, no error passes: what is dead is said to be so."""
    derive = explanation.derive
    if explanation.factor.number.through:
        return
    for term in derive.terms(explanation.factor)[0]:
        for factor in term.factors:
            if factor.value != 0.0 or not is_slope(factor.number.quantity):
                continue
            _, below = derivative_of(factor.number.name) or ("", "")
            z = Factor(derive.numbers[below], factor.index)
            told = (derive.symbol(z), " = ", derive.value(z))
            yield paragraph(derive.symbol(factor), " is 0: at ", *told, _DEAD)
            return


def _title(explanation: Explanation) -> str:
    """`∂E/∂w₁[0,2]`, `E after 3 updates`; w@3 is the new value that the third gives."""
    updates = explanation.place.after + (explanation.update or 0)
    named = Symbol(explanation.factor.number.name)
    text = as_line(named if explanation.whole else explanation.derive.symbol(explanation.factor))
    if "@" in explanation.asked and text.endswith("'"):
        text, updates = text[:-1], updates + 1
    elif "@" in explanation.asked and "'" in text and explanation.asked.partition("@")[0].strip()[-1] != "'":
        text, updates = text.replace("'", ""), updates + 1
    if explanation.update is not None and text.endswith("'"):
        return f"{text} in update {updates:,}"
    return f"{text} after {counted(updates, 'update')}" if updates else text


def _opening(explanation: Explanation) -> Iterator[Block]:
    """What the number is, on which rows, by which rule, and what it comes to."""
    derive, element, case = explanation.derive, explanation.factor, explanation.world.case
    says, inside = meaning(case, element), parts(derive, element)
    sentence: list[str | Formula] = [derive.symbol(element)]
    if says and says.count("{}") == len(inside):
        sentence += [" is ", *_spread(says, inside), ". Here it is "]
    else:
        sentence += [" is a part of other numbers. Here it is "]
    is_given = not element.number.paths
    yield paragraph(
        *sentence, derive.value(element, AS_GIVEN if is_given else 4), "; it is given." if is_given else "."
    )
    if by := rule(case, element.number.name):
        yield paragraph(f"By the rule {by}.")
    if len(case.x) > 1:
        yield paragraph(f"There are {counted(len(case.x), 'row')}, and E is {case.aggregate('them')}.")
    for note in explanation.notes:
        yield paragraph(note)


def _equation(explanation: Explanation, element: Factor) -> Equation:
    """The number, its factors, the numbers in them, the products, the sum; nothing said twice."""
    equation = explanation.derive.equation(element)
    if len(equation.steps) > 1 and as_line(equation.steps[0]) == as_line(equation.left):
        return Equation(equation.left, equation.steps[1:])
    return equation


def _spread(says: str, inside: Iterable[Formula]) -> Iterator[str | Formula]:
    """A sentence with formulas in its places."""
    start, *texts = says.split("{}")
    yield start
    for formula, text in zip(inside, texts, strict=True):
        yield formula
        yield text


def _backward(explanation: Explanation, equation: Equation) -> Iterator[Block]:
    """The way of a derivative of E, from the error back."""
    derive, element = explanation.derive, explanation.factor
    signals = derive.signals(element)
    if not is_error_signal(element.number.quantity) or len(signals) < 2:
        return
    chain = derive.chain(element)
    yield Heading("The chain")
    if chain and len(chain.links) <= LINKS:
        yield from Backward(derive, is_introduced=True).gradient(element)
        return
    opening = "From the error back, step by step"
    several = "" if chain else "; where it comes from several sides, the largest part is followed"
    yield from Backward(derive, [equation.left]).step_by_step(element, paragraph(f"{opening}{several}:"))


# --- shares


def _shares(explanation: Explanation) -> Iterator[Block]:
    """What each row gives, each value of the letters that were asked for, and what each road brings."""
    element = explanation.factor
    if explanation.by:
        yield Heading(f"By {explanation.by}")
        named_parts = [
            ("the rest" if point is None else ",".join(map(str, point)), value)
            for point, value in by_letters(element, explanation.by)
        ]
        remark = "all of it adds up" if named_parts else "there is no term in it"
        yield paragraph("The same sum with ", explanation.by, f" left apart; {remark}.")
        if named_parts:
            yield _table(explanation.by, list(named_parts), element.value)
    rows = by_row(element)
    if rows is not None and len(rows) > 1:
        yield Heading("Row by row")
        yield paragraph(
            "The same sum with the rows left apart: what each of them gives to ",
            explanation.derive.symbol(element),
            ".",
        )
        yield _table("row", [(str(k), float(v)) for k, v in enumerate(rows)], element.value)
    if not is_error_signal(element.number.quantity):
        return
    roads = by_road(element)
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
        yield _table("through", named, element.value)


def _table(head: str, shares: list[tuple[Cell, float]], total: float) -> TableBlock:
    """The largest shares, what the others add up to, and how much of the whole each is."""
    order = list(range(len(shares)))
    if len(shares) > ROWS:
        order = sorted(sorted(order, key=lambda k: -abs(shares[k][1]))[: ROWS - 1])
    rows: list[tuple[Cell, ...]] = [(shares[k][0], *_share(shares[k][1], total)) for k in order]
    remainder = np.array([value for k, (_, value) in enumerate(shares) if k not in set(order)])
    note = ""
    if len(remainder):
        rows.append((f"{len(remainder):,} others", *_share(float(remainder.sum()), total)))
        positive, negative = float(remainder[remainder > 0].sum()), float(-remainder[remainder < 0].sum())
        if positive and negative:
            note = f"The others: {positive:.4g} up and {negative:.4g} down."
    return TableBlock((head, "share", "in %"), tuple(rows), note)


def _share(value: float, total: float) -> tuple[Cell, Cell]:
    part: Cell = Value(100 * value / total, 3) if total and np.isfinite(total) else ""
    return Value(value), part


# --- the factors in turn


def _in_turn(explanation: Explanation, left_sides: set[Formula]) -> Iterator[Block]:
    """The factors, then theirs, level by level, none twice, down to what was given."""
    derive = explanation.derive
    level, room, deep = _inside(explanation, [explanation.factor]), EQUATIONS, 0
    while level and deep < explanation.depth:
        deep += 1
        new: list[Factor] = []
        for factor in level:
            left_side = derive.symbol(factor)
            if left_side not in left_sides:
                left_sides.add(left_side)
                new.append(factor)
        if new:
            yield Heading({1: "Where its factors come from", 2: "And theirs"}.get(deep, f"Level {deep}"))
            if new[:room]:
                yield Equations(tuple(_equation(explanation, factor) for factor in new[:room]))
            if len(new) > room:
                yield paragraph(
                    f"… and {counted(len(new) - room, 'more number')}: ask for them by their addresses."
                )
                return
            room -= len(new)
        level = _inside(explanation, level)


def _inside(explanation: Explanation, level: list[Factor]) -> list[Factor]:
    """The factors of a level that are made of others in their turn, each once."""
    new: dict[tuple[str, tuple[int, ...]], Factor] = {}
    for element in level:
        for term in explanation.derive.terms(element)[0]:
            for factor in term.factors:
                for entry in _whole_row(element, factor):
                    if entry.number.paths:
                        new.setdefault((entry.number.name, entry.index), entry)
    return list(new.values())


def _whole_row(element: Factor, factor: Factor) -> list[Factor]:
    """The factor; for a softmax, which looks at its whole row, all of that row as far as it is shown."""
    through = element.number.through
    if not through or through.sees == "number":
        return [factor]
    return [Factor(factor.number, (*factor.index[:-1], k)) for k in range(min(row_length(element), WHOLE))]


def _legend(explanation: Explanation, equations: list[Equation]) -> Iterator[Block]:
    """What the inputs and targets that were met are called."""
    formulas = [
        explanation.derive.symbol(explanation.factor),
        *(f for e in equations for f in (e.left, *e.steps)),
    ]
    met = {s for formula in formulas for s in walk(formula) if isinstance(s, Symbol)}
    rows: list[tuple[Cell, ...]] = []
    for name, labels in (("x", explanation.columns), ("t", explanation.outputs)):
        number = explanation.derive.numbers[name]
        for symbol in sorted((s for s in met if s.name == name and labels), key=lambda s: s.index):
            index = symbol.index if len(symbol.index) == 2 else (0, *(symbol.index or (0,)))
            factor = Factor(number, index)
            amount = explanation.amounts(name, index[1], factor.value) if explanation.amounts else ""
            rows.append((symbol, labels[index[1]], explanation.derive.value(factor), amount))
    inputs = {s.index[-1] for s in met if s.name == "x" and s.index}  # named already
    weights = sorted({s.index for s in met if s.name in _FIRST and len(s.index) == 2 and explanation.columns})
    weights = [index for index in weights if index[0] not in inputs]
    for index in weights:
        where = f"from {explanation.columns[index[0]]} to unit {index[1]}"
        rows.append((Symbol("w1", index), where, Value(_weight(explanation, index)), ""))
    if rows:
        yield Heading("What they are called")
        note = f"… {len(rows) - LEGEND} more" if len(rows) > LEGEND else ""
        width = 4 if any(row[3] for row in rows) else 3
        heads = ("", "column, as encoded", "value", "in the table")[:width]
        yield TableBlock(heads, tuple(row[:width] for row in rows[:LEGEND]), note)


def _weight(explanation: Explanation, index: tuple[int, ...]) -> float:
    """A weight of layer 1."""
    return float(explanation.derive.numbers["w1"].array[index])
