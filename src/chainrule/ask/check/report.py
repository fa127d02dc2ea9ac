"""The report of a check: what was found, how each wrong number should have come about, and the cause."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from chainrule.ask.cases.address import Address
from chainrule.ask.cases.arithmetic import Expression
from chainrule.ask.cases.claim import Claim, Judged, Status
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.causes.cause import Cause
from chainrule.ask.check.shown_digits import fixed, in_brackets, with_digits
from chainrule.ask.documents.blocks import Block, Equation, Equations, Heading, TableBlock, paragraph
from chainrule.ask.documents.formula import Applied, Formula, Symbol, Value
from chainrule.ask.documents.wording import counted
from chainrule.ask.explain.derivation import Derivations
from chainrule.ask.explain.terms import Factor, summands
from chainrule.ask.judging.printed_operands import Sheet
from chainrule.numbers import Array, Number

if TYPE_CHECKING:
    from chainrule.ask.lessons.workings import Working

WORKED = 4  # wrong numbers that are worked through; more are in the table alone
NOTED = 12  # sentences under a label
LISTED = 40  # rows of the table
_MOST_DIGITS = 17  # that float64 has: more would be noise
_WORD = {Status.TRUNCATED: "cut off"}
_MEANING = {
    Status.TRUNCATED: "it was cut off after the last digit instead of rounded",
    Status.CARRIED: "right, made of the rounded numbers before it",
    Status.IMPRECISE: "near, but off in its last digits by what stands right before it",
    Status.INHERITED: "wrong only because a number before it is",
    Status.WRONG: "not what the numbers before it give",
}


def noted(notes: Sequence[tuple[str, Sequence[str]]]) -> Iterator[Block]:
    """Sentences under their labels, the first of each where there are many."""
    for label, sentences in notes:
        if sentences:
            more = f"; and {len(sentences) - NOTED} more" if len(sentences) > NOTED else ""
            yield paragraph(f"{label}: {'; '.join(sentences[:NOTED])}{more}.")


def told(working: "Working") -> str:
    """A working that does not come out, in a sentence."""
    places = max(-int(Claim("", working.printed).exact.as_tuple().exponent), 0)
    formula = working.formula.replace("*", " · ")
    return f"{working.place}: {formula} is {fixed(working.value, places)}, not {working.printed}"


@dataclass(frozen=True)
class Report:
    """The document that a verdict is shown as.

    Attributes:
        example: what was checked.
        world: its numbers at full precision.
        claims: what was found of each printed number.
        cause: of the wrong ones, if one is known.
        notes: on how a lesson was read, each kind under its label.
        cut_short: that the search for causes was, in a sentence.
        places: where in a lesson a number stands, by its quantity and as printed.
    """

    example: Example
    world: Trajectory
    claims: Sequence[Judged]
    cause: Cause | None = None
    notes: Sequence[tuple[str, Sequence[str]]] = ()
    cut_short: str = ""
    places: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def blocks(self) -> Iterator[Block]:
        """The report part by part."""
        yield Heading(self.example.title, 1)
        if self.example.source:
            yield paragraph(f"Source: {self.example.source}")
        yield from noted(self.notes)
        yield paragraph(self._summary())
        yield from self._causes()
        if self._notable:
            yield Heading("The numbers")
            yield self._table()
            yield self._legend()
        for judgement in self._wrong[:WORKED]:
            yield from self.worked(judgement)

    def _summary(self) -> str:
        """How many of which kind, and where it starts."""
        claims = self.claims
        counts = {status: sum(judgement.status is status for judgement in claims) for status in Status}
        tally = [f"{count} {_word(status)}" for status, count in counts.items() if count]
        checked = f"{counted(len(claims), 'number')} checked"
        if not self._notable:
            return f"{checked}: {'it is' if len(claims) == 1 else 'all are'} right."
        if len(tally) == 1:
            tally = [f"all {_word(claims[0].status)}" if len(claims) > 1 else _word(claims[0].status)]
        summary = f"{checked}: {' and '.join(filter(None, [', '.join(tally[:-1]), tally[-1]]))}."
        if not self._faults:
            return f"{summary} Nothing is wrong here."
        fault = next((judgement for judgement in claims if judgement.status is Status.WRONG), self._faults[0])
        return f"{summary} The first wrong one is {fault.claim.quantity} = {fault.claim.printed}."

    def _causes(self) -> Iterator[Block]:
        """What went wrong, and what that leaves unexplained."""
        if not self._faults:
            return
        causes = [self.cause, *self.cause.others] if self.cause else []
        unexplained = len(self._faults) - sum(cause.explains for cause in causes)
        yield Heading("The causes" if len(causes) > 1 else "The cause")
        for cause in causes:
            yield paragraph(f"{cause.told} That explains {_of(cause.explains, cause.of)}.")
        if not causes:
            yield paragraph("No single cause was found that explains the numbers which disagree.")
        elif unexplained:
            yield paragraph(
                f"No cause was found for {'the other' if unexplained == 1 else f'the other {unexplained}'}."
            )
        if self.cut_short:
            yield paragraph(self.cut_short)

    # --- the table

    def _table(self) -> TableBlock:
        rows = tuple(map(self._row, self._notable[:LISTED]))
        notes = [f"… {len(self._notable) - LISTED} more"] if len(self._notable) > LISTED else []
        count = len(self.claims) - len(self._notable)
        notes += [f"and {counted(count, 'number')} more, right to the last digit"] if count else []
        where = ("where",) if self.places else ()
        return TableBlock(("quantity", "printed", "computed", "verdict", *where), rows, "; ".join(notes))

    def _row(self, judgement: Judged) -> tuple[str, ...]:
        claim = judgement.claim
        place = (self.places.get((claim.quantity, claim.printed), ""),) if self.places else ()
        return claim.quantity, claim.printed, computed_digits(judgement), _word(judgement.status), *place

    def _legend(self) -> Block:
        """What the words in the table mean."""
        used = [
            status for status in _MEANING if any(judgement.status is status for judgement in self._notable)
        ]
        return paragraph(
            ". ".join(f"{_word(status).capitalize()}: {_MEANING[status]}" for status in used) + "."
        )

    @cached_property
    def _notable(self) -> list[Judged]:
        return [judgement for judgement in self.claims if judgement.status is not Status.RIGHT]

    @cached_property
    def _faults(self) -> list[Judged]:
        return [judgement for judgement in self.claims if judgement.status.is_fault]

    @cached_property
    def _wrong(self) -> list[Judged]:
        return [judgement for judgement in self._faults if judgement.status is Status.WRONG]

    # --- one wrong number

    def worked(self, judgement: Judged) -> Iterator[Block]:
        """How it comes about: with the numbers as printed before it, and with the exact ones."""
        yield Heading(f"{judgement.claim.quantity} is not {judgement.claim.printed}")
        digits = min(max(len(judgement.claim.exact.as_tuple().digits), 4), _MOST_DIGITS)
        exactly = self._derived(judgement, digits, {})
        from_print = self._derived(judgement, digits, self._sound)
        yield Equations((*self._behind(judgement, {}), exactly))
        if _result(from_print, judgement) != _result(exactly, judgement):
            yield paragraph("From the numbers as they are printed, so far as they are right:")
            yield Equations((*self._behind(judgement, self._sound), from_print))

    def _behind(self, judgement: Judged, printed: Mapping[Address, float]) -> list[Equation]:
        """Where a number is nothing but another one (a₁ = z₁), how that one comes about."""
        if isinstance(judgement.asked, Expression):
            return [self._derived_part(judgement.asked, printed)] if _is_negated(judgement.asked) else []
        place, equations = self._sheet.place(judgement.asked), list[Equation]()
        numbers = self._numbers(place, printed)
        derive = replace(self._derivations, numbers=numbers)
        factor = Factor(numbers[place.name], place.index)
        while not factor.number.through and len(terms := summands(factor)[0]) == 1:
            if len(terms[0].factors) != 1 or terms[0].constants or not terms[0].factors[0].number.paths:
                break
            factor = terms[0].factors[0]
            equations.insert(0, derive.equation(factor))
        return equations

    def _derived_part(self, expression: Expression, printed: Mapping[Address, float]) -> Equation:
        """How the one quantity comes about that an expression is the negative of."""
        place = self._sheet.place(expression.quantities[0])
        numbers = self._numbers(place, printed)
        derive = replace(self._derivations, numbers=numbers)
        return derive.equation(Factor(numbers[place.name], place.index))

    def _derived(self, judgement: Judged, digits: int, printed: Mapping[Address, float]) -> Equation:
        if isinstance(judgement.asked, Expression):
            return self._expression(judgement.asked, judgement.claim.quantity, digits, printed)
        place = self._sheet.place(judgement.asked)
        numbers = self._numbers(place, printed)
        derive = replace(self._derivations, numbers=numbers)
        equation = derive.equation(Factor(numbers[place.name], place.index))
        return Equation(equation.left, tuple(with_digits(step, digits + 1) for step in equation.steps))

    def _numbers(self, place: Address, printed: Mapping[Address, float]) -> dict[str, Number]:
        """The Numbers of its step as printed, but for its own array, whose origin is to be seen."""
        operands = {quantity: value for quantity, value in printed.items() if quantity.name != place.name}
        return self._sheet.numbers(operands, place.after, self._left_by(place.after - 1, printed))

    def _left_by(self, updates: int, printed: Mapping[Address, float]) -> dict[str, Array]:
        """The parameters with which the step before leaves this one, if the source prints any."""
        if not any(quantity.after == updates for quantity in printed):
            return {}
        new = self._sheet.numbers(printed, updates)
        return {name: new[f"{name}'"].array for name in self.example.parameters}

    def _expression(
        self, expression: Expression, name: str, digits: int, printed: Mapping[Address, float]
    ) -> Equation:
        values: list[float] = []
        parts: list[Formula] = []
        for quantity in expression.quantities:
            place = self._sheet.place(quantity)
            negated = _is_negated(expression)
            numbers = self._numbers(place, printed) if negated else self._sheet.numbers(printed, place.after)
            factor = Factor(numbers[place.name], place.index)
            values.append(factor.value)
            parts.append(self._derivations.symbol(factor))
        template = expression.template.replace("**", "^").replace("*", " · ")
        by_address = dict(zip(expression.quantities, values, strict=True))
        symbols = Applied(template, tuple(parts[k] for k in expression.places))
        signs = zip(expression.places, template.split("{}"), strict=False)
        numerals = Applied(template, tuple(in_brackets(values[k], digits + 1, left) for k, left in signs))
        value = Value(expression.value(by_address.__getitem__), digits + 1)
        return Equation(
            Symbol(name), (symbols, value) if _is_negated(expression) else (symbols, numerals, value)
        )

    @cached_property
    def _sound(self) -> dict[Address, float]:
        """What is printed and not wrong."""
        return {
            self._sheet.place(judgement.asked): judgement.claim.value
            for judgement in reversed(self.claims)
            if isinstance(judgement.asked, Address) and not judgement.status.is_fault
        }

    @cached_property
    def _sheet(self) -> Sheet:
        return Sheet(self.world, tuple(judgement.asked for judgement in self.claims))

    @cached_property
    def _derivations(self) -> Derivations:
        example = self.example
        addresses = {name: example.quantity(name) for name in example.names}
        names = {(quantity.name, quantity.index): name for name, quantity in addresses.items()}
        return Derivations({}, len(example.x), names, example.absent)


def _is_negated(expression: Expression) -> bool:
    """Whether it is nothing but a quantity with its sign turned, `-dE/dz1[0]`."""
    return expression.template.replace(" ", "").replace("−", "-") in ("-{}", "-({})", "(-{})")


def _of(explained: int, total: int) -> str:
    """`all 7 numbers that disagree`, `2 of the 7 numbers that disagree`."""
    if explained == total:
        return "the number that disagrees" if total == 1 else f"all {total} numbers that disagree"
    return f"{explained} of the {total} numbers that disagree"


def _word(status: Status) -> str:
    return _WORD.get(status, str(status))


def _result(equation: Equation, judgement: Judged) -> str:
    """What comes out, with as many digits as are printed."""
    value = equation.steps[-1]
    places = min(max(-int(judgement.claim.exact.as_tuple().exponent), 0), _MOST_DIGITS)
    return f"{value.number:.{places}f}" if isinstance(value, Value) else ""


def computed_digits(judgement: Judged) -> str:
    """The computed value with the digits of the printed one, and more where they do not show a difference."""
    places = max(-int(judgement.claim.exact.as_tuple().exponent), 0)
    digits = min(len(judgement.claim.exact.as_tuple().digits), _MOST_DIGITS)
    if places > _MOST_DIGITS:
        return f"{judgement.computed:.{_MOST_DIGITS}g}"
    if "e" in judgement.claim.printed.lower():
        return f"{judgement.computed:.{digits}e}"
    if judgement.status in (Status.WRONG, Status.INHERITED) and not judgement.claim.near(judgement.computed):
        return fixed(judgement.computed, places)
    return fixed(judgement.computed, places + 2)
