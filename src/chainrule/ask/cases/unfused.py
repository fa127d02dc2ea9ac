"""Derivatives that a fused loss or a softmax does not compute: ∂E/∂a and ∂a/∂z of the last layer.

A loss that is fused with its activation needs neither ∂E/∂a nor ∂a/∂z, and a softmax no matrix of its
slopes. Each is still written in its own rule; here they are called, for those who ask.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.engine.network import Network
from chainrule.numbers import Number
from chainrule.rules.activations import activation
from chainrule.rules.layers.softmax import Softmax
from chainrule.rules.protocols import Activation

LARGEST = 1 << 22  # numbers in the slopes of a softmax over some rows: of more, ask for fewer rows


@np.errstate(all="ignore")  # what leaves the range is seen in the numbers
def apart(network: Network, numbers: Mapping[str, Number]) -> dict[str, Number]:
    """By name, ∂E/∂a and ∂a/∂z of a fused loss, ∂a/∂z of every softmax: (n, k, j), or (n, j).

    Args:
        network: whose step it is.
        numbers: of the step, by name.
    """
    slopes: dict[str, Number] = {}
    for rule in activations(network.chain.layers):
        if isinstance(rule, Softmax):
            slopes |= _slope(rule, numbers)
    loss = network.loss
    end = activation(loss.activation)
    cost = _logits(numbers) if end else None
    z = cost.paths[0].factors[0] if cost else None
    if end and z and (a := numbers.get(loss.predicted(z))):
        with np.errstate(all="ignore"):  # 1/a of a saturated unit leaves the range
            upstream = loss.unfused(z, a, numbers["t"], numbers["1/n"])
        slopes |= {upstream.name: upstream} | _slope(replace(end, out=a.name), numbers)
    return slopes


def _slope(rule: Activation, numbers: Mapping[str, Number]) -> dict[str, Number]:
    """∂a/∂z of a rule that is a function of z."""
    a = numbers[rule.out]
    z = a.paths[0].factors[0]
    units = a.array.shape[-1] if isinstance(rule, Softmax) else 1
    if a.array.size * units > LARGEST:
        return {}
    slope = rule.slope(z, a)
    return {slope.name: slope}


def activations(layers: Any) -> Iterator[Activation]:
    """All activations in a chain, each with the name of its output."""
    for layer in layers:
        if hasattr(layer, "layers"):
            yield from activations(layer.layers)
        rule = getattr(layer, "activation", layer)
        if isinstance(rule, Activation):
            yield rule


def _logits(numbers: Mapping[str, Number]) -> Number | None:
    """A Number that is made of the logits and nothing else: what a cross-entropy is made of."""
    return next((f for p in numbers["E"].paths for f in p.factors if f.name.startswith("-ln")), None)
