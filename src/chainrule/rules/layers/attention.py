"""Attention: every place asks every other, and takes a mean of what they say, weighed by how they match.

    q, k, v = xQ + b, xK + b, xV + b     s[h,t,s] = q[t,h]·k[s,h]/√d     a = softmax of s along its row
    c[t,h] = Σₛ a[h,t,s] v[s,h]          z = cO + b

With `causal` a place sees those up to itself: the softmax runs over s ≤ t, and a is 0 beyond. The way back,
with m[h,t] = Σₛ a ∂E/∂a, the mean of ∂E/∂a weighed by a:

    ∂E/∂s = a ∂E/∂a − a m      ∂E/∂q[t] = Σₛ ∂E/∂s[t,s] k[s]/√d      ∂E/∂k[s] = Σₜ ∂E/∂s[t,s] q[t]/√d

Shapes: x (n, t, i); Q, K, V (i, h, d); q, k, v, c (n, t, h, d); s, a (n, h, t, s); O (h, d, j); z (n, t, j).
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from chainrule.errors import InputError, ShapeError
from chainrule.numbers import Number, constant, number, path
from chainrule.rules.functions import PAST_SOFTMAX, SOFTMAX
from chainrule.rules.initializers import STARTS
from chainrule.rules.layers.weighted import whole
from chainrule.rules.protocols import (
    Gradients,
    Kept,
    Layer,
    Names,
    Parameters,
    Shape,
    Words,
    derivative,
    in_words,
)


@dataclass(frozen=True)
class Attention(Layer):
    """Scaled dot-product attention of a sequence to itself, with `heads` side by side; as wide as it began.

    Args:
        heads: h; the width of the rows is shared out among them, d = width/h each.
        causal: whether a place sees none behind it, as when the next token is to be guessed.

    Raises:
        InputError: heads below 1, causal is not True or False.
    """

    heads: int = 1
    causal: bool = True
    wq: str = field(default="wq", kw_only=True, repr=False)
    bq: str = field(default="bq", kw_only=True, repr=False)
    wk: str = field(default="wk", kw_only=True, repr=False)
    bk: str = field(default="bk", kw_only=True, repr=False)
    wv: str = field(default="wv", kw_only=True, repr=False)
    bv: str = field(default="bv", kw_only=True, repr=False)
    wo: str = field(default="wo", kw_only=True, repr=False)
    bo: str = field(default="bo", kw_only=True, repr=False)
    q: str = field(default="q", kw_only=True, repr=False)
    k: str = field(default="k", kw_only=True, repr=False)
    v: str = field(default="v", kw_only=True, repr=False)
    s: str = field(default="s", kw_only=True, repr=False)
    a: str = field(default="a", kw_only=True, repr=False)
    c: str = field(default="c", kw_only=True, repr=False)
    z: str = field(default="z", kw_only=True, repr=False)
    mt: str = field(default="mt", kw_only=True, repr=False)

    takes: ClassVar[str] = "places"
    words: ClassVar[Words] = Words(
        symbol="softmax(qk/√d)v",
        formula="z = cO + b, c = Σₛ a[s] v[s], a = softmax(q k/√d)",
        slope="∂E/∂s = a (∂E/∂a - Σ a ∂E/∂a)",
        latex=r"z_t = \sum_s \operatorname{softmax}_s\left(\frac{q_t \cdot k_s}{\sqrt d}\right) v_s\,O + b",
        source="Vaswani et al. 2017, eq. 1",
    )
    says: ClassVar[dict[str, str]] = {
        "wq": "the weight from unit {0} to number {2} of the query of head {1} in layer {layer}",
        "bq": "the bias of number {1} of the query of head {0} in layer {layer}",
        "wk": "the weight from unit {0} to number {2} of the key of head {1} in layer {layer}",
        "bk": "the bias of number {1} of the key of head {0} in layer {layer}",
        "wv": "the weight from unit {0} to number {2} of the value of head {1} in layer {layer}",
        "bv": "the bias of number {1} of the value of head {0} in layer {layer}",
        "wo": "the weight from number {1} of head {0} to unit {2} of what layer {layer} passes on",
        "bo": "the bias of unit {0} of what layer {layer} passes on",
        "q": "number {2} of what head {1} of layer {layer} asks at place {0}, its query",
        "k": "number {2} of what head {1} of layer {layer} answers to at place {0}, its key",
        "v": "number {2} of what head {1} of layer {layer} says at place {0}, its value",
        "s": "how well the query of place {1} fits the key of place {2}: score of head {0}, layer {layer}",
        "a": "how much place {1} looks at place {2} with head {0} of layer {layer}",
        "c": "number {2} of what head {1} of layer {layer} brings to place {0}, the values weighed",
        "z": "what unit {unit} of layer {layer} adds up at place {0}, from all its heads",
        "mt": "the mean of ∂E/∂a at place {1} of head {0}, weighed by where it looks",
    }

    def __post_init__(self) -> None:
        heads = whole(self.heads, "Attention needs a whole number of heads, at least 1")
        object.__setattr__(self, "heads", heads)
        if not isinstance(self.causal, bool):
            raise InputError(f"causal is True or False, not {self.causal!r}")

    def placed(self, names: Names) -> "Attention":
        return self.as_next(names)

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        """Weights by Glorot, uniform, those of all heads as one matrix (as PyTorch has it); biases 0."""
        shapes, outputs = self.shapes(inputs)
        draw, square = STARTS["glorot_uniform"], (inputs[-1], inputs[-1])
        weights = (self.wq, self.wk, self.wv, self.wo)
        return {
            name: draw(rng, square).reshape(shape) if name in weights else np.zeros(shape)
            for name, shape in shapes.items()
        }, outputs

    def inside(self, inputs: Shape) -> int:
        return self.heads * inputs[0] ** 2

    def shapes(self, inputs: Shape) -> tuple[dict[str, Shape], Shape]:
        if len(inputs) != 2:
            raise ShapeError(
                f"{self._label} wants rows of numbers at places in a line, (t, i), and rows of "
                f"{in_words(inputs)} come in"
            )
        units = inputs[-1]
        if units % self.heads:
            raise ShapeError(
                f"{self._label}: {units} numbers at each place do not go into {self.heads} heads"
            )
        heads = (self.heads, units // self.heads)
        shapes = {
            name: shape for _, w, b in self._inward for name, shape in ((w, (units, *heads)), (b, heads))
        }
        return {**shapes, self.wo: (*heads, units), self.bo: (units,)}, inputs

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        q, k, v = (
            number(name, path("nti,ihd->nthd", x, p[w]), path("hd->hd", p[b])) for name, w, b in self._inward
        )
        width = q.array.shape[-1]
        scale = constant(f"1/√{width}", width**-0.5, x)
        s = number(self.s, path(",nthd,nshd->nhts", scale, q, k))
        a = number(self.a, path("nhts->nhts", s), through=PAST_SOFTMAX if self.causal else SOFTMAX)
        c = number(self.c, path("nhts,nshd->nthd", a, v))
        z = number(self.z, path("nthd,hdj->ntj", c, p[self.wo]), path("j->j", p[self.bo]))
        return z, (x, scale, q, k, v, s, a, c)

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        x, scale, q, k, v, s, a, c = cache
        minus, wo, bo = constant("-1", -1.0, x), p[self.wo], p[self.bo]
        dc = number(derivative(c), path("ntj,hdj->nthd", dy, wo))
        da = number(derivative(a), path("nthd,nshd->nhts", dc, v))
        dv = number(derivative(v), path("nhts,nthd->nshd", a, dc))
        mean = number(self.mt, path("nhts,nhts->nht", a, da))
        ds = number(derivative(s), path("nhts,nhts->nhts", da, a), path(",nht,nhts->nhts", minus, mean, a))
        dq = number(derivative(q), path(",nhts,nshd->nthd", scale, ds, k))
        dk = number(derivative(k), path(",nhts,nthd->nshd", scale, ds, q))
        gradients, roads = {}, []
        for (_, w, b), upstream in zip(self._inward, (dq, dk, dv), strict=True):
            gradients[w] = number(derivative(p[w]), path("nti,nthd->ihd", x, upstream))
            gradients[b] = number(derivative(p[b]), path("nthd->hd", upstream))
            roads.append(path("nthd,ihd->nti", upstream, p[w]))
        gradients[self.wo] = number(derivative(wo), path("nthd,ntj->hdj", c, dy))
        gradients[self.bo] = number(derivative(bo), path("ntj->j", dy))
        return gradients, number(derivative(x), *roads)

    @property
    def _inward(self) -> tuple[tuple[str, str, str], ...]:
        """Query, key and value, each with its weights and biases."""
        return (self.q, self.wq, self.bq), (self.k, self.wk, self.bk), (self.v, self.wv, self.bv)

    @property
    def _label(self) -> str:
        return f"layer {self.wq[2:]}: Attention" if self.wq[2:] else "Attention"
