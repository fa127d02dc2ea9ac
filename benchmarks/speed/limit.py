"""The limit: a step's matrix products by the fastest kernel here, and its memory traffic, one by one."""

import time
from functools import lru_cache
from typing import Any

import numpy as np
from benchmarks.speed.workloads import Job


def of(job: Job) -> dict[str, float]:
    """Microseconds a step needs at least, if nothing overlaps: products, and traffic at copying speed."""
    w = job.workload
    products = 0.0
    for at, (i, j) in enumerate(zip(w.sizes, w.sizes[1:], strict=False)):
        products += _fastest(w.batch, i, j) + _fastest(i, w.batch, j) + (_fastest(w.batch, j, i) if at else 0)
    weights = sum(i * j + j for i, j in zip(w.sizes, w.sizes[1:], strict=False))
    numbers = w.batch * (w.sizes[0] + w.sizes[-1]) * 2 + weights * (3 if w.optimizer == "sgd" else 7)
    traffic = 4 * numbers / _bytes_per_microsecond(4 * numbers)
    return {"products_us": products, "traffic_us": traffic, "total_us": products + traffic}


@lru_cache
def _fastest(n: int, k: int, m: int) -> float:
    """Microseconds of (n, k) @ (k, m) in the fastest library here."""
    return min(_timed(one) for one in _products(n, k, m))


def _products(n: int, k: int, m: int) -> Any:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(n, k)).astype(np.float32), rng.normal(size=(k, m)).astype(np.float32)
    out = np.empty((n, m), np.float32)

    def by_numpy(count: int) -> None:
        for _ in range(count):
            np.matmul(a, b, out=out)

    yield by_numpy
    yield _by_jax(a, b)
    try:
        import torch
    except ImportError:
        return
    c, d, e = torch.from_numpy(a), torch.from_numpy(b), torch.empty(n, m)

    def by_torch(count: int) -> None:
        for _ in range(count):
            torch.mm(c, d, out=e)

    yield by_torch


def _by_jax(a: np.ndarray, b: np.ndarray) -> Any:
    """The product in a compiled loop; each round's operand hangs on the last, so that none is left out."""
    import jax
    from jax import lax

    @jax.jit
    def loop(a: Any, b: Any, count: int) -> Any:
        return lax.fori_loop(0, count, lambda _, c: (c[0].at[0, 0].add((c[0] @ b)[0, 0] * 1e-30), b), (a, b))[
            0
        ]

    return lambda count: loop(a, b, count).block_until_ready()


def _timed(run: Any) -> float:
    count = 1
    while True:
        run(1)
        begun = time.perf_counter()
        run(count)
        seconds = time.perf_counter() - begun
        if seconds > 0.02:
            break
        count *= 4
    found = []
    for _ in range(5):
        begun = time.perf_counter()
        run(count)
        found.append((time.perf_counter() - begun) / count * 1e6)
    return sorted(found)[2]


@lru_cache
def _bytes_per_microsecond(size: int) -> float:
    """How fast so many bytes are copied, from cache or memory, as they would lie there in training."""
    source = np.ones(max(size // 4, 1), np.float32)
    target = np.empty_like(source)

    def copy(count: int) -> None:
        for _ in range(count):
            np.copyto(target, source)

    return 2 * max(size, 4) / _timed(copy)
