"""The axis of the loss curve: a few round numbers, and how they are written."""

import math
from collections.abc import Sequence


def ticks(losses: Sequence[float]) -> list[list[float | str]]:
    """Three or four round numbers from 0 to about the largest loss, each with its text."""
    top = max((loss for loss in losses if math.isfinite(loss)), default=1.0)
    if top <= 0 or top > 1e12:
        return [[0.0, "0"]]
    size = 10.0 ** math.floor(math.log10(top))
    step = next(part * size for part in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0) if part * size * 3.2 >= top)
    return [[k * step, f"{k * step:.4g}"] for k in range(int(top / step * 1.02) + 1)]
