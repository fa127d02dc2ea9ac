"""How far rounding may carry a Number from the truth: a bound derived from its own paths.

A running error analysis (Higham 2002, section 3.3) over the graph of factors. With u the unit of
rounding, a path of K terms of m factors is off by at most (K + m − 2)·u·Σ|terms| plus what its
factors bring along; a function passes errors on by its slope and adds a few units of its own. So a
gradient of 1e-20 is judged at the scale of 1e-20, and one that cancels at the scale of what cancelled.
"""

from math import prod

import numpy as np

from chainrule.numbers import Number, Path, given

FUNCTION = 8  # units of rounding that exp, erfcx, log1p and the few operations round them may cost
LENGTH = 2.0**16  # a step of that many errors feels out a function's slope


def rounding(number: Number, u: float, known: dict[int, np.ndarray] | None = None) -> np.ndarray:
    """A bound on |computed − true| for every element, given exact data (constants: rounded once)."""
    known = {} if known is None else known
    if id(number) in known:
        return known[id(number)]
    array = np.asarray(number.array, np.float64)
    if not number.paths:
        error = (
            u * np.abs(array) if array.ndim == 0 or number.name in ("1/n", "1/k") else np.zeros_like(array)
        )
    else:
        error = sum(
            (_path(p, u, known) for p in number.paths), start=np.zeros(array.shape)
        )  # a shorter path is broadcast
        size = sum((_scale(p) for p in number.paths), start=np.zeros(array.shape))
        error = error + u * (len(number.paths) - 1) * size
        if number.through:
            error = _felt(number, error) + FUNCTION * u * np.abs(array)
    known[id(number)] = error
    return error


def scale(number: Number) -> np.ndarray:
    """Σ|terms| of every element."""
    return sum((_scale(p) for p in number.paths), start=np.zeros(number.array.shape))


def _sizes(path: Path) -> list[np.ndarray]:
    groups = path.equation.groups
    return [
        np.asarray(f.array) if group.says else np.abs(np.asarray(f.array, np.float64))
        for group, f in zip(groups, path.factors, strict=True)
    ]


def _total(path: Path, arrays: list[np.ndarray]) -> np.ndarray:
    return np.asarray(path.of(given("", array) for array in arrays).total())


def _scale(path: Path) -> np.ndarray:
    return _total(path, _sizes(path))


def _path(path: Path, u: float, known: dict[int, np.ndarray]) -> np.ndarray:
    sizes = _sizes(path)
    kept = [axis.letter for axis in path.equation.result.axes]
    terms = prod(n for letter, n in path.sizes().items() if letter not in kept)
    total = max(terms + len(sizes) - 2, 0) * u * _scale(path)
    for k, factor in enumerate(path.factors):
        brought = rounding(factor, u, known)
        if not path.equation.groups[k].says:
            total = total + _total(path, [*sizes[:k], brought, *sizes[k + 1 :]])
    return np.asarray(total)


def _felt(number: Number, error: np.ndarray) -> np.ndarray:
    """What an error of the argument becomes, column by column: softmax feels every column in each."""
    assert number.through
    apply = number.through.apply
    argument = np.asarray(sum(np.asarray(p.total(), np.float64) for p in number.paths))
    length = LENGTH * error
    felt, here = np.zeros(argument.shape), apply(argument)
    for column in range(argument.shape[-1]):
        step = np.zeros_like(argument)
        step[..., column] = length[..., column]
        with np.errstate(invalid="ignore"):  # a root knows no step below 0
            felt += np.fmax(*(np.abs(apply(argument + s) - here) for s in (step, -step))) / LENGTH
    return felt
