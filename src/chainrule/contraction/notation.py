"""The notation of contractions: einsum's, with axes at sums of letters and whole numbers that say a letter.

    ni,ij->nj                        a matrix product, as `einsum` writes it
    n(2h+k-1)(2w+l-1)i,klij->nhwj    an axis may be read at a sum of letters: a convolution of stride 2
    nt=v,vj->ntj                     a factor of whole numbers says which v is meant: an embedding

The sum runs over every assignment of the letters. An assignment counts if no axis is read outside of its
array and each `=` holds: what lies outside is no term.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from chainrule.errors import ShapeError

_AXIS = re.compile(r"\(([^()]*)\)|([A-Za-z])")
_GROUP = re.compile(r"(?:\([^()]+\)|[A-Za-z])*(?:=[A-Za-z])?")
_TERM = re.compile(r"([+-]?)(\d*)([A-Za-z]?)")


@dataclass(frozen=True, slots=True)
class Subscript:
    """Where one axis is read: letters, each so many times, and a number. `h` itself is 1·h + 0."""

    letters: tuple[tuple[str, int], ...]
    shift: int = 0

    @property
    def letter(self) -> str:
        """The letter, if the axis is read at nothing else; else nothing."""
        return self.letters[0][0] if self.shift == 0 and [n for _, n in self.letters] == [1] else ""

    def place(self, where: Mapping[str, Any]) -> Any:
        """The place for these values of the letters, numbers or arrays of numbers."""
        return sum((times * where[letter] for letter, times in self.letters), start=self.shift)

    def reach(self, sizes: Mapping[str, int]) -> tuple[int, int]:
        """The first and the last place that is read."""
        ends = [times * (sizes[letter] - 1) for letter, times in self.letters]
        return self.shift + sum(min(end, 0) for end in ends), self.shift + sum(max(end, 0) for end in ends)

    def counts_through(self, sizes: Mapping[str, int], length: int) -> bool:
        """Whether the letters are the digits of the places, as in 12h+3w+c of a flattened image."""
        step = 1
        for letter, times in reversed(self.letters):
            if times != step:
                return False
            step *= sizes[letter]
        return self.shift == 0 and step == length


@dataclass(frozen=True, slots=True)
class Subscripts:
    """The axes of one factor, or of the result; `says` is the letter that its whole numbers tell."""

    text: str
    axes: tuple[Subscript, ...]
    says: str = ""

    @property
    def letters(self) -> tuple[str, ...]:
        """Those of the axes, each one time."""
        return tuple(dict.fromkeys(letter for axis in self.axes for letter, _ in axis.letters))

    @property
    def is_plain(self) -> bool:
        """Whether `einsum` can read it."""
        return not self.says and all(axis.letter for axis in self.axes)

    def trailing(self, count: int) -> str:
        """The text of so many axes at the end."""
        return "".join(axis[0] for axis in list(_AXIS.finditer(self.text))[len(self.axes) - count :])

    def reversed(self) -> str:
        """The text with the axes the other way round."""
        return "".join(axis[0] for axis in reversed(list(_AXIS.finditer(self.text))))


@dataclass(frozen=True)
class Contraction:
    """A string of the notation, read."""

    groups: tuple[Subscripts, ...]
    result: Subscripts

    @cached_property
    def is_plain(self) -> bool:
        """Whether `einsum` can read it."""
        return self.result.is_plain and all(group.is_plain for group in self.groups)

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """All there are, in the order in which they come."""
        said = (letter for group in self.groups for letter in (*group.letters, *group.says))
        return tuple(dict.fromkeys((*said, *self.result.letters)))

    @cached_property
    def spread(self) -> tuple[tuple[slice | None, ...], ...] | None:
        """How each factor is spread over the result's axes, where nothing is summed or transposed."""
        result = self.result.text
        texts = [group.text for group in self.groups]
        if not self.is_plain or any("".join(c for c in result if c in text) != text for text in texts):
            return None
        return tuple(tuple(slice(None) if c in text else None for c in result) for text in texts)


@lru_cache(maxsize=4096)
def equation(indices: str) -> Contraction:
    """`indices`, read.

    Raises:
        ShapeError: it is not of this notation.
    """
    operands, arrow, result = indices.partition("->")
    groups = operands.split(",")
    if not arrow or not all(map(_GROUP.fullmatch, groups)) or not _GROUP.fullmatch(result) or "=" in result:
        raise ShapeError(f"`{indices}` is no contraction: write `ni,ij->nj`, an axis a letter or (2h+k-1)")
    return Contraction(tuple(map(_subscripts, groups)), _subscripts(result))


def _subscripts(text: str) -> Subscripts:
    axes, _, says = text.partition("=")
    return Subscripts(text, tuple(_subscript(a[1] or a[2]) for a in _AXIS.finditer(axes)), says)


def _subscript(text: str) -> Subscript:
    times: dict[str, int] = {}
    shift, place = 0, 0
    while place < len(text):
        term = _TERM.match(text, place)
        if term is None or not (term[2] or term[3]):
            raise ShapeError(f"({text}) is no place of an axis: write letters and numbers, (2h+k-1)")
        count = int(term[2] or 1) * (-1 if term[1] == "-" else 1)
        if term[3]:
            times[term[3]] = times.get(term[3], 0) + count
        else:
            shift += count
        place = term.end()
    return Subscript(tuple(times.items()), shift)
