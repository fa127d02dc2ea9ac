"""Many trainings of one network as one compiled program: each member with its own start, order and rates.

It is the program of one training; only its arrays are those of all members, their axis last. Members that
have stopped stay as they are while the others go on.
"""

from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from chainrule.engine.backprop import evaluate, sweep
from chainrule.engine.training.compiling import SMALL
from chainrule.engine.training.member_arrays import LARGE, Members, shared
from chainrule.engine.training.program import MASKS, Program, choose
from chainrule.engine.training.rule_numbers import with_numbers
from chainrule.engine.training.shuffle import rows_at
from chainrule.engine.training.state import (
    ENSEMBLE_SPAN,
    RUNNING,
    Arrays,
    Batch,
    Chunk,
    Extent,
    Limits,
    Plan,
    State,
    Tables,
    numbers_of,
)

# Optimisers of Optax's that treat every number of an array by itself; others take norms of whole arrays,
# and are told of one member at a time.
NUMBERWISE = {
    *("adabelief", "adadelta", "adagrad", "adam", "adamax", "adamaxw", "adamw", "adan", "amsgrad", "lion"),
    *("optimistic_adam_v2", "optimistic_gradient_descent", "radam", "rmsprop", "rprop", "sgd", "sign_sgd"),
    *("signum", "yogi"),
}
_each = partial(jax.vmap, in_axes=-1, out_axes=-1)


class Together(Program):
    """The compiled functions for one plan and many members; see `Program`.

    Arrays of a state, keys, `tables.rate` and `tables.decay` have the members' axis last, and so has what
    a chunk brings back; the epochs of the limits are those of each member.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        named = isinstance(plan.optimizer, str)
        self.numberwise = named and plan.optimizer in NUMBERWISE

    def run(self, state: State, tables: Tables, key: jax.Array, limits: Limits) -> tuple[State, Chunk]:
        widest = max(a[..., 0].size for a in state.parameters.values() if a.ndim == 3)
        in_one_piece = self.plan.batch * widest < LARGE
        outcome: tuple[State, Chunk] = self._loop(
            0 if in_one_piece else SMALL + 1, state, tables, key, numbers_of(limits, tables.x.dtype)
        )
        return outcome

    def _begin(self, parameters: Arrays, rate: jax.Array | None = None) -> State:
        state = super()._begin(parameters, rate)
        members = next(iter(parameters.values())).shape[-1]
        if not self.numberwise:
            state = state._replace(
                optimizer=_each(lambda p, rate: self._rule(rate).init(p))(parameters, rate)
            )
        epoch, best_loss, waited = (
            jnp.repeat(a, members) for a in (state.epoch, state.best_loss, state.waited)
        )
        return state._replace(epoch=epoch, best_loss=best_loss, waited=waited)

    def _run(self, state: State, tables: Tables, key: jax.Array, limits: Limits) -> tuple[State, Chunk]:
        members = state.epoch.shape[0]
        empty = jnp.full((ENSEMBLE_SPAN, members), jnp.nan, tables.x.dtype)

        def going(state: State, chunk: Chunk) -> jax.Array:
            on: jax.Array = (state.epoch < limits.epochs) & (chunk.stop == RUNNING)
            return on

        def body(carried: tuple[State, Chunk, jax.Array]) -> tuple[State, Chunk, jax.Array]:
            before, chunk, position = carried
            next_state, record = self._recorded(before, chunk, position, tables, key, limits)
            on = going(before, chunk)
            state = choose(~on, before, next_state)
            return state, record._replace(stop=jnp.where(on, record.stop, chunk.stop)), position + 1

        start = (state, Chunk(jnp.full(members, RUNNING, jnp.int32), empty, empty), jnp.int32(0))
        state, chunk, _ = lax.while_loop(lambda carried: going(*carried[:2]).any(), body, start)
        return state, chunk

    def _finite(self, array: jax.Array) -> jax.Array:
        return jnp.isfinite(array).all(tuple(range(array.ndim - 1)))

    def _order(self, key: jax.Array, epoch: jax.Array, extent: Extent) -> jax.Array | None:
        if self.plan.steps == 1:
            return None
        orders: jax.Array | None = _each(partial(super()._order, extent=extent))(key, epoch)
        return orders

    def _prepared(
        self, state: State, tables: Tables, key: jax.Array, rows: jax.Array | None, step: jax.Array
    ) -> tuple[Batch, Arrays]:
        batch = self._batch(tables, rows, step)

        def masks(key: jax.Array, epoch: jax.Array) -> Arrays:
            return self._masks(batch.x, jax.random.fold_in(key, MASKS), epoch, step, tables.numbers)

        return batch, state.parameters | _each(masks)(key, state.epoch)

    def _rows(self, array: jax.Array, indices: jax.Array) -> jax.Array:
        # A row after the other: XLA would fuse the whole into each of its uses, and gather again and again.
        def put(row: jax.Array, rows: jax.Array) -> jax.Array:
            return rows.at[row].set(rows_at(array, indices[row]).T)

        size, members = indices.shape
        empty = jnp.zeros((size, array.shape[1], members), array.dtype)
        found: jax.Array = lax.fori_loop(0, size, put, empty)
        return found

    def _weighed(
        self, weight: jax.Array | None, tables: Tables, step: jax.Array
    ) -> tuple[jax.Array | None, jax.Array]:
        weighed = super()._weighed
        share, total = (
            weighed(weight, tables, step)
            if weight is None or weight.ndim == 1
            else _each(lambda weight: weighed(weight, tables, step))(weight)
        )
        return share if share is None or share.ndim == 2 else share[:, None], total

    def _swept(
        self, parameters: Arrays, batch: Batch, decay: Any, numbers: Any
    ) -> tuple[jax.Array, Arrays, Arrays]:
        share = None if batch.share is None else Members(batch.share)
        x, t = (Members(a) if a.ndim == 3 else shared(a) for a in batch[:2])
        network = with_numbers(self.network, numbers)
        step = sweep(network, _wrapped(parameters), x, t, share, _rate(decay))
        return step.loss.array.raw, {name: g.array.raw for name, g in step.gradients.items()}, {}

    def _moved(self, gradients: Arrays, state: State, rate: jax.Array | None) -> tuple[Arrays, Any]:
        if self.numberwise:
            return super()._moved(gradients, state, rate)
        moved: tuple[Arrays, Any] = _each(super()._moved)(gradients, state, rate)
        return moved

    def _loss(
        self,
        parameters: Arrays,
        numbers: Any,
        x: jax.Array,
        t: jax.Array,
        share: jax.Array | None,
        weight_decay: jax.Array | float = 0.0,
    ) -> jax.Array:
        rows = None if share is None else shared(share)
        decay = _rate(weight_decay)
        network = with_numbers(self.network, numbers)
        total = evaluate(network, _wrapped(parameters), shared(x), shared(t), rows, decay).array.raw
        loss: jax.Array = total
        return loss


@lru_cache(maxsize=32)
def together(plan: Plan) -> Together:
    """The program for `plan`; equal plans share one."""
    return Together(plan)


def _wrapped(arrays: Arrays) -> dict[str, Members]:
    return {name: Members(array) for name, array in arrays.items()}


def _rate(rate: Any) -> Any:
    """A rate that differs between members, or the one of all."""
    return Members(rate) if isinstance(rate, jax.Array) else rate
