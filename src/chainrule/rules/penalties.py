"""Penalties: what is added to E for the parameters' own sake, with its derivative beside it."""

from dataclasses import dataclass

from chainrule.errors import InputError
from chainrule.numbers import Array, Number, Path, constant, path


@dataclass(frozen=True)
class WeightDecay:
    """L2 weight decay: E gains ½λ Σ w² and so ∂E/∂w gains λw; weights only, never biases.
    λ is a number, or inside a compiled program an array ().

    Source: Krogh & Hertz 1991, eq. 2.

    Raises:
        InputError: a rate that is negative or not finite.
    """

    rate: Array

    def __post_init__(self) -> None:
        if isinstance(self.rate, (int, float)) and not 0 <= self.rate < float("inf"):
            raise InputError(f"weight decay is a number from 0 up, not {self.rate!r}")

    def forward(self, w: Number) -> Path:
        """What one array of weights, (i, j) or (k, l, i, j), adds to E."""
        axes = "klmij"[-w.array.ndim :]
        return path(f",,{axes},{axes}->", constant("1/2", 0.5, w), constant("λ", self.rate, w), w, w)

    def backward(self, w: Number) -> Path:
        """What it adds to ∂E/∂w."""
        axes = "klmij"[-w.array.ndim :]
        return path(f",{axes}->{axes}", constant("λ", self.rate, w), w)
