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
_LONGEST = 2000  # letters of an array; a longer one is data


def assigned(code: str) -> Iterator[tuple[int, str]]:
    """Each assignment of numbers as they stand: its line, and `name = number` or `(a, b) = (1, 2)`."""
    code = _MAGIC.sub("", code)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other people's code
            statements = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for statement in statements:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            name, value = _name(statement.targets[0]), _literal(statement.value, code)
            if name and value and len(value) < _LONGEST:
                yield statement.lineno, f"{name} = {value}"


def _name(target: ast.expr) -> str:
    if isinstance(target, ast.Tuple) and all(isinstance(name, ast.Name) for name in target.elts):
        return f"({', '.join(map(_name, target.elts))})"
    return target.id if isinstance(target, ast.Name) else ""


def _literal(value: ast.expr, code: str) -> str:
    """The digits as they were written; nothing if anything has to be worked out."""
    match value:
        case ast.Constant(value=bool()):
            return ""
        case ast.Constant(value=int() | float()):
            return ast.get_source_segment(code, value) or ""
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant() as number):
            digits = _literal(number, code)
            return digits and ("-" if isinstance(value.op, ast.USub) else "") + digits
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            parts = [_literal(element, code) for element in elements]
            brackets = "[]" if isinstance(value, ast.List) else "()"
            return f"{brackets[0]}{', '.join(parts)}{brackets[1]}" if parts and all(parts) else ""
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in _ALIKE:
            return _literal(inner, code)
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[inner, *_]) if name in _ARRAYS:
            return _literal(inner, code)
        case ast.Attribute(value=inner, attr="T"):
            array = _literal(inner, code)
            return array and f"{array}.T"
    return ""
