"""A fresh order of the rows for every epoch, computed where the rows are.

A sort of random keys, which is how JAX permutes, takes longer than training on the rows. Here each
row's number is enciphered: a Feistel network over the grid high x wide >= rows, whose round functions
are multiply-shift hashes (Dietzfelbinger et al. 1997). It is one-to-one whatever the keys. Grids are
seldom exactly full, so a number that leaves the rows is enciphered again until it is back
(Black & Rogaway 2002, "Ciphers with arbitrary finite domains").
"""

import jax
import jax.numpy as jnp
from jax import lax

from chainrule.engine.training.state import Extent

ROUNDS = 4  # places, pairs and distances of rows are uniform to within what 60,000 shuffles can tell
FEW = 32  # rows; of fewer, whole orders could be told apart
ROUNDS_OF_FEW = 8
EXACT = 1 << 23  # below, float32 divides row numbers exactly, and processors do that many at a time


def shuffled(key: jax.Array, extent: Extent, places: int) -> jax.Array:
    """The numbers of all rows in an order drawn from `key`, int32; 0 in the places that are left over."""
    order = _ordered(key, extent, places, ROUNDS)
    if places >= 2 * FEW:
        return order
    return jnp.where(extent.rows < FEW, _ordered(key, extent, places, ROUNDS_OF_FEW), order)


def _ordered(key: jax.Array, extent: Extent, places: int, rounds: int) -> jax.Array:
    rows, wide, high = (jnp.asarray(number).astype(jnp.uint32) for number in extent)
    odd = jnp.asarray([1, 0], jnp.uint32)  # a multiplier has to be odd
    keys = jax.random.bits(key, (rounds, 2, 2), jnp.uint32) | odd

    def enciphered(number: jax.Array) -> jax.Array:
        if places < EXACT:
            row = (number.astype(jnp.float32) / wide.astype(jnp.float32)).astype(jnp.uint32)
        else:
            row = number // wide
        column = number - row * wide
        for row_key, column_key in keys:
            row = _moved(row, column, row_key, high)
            column = _moved(column, row, column_key, wide)
        return row * wide + column

    numbers = jnp.arange(places, dtype=jnp.uint32)
    order = jnp.where(numbers < rows, enciphered(numbers), 0)

    def back(order: jax.Array) -> jax.Array:
        walked: jax.Array = jnp.where(order >= rows, enciphered(order), order)
        return walked

    permutation = lax.while_loop(lambda order: (order >= rows).any(), back, order)
    return permutation.astype(jnp.int32)


def _moved(half: jax.Array, other_half: jax.Array, key: jax.Array, size: jax.Array) -> jax.Array:
    """`half` moved round a circle of `size` by a hash of the other."""
    moved = half + ((other_half * key[0] + key[1] >> 16) * size >> 16)
    return jnp.minimum(moved, moved - size)  # below `size` the difference wraps to a huge number


def rows_at(array: jax.Array, indices: jax.Array) -> jax.Array:
    """The rows of an array with these numbers, which are there."""
    rows: jax.Array = array.at[indices].get(mode="promise_in_bounds")
    return rows
