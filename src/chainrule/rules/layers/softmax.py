"""Softmax: a = e^z / Σ e^z along the units of a row."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, constant, given, number, path
from chainrule.rules.functions import CO_SOFTMAX, SOFTMAX
from chainrule.rules.protocols import Activation, Gradients, Kept, Parameters, Words, derivative


@dataclass(frozen=True)
class Softmax(Activation):
    """a = softmax(z); ∂aₖ/∂zⱼ = aⱼ(1 − aⱼ) where k = j, else −aₖaⱼ: every unit feels every other."""

    words: ClassVar[Words] = Words(
        symbol="softmax",
        formula="aⱼ = e^zⱼ / Σₖ e^zₖ",
        slope="∂aₖ/∂zⱼ = aₖ([k = j] - aⱼ)",
        latex=r"a_j = \frac{e^{z_j}}{\sum_k e^{z_k}}",
        source="Bridle 1990, eq. 2",
    )

    def value(self, z: Number) -> Number:
        return number(self.out, path("...j->...j", z), through=SOFTMAX)

    def slope(self, z: Number, a: Number) -> Number:
        """∂aₖ/∂zⱼ (n, k, j) as a matrix, which `backward` goes past: this is for who asks."""
        xp = a.array.__array_namespace__()
        same = xp.eye(a.array.shape[-1], dtype=a.array.dtype)
        co_a = number(f"1-{a.name}", path("...j->...j", z), through=CO_SOFTMAX)
        diagonal = path("...k,...k,kj->...kj", a, co_a, given("[k=j]", same))
        cross = path(",...k,...j,kj->...kj", constant("-1", -1.0, a), a, a, given("[k≠j]", 1 - same))
        return number(self.slope_name(z), diagonal, cross)

    def backward(self, p: Parameters, cache: Kept, da: Number) -> tuple[Gradients, Number]:
        z, a = cache
        xp = a.array.__array_namespace__()
        co_a = number(f"1-{a.name}", path("...j->...j", z), through=CO_SOFTMAX)
        off_diagonal = given("[k≠j]", 1 - xp.eye(a.array.shape[-1], dtype=a.array.dtype))
        diagonal = path("...j,...j,...j->...j", da, a, co_a)
        cross = path(",...k,...k,kj,...j->...j", constant("-1", -1.0, a), da, a, off_diagonal, a)
        return {}, number(derivative(z), diagonal, cross)
