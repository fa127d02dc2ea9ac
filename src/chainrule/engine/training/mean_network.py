"""The mean of several networks as one network: their units side by side, their last sums averaged."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from chainrule.engine.network import Network
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.softmax import Softmax


def can_be_averaged(network: Network) -> bool:
    """Whether it is dense layers alone, each hidden unit for itself; dropout has no say in predictions."""
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    return (
        all(isinstance(layer, Dense | Dropout) for layer in network.layers)
        and isinstance(network.layers[-1], Dense)
        and not any(isinstance(layer.activation, Softmax) for layer in dense[:-1])
    )


def mean_network(
    network: Network, members: Sequence[Mapping[str, np.ndarray]]
) -> tuple[Network, dict[str, np.ndarray]]:
    """One network that computes the mean of the members' last sums z, and its parameters.

    A hidden layer has the units of all members; no weight leads from one member's units to another's. The
    last layer weighs each unit as its member does, divided by how many they are. So amounts are the mean of
    the members' amounts, and probabilities the normalised geometric mean of theirs.

    Args:
        network: what each member is; `can_be_averaged`.
        members: the parameters of each, `w1`, `b1`, ...
    """
    count = len(members)
    names = list(members[0])
    weights, biases = names[::2], names[1::2]
    parameters: dict[str, np.ndarray] = {}
    for w, b in zip(weights, biases, strict=True):
        blocks, offsets = [member[w] for member in members], [member[b] for member in members]
        apart = w == weights[0], w == weights[-1]
        parameters[w] = _side_by_side(blocks, *apart)
        parameters[b] = np.mean(offsets, axis=0) if w == weights[-1] else np.concatenate(offsets)
    dtype = members[0][names[0]].dtype
    return _scaled(network, count, 1), {name: a.astype(dtype) for name, a in parameters.items()}


def member_network(mean: Network, count: int) -> Network:
    """What each of the `count` networks is that `mean` is the mean of."""
    return _scaled(mean, 1, count)


def member_parameters(
    network: Network, mean: Mapping[str, np.ndarray], count: int, member: int
) -> dict[str, np.ndarray]:
    """What can still be seen of one member in the parameters of the mean: its hidden layers."""
    widths = network.widths[:-1]
    names = list(mean)
    hidden: dict[str, np.ndarray] = {}
    for place, (w, b, units) in enumerate(zip(names[::2], names[1::2], widths, strict=False)):
        columns = slice(member * units, (member + 1) * units)
        rows = slice(member * widths[place - 1], (member + 1) * widths[place - 1]) if place else slice(None)
        hidden |= {w: mean[w][rows, columns], b: mean[b][columns]}
    return hidden


def _scaled(network: Network, times: int, over: int) -> Network:
    """The network with so many times the hidden units."""
    output = len(network.layers) - 1
    layers = [
        replace(layer, units=layer.units * times // over)
        if isinstance(layer, Dense) and place < output
        else layer
        for place, layer in enumerate(network.layers)
    ]
    return Network(layers, network.loss)


def _side_by_side(blocks: list[np.ndarray], of_inputs: bool, of_outputs: bool) -> np.ndarray:
    """The weights of one layer of all: columns of their own but in the last layer, rows of their own but in
    the first, zeros between.
    """
    if of_inputs and of_outputs:
        mean: np.ndarray = np.mean(blocks, axis=0)
        return mean
    if of_inputs:
        return np.concatenate(blocks, axis=1)
    if of_outputs:
        scaled: np.ndarray = np.concatenate(blocks) / blocks[0].dtype.type(len(blocks))
        return scaled
    rows, columns = blocks[0].shape
    apart = np.zeros((len(blocks) * rows, len(blocks) * columns), blocks[0].dtype)
    for number, block in enumerate(blocks):
        apart[number * rows : (number + 1) * rows, number * columns : (number + 1) * columns] = block
    return apart
