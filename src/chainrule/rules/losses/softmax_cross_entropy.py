"""Cross-entropy, fused with the softmax: it takes logits and is stable for any finite one."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from chainrule.errors import InputError
from chainrule.numbers import Array, Function, Number, constant, number, path
from chainrule.rules.functions import CO_SOFTMAX, ONE_MINUS, SOFTMAX, minus_log_softmax
from chainrule.rules.protocols import Kept, Loss, Words, derivative, refuse_where, times

MINUS_LOG = Function("-ln softmax({})", r"-\ln\operatorname{{softmax}}({})", minus_log_softmax, "row")
INVERSE = Function(
    "1/softmax({})",
    r"1/\operatorname{{softmax}}({})",
    lambda z: z.__array_namespace__().exp(minus_log_softmax(z)),
    "row",
)


@dataclass(frozen=True)
class SoftmaxCrossEntropy(Loss):
    """E = mean over rows of −Σ over classes of T ln p, with p = softmax(z); rows of T add up to 1;
    ∂E/∂z = (1 − T) p − T (1 − p) per row, which is p − T without its cancellation.
    """

    activation: ClassVar[str] = "softmax"
    words: ClassVar[Words] = Words(
        symbol="CE",
        formula="E = -Σⱼ T ln p, p = softmax(z)",
        slope="∂E/∂z = (1 - T)p - T(1 - p) = p - T",
        latex=r"E = -\sum_j T_j \ln p_j,\quad p = \operatorname{softmax}(z)",
        source="Bridle 1990; Bishop 2006, eq. 5.24",
    )

    def forward(self, z: Number, t: Number, share: Number) -> tuple[Number, Kept]:
        cost = number(f"-ln {self.predicted(z)}", path("nj->nj", z), through=MINUS_LOG)
        return number("E", path("nj,nj,n->", t, cost, share)), (z, t, share)

    def backward(self, cache: Kept) -> Number:
        z, t, share = cache
        p = number(self.predicted(z), path("nj->nj", z), through=SOFTMAX)
        co_p = number(f"1-{p.name}", path("nj->nj", z), through=CO_SOFTMAX)
        co_t = number(f"1-{t.name}", path("nj->nj", t), through=ONE_MINUS)
        target_path = path(",nj,nj,n->nj", constant("-1", -1.0, z), t, co_p, share)
        return number(derivative(z), path("nj,nj,n->nj", co_t, p, share), target_path)

    def unfused(self, z: Number, a: Number, t: Number, share: Number) -> Number:
        """∂E/∂a = −T/a per row."""
        hit = number(f"1/{a.name}", path("nj->nj", z), through=times(t.array, INVERSE))
        return number(derivative(a), path(",nj,nj,n->nj", constant("-1", -1.0, z), t, hit, share))

    def check_targets(self, t: Array) -> None:
        t = np.asarray(t)
        refuse_where(~((t >= 0) & (t <= 1)), t, "cross-entropy wants the probability of each class, 0 to 1")
        off = np.abs(t.sum(axis=1) - 1) > 1e-6
        if off.any():
            row = int(np.argmax(off))
            raise InputError(
                f"targets t[{row}] add up to {t[row].sum():g}: cross-entropy wants probabilities that "
                "add up to 1 (for several yes/no outputs take binary_cross_entropy)"
            )
