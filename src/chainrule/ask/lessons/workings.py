"""Workings: the arithmetic that stands before a number, `0.6 · 0.4 = 0.23`, done again as it stands."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from chainrule.ask.cases import arithmetic
from chainrule.ask.cases.address import Address
from chainrule.ask.cases.arithmetic import Expression
from chainrule.ask.cases.claim import Claim
from chainrule.ask.lessons.printed_values import Value, parse_value
from chainrule.ask.lessons.tokens import Token, tokenize
from chainrule.errors import InputError

_MOST = 80  # tokens of a formula
_FAR = 0.05  # relative: what is further from its number was more likely read wrongly than worked out wrongly
_FUNCTIONS = {"σ": "sigmoid", **{name: name for name in ("exp", "ln", "sqrt", "tanh", "sigmoid", "abs")}}
_SIGNS = {"{": "(", "}": ")", "^": "^", **{sign: sign for sign in "+-*/()"}}
_ALONE = re.compile(r"[-+({]*\}\)*")  # the template of a number with nothing to work out
_POWER_OF_E = re.compile(r"e\^\{(?P<exponent>.+)\}")


@dataclass(frozen=True, eq=False)
class Working:
    """A formula of numbers alone, and the number that it is said to be.

    Attributes:
        place: where it stands.
        formula: the formula, as it was read.
        printed: the number behind it.
    """

    place: str
    formula: str
    printed: str
    _expression: Expression
    _operands: Mapping[Address, Claim]

    @cached_property
    def value(self) -> float:
        """What the formula comes to, its numbers taken as they are printed."""
        return self._expression.value(lambda operand: self._operands[operand].value)

    @property
    def is_exact(self) -> bool:
        """Whether that is the number behind it, rounded or cut off."""
        claim = Claim("", self.printed)
        return claim.rounds(self.value) or claim.truncates(self.value)

    @property
    def comes_out(self) -> bool:
        """Whether it may be that number, where more digits of its own numbers were known than are printed."""
        claim = Claim("", self.printed)
        off = abs(claim.value - self.value)
        return self.is_exact or not off > self._leeway + float(claim.unit) or off > _FAR * abs(self.value)

    @property
    def _leeway(self) -> float:
        """How far half a unit in the last digit of each of its numbers may lead."""
        return sum(abs(self._with_more(operand) - self.value) for operand in self._operands)

    def _with_more(self, operand: Address) -> float:
        claim = self._operands[operand]
        step = 0.0 if claim.exact == claim.exact.to_integral() else float(claim.unit) / 2
        return self._expression.value(
            lambda address: self._operands[address].value + (step if address == operand else 0.0)
        )


def workings(formula: Sequence[Token], value: Value, place: str) -> Iterator[Working]:
    """The workings that a formula and the numbers behind it are: of each number its own."""
    if len(formula) > _MOST:
        return
    if isinstance(value, str):
        yield from _working(formula, value, place)
        return
    start, end = _array(formula)
    elements = parse_value(list(formula[start:end])) if end else None
    if not isinstance(elements, tuple) or len(elements) != len(value):
        return
    for element, printed in zip(elements, value, strict=True):
        if not (isinstance(element, str) and isinstance(printed, str)):
            return
        tokens = tokenize(f"({element})", formula[start].line)
        yield from _working([*formula[:start], *tokens, *formula[end:]], printed, place)


def _array(formula: Sequence[Token]) -> tuple[int, int]:
    """From where to where the only array in a formula goes; 0 where there is none, or several."""
    opened = [position for position, token in enumerate(formula) if token.text == "["]
    closed = [position for position, token in enumerate(formula) if token.text == "]"]
    return (opened[0], closed[0] + 1) if len(opened) == len(closed) == 1 and opened < closed else (0, 0)


def _working(formula: Sequence[Token], printed: str, place: str) -> Iterator[Working]:
    operands: dict[Address, Claim] = {}
    text = _written(formula, operands)
    if not operands or len(operands) == len(formula):
        return
    try:
        expression = arithmetic.parse(text, lambda name: Address(name, ()), {})
    except InputError:
        return
    written = "".join(token.text for token in formula)
    working = Working(place, written, printed, expression, operands)
    if math.isfinite(working.value) and not _ALONE.fullmatch(expression.template):
        yield working


def _written(formula: Sequence[Token], operands: dict[Address, Claim]) -> str:
    """The formula with `n0`, `n1` for its numbers and a sign in each product; empty where it is none."""
    text, ends_in_value = "", False
    for position, token in enumerate(formula):
        following = formula[position + 1].text if position + 1 < len(formula) else ""
        if token.kind == "number":
            if ends_in_value and formula[position - 1].kind == "number":
                return ""
            address = Address(f"n{len(operands)}", ())
            operands[address] = Claim("", token.text)
            piece, begins, ends = address.name, True, True
        elif token.text in _SIGNS:
            piece = _SIGNS[token.text]
            begins, ends = piece == "(", piece == ")"
        elif token.text == "e" and following == "^":
            piece, begins, ends = "exp(1)", True, True
        elif match := _POWER_OF_E.fullmatch(token.text):
            inner = _written(list(tokenize(match["exponent"], token.line)), operands)
            if not inner:
                return ""
            piece, begins, ends = f"exp({inner})", True, True
        elif token.text in _FUNCTIONS and following == "(":
            piece, begins, ends = _FUNCTIONS[token.text], True, False
        else:
            return ""
        is_product = ends_in_value and begins
        text += f"*{piece}" if is_product else piece
        ends_in_value = ends
    return text
