"""What code gives names to: the numbers and arrays that its lines assign as they stand, outside functions."""

import ast
import re
import warnings
from collections.abc import Iterator

_MAGIC = re.compile(r"^[ \t]*[%!?].*$", re.MULTILINE)  # of a notebook, not of Python
_ARRAYS = (
    "array", "asarray", "matrix", "tensor", "Tensor", "FloatTensor", "Parameter", "Value", "Variable",
    "float",
)  # fmt: skip
_ALIKE = ("double", "float", "requires_grad_", "copy", "clone", "astype", "to")  # the same numbers again
_MOST_LINES, _LONGEST = 40, 1000  # of an array, and letters of its last line; a longer one is data


def assigned(code: str) -> list[tuple[int, str]]:
    """Each assignment of numbers as they stand: its line, and `name = number` or `(a, b) = (1, 2)`."""
    code = _MAGIC.sub("", code)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other people's code
            statements = ast.parse(code).body
        return list(_assigned(statements, [line.encode() for line in re.split(r"\r\n|\r|\n", code)]))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _assigned(statements: list[ast.stmt], lines: list[bytes]) -> Iterator[tuple[int, str]]:
    for statement in statements:
        if (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and not _is_long(statement.value)
        ):
            name, value = _name(statement.targets[0]), _literal(statement.value, lines)
            if name and value:
                yield statement.lineno, f"{name} = {value}"


def _is_long(value: ast.expr) -> bool:
    """Whether it is data rather than the givens of an example."""
    lines = (value.end_lineno or value.lineno) - value.lineno
    return lines > _MOST_LINES or (value.end_col_offset or 0) - (0 if lines else value.col_offset) > _LONGEST


def _name(target: ast.expr) -> str:
    if isinstance(target, ast.Tuple) and all(isinstance(name, ast.Name) for name in target.elts):
        return f"({', '.join(map(_name, target.elts))})"
    return target.id if isinstance(target, ast.Name) else ""


def _literal(value: ast.expr, lines: list[bytes]) -> str:
    """The digits as they were written; nothing if anything has to be worked out."""
    match value:
        case ast.Constant(value=bool()):
            return ""
        case ast.Constant(value=int() | float()):
            return lines[value.lineno - 1][value.col_offset : value.end_col_offset].decode()
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant() as number):
            digits = _literal(number, lines)
            return digits and ("-" if isinstance(value.op, ast.USub) else "") + digits
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            parts = [_literal(element, lines) for element in elements]
            brackets = "[]" if isinstance(value, ast.List) else "()"
            return f"{brackets[0]}{', '.join(parts)}{brackets[1]}" if parts and all(parts) else ""
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in _ALIKE:
            return _literal(inner, lines)
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[inner, *_]) if name in _ARRAYS:
            return _literal(inner, lines)
        case ast.Attribute(value=inner, attr="T"):
            array = _literal(inner, lines)
            return array and f"{array}.T"
    return ""
