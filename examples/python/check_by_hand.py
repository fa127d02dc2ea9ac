"""Check gradients that were derived by hand, element by element, and see a forgotten slope found out."""

import numpy as np

from chainrule import gradient_check

rng = np.random.default_rng(0)
x, t = rng.normal(size=(6, 3)), rng.normal(size=(6, 1))


def error(w: np.ndarray) -> float:
    """E = ½ Σ (t − σ(xw))², for weights w (3, 1)."""
    a = 1 / (1 + np.exp(-x @ w))
    return float(0.5 * ((t - a) ** 2).sum())


def gradient(w: np.ndarray, slope: bool) -> np.ndarray:
    """∂E/∂w (3, 1) as somebody wrote it; without its `slope` a(1 − a) it is wrong."""
    a = 1 / (1 + np.exp(-x @ w))
    return x.T @ ((a - t) * (a * (1 - a) if slope else 1))


w = rng.normal(size=(3, 1))
print(gradient_check(error, lambda w: gradient(w, slope=True), w))
print(gradient_check(error, lambda w: gradient(w, slope=False), w))
