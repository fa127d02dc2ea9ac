"""Loops of small networks are compiled as one piece of code, of others as XLA would; the results agree."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from chainrule import Dense, Network, train
from chainrule.contraction.notation import equation
from chainrule.engine.training.compiling import SMALL, Loop
from chainrule.engine.training.program import program
from chainrule.engine.training.slice_products import sum_of_slices


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


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_training_is_one_piece(optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """XLA's CPU runtime sees no loop of it: each is the end of a function that is compiled as one."""
    from jax._src import compiler

    programs = []
    usual = compiler.compile_or_get_cached

    def watch(*arguments: Any, **named: Any) -> Any:
        programs.append(usual(*arguments, **named))
        return programs[-1]

    monkeypatch.setattr(compiler, "compile_or_get_cached", watch)
    program.cache_clear()
    x = np.random.default_rng(0).normal(size=(150, 4)).astype(np.float32)
    network = Network([Dense(16, "relu"), Dense(3)], "softmax_cross_entropy")
    before = jax.config.values["jax_disable_most_optimizations"]
    jax.config.update("jax_disable_most_optimizations", False)
    try:
        train(network, x, np.eye(3)[np.arange(150) % 3], epochs=1, batch_size=30, optimizer=optimizer)
    finally:
        jax.config.update("jax_disable_most_optimizations", before)
    lines = [line for p in programs for line in p.hlo_modules()[0].to_string().splitlines()]
    loops = [line.strip() for line in lines if " while(" in line]
    assert len(loops) > 4
    assert all(loop.startswith("ROOT ") for loop in loops)
    assert not any(" dot(" in line or "custom-call(" in line for line in lines)


@pytest.mark.parametrize("indices", ["ni,ij->nj", "ni,nj->ij", "nj,ij->ni", "ij,ni->nj", "ni,ij->jn"])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_products_by_slices(indices: str, count: int) -> None:
    rng = np.random.default_rng(0)
    lengths = dict.fromkeys("nij", 3) | {"n": 4, "j": 5}
    eq = equation(indices)
    summed = next(letter for letter in eq.letters if letter not in eq.result.text)
    shapes = [[(lengths | {summed: count})[letter] for letter in group.text] for group in eq.groups]
    arrays = [rng.normal(size=shape) for shape in shapes]
    given = [jnp.asarray(array) for array in arrays]
    np.testing.assert_allclose(sum_of_slices(eq, given), np.einsum(indices, *arrays), rtol=1e-5, atol=1e-6)
    assert sum_of_slices(eq, arrays) is None  # NumPy's are quick enough


@pytest.mark.parametrize("indices", ["ni,nj,n->ij", "n,ni->i", "ni,ij->n", "ni,ni->ni", "n(2i+k),kj->nj"])
def test_other_sums_are_left_to_einsum(indices: str) -> None:
    eq = equation(indices)
    arrays = [jnp.ones((2,) * len(group.axes)) for group in eq.groups]
    assert sum_of_slices(eq, arrays) is None


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
