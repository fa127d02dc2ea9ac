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
        key = jax.random.key(seed)

        @jax.jit
        def inputs(epoch: Any, step: Any) -> tuple[Any, list[Any]]:
            batch, taken = program.inputs(state._replace(epoch=epoch), tables, key, step)
            return batch.x[:, 0], [taken[name] for name in sorted(set(taken) - set(state.parameters))]

        return [[_step(plan, inputs, epoch, k) for k in range(plan.steps)] for epoch in range(epochs)]


def _step(plan: Plan, inputs: Any, epoch: int, step: int) -> Step:
    numbers, masks = inputs(jnp.int32(epoch), jnp.int32(step))
    real = min(plan.batch, plan.rows - step * plan.batch)
    return Step(np.asarray(numbers)[:real].astype(int), [np.asarray(mask)[:real] for mask in masks])


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

    @jax.jit
    def stepped(p: Arrays, memory: Any, *taken: Any) -> tuple[Any, Arrays, Any]:
        loss, gradient = jax.value_and_grad(cost)(p, *taken)
        change, memory = rule.update(gradient, memory, p)
        return loss, optax.apply_updates(p, change), memory

    losses = []
    with jax.enable_x64(True):
        p = {name: jnp.asarray(a) for name, a in start.items()}
        memory = rule.init(p)
        for steps in epochs:
            total = 0.0
            for rows, masks in steps:
                counted = weight[rows].sum()
                loss, p, memory = stepped(p, memory, x[rows], t[rows], weight[rows] / counted, masks)
                total += float(loss) * counted
            losses.append(total / weight.sum())
    return {name: np.asarray(a) for name, a in p.items()}, losses
