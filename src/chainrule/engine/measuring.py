"""E of a network on any number of rows: block after block, so that it takes little memory."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.engine.backprop import evaluate
from chainrule.engine.data import Data
from chainrule.engine.network import Network
from chainrule.numbers import Array


def mean_loss(
    network: Network,
    parameters: Mapping[str, Array],
    data: Data,
    weight_decay: float = 0.0,
    loss_of: Callable[..., Any] | None = None,
) -> float:
    """E on all rows of `data`, without dropout.

    Args:
        loss_of: what reckons E of a block from parameters, x, t, shares and weight decay; NumPy if not given.
    """

    def by_numpy(*arguments: Any) -> Array:
        return evaluate(network, *arguments).array

    total, dtype = 0.0, data.dtype
    weight = np.ones(len(data), dtype) if data.weight is None else data.weight
    share = (weight / np.sum(weight, dtype=float)).astype(dtype)
    for number, rows in enumerate(network.blocks(data.x)):
        decay = 0.0 if number else weight_decay  # the penalty counts once
        total += float((loss_of or by_numpy)(parameters, data.x[rows], data.t[rows], share[rows], decay))
    return total
