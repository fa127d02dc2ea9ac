"""NumPy with preallocated buffers: the loop that people write by hand, with `out=` everywhere."""

from typing import Any

import numpy as np
from benchmarks.speed.engine import Engine
from benchmarks.speed.workloads import Job, layers


def prepare(job: Job) -> Any:  # noqa: C901 - one loop, as it is written by hand
    w = job.workload
    kinds = [activation for _, activation in layers(w)]
    widths = w.sizes[1:]
    z = [np.empty((w.batch, width), np.float32) for width in widths]
    a = [np.empty_like(one) for one in z]
    d = [np.empty_like(one) for one in z]
    x, t = np.empty((w.batch, w.sizes[0]), np.float32), np.empty((w.batch, w.sizes[-1]), np.float32)

    def forward() -> None:
        below = x
        for at, (weights, biases) in enumerate(p):
            np.matmul(below, weights, out=z[at])
            z[at] += biases
            _activate(z[at], kinds[at], a[at])
            below = a[at]

    def backward() -> None:
        _error(w.loss, a[-1], t, d[-1])
        for at in reversed(range(len(p))):
            if kinds[at] != "identity":
                _slope(a[at], kinds[at], d[at])
            np.matmul((a[at - 1] if at else x).T, d[at], out=g[at][0])
            np.sum(d[at], axis=0, out=g[at][1])
            if at:
                np.matmul(d[at], p[at][0].T, out=d[at - 1])

    def run(epochs: int) -> Any:
        nonlocal p, g
        p = [(weights.copy(), biases.copy()) for weights, biases in job.parameters]
        g = [(np.empty_like(weights), np.empty_like(biases)) for weights, biases in p]
        m = [[np.zeros_like(one) for one in pair] for pair in p]
        v = [[np.zeros_like(one) for one in pair] for pair in p]
        step = 0
        for order in job.orders(epochs):
            for rows in order:
                step += 1
                np.take(job.x, rows, axis=0, out=x)
                np.take(job.t, rows, axis=0, out=t)
                forward()
                backward()
                for kept in zip(p, g, m, v, strict=True):
                    for one, gradient, first, second in zip(*kept, strict=True):
                        if w.optimizer == "sgd":
                            gradient *= w.learning_rate
                            one -= gradient
                        else:
                            _adam(one, gradient, first, second, step, w.learning_rate)
        return p

    p: list[tuple[np.ndarray, np.ndarray]] = []
    g: list[tuple[np.ndarray, np.ndarray]] = []
    return run


def _activate(z: np.ndarray, kind: str, out: np.ndarray) -> None:
    if kind == "relu":
        np.maximum(z, 0, out=out)
    elif kind == "tanh":
        np.tanh(z, out=out)
    elif kind == "sigmoid":
        np.negative(z, out=out)
        np.exp(out, out=out)
        out += 1
        np.reciprocal(out, out=out)
    else:
        out[:] = z


def _slope(a: np.ndarray, kind: str, d: np.ndarray) -> None:
    if kind == "relu":
        d *= a > 0
    elif kind == "tanh":
        d *= 1 - a * a
    else:
        d *= a * (1 - a)


def _error(loss: str, y: np.ndarray, t: np.ndarray, d: np.ndarray) -> None:
    if loss == "softmax_cross_entropy":
        np.exp(y - y.max(1, keepdims=True), out=d)
        d /= d.sum(1, keepdims=True)
        d -= t
    elif loss == "binary_cross_entropy":
        np.subtract(1 / (1 + np.exp(-y)), t, out=d)
    else:
        np.subtract(y, t, out=d)
    d /= len(y)


def _adam(
    p: np.ndarray, g: np.ndarray, m: np.ndarray, v: np.ndarray, step: int, learning_rate: float
) -> None:
    m *= 0.9
    m += 0.1 * g
    v *= 0.999
    g *= g
    v += 0.001 * g
    p -= learning_rate / (1 - 0.9**step) * m / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)


ENGINES = (Engine("NumPy", prepare, needs="numpy"),)
