"""Candidates: the layouts, sizes and ways to number units, that the names of a lesson allow."""

from collections.abc import Iterator
from copy import copy
from itertools import pairwise, product

from chainrule.ask.lessons.numbering import Layout, pair
from chainrule.ask.lessons.printed_values import Value
from chainrule.ask.lessons.statements import Statement
from chainrule.ask.lessons.symbol import LessonSymbol


def layouts(statements: list[Statement], sizes: tuple[tuple[int, ...], ...]) -> Iterator[Layout]:
    """The layouts that the names allow; `sizes` are those that the prose mentions."""
    inventory = _Inventory(statements)
    if not inventory.weights:
        return
    start = (
        2 if inventory.superscripts and min(inventory.superscripts) >= 1 and inventory.counts_inputs else 1
    )
    for sizes_of, style, unit_first, letters in _fitting(inventory, sizes):
        if inventory.inputs not in (0, sizes_of[0]) or inventory.outputs not in (0, sizes_of[-1]):
            continue
        yield Layout(sizes_of, style, unit_first, letters, inventory.bias_style(sizes_of), start)


_ANY = 99  # units of a layer, while their number is not known
Fitting = Iterator[tuple[tuple[int, ...], str, bool, tuple[str, ...]]]


def _fitting(inventory: "_Inventory", sizes: tuple[tuple[int, ...], ...]) -> Fitting:
    scalars = inventory.of_scalars()
    if len(scalars.weights) < len(inventory.weights):
        yield from _of_matrices(inventory)
        inventory = scalars  # the same weights may be stated one by one as well
    if not inventory.weights:
        return
    yield from _of_nodes(inventory)
    if inventory.numbers_of_letters and inventory.letters:
        yield from _of_letters(inventory)
    elif inventory.are_paired:
        yield from _of_pairs(inventory)
    else:
        for chosen in dict.fromkeys(_of_numbers(inventory, sizes)):
            ambiguous = any(inputs > 1 and units > 1 for inputs, units in pairwise(chosen))
            for unit_first in (True, False) if ambiguous else (True,):
                yield chosen, "numbered", unit_first, ()


def _of_numbers(inventory: "_Inventory", sizes: tuple[tuple[int, ...], ...]) -> Iterator[tuple[int, ...]]:
    """The sizes of networks with as many weights as there are numbers: w1, ..., w8."""
    numbers = [symbol.places[0][1] or 0 for symbol, _ in inventory.weights if len(symbol.places) == 1]
    count = max(numbers, default=1)  # a lonely `w`
    inputs, outputs = inventory.inputs or 1, inventory.outputs or 1
    for layer_sizes in sizes:
        if len(layer_sizes) > 1 and sum(a * b for a, b in pairwise(layer_sizes)) == count:
            yield layer_sizes
    if inputs * outputs == count:
        yield inputs, outputs
    if inputs == outputs == 1 and inventory.hidden <= 1 and count <= 50:
        yield (1,) * (count + 1)
    if count % (inputs + outputs) == 0 and count:
        yield inputs, count // (inputs + outputs), outputs
    for width in range(1, 10):
        if inputs * width + width * width + width * outputs == count:
            yield inputs, width, width, outputs


def _of_matrices(inventory: "_Inventory") -> Fitting:
    letters = inventory.letters
    for unit_first in (False, True):
        layers: dict[int, tuple[int, int]] = {}
        trial = Layout((1,) * 51, "matrix", unit_first, letters)
        for symbol, value in inventory.weights:
            numbers = [number for _, number in symbol.places if number is not None]
            layer, indices = trial.layer_of(symbol, numbers)
            shape = _shape(value)
            if layer and not indices and shape:
                layers.setdefault(layer, _turned(shape, unit_first))
        if trial.depth in layers:  # weights_hidden_output: of the last layer, whichever that is
            output = layers.pop(trial.depth)
            layers[len(layers) + 1] = output
        chain = [layers[layer] for layer in sorted(layers)]
        if sorted(layers) != list(range(1, len(chain) + 1)):
            continue
        chain = _with_vectors(chain)
        for fitting in (chain, _with_vectors([_as_vector(shape) for shape in chain])):
            if fitting and all(units == inputs for (_, units), (inputs, _) in pairwise(fitting)):
                yield (fitting[0][0], *(units for _, units in fitting)), "matrix", unit_first, letters
                break


