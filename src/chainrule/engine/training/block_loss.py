"""E of many rows of tokens in a compiled program: block after block, as one product of all would not fit."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chainrule.engine.backprop import evaluate
from chainrule.engine.network import Network

if TYPE_CHECKING:
    import jax


def loss_in_blocks(
    network: Network,
    parameters: Mapping[str, Any],
    x: "jax.Array",
    t: "jax.Array",
    share: "jax.Array | None",
    weight_decay: Any = 0.0,
) -> "jax.Array":
    """E, as `evaluate` has it; of rows of tokens that are more than a block, added up over blocks."""
    import jax.numpy as jnp
    from jax import lax

    rows = x.shape[0]
    block = network.block(x.shape[1:]) if network.takes == "tokens" else rows
    if rows <= block:
        loss: jax.Array = evaluate(network, parameters, x, t, share, weight_decay).array
        return loss
    count = -(-rows // block)
    dtype = next(iter(parameters.values())).dtype
    share = jnp.full(rows, 1 / rows, dtype) if share is None else share
    blocks = [
        jnp.pad(array, [(0, count * block - rows)] + [(0, 0)] * (array.ndim - 1)).reshape(
            count, block, *array.shape[1:]
        )
        for array in (x, t, share)
    ]  # rows to spare weigh nothing

    def added(total: "jax.Array", parts: Any) -> tuple["jax.Array", None]:
        x, t, share = parts
        return total + evaluate(network, parameters, x, t, share, weight_decay / count).array, None

    summed: jax.Array = lax.scan(added, jnp.zeros((), dtype), blocks)[0]
    return summed
