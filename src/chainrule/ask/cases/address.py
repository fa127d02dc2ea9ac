"""Addresses of the numbers of a network: `w1[0,2]`, `dE/dz1[2]`, `w1'[0,2]`, `E@10000`."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from chainrule.ask.cases import limits
from chainrule.ask.cases.error_parts import OF_OUTPUTS, OF_ROWS, part_of
from chainrule.errors import InputError, did_you_mean
from chainrule.quantities import MEMORY_OF, Derivative, has_rows, is_error_signal, parse

_PARTS = re.compile(r"(?P<name>[^\[\]@]+?)\s*(?:\[(?P<index>[^\]]*)\])?\s*(?:@\s*(?P<after>[^\[\]@]*))?")


@dataclass(frozen=True, slots=True)
class Address:
    """One number of a network: its array's name, its full index in that array, after how many updates."""

    name: str
    index: tuple[int, ...]
    after: int = 0


@dataclass(frozen=True)
class Addresses:
    """The quantities of one network for one batch.

    Attributes:
        shapes: of every array, by name.
        rows: how many rows the batch has; with one, its index may be left out.
        names: an example's own names for quantities.
    """

    shapes: Mapping[str, tuple[int, ...]]
    rows: int
    names: Mapping[str, str]

    def find(self, text: str) -> Address:
        """The quantity that `text` addresses.

        Raises:
            InputError: no such quantity, or an index that is missing, too long or out of range.
        """
        name, index, updates = _split(text)
        self.refuse_many(updates, text)
        if name in self.names:
            if index is not None:
                raise InputError(f"{text!r}: {name!r} is {self.names[name]!r} already and takes no index")
            target = self._named(name)
            return Address(target.name, target.index, updates or target.after)
        if name == "E" and index:
            name, index = part_of(index, self.rows)
        array, known_index = self._plain(name)
        if array not in self.shapes:
            hint = did_you_mean(array, [*self.names, *self.shapes]) or f" {self._known()}"
            raise InputError(f"there is no quantity {text!r}.{hint}")
        if known_index is not None and index is not None:
            raise InputError(f"{text!r}: the index is known from the name {name!r} already")
        return Address(
            array, self._index(text, array, index) if known_index is None else known_index, updates
        )

    def refuse_many(self, updates: int, text: str) -> None:
        """Refuse a number that takes more updates than anybody waits for.

        Raises:
            InputError: it does.
        """
        limits.within(updates, limits.UPDATES, "updates", repr(text))
        parameters = sum(math.prod(shape) for name, shape in self.shapes.items() if name.endswith("'"))
        most = limits.UPDATED // max(parameters, 1)
        limits.within(updates, most, f"updates of {parameters:,} parameters", repr(text))

    def without_names(self) -> "Addresses":
        return Addresses(self.shapes, self.rows, {})

    def _plain(self, name: str) -> tuple[str, tuple[int, ...] | None]:
        """`dE/dw5` as (`dE/dw2`, (0, 0)) where the example calls w2[0,0] w5."""
        if name.endswith("'") and name.removesuffix("'") in self.names:
            target = self._named(name.removesuffix("'"))
            return f"{target.name}'", target.index
        memory = MEMORY_OF.fullmatch(name)
        if memory and memory["parameter"] in self.names and name not in self.shapes:
            target = self._named(memory["parameter"])
            return f"{memory['letter']}_{target.name}{memory['prime']}", target.index
        quantity = parse(name)
        if not isinstance(quantity, Derivative) or str(quantity.bottom) not in self.names:
            return name, None
        bottom = self._named(str(quantity.bottom))
        if is_error_signal(quantity):
            return f"dE/d{bottom.name}", bottom.index
        if str(quantity.top) in self.names:
            top = self._named(str(quantity.top))
            if top.index == bottom.index:
                return f"d{top.name}/d{bottom.name}", top.index
        return name, None

    def _named(self, name: str) -> Address:
        """What the example calls `name`."""
        return self.without_names().find(self.names[name])

    def _index(self, text: str, name: str, index: tuple[int, ...] | None) -> tuple[int, ...]:
        shape = self.shapes[name]
        name = "E" if name in (OF_ROWS, OF_OUTPUTS) else name
        if index is None and all(length == 1 for length in shape):
            return (0,) * len(shape)
        index = index or ()
        if len(index) == len(shape) - 1 and shape[0] == self.rows == 1 and has_rows(parse(name)):
            index = (0, *index)
        if len(index) != len(shape):
            spelling = f"{name}[{','.join('0' * len(shape))}]" if shape else name
            raise InputError(f"{text!r}: {name} is {shape_in_words(shape)}; write {spelling}")
        for position, length in zip(index, shape, strict=True):
            if not 0 <= position < length:
                raise InputError(f"{text!r}: {name} is {shape_in_words(shape)}; indices count from 0")
        return index

    def _known(self) -> str:
        named = (name for name in self.shapes if "/" not in name and name not in (OF_ROWS, OF_OUTPUTS))
        return f"This network has {', '.join(named)} and derivatives."


def shape_in_words(shape: tuple[int, ...]) -> str:
    """`2 x 3`, `3 long`, `one number`."""
    return " x ".join(map(str, shape)) if len(shape) > 1 else f"{shape[0]} long" if shape else "one number"


def _split(text: str) -> tuple[str, tuple[int, ...] | None, int]:
    parts = _PARTS.fullmatch(text.strip())
    try:
        if not parts:
            raise ValueError
        index = (
            None if parts["index"] is None else tuple(int(numeral) for numeral in parts["index"].split(","))
        )
        updates = limits.whole(parts["after"]) if parts["after"] is not None else 0
        if updates < 0:
            raise ValueError
    except ValueError:
        raise InputError(f"{text!r} is not a quantity; write w1[0,2], dE/dz1[2], w1'[0,2] or E@100") from None
    return parts["name"], index, updates
