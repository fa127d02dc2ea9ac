"""How a training loop is compiled: small networks as straight code, others by XLA's own choice.

For every step of a loop XLA's CPU runtime starts one small kernel after the other, which takes
longer than a small network's arithmetic. With `xla_cpu_small_while_loop_byte_threshold` the loop
becomes one piece of code. That option can only be set for a whole process (XLA_FLAGS) or in the
compile options that JAX hands to XLA, and `jax.jit` does not pass it on; so it is added to those of
our own compilation. If a future JAX has no such place, loops are as fast as they are without.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax

SMALL = 12_000  # multiplications in the products of a step; from there on XLA's kernels are faster
_ONE_PIECE = ("xla_cpu_small_while_loop_byte_threshold", str(1 << 30))
_PLAIN_CODE: dict[str, str | bool | int] = {
    "xla_cpu_experimental_ynn_fusion_type": "",  # a call of a library inside would break the piece
    "xla_cpu_prefer_vector_width": 512,
}
_turn = threading.Lock()


class Loop:
    """`function`, jitted in the way that suits how often a step of its loop multiplies."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._usual = jax.jit(function)
        self._one_piece = jax.jit(function, compiler_options=_PLAIN_CODE)
        self._compiled: set[Any] = set()  # the shapes that need no compilation any more

    def __call__(self, multiplications: int, *arguments: Any) -> Any:
        if multiplications > SMALL or jax.default_backend() != "cpu":
            return self._usual(*arguments)
        leaves, tree = jax.tree.flatten(arguments)
        shapes = (tree, *(jax.typeof(leaf) for leaf in leaves))
        if shapes in self._compiled:
            return self._one_piece(*arguments)
        with _loops_in_one_piece():
            results = self._one_piece(*arguments)
        self._compiled.add(shapes)
        return results


@contextmanager
def _loops_in_one_piece() -> Iterator[None]:
    """Add the option to what this thread compiles."""
    from jax._src import compiler

    usual: Any = getattr(compiler, "get_compile_options", None)
    mine = threading.get_ident()

    def with_option(*arguments: Any, **named: Any) -> Any:
        options = usual(*arguments, **named)
        if threading.get_ident() != mine:
            return options
        return type(options).ParseFromString(options.SerializeAsString() + _option(*_ONE_PIECE))

    if usual is None:
        yield
        return
    with _turn:
        compiler.get_compile_options = with_option
        try:
            yield
        finally:
            compiler.get_compile_options = usual


def _option(name: str, value: str) -> bytes:
    """CompileOptions with nothing but executable_build_options.debug_options.xla_backend_extra_options
    {name: value}, in protobuf's wire format, where one message after the other is both merged.
    """
    entry = _field(1, name.encode()) + _field(2, value.encode())
    return _field(3, _field(3, _field(500, entry)))


def _field(number: int, payload: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    low = bytes([value & 127 | (128 if value > 127 else 0)])
    return low + (_varint(value >> 7) if value > 127 else b"")
