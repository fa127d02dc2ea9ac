"""jax.grad + Optax inside one scan over all steps of all epochs."""

from functools import partial
from typing import Any

from benchmarks.speed.engine import Engine
from benchmarks.speed.engines import jax_common as common
from benchmarks.speed.workloads import Job


def prepare(job: Job) -> Any:
    import jax
    import optax

    w, rule = job.workload, common.rule(job.workload)
    x, t = jax.device_put((job.x, job.t))

    def step(carried: Any, rows: Any) -> Any:
        p, state = carried
        a, b = (x, t) if rows is None else (x[rows], t[rows])
        gradients = jax.grad(lambda p: common.loss(w, common.forward(w, p, a), b))(p)
        change, state = rule.update(gradients, state, p)
        return (optax.apply_updates(p, change), state), None

    @partial(jax.jit, static_argnums=2)
    def steps(p: Any, orders: Any, count: int) -> Any:
        return jax.lax.scan(step, (p, rule.init(p)), orders, length=count)[0][0]

    def run(epochs: int) -> Any:
        count = epochs * w.steps
        orders = None if w.steps == 1 else job.orders(epochs).reshape(count, w.batch)
        return common.plain(steps(jax.device_put(job.parameters), orders, count))

    return run


ENGINES = (Engine("JAX + Optax, one scan", prepare, needs="optax"),)
