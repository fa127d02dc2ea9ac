"""A GPU beside the processor: time of a step, what precision costs, and whether the same bits come back.

    python -m benchmarks.gpu

Where JAX has no GPU, the processor's column alone is printed.
"""

import time
from hashlib import sha256
from statistics import median
from typing import Any

import jax
import numpy as np

from chainrule import Conv, Dense, Flatten, MaxPool, Network, ReLU, Run, SoftmaxCrossEntropy, train
from chainrule.engine.backprop import sweep
from chainrule.engine.devices import has_gpu
from chainrule.engine.training.jax_settings import jax_settings

ROUNDS = 3
RANDOM = np.random.default_rng(0)


def dense(*units: int) -> Network:
    """Dense layers with ReLU between them."""
    layers = [layer for count in units[:-1] for layer in (Dense(count), ReLU())]
    return Network([*layers, Dense(units[-1])], loss=SoftmaxCrossEntropy())


def lenet() -> Network:
    """LeNet with ReLU and max pooling."""
    convolutions = [layer for units in (6, 16) for layer in (Conv(units, (5, 5)), ReLU(), MaxPool((2, 2)))]
    return Network(
        [*convolutions, Flatten(), Dense(120), ReLU(), Dense(84), ReLU(), Dense(10)],
        loss=SoftmaxCrossEntropy(),
    )


def rows(count: int, *shape: int) -> tuple[np.ndarray, np.ndarray]:
    """Random rows of ten classes."""
    x = RANDOM.standard_normal((count, *shape)).astype(np.float32)
    return x, np.eye(10, dtype=np.float32)[RANDOM.integers(0, 10, count)]


WORKLOADS = {  # network, rows, batch
    "digits 64-32-10, batch 32": (dense(32, 10), rows(1440, 64), 32),
    "64-128-64-10, batch 32": (dense(128, 64, 10), rows(1600, 64), 32),
    "64-128-64-10, batch 128": (dense(128, 64, 10), rows(6400, 64), 128),
    "784-300-10, batch 128": (dense(300, 10), rows(12800, 784), 128),
    "LeNet, batch 64": (lenet(), rows(6400, 28, 28, 1), 64),
    "784-1024-1024-10, batch 512": (dense(1024, 1024, 10), rows(10240, 784), 512),
}


def trained(name: str, epochs: int, **where: Any) -> Run:
    network, (x, t), batch = WORKLOADS[name]
    return train(
        network, x, t, optimizer="adam", learning_rate=1e-3, epochs=epochs, batch_size=batch, **where
    )


def microseconds(name: str, **where: Any) -> float:
    """A step: the median of what ten more epochs take, over their steps."""
    _, (x, _), batch = WORKLOADS[name]
    seconds = []
    for _ in range(ROUNDS + 1):  # the first compiles
        clock = time.perf_counter()
        trained(name, 1, **where)
        between = time.perf_counter()
        trained(name, 11, **where)
        seconds.append(time.perf_counter() - between - (between - clock))
    return median(seconds[1:]) / 10 / (len(x) // batch) * 1e6


def gradient_error(precision: str) -> float:
    """The largest error of the gradients of w1, over the largest of them, against float64."""
    network, (x, t), _ = WORKLOADS["784-300-10, batch 128"]
    x, t, start = x[:512], t[:512], network.start((784,), 0)

    def gradient(parameters: Any, x: Any, t: Any) -> Any:
        return sweep(network, parameters, x, t, None, 0.0).gradients["w1"].array

    exact = gradient({k: a.astype(float) for k, a in start.items()}, x.astype(float), t.astype(float))
    with jax_settings(np.float32, "gpu", precision):
        single = {name: array.astype(np.float32) for name, array in start.items()}
        reckoned = np.asarray(jax.jit(gradient)(single, x, t))
    return float(np.abs(reckoned - exact).max() / np.abs(exact).max())


def bits(run: Run) -> str:
    return sha256(b"".join(run.parameters[name].tobytes() for name in sorted(run.parameters))).hexdigest()[
        :12
    ]


def main() -> None:
    gpu = has_gpu()
    print(f"JAX {jax.__version__}, {jax.devices()[0].device_kind}")
    print(f"{'microseconds a step':30} {'cpu':>10} {'gpu':>10} {'tensorfloat32':>14}")
    for name in WORKLOADS:
        figures = [microseconds(name, device="cpu")]
        if gpu:
            precisions = ("float32", "tensorfloat32")
            figures += [microseconds(name, device="gpu", precision=p) for p in precisions]
        print(f"{name:30} {' '.join(f'{figure:10.1f}' for figure in figures)}", flush=True)
    if gpu:
        for precision in ("float32", "tensorfloat32"):
            print(f"largest error of a gradient, {precision}: {gradient_error(precision):.1e}")
        runs = [trained("LeNet, batch 64", 3, device="gpu") for _ in range(2)]
        print(f"LeNet trained twice on the GPU: {bits(runs[0])} and {bits(runs[1])}")


if __name__ == "__main__":
    main()
