"""Matrix products of small networks as sums of slices, which XLA compiles into the loop that they stand in.

XLA's own product is a call. On JAX 0.11 and later a call breaks a loop that should be one piece of code, and
before it is slower than this for sums of a few dozen terms.
"""

from collections.abc import Sequence

import jax
from jax import lax

from chainrule.contraction.notation import Contraction
from chainrule.numbers import Array

_TERMS = 4  # in one turn of the loop over them; 8 and 16 are slower


def sum_of_slices(eq: Contraction, arrays: Sequence[Array]) -> Array | None:
    """The product of two matrices, term by term along the letter that is summed; None of anything else."""
    groups, result = [group.text for group in eq.groups], eq.result.text
    if not eq.is_plain or [len(group) for group in [*groups, result]] != [2, 2, 2]:
        return None
    if not all(isinstance(array, jax.Array) for array in arrays):
        return None
    summed = (set(groups[0]) & set(groups[1])) - set(result)
    if len(summed) != 1 or set(result) - set(groups[0]) - set(groups[1]):
        return None
    letter = summed.pop()
    (upright, rows), (flat, columns) = sorted(
        zip(groups, arrays, strict=True), key=lambda pair: result[0] not in pair[0]
    )
    if flat[1] == letter:  # its slices would lie scattered in memory
        columns = lax.optimization_barrier(columns.T)  # type: ignore[no-untyped-call]

    def term(k: Array | int) -> Array:
        column = lax.dynamic_index_in_dim(rows, k, upright.index(letter), keepdims=False)
        return column[:, None] * lax.dynamic_index_in_dim(columns, k, 0, keepdims=False)

    count = columns.shape[0]
    if count == 1:
        return term(0)
    return lax.fori_loop(1, count, lambda k, total: total + term(k), term(0), unroll=_TERMS)
