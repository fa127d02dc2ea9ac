"""What a training begins with: the rows to learn from, those held out, and the initial parameters."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.engine.data import Data, floats, prepare, refuse_unfit
from chainrule.engine.network import Network
from chainrule.errors import InputError, ShapeError


def split(network: Network, data: Data, validation: Any, seed: int) -> tuple[Data, Data | None]:
    """The rows to learn from and those held out."""
    if validation is None:
        return data, None
    if isinstance(validation, tuple) and len(validation) == 2:
        held_out = prepare(network, *validation)
        if held_out.x.shape[1] != data.x.shape[1]:
            raise ShapeError(f"validation x is {held_out.x.shape}, but x is {data.x.shape}")
        return data, Data(held_out.x.astype(data.x.dtype), held_out.t.astype(data.x.dtype))
    if isinstance(validation, bool) or not isinstance(validation, float) or not 0 < validation < 1:
        came = repr(validation) if isinstance(validation, (int, float, str)) else type(validation).__name__
        raise InputError(f"validation is (x, t) or a share of the rows between 0 and 1, not {came}")
    count = round(validation * len(data))
    if not 0 < count < len(data):
        raise InputError(f"validation={validation} of {len(data)} rows leaves nothing on one side")
    order = np.random.default_rng([seed, 1]).permutation(len(data))
    out, kept = np.sort(order[:count]), np.sort(order[count:])
    weight = None if data.weight is None else data.weight[kept]
    return Data(data.x[kept], data.t[kept], weight), Data(data.x[out], data.t[out])


def start_of(
    network: Network, data: Data, given: Mapping[str, Any] | None, seed: int
) -> dict[str, np.ndarray]:
    """The initial parameters in the dtype of the data."""
    start = network.start(data.x.shape[1], seed)
    if not start:
        raise InputError("there is nothing to train: give the network a Dense layer")
    if given is not None:
        if set(given) != set(start):
            raise InputError(f"parameters are {sorted(given)}, the network has {sorted(start)}")
        for name, array in start.items():
            if np.shape(given[name]) != array.shape:
                raise ShapeError(
                    f"{name} was given as {np.shape(given[name])}, the network wants {array.shape}"
                )
            refuse_unfit(floats(given[name], name), name)
        start = {name: np.asarray(given[name]) for name in start}
    return {name: array.astype(data.x.dtype) for name, array in start.items()}
