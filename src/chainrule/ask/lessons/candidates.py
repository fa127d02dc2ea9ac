"""Fitting: the layouts that the names of a lesson allow."""

from collections.abc import Iterator
from itertools import pairwise

from chainrule.ask.lessons.numbering import Layout
from chainrule.ask.lessons.statements import Statement, Value
from chainrule.ask.lessons.symbol import LessonSymbol


def layouts(said: list[Statement], sizes: tuple[tuple[int, ...], ...]) -> Iterator[Layout]:
    """The layouts that the names allow; `sizes` are those that the prose mentions."""
    found = _Inventory(said)
    if not found.weights:
        return
    start = 2 if found.superscripts and min(found.superscripts) >= 1 and found.counts_inputs else 1
    for sizes_of, style, unit_first, letters in _fitting(found, sizes):
        if found.inputs not in (0, sizes_of[0]) or found.outputs not in (0, sizes_of[-1]):
            continue
        yield Layout(sizes_of, style, unit_first, letters, found.bias_style(sizes_of), start)


Fitting = Iterator[tuple[tuple[int, ...], str, bool, tuple[str, ...]]]


def _fitting(found: "_Inventory", sizes: tuple[tuple[int, ...], ...]) -> Fitting:
    if any(not isinstance(value, str) for _, value in found.weights):
        yield from _of_matrices(found)
    elif found.are_paired:
        yield from _of_pairs(found)
    else:
        for chosen in dict.fromkeys(_of_numbers(found, sizes)):
            ambiguous = any(inputs > 1 and units > 1 for inputs, units in pairwise(chosen))
            for unit_first in (True, False) if ambiguous else (True,):
                yield chosen, "numbered", unit_first, ()


def _of_numbers(found: "_Inventory", sizes: tuple[tuple[int, ...], ...]) -> Iterator[tuple[int, ...]]:
    """The sizes of networks with as many weights as there are numbers: w1, ..., w8."""
    numbers = [one.places[0][1] or 0 for one, _ in found.weights if len(one.places) == 1]
    count = max(numbers, default=1)  # a lonely `w`
    inputs, outputs = found.inputs or 1, found.outputs or 1
    for one in sizes:
        if len(one) > 1 and sum(a * b for a, b in pairwise(one)) == count:
            yield one
    if inputs * outputs == count:
        yield inputs, outputs
    if inputs == outputs == 1 and found.hidden <= 1 and count <= 50:
        yield (1,) * (count + 1)
    if count % (inputs + outputs) == 0 and count:
        yield inputs, count // (inputs + outputs), outputs
    for width in range(1, 10):
        if inputs * width + width * width + width * outputs == count:
            yield inputs, width, width, outputs


def _of_matrices(found: "_Inventory") -> Fitting:
    letters = found.letters
    for unit_first in (False, True):
        layers: dict[int, tuple[int, int]] = {}
        trial = Layout((1,) * 51, "matrix", unit_first, letters)
        for one, value in found.weights:
            numbers = [number for _, number in one.places if number is not None]
            layer, rest = trial.layer_of(one, numbers)
            shape = _shape(value)
            if layer and not rest and shape:
                layers.setdefault(layer, _turned(shape, unit_first))
        chain = [layers[layer] for layer in sorted(layers)]
        if sorted(layers) != list(range(1, len(chain) + 1)):
            continue
        chain = _with_vectors(chain)
        if chain and all(one[1] == after[0] for one, after in pairwise(chain)):
            yield (chain[0][0], *(one[1] for one in chain)), "matrix", unit_first, letters


def _shape(value: Value) -> tuple[int, ...] | None:
    if isinstance(value, str):
        return (1, 1)
    lengths = {len(row) for row in value if not isinstance(row, str)}
    if any(isinstance(row, str) for row in value):
        return (len(value),) if not lengths else None
    return (len(value), lengths.pop()) if len(lengths) == 1 else None


def _turned(shape: tuple[int, ...], unit_first: bool) -> tuple[int, int]:
    """(inputs, units); a plain list is a row of weights into one unit, or out of one input."""
    if len(shape) == 1:
        return (shape[0], 0)
    return (shape[1], shape[0]) if unit_first else (shape[0], shape[1])


