"""Whether two optimisers made by Optax do the same: then what was compiled for one serves the other.

Optax makes an optimiser of closures, which are equal to themselves alone. Here a closure is its code with
all that it can reach. What cannot be taken apart like that, or could be changed later, is only like itself.
"""

import types
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

_STEADY = {"builtins", "chex", "jax", "jaxlib", "math", "numpy", "optax"}  # libraries, which stay as they are
_MOST = 64
_known: dict[Any, Any] = {}  # the last that came first of their kind


class _UniqueError(Exception):
    """It is like nothing but itself."""


def alike(choice: Any) -> Any:
    """The first that came of those that do what `choice` does."""
    try:
        likeness = _of(choice, ())
        hash(likeness)
    except (_UniqueError, TypeError, RecursionError):
        return choice
    earliest = _known.pop(likeness, choice)
    _known[likeness] = earliest
    while len(_known) > _MOST:
        _known.pop(next(iter(_known)), None)
    return earliest


def _of(value: Any, above: tuple[Any, ...]) -> Any:
    """A hashable likeness of a value; `above` are those it is a part of."""
    if any(value is part for part in above):
        raise _UniqueError
    kind, above = type(value), (*above, value)
    if value is None or value is Ellipsis or kind in (bool, int, str, bytes, np.dtype):
        return kind, value
    if kind in (float, complex):
        return kind, repr(value)
    if kind is types.FunctionType:
        return _function(value, above)
    if kind is partial:
        return kind, _of((value.func, value.args, value.keywords), above)
    if kind is dict:
        return kind, tuple((_of(key, above), _of(part, above)) for key, part in value.items())
    if isinstance(value, tuple):
        return kind, tuple(_of(part, above) for part in value)
    if kind is np.ndarray or isinstance(value, np.generic):
        return kind, value.dtype.str, value.shape, value.tobytes()
    if _steady(value) and (isinstance(value, type) or callable(value)):
        return kind, id(value), _Held(value)
    raise _UniqueError


def _function(function: types.FunctionType, above: tuple[Any, ...]) -> Any:
    cells = tuple(_of(cell.cell_contents, above) for cell in function.__closure__ or ())
    defaults = _of((function.__defaults__, function.__kwdefaults__), above)
    names = () if _steady(function) else tuple(_global(function, name, above) for name in _names(function))
    return types.FunctionType, function.__code__, cells, defaults, names


def _names(function: types.FunctionType) -> list[str]:
    """What a function may look up outside, those within it too."""
    waiting, names = [function.__code__], list[str]()
    while waiting:
        code = waiting.pop()
        names += code.co_names
        waiting += [part for part in code.co_consts if isinstance(part, types.CodeType)]
    return names


def _global(function: types.FunctionType, name: str, above: tuple[Any, ...]) -> Any:
    if name not in function.__globals__:
        return name  # an attribute, or built in
    value = function.__globals__[name]
    if isinstance(value, types.ModuleType):
        if value.__name__.partition(".")[0] not in _STEADY:
            raise _UniqueError
        return name, value.__name__
    return name, _of(value, above)


def _steady(value: Any) -> bool:
    """Whether it belongs to a library."""
    return str(getattr(value, "__module__", None)).partition(".")[0] in _STEADY


class _Held:
    """Keeps what it holds alive, so that its identity is nobody else's; equal to all of its kind."""

    def __init__(self, value: Callable[..., Any]) -> None:
        self.value = value

    def __eq__(self, value: object) -> bool:
        return isinstance(value, _Held)

    def __hash__(self) -> int:
        return 0
