"""Where a training diverged: the epoch gone through once more, step by step, to the first bad number."""

import re
from typing import Any

import numpy as np

from chainrule.engine.backprop import Sweep, sweep
from chainrule.engine.network import Network
from chainrule.engine.stopping import Divergence
from chainrule.engine.training.program import Program
from chainrule.engine.training.state import State, Tables
from chainrule.numbers import Number
from chainrule.quantities import is_weight, layer_of, parse


def locate(network: Network, program: Program, state: State, tables: Tables, key: Any) -> Divergence:
    """The first NaN or infinity of the epoch that begins at `state`."""
    steps = int(program.steps(tables))
    for step in range(steps):
        next_state = program.step(state, tables, key, step)
        batch, parameters = program.inputs(state, tables, key, step)
        decay = float(program.decay(tables, batch.total))
        bad = _first_bad(_replayed(network, batch, parameters, decay))
        if bad is None:
            bad = _first_spoilt({name: np.asarray(a) for name, a in next_state.parameters.items()})
        if bad:
            layer = re.search(r"\d+(?='?$)", bad[0].rpartition("/d")[2])
            return Divergence(int(state.epoch) + 1, step + 1, int(layer[0]) if layer else None, *bad)
        state = next_state
    return Divergence(int(state.epoch) + 1, steps, None, *_watched(program, state, tables))


def _watched(program: Program, state: State, tables: Tables) -> tuple[str, float]:
    """What else ends an epoch: the validation loss, where rows are held out, or else the sum of losses."""
    if tables.validation is None:
        return "E", float("nan")
    return "the validation loss", float(program.loss(state.parameters, tables.numbers, *tables.validation))


def _first_spoilt(parameters: dict[str, np.ndarray]) -> tuple[str, float] | None:
    """The updated parameter of the lowest layer that is not finite, weights before biases."""
    spoilt = [name for name, a in parameters.items() if not np.isfinite(a).all()]
    if not spoilt:
        return None
    name = min(spoilt, key=lambda name: (layer_of(parse(name)), not is_weight(parse(name))))
    return f"{name}'", _worst(parameters[name])


def _replayed(network: Network, batch: Any, parameters: dict[str, Any], weight_decay: float) -> Sweep:
    arrays = {name: np.asarray(array) for name, array in parameters.items()}
    share = None if batch.share is None else np.asarray(batch.share)
    return sweep(network, arrays, np.asarray(batch.x), np.asarray(batch.t), share, weight_decay)


def _first_bad(step: Sweep) -> tuple[str, float] | None:
    """The non-finite number all of whose factors are finite, as early in the chain as there is one."""
    soundness: dict[int, bool] = {}

    def fine(n: Number) -> bool:
        if id(n) not in soundness:
            soundness[id(n)] = bool(np.isfinite(n.array).all())
        return soundness[id(n)]

    for n in reversed(list(step.numbers.values())):
        if not fine(n) and all(fine(factor) for path in n.paths for factor in path.factors):
            return n.name, _worst(n.array)
    return None


def _worst(array: np.ndarray) -> float:
    """One of the values that are not finite."""
    return float(array[~np.isfinite(array)].flat[0])
