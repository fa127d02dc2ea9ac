"""Flax NNX + Optax, a jitted step, as its documentation shows."""

from typing import Any

from benchmarks.speed.engine import Engine
from benchmarks.speed.engines import jax_common as common
from benchmarks.speed.workloads import Job, layers


def prepare(job: Job) -> Any:
    import jax
    import jax.numpy as jnp
    from flax import nnx

    w = job.workload
    kinds = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid, "identity": None}

    def model() -> Any:
        parts: list[Any] = []
        width = w.sizes[0]
        for (units, activation), (weights, biases) in zip(layers(w), job.parameters, strict=True):
            dense = nnx.Linear(width, units, rngs=nnx.Rngs(0))
            dense.kernel.set_value(jnp.asarray(weights))
            dense.bias.set_value(jnp.asarray(biases))
            parts.append(dense)
            if kind := kinds[activation]:
                parts.append(kind)
            width = units
        return nnx.Sequential(*parts)

    @nnx.jit
    def step(net: Any, optimizer: Any, x: Any, t: Any) -> None:
        gradients = nnx.grad(lambda net: common.loss(w, net(x), t))(net)
        optimizer.update(net, gradients)

    def run(epochs: int) -> Any:
        net = model()
        optimizer = nnx.Optimizer(net, common.rule(w), wrt=nnx.Param)
        for x, t in common.batches(job, epochs):
            step(net, optimizer, x, t)
        return common.plain([(p.kernel[...], p.bias[...]) for p in net.layers if isinstance(p, nnx.Linear)])

    return run


ENGINES = (Engine("Flax NNX + Optax", prepare, needs="flax"),)
