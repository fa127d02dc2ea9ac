"""Every rule's formulas from the literature, in mpmath to a thousand digits: nothing cancels there.

Values and slopes are written separately; a test holds each slope against mpmath's own differentiation.
"""

from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf

Real = Any
Function = Callable[[Real], Real]
DIGITS = 1000  # 1 − tanh 800 is 1e-695

ONE, HALF = mpf(1), mpf("0.5")


def _phi(z: Real) -> Real:
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)


def _bent(z: Real) -> Real:
    return mp.sqrt(2 / mp.pi) * (z + mpf("0.044715") * z**3)


def _bend(z: Real) -> Real:
    return mp.sqrt(2 / mp.pi) * (1 + 3 * mpf("0.044715") * z**2)


def _logistic(z: Real) -> Real:
    return 1 / (1 + mp.exp(-z))


# name: (value, slope); at kinks the convention that the rule states
ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "identity": (lambda z: z, lambda z: ONE),
    "sigmoid": (_logistic, lambda z: mp.exp(-z) / (1 + mp.exp(-z)) ** 2),
    "tanh": (mp.tanh, lambda z: mp.sech(z) ** 2),
    "relu": (lambda z: max(z, mpf(0)), lambda z: ONE if z > 0 else mpf(0)),
    "leaky_relu": (lambda z: z if z > 0 else mpf(0.01) * z, lambda z: ONE if z > 0 else mpf(0.01)),
    "elu": (lambda z: z if z > 0 else mp.expm1(z), lambda z: ONE if z > 0 else mp.exp(z)),
    "gelu": (lambda z: z * mp.ncdf(z), lambda z: mp.ncdf(z) + z * _phi(z)),
    "gelu_tanh": (
        lambda z: z / 2 * (1 + mp.tanh(_bent(z))),
        lambda z: (1 + mp.tanh(_bent(z))) / 2 + z / 2 * mp.sech(_bent(z)) ** 2 * _bend(z),
    ),
    "silu": (
        lambda z: z * _logistic(z),
        lambda z: _logistic(z) * (1 + z * (1 - _logistic(z))),
    ),
    "softplus": (lambda z: mp.log(1 + mp.exp(z)), _logistic),
    "exponential": (mp.exp, mp.exp),
}


def softmax(z: list[Real]) -> list[Real]:
    total = sum(map(mp.exp, z))
    return [mp.exp(one) / total for one in z]


def softmax_slopes(z: list[Real], da: list[Real]) -> list[Real]:
    """dE/dz from dE/da."""
    p = softmax(z)
    return [sum(da[k] * p[k] * ((1 if k == j else 0) - p[j]) for k in range(len(z))) for j in range(len(z))]


# name: (value, slope) of one output y against t; means over outputs are up to the caller
LOSSES: dict[str, tuple[Callable[[Real, Real], Real], Callable[[Real, Real], Real]]] = {
    "half_squared_error": (lambda y, t: (t - y) ** 2 / 2, lambda y, t: y - t),
    "mean_squared_error": (lambda y, t: (t - y) ** 2, lambda y, t: 2 * (y - t)),
    "sum_squared_error": (lambda y, t: (t - y) ** 2, lambda y, t: 2 * (y - t)),
    "mean_absolute_error": (lambda y, t: abs(t - y), lambda y, t: mp.sign(y - t)),
    "huber": (
        lambda y, t: (t - y) ** 2 / 2 if abs(t - y) <= 1 else abs(t - y) - HALF,
        lambda y, t: y - t if abs(t - y) <= 1 else mp.sign(y - t),
    ),
    "binary_cross_entropy": (
        lambda y, t: -t * mp.log(_logistic(y)) - (1 - t) * mp.log(1 - _logistic(y)),
        lambda y, t: _logistic(y) - t,
    ),
    "poisson": (
        lambda y, t: mp.exp(y) - t * y + (t * mp.log(t) if t else 0) - t,
        lambda y, t: mp.exp(y) - t,
    ),
}


def cross_entropy(z: list[Real], t: list[Real]) -> tuple[Real, list[Real]]:
    """E and dE/dz of softmax cross-entropy for one row."""
    p = softmax(z)
    return -sum(a * mp.log(b) for a, b in zip(t, p, strict=True)), [b - a for a, b in zip(t, p, strict=True)]
