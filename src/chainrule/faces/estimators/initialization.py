"""Where an estimator's weights begin: drawn as scikit-learn draws them, or by a start of ours."""

from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.engine.network import Network
from chainrule.rules.layers.sigmoid import Sigmoid


def drawn(
    network: Network, inputs: int, shapes: list[Any], rng: "np.random.RandomState", named: bool
) -> dict[str, np.ndarray]:
    """Initial parameters by name, float64.

    Args:
        inputs: how wide a row is.
        shapes: the activation of each hidden layer.
        rng: scikit-learn's random state. Of the same state, `MLPClassifier` draws the same weights.
        named: whether the layers name a start of ours; else weights and biases are uniform on
            ±√(6/(in + out)), on ±√(2/(in + out)) at a sigmoid, as in scikit-learn (after Glorot & Bengio
            2010, eq. 16).
    """
    if named:
        return network.start(inputs, int(rng.randint(2**31 - 1)))
    parameters = network.start(inputs)
    widths = [inputs, *(len(parameters[name]) for name in parameters if name.startswith("b"))]
    start = {}
    for layer, (i, j) in enumerate(pairwise(widths), start=1):
        shape = shapes[min(layer, len(shapes)) - 1] if shapes else None
        bound = np.sqrt((2 if isinstance(shape, Sigmoid) else 6) / (i + j))
        start[f"w{layer}"] = rng.uniform(-bound, bound, (i, j))
        start[f"b{layer}"] = rng.uniform(-bound, bound, j)
    return start
