"""Substitutions: a formula in letters and the same in numbers, `w x + b = 0.5 · 2 + 0.1`, tell values."""

from collections.abc import Iterator, Sequence

from chainrule.ask.lessons.symbol import LessonSymbol, parse_symbol
from chainrule.ask.lessons.tokens import Token

Operand = tuple[str, str, bool]
"""An operand of a formula: the operator before it, its text, whether it is a number."""

_OPERATORS = "+-*/^"
_NEGATIVE = ("+", "-")  # `... + b` in letters is `... - 0.3` in numbers
_MOST = 60  # tokens of a formula


Formulas = dict[str, list[Operand]]
"""The last formula in letters under each name: the same in numbers may stand further down."""


def substituted(
    parts: Sequence[Sequence[Token]], earlier_formulas: Formulas
) -> Iterator[tuple[LessonSymbol, str, str]]:
    """Each symbol, its value and its name, where a formula in letters is followed by the same in numbers."""
    formulas = [_operands(part) for part in parts]
    name = "".join(token.text for token in parts[0])
    in_letters = [formula for formula in formulas[1:] if any(not is_number for _, _, is_number in formula)]
    if in_letters:
        earlier_formulas[name] = in_letters[0]
    elif name in earlier_formulas:
        formulas[0] = earlier_formulas[name]
    for position, letters in enumerate(formulas):
        for numbers in formulas[position + 1 : position + 3]:
            if _match(letters, numbers):
                yield from _pairs(letters, numbers)
                break


def _match(letters: Sequence[Operand], numbers: Sequence[Operand]) -> bool:
    if len(letters) < 2 or len(letters) != len(numbers) or all(is_number for _, _, is_number in letters):
        return False
    return all(
        (letter[0] == number[0] or (letter[0], number[0]) == _NEGATIVE)
        and number[2]
        and (not letter[2] or letter[1] == number[1])
        for letter, number in zip(letters, numbers, strict=True)
    )


def _pairs(letters: Sequence[Operand], numbers: Sequence[Operand]) -> Iterator[tuple[LessonSymbol, str, str]]:
    for (sign, name, is_number), (own_sign, numeral, _) in zip(letters, numbers, strict=True):
        symbol = None if is_number else parse_symbol(name)
        if isinstance(symbol, LessonSymbol):
            yield symbol, numeral if sign == own_sign else f"-{numeral}", name


def _operands(part: Sequence[Token]) -> list[Operand]:
    """The operands of a formula in order, its brackets left out; nothing where it is more than arithmetic."""
    if len(part) > _MOST:
        return []
    operands: list[Operand] = []
    operator, sign, is_open = "", "", True
    for token in part:
        if token.kind == "other":
            if token.text in "()[]{}":
                is_open = is_open or token.text in "([{"
            elif token.text not in _OPERATORS:
                return []
            elif token.text == "-" and is_open:
                sign = "-"
            else:
                operator, is_open = token.text, True
            continue
        operands.append((operator or ("*" if operands else ""), sign + token.text, token.kind == "number"))
        operator, sign, is_open = "", "", False
    return operands
