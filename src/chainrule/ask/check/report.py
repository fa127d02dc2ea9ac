"""The report of a check: what was found, how each wrong number should have come about, and the cause."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from chainrule.ask.cases.address import Address
from chainrule.ask.cases.arithmetic import Expression
from chainrule.ask.cases.claim import Judged, Status
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.causes.cause import Cause
from chainrule.ask.documents.blocks import Block, Equation, Equations, Heading, Table, paragraph
from chainrule.ask.documents.formula import Applied, Formula, Power, Product, Sum, Symbol, Term, Value
from chainrule.ask.explain.derivation import Derivations
from chainrule.ask.explain.tables import counted
from chainrule.ask.explain.terms import Factor, summands
from chainrule.ask.judging.printed_operands import Sheet
from chainrule.numbers import Array, Number

WORKED = 4  # wrong numbers that are worked through; more are in the table alone
LISTED = 40  # rows of the table
_WORD = {Status.TRUNCATED: "cut off"}
_MEANING = {
    Status.TRUNCATED: "it was cut off after the last digit instead of rounded",
    Status.CARRIED: "right, made of the rounded numbers before it",
    Status.INHERITED: "wrong only because a number before it is",
    Status.WRONG: "not what the numbers before it give",
}


@dataclass(frozen=True)
class Report:
    """The document that a verdict is shown as.

    Attributes:
        example: what was checked.
        world: its numbers at full precision.
        claims: what was found of each printed number.
        cause: of the wrong ones, if one is known.
        notes: on how a lesson was read, each kind under its label.
    """

    example: Example
    world: Trajectory
    claims: Sequence[Judged]
    cause: Cause | None = None
    notes: Sequence[tuple[str, Sequence[str]]] = ()

    def blocks(self) -> Iterator[Block]:
        """The report part by part."""
        yield Heading(self.example.title, 1)
        if self.example.source:
            yield paragraph(f"Source: {self.example.source}")
        for label, sentences in self.notes:
            if sentences:
                yield paragraph(f"{label}: {'; '.join(sentences)}.")
        yield paragraph(self._summary())
        yield from self._causes()
        if self._notable:
            yield Heading("The numbers")
            yield self._table()
            yield self._legend()
        for one in self._wrong[:WORKED]:
            yield from self.worked(one)

    def _summary(self) -> str:
        """How many of which kind, and where it starts."""
        claims = self.claims
        counts = {status: sum(one.status is status for one in claims) for status in Status}
        found = [f"{count} {_word(status)}" for status, count in counts.items() if count]
        checked = f"{counted(len(claims), 'number')} checked"
        if not self._notable:
            return f"{checked}: {'it is' if len(claims) == 1 else 'all are'} right."
        if len(found) == 1:
            found = [f"all {_word(claims[0].status)}" if len(claims) > 1 else _word(claims[0].status)]
        told = f"{checked}: {' and '.join(filter(None, [', '.join(found[:-1]), found[-1]]))}."
        if not self._faults:
            return f"{told} Nothing is wrong here."
        first = next((one for one in claims if one.status is Status.WRONG), self._faults[0])
        return f"{told} The first wrong one is {first.claim.quantity} = {first.claim.printed}."

    def _causes(self) -> Iterator[Block]:
        """What went wrong, and what that leaves unexplained."""
        if not self._faults:
            return
        found = [self.cause, *self.cause.others] if self.cause else []
        left = len(self._faults) - sum(one.explains for one in found)
        yield Heading("The causes" if len(found) > 1 else "The cause")
        for one in found:
            yield paragraph(f"{one.told} That explains {_of(one.explains, one.of)}.")
        if not found:
            yield paragraph("No single cause was found that explains the numbers which disagree.")
        elif left:
            yield paragraph(f"No cause was found for {'the other' if left == 1 else f'the other {left}'}.")

    # --- the table

    def _table(self) -> Table:
        shown = self._notable[:LISTED]
        rows = tuple(
            (one.claim.quantity, one.claim.printed, _rounded(one), _word(one.status)) for one in shown
        )
        more = [f"… {len(self._notable) - LISTED} more"] if len(self._notable) > LISTED else []
        right = len(self.claims) - len(self._notable)
        more += [f"and {counted(right, 'number')} more, right to the last digit"] if right else []
        return Table(("quantity", "printed", "computed", "verdict"), rows, "; ".join(more))

    def _legend(self) -> Block:
        """What the words in the table mean."""
        used = [status for status in _MEANING if any(one.status is status for one in self._notable)]
        return paragraph(
            ". ".join(f"{_word(status).capitalize()}: {_MEANING[status]}" for status in used) + "."
        )

    @cached_property
    def _notable(self) -> list[Judged]:
        return [one for one in self.claims if one.status is not Status.RIGHT]

    @cached_property
    def _faults(self) -> list[Judged]:
        return [one for one in self.claims if one.status.is_fault]

    @cached_property
    def _wrong(self) -> list[Judged]:
        return [one for one in self._faults if one.status is Status.WRONG]

    # --- one wrong number

    def worked(self, one: Judged) -> Iterator[Block]:
        """How it comes about: with the numbers as printed before it, and with the exact ones."""
        yield Heading(f"{one.claim.quantity} is not {one.claim.printed}")
        digits = max(len(one.claim.exact.as_tuple().digits), 4)
        exactly = self._derived(one, digits, {})
        from_print = self._derived(one, digits, self._sound)
        yield Equations((*self._behind(one, {}), exactly))
        if _result(from_print, one) != _result(exactly, one):
            yield paragraph("From the numbers as they are printed, so far as they are right:")
            yield Equations((*self._behind(one, self._sound), from_print))

    def _behind(self, one: Judged, printed: Mapping[Address, float]) -> list[Equation]:
        """Where a number is nothing but another one (a₁ = z₁), how that one comes about."""
        if isinstance(one.asked, Expression):
            return []
        place, found = self._sheet.place(one.asked), list[Equation]()
        numbers = self._numbers(place, printed)
        derive = replace(self._derivations, numbers=numbers)
        of = Factor(numbers[place.name], place.index)
        while not of.number.through and len(terms := summands(of)[0]) == 1:
            if len(terms[0].factors) != 1 or terms[0].constants or not terms[0].factors[0].number.paths:
                break
            of = terms[0].factors[0]
            found.insert(0, derive.equation(of))
        return found

    def _derived(self, one: Judged, digits: int, printed: Mapping[Address, float]) -> Equation:
        if isinstance(one.asked, Expression):
            return self._expression(one.asked, one.claim.quantity, digits, printed)
        place = self._sheet.place(one.asked)
        numbers = self._numbers(place, printed)
        derive = replace(self._derivations, numbers=numbers)
        found = derive.equation(Factor(numbers[place.name], place.index))
        return Equation(found.left, tuple(_with_digits(step, digits + 1) for step in found.steps))

    def _numbers(self, place: Address, printed: Mapping[Address, float]) -> dict[str, Number]:
        """The Numbers of its step as printed, but for its own array, whose origin is to be seen."""
        others = {quantity: value for quantity, value in printed.items() if quantity.name != place.name}
        return self._sheet.numbers(others, place.after, self._left_by(place.after - 1, printed))

    def _left_by(self, after: int, printed: Mapping[Address, float]) -> dict[str, Array]:
        """The parameters with which the step before leaves this one, if the source prints any."""
        if not any(quantity.after == after for quantity in printed):
            return {}
        new = self._sheet.numbers(printed, after)
        return {name: new[f"{name}'"].array for name in self.example.parameters}

    def _expression(
        self, asked: Expression, name: str, digits: int, printed: Mapping[Address, float]
    ) -> Equation:
        values: list[float] = []
        parts: list[Formula] = []
        for quantity in asked.quantities:
            place = self._sheet.place(quantity)
            numbers = self._sheet.numbers(printed, place.after)
            of = Factor(numbers[place.name], place.index)
            values.append(of.value)
            parts.append(self._derivations.symbol(of))
        template = asked.template.replace("**", "^").replace("*", " · ")
        known = dict(zip(asked.quantities, values, strict=True))
        shown = [Value(value, digits + 1) for value in values]
        steps: list[Formula] = [
            Applied(template, tuple(parts[k] for k in asked.places)),
            Applied(template, tuple(shown[k] for k in asked.places)),
            Value(asked.value(known.__getitem__), digits + 1),
        ]
        return Equation(Symbol(name), tuple(steps))

    @cached_property
    def _sound(self) -> dict[Address, float]:
        """What is printed and not wrong."""
        return {
            self._sheet.place(one.asked): one.claim.value
            for one in reversed(self.claims)
            if isinstance(one.asked, Address) and not one.status.is_fault
        }

    @cached_property
    def _sheet(self) -> Sheet:
        return Sheet(self.world, tuple(one.asked for one in self.claims))

    @cached_property
    def _derivations(self) -> Derivations:
        example = self.example
        own = {name: example.quantity(name) for name in example.names}
        names = {(quantity.name, quantity.index): name for name, quantity in own.items()}
        return Derivations({}, len(example.x), names, example.absent)


def _of(some: int, of: int) -> str:
    """`all 7 numbers that disagree`, `2 of the 7 numbers that disagree`."""
    if some == of:
        return "the number that disagrees" if of == 1 else f"all {of} numbers that disagree"
    return f"{some} of the {of} numbers that disagree"


def _word(status: Status) -> str:
    return _WORD.get(status, str(status))


def _result(equation: Equation, one: Judged) -> str:
    """What comes out, with as many digits as are printed."""
    last = equation.steps[-1]
    places = max(-int(one.claim.exact.as_tuple().exponent), 0)
    return f"{last.number:.{places}f}" if isinstance(last, Value) else ""


def _rounded(one: Judged) -> str:
    """The computed value with the digits of the printed one, and more where they do not show a difference."""
    places = max(-int(one.claim.exact.as_tuple().exponent), 0)
    if "e" in one.claim.printed.lower():
        digits = len(one.claim.exact.as_tuple().digits)
        return f"{one.computed:.{digits}e}"
    if one.status in (Status.WRONG, Status.INHERITED) and not one.claim.near(one.computed):
        return f"{one.computed:.{places}f}"
    return f"{one.computed:.{places + 2}f}"


def _with_digits(formula: Formula, digits: int) -> Formula:
    """The same formula with its numbers shown to at least so many digits."""
    match formula:
        case Value(number, shown):
            return Value(number, max(shown, digits))
        case Applied(text, parts):
            return Applied(text, _each(parts, digits))
        case Power(base, exponent):
            return Power(_with_digits(base, digits), exponent)
        case Product(factors):
            return Product(_each(factors, digits))
        case Sum(terms, rest):
            return Sum(tuple(Term(_with_digits(t.formula, digits), t.negative) for t in terms), rest)
        case _:
            return formula


def _each(formulas: Sequence[Formula], digits: int) -> tuple[Formula, ...]:
    return tuple(_with_digits(one, digits) for one in formulas)
