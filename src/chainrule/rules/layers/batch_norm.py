"""BatchNorm: each channel brought to mean 0 and variance 1 over the batch, then a gain and a shift.

    μ = Σ s x     v = Σ s (x − μ)²     x̂ = (x − μ)/√(v + ε)     y = g x̂ + b
    ∂E/∂x = (∂E/∂x̂ − s Σ ∂E/∂x̂ − s x̂ Σ x̂ ∂E/∂x̂)/√(v + ε)     ∂E/∂g = Σ ∂E/∂y x̂     ∂E/∂b = Σ ∂E/∂y

s is each row's part in the batch, over its places; sums are over rows and places. The three parts of ∂E/∂x:
directly, through μ, and through v. In training μ and v are those of the batch, and part of them goes into a
memory: r_μ' = r_μ + m (μ − r_μ), r_v' likewise. A prediction takes the memory for μ and v, so that each row
is predicted alone; ∂E/∂x is then ∂E/∂x̂/√(r_v + ε). Shapes: x, x̂ and y (n, ..., j), s (n,), the others (j,).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import ClassVar

import numpy as np

from chainrule.errors import InputError
from chainrule.numbers import Array, Number, constant, given, number, path
from chainrule.rules.functions import inverse_root
from chainrule.rules.protocols import (
    Gradients,
    Kept,
    Layer,
    Names,
    Parameters,
    Shape,
    Words,
    derivative,
    positive,
    written,
)


@dataclass(frozen=True)
class BatchNorm(Layer):
    """y = g (x − μ)/√(v + ε) + b, with mean and variance of each channel over rows and places of the batch.

    Whoever trains hands in the part of each row in the batch under the name `s` (rows that only fill a batch
    up have none), as masks are handed to dropout; without it the layer predicts from its memory.

    Args:
        eps: ε, which keeps the root from 0; 1e-5 as in PyTorch (Keras has 1e-3).
        momentum: m, how much of each batch goes into the memory; 0.1 as in PyTorch. Keras says what stays,
            0.99: that is 0.01 here.
        unbiased: whether the memory's variance divides by one number less than there are, as PyTorch's does;
            Keras's does not. What normalises a batch never does.

    Raises:
        InputError: eps is no positive number, or momentum no part.
    """

    eps: float = 1e-5
    momentum: float = 0.1
    unbiased: bool = True
    g: str = field(default="g", kw_only=True, repr=False)
    b: str = field(default="b", kw_only=True, repr=False)
    rm: str = field(default="rm", kw_only=True, repr=False)
    rv: str = field(default="rv", kw_only=True, repr=False)
    s: str = field(default="s", kw_only=True, repr=False)
    mu: str = field(default="mu", kw_only=True, repr=False)
    off: str = field(default="off", kw_only=True, repr=False)
    var: str = field(default="var", kw_only=True, repr=False)
    inv: str = field(default="inv", kw_only=True, repr=False)
    hat: str = field(default="hat", kw_only=True, repr=False)
    md: str = field(default="md", kw_only=True, repr=False)
    mt: str = field(default="mt", kw_only=True, repr=False)
    out: str = field(default="y", kw_only=True, repr=False)

    stacks: ClassVar[bool] = False
    memory: ClassVar[tuple[str, ...]] = ("rm", "rv")
    says: ClassVar[dict[str, str]] = {
        "g": "the gain of unit {unit} of layer {layer}, a batch norm",
        "b": "the shift of unit {unit} of layer {layer}, a batch norm",
        "rm": "the mean of channel {unit} of layer {layer} that training remembers and predictions take",
        "rv": "the variance of channel {unit} of layer {layer} that training remembers and predictions take",
        "s": "the part of the row in its batch",
        "mu": "the mean of channel {unit} that goes into layer {layer}, over the batch",
        "off": "how far channel {unit} of what goes into layer {layer} is from its mean{at}",
        "var": "the variance of channel {unit} that goes into layer {layer}, over the batch",
        "inv": "one over the root of the variance of channel {unit} of layer {layer}",
        "hat": "channel {unit} of what goes into layer {layer}, brought to mean 0 and variance 1{at}",
        "md": "the sum of ∂E/∂x̂ over the batch, of channel {unit}",
        "mt": "the sum of x̂ · ∂E/∂x̂ over the batch, of channel {unit}",
        "out": "channel {unit} of what layer {layer}, a batch norm, passes on{at}",
    }

    @property
    def words(self) -> Words:
        eps = written(self.eps)
        return Words(
            symbol="BN",
            formula=f"y = g (x - μ)/√(v + {eps}) + b, μ and v of the batch",
            slope="∂E/∂x = (∂E/∂x̂ - s Σ ∂E/∂x̂ - s x̂ Σ x̂ ∂E/∂x̂)/√(v + ε)",
            latex=r"y = g\,\frac{x-\mu}{\sqrt{v+\varepsilon}} + b",
            source="Ioffe & Szegedy 2015, algorithms 1 and 2; its memory as in torch.nn.BatchNorm2d",
        )

    def __post_init__(self) -> None:
        positive(self.eps, "eps of a norm")
        if not hasattr(self.momentum, "aval") and not 0 < self.momentum <= 1:
            raise InputError(
                f"momentum of a batch norm is the part of a batch that goes into its memory, above 0 and up "
                f"to 1, not {self.momentum!r}: Keras's 0.99 is 0.01 here"
            )

    def placed(self, names: Names) -> "BatchNorm":
        return self.as_next(names)

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        shape = inputs[-1:]
        initial = {self.g: np.ones(shape), self.b: np.zeros(shape)}
        return {**initial, self.rm: np.zeros(shape), self.rv: np.ones(shape)}, inputs

    def shapes(self, inputs: Shape) -> tuple[dict[str, Shape], Shape]:
        return dict.fromkeys((self.g, self.b, self.rm, self.rv), inputs[-1:]), inputs

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        minus, mu, var = constant("-1", -1.0, x), p[self.rm], p[self.rv]
        if self.s in p:
            mu = number(self.mu, path("n,,...j->j", p[self.s], _part(x), x))
        off = number(self.off, path("...j->...j", x), path(",j->j", minus, mu))
        if self.s in p:
            var = number(self.var, path("n,,...j,...j->j", p[self.s], _part(x), off, off))
        inv = number(self.inv, path("j->j", var), through=inverse_root(self.eps))
        hat = number(self.hat, path("...j,j->...j", off, inv))
        y = number(self.out, path("j,...j->...j", p[self.g], hat), path("j->j", p[self.b]))
        return y, (x, inv, hat)

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        x, inv, hat = cache
        dg = number(derivative(p[self.g]), path("...j,...j->j", dy, hat))
        db = number(derivative(p[self.b]), path("...j->j", dy))
        dhat = number(derivative(hat), path("...j,j->...j", dy, p[self.g]))
        gradients, direct = {self.g: dg, self.b: db}, path("...j,j->...j", dhat, inv)
        if self.s not in p:
            return gradients, number(derivative(x), direct)
        share, minus = p[self.s], constant(f"-{_part(x).name}", -_part(x).array, x)
        total = number(self.md, path("...j->j", dhat))
        tilt = number(self.mt, path("...j,...j->j", hat, dhat))
        rows = path("...j->...j", x).result
        through_mean = path(f"n,,j,j->{rows}", share, minus, total, inv, shape=x.array.shape)
        through_variance = path("n,,...j,j,j->...j", share, minus, hat, tilt, inv)
        return gradients, number(derivative(x), direct, through_mean, through_variance)

    def remembered(self, p: Parameters, numbers: Mapping[str, Number]) -> dict[str, Number]:
        share, statistics = p[self.s], (numbers[self.mu], numbers[self.var])
        weight = given("Σs", share.array.sum())  # 0 of a batch whose rows weigh nothing, else 1
        part, minus = constant("m", self.momentum, share), constant("-m", -self.momentum, share)
        counted = [constant("1", 1.0, share), given("k/(k-1)", self._correction(share.array, numbers))]
        renewed = {}
        for name, statistic, factor in zip((self.rm, self.rv), statistics, counted, strict=True):
            old = p[name]
            renewed[name] = number(
                f"{name}'",
                path("j->j", old),
                path(",,j->j", minus, weight, old),
                path(",,j->j", part, factor, statistic),
            )
        return renewed

    def _correction(self, share: Array, numbers: Mapping[str, Number]) -> Array:
        """k/(k − 1) for the k numbers that a variance is of; of rows that weigh differently 1/(1 − Σ s²)."""
        xp = share.__array_namespace__()
        if not self.unbiased:
            return xp.ones((), dtype=share.dtype)
        places = prod(numbers[self.off].array.shape[1:-1])
        remainder = 1 - (share * share).sum() / max(places, 1)
        return xp.where(remainder > 0, 1 / xp.where(remainder > 0, remainder, 1), 1)


def _part(x: Number) -> Number:
    """1/m, of the m places of x, by which a row's part is a number's part."""
    places = prod(x.array.shape[1:-1])
    return constant(f"1/{places}", 1 / max(places, 1), x)
