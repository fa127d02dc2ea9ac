"""Where a training is computed: on the processor, or on a GPU where JAX has one and a step is worth it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Literal, get_args

from chainrule.errors import InputError, did_you_mean

DeviceName = Literal["auto", "cpu", "gpu"]
Precision = Literal["float32", "tensorfloat32"]
DEVICES: tuple[str, ...] = get_args(DeviceName)
PRECISIONS: tuple[str, ...] = get_args(Precision)
WORTH = 1_000_000  # multiplications in the products of a step; a GPU is slower with fewer, as it starts anew
SAME_BITS = {"xla_gpu_deterministic_ops": True}  # at most twice the time of a step, less for large ones


def known(word: Any, words: tuple[str, ...], name: str) -> None:
    """Let `word` pass if it is one of these.

    Raises:
        InputError: it is not.
    """
    if word not in words:
        hint = did_you_mean(str(word), words)
        raise InputError(f"{name} is one of {', '.join(words)}, not {word!r}.{hint}")


def has_gpu() -> bool:
    """Whether JAX has a GPU here."""
    import jax

    return jax.default_backend() == "gpu"


def place(word: str, multiplications: int) -> str:
    """`cpu` or `gpu`: where a training with so many multiplications a step is computed.

    Raises:
        InputError: a GPU is asked for, and JAX has none.
    """
    if word == "cpu":
        return "cpu"
    if word == "gpu" and not has_gpu():
        raise InputError(
            "JAX has no GPU here, so nothing can be computed on one; where there is one from NVIDIA, "
            "pip install 'jax[cuda13]'"
        )
    return "gpu" if has_gpu() and (word == "gpu" or multiplications >= WORTH) else "cpu"


def in_use() -> Any:
    """The device that JAX computes on where this is called."""
    import jax

    return jax.config.values["jax_default_device"] or jax.devices()[0]


def platform() -> str:
    """What kind of device that is: `cpu`, `gpu`, ..."""
    device = in_use()
    name = device.partition(":")[0] if isinstance(device, str) else device.platform
    return "gpu" if name in ("cuda", "rocm") else str(name)


def name_of_device() -> str:
    """What the maker calls it; a processor is `cpu`."""
    return str(getattr(in_use(), "device_kind", in_use()))


def contexts(name: str, precision: str) -> Iterator[AbstractContextManager[Any]]:
    """What makes JAX compute on a device, products in this precision; nothing where there is no other."""
    import jax

    if not has_gpu():
        return
    if platform() != name:  # who has several GPUs may have chosen one
        yield jax.default_device(jax.devices(name)[0])
    if name == "gpu":
        yield jax.default_matmul_precision(precision)
