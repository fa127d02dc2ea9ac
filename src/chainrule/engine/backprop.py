"""One step of backpropagation: forward, backward and update, every number with its origin."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from chainrule.engine.network import Network, numbers_of
from chainrule.numbers import Array, Number, given, number, origins
from chainrule.rules.activations import activation
from chainrule.rules.penalties import WeightDecay
from chainrule.rules.protocols import Kept, Parameters, derivative
from chainrule.rules.updates.gradient_descent import GradientDescent
from chainrule.rules.updates.update_rule import UpdateRule, memory_name

_PLAIN = GradientDescent()


@dataclass(frozen=True)
class Sweep:
    """What one forward and one backward pass found; all of it Numbers.

    `loss` () is E; `output` (n, outputs) the prediction; `parameters` what was used;
    `gradients` ∂E/∂parameter, each shaped like its parameter; `input_gradient` ∂E/∂x (n, inputs),
    None where x are tokens.
    """

    loss: Number
    output: Number
    parameters: dict[str, Number]
    gradients: dict[str, Number]
    input_gradient: Number | None

    @cached_property
    def numbers(self) -> dict[str, Number]:
        """Every quantity by name: x, t, w1, z1, a1, E, dE/dz1, da1/dz1, dE/dw1, ..."""
        ends = [self.loss, self.output, *([self.input_gradient] if self.input_gradient else [])]
        return origins(*ends, *self.gradients.values())


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
        x, t = (
            np.asarray(rows, np.int64 if part.takes == "tokens" else np.float64)
            for rows, part in ((x, network), (t, network.loss))
        )  # lists
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


def output_slopes(
    network: Network, parameters: Mapping[str, Array], x: Array, output: int
) -> tuple[Array, Array]:
    """One output (n,) for x (n, inputs), as the network predicts it, and its derivative by each input
    (n, inputs), on the way back that the error takes.
    """
    p = numbers_of(parameters)
    with np.errstate(all="ignore"):
        y, cache = network.forward(p, given("x", x))
        prediction = network.prediction(y)
        chosen = np.zeros(prediction.array.shape)
        chosen[:, output] = 1.0
        upstream = given(derivative(prediction), chosen)
        if end := activation(network.loss.activation):
            rule = replace(end, out=prediction.name)
            upstream = rule.backward({}, rule.forward({}, y)[1], upstream)[1]
        return prediction.array[:, output], network.chain.backward(p, cache, upstream)[1].array


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


def descend(
    step: Sweep,
    learning_rate: float,
    rule: UpdateRule = _PLAIN,
    memory: Mapping[str, Array] | None = None,
    count: int = 1,
) -> dict[str, Number]:
    """One update of every parameter: w', and what its rule keeps for the next (m_w1'), by name without prime.

    Args:
        step: what gives the gradients.
        learning_rate: α.
        rule: plain gradient descent, w' = w − α ∂E/∂w, if not given.
        memory: what was kept by the updates before, by name (`m_w1`); that of a start if not given.
        count: which update it is, from 1.
    """
    renewed: dict[str, Number] = {}
    memory = memory or {}
    with np.errstate(all="ignore"):
        for name, gradient in step.gradients.items():
            w = step.parameters[name]
            names = {letter: memory_name(letter, w) for letter in rule.letters}
            start = rule.start(w.array)
            kept = {
                letter: given(label, memory[label] if label in memory else start[letter])
                for letter, label in names.items()
                if label in memory or letter in start
            }
            renewed[name], news = rule.updated(w, gradient, kept, learning_rate, count)
            renewed |= {names[letter]: new for letter, new in news.items()}
    return renewed
