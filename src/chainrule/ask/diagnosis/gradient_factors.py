"""What a gradient is made of, factor by factor on the way back from the error, and how large each is."""

from dataclasses import dataclass

import numpy as np

from chainrule.engine.backprop import Sweep
from chainrule.numbers import Number
from chainrule.quantities import ERROR, Derivative


@dataclass(frozen=True, slots=True)
class FactorSize:
    """A factor of a gradient.

    Attributes:
        quantity: its name.
        size: its root mean square.
        zeros: which part of its numbers is 0.
    """

    quantity: str
    size: float
    zeros: float

    @classmethod
    def of(cls, number: Number) -> "FactorSize":
        with np.errstate(all="ignore"):
            size = float(np.sqrt(np.square(number.array).mean()))
        return cls(number.name, size, float((number.array == 0).mean()))


def gradient_factors(step: Sweep, parameter: str) -> list[FactorSize]:
    """The factors of ∂E/∂parameter along its first path: from the weight back to the error, and the gradient
    itself before them.
    """
    gradient: Number | None = step.gradients.get(parameter)
    if gradient is None:
        return []
    factors = [FactorSize.of(gradient)]
    while gradient is not None and gradient.paths:
        upstream = None
        for factor in gradient.paths[0].factors:
            if upstream is None and _is_signal(factor):
                upstream = factor
            elif factor.array.ndim:
                factors.append(FactorSize.of(factor))
        gradient = upstream
    return factors


def _is_signal(number: Number) -> bool:
    quantity = number.quantity
    return isinstance(quantity, Derivative) and quantity.top == ERROR
