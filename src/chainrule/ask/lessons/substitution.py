"""Substitutions: a formula in letters and the same in numbers, `w x + b = 0.5 · 2 + 0.1`, tell values."""

from collections.abc import Iterator, Sequence

from chainrule.ask.lessons.symbol import LessonSymbol, parse_symbol
from chainrule.ask.lessons.tokens import Token

Operand = tuple[str, str, bool]
"""An operand of a formula: the operator before it, its text, whether it is a number."""

_OPERATORS = "+-*/^"
_MOST = 60  # tokens of a formula


def substituted(parts: Sequence[Sequence[Token]]) -> Iterator[tuple[LessonSymbol, str, str]]:
    """Each symbol, its value and its name, where a formula in letters is followed by the same in numbers."""
    formulas = [_operands(part) for part in parts]
    for position, letters in enumerate(formulas):
        for numbers in formulas[position + 1 : position + 3]:
            if _match(letters, numbers):
                yield from _pairs(letters, numbers)
                break


def _match(letters: Sequence[Operand], numbers: Sequence[Operand]) -> bool:
    if len(letters) < 2 or len(letters) != len(numbers) or all(is_number for _, _, is_number in letters):
        return False
    return all(
        letter[0] == number[0] and number[2] and (not letter[2] or letter[1] == number[1])
        for letter, number in zip(letters, numbers, strict=True)
    )


def _pairs(letters: Sequence[Operand], numbers: Sequence[Operand]) -> Iterator[tuple[LessonSymbol, str, str]]:
    for (_, name, is_number), (_, numeral, _) in zip(letters, numbers, strict=True):
        symbol = None if is_number else parse_symbol(name)
        if isinstance(symbol, LessonSymbol):
            yield symbol, numeral, name


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
