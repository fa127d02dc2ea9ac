"""The piecewise-linear encoding of numbers: how far a value is through each of some bins."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from chainrule.numbers import Array


@dataclass(frozen=True)
class Bins:
    """Bins between ascending edges: 0 below a bin, 1 above it, and in it the share that is passed.

    Their weights are the slopes of a line with a bend at each edge; Gorishniy, Rubachev & Babenko 2022,
    section 3.2. The edges are quantiles of the training rows, in standard deviations from their mean.
    """

    edges: tuple[float, ...] = ()

    @classmethod
    def of(cls, values: np.ndarray, count: int) -> "Bins":
        """At most `count` bins, of about as many values (n,) each; none where fewer than three differ."""
        distinct = np.unique(values)
        if not count or len(distinct) < 3:
            return cls()
        edges = np.unique(np.quantile(values, np.linspace(0.0, 1.0, count + 1), method="lower"))
        return cls(tuple(edges.tolist()))

    def __len__(self) -> int:
        return max(len(self.edges) - 1, 0)

    def encode(self, standard: Array) -> Array:
        """The shares (n, bins) of values (n, 1)."""
        xp = standard.__array_namespace__()
        edges = np.array(self.edges)
        return xp.clip((standard - edges[:-1]) / np.diff(edges), 0.0, 1.0)

    def names(self, edges: np.ndarray) -> list[str]:
        """`39.2 to 41.1` for each bin, of the edges (bins + 1,) in the column's own unit."""
        digits = next((n for n in range(4, 17) if len({f"{edge:.{n}g}" for edge in edges}) == len(edges)), 17)
        written = [f"{edge:.{digits}g}" for edge in edges]
        return [f"{low} to {high}" for low, high in pairwise(written)]
