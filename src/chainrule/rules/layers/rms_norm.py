"""RMSNorm: the numbers at each place divided by their root mean square, then a gain.

    m = mean x²     x̂ = x/√(m + ε)     y = g x̂
    ∂E/∂x = (∂E/∂x̂ − x̂ mean(x̂ ∂E/∂x̂))/√(m + ε)     ∂E/∂g = Σ ∂E/∂y x̂

The two parts of ∂E/∂x: directly, and through m. Means are over the last axis, of k numbers. Shapes: x, x̂ and
y (n, ..., j), m without the last axis, g (j,).
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
class RMSNorm(Layer):
    """y = g x/√(m + ε), with the mean square of each row, or of each place of a row.

    Args:
        eps: ε, which keeps the root from 0; 1e-5 as in LLaMA.

    Raises:
        InputError: eps is no positive number.
    """

    eps: float = 1e-5
    g: str = field(default="g", kw_only=True, repr=False)
    var: str = field(default="var", kw_only=True, repr=False)
    inv: str = field(default="inv", kw_only=True, repr=False)
    hat: str = field(default="hat", kw_only=True, repr=False)
    mt: str = field(default="mt", kw_only=True, repr=False)
    out: str = field(default="y", kw_only=True, repr=False)

    stacks: ClassVar[bool] = False
    says: ClassVar[dict[str, str]] = {
        "g": "the gain of unit {unit} of layer {layer}, an RMS norm",
        "var": "the mean square of the numbers that go into layer {layer}{at}",
        "inv": "one over the root of that mean square{at}",
        "hat": "number {unit} of what goes into layer {layer}, brought to mean square 1{at}",
        "mt": "the mean of x̂ · ∂E/∂x̂ over the units{at}",
        "out": "number {unit} of what layer {layer}, an RMS norm, passes on{at}",
    }

    @property
    def words(self) -> Words:
        return Words(
            symbol="RMS",
            formula=f"y = g x/√(m + {written(self.eps)}), m = mean x²",
            slope="∂E/∂x = (∂E/∂x̂ - x̂ mean(x̂ ∂E/∂x̂))/√(m + ε)",
            latex=r"y = g\,\frac{x}{\sqrt{m+\varepsilon}},\quad m = \overline{x^2}",
            source="Zhang & Sennrich 2019, eq. 4",
        )

    def __post_init__(self) -> None:
        positive(self.eps, "eps of a norm")

    def placed(self, names: Names) -> "RMSNorm":
        return self.as_next(names)

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        return {self.g: np.ones(inputs[-1:])}, inputs

    def shapes(self, inputs: Shape) -> tuple[dict[str, Shape], Shape]:
        return {self.g: inputs[-1:]}, inputs

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        var = number(self.var, path(",...j,...j->...", per_unit(x), x, x))
        inv = number(self.inv, path("...->...", var), through=inverse_root(self.eps))
        hat = number(self.hat, path("...j,...->...j", x, inv))
        return number(self.out, path("j,...j->...j", p[self.g], hat)), (x, inv, hat)

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        x, inv, hat = cache
        dg = number(derivative(p[self.g]), path("...j,...j->j", dy, hat))
        dhat = number(derivative(hat), path("...j,j->...j", dy, p[self.g]))
        tilt = number(self.mt, path(",...j,...j->...", per_unit(x), hat, dhat))
        direct = path("...j,...->...j", dhat, inv)
        through_mean = path(",...j,...,...->...j", constant("-1", -1.0, x), hat, tilt, inv)
        return {self.g: dg}, number(derivative(x), direct, through_mean)
