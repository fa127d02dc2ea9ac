"""Binary cross-entropy, fused with the sigmoid: it takes logits and is stable for any finite one."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from chainrule.numbers import Array, Function, Number, constant, number, path
from chainrule.rules.functions import CO_SIGMOID, ONE_MINUS, SIGMOID, SOFTPLUS, softplus
from chainrule.rules.protocols import Kept, Loss, Words, derivative, refuse_where, times

MINUS_LOG = Function("-ln σ({})", r"-\ln\sigma({})", lambda z: softplus(-z))
INVERSE = Function("1/σ({})", r"1/\sigma({})", lambda z: 1 + z.__array_namespace__().exp(-z))
CO_INVERSE = Function("1/(1-σ({}))", r"1/(1-\sigma({}))", lambda z: 1 + z.__array_namespace__().exp(z))


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """E = mean over rows of −Σ over outputs of T ln a + (1 − T) ln(1 − a), with a = σ(z);
    ∂E/∂z = (1 − T) a − T (1 − a) per row, which is a − T without its cancellation.
    """

    activation: ClassVar[str] = "sigmoid"
    words: ClassVar[Words] = Words(
        symbol="BCE",
        formula="E = -Σⱼ [T ln a + (1 - T) ln(1 - a)], a = σ(z)",
        slope="∂E/∂z = (1 - T)a - T(1 - a) = a - T",
        latex=r"E = -\sum_j \left[T_j \ln a_j + (1 - T_j) \ln(1 - a_j)\right],\quad a = \sigma(z)",
        source="Bishop 2006, Pattern Recognition and Machine Learning, eq. 5.23",
    )

    def forward(self, z: Number, t: Number, share: Number) -> tuple[Number, Kept]:
        a = self.predicted(z)
        hit = number(f"-ln {a}", path("nj->nj", z), through=MINUS_LOG)
        miss = number(f"-ln(1-{a})", path("nj->nj", z), through=SOFTPLUS)
        co_t = number(f"1-{t.name}", path("nj->nj", t), through=ONE_MINUS)
        cost = number("E", path("nj,nj,n->", t, hit, share), path("nj,nj,n->", co_t, miss, share))
        return cost, (z, t, co_t, share)

    def backward(self, cache: Kept) -> Number:
        z, t, co_t, share = cache
        a = number(self.predicted(z), path("nj->nj", z), through=SIGMOID)
        co_a = number(f"1-{a.name}", path("nj->nj", z), through=CO_SIGMOID)
        target_path = path(",nj,nj,n->nj", constant("-1", -1.0, z), t, co_a, share)
        return number(derivative(z), path("nj,nj,n->nj", co_t, a, share), target_path)

    def unfused(self, z: Number, a: Number, t: Number, share: Number) -> Number:
        """∂E/∂a = −T/a + (1 − T)/(1 − a) per row."""
        hit = number(f"1/{a.name}", path("nj->nj", z), through=times(t.array, INVERSE))
        co_t = number(f"1-{t.name}", path("nj->nj", t), through=ONE_MINUS)
        miss = number(f"1/(1-{a.name})", path("nj->nj", z), through=times(co_t.array, CO_INVERSE))
        target_path = path(",nj,nj,n->nj", constant("-1", -1.0, z), t, hit, share)
        return number(derivative(a), target_path, path("nj,nj,n->nj", co_t, miss, share))

    def check_targets(self, t: Array) -> None:
        refuse_where(~((t >= 0) & (t <= 1)), np.asarray(t), "binary cross-entropy wants targets from 0 to 1")
