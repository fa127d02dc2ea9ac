"""One step of backpropagation: forward, backward and update, every number with its origin."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from chainrule.engine.network import Network, numbers_of
from chainrule.numbers import Array, Number, constant, given, number, origins, path
from chainrule.rules.penalties import WeightDecay
from chainrule.rules.protocols import Kept, Parameters, derivative


@dataclass(frozen=True)
class Sweep:
    """What one forward and one backward pass found; all of it Numbers.

    `loss` () is E; `output` (n, outputs) the prediction; `parameters` what was used;
    `gradients` ∂E/∂parameter, each shaped like its parameter; `input_gradient` ∂E/∂x (n, inputs).
    """

    loss: Number
    output: Number
    parameters: dict[str, Number]
    gradients: dict[str, Number]
    input_gradient: Number

    @cached_property
    def numbers(self) -> dict[str, Number]:
        """Every quantity by name: x, t, w1, z1, a1, E, dE/dz1, da1/dz1, dE/dw1, ..."""
        return origins(self.loss, self.output, self.input_gradient, *self.gradients.values())


def sweep(
    network: Network,
    parameters: Mapping[str, Array],
    x: Array,
    t: Array,
    share: Array | None = None,
    weight_decay: Array = 0.0,
) -> Sweep:
    """Run `network` forward on x (n, inputs) against t (n, outputs), and back.

    Args:
        parameters: arrays by name; masks of dropout layers among them when training.
        share: each row's part in the mean (n,), adding up to 1; equal parts if not given.
        weight_decay: λ of the L2 penalty on weights.

    Raises:
        ShapeError: something does not fit; the layer is named.
    """
    p = numbers_of(parameters)
    if not hasattr(x, "__array_namespace__") or not hasattr(t, "__array_namespace__"):
        x, t = np.asarray(x, np.float64), np.asarray(t, np.float64)  # lists
    with np.errstate(all="ignore"):  # what leaves the range is seen in the numbers, and named there
        inputs = given("x", x)
        y, cache = network.forward(p, inputs)
        loss, loss_cache = _loss(network, p, y, t, share, weight_decay)
        gradients, dx = network.chain.backward(p, cache, network.loss.backward(loss_cache))
        return Sweep(loss, network.prediction(y), p, decayed(gradients, p, weight_decay), dx)


def decayed(
    gradients: Mapping[str, Number], p: Mapping[str, Number], weight_decay: Array
) -> dict[str, Number]:
    """The gradients by parameter with the penalty's λw, where there is one."""
    if not _penalises(weight_decay):
        return dict(gradients)
    penalty = WeightDecay(weight_decay)
    return {
        name: number(derivative(p[name]), *gradient.paths, penalty.backward(p[name]))
        if _decays(name)
        else gradient
        for name, gradient in gradients.items()
    }


def evaluate(
    network: Network,
    parameters: Mapping[str, Array],
    x: Array,
    t: Array,
    share: Array | None = None,
    weight_decay: Array = 0.0,
) -> Number:
    """E on x (n, inputs) and t (n, outputs): the forward half of `sweep`."""
    p = numbers_of(parameters)
    with np.errstate(all="ignore"):
        return _loss(network, p, network.forward(p, given("x", x))[0], t, share, weight_decay)[0]


def _loss(
    network: Network, p: Parameters, y: Number, t: Array, share: Array | None, weight_decay: Array
) -> tuple[Number, Kept]:
    """E with its penalty, and what the loss keeps for its way back."""
    rows = y.array.shape[0]
    if share is None:
        share = y.array.__array_namespace__().full(rows, 1 / max(rows, 1), dtype=y.array.dtype)
    loss, cache = network.loss.forward(y, given("t", t), given("1/n", share))
    if _penalises(weight_decay):
        penalty = WeightDecay(weight_decay)
        loss = number(loss.name, *loss.paths, *(penalty.forward(p[name]) for name in filter(_decays, p)))
    return loss, cache


def _penalises(weight_decay: Array) -> bool:
    """Whether there is a penalty; one that is only known in the compiled program (an array) is one."""
    return not isinstance(weight_decay, (int, float)) or weight_decay > 0


def _decays(name: str) -> bool:
    return name.startswith("w")


def descend(step: Sweep, learning_rate: float) -> dict[str, Number]:
    """One update of plain gradient descent, w' = w − α ∂E/∂w, for every parameter."""
    updated = {}
    with np.errstate(all="ignore"):
        for name, gradient in step.gradients.items():
            w = step.parameters[name]
            axes = "ij"[: len(w.array.shape)]
            change = (constant("-1", -1.0, w), constant("α", learning_rate, w), gradient)
            step_down = path(f",,{axes}->{axes}", *change)
            updated[name] = number(f"{name}'", path(f"{axes}->{axes}", w), step_down)
    return updated
