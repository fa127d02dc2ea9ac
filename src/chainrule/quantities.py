"""Quantities: what the name of a Number stands for; names are written and taken apart here and nowhere else.

w1   h2_2   x   E      a variable: a letter, its layer, and which of several of that name
wq3   mu2              a variable of a layer that has more than letters for its numbers
w1'                    a variable after an update
m_w1   step_w1         what an optimiser keeps of a parameter
dE/dw1   da1/dz1       a derivative
1-a1   -ln a2   α      a combination of others, or a constant
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias, TypeGuard

_WORDS = "[wb][qkvo]|mu|off|var|inv|hat|md|mt|rm|rv"  # in the place of a letter, with the number of a layer
_VARIABLE = re.compile(rf"((?:{_WORDS})(?=\d)|[A-Za-z])(\d+)?(?:_(\d+))?")
_DERIVATIVE = re.compile(r"d([^/\s]+)/d([^/\s]+)")
_KEPT = r"mhat|vhat|m|v|s|step"
_PARAMETER = r"(?:[wb][qkvo]?|g)\d+(?:_\d+)?"
_MEMORY = re.compile(rf"({_KEPT})_({_PARAMETER})")
MEMORY_OF = re.compile(rf"(?P<letter>{_KEPT})_(?P<parameter>\w+)(?P<prime>'?)")  # by any name of a parameter
_PART = re.compile(
    rf"(?<![A-Za-z0-9_])(?:(?:{_KEPT})_{_PARAMETER}|(?:{_WORDS}|[a-z])\d+(?:_\d+)?|[xt](?!\w))'?"
)


@dataclass(frozen=True, slots=True)
class Variable:
    """What a letter, or a word like `mu`, names: of a layer where it has one; `copy` counts those that would
    share a name.
    """

    letter: str
    layer: int | None = None
    copy: int = 1

    def __str__(self) -> str:
        layer = "" if self.layer is None else self.layer
        return f"{self.letter}{layer}" + (f"_{self.copy}" if self.copy > 1 else "")


@dataclass(frozen=True, slots=True)
class Memory:
    """What an optimiser keeps of a parameter, or makes of that: its running mean m, its last `step`."""

    letter: str
    variable: Variable

    def __str__(self) -> str:
        return f"{self.letter}_{self.variable}"


@dataclass(frozen=True, slots=True)
class Updated:
    """A variable, or what is kept of one, after an update."""

    variable: Variable | Memory

    def __str__(self) -> str:
        return f"{self.variable}'"


@dataclass(frozen=True, slots=True)
class Derivative:
    """How fast `top` grows as `bottom` grows."""

    top: "Quantity"
    bottom: "Quantity"

    def __str__(self) -> str:
        return f"d{self.top}/d{self.bottom}"


@dataclass(frozen=True, slots=True)
class Combination:
    """What a formula makes of `parts`, which stand at the `{}` of its text; a constant has none."""

    text: str
    parts: tuple["Quantity", ...] = ()

    def __str__(self) -> str:
        if not self.parts:
            return self.text
        pieces = self.text.split("{}")
        return "".join(piece + str(part) for piece, part in zip(pieces, (*self.parts, ""), strict=True))


Quantity: TypeAlias = Variable | Memory | Updated | Derivative | Combination

ERROR = Variable("E")
_LEARNT = ("w", "b", "g")  # what parameters begin with; P is a table that is not learnt


@lru_cache(maxsize=4096)
def parse(name: str) -> Quantity:
    """What `name` stands for; `str` of it is the name again."""
    if name.endswith("'") and isinstance(old := parse(name[:-1]), Variable | Memory):
        return Updated(old)
    if (match := _VARIABLE.fullmatch(name)) and (match[2] or not match[3]):
        letter, layer, copy = match.groups()
        parsed = Variable(letter, None if layer is None else int(layer), int(copy or 1))
        return parsed if str(parsed) == name else Combination(name)  # w01 is nobody's
    if (match := _MEMORY.fullmatch(name)) and isinstance(parameter := parse(match[2]), Variable):
        return Memory(match[1], parameter)
    if match := _DERIVATIVE.fullmatch(name):
        return Derivative(parse(match[1]), parse(match[2]))
    parts = _PART.findall(name)
    if parts == [name] or "{}" in name:
        return Combination(name)
    return Combination(_PART.sub("{}", name), tuple(map(parse, parts)))


def variable_of(quantity: Quantity) -> Variable:
    """The variable that `quantity` is, is the new value of, or is kept of.

    Raises:
        ValueError: it is something else.
    """
    match quantity:
        case Variable():
            return quantity
        case Memory(variable=inner) | Updated(variable=inner):
            return variable_of(inner)
        case _:
            raise ValueError(f"{str(quantity)!r} is no variable")


def variable(name: str) -> Variable:
    """The variable called `name`.

    Raises:
        ValueError: the name is that of something else.
    """
    quantity = parse(name)
    if not isinstance(quantity, Variable):
        raise ValueError(f"{name!r} is no variable")
    return quantity


def base(quantity: Quantity) -> Quantity:
    """What a derivative is taken by, and what an update changes; anything else is its own base."""
    match quantity:
        case Derivative(bottom=inner) | Updated(variable=inner):
            return inner
        case _:
            return quantity


def layer_of(quantity: Quantity) -> int:
    """The layer of the first of its variables that has one; 0 where none has."""
    match quantity:
        case Variable(layer=layer):
            return layer or 0
        case Updated(variable=inner) | Memory(variable=inner):
            return layer_of(inner)
        case Derivative(top=top, bottom=bottom):
            return layer_of(top) or layer_of(bottom)
        case Combination(parts=parts):
            return next(filter(None, map(layer_of, parts)), 0)


def is_error_signal(quantity: Quantity) -> TypeGuard[Derivative]:
    """Whether it is a derivative of E: ∂E/∂z₁, ∂E/∂w₁."""
    return isinstance(quantity, Derivative) and quantity.top == ERROR


def is_slope(quantity: Quantity) -> TypeGuard[Derivative]:
    """Whether it is the slope of a layer's activation: ∂a₁/∂z₁."""
    match quantity:
        case Derivative(top=Variable(letter="a")):
            return True
        case _:
            return False


def is_weight(quantity: Quantity) -> TypeGuard[Variable]:
    """Whether it is a layer's weights."""
    return isinstance(quantity, Variable) and quantity.letter[0] == "w"


def is_bias(quantity: Quantity) -> TypeGuard[Variable]:
    """Whether it is a layer's biases."""
    return isinstance(quantity, Variable) and quantity.letter[0] == "b"


def is_parameter(quantity: Quantity) -> TypeGuard[Variable]:
    """Whether it is a weight, a bias, or the gain of a norm."""
    return isinstance(quantity, Variable) and quantity.letter[0] in _LEARNT


def has_rows(quantity: Quantity) -> bool:
    """Whether its array has a row for every row of the batch: that of z1 has, that of w1 has not."""
    match quantity:
        case Derivative(bottom=inner) | Updated(variable=inner):
            return has_rows(inner)
        case Variable(letter=letter):
            return letter[0] not in (*_LEARNT, "E", "P")
        case Memory():
            return False
        case Combination(parts=parts):
            return not parts or any(map(has_rows, parts))
