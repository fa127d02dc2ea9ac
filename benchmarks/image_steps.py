"""One step on images beside JAX's own gradients and PyTorch: processor time, and its ratio to theirs.

    python -m benchmarks.image_steps [--rounds 7]

Adam, batches of 64 in order, float32, the same initial weights; rounds are interleaved, and a ratio is the
median of the rounds' ratios. JAX is `value_and_grad` of the usual spelling and Optax in one compiled loop.
PyTorch has one thread, since those that wait take processor time too; it is left out where it is not
installed. The losses of all in the first epoch must agree to 1e-3.
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

import chainrule
from chainrule.engine.network import Network
from chainrule.rules.layers.batch_norm import BatchNorm
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.flatten import Flatten
from chainrule.rules.layers.pool import MaxPool

BATCH, RATE, STEPS = 64, 1e-3, 20
NETWORKS: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    "digits, 8-16": (
        [Conv(8, 3, "relu", padding=1), MaxPool(2), Conv(16, 3, "relu", padding=1), MaxPool(2), Flatten(),
         Dense(10)], (8, 8, 1)),
    "LeNet": (
        [Conv(6, 5, "relu", padding=2), MaxPool(2), Conv(16, 5, "relu"), MaxPool(2), Flatten(),
         Dense(120, "relu"), Dense(84, "relu"), Dense(10)], (28, 28, 1)),
    "LeNet, batch norms": (
        [Conv(6, 5, padding=2), BatchNorm(), "relu", MaxPool(2), Conv(16, 5), BatchNorm(), "relu", MaxPool(2),
         Flatten(), Dense(120, "relu"), Dense(84, "relu"), Dense(10)], (28, 28, 1)),
}  # fmt: skip
Run = Callable[[int], float]  # so many epochs from the start; the loss of the first


def data(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Images whose brightest of ten stripes is their class."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH * STEPS, *shape)).astype("f4")
    return x, rng.integers(0, 10, len(x))


def of_chainrule(network: Network, start: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> Run:
    def run(epochs: int) -> float:
        trained = chainrule.train(network, x, y, parameters=start, epochs=epochs, batch_size=BATCH,
                                  optimizer="adam", learning_rate=RATE, shuffle=False)  # fmt: skip
        return trained.history.loss[0]

    return run


def of_jax(network: Network, start: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> Run:
    rule, t = optax.adam(RATE), jnp.eye(10)[y]
    batches = [jnp.asarray(a).reshape(STEPS, BATCH, *a.shape[1:]) for a in (x, np.asarray(t))]

    def loss(p: Any, x: Any, t: Any) -> Any:
        for layer in network.chain.layers:
            x = _layer(layer, p, x)
        return -(t * jax.nn.log_softmax(x)).sum() / BATCH

    @jax.jit
    def train(p: Any, epochs: Any) -> Any:
        def step(k: Any, carried: Any) -> Any:
            p, memory, first = carried
            value, slopes = jax.value_and_grad(loss)(p, *(a[k % STEPS] for a in batches))
            change, memory = rule.update(slopes, memory)
            return optax.apply_updates(p, change), memory, first + jnp.where(k < STEPS, value, 0)

        return lax.fori_loop(0, epochs * STEPS, step, (p, rule.init(p), jnp.float32(0)))[2] / STEPS

    learnt = {
        name: jnp.asarray(array, "float32") for name, array in start.items() if name not in network.memory
    }
    return lambda epochs: float(train(learnt, epochs))


def _layer(layer: Any, p: Any, x: Any) -> Any:
    if isinstance(layer, Conv):
        pads = [(layer.padding,) * 2] * 2
        z = lax.conv_general_dilated(x, p[layer.w], (1, 1), pads, dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return _activated(layer, z + p[layer.b])
    if isinstance(layer, Dense):
        return _activated(layer, x @ p[layer.w] + p[layer.b])
    if isinstance(layer, BatchNorm):
        off = x - x.mean((0, 1, 2))
        return p[layer.g] * off / jnp.sqrt((off * off).mean((0, 1, 2)) + layer.eps) + p[layer.b]
    if isinstance(layer, MaxPool):
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return x.reshape(len(x), -1) if isinstance(layer, Flatten) else jax.nn.relu(x)


def _activated(layer: Any, z: Any) -> Any:
    return jax.nn.relu(z) if "ReLU" in repr(layer.activation) else z


def of_torch(network: Network, start: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> Run:
    import torch

    images, labels = torch.tensor(np.moveaxis(x, -1, 1).copy()), torch.tensor(y)

    def run(epochs: int) -> float:
        model = torch.nn.Sequential(*_modules(network, start, x.shape[1:]))
        rule, losses = torch.optim.Adam(model.parameters(), RATE), list[float]()
        for _ in range(epochs):
            for rows in range(0, len(images), BATCH):
                rule.zero_grad()
                loss = torch.nn.functional.cross_entropy(
                    model(images[rows : rows + BATCH]), labels[rows : rows + BATCH]
                )
                loss.backward()
                rule.step()
                losses.append(loss.detach())
        return float(sum(losses[:STEPS])) / STEPS

    return run


def _modules(network: Network, start: dict[str, np.ndarray], shape: tuple[int, ...]) -> list[Any]:
    """The same network of torch's modules; its Linear behind Flatten has its inputs channels first."""
    from torch import nn, tensor

    modules: list[Any] = []
    places: tuple[int, ...] = ()
    for layer, row in network.walk(shape):
        weights = {n: start[n].astype("f4") for n in layer.shapes(row)[0]}
        if isinstance(layer, Conv):
            module = nn.Conv2d(row[-1], layer.units, layer.size, padding=layer.padding)
            module.weight.data = tensor(weights[layer.w].transpose(3, 2, 0, 1).copy())
        elif isinstance(layer, Dense):
            module, w = nn.Linear(row[0], layer.units), weights[layer.w]
            order = np.moveaxis(np.arange(len(w)).reshape(places or (len(w),)), -1, 0).ravel()
            module.weight.data, places = tensor(w[order].T.copy()), ()
        elif isinstance(layer, BatchNorm):
            module = nn.BatchNorm2d(row[-1])
        else:
            module = {MaxPool: nn.MaxPool2d(2), Flatten: nn.Flatten()}.get(type(layer)) or nn.ReLU()
            places = row if isinstance(layer, Flatten) else ()
        if isinstance(layer, Conv | Dense):
            module.bias.data = tensor(weights[layer.b])
        modules.append(module)
        if "ReLU" in repr(getattr(layer, "activation", "")):
            modules.append(nn.ReLU())
    return modules


