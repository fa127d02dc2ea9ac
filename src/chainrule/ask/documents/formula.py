"""Formulas as small trees: what a derivation says, before anybody decides how it looks.

A symbol or a value that stands for a number of the network knows its `address`, under which it can be asked
for; two that look the same are the same, whatever they stand for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

AS_GIVEN = 10  # digits of a number that was given: enough to show it as it was written


@dataclass(frozen=True, slots=True)
class Symbol:
    """A quantity by its name in ASCII (`dE/dw1`), or a constant (`α`, `1/2`); `index` stands in brackets."""

    name: str
    index: tuple[int, ...] = ()
    address: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Value:
    """A number, rounded to `digits` when it is shown."""

    number: float
    digits: int = 4
    address: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Blank:
    """Room to write a number of so many letters into."""

    width: int = 8


@dataclass(frozen=True, slots=True)
class Applied:
    """A text with a `{}` for each of its parts: `σ({})`, `1-{}`, `∂{}/∂{}`."""

    text: str
    parts: tuple["Formula", ...]


@dataclass(frozen=True, slots=True)
class Power:
    """The base times itself."""

    base: "Formula"
    exponent: int


@dataclass(frozen=True, slots=True)
class Product:
    """Factors, at least two."""

    factors: tuple["Formula", ...]


@dataclass(frozen=True, slots=True)
class Term:
    """What is added in a sum, or taken away."""

    formula: "Formula"
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Remainder:
    """The terms that are not shown: how many, and what the positive and the negative ones add up to."""

    count: int
    positive: float
    negative: float
    summed: bool = True  # otherwise only how many there are is shown


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms, and what is left of them."""

    terms: tuple[Term, ...]
    remainder: Remainder | None = None


Formula: TypeAlias = Symbol | Value | Blank | Applied | Power | Product | Sum


def walk(formula: Formula) -> Iterator[Formula]:
    """The formula and every formula inside it."""
    yield formula
    match formula:
        case Applied(parts=inner) | Product(factors=inner):
            inside: tuple[Formula, ...] = inner
        case Power(base=base):
            inside = (base,)
        case Sum(terms=terms):
            inside = tuple(term.formula for term in terms)
        case _:
            inside = ()
    for part in inside:
        yield from walk(part)
