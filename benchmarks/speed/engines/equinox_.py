"""Equinox + Optax, a jitted step, as its documentation shows."""

from typing import Any

from benchmarks.speed.engine import Engine
from benchmarks.speed.engines import jax_common as common
from benchmarks.speed.workloads import Job, layers


def prepare(job: Job) -> Any:
    import equinox as eqx
    import jax
    import jax.numpy as jnp

    w, rule = job.workload, common.rule(job.workload)
    kinds = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid, "identity": None}

    def model() -> Any:
        parts: list[Any] = []
        width = w.sizes[0]
        for (units, activation), (weights, biases) in zip(layers(w), job.parameters, strict=True):
            dense = eqx.nn.Linear(width, units, key=jax.random.key(0))
            new = (jnp.asarray(weights.T), jnp.asarray(biases))
            parts.append(eqx.tree_at(lambda d: (d.weight, d.bias), dense, new))
            if kind := kinds[activation]:
                parts.append(eqx.nn.Lambda(kind))
            width = units
        return eqx.nn.Sequential(parts)

    @eqx.filter_jit
    def step(net: Any, state: Any, x: Any, t: Any) -> Any:
        gradients = eqx.filter_grad(lambda net: common.loss(w, jax.vmap(net)(x), t))(net)
        change, state = rule.update(gradients, state, eqx.filter(net, eqx.is_inexact_array))
        return eqx.apply_updates(net, change), state

    def run(epochs: int) -> Any:
        net = model()
        state = rule.init(eqx.filter(net, eqx.is_inexact_array))
        for x, t in common.batches(job, epochs):
            net, state = step(net, state, x, t)
        return common.plain([(p.weight.T, p.bias) for p in net.layers if isinstance(p, eqx.nn.Linear)])

    return run


ENGINES = (Engine("Equinox + Optax", prepare, needs="equinox"),)
