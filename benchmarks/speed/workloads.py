"""What is trained: data, layers, optimiser and batch order, the same for every engine."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

SEED = 7


@dataclass(frozen=True)
class Workload:
    """A training that every engine is to do.

    Attributes:
        sizes: inputs, hidden units, outputs.
        activation: of the hidden layers; outputs are logits for the cross-entropies.
        loss: `half_squared_error`, `binary_cross_entropy` or `softmax_cross_entropy`.
        rows: a multiple of the batch, so that all batches are of one size.
        judged: updates after which the losses of all engines are compared.
    """

    name: str
    sizes: tuple[int, ...]
    rows: int
    batch: int
    activation: str = "relu"
    output: str = "identity"
    loss: str = "softmax_cross_entropy"
    optimizer: str = "sgd"
    learning_rate: float = 0.05
    judged: int = 200

    @property
    def steps(self) -> int:
        """Updates in an epoch."""
        return self.rows // self.batch

    @property
    def label(self) -> str:
        return f"{self.name} {'-'.join(map(str, self.sizes))}"


WORKLOADS = {
    one.name: one
    for one in (
        Workload("lesson", (1, 1, 1), 1, 1, "sigmoid", "sigmoid", "half_squared_error", learning_rate=0.4),
        Workload("xor", (2, 4, 1), 4, 4, "sigmoid", "sigmoid", "binary_cross_entropy", learning_rate=0.5),
        Workload("iris", (4, 16, 3), 144, 16, "tanh"),
        Workload("digits", (64, 32, 10), 1792, 32),
        Workload(
            "housing",
            (8, 64, 64, 1),
            19_968,
            64,
            loss="half_squared_error",
            optimizer="adam",
            learning_rate=0.001,
        ),
        Workload("mnist", (784, 128, 10), 12_800, 128),
        Workload("wide", (784, 1024, 1024, 10), 2_560, 256, judged=20),
    )
}


@dataclass(frozen=True)
class Job:
    """A workload with its arrays, float32: x (n, inputs), t (n, outputs), weights (inputs, units)."""

    workload: Workload
    _orders: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)

    @cached_property
    def x(self) -> np.ndarray:
        rng = np.random.default_rng(SEED)
        if self.workload.name == "lesson":
            return np.array([[0.1]], np.float32)
        if self.workload.name == "xor":
            return np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
        return rng.normal(size=(self.workload.rows, self.workload.sizes[0])).astype(np.float32)

    @cached_property
    def t(self) -> np.ndarray:
        w, rng = self.workload, np.random.default_rng(SEED + 1)
        if w.name == "lesson":
            return np.array([[0.25]], np.float32)
        if w.name == "xor":
            return np.array([[0], [1], [1], [0]], np.float32)
        hidden = self.x @ rng.normal(size=(w.sizes[0], w.sizes[-1])) / np.sqrt(w.sizes[0])
        if w.loss == "softmax_cross_entropy":
            return np.eye(w.sizes[-1], dtype=np.float32)[hidden.argmax(1)]
        return np.sin(hidden).astype(np.float32)

    @cached_property
    def parameters(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Initial (weights, biases) of each layer."""
        rng, sizes = np.random.default_rng(SEED + 2), self.workload.sizes
        return [
            (
                (rng.normal(size=(i, j)) * np.sqrt(1 / i)).astype(np.float32),
                np.zeros(j, np.float32),
            )
            for i, j in itertools.pairwise(sizes)
        ]

    def orders(self, epochs: int) -> np.ndarray:
        """The rows of every batch, as chainrule draws them: (epochs, steps, batch), int32."""
        w = self.workload
        if w.steps == 1:
            return np.broadcast_to(np.arange(w.rows, dtype=np.int32), (epochs, 1, w.rows))
        if len(self._orders) < epochs:
            object.__setattr__(self, "_orders", self._drawn(epochs))
        return self._orders[:epochs]

    def _drawn(self, epochs: int) -> np.ndarray:
        import jax

        from chainrule.engine.training.padding import extent
        from chainrule.engine.training.program import ORDER
        from chainrule.engine.training.shuffle import shuffled

        w, key = self.workload, jax.random.fold_in(jax.random.key(SEED), ORDER)
        sides = extent(w.rows)
        draw = jax.jit(jax.vmap(lambda epoch: shuffled(jax.random.fold_in(key, epoch), sides, w.rows)))
        return np.asarray(draw(np.arange(epochs))).reshape(epochs, w.steps, w.batch)

    def loss(self, parameters: list[tuple[np.ndarray, np.ndarray]]) -> float:
        """E of `parameters` over all rows, in float64: one judge for all engines."""
        a = self.x.astype(np.float64)
        for at, (weights, biases) in enumerate(parameters, start=1):
            z = a @ np.asarray(weights, np.float64) + np.asarray(biases, np.float64)
            a = activated(z, self.workload.activation if at < len(parameters) else self.workload.output)
        if self.workload.loss == "softmax_cross_entropy":
            z = z - z.max(1, keepdims=True)
            return float(-(self.t * (z - np.log(np.exp(z).sum(1, keepdims=True)))).sum(1).mean())
        if self.workload.loss == "binary_cross_entropy":
            return float((np.logaddexp(0, z) - self.t * z).sum(1).mean())
        return float((0.5 * (self.t - a) ** 2).sum(1).mean())


def activated(z: np.ndarray, name: str) -> np.ndarray:
    """The activation called `name`."""
    if name == "relu":
        return np.maximum(z, 0)
    if name == "tanh":
        return np.tanh(z)
    return 1 / (1 + np.exp(-z)) if name == "sigmoid" else z


def layers(workload: Workload) -> Iterator[tuple[int, str]]:
    """Units and activation of each layer; logits where the loss is a cross-entropy."""
    *hidden, last = workload.sizes[1:]
    yield from ((units, workload.activation) for units in hidden)
    yield last, "identity" if "cross_entropy" in workload.loss else workload.output
