"""What can be read off a network at one moment of its training: on some of its rows, by one sweep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.ask.diagnosis.skill import some_rows
from chainrule.engine.backprop import Sweep, sweep
from chainrule.engine.data import Data
from chainrule.engine.network import Network
from chainrule.numbers import Number
from chainrule.rules.layers.weighted import Weighted
from chainrule.rules.protocols import derivative

Array = np.ndarray

ROWS = 256
FLAT = 0.02  # of the largest slope: below it on all rows a unit passes nothing back


@dataclass(frozen=True, eq=False)
class LayerState:
    """One layer with weights, at one moment.

    Attributes:
        layer: with its address.
        is_last: whether nothing with weights comes behind.
        flat: the units whose slope is next to 0 on all rows (units,).
        identical: the units that have a twin: the same weights in, bias and weights out (units,).
        gradient: the size of the weights' gradient, relative to that of the weights.
        variation: how much the units' values differ from row to row, relative to their size.
    """

    layer: Weighted
    is_last: bool
    flat: Array
    identical: Array
    gradient: float
    variation: float

    @property
    def number(self) -> str:
        """Which layer, as addresses count."""
        return self.layer.z.partition("z")[2]


@dataclass(frozen=True, eq=False)
class Observation:
    """A network at one moment.

    Attributes:
        update: so many updates were made before.
        step: forward and back, on some rows.
        layers: each one with weights.
        output_spread: the size of what the last layer gives, before an activation that is fused with the
            loss; for a plain loss in units of the targets' spread.
    """

    update: int
    step: Sweep
    layers: Sequence[LayerState]
    output_spread: float

    @property
    def hidden(self) -> list[LayerState]:
        return [state for state in self.layers if not state.is_last]

    def flat_share(self, rectifiers: bool) -> float:
        """The largest share of flat units that a hidden layer has, of rectifiers or of the others."""
        shares = [float(s.flat.mean()) for s in self.hidden if _rectifies(s.layer) == rectifiers]
        return max(shares, default=0.0)

    @property
    def flattest(self) -> LayerState | None:
        """The hidden layer with the most flat units."""
        return max(self.hidden, key=lambda state: float(state.flat.mean()), default=None)

    @property
    def gradient_ratio(self) -> float:
        """The smallest relative gradient of a layer's weights by the largest."""
        sizes = [state.gradient for state in self.layers]
        return min(sizes) / max(sizes) if max(sizes, default=0) > 0 else 1.0


def observe(
    network: Network, layers: Sequence[Weighted], parameters: Mapping[str, Array], rows: Data, update: int
) -> Observation:
    """Look at a network with these parameters."""
    data = some_rows(rows, ROWS)
    wide = {name: np.asarray(array, np.float64) for name, array in parameters.items()}
    x, t = data.x.astype(np.float64), data.t.astype(np.float64)
    step = sweep(network, wide, x, t, data.share)
    numbers = step.numbers
    states = [
        _state(layer, follower, numbers, wide)
        for layer, follower in zip(layers, [*layers[1:], None], strict=True)
    ]
    output = numbers.get(layers[-1].z)
    spread = float("nan") if output is None else _spread(output.array)
    if network.loss.activation is None:
        spread /= float(t.std()) or 1.0
    return Observation(update, step, states, spread)


def _spread(array: Array) -> float:
    """The root mean square."""
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.square(array).mean()))


def _state(
    layer: Weighted, follower: Weighted | None, numbers: Mapping[str, Number], parameters: Mapping[str, Array]
) -> LayerState:
    w, units = parameters[layer.w], layer.units
    gradient = numbers.get(derivative(numbers[layer.w])) if layer.w in numbers else None
    size = _spread(w)
    return LayerState(
        layer,
        follower is None,
        _flat(layer, numbers),
        _twins(parameters, layer, follower) if follower else np.zeros(units, bool),
        _spread(gradient.array) / size if gradient is not None and size > 0 else 0.0,
        _variation(numbers, layer),
    )


def slope_of(layer: Weighted, numbers: Mapping[str, Number]) -> Number | None:
    """∂a/∂z of a layer, where the way back went through it."""
    z = numbers.get(layer.z)
    return None if layer.activation is None or z is None else numbers.get(layer.activation.slope_name(z))


def _flat(layer: Weighted, numbers: Mapping[str, Number]) -> Array:
    slope = slope_of(layer, numbers)
    if (
        slope is None
        or slope.array.shape[-1] != layer.units
        or slope.array.ndim != numbers[layer.z].array.ndim
    ):
        return np.zeros(layer.units, bool)
    with np.errstate(all="ignore"):
        steepest = np.abs(slope.array.reshape(-1, layer.units)).max(axis=0)
    flat: Array = ~(steepest > FLAT * _steepest(layer.activation))
    return flat


def _steepest(activation: Any) -> float:
    """The largest slope of an activation, where it is neither 0 nor far out."""
    from chainrule.numbers import given

    z = given("z", np.linspace(-4, 4, 81)[:, None])
    return float(np.abs(activation.slope(z, activation.value(z)).array).max())


def _rectifies(layer: Weighted) -> bool:
    return bool(layer.activation is not None and layer.activation.rectifier)


def _twins(parameters: Mapping[str, Array], layer: Weighted, follower: Weighted) -> Array:
    """The units whose weights in, bias and weights out are those of another unit."""
    incoming = parameters[layer.w].reshape(-1, layer.units)
    outgoing = parameters[follower.w]
    parts = [incoming, parameters[layer.b][None]]
    if outgoing.ndim == 2 and outgoing.shape[0] == layer.units:
        parts.append(outgoing.T)
    _, inverse, counts = np.unique(np.concatenate(parts).T, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse.ravel()] > 1)


def _variation(numbers: Mapping[str, Number], layer: Weighted) -> float:
    a = numbers.get(layer.activation.out) if layer.activation is not None else numbers.get(layer.z)
    if a is None:
        return 1.0
    values = a.array.reshape(len(a.array), -1)
    with np.errstate(all="ignore"):
        size = _spread(values)
        return _spread(values - values.mean(axis=0)) / size if size > 0 else 0.0
