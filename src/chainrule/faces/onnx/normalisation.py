"""A batch norm in ONNX: the Numbers from what it takes to what it gives are one BatchNormalization."""

from dataclasses import dataclass

import numpy as np

from chainrule.faces.onnx.graph import Graph, Tensor
from chainrule.faces.onnx.place_sums import channels_behind, channels_first
from chainrule.numbers import Function, Number


@dataclass(frozen=True)
class Normalisation:
    """y = g (rows − mean)/√(variance + ε) + b, each of them for each channel."""

    rows: Number
    statistics: tuple[Number, Number, Number, Number]
    eps: float

    def written(self, graph: Graph, rows: Tensor) -> Tensor:
        """y as a tensor of `graph`."""
        turned = rows if len(rows.shape) == 2 else channels_first(graph, rows)
        gain, shift, mean, variance = self.statistics
        rest = self.eps - float(np.float32(self.eps))  # of ε, which the file has in float32
        inputs = [turned, *(graph.constant(part.array, part.name) for part in (gain, shift, mean))]
        inputs.append(graph.constant((variance.array + rest).astype(rows.dtype), variance.name))
        y = graph.add("BatchNormalization", inputs, rows.dtype, turned.shape, epsilon=self.eps)
        return y if len(rows.shape) == 2 else channels_behind(graph, y)


def normalisation(number: Number) -> Normalisation | None:
    """The batch norm that a Number comes out of, if it is one with a mean and a variance that are given."""
    factors = _factors(number, 2, 1)
    scaled = factors and _factors(factors[1], 2)
    off, inverse = scaled or (None, None)
    difference = off and _factors(off, 1, 2)
    variance = inverse and _factors(inverse, 1)
    if not factors or not inverse or not difference or not variance or inverse.through is None:
        return None
    gain, _, shift = factors
    rows, minus, mean = difference
    eps = _eps(inverse.through)
    given = (gain, shift, mean, variance[0], minus)
    if eps is None or any(part.paths for part in given) or any(part.array.ndim != 1 for part in given[:4]):
        return None
    return Normalisation(rows, given[:4], eps) if minus.array == -1 else None


def _factors(number: Number, *counts: int) -> list[Number] | None:
    """The factors of all paths, if there are so many in each."""
    if [len(path.factors) for path in number.paths] != list(counts):
        return None
    return [factor for path in number.paths for factor in path.factors]


def _eps(function: Function) -> float | None:
    """ε, if the function is 1/√(v + ε)."""
    v = np.array([0.0, 1.0, 9.0])
    with np.errstate(all="ignore"):
        values = function.apply(v)
        eps = 1 / values[0] ** 2
        is_root = np.allclose(values, 1 / np.sqrt(v + eps), rtol=1e-12, atol=0)
    return float(eps) if is_root and np.isfinite(eps) else None
