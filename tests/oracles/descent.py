"""Training as the textbook has it: a Python loop over epochs and batches, `jax.grad`, and Optax outside.

It shares nothing with the compiled program but what cannot be known otherwise: in which order the
rows were taken and which masks dropout drew. Both are read off `Program.inputs`.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from chainrule.engine.training.program import Program
from chainrule.engine.training.state import Plan, Tables
from tests.oracles.gradients import JAX

Arrays = dict[str, np.ndarray]


class Step(NamedTuple):
    """The rows of one batch, without padding, and the masks (rows, width) of the dropout layers."""

    rows: np.ndarray
    masks: list[np.ndarray]


def drawn(plan: Plan, width: int, seed: int, epochs: int) -> list[list[Step]]:
    """What the program takes in each step of each epoch."""
    with jax.enable_x64(True):
        program = Program(plan)
        numbered = jnp.tile(jnp.arange(plan.rows, dtype=jnp.float64)[:, None], (1, width))
        tables = Tables(numbered, numbered[:, :1], None, None)
        state = program.begin({name: jnp.asarray(a) for name, a in plan.network.start(width).items()})
        found = []
        for epoch in range(epochs):
            at = state._replace(epoch=jnp.int32(epoch))
            found.append([_step(program, at, tables, jax.random.key(seed), k) for k in range(plan.steps)])
    return found


def _step(program: Program, state: Any, tables: Tables, key: Any, step: int) -> Step:
    plan = program.plan
    batch, taken = program.inputs(state, tables, key, step)
    real = min(plan.batch, plan.rows - step * plan.batch)
    masks = sorted(set(taken) - set(state.parameters))
    return Step(np.asarray(batch.x[:real, 0]).astype(int), [np.asarray(taken[name])[:real] for name in masks])


def descended(
    plan: Plan,
    start: Arrays,
    x: np.ndarray,
    t: np.ndarray,
    weight: np.ndarray,
    epochs: list[list[Step]],
    rule: optax.GradientTransformation,
) -> tuple[Arrays, list[float]]:
    """The weights in the end, and the mean loss over each epoch's rows, before each update."""
    plain = plan.network.to_dict()

    def cost(p: Arrays, x: Any, t: Any, share: Any, masks: Any) -> Any:
        return JAX.cost(plain, p, x, t, share, masks, plan.weight_decay)

    slope = jax.jit(jax.value_and_grad(cost))
    losses = []
    with jax.enable_x64(True):
        p = {name: jnp.asarray(a) for name, a in start.items()}
        memory = rule.init(p)
        for steps in epochs:
            total = 0.0
            for rows, masks in steps:
                counted = weight[rows].sum()
                loss, gradient = slope(p, x[rows], t[rows], weight[rows] / counted, masks)
                change, memory = rule.update(gradient, memory, p)
                p = optax.apply_updates(p, change)
                total += float(loss) * counted
            losses.append(total / weight.sum())
    return {name: np.asarray(a) for name, a in p.items()}, losses
