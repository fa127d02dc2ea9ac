"""Layouts: how the names of a lesson number the layers and units of its network.

`w_3` may be the weight of layer 3, or the first weight of the second unit; `w_{12}` may go from input 1
to unit 2 or the other way. Each layout that fits the names that were found is tried.
"""

from dataclasses import dataclass
from itertools import pairwise

from chainrule.ask.lessons.symbol import LessonSymbol
from chainrule.quantities import Variable, variable

Address = tuple[str, tuple[int, ...] | None]
"""An array's name and an index in it; no index means all of it."""


@dataclass(frozen=True)
class Layout:
    """A network's size and how it is numbered.

    Attributes:
        sizes: inputs, then units of each layer.
        style: matrix, numbered (through all layers), lettered (each layer's letter for itself), paired, nodes
            (w_{14} goes from node 1 to node 4, inputs counted, too) or targets (w_{13} from the first unit of
            the layer before to unit 3, counted through).
        unit_first: w_{12} belongs to unit 1, or weights are numbered unit by unit, or rows are units.
        letters: the letters of weight matrices in order, where letters tell the layers.
        biases: each (per unit, numbered through) or layer (one number for a layer).
        is_trial: whether sizes are not known yet.
        start: the superscript of the first layer's units, 1, or 2 where the inputs are counted as 1.
    """

    sizes: tuple[int, ...]
    style: str
    unit_first: bool = True
    letters: tuple[str, ...] = ()
    biases: str = "layer"
    start: int = 1
    is_trial: bool = False

    @property
    def depth(self) -> int:
        return len(self.sizes) - 1

    @property
    def counts_nodes(self) -> bool:
        """Whether units are numbered through all layers."""
        return self.style in ("nodes", "targets")

    @property
    def is_chain(self) -> bool:
        return set(self.sizes[1:]) == {1}

    def shape(self, name: str) -> tuple[int, ...]:
        """Of a weight matrix or of the numbers of a layer, x, t, w1, b1, z1, ...; one row is meant."""
        match variable(name):
            case Variable(letter="w", layer=int(layer)):
                return self.sizes[layer - 1 : layer + 1]
            case Variable(layer=int(layer)):
                return (self.sizes[layer],)
            case Variable(letter=letter):
                return (self.sizes[0 if letter == "x" else -1],)

    def address(self, symbol: LessonSymbol, *, is_array: bool = False) -> Address | None:
        """What a symbol names, with one number or, if `is_array`, with many for a value.

        Nothing if the network has no such number.
        """
        if symbol.kind in ("x", "t"):
            address = self._of_data(symbol)
        else:
            address = self._weight(symbol) if symbol.kind == "w" else self._unit(symbol, is_array)
        if address is None:
            return None
        name, index = address
        if index is None:
            return address
        inside = all(0 <= position < size for position, size in zip(index, self.shape(name), strict=False))
        return address if inside and len(index) == len(self.shape(name)) else None

    def _of_data(self, symbol: LessonSymbol) -> Address | None:
        if symbol.index is not None:
            return symbol.kind, symbol.index
        number = next((number for _, number in symbol.places if number is not None), None)
        if number is None:
            return symbol.kind, (0,) if self.shape(symbol.kind) == (1,) else None
        return symbol.kind, (number - 1,)

    # --- weights

    def _weight(self, symbol: LessonSymbol) -> Address | None:
        numbers = [number for _, number in symbol.places if number is not None]
        if symbol.index is not None:
            matrix_layer = numbers[0] if numbers else self._by_letter(symbol) or 1
            return self._in_layer(matrix_layer, symbol.index)
        if self.style == "numbered":
            is_lonely = not numbers and self.sizes == (1, 1)
            is_numbered = is_lonely or (len(numbers) == 1 and not symbol.layer)
            return self._numbered(*(numbers or [1])) if is_numbered else None
        if self.style == "lettered":
            layer = self._by_letter(symbol)
            return self._counted(numbers[0] - 1, layer) if layer and len(numbers) == 1 else None
        if self.counts_nodes:
            return self._between(*pair(numbers)) if len(pair(numbers)) == 2 else None
        layer, indices = self.layer_of(symbol, numbers)
        if not layer or not 1 <= layer <= self.depth:
            return None
        indices = pair(indices)
        if not indices:
            is_single = self.sizes[layer - 1 : layer + 1] == (1, 1)
            return f"w{layer}", (0, 0) if is_single else None
        if len(indices) == 1:
            return self._of_one_number(layer, indices[0])
        roles = "".join(role for role, _ in symbol.places)
        unit_first = roles in ("hi", "oh", "oi") or (roles not in ("ih", "ho", "io") and self.unit_first)
        unit, source = (indices[0], indices[1]) if unit_first else (indices[1], indices[0])
        return self._in_layer(layer, (source - 1, unit - 1))

    def _between(self, source: int, target: int) -> Address | None:
        """The weight from one node to another."""
        place = self._node(target)
        if not place or not place[0]:
            return None
        layer, unit = place
        origin = self._node(source) if self.style == "nodes" else (layer - 1, (source - 1,))
        return (f"w{layer}", (*origin[1], *unit)) if origin and origin[0] == layer - 1 else None

    def _node(self, number: int) -> tuple[int, tuple[int, ...]] | None:
        """The layer of a node, 0 for an input, and the unit in it."""
        if self.style == "targets":
            return self._through(number)
        inputs = self.sizes[0]
        return (0, (number - 1,)) if number <= inputs else self._through(number - inputs)

    def _of_one_number(self, layer: int, number: int) -> Address | None:
        """`w_2` of a layer with one unit, which it leaves from input 2, or with one input."""
        inputs, units = self.sizes[layer - 1 : layer + 1]
        if units == 1 or self.is_trial:
            return self._in_layer(layer, (number - 1, 0))
        return self._in_layer(layer, (0, number - 1)) if inputs == 1 else None

    def _in_layer(self, layer: int, index: tuple[int, ...]) -> Address | None:
        return (f"w{layer}", index) if 1 <= layer <= self.depth else None

    def layer_of(self, symbol: LessonSymbol, numbers: list[int]) -> tuple[int | None, list[int]]:
        """The layer of a weight, and the rest of its numbers."""
        roles = "".join(role for role, _ in symbol.places)
        if symbol.layer is not None:
            return symbol.layer, numbers
        if roles[:2] in ("ih", "hi", "io", "oi"):
            return 1, numbers
        if roles[:2] in ("ho", "oh"):
            return self.depth, numbers
        if self.letters and self._by_letter(symbol):
            return self._by_letter(symbol), numbers
        if roles in ("h", "o"):
            return (1 if roles == "h" else self.depth), numbers
        if self.style == "matrix":
            return (numbers[0] if numbers else 1), numbers[1:]
        if self.depth == 1 or (self.style == "paired" and not symbol.index and len(pair(numbers)) == 2):
            return 1, pair(numbers)
        return (numbers[0], numbers[1:]) if len(numbers) in (1, 3) else (None, [])

    def _by_letter(self, symbol: LessonSymbol) -> int | None:
        letter = symbol.letter.lower()
        return self.letters.index(letter) + 1 if letter in self.letters else None

    def _numbered(self, number: int) -> Address | None:
        number -= 1
        for layer, (inputs, units) in enumerate(pairwise(self.sizes), 1):
            if 0 <= number < inputs * units:
                return self._counted(number, layer)
            number -= inputs * units
        return None

    def _counted(self, number: int, layer: int) -> Address | None:
        """The weight of a layer that has so many before it."""
        inputs, units = self.sizes[layer - 1 : layer + 1]
        if not 0 <= number < inputs * units:
            return None
        if self.unit_first:
            return f"w{layer}", (number % inputs, number // inputs)
        return f"w{layer}", (number // units, number % units)

    # --- units

    def _unit(self, symbol: LessonSymbol, is_array: bool) -> Address | None:
        letter = "z" if symbol.kind == "delta" else symbol.kind
        place = self._place(symbol, letter, is_array)
        if place is None:
            return None
        layer, unit = place
        is_several = 1 <= layer <= self.depth and self.sizes[layer] > 1
        if unit is None and is_several and not is_array and letter in "za" and self._is_counted(symbol):
            layer, unit = self._through(symbol.places[0][1] or 1) or place
        if not 1 <= layer <= self.depth:
            return ("x", unit) if layer == 0 and letter == "a" else None
        if unit is None and self.sizes[layer] == 1:
            unit = (0,)
        return f"{letter}{layer}", unit

    def _place(
        self, symbol: LessonSymbol, letter: str, is_array: bool
    ) -> tuple[int, tuple[int, ...] | None] | None:
        """The layer of a unit, and the unit in it."""
        numbers = [number for _, number in symbol.places if number is not None]
        role = next((role for role, _ in symbol.places if role), "")
        unit = (numbers[0] - 1,) if numbers else None
        if symbol.index is not None:
            return (numbers[0] if numbers else self.depth), symbol.index
        if self.counts_nodes and len(numbers) == 1 and not is_array:
            return self._node(numbers[0])
        if symbol.layer is not None:
            return symbol.layer - (self.start - 1 if letter != "b" else 0), unit
        if role == "o":
            return self.depth, unit
        if role == "h":
            return self._hidden(numbers, is_array)
        if len(numbers) == 2:
            return numbers[0], (numbers[1] - 1,)
        if not numbers:
            return (self.depth, None) if self.depth == 1 or letter in "za" else None
        return self._single(numbers[0], letter)

    def _hidden(self, numbers: list[int], is_array: bool) -> tuple[int, tuple[int, ...] | None]:
        if not numbers:
            return 1, None
        if len(numbers) == 2:
            return numbers[0], (numbers[1] - 1,)
        if self.is_chain or is_array:
            return numbers[0], None
        if self.depth > 2 and 11 <= numbers[0] <= 99:
            return numbers[0] // 10, (numbers[0] % 10 - 1,)
        return 1, (numbers[0] - 1,)

    def _single(self, number: int, letter: str) -> tuple[int, tuple[int, ...] | None] | None:
        """Of a name with one number: a layer of a chain, or a unit counted through all layers."""
        if self.is_chain or self.style == "matrix" or (letter == "b" and self.biases == "layer"):
            if self.depth == 1 and self.sizes[1] > 1 and self.style != "matrix":
                return 1, (number - 1,)
            return number, None
        return self._through(number)

    def _is_counted(self, symbol: LessonSymbol) -> bool:
        """Whether one number is stated of a name with one number, where layers have several units."""
        numbers = [number for role, number in symbol.places if not role]
        return symbol.layer is None and symbol.index is None and len(numbers) == 1 and not self.is_chain

    def _through(self, number: int) -> tuple[int, tuple[int, ...]] | None:
        """A unit counted through all layers."""
        for layer, units in enumerate(self.sizes[1:], 1):
            if number <= units:
                return layer, (number - 1,)
            number -= units
        return None


def pair(numbers: list[int]) -> list[int]:
    """`12` as 1 and 2."""
    if len(numbers) == 1 and 11 <= numbers[0] <= 99 and numbers[0] % 10:
        return [numbers[0] // 10, numbers[0] % 10]
    return numbers
