"""The rows of one fit: dense, and those to learn from apart from those to watch."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import InputError

LARGEST = 2**32  # bytes that a sparse matrix may take once it is dense


@dataclass(frozen=True)
class Held:
    """Rows x (n, inputs), their targets t (n, outputs), y as it came, and how much each counts, or None."""

    x: np.ndarray
    t: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None

    def rows(self, index: np.ndarray) -> "Held":
        return Held(
            self.x[index], self.t[index], self.y[index], None if self.weight is None else self.weight[index]
        )


def dense(x: Any) -> np.ndarray:
    """`x` as a NumPy array.

    Raises:
        InputError: a sparse matrix that would be too large.
    """
    if isinstance(x, np.ndarray):
        return x
    size = x.shape[0] * x.shape[1] * x.dtype.itemsize
    if size > LARGEST:
        raise InputError(
            f"X is sparse, and dense it would take {size / 2**30:.1f} GiB (at most {LARGEST / 2**30:.0f}): "
            "the network is trained on dense rows; narrow them first, say with TruncatedSVD or SelectKBest"
        )
    array: np.ndarray = x.toarray()
    return array
