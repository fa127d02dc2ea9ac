"""E of a network on any number of rows, by NumPy: block after block, so that it takes little memory."""

from collections.abc import Mapping

import numpy as np

from chainrule.engine.backprop import evaluate
from chainrule.engine.data import Data
from chainrule.engine.network import Network
from chainrule.numbers import Array


def mean_loss(
    network: Network, parameters: Mapping[str, Array], data: Data, weight_decay: float = 0.0
) -> float:
    """E on all rows of `data`, without dropout."""
    total, dtype = 0.0, data.x.dtype
    weight = np.ones(len(data), dtype) if data.weight is None else data.weight
    share = (weight / np.sum(weight, dtype=float)).astype(dtype)
    for number, rows in enumerate(network.blocks(data.x)):
        decay = 0.0 if number else weight_decay  # the penalty counts once
        loss = evaluate(network, parameters, data.x[rows], data.t[rows], share[rows], decay)
        total += float(loss.array)
    return total
