"""LayerNorm: the numbers at each place brought to mean 0 and variance 1, then a gain and a shift.

    μ = mean x     v = mean (x − μ)²     x̂ = (x − μ)/√(v + ε)     y = g x̂ + b
    ∂E/∂x = (∂E/∂x̂ − mean ∂E/∂x̂ − x̂ mean(x̂ ∂E/∂x̂))/√(v + ε)     ∂E/∂g = Σ ∂E/∂y x̂     ∂E/∂b = Σ ∂E/∂y

The three parts of ∂E/∂x: directly, through μ, and through v. Means are over the last axis, of k numbers.
Shapes: x, x̂ and y (n, ..., j), μ and v without the last axis, g and b (j,).
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from chainrule.numbers import Number, constant, number, path
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
    per_unit,
    positive,
    written,
)


@dataclass(frozen=True)
class LayerNorm(Layer):
    """y = g (x − μ)/√(v + ε) + b, with the mean and variance of each row, or of each place of a row.

    Args:
        eps: ε, which keeps the root from 0; 1e-5 as in PyTorch (Keras has 1e-3).

    Raises:
        InputError: eps is no positive number.
    """

    eps: float = 1e-5
    g: str = field(default="g", kw_only=True, repr=False)
    b: str = field(default="b", kw_only=True, repr=False)
    mu: str = field(default="mu", kw_only=True, repr=False)
    off: str = field(default="off", kw_only=True, repr=False)
    var: str = field(default="var", kw_only=True, repr=False)
    inv: str = field(default="inv", kw_only=True, repr=False)
    hat: str = field(default="hat", kw_only=True, repr=False)
    md: str = field(default="md", kw_only=True, repr=False)
    mt: str = field(default="mt", kw_only=True, repr=False)
    out: str = field(default="y", kw_only=True, repr=False)

    stacks: ClassVar[bool] = False
    says: ClassVar[dict[str, str]] = {
        "g": "the gain of unit {unit} of layer {layer}, a layer norm",
        "b": "the shift of unit {unit} of layer {layer}, a layer norm",
        "mu": "the mean of the numbers that go into layer {layer}{at}",
        "off": "how far number {unit} of what goes into layer {layer} is from their mean{at}",
        "var": "the variance of the numbers that go into layer {layer}{at}",
        "inv": "one over the root of that variance{at}",
        "hat": "number {unit} of what goes into layer {layer}, brought to mean 0 and variance 1{at}",
        "md": "the mean of ∂E/∂x̂ over the units{at}",
        "mt": "the mean of x̂ · ∂E/∂x̂ over the units{at}",
        "out": "number {unit} of what layer {layer}, a layer norm, passes on{at}",
    }

    @property
    def words(self) -> Words:
        eps = written(self.eps)
        return Words(
            symbol="LN",
            formula=f"y = g (x - μ)/√(v + {eps}) + b, μ = mean x, v = mean (x - μ)²",
            slope="∂E/∂x = (∂E/∂x̂ - mean ∂E/∂x̂ - x̂ mean(x̂ ∂E/∂x̂))/√(v + ε)",
            latex=r"y = g\,\frac{x-\mu}{\sqrt{v+\varepsilon}} + b",
            source="Ba, Kiros & Hinton 2016, eq. 4",
        )

    def __post_init__(self) -> None:
        positive(self.eps, "eps of a norm")

    def placed(self, names: Names) -> "LayerNorm":
        return self.as_next(names)

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        return {self.g: np.ones(inputs[-1:]), self.b: np.zeros(inputs[-1:])}, inputs

    def shapes(self, inputs: Shape) -> tuple[dict[str, Shape], Shape]:
        return {self.g: inputs[-1:], self.b: inputs[-1:]}, inputs

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        part, minus = per_unit(x), constant("-1", -1.0, x)
        mu = number(self.mu, path(",...j->...", part, x))
        off = number(self.off, path("...j->...j", x), path(",...->...j", minus, mu, shape=x.array.shape))
        var = number(self.var, path(",...j,...j->...", part, off, off))
        inv = number(self.inv, path("...->...", var), through=inverse_root(self.eps))
        hat = number(self.hat, path("...j,...->...j", off, inv))
        y = number(self.out, path("j,...j->...j", p[self.g], hat), path("j->j", p[self.b]))
        return y, (x, inv, hat)

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        x, inv, hat = cache
        part, minus = per_unit(x), constant("-1", -1.0, x)
        dg = number(derivative(p[self.g]), path("...j,...j->j", dy, hat))
        db = number(derivative(p[self.b]), path("...j->j", dy))
        dhat = number(derivative(hat), path("...j,j->...j", dy, p[self.g]))
        mean = number(self.md, path(",...j->...", part, dhat))
        tilt = number(self.mt, path(",...j,...j->...", part, hat, dhat))
        direct = path("...j,...->...j", dhat, inv)
        through_mean = path(",...,...->...j", minus, mean, inv, shape=x.array.shape)
        through_variance = path(",...j,...,...->...j", minus, hat, tilt, inv)
        return {self.g: dg, self.b: db}, number(derivative(x), direct, through_mean, through_variance)
