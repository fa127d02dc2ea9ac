"""Two witnesses for gradients: `jax.grad` and the complex step, of the naive formulas.

The complex step is Im E(w + ih)/h: no difference is taken, so nothing cancels, and in NumPy's long
double (64 bits of mantissa on x86) it is some thousand times closer than what it judges.
"""

from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special
import numpy as np
import scipy.special

from tests.oracles.naive import Formulas, Plain

Arrays = dict[str, np.ndarray]
STEP = 1e-30

NUMPY = Formulas(np, scipy.special)
JAX = Formulas(jnp, jax.scipy.special)


def by_jax(
    plain: Plain, p: Arrays, x: np.ndarray, t: np.ndarray, share: np.ndarray, masks: list[Any], decay: float
) -> Arrays:
    """E, dE/dx and dE/dparameter by name, by reverse-mode differentiation of the naive formulas, float64."""

    def cost(wanted: Arrays) -> Any:
        parameters = {name: array for name, array in wanted.items() if name != "x"}
        return JAX.cost(plain, parameters, wanted["x"], t, share, masks, decay)

    with jax.enable_x64(True):
        value, found = jax.jit(jax.value_and_grad(cost))({**p, "x": x})
        return {"E": np.asarray(value), **{name: np.asarray(g) for name, g in found.items()}}


def by_complex_step(
    plain: Plain, p: Arrays, x: np.ndarray, t: np.ndarray, share: np.ndarray, masks: list[Any], decay: float
) -> Arrays:
    """The same by complex steps, all elements of one array in one pass."""
    kind = np.complex128 if "'gelu'" in str(plain) else np.clongdouble  # SciPy's erfc knows no long double
    real = kind(0).real.dtype
    point = {name: array.astype(real) for name, array in {**p, "x": x}.items()}
    t, share = t.astype(real), share.astype(real)

    def cost(at: dict[str, np.ndarray]) -> np.ndarray:
        parameters = {name: array for name, array in at.items() if name != "x"}
        return np.asarray(NUMPY.cost(plain, parameters, at["x"], t, share, masks, decay))

    found = {"E": cost(point)}
    for name, array in point.items():
        steps = np.eye(array.size, dtype=real).reshape(array.size, *array.shape)
        moved = {**point, name: array + steps * kind(1j * STEP)}
        found[name] = (cost(moved).imag / real.type(STEP)).reshape(array.shape)
    return found
