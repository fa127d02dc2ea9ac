"""Starts: where weights and biases begin.

The width of each random start is a variance over the number of inputs (fan in) and outputs (fan out):

    glorot  2 / (in + out)    Glorot & Bengio 2010, eq. 16
    he      2 / in            He, Zhang, Ren & Sun 2015, eq. 10
    lecun   1 / in            LeCun, Bottou, Orr & Müller 1998, eq. 16

as a uniform distribution on ±√(3 variance) or a normal one. Drawn by NumPy in float64, so that one
seed gives one network in every array library.
"""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from chainrule.errors import InputError, ShapeError, did_you_mean

Start = Callable[["np.random.Generator", tuple[int, ...]], np.ndarray]


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Products that one sum is made of, and sums that one input goes into: those of a window (k, l, i, j)
    count it at each place in the window.
    """
    places = prod(shape[:-2])
    return (places * shape[-2] if len(shape) > 1 else shape[0]), places * shape[-1]


def _uniform(variance: Callable[[int, int], float]) -> Start:
    def start(rng: "np.random.Generator", shape: tuple[int, ...]) -> np.ndarray:
        r = np.sqrt(3 * variance(*_fans(shape)))
        return rng.uniform(-r, r, shape)

    return start


def _normal(variance: Callable[[int, int], float]) -> Start:
    return lambda rng, shape: rng.normal(0, np.sqrt(variance(*_fans(shape))), shape)


def _orthogonal(rng: "np.random.Generator", shape: tuple[int, ...]) -> np.ndarray:
    """Orthonormal rows or columns, uniform over rotations (Saxe, McClelland & Ganguli 2014)."""
    columns = shape[-1] if len(shape) > 1 else 1  # biases: one unit vector
    sides = (prod(shape) // columns if columns else 0, columns)
    tall = rng.normal(size=(max(sides), min(sides)))
    q, r = np.linalg.qr(tall)
    q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)  # makes the factorisation, and so the draw, unique
    return np.ascontiguousarray(q if q.shape == sides else q.T).reshape(shape)


def _glorot(i: int, j: int) -> float:
    return 2 / (i + j)


def _he(i: int, j: int) -> float:
    return 2 / i


def _lecun(i: int, j: int) -> float:
    return 1 / i


STARTS: dict[str, Start] = {
    "zeros": lambda rng, shape: np.zeros(shape),
    "uniform": lambda rng, shape: rng.uniform(-0.5, 0.5, shape),
    "normal": lambda rng, shape: rng.normal(0, 0.1, shape),
    "glorot_uniform": _uniform(_glorot),
    "glorot_normal": _normal(_glorot),
    "he_uniform": _uniform(_he),
    "he_normal": _normal(_he),
    "lecun_uniform": _uniform(_lecun),
    "lecun_normal": _normal(_lecun),
    "orthogonal": _orthogonal,
}


def start(choice: Any) -> Any:
    """A start's name, checked, or values as nested tuples of floats.

    Raises:
        InputError: no start has that name (the nearest is suggested), or the values are not finite numbers.
    """
    if isinstance(choice, str):
        if choice in STARTS or choice == "auto":
            return choice
        hint = did_you_mean(choice, list(STARTS)) or f" One of: {', '.join(STARTS)}."
        raise InputError(f"no start is called {choice!r}.{hint}")
    try:
        values = np.asarray(choice, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"weights and biases start from a name or from numbers, not {choice!r}") from None
    if not np.isfinite(values).all():
        raise InputError("weights and biases start from finite numbers; one of the values given is not")
    return _tuples(values.tolist())


def draw(chosen: Any, rng: "np.random.Generator", shape: tuple[int, ...], name: str) -> np.ndarray:
    """The initial array of `shape` for parameter `name`.

    Raises:
        ShapeError: values were given in another shape.
    """
    if isinstance(chosen, str):
        return STARTS[chosen](rng, shape)
    values = np.array(chosen, dtype=np.float64)
    if values.shape != shape:
        raise ShapeError(f"{name} was given as {values.shape}, but layer {name[1:]} wants {shape}")
    return values


def _tuples(values: Any) -> Any:
    return tuple(map(_tuples, values)) if isinstance(values, list) else values
