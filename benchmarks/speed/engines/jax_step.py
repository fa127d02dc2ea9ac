"""jax.grad + Optax, one jitted step called from Python, as Optax's documentation shows."""

from typing import Any

from benchmarks.speed.engine import Engine
from benchmarks.speed.engines import jax_common as common
from benchmarks.speed.workloads import Job


def prepare(job: Job) -> Any:
    import jax
    import optax

    w, rule = job.workload, common.rule(job.workload)

    @jax.jit
    def step(p: Any, state: Any, x: Any, t: Any) -> Any:
        gradients = jax.grad(lambda p: common.loss(w, common.forward(w, p, x), t))(p)
        change, state = rule.update(gradients, state, p)
        return optax.apply_updates(p, change), state

    def run(epochs: int) -> Any:
        p = jax.device_put(job.parameters)
        state = rule.init(p)
        for x, t in common.batches(job, epochs):
            p, state = step(p, state, x, t)
        return common.plain(p)

    return run


ENGINES = (Engine("JAX + Optax, jitted step", prepare, needs="optax"),)
