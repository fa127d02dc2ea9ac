"""Dropout: in training, each activation is kept with probability 1 − rate and scaled up to match."""

from dataclasses import dataclass, field, replace

from chainrule.errors import InputError
from chainrule.numbers import Array, Number, number, path
from chainrule.rules.protocols import Gradients, Kept, Layer, Names, Parameters, Words, derivative, written


@dataclass(frozen=True)
class Dropout(Layer):
    """y = mask · x in training, y = x otherwise.

    The mask is drawn anew each step by whoever trains, from uniform numbers by `mask`, and handed
    in among the parameters under the name `m`; without it the layer passes its input on.

    Raises:
        InputError: a rate outside [0, 1).
    """

    rate: float = 0.5
    out: str = field(default="d", kw_only=True, repr=False)
    m: str = field(default="m", kw_only=True, repr=False)

    @property
    def words(self) -> Words:
        rate = written(self.rate)
        return Words(
            symbol="dropout",
            formula=f"y = m x, m = 1/(1 - {rate}) with probability 1 - {rate}, else 0",
            slope="∂y/∂x = m",
            latex=r"y = m\,x",
            source="Srivastava et al. 2014, section 10 (scaled in training, not at prediction)",
        )

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise InputError(f"a dropout rate is at least 0 and below 1, not {self.rate!r}")

    def placed(self, names: Names) -> "Dropout":
        return replace(self, out=names.free("d"), m=names.free("m"))

    def mask(self, uniform: Array) -> Array:
        """The mask for numbers drawn uniformly from [0, 1)."""
        xp = uniform.__array_namespace__()
        return xp.where(uniform < self.rate, xp.zeros_like(uniform), xp.ones_like(uniform) / (1 - self.rate))

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        if self.m not in p:
            return number(self.out, path("...j->...j", x)), x
        return number(self.out, path("...j,...j->...j", x, p[self.m])), x

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number]:
        factors = (dy, p[self.m]) if self.m in p else (dy,)
        return {}, number(derivative(cache), path(",".join(["...j"] * len(factors)) + "->...j", *factors))
