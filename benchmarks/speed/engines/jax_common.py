"""What the JAX peers share: a forward pass, a loss, Optax, and a loop of jitted steps."""

from typing import Any

from benchmarks.speed.workloads import Job, Workload, layers


def forward(workload: Workload, parameters: Any, x: Any) -> Any:
    """The last layer's output; logits where the loss is a cross-entropy."""
    import jax
    import jax.numpy as jnp

    kinds = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid, "identity": lambda z: z}
    for (weights, biases), (_, activation) in zip(parameters, layers(workload), strict=True):
        x = kinds[activation](x @ weights + biases)
    return x


def loss(workload: Workload, y: Any, t: Any) -> Any:
    """The loss of a batch, averaged over rows."""
    import jax.numpy as jnp
    import optax

    if workload.loss == "softmax_cross_entropy":
        return optax.softmax_cross_entropy(y, t).mean()
    if workload.loss == "binary_cross_entropy":
        return optax.sigmoid_binary_cross_entropy(y, t).sum(1).mean()
    return (0.5 * jnp.sum((t - y) ** 2, axis=1)).mean()


def rule(workload: Workload) -> Any:
    import optax

    return {"sgd": optax.sgd, "adam": optax.adam}[workload.optimizer](workload.learning_rate)


def plain(parameters: Any) -> Any:
    import numpy as np

    return [(np.asarray(weights), np.asarray(biases)) for weights, biases in parameters]


def batches(job: Job, epochs: int) -> Any:
    """x and t of every step."""
    if job.workload.steps == 1:
        for _ in range(epochs):
            yield job.x, job.t
        return
    for order in job.orders(epochs):
        for rows in order:
            yield job.x[rows], job.t[rows]
