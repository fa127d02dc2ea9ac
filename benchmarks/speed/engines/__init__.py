"""The engines, one module for each library; what they need is imported when they are prepared."""

from itertools import chain

from benchmarks.speed.engine import Engine
from benchmarks.speed.engines import (
    c_,
    chainrule_,
    equinox_,
    flax_nnx,
    jax_scan,
    jax_step,
    keras_jax,
    micrograd_,
    numpy_,
    sklearn_,
    torch_,
)

_MODULES = (
    chainrule_,
    torch_,
    keras_jax,
    flax_nnx,
    equinox_,
    jax_step,
    jax_scan,
    sklearn_,
    numpy_,
    micrograd_,
    c_,
)
ENGINES: dict[str, Engine] = {one.name: one for one in chain.from_iterable(m.ENGINES for m in _MODULES)}
