"""What a lesson shows of a wide network: a few numbers of each kind, and how many there are besides."""

import numpy as np

from chainrule.ask.cases.descent import DescentRecord, Step
from chainrule.ask.cases.example import Example
from chainrule.ask.documents.blocks import Bar, Cell, Equation, EquationGroup, Listing, TableBlock
from chainrule.ask.documents.formula import AS_GIVEN, Symbol, Value
from chainrule.ask.explain.derivation import Derivations
from chainrule.ask.explain.terms import Factor, Index
from chainrule.numbers import Number
from chainrule.quantities import layer_of, parse

ITEMS = 8  # of one kind in a listing
SHORT = 2  # two kinds this short together share a line
ROWS = 8  # of a table
PARAMETERS = 20  # of the table of all parameters, where a bigger network shows a few of each
LAYERS = 6  # in the listing of what is given
OUTPUTS = 3  # in the columns of a table


def pick(gradient: Number) -> Factor:
    """The element that is worked through: the first, or the largest where the first is 0."""
    element = Factor(gradient, (0,) * gradient.array.ndim)
    if element.value:
        return element
    largest = np.unravel_index(int(np.argmax(np.abs(gradient.array))), gradient.array.shape)
    return Factor(gradient, tuple(map(int, largest)))


def given(derive: Derivations, example: Example) -> Listing:
    """Data, weights and biases by layer, and the learning rate."""
    groups = _joined("data", _group("", derive, "x"), _group("", derive, "t"))
    count = len(example.layers)
    for layer in range(1, count + 1) if count <= LAYERS else (1, 2, count):
        if layer == count > LAYERS:
            groups.append(EquationGroup("...", (), f"{count - 3} more layers"))
        w, b = (_group("", derive, f"{letter}{layer}") for letter in "wb")
        absent = EquationGroup("", (), "no biases")
        groups += _joined(f"layer {layer}", w, absent if f"b{layer}" in example.absent else b)
    if example.learning_rate is not None:
        rate = Equation(Symbol("α", address="α"), (Value(example.learning_rate, AS_GIVEN, "α"),))
        groups.append(EquationGroup("learning rate", (rate,)))
    return Listing(tuple(groups))


def _joined(label: str, group: EquationGroup, neighbour: EquationGroup) -> list[EquationGroup]:
    """Two groups under one label, on one line if they are short."""
    if group.note or len(group.equations) + len(neighbour.equations) > SHORT:
        return [EquationGroup(label, group.equations, group.note), neighbour]
    return [EquationGroup(label, group.equations + neighbour.equations, neighbour.note)]


def units_table(derive: Derivations, layer: int, units: int) -> TableBlock:
    """z and a of the units of a layer, in the first row of the data."""
    rows = [
        tuple[Cell, ...]([f"{unit}", *(_value(derive, f"{c}{layer}", (0, unit)) for c in "za")])
        for unit in range(min(units, ROWS))
    ]
    heads = ("unit", Symbol(f"z{layer}"), Symbol(f"a{layer}"))
    return TableBlock(heads, tuple(rows), _more(units - ROWS, "unit"))


def predictions_table(derive: Derivations, output: Number, t: np.ndarray) -> TableBlock:
    """What the network says and should say, row by row."""
    outputs = range(min(t.shape[1], OUTPUTS))
    several = t.shape[1] > 1
    heads = [Symbol(name, (k,) if several else ()) for k in outputs for name in (output.name, "t")]
    rows = [
        tuple[Cell, ...](
            [
                str(row),
                *(derive.value(Factor(a, (row, k))) for k in outputs for a in (output, derive.numbers["t"])),
            ]
        )
        for row in range(min(len(t), ROWS))
    ]
    hidden = [_more(len(t) - ROWS, "row"), _more(t.shape[1] - OUTPUTS, "output")]
    return TableBlock(("row", *heads), tuple(rows), "; ".join(filter(None, hidden)))


def parameters_table(derive: Derivations, step: Step) -> TableBlock:
    """Value, gradient and new value of the parameters, the last layer's first."""
    names = _back_to_front(list(step.updated))
    total = sum(step.updated[name].array.size for name in names)
    limit = total if total <= PARAMETERS else max(PARAMETERS // len(names), 1)
    rows: list[tuple[Cell, ...]] = []
    for name in names[:PARAMETERS]:
        for index in _first(step.updated[name].array.shape, limit):
            parameter = Factor(derive.numbers[name], index)
            gradient = _value(derive, f"dE/d{name}", index)
            new = _value(derive, f"{name}'", index)
            rows.append((derive.symbol(parameter), derive.value(parameter), gradient, new))
    heads = ("parameter", "value", "gradient", "new value")
    return TableBlock(heads, tuple(rows), _more(total - len(rows), "weight or bias", "weights and biases"))


def below(loss: float, threshold: float, updates: int) -> Value:
    """The loss after so many updates, with the digits it takes to see that it is below the threshold."""
    enough = (d for d in range(4, 17) if (float(f"{loss:.{d}g}") < threshold) == (loss < threshold))
    return Value(loss, next(enough, 17), f"E@{updates}" if updates else "E")


def training_table(descent: DescentRecord, threshold: float, output: str) -> TableBlock:
    """E on the way down, and what the network says if that is one number."""
    is_single = next(iter(descent.steps.values())).sweep.output.array.size == 1
    top = max((loss for n in descent.steps if np.isfinite(loss := descent.losses[n])), default=0.0) or 1.0
    rows = []
    for n, step in sorted(descent.steps.items()):
        prediction: list[Cell] = [Value(float(step.sweep.output.array[0, 0]))] if is_single else []
        e = below(step.loss, threshold, n)
        share = step.loss / top if np.isfinite(step.loss) else 1.0
        rows.append(tuple[Cell, ...]([Value(n, AS_GIVEN), e, *prediction, Bar(share)]))
    heads: list[Cell] = [Symbol(output)] if is_single else []
    return TableBlock(("epochs", Symbol("E"), *heads, ""), tuple(rows))


def average(example: Example) -> str:
    """How the rows of the batch are put together."""
    if len(example.x) == 1:
        return ""
    told = {
        "mean": ", averaged over the rows",
        "sum": ", added up over the rows",
        "online": ", row after row",
    }
    return told[example.convention.batch]


def _group(label: str, derive: Derivations, name: str) -> EquationGroup:
    number = derive.numbers[name]
    indices = _first(number.array.shape, ITEMS)
    equations = tuple(
        Equation(derive.symbol(Factor(number, index)), (derive.value(Factor(number, index), AS_GIVEN),))
        for index in indices
    )
    return EquationGroup(label, equations, _more(number.array.size - len(indices), "number"))


def _first(shape: tuple[int, ...], limit: int) -> list[Index]:
    size = int(np.prod(shape))
    return [tuple(map(int, np.unravel_index(k, shape))) for k in range(limit if size > limit + 1 else size)]


def _value(derive: Derivations, name: str, index: Index) -> Value:
    return derive.value(Factor(derive.numbers[name], index))


def _back_to_front(names: list[str]) -> list[str]:
    """w2, b2, w1, b1."""
    layers = sorted({layer_of(parse(name)) for name in names}, reverse=True)
    return [f"{letter}{layer}" for layer in layers for letter in "wb"]


def _more(count: int, noun: str, several: str = "") -> str:
    if count <= 0:
        return ""
    return f"… {count:,} more {noun if count == 1 else several or noun + 's'}"
