"""Loops of small networks are compiled as one piece of code, of others as XLA would; the results agree."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from chainrule.engine.training.compiling import SMALL, Loop


def powers(matrix: jax.Array, count: int) -> jax.Array:
    return lax.fori_loop(0, count, lambda _, m: jnp.tanh(m @ matrix), matrix)


MATRIX = np.random.default_rng(0).normal(size=(8, 8))


def options_seen(monkeypatch: pytest.MonkeyPatch, multiplications: int) -> list[bytes]:
    """The compile options that JAX makes for a loop."""
    from jax._src import compiler

    seen = []
    usual = compiler.compile_or_get_cached

    def watch(backend, computation, devices, options, *rest, **named):  # type: ignore[no-untyped-def]
        seen.append(options.SerializeAsString())
        return usual(backend, computation, devices, options, *rest, **named)

    monkeypatch.setattr(compiler, "compile_or_get_cached", watch)
    Loop(powers)(multiplications, MATRIX, 3)
    return seen


def test_only_small_loops_are_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    name = b"xla_cpu_small_while_loop_byte_threshold"
    assert any(name in one for one in options_seen(monkeypatch, SMALL))
    assert not any(name in one for one in options_seen(monkeypatch, SMALL + 1))


def test_jax_is_left_as_it_was() -> None:
    from jax._src import compiler

    before = compiler.get_compile_options
    Loop(powers)(0, MATRIX, 2)
    with pytest.raises(TypeError):
        Loop(powers)(0, "no matrix", 2)
    assert compiler.get_compile_options is before


def test_both_ways_give_the_same_numbers() -> None:
    one, other = (np.asarray(Loop(powers)(size, MATRIX, 5)) for size in (0, SMALL + 1))
    np.testing.assert_allclose(one, other, rtol=1e-4)
