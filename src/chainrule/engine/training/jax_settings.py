"""JAX as a training needs it, whatever the program around has set; afterwards it is as it was.

A host may forbid what we do on purpose (arrays of NaN that are filled later, rows plus a vector), or choose
other random numbers. Each of these settings belongs to one thread for as long as the context lasts.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from chainrule.engine.devices import contexts as device_contexts
from chainrule.errors import InputError

_forked: list[bool] = []


def _in_child() -> None:
    """In a process just forked: whether JAX had run before, whose threads the child has not."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    started = getattr(bridge, "backends_are_initialized", None)
    if started and started():
        _forked.append(True)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


@contextmanager
def jax_settings(dtype: Any, device: str = "cpu", precision: str = "float32") -> Iterator[None]:
    """JAX's own defaults, in the precision of `dtype`, on a processor or a GPU.

    Args:
        precision: of products on a GPU, see `devices`.

    Raises:
        InputError: this process was forked from one in which JAX had run: it would wait for ever.
    """
    if _forked:
        raise InputError(
            "no training in a process that was forked after JAX had run: its threads did not come along; "
            "start it with multiprocessing.get_context('spawn'), or joblib's 'loky'"
        )
    import jax

    contexts = (
        jax.enable_x64(dtype == np.float64),
        jax.debug_nans(False),
        jax.debug_infs(False),
        jax.debug_key_reuse(False),
        jax.numpy_rank_promotion("allow"),
        jax.numpy_dtype_promotion("standard"),
        jax.threefry_partitionable(True),
        jax.transfer_guard("allow"),
    )
    with ExitStack() as stack:
        for context in (*contexts, *device_contexts(device, precision)):
            stack.enter_context(context)
        yield


def random_key(seed: Any) -> Any:
    """The key that `jax.random.key` makes of a seed below 2**32, without the host's choices in it.

    Args:
        seed: a number, or an array of them (members,).
    """
    import jax

    low = np.asarray(seed, np.uint32)
    words = jax.device_put(np.stack([np.zeros_like(low), low], -1))
    return jax.random.wrap_key_data(words, impl="threefry2x32")