def _of_letters(inventory: "_Inventory") -> Fitting:
    """w1, ..., w4 of the hidden layer and v1, v2 of the output: each letter counts for itself."""
    counts = [inventory.numbers_of_letters[letter] for letter in inventory.letters]
    units = inventory.outputs or 1
    sizes = [units]
    for count in reversed(counts):
        if count % units:
            return
        units = count // units
        sizes.insert(0, units)
    for unit_first in (True, False):
        yield tuple(sizes), "lettered", unit_first, inventory.letters


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


def _as_vector(shape: tuple[int, int]) -> tuple[int, int]:
    """A row or a column of weights, which may be written either way."""
    return (max(shape), 0) if min(shape) == 1 < max(shape) else shape


def _with_vectors(chain: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Plain lists in a chain of layers: into one unit, unless the layer before has one unit only."""
    out: list[tuple[int, int]] = []
    for inputs, units in chain:
        if not units:
            one_input = bool(out) and out[-1][1] == 1 and inputs > 1
            inputs, units = (1, inputs) if one_input else (inputs, 1)
        out.append((inputs, units))
    return out


def _of_pairs(inventory: "_Inventory") -> Fitting:
    letters = inventory.letters
    for unit_first in (True, False):
        trial = Layout((_ANY,) * (inventory.layers + 1), "paired", unit_first, letters, is_trial=True)
        shapes: list[list[tuple[int, int]]] = []
        for layer in range(1, inventory.layers + 1):
            cells = [trial.address(symbol) for symbol, _ in inventory.weights]
            indices = [index or (0, 0) for name, index in filter(None, cells) if name == f"w{layer}"]
            if indices:
                inputs, units = (max(position) + 1 for position in zip(*indices, strict=True))
                shapes.append([(inputs, units), (units, inputs)] if units == 1 else [(inputs, units)])
        if len(shapes) < inventory.layers:
            continue
        for chain in product(*shapes):
            if all(units == inputs for (_, units), (inputs, _) in pairwise(chain)):
                yield (chain[0][0], *(units for _, units in chain)), "paired", unit_first, letters


def _of_nodes(inventory: "_Inventory") -> Fitting:
    """w_{14} from node 1 to node 4; or w_{13} from the first unit of the layer before to unit 3."""
    sources: dict[int, set[int]] = {}
    for symbol, _ in inventory.weights:
        numbers = pair([number for _, number in symbol.places if number is not None])
        if len(numbers) != 2 or symbol.layer is not None or symbol.index is not None:
            return
        sources.setdefault(numbers[1], set()).add(numbers[0])
    targets = sorted(sources)
    first, inputs = targets[0], len(sources[targets[0]])
    if first not in (1, inputs + 1) or targets != list(range(first, first + len(targets))):
        return
    is_counted = first > 1  # inputs are, too
    sizes, start = [inputs], 1
    while targets:
        expected = set(range(start, start + sizes[-1])) if is_counted else set(range(1, sizes[-1] + 1))
        width = next(
            (count for count in range(1, len(targets)) if len(sources[targets[count]]) == count), len(targets)
        )
        if any(sources[target] != expected for target in targets[:width]):
            return
        start += sizes[-1]
        sizes.append(width)
        targets = targets[width:]
    if len(sizes) > 2:
        yield tuple(sizes), "nodes" if is_counted else "targets", False, ()


class _Inventory:
    """What the statements name: weights, and how many inputs, outputs, hidden units and biases."""

    def __init__(self, statements: list[Statement]) -> None:
        named = [
            (symbol, statement.value)
            for statement in statements
            for symbol in statement.symbols
            if isinstance(symbol, LessonSymbol) and statement.value is not None
        ]
        self.weights = [(symbol, value) for symbol, value in named if symbol.kind == "w" and not symbol.new]
        self.biases = [(symbol, value) for symbol, value in named if symbol.kind == "b" and not symbol.new]
        self.inputs = _count([pair for pair in named if pair[0].kind == "x"])
        self.outputs = _count([pair for pair in named if pair[0].kind == "t"])
        self.hidden = max(
            (n or 0 for symbol, _ in named for role, n in symbol.places if role == "h"), default=0
        )
        self.superscripts = {symbol.layer for symbol, _ in self.weights if symbol.layer is not None}
        units = {
            symbol.layer
            for symbol, _ in named
            if symbol.kind in ("a", "z", "delta") and symbol.layer is not None
        }
        self.counts_inputs = bool(units) and max(units) > max(self.superscripts, default=99)

    def of_scalars(self) -> "_Inventory":
        """The same with those weights alone that are stated one by one."""
        inventory = copy(self)
        inventory.weights = [(symbol, value) for symbol, value in self.weights if isinstance(value, str)]
        return inventory

    @property
    def letters(self) -> tuple[str, ...]:
        """Letters of weights that tell layers: V and W, or none where numbers do."""
        letters = dict.fromkeys(
            symbol.letter.lower() for symbol, _ in self.weights if len(symbol.letter) == 1
        )
        return tuple(letters) if not self.superscripts and len(letters) > 1 else ()

    @property
    def numbers_of_letters(self) -> dict[str, int]:
        """The largest number of each letter of weights, if all have just one that is small, and no layer."""
        largest: dict[str, int] = {}
        for symbol, value in self.weights:
            numbers = [number for _, number in symbol.places if number is not None]
            is_plain = symbol.layer is None and symbol.index is None and isinstance(value, str)
            if not is_plain or len(numbers) != 1 or numbers[0] > 10 or any(role for role, _ in symbol.places):
                return {}
            letter = symbol.letter.lower()
            largest[letter] = max(largest.get(letter, 0), numbers[0])
        return largest

    @property
    def are_paired(self) -> bool:
        """Whether weights have two numbers, or a layer besides their number, or an index."""
        return all(
            symbol.layer is not None or symbol.index is not None or len(symbol.places) > 1 or self.letters
            or (symbol.places and 11 <= (symbol.places[0][1] or 0) <= 99 and len(self.weights) < 11)
            for symbol, _ in self.weights
        )  # fmt: skip

    @property
    def layers(self) -> int:
        """How many layers the weights speak of."""
        if self.superscripts:
            return min(max(self.superscripts), 50)
        if self.letters:
            return len(self.letters)
        roles = {"".join(role for role, _ in symbol.places)[:2] for symbol, _ in self.weights}
        if roles & {"ho", "oh"}:
            return 2
        layer_numbers = [
            symbol.places[0][1] or 1 for symbol, _ in self.weights if symbol.index or len(symbol.places) == 3
        ]
        return min(max(layer_numbers, default=1), 50)

    def bias_style(self, sizes: tuple[int, ...]) -> str:
        """`layer` where there is one bias for each layer, `each` where there is one for each unit."""
        numbers = {
            symbol.places[0][1]
            for symbol, _ in self.biases
            if len(symbol.places) == 1 and not symbol.places[0][0]
        }
        return "each" if len(numbers) > len(sizes) - 1 or sizes[1:] == (len(numbers),) else "layer"


def _count(named: list[tuple[LessonSymbol, Value]]) -> int:
    """How many numbers x or t has, from its largest number or from its vector; 0 if that is open."""
    counts = [0]
    for symbol, value in named:
        if isinstance(value, str):
            numbers = [number for _, number in symbol.places if number is not None]
            counts.append((symbol.index[-1] + 1) if symbol.index else numbers[0] if numbers else 1)
        else:
            shape = _shape(value)
            counts.append(shape[0] if shape and len(shape) == 1 else 0)
    return max(counts)
