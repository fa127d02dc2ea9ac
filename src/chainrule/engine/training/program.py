"""The compiled training: whole epochs in one XLA program, from the very rules that explain.

Everything that happens between two visits of the host stands in one `while_loop`: shuffling,
batches, forward, backward, update, validation, threshold and patience.
"""

from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import lax

from chainrule.engine.backprop import sweep
from chainrule.engine.data import real
from chainrule.engine.optimizers import optimizer
from chainrule.engine.training.block_loss import loss_in_blocks
from chainrule.engine.training.compiling import Loop
from chainrule.engine.training.executables import Kept, spelling
from chainrule.engine.training.padding import extent
from chainrule.engine.training.rule_numbers import with_numbers
from chainrule.engine.training.shuffle import rows_at, shuffled
from chainrule.engine.training.state import (
    DIVERGED,
    PATIENCE,
    PLATEAU,
    RUNNING,
    SPAN,
    THRESHOLD,
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
from chainrule.rules.layers.dropout import Dropout

ORDER, MASKS = range(2)  # what random numbers are for, so that no two streams meet


class Program:
    """The compiled functions for one plan.

    begin(parameters, rate=None) -> state
    run(state, tables, key, limits) -> state, chunk       epochs until a limit, SPAN at most
    loss(parameters, numbers, x, t, share, weight_decay=0) -> E    without dropout
    inputs(state, tables, key, step) -> batch, taken      what one step is given, to look into it
    step(state, tables, key, step) -> state               one step of the epoch at hand
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.network = plan.network
        self.rule = optimizer(plan.optimizer, plan.learning_rate)
        words = spelling(plan) and f"{type(self).__name__} {spelling(plan)}"
        self.begin = Kept(jax.jit(self._begin), self._begun, words and f"{words} begin")
        self._loop = Loop(self._run, _run_gives, words)
        self.loss = jax.jit(self._loss)
        self.inputs = jax.jit(self._inputs)
        self.step = jax.jit(self._step)

    def run(self, state: State, tables: Tables, key: jax.Array, limits: Limits) -> tuple[State, Chunk]:
        weights = sum(a.size for a in state.parameters.values() if a.ndim > 1)
        limits = numbers_of(limits, tables.dtype)
        outcome: tuple[State, Chunk] = self._loop(self.plan.batch * weights, state, tables, key, limits)
        return outcome

    def _rule(self, rate: jax.Array | None) -> Any:
        """The optimiser, with `rate` instead of the plan's if there is one."""
        return self.rule if rate is None else optimizer(self.plan.optimizer, rate)

    def _begin(self, parameters: Arrays, rate: jax.Array | None = None) -> State:
        best = parameters if self.plan.patient else None
        worst = jnp.asarray(jnp.inf, next(iter(parameters.values())).dtype)
        memory = self._rule(rate).init(self._learnt(parameters))
        return State(parameters, memory, jnp.int32(0), best, worst, jnp.int32(0))

    def _learnt(self, parameters: Arrays) -> Arrays:
        """The parameters that have a gradient."""
        return {name: array for name, array in parameters.items() if name not in self.network.memory}

    def _begun(self, *arguments: Any) -> Any:
        """The structure of a state."""
        return jax.tree.structure(jax.eval_shape(self._begin, *arguments))

    def _run(self, state: State, tables: Tables, key: jax.Array, limits: Limits) -> tuple[State, Chunk]:
        start, empty = state.epoch, jnp.full(SPAN, jnp.nan, tables.dtype)

        def more(carried: tuple[State, Chunk]) -> jax.Array:
            state, chunk = carried
            going: jax.Array = (state.epoch < limits.epochs) & (chunk.stop == RUNNING)
            return going

        def body(carried: tuple[State, Chunk]) -> tuple[State, Chunk]:
            return self._recorded(*carried, carried[0].epoch - start, tables, key, limits)

        return lax.while_loop(more, body, (state, Chunk(jnp.int32(RUNNING), empty, empty)))

    def _recorded(
        self,
        previous: State,
        chunk: Chunk,
        position: jax.Array,
        tables: Tables,
        key: jax.Array,
        limits: Limits,
    ) -> tuple[State, Chunk]:
        """The state after an epoch, and its losses in place `position` of the chunk, with whether to stop."""
        state, mean = self._epoch(previous, tables, key)
        chunk = chunk._replace(loss=chunk.loss.at[position].set(mean))
        figures = [mean]
        if tables.validation is not None:
            held_out = self._loss(state.parameters, tables.numbers, *tables.validation)
            chunk = chunk._replace(validation=chunk.validation.at[position].set(held_out))
            figures.append(held_out)
        state = self._watched(state, figures, limits)
        chunk = chunk._replace(stop=self._verdict(state, figures, limits))
        if self.plan.thresholded and self.plan.steps == 1:
            # The loss of the only step was measured before its update: below the threshold the
            # update is not needed, and the weights it was measured on are the result.
            state = choose(chunk.stop == THRESHOLD, previous, state)
        return state, chunk

    def _watched(self, state: State, figures: list[jax.Array], limits: Limits) -> State:
        """The state that remembers the best loss, and with patience its weights; figures as in `_verdict`."""
        if not (self.plan.patient or self.plan.plateau):
            return state
        watched = figures[-1] if self.plan.patient else figures[0]
        better = watched < state.best_loss
        enough = better if self.plan.patient else watched <= state.best_loss - limits.gain
        return state._replace(
            best=choose(better, state.parameters, state.best) if self.plan.patient else None,
            best_loss=jnp.where(better, watched, state.best_loss),
            waited=jnp.where(enough, 0, state.waited + 1),
        )

    def _verdict(self, state: State, figures: list[jax.Array], limits: Limits) -> jax.Array:
        """Why to stop after this epoch, if at all; `figures` are its mean loss and its validation loss."""
        stop = jnp.int32(RUNNING)
        if self.plan.patient or self.plan.plateau:
            why = PATIENCE if self.plan.patient else PLATEAU
            stop = jnp.where(state.waited >= limits.patience, why, stop)
        if self.plan.thresholded:
            stop = jnp.where(figures[0] < limits.threshold, THRESHOLD, stop)
        finite = jnp.stack([self._finite(a) for a in (*figures, *state.parameters.values())])
        return jnp.where(finite.all(0), stop, DIVERGED)

    def _finite(self, array: jax.Array) -> jax.Array:
        return jnp.isfinite(array).all()

    def _epoch(self, state: State, tables: Tables, key: jax.Array) -> tuple[State, jax.Array]:
        """The state after all steps of an epoch, and the mean of the losses met on the way."""
        rows = self._order(key, state.epoch, self.extent(tables))
        if rows is None:
            after, loss = self._update(state, tables, key, None, jnp.int32(0))
        else:

            def body(step: jax.Array, carried: tuple[State, jax.Array]) -> tuple[State, jax.Array]:
                next_state, loss = self._update(carried[0], tables, key, rows, step)
                return next_state, carried[1] + loss

            after, loss = lax.fori_loop(
                0, self.steps(tables), body, (state, jnp.zeros(state.epoch.shape, tables.dtype))
            )
        return after._replace(epoch=state.epoch + 1), loss

    def _update(
        self, state: State, tables: Tables, key: jax.Array, rows: jax.Array | None, step: jax.Array
    ) -> tuple[State, jax.Array]:
        """The state after one step, and the batch's loss times its part of all weight."""
        batch, taken = self._prepared(state, tables, key, rows, step)
        decay = self.decay(tables, batch.total)
        mean, gradients, remembered = self._swept(taken, batch, decay, tables.numbers)
        parameters, memory = self._moved(gradients, state, tables.rate)
        parameters |= remembered
        rows = jnp.asarray(self.extent(tables).rows, tables.dtype)
        total = rows if tables.weight is None else jnp.sum(tables.weight)
        if tables.scale is not None:
            penalty = decay / 2 * sum(jnp.sum(a * a) for a in state.parameters.values() if a.ndim > 1)
            mean = (mean - penalty) * tables.scale + penalty
        loss = mean * (batch.total / total)  # in this order it cannot overflow, and 1 is exact
        return state._replace(parameters=parameters, optimizer=memory), loss

    def _swept(
        self, parameters: Arrays, batch: Batch, decay: Any, numbers: Any
    ) -> tuple[jax.Array, Arrays, Arrays]:
        """E of a batch, its gradients, and what layers remember of it."""
        network = with_numbers(self.network, numbers)
        step = sweep(network, parameters, batch.x, batch.t, batch.share, decay)
        renewed = network.remembered(step.parameters, step.numbers) if self.network.memory else {}
        gradients = {name: g.array for name, g in step.gradients.items()}
        return step.loss.array, gradients, {name: number.array for name, number in renewed.items()}

    def _moved(self, gradients: Arrays, state: State, rate: jax.Array | None) -> tuple[Arrays, Any]:
        """The parameters after the optimiser's update, and what it keeps for the next."""
        learnt = self._learnt(state.parameters)
        change, memory = self._rule(rate).update(gradients, state.optimizer, learnt)
        return optax.apply_updates(learnt, change), memory

    def decay(self, tables: Tables, total: jax.Array | int) -> jax.Array | float:
        """λ of the L2 penalty on a batch whose rows weigh `total`."""
        if tables.penalty is None:
            return self.plan.weight_decay if tables.decay is None else tables.decay
        return tables.penalty / jnp.where(total == 0, 1, total)

    def extent(self, tables: Tables) -> Extent:
        """How many rows there are."""
        return extent(self.plan.rows) if tables.extent is None else tables.extent

    def steps(self, tables: Tables) -> Any:
        """Updates in an epoch."""
        return -(-self.extent(tables).rows // self.plan.batch)

    def _order(self, key: jax.Array, epoch: jax.Array, extent: Extent) -> jax.Array | None:
        """The rows of an epoch, in batches (steps, batch); padded with row 0, which then weighs nothing."""
        plan = self.plan
        if plan.steps == 1:
            return None  # a mean does not depend on the order of its rows
        places = plan.steps * plan.batch
        if plan.shuffle:
            rows = shuffled(jax.random.fold_in(jax.random.fold_in(key, ORDER), epoch), extent, places)
        else:
            rows = jnp.arange(places, dtype=jnp.int32)
            rows = jnp.where(rows < extent.rows, rows, 0)
        return rows.reshape(plan.steps, plan.batch)

    def _prepared(
        self, state: State, tables: Tables, key: jax.Array, rows: jax.Array | None, step: jax.Array
    ) -> tuple[Batch, Arrays]:
        """The batch of one step, and what the network takes for it: parameters and masks."""
        batch = self._batch(tables, rows, step)
        masks = self._shares(batch)
        masks |= self._masks(batch.x, jax.random.fold_in(key, MASKS), state.epoch, step, tables.numbers)
        return batch, state.parameters | masks

    def _batch(self, tables: Tables, rows: jax.Array | None, step: jax.Array) -> Batch:
        x, t, weight = tables.x, tables.t, tables.weight
        if rows is not None:
            x, t = self._rows(x, rows[step]), self._rows(t, rows[step])
            weight = None if weight is None else rows_at(weight, rows[step])
        return Batch(x, t, *self._weighed(weight, tables, step))

    def _rows(self, array: jax.Array, indices: jax.Array) -> jax.Array:
        return rows_at(array, indices)

    def _weighed(
        self, weight: jax.Array | None, tables: Tables, step: jax.Array
    ) -> tuple[jax.Array | None, jax.Array]:
        """Each row's part in the mean of a batch, if they differ, and what the rows weigh together."""
        plan, dtype = self.plan, tables.dtype
        all_there = tables.extent is None and not plan.rows % plan.batch
        if weight is None and all_there:
            return None, jnp.asarray(plan.batch, dtype)
        weight = jnp.ones(plan.batch, dtype) if weight is None else weight
        if not all_there:
            places = step * plan.batch + jnp.arange(plan.batch)
            weight = jnp.where(places < self.extent(tables).rows, weight, 0)
        total = jnp.sum(weight)
        return weight / jnp.where(total > 0, total, 1), total

    def _shares(self, batch: Batch) -> Arrays:
        """The part of each row in its batch, for layers that look at whole batches."""
        rows = batch.x.shape[0]
        share = jnp.full(rows, 1 / rows, real(batch.x.dtype)) if batch.share is None else batch.share
        return dict.fromkeys(self.network.shares, share)

    def _masks(self, x: jax.Array, key: jax.Array, epoch: jax.Array, step: jax.Array, numbers: Any) -> Arrays:
        """The masks of the dropout layers for one step, drawn from (seed, epoch, step, layer)."""
        drawn = {}
        inputs = x.shape[1:2] if self.network.takes == "numbers" else x.shape[1:]  # members come last
        for number, (layer, shape) in enumerate(with_numbers(self.network, numbers).walk(inputs)):
            if isinstance(layer, Dropout):
                part_key = key
                for part in (epoch, step, number):
                    part_key = jax.random.fold_in(part_key, part)
                drawn[layer.m] = layer.mask(jax.random.uniform(part_key, (x.shape[0], *shape), real(x.dtype)))
        return drawn

    def _loss(
        self,
        parameters: Arrays,
        numbers: Any,
        x: jax.Array,
        t: jax.Array,
        share: jax.Array | None,
        weight_decay: jax.Array | float = 0.0,
    ) -> jax.Array:
        network = with_numbers(self.network, numbers)
        return loss_in_blocks(network, parameters, x, t, share, weight_decay)

    def _inputs(self, state: State, tables: Tables, key: jax.Array, step: jax.Array) -> tuple[Batch, Arrays]:
        return self._prepared(state, tables, key, self._order(key, state.epoch, self.extent(tables)), step)

    def _step(self, state: State, tables: Tables, key: jax.Array, step: jax.Array) -> State:
        return self._update(state, tables, key, self._order(key, state.epoch, self.extent(tables)), step)[0]


@lru_cache(maxsize=32)
def program(plan: Plan) -> Program:
    """The program for `plan`; equal plans share one, so that a second training does not compile again."""
    return Program(plan)


def _run_gives(state: State, tables: Tables, *_: Any) -> Any:
    """The structure of a state and a chunk."""
    return jax.tree.structure((state, Chunk(tables.x, tables.x, tables.x)))


def choose(condition: jax.Array, chosen: Any, alternative: Any) -> Any:
    """`chosen` where the condition holds, else `alternative`, for every array of a tree. Where the
    condition is one of many members, what they share (a count of updates) is the alternative's.
    """
    return jax.tree.map(
        lambda a, b: jnp.where(condition, a, b) if a.ndim >= condition.ndim else b, chosen, alternative
    )
