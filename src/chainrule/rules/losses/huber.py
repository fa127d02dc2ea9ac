"""Huber's loss: squared where the error is small, absolute where it is large."""

from dataclasses import dataclass

from chainrule.errors import InputError
from chainrule.numbers import Array, Function, Number, constant, number, path
from chainrule.rules.protocols import Kept, Loss, Words, derivative, difference, per_output, written


@dataclass(frozen=True)
class Huber(Loss):
    """E = mean over rows and outputs of ½e² if |e| ≤ δ else δ(|e| − ½δ), with e = T − y;
    ∂E/∂y = −clip(e, −δ, δ)/outputs per row.

    Raises:
        InputError: delta is not a positive number.
    """

    delta: float = 1.0

    @property
    def words(self) -> Words:
        delta = written(self.delta)
        return Words(
            symbol="Huber",
            formula=f"E = 1/k Σⱼ H(T - y), H(e) = ½e² if |e| ≤ δ else δ(|e| - ½δ), δ = {delta}",
            slope=f"∂E/∂y = -1/k clip(T - y, -δ, δ), δ = {delta}",
            latex=rf"E = \frac1k \sum_j H_\delta(T_j - y_j),\quad \delta = {delta}",
            source="Huber 1964, section 1",
        )

    def __post_init__(self) -> None:
        if not 0 < self.delta < float("inf"):
            raise InputError(f"Huber's delta is a positive number, not {self.delta!r}")

    def forward(self, y: Number, t: Number, share: Number) -> tuple[Number, Kept]:
        def bowl(e: Array) -> Array:
            clipped_error = e.__array_namespace__().clip(abs(e), None, self.delta)
            return clipped_error * (abs(e) - clipped_error / 2)

        miss = difference(t, y)
        function = Function("H({})", r"H_\delta({})", bowl)
        cost = number(f"H({miss.name})", path("nj->nj", miss), through=function)
        return number("E", path(",nj,n->", per_output(y), cost, share)), (y, miss, share)

    def backward(self, cache: Kept) -> Number:
        def clip(e: Array) -> Array:
            return e.__array_namespace__().clip(e, -self.delta, self.delta)

        y, miss, share = cache
        function = Function("clip({})", r"\operatorname{{clip}}_\delta({})", clip)
        cut = number(f"clip({miss.name})", path("nj->nj", miss), through=function)
        return number(derivative(y), path(",,nj,n->nj", constant("-1", -1.0, y), per_output(y), cut, share))
