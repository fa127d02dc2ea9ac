"""Mean absolute error: the mean of |T − y| over rows and outputs."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Function, Number, constant, number, path
from chainrule.rules.protocols import Kept, Loss, Words, derivative, difference, per_output

SIZE = Function("|{}|", r"|{}|", abs)
SIGN = Function("sign({})", r"\operatorname{{sign}}({})", lambda x: x.__array_namespace__().sign(x))


@dataclass(frozen=True)
class MeanAbsoluteError(Loss):
    """E = mean over rows and outputs of |T − y|; ∂E/∂y = −sign(T − y)/outputs per row; 0 at the kink."""

    words: ClassVar[Words] = Words(
        symbol="MAE",
        formula="E = 1/k Σⱼ |T - y|",
        slope="∂E/∂y = -1/k sign(T - y)",
        latex=r"E = \frac1k \sum_j |T_j - y_j|",
        source="Hastie, Tibshirani & Friedman 2009, The Elements of Statistical Learning, section 10.6",
    )

    def forward(self, y: Number, t: Number, share: Number) -> tuple[Number, Kept]:
        miss = difference(t, y)
        size = number(f"|{miss.name}|", path("nj->nj", miss), through=SIZE)
        return number("E", path(",nj,n->", per_output(y), size, share)), (y, miss, share)

    def backward(self, cache: Kept) -> Number:
        y, miss, share = cache
        sign = number(f"sign({miss.name})", path("nj->nj", miss), through=SIGN)
        return number(derivative(y), path(",,nj,n->nj", constant("-1", -1.0, y), per_output(y), sign, share))
