"""Printed values: the number, or the rows of numbers, that a run of tokens is."""

from collections.abc import Iterator
from decimal import Decimal

from chainrule.ask.lessons.tokens import Token

Value = str | tuple["Value", ...]
"""A number as printed, or rows of them."""

_MOST_DIGITS = 12  # of a fraction in decimals: 1/8 ends, 1/3 does not
_TURNED = ("^T", "^{T}", ".T", "^⊤", "^{⊤}", "^')", "'")


def parse_value(part: list[Token]) -> Value | None:
    """The number, or the rows of numbers, that a part of a clause is; nothing for a formula."""
    part, is_transposed = _upright(part)
    if fraction := _fraction(part):
        return fraction
    stack: list[list[Value]] = [[]]
    sign, separated = "", True
    for position, token in enumerate(part):
        if token.kind == "number":
            stack[-1].append(sign + token.text)
            sign, separated = "", False
        elif token.text in "+-" and not sign and (separated or _is_sign(part, position, len(stack))):
            sign = token.text
        elif token.text in "([" and (separated or (token.spaced and len(stack) > 1)):
            stack.append([])
            separated = True
        elif token.text in ")]" and len(stack) > 1:
            inner = stack.pop()
            stack[-1].append(
                _signed(sign, inner[0] if token.text == ")" and len(inner) == 1 else tuple(inner))
            )
            sign, separated = "", False
        elif token.text in (",", ";") and len(stack) > 1:
            separated = True
        else:
            return None
    value = stack[0][0] if len(stack) == 1 and len(stack[0]) == 1 and not sign else None
    if value == () or value is None:
        return None
    return _transposed(value) if is_transposed else value


def _is_sign(part: list[Token], position: int, depth: int) -> bool:
    """Whether a sign in an array without commas belongs to what follows: `[0.5 -0.2]`, not `[0.5 - 0.2]`."""
    following = part[position + 1] if position + 1 < len(part) else None
    return depth > 1 and part[position].spaced > 0 and following is not None and not following.spaced


def _signed(sign: str, value: Value) -> Value:
    """`-(0.5)`; a sign before an array is a formula's, and then nothing here."""
    if not sign or not isinstance(value, str):
        return value
    return value if sign == "+" else value.removeprefix("-") if value.startswith("-") else f"-{value}"


def without_remark(part: list[Token]) -> list[Token]:
    """The part without what is said of its number behind it: `-1.1455 (more negative, so ...`.

    Without a space before the bracket it is a factor: `2(output - target)`.
    """
    depth = 0
    for position, token in enumerate(part):
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if position and token.text in ("(", "[") and depth == 1 and token.spaced:
            number = part[:position]
            is_open = all(later.text not in (")", "]") for later in part[position:])
            return number if is_open and parse_value(number) is not None else part
    return part


def _upright(part: list[Token]) -> tuple[list[Token], bool]:
    """The part without a mark of transposition, and whether there was one."""
    ending = "".join(token.text for token in part[-4:])
    for mark in _TURNED:
        if ending.endswith(mark) and any(token.text in ")]" for token in part):
            length = 0
            for count in range(1, 5):
                length += len(part[-count].text)
                if length == len(mark):
                    return part[:-count], True
    return part, False


def _fraction(part: list[Token]) -> str | None:
    """`1/2`, `-(1)/(4)` as a decimal fraction, where that ends."""
    tokens = [token for token in part if token.text not in "()"]
    sign = "-" if tokens and tokens[0].text == "-" else ""
    numbers = tokens[len(sign) :]
    if len(numbers) != 3 or numbers[1].text != "/" or {numbers[0].kind, numbers[2].kind} != {"number"}:
        return None
    top, bottom = numbers[0].text, numbers[2].text
    if not (top.isdigit() and bottom.isdigit() and len(top + bottom) < _MOST_DIGITS and int(bottom)):
        return None
    quotient = Decimal(top) / Decimal(bottom)
    exact = -int(quotient.as_tuple().exponent) <= _MOST_DIGITS
    return f"{sign}{quotient:f}" if exact else None


def _transposed(value: Value) -> Value:
    if isinstance(value, str) or not all(isinstance(row, tuple) for row in value):
        return value
    rows = [row for row in value if isinstance(row, tuple)]
    return tuple(zip(*rows, strict=False)) if len({len(row) for row in rows}) == 1 else value


def value_rows(value: Value) -> list[tuple[str, ...]]:
    """A value as rows of numbers; nothing if it is nested deeper."""
    if isinstance(value, str):
        return [(value,)]
    if all(isinstance(element, str) for element in value):
        return [tuple(element for element in value if isinstance(element, str))]
    return list(_flat_rows(value))


def _flat_rows(value: Value) -> Iterator[tuple[str, ...]]:
    for row in value:
        if isinstance(row, str):
            yield (row,)
        else:
            yield tuple(element if isinstance(element, str) else "nan" for element in row)


def shown(value: Value) -> str:
    """A value for a message, the first of many."""
    if isinstance(value, str):
        return value
    return f"[{', '.join(shown(element) for element in value[:4])}{', …' if len(value) > 4 else ''}]"
