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

from chainrule.engine.devices import SAME_BITS, platform
from chainrule.engine.training.executables import Kept
from chainrule.engine.training.slice_products import sum_of_slices
from chainrule.numbers import PRODUCTS

SMALL = 60_000  # multiplications in the products of a step; from there on XLA's kernels are faster
_ONE_PIECE = ("xla_cpu_small_while_loop_byte_threshold", str(1 << 30))
_PLAIN_CODE: dict[str, str | bool | int] = {
    "xla_cpu_experimental_ynn_fusion_type": "",  # a call of a library inside would break the piece
    "xla_cpu_prefer_vector_width": 512,
}


class Steady:
    """`function`, jitted; on a GPU in such a way that the same numbers give the same bits."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._usual, self._same_bits = jax.jit(function), jax.jit(function, compiler_options=SAME_BITS)

    def __call__(self, *arguments: Any) -> Any:
        return (self._same_bits if platform() == "gpu" else self._usual)(*arguments)

    def lower(self, *arguments: Any) -> Any:
        """As `jax.jit` does for a processor, for which alone compiled programs are kept."""
        return self._usual.lower(*arguments)


class Loop:
    """`function`, jitted in the way that suits how often a step of its loop multiplies."""

    def __init__(
        self,
        function: Callable[..., Any],
        results: Callable[..., Any] = jax.tree.structure,
        spelling: str = "",
    ) -> None:
        jitted = jax.jit(function, compiler_options=_PLAIN_CODE)
        words = spelling and f"{spelling} in one piece"
        self._usual = Kept(Steady(function), results, spelling)
        self._one_piece = Kept(jitted, results, words, _loops_in_one_piece)

    def __call__(self, multiplications: int, *arguments: Any) -> Any:
        if multiplications > SMALL or platform() != "cpu":
            return self._usual(*arguments)
        return self._one_piece(*arguments)


@contextmanager
def _loops_in_one_piece() -> Iterator[None]:
    """Add the option to what this thread compiles, and trace no products that break the piece."""
    _hook.enter()
    _here.compiling = True
    usual = PRODUCTS.set(sum_of_slices)
    try:
        yield
    finally:
        PRODUCTS.reset(usual)
        _here.compiling = False
        _hook.leave()


class _Hook:
    """What stands in JAX's place of compile options while any thread compiles a loop, and not longer."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._threads = 0
        self._usual: Any = None
        self._installed: Any = None

    def enter(self) -> None:
        from jax._src import compiler

        with self._turn:
            self._threads += 1
            usual: Any = getattr(compiler, "get_compile_options", None)
            if self._threads > 1 or usual is None:
                return

            def with_option(*arguments: Any, **named: Any) -> Any:
                options = usual(*arguments, **named)
                if not getattr(_here, "compiling", False):
                    return options
                return type(options).ParseFromString(options.SerializeAsString() + _option(*_ONE_PIECE))

            self._usual, self._installed = usual, with_option
            compiler.get_compile_options = with_option

    def leave(self) -> None:
        from jax._src import compiler

        with self._turn:
            self._threads -= 1
            if not self._threads and getattr(compiler, "get_compile_options", None) is self._installed:
                compiler.get_compile_options = self._usual


_hook = _Hook()
_here = threading.local()


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
