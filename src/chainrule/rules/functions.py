"""Functions of arrays that rules share, exact to a few ulp from one end of the range to the other.

σ(z), 1 − σ(z), Φ(z) and the like lose every digit at one end when one is computed from the other,
so each has its own form here. They take the array library from their argument.
"""

from importlib import import_module
from typing import Any

from chainrule.numbers import Array, Function
from chainrule.rules.protocols import written

_SPECIAL = {"numpy": "scipy.special", "jax.numpy": "jax.scipy.special", "torch": "torch.special"}


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z), also where it is near 0."""
    xp = z.__array_namespace__()
    e = xp.exp(-xp.abs(z))
    return xp.where(z >= 0, 1, e) / (1 + e)


def co_sigmoid(z: Array) -> Array:
    """1 − σ(z) = σ(−z), also where σ(z) rounds to 1."""
    xp = z.__array_namespace__()
    e = xp.exp(-xp.abs(z))
    return xp.where(z >= 0, e, 1) / (1 + e)


def softplus(z: Array) -> Array:
    """ln(1 + e^z) = −ln(1 − σ(z))."""
    xp = z.__array_namespace__()
    return xp.maximum(z, 0) + xp.log1p(xp.exp(-xp.abs(z)))


def normal_pdf(z: Array) -> Array:
    """φ(z) = e^(−z²/2) / √(2π); z is split so that squaring it does not cost digits in the tail.

    The second factor is written with expm1, as XLA would join two powers of e to one.
    """
    xp = z.__array_namespace__()
    argument = xp.clip(z, -60, 60)  # beyond, φ is 0 even among the denormals
    head = xp.round(argument * 16) / 16
    correction = 1 + xp.expm1((head - argument) * (head + argument) / 2)
    return xp.exp(-head * head / 2) * correction * 0.3989422804014327


def normal_cdf(z: Array) -> Array:
    """Φ(z), by erfcx in the lower tail."""
    tail = 1.2533141373155003 * _special(z).erfcx(abs(z) * 0.7071067811865476) * normal_pdf(z)
    return z.__array_namespace__().where(z >= 0, 1 - tail, tail)


def softmax(z: Array) -> Array:
    """e^z / Σ e^z along the last axis."""
    e, _, remainder = _shifted(z)
    return e / (1 + remainder)


def co_softmax(z: Array) -> Array:
    """1 − softmax(z), also where softmax rounds to 1: the sum over the other classes."""
    e, top, remainder = _shifted(z)
    return z.__array_namespace__().where(top, remainder, 1 + remainder - e) / (1 + remainder)


def minus_log_softmax(z: Array) -> Array:
    """−ln softmax(z) along the last axis, also where softmax rounds to 1."""
    xp = z.__array_namespace__()
    _, _, remainder = _shifted(z)
    return xp.max(z, axis=-1, keepdims=True) - z + xp.log1p(remainder)


def past_softmax(z: Array) -> Array:
    """e^z / Σ e^z along the last axis, of each row's entries as far as its own place; 0 beyond."""
    xp = z.__array_namespace__()
    past = xp.arange(z.shape[-1]) <= xp.arange(z.shape[-2])[:, None]
    z = xp.where(past, z, -xp.inf)
    e = xp.exp(z - xp.max(z, axis=-1, keepdims=True))
    return e / xp.sum(e, axis=-1, keepdims=True)


def inverse_root(eps: float) -> Function:
    """1/√(v + ε)."""
    words = written(eps)
    return Function(
        f"1/√({{}} + {words})",
        rf"\frac{{{{1}}}}{{{{\sqrt{{{{{{}} + {words}}}}}}}}}",
        lambda v: 1 / v.__array_namespace__().sqrt(v + eps),
    )


def _shifted(z: Array) -> tuple[Array, Array, Array]:
    """e^(z − max), a mask of the (first) largest, and the sum over all but that one."""
    xp = z.__array_namespace__()
    e = xp.exp(z - xp.max(z, axis=-1, keepdims=True))
    top = xp.arange(z.shape[-1]) == xp.argmax(z, axis=-1)[..., None]
    return e, top, xp.sum(xp.where(top, 0, e), axis=-1, keepdims=True)


def _special(z: Array) -> Any:
    """The special functions of z's array library; one made by others may bring them along."""
    xp = z.__array_namespace__()
    return xp.special if xp.__name__ not in _SPECIAL else import_module(_SPECIAL[xp.__name__])


EXPONENTIAL = Function("e^{}", r"e^{{{}}}", lambda z: z.__array_namespace__().exp(z))
SIGMOID = Function("σ({})", r"\sigma({})", sigmoid)
CO_SIGMOID = Function("1-σ({})", r"1-\sigma({})", co_sigmoid)
SOFTPLUS = Function("ln(1+e^{})", r"\ln(1+e^{{{}}})", softplus)
SOFTMAX = Function("softmax({})", r"\operatorname{{softmax}}({})", softmax, "row")
PAST_SOFTMAX = Function("softmax({})", r"\operatorname{{softmax}}({})", past_softmax, "past")
CO_SOFTMAX = Function("1-softmax({})", r"1-\operatorname{{softmax}}({})", co_softmax, "row")
NORMAL_CDF = Function("Φ({})", r"\Phi({})", normal_cdf)
NORMAL_PDF = Function("φ({})", r"\varphi({})", normal_pdf)
ONE_MINUS = Function("1-{}", r"1-{}", lambda x: 1 - x)
