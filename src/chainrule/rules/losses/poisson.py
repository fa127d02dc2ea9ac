"""Poisson: half the deviance of counts, fused with the exponential: it takes logarithms of amounts."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from chainrule.numbers import Array, Function, Number, constant, number, path
from chainrule.rules.functions import EXPONENTIAL
from chainrule.rules.protocols import Kept, Loss, Words, derivative, refuse_where, times


def logarithm(t: Array) -> Array:
    """ln t, and 0 where t is 0: there it stands in 0 · ln 0, which is 0."""
    xp = t.__array_namespace__()
    return xp.log(xp.where(t > 0, t, xp.ones_like(t)))


LOGARITHM = Function("ln {}", r"\ln {}", logarithm)
ONE = Function("1", "1", lambda z: z.__array_namespace__().ones_like(z))
INVERSE = Function("1/e^{}", r"1/e^{{{}}}", lambda z: z.__array_namespace__().exp(-z))


@dataclass(frozen=True)
class Poisson(Loss):
    """E = mean over rows of Σ over outputs of a − T z + T ln T − T, with a = e^z: half the Poisson deviance,
    0 where a = T; ∂E/∂z = a − T per row.
    """

    activation: ClassVar[str] = "exponential"
    words: ClassVar[Words] = Words(
        symbol="Poisson",
        formula="E = Σⱼ [a - T ln a + T ln T - T], a = eᶻ",
        slope="∂E/∂z = a - T",
        latex=r"E = \sum_j \left[a_j - T_j \ln a_j + T_j \ln T_j - T_j\right],\quad a = e^z",
        source="McCullagh & Nelder 1989, Generalized Linear Models, section 6.2",
    )

    def forward(self, z: Number, t: Number, share: Number) -> tuple[Number, Kept]:
        a = number(self.predicted(z), path("nj->nj", z), through=EXPONENTIAL)
        log_t = number(f"ln {t.name}", path("nj->nj", t), through=LOGARITHM)
        minus = constant("-1", -1.0, z)
        cost = number(
            "E",
            path("nj,n->", a, share),
            path(",nj,nj,n->", minus, t, z, share),
            path("nj,nj,n->", t, log_t, share),
            path(",nj,n->", minus, t, share),
        )
        return cost, (z, t, share)

    def backward(self, cache: Kept) -> Number:
        z, t, share = cache
        a = number(self.predicted(z), path("nj->nj", z), through=EXPONENTIAL)
        target_path = path(",nj,n->nj", constant("-1", -1.0, z), t, share)
        return number(derivative(z), path("nj,n->nj", a, share), target_path)

    def unfused(self, z: Number, a: Number, t: Number, share: Number) -> Number:
        """∂E/∂a = 1 − T/a per row."""
        unit = number("1", path("nj->nj", z), through=ONE)
        hit = number(f"1/{a.name}", path("nj->nj", z), through=times(t.array, INVERSE))
        target_path = path(",nj,nj,n->nj", constant("-1", -1.0, z), t, hit, share)
        return number(derivative(a), path("nj,n->nj", unit, share), target_path)

    def check_targets(self, t: Array) -> None:
        refuse_where(~(t >= 0), np.asarray(t), "the Poisson loss wants targets that are not negative")