def measured(run: Run, epochs: int) -> float:
    """Microseconds of processor time a step: of more epochs, without what a call costs."""
    times = []
    for count in (1, 1 + epochs):
        began = time.process_time()
        run(count)
        times.append(time.process_time() - began)
    return (times[1] - times[0]) / (epochs * STEPS) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    makers = {"chainrule": of_chainrule, "JAX": of_jax, "PyTorch": of_torch}
    try:
        import torch

        torch.set_num_threads(1)
    except ImportError:
        del makers["PyTorch"]
        print("PyTorch is not installed: left out", file=sys.stderr)
    for name, (layers, shape) in NETWORKS.items():
        network = Network(layers, "softmax_cross_entropy")
        start, (x, y) = network.start(shape, 0), data(shape)
        engines = {label: maker(network, start, x, y) for label, maker in makers.items()}
        losses = {label: run(1) for label, run in engines.items()}
        if max(losses.values()) - min(losses.values()) > 1e-3:
            raise SystemExit(f"{name}: the losses differ: {losses}")
        epochs = 10 if shape[0] < 10 else 2
        times = [{label: measured(run, epochs) for label, run in engines.items()} for _ in range(rounds)]
        for label in engines:
            micros = np.median([row[label] for row in times])
            ratio = np.median([row["chainrule"] / row[label] for row in times])
            print(f"{name:20} {label:10} {micros:8.0f} µs a step   chainrule takes {ratio:.2f} of it")


if __name__ == "__main__":
    main()
