"""A fresh order of the rows for every epoch, computed where the rows are.

A sort of random keys, which is how JAX permutes, takes longer than training on the rows. Here each
row's number is enciphered: a Feistel network over the grid high x wide >= rows, whose round functions
are multiply-shift hashes (Dietzfelbinger et al. 1997). It is one-to-one whatever the keys. Grids are
seldom exactly full, so a number that leaves the rows is enciphered again until it is back
(Black & Rogaway 2002, "Ciphers with arbitrary finite domains").
"""

from math import isqrt

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

ROUNDS = 4  # places, pairs and distances of rows are uniform to within what 60,000 shuffles can tell
FEW = 32  # rows; of fewer, whole orders could be told apart
ROUNDS_OF_FEW = 8


def shuffled(key: jax.Array, rows: int) -> jax.Array:
    """0 ... rows − 1 in an order drawn from `key`, int32."""
    wide = isqrt(max(rows - 1, 0)) + 1
    high = -(-rows // wide)
    rounds = ROUNDS if rows >= FEW else ROUNDS_OF_FEW
    odd = jnp.asarray([1, 0], jnp.uint32)  # a multiplier has to be odd
    keys = jax.random.bits(key, (rounds, 2, 2), jnp.uint32) | odd
    grid = np.arange(high * wide, dtype=np.uint32)
    row, column = jnp.asarray(grid // wide), jnp.asarray(grid % wide)
    for row_key, column_key in keys:
        row = _moved(row, column, row_key, high)
        column = _moved(column, row, column_key, wide)
    cipher = (row * jnp.uint32(wide) + column).astype(jnp.int32)
    order: jax.Array = cipher[:rows]
    beyond = cipher[rows:]
    if not beyond.size:
        return order

    def back(order: jax.Array) -> jax.Array:
        walked: jax.Array = jnp.where(order >= rows, beyond.at[order - rows].get(mode="clip"), order)
        return walked

    permutation: jax.Array = lax.while_loop(lambda order: (order >= rows).any(), back, order)
    return permutation


def _moved(half: jax.Array, other_half: jax.Array, key: jax.Array, size: int) -> jax.Array:
    """`one` moved round a circle of `size` by a hash of `other`."""
    moved = half + ((other_half * key[0] + key[1] >> 16) * jnp.uint32(size) >> 16)
    return jnp.minimum(moved, moved - jnp.uint32(size))  # below `size` the difference wraps to a huge number
