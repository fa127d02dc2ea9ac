"""A rule under JAX's compiler, and the array functions that it asks for."""

from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.ask.gradients.rule_trial import Trial
from chainrule.numbers import Array, origins
from chainrule.rules.protocols import ARRAY_FUNCTIONS


def compiles(subject: Trial) -> str:
    """Compiles the step with JAX, once for all values, and compares it with NumPy's.

    Raises:
        ImportError: JAX is not installed.
        ValueError: it compiles twice, or gives something else; the number is named.
    """
    import jax

    traced: list[int] = []

    def numbers(point: dict[str, Array], rows: dict[str, Array]) -> dict[str, Array]:
        traced.append(len(traced))
        step = replace(subject, point=point, rows=rows).step()
        return {name or "out": number.array for name, number in step.numbers.items()}

    for dtype, room in (("float64", 1e-10), ("float32", 1e-3)):
        wide = subject.astype(dtype)
        with jax.enable_x64(dtype == "float64"):
            compiled = jax.jit(numbers)
            compiled({name: array * 2 for name, array in wide.point.items()}, wide.rows)
            results = compiled(wide.point, wide.rows)
            if len(traced) != 1:
                raise ValueError("it is compiled anew for other values")
        traced.clear()
        for name, array in numbers(subject.point, subject.rows).items():
            traced.clear()
            scale = np.abs(array).max(initial=1.0)
            if results[name].dtype != dtype:
                raise ValueError(f"{name} is {results[name].dtype} where {dtype} went in")
            if not (np.abs(np.asarray(results[name]) - array) <= room * scale).all():
                raise ValueError(f"{name} is another number in {dtype} than with NumPy")
    return "compiles once, and gives what NumPy gives"


def operators(subject: Trial) -> str:
    """Which array functions the rule's functions call, and whether ONNX has them."""
    functions: set[str] = set()
    for number in subject.step().numbers.values():
        for part in origins(number).values():
            if part.through is not None:
                inside = np.add.reduce([path.total() for path in part.paths])
                part.through.apply(_recorded(np.asarray(inside), functions))
    strange = sorted(functions - set(ARRAY_FUNCTIONS))
    if strange:
        return f"asks for {', '.join(strange)}, for which ONNX export has no operator"
    return f"array functions that ONNX export has: {', '.join(sorted(functions)) or 'none'}"


class _Recorded(np.ndarray):
    """A NumPy array whose array library notes what it is asked for."""

    functions: set[str]

    def __array_finalize__(self, parent: Any) -> None:
        self.functions = getattr(parent, "functions", set())

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        return _NotingLibrary(self.functions)


class _NotingLibrary:
    """NumPy, with a list of what was asked for."""

    __name__ = "numpy"

    def __init__(self, functions: set[str]) -> None:
        self._functions = functions

    def __getattr__(self, name: str) -> Any:
        function = getattr(np, name)
        if callable(function):
            self._functions.add(name)
        return function


def _recorded(array: np.ndarray, functions: set[str]) -> Any:
    noted = array.view(_Recorded)
    noted.functions = functions
    return noted
