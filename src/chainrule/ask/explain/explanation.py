"""An explanation: one number, the terms it is the sum of, and the document that tells of it."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chainrule.ask.cases.address import Address
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.documents.blocks import Block
from chainrule.ask.documents.document import Document
from chainrule.ask.documents.formula_text import as_line
from chainrule.ask.explain.contributions import by_letters
from chainrule.ask.explain.derivation import Derivations
from chainrule.ask.explain.terms import Factor, Summand
from chainrule.ask.explain.uses import uses
from chainrule.files.json_values import finite
from chainrule.quantities import is_error_signal


@dataclass(frozen=True, eq=False, kw_only=True)
class Explanation(Document):
    """One number, and where it comes from.

    `print` it, or let a notebook show it; `plain()` is the JSON of `chainrule explain --json`.

    Attributes:
        world: the case, worked through by the book.
        asked: the address as it was asked for.
        place: where that number is computed.
        whole: whether all of its array was asked for; it is the largest number there.
        depth: through how many levels its factors are explained in turn.
        most: how many terms of a sum are shown.
        by: the letters by which its sum is parted, `t` or `head` or `t,s`; nothing for none.
        columns: what the inputs are called, where they have names.
        outputs: what the outputs are called.
        notes: what else is to be said about the numbers, a sentence each.
        update: which update of a training the case is, where it is one.
        amounts: what the value of an input or target is in the units of its table.
        report: makes the document that tells of it.
    """

    world: Trajectory
    asked: str
    place: Address
    whole: bool = False
    depth: int = 0
    most: int | None = None
    by: str = ""
    columns: Sequence[str] = ()
    outputs: Sequence[str] = ()
    notes: Sequence[str] = ()
    update: int | None = None
    amounts: Callable[[str, int, float], str] | None = None
    report: Callable[["Explanation"], Iterator[Block]]

    @cached_property
    def factor(self) -> Factor:
        """The element of the Number that is explained."""
        return Factor(self.world.numbers(self.place.after)[self.place.name], self.place.index)

    @cached_property
    def derive(self) -> Derivations:
        """Derivations of the step that the number belongs to."""
        case = self.world.case
        addresses = {name: case.quantity(name) for name in case.names}
        names = {(quantity.name, quantity.index): name for name, quantity in addresses.items()}
        numbers = self.world.numbers(self.place.after)
        updates = (self.place.after or None) if self.update is None else self.update
        return Derivations(numbers, len(case.x), names, case.absent, self.most, updates)

    @property
    def quantity(self) -> str:
        return self.asked

    @property
    def value(self) -> float:
        return self.factor.value

    @cached_property
    def formula(self) -> str:
        """The number, its factors, the numbers in them and what they add up to, in LaTeX."""
        from chainrule.ask.documents.formula_markup import LATEX

        return LATEX.equation(self.derive.equation(self.factor))

    @cached_property
    def terms(self) -> list[dict[str, Any]]:
        """The terms that the number is the sum of: for each its factors, and the product of them.

        A number that was given is its own only factor. One that is a function of others, σ(z), has
        the function's value for its only factor.
        """
        if not self.factor.number.paths:
            return [self._alone(as_line(self.derive.symbol(self.factor)), self.asked)]
        if self.factor.number.through:
            return [self._alone(as_line(self.derive.equation(self.factor).steps[0]), None)]
        return [
            {"factors": self._factors(term), "value": term.value}
            for term in self.derive.terms(self.factor)[0]
        ]

    @cached_property
    def rest(self) -> dict[str, Any] | None:
        """How many terms are not among `terms`, and what they add up to."""
        if self.factor.number.through:
            return None
        remainder = self.derive.terms(self.factor)[1]
        if not remainder:
            return None
        return {"terms": remainder.count, "value": math.fsum((remainder.positive, remainder.negative))}

    @cached_property
    def chain(self) -> list[dict[str, Any]]:
        """The factors of a derivative of E from the error back; none where several chains add up to it."""
        is_gradient = is_error_signal(self.factor.number.quantity)
        chain = self.derive.chain(self.factor) if is_gradient else None
        if not chain or len(chain.links) < 2:
            return []
        return [
            _part(as_line(link.equation.left), link.value.address or None, link.value.number)
            for link in chain.links
        ]

    @property
    def used_by(self) -> list[str]:
        """The numbers that are made of this one next, the first of them where there are many."""
        numbers = self.world.numbers(self.place.after)
        return [self.derive.address(user) for user in uses(numbers, self.factor)]

    def plain(self) -> dict[str, Any]:
        """The explanation as plain values, for JSON; what is not finite is None."""
        values: dict[str, Any] = {
            "quantity": self.asked,
            "value": self.value,
            "formula": self.formula,
            "terms": self.terms,
            "rest": self.rest,
            "used_by": self.used_by,
        }
        if self.by:
            values["by"] = [{"at": at, "value": value} for at, value in by_letters(self.factor, self.by)]
        record: dict[str, Any] = finite(values | ({"chain": self.chain} if self.chain else {}))
        return record

    def blocks(self) -> Iterator[Block]:
        """The explanation as a document."""
        return self.report(self)

    def __repr__(self) -> str:
        return f"<Explanation of {self.asked} = {self.value!r}>"

    def _factors(self, term: Summand) -> list[dict[str, Any]]:
        signed = any(constant.name.startswith("-") for constant in term.constants)
        factors = [_part("-1", None, -1.0)] if term.negative and not signed else []
        factors += [_part(c.name, None, float(c.array)) for c in term.constants]
        for factor in sorted(term.factors, key=lambda f: not is_error_signal(f.number.quantity)):
            has_address = factor.number.array.ndim and factor.number.name != "1/n"
            address = self.derive.address(factor) if has_address else None
            factors.append(_part(as_line(self.derive.symbol(factor)), address, factor.value))
        return factors or [_part("1", None, 1.0)]

    def _alone(self, symbol: str, quantity: str | None) -> dict[str, Any]:
        return {"factors": [_part(symbol, quantity, self.value)], "value": self.value}


def _part(symbol: str, quantity: str | None, value: float) -> dict[str, Any]:
    return {"symbol": symbol, "quantity": quantity, "value": value}