def _with_vectors(chain: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Plain lists in a chain of layers: into one unit, unless the layer before has one unit only."""
    out: list[tuple[int, int]] = []
    for inputs, units in chain:
        if not units:
            one_input = bool(out) and out[-1][1] == 1 and inputs > 1
            inputs, units = (1, inputs) if one_input else (inputs, 1)
        out.append((inputs, units))
    return out


def _of_pairs(found: "_Inventory") -> Fitting:
    letters = found.letters
    for unit_first in (True, False):
        trial = Layout((99,) * (found.layers + 1), "paired", unit_first, letters)
        sizes: list[tuple[int, int]] = []
        for layer in range(1, found.layers + 1):
            cells = [trial.address(one) for one, _ in found.weights]
            own = [at or (0, 0) for name, at in filter(None, cells) if name == f"w{layer}"]
            sizes += [(max(at[0] for at in own) + 1, max(at[1] for at in own) + 1)] if own else []
        if len(sizes) == found.layers and all(one[1] == after[0] for one, after in pairwise(sizes)):
            yield (sizes[0][0], *(one[1] for one in sizes)), "paired", unit_first, letters


class _Inventory:
    """What the statements name: weights, and how many inputs, outputs, hidden units and biases."""

    def __init__(self, said: list[Statement]) -> None:
        named = [(one, s.value) for s in said for one in s.symbols if isinstance(one, LessonSymbol)]
        self.weights = [(one, value) for one, value in named if one.kind == "w" and not one.new]
        self.biases = [(one, value) for one, value in named if one.kind == "b" and not one.new]
        self.inputs = _count([pair for pair in named if pair[0].kind == "x"])
        self.outputs = _count([pair for pair in named if pair[0].kind == "t"])
        self.hidden = max((n or 0 for one, _ in named for role, n in one.places if role == "h"), default=0)
        self.superscripts = {one.layer for one, _ in self.weights if one.layer is not None}
        units = {one.layer for one, _ in named if one.kind in ("a", "z", "delta") and one.layer is not None}
        self.counts_inputs = bool(units) and max(units) > max(self.superscripts, default=99)

    @property
    def letters(self) -> tuple[str, ...]:
        """Letters of weights that tell layers: V and W, or none where numbers do."""
        letters = dict.fromkeys(one.letter.lower() for one, _ in self.weights if len(one.letter) == 1)
        return tuple(letters) if not self.superscripts and len(letters) > 1 else ()

    @property
    def are_paired(self) -> bool:
        """Whether weights have two numbers, or a layer besides their number, or an index."""
        return all(
            one.layer is not None or one.index is not None or len(one.places) > 1 or self.letters
            or (one.places and 11 <= (one.places[0][1] or 0) <= 99 and len(self.weights) < 11)
            for one, _ in self.weights
        )  # fmt: skip

    @property
    def layers(self) -> int:
        """How many layers the weights speak of."""
        if self.superscripts:
            return min(max(self.superscripts), 50)
        if self.letters:
            return len(self.letters)
        roles = {"".join(role for role, _ in one.places)[:2] for one, _ in self.weights}
        if roles & {"ho", "oh"}:
            return 2
        first = [one.places[0][1] or 1 for one, _ in self.weights if one.index or len(one.places) == 3]
        return min(max(first, default=1), 50)

    def bias_style(self, sizes: tuple[int, ...]) -> str:
        """`layer` where there is one bias for each layer, `each` where there is one for each unit."""
        plain = {one.places[0][1] for one, _ in self.biases if len(one.places) == 1 and not one.places[0][0]}
        return "each" if len(plain) > len(sizes) - 1 or sizes[1:] == (len(plain),) else "layer"


def _count(named: list[tuple[LessonSymbol, Value]]) -> int:
    """How many numbers x or t has, from its largest number or from its vector; 0 if that is open."""
    counts = [0]
    for one, value in named:
        if isinstance(value, str):
            numbers = [number for _, number in one.places if number is not None]
            counts.append((one.index[-1] + 1) if one.index else numbers[0] if numbers else 1)
        else:
            shape = _shape(value)
            counts.append(shape[0] if shape and len(shape) == 1 else 0)
    return max(counts)
