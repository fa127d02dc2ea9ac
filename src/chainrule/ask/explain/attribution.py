"""Attributions: what each input adds to an output, from a baseline to where it is.

Integrated gradients (Sundararajan, Taly & Yan 2017) go along the straight line from the baseline and add up
each input's slope times its step. They add up to the difference of the outputs; the remainder is that of the
quadrature, which halves an interval of the line until it is exact: at a kink of ReLU, down to its very place.
Shapley values (1953) are the mean over all orders of setting the inputs, and exact where there are few.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from chainrule.engine.backprop import output_slopes
from chainrule.engine.network import Network

Array = np.ndarray
Slopes = Callable[[Array], tuple[Array, Array]]  # points (m, inputs) -> outputs (m,), slopes (m, inputs)

BOUND = 1e-6  # of the remainder, as a part of the largest of what is added up
MOST_EXACT = 10  # groups of inputs: exact Shapley values take 2 to their number
_EXACT = 1e-9  # of an interval, likewise
_NARROWEST = 2.0**-48
_EVALUATIONS = 400_000
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each input adds to one output.

    Attributes:
        parts: of each input (inputs,).
        start: the output at the baseline.
        end: the output where the inputs are.
    """

    parts: Array
    start: float
    end: float

    @property
    def remainder(self) -> float:
        """What the parts lack of the difference."""
        return float(self.end - self.start - self.parts.sum())

    @property
    def bound(self) -> float:
        """What the remainder is below, where the quadrature has come to its end."""
        return BOUND * max(abs(self.end - self.start), float(np.abs(self.parts).max(initial=0)))


def slopes_of(network: Network, parameters: dict[str, Array], output: int) -> Slopes:
    """The output and its slopes, in float64."""
    wide = {name: np.asarray(array, np.float64) for name, array in parameters.items()}
    return lambda points: output_slopes(network, wide, points, output)


def integrated_gradients(slopes: Slopes, x: Array, baseline: Array) -> Attribution:
    """The parts of the inputs x (inputs,), seen from a baseline (inputs,)."""
    step = x - baseline
    (start, end), _ = slopes(np.stack([baseline, x]))
    parts = np.zeros(len(x))
    scale, spent = abs(float(end - start)), 0
    lows, highs = np.array([0.0]), np.array([1.0])
    while len(lows):
        middles = (lows + highs) / 2
        whole, at_ends = _quadrature(slopes, baseline, step, lows, highs)
        halves = _quadrature(slopes, baseline, step, lows, middles)[0]
        halves += _quadrature(slopes, baseline, step, middles, highs)[0]
        scale = max(scale, float(np.abs(parts + halves.sum(0)).max(initial=0)))
        gap = np.abs(whole - halves).max(1, initial=0)
        gap = np.maximum(gap, np.abs(at_ends - halves.sum(1)))
        spent += 17 * len(lows)
        is_done = (gap <= _EXACT * scale) | (highs - lows <= _NARROWEST) | (spent > _EVALUATIONS)
        parts += halves[is_done].sum(0)
        lows, highs = (
            np.concatenate([lows[~is_done], middles[~is_done]]),
            np.concatenate([middles[~is_done], highs[~is_done]]),
        )
    return Attribution(parts, float(start), float(end))


def shapley_values(
    outputs: Callable[[Array], Array], x: Array, baseline: Array, groups: Sequence[Array]
) -> Array:
    """The exact Shapley value of each group of inputs (groups,), absent ones being at the baseline.

    Args:
        outputs: of points (m, inputs) the output (m,).
        groups: the places of the inputs of each, at most `MOST_EXACT`.
    """
    count = len(groups)
    members = (np.arange(2**count)[:, None] >> np.arange(count)) & 1  # (coalitions, groups)
    points = np.repeat(baseline[None], 2**count, axis=0)
    for group, places in enumerate(groups):
        points[np.ix_(members[:, group] == 1, places)] = x[places]
    values, sizes = outputs(points), members.sum(1)
    shares = np.array(
        [1 / (count * comb(count - 1, size)) if size < count else 0.0 for size in range(count + 1)]
    )
    parts = []
    for group in range(count):
        without = np.flatnonzero(members[:, group] == 0)
        parts.append(float(((values[without + 2**group] - values[without]) * shares[sizes[without]]).sum()))
    return np.array(parts)


def rank_correlation(left: Array, right: Array) -> float:
    """Spearman's, of numbers without many ties; NaN of fewer than two."""
    if len(left) < 2:
        return float("nan")
    ranks = np.stack([np.argsort(np.argsort(values)) for values in (left, right)]).astype(float)
    ranks -= ranks.mean(1, keepdims=True)
    return float(ranks[0] @ ranks[1] / np.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1])))


def _quadrature(
    slopes: Slopes, baseline: Array, step: Array, lows: Array, highs: Array
) -> tuple[Array, Array]:
    """The integral of every input's slope times its step over intervals of the line (intervals, inputs), and
    how much the output changes over each (intervals,).
    """
    half = (highs - lows) / 2
    places = (lows + half)[:, None] + half[:, None] * np.array([*_NODES, -1.0, 1.0])
    values, gradients = slopes(baseline + places.reshape(-1, 1) * step)
    values, gradients = values.reshape(places.shape), gradients.reshape(*places.shape, len(step))
    inner = np.einsum("k,pki->pi", _WEIGHTS, gradients[:, :-2]) * half[:, None] * step
    return inner, values[:, -1] - values[:, -2]
