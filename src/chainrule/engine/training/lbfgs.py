"""Training by L-BFGS: SciPy's, over all rows at once, with the sweep's own gradients."""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.engine.backprop import sweep
from chainrule.engine.data import Data
from chainrule.engine.network import Network
from chainrule.engine.runs.run import History, Run
from chainrule.engine.stopping import Stop
from chainrule.engine.training.interrupt import interruptible
from chainrule.engine.training.jax_settings import jax_settings
from chainrule.engine.training.padding import room, tables
from chainrule.engine.training.rule_numbers import with_numbers, without_numbers
from chainrule.errors import InputError
from chainrule.rules.layers.dropout import Dropout

Arrays = dict[str, np.ndarray]
Watch = Callable[[int, float, Arrays], bool]


def minimize(
    network: Network,
    data: Data,
    start: Arrays,
    *,
    weight_decay: float = 0.0,
    epochs: int = 200,
    evaluations: int = 15000,
    tolerance: float = 1e-4,
    watch: Watch | None = None,
) -> Run:
    """Train from `start` until the largest slope is below `tolerance`, or the loss no longer falls.

    Args:
        epochs: iterations at most; each goes through the rows about once.
        evaluations: how often at most E and its gradients may be worked out.
        watch: told each iteration's number, E and weights; a true answer stops.

    Returns:
        The run; its history holds E of the weights after each iteration.

    Raises:
        InputError: a dropout layer, whose masks are random: L-BFGS needs one E for one set of weights.

    Source: Byrd, Lu, Nocedal & Zhu 1995, as `scipy.optimize` has it (L-BFGS-B).
    """
    from scipy.optimize import OptimizeResult, minimize

    network.refuse_memory("L-BFGS trains networks")
    if any(isinstance(layer, Dropout) for layer, _ in network.walk(data.x.shape[1:])):
        raise InputError("L-BFGS cannot train with dropout, whose E is random: take another, such as adam")
    began = time.perf_counter()
    packed, unpacked = _packing(start, data.dtype)
    share = np.full(len(data), 1 / len(data)) if data.weight is None else data.weight / data.weight.sum()
    losses: list[float] = []
    asked_to_stop = False
    with jax_settings(data.dtype), interruptible() as interrupted:
        import jax

        rows = room(len(data), len(data))
        weighed = Data(data.x, data.t, share.astype(data.dtype))
        arrays = jax.device_put(tables(network, rows, weighed))
        slope = _slope(without_numbers(network))

        def cost(flat: np.ndarray) -> tuple[float, np.ndarray]:
            loss, gradients = slope(
                unpacked(flat), arrays.numbers, arrays.x, arrays.t, arrays.weight, weight_decay
            )
            return float(loss), packed(gradients)

        def iterated(intermediate_result: OptimizeResult) -> None:
            nonlocal asked_to_stop
            losses.append(float(intermediate_result.fun))
            weights = unpacked(intermediate_result.x.copy())
            asked_to_stop = bool(watch and watch(len(losses), losses[-1], weights)) or interrupted.is_set()
            if asked_to_stop:
                raise StopIteration

        options = {"maxiter": epochs, "maxfun": evaluations, "gtol": tolerance}
        result = minimize(
            cost, packed(start), method="L-BFGS-B", jac=True, callback=iterated, options=options
        )
        loss = float(result.fun)
    stop = Stop.INTERRUPTED if asked_to_stop else Stop.PLATEAU if result.status != 1 else Stop.EPOCHS
    finite = np.isfinite(result.x).all() and np.isfinite(loss)
    return Run(
        network=network,
        parameters=unpacked(result.x),
        history=History(losses),
        stopped_by=stop if finite else Stop.DIVERGED,
        epochs=len(losses),
        loss=loss,
        seconds=time.perf_counter() - began,
        row_shape=data.row_shape,
    )


@lru_cache(maxsize=32)
def _slope(network: Network) -> Any:
    """E and its gradients by name, compiled."""
    import jax

    def slope(parameters: Any, numbers: Any, x: Any, t: Any, share: Any, weight_decay: Any) -> Any:
        step = sweep(with_numbers(network, numbers), parameters, x, t, share, weight_decay)
        return step.loss.array, {name: g.array for name, g in step.gradients.items()}

    return jax.jit(slope)


def _packing(start: Arrays, dtype: Any) -> tuple[Callable[[Any], np.ndarray], Callable[[np.ndarray], Arrays]]:
    """Arrays by name into one float64 vector, and back into arrays of `dtype`."""
    ends = np.cumsum([array.size for array in start.values()])[:-1]

    def packed(arrays: Any) -> np.ndarray:
        return np.concatenate([np.asarray(arrays[name], np.float64).ravel() for name in start])

    def unpacked(flat: np.ndarray) -> Arrays:
        parts = np.split(flat, ends)
        return {
            name: part.reshape(start[name].shape).astype(dtype)
            for name, part in zip(start, parts, strict=True)
        }

    return packed, unpacked
