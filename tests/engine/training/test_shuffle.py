"""Shuffles are permutations, drawn from the key, and uniform as far as many of them can tell."""

import jax
import numpy as np
import pytest
from scipy.stats import chi2

from chainrule.engine.training.padding import extent
from chainrule.engine.training.shuffle import shuffled

MANY = 20_000


def orders(rows: int, count: int, seed: int = 0) -> np.ndarray:
    draw = jax.jit(jax.vmap(lambda key: shuffled(key, extent(rows), rows)))
    return np.asarray(draw(jax.random.split(jax.random.key(seed), count)))


def unlikely(counts: np.ndarray, freedom: int) -> bool:
    """Whether counts that should be equal are further apart than one time in a million."""
    expected = counts.mean()
    return bool(chi2.sf(((counts - expected) ** 2 / expected).sum(), freedom) < 1e-6)


@pytest.mark.parametrize("rows", [1, 2, 3, 32, 33, 997, 70_001])
def test_every_row_once(rows: int) -> None:
    for order in orders(rows, 3):
        np.testing.assert_array_equal(np.sort(order), np.arange(rows))


def test_one_key_one_order() -> None:
    one, other = orders(100, 2)
    np.testing.assert_array_equal(one, orders(100, 2)[0])
    assert (one != other).any()


@pytest.mark.parametrize("rows", [3, 4, 5])
def test_every_order_of_few_rows_comes_equally_often(rows: int) -> None:
    _, counts = np.unique(orders(rows, MANY), axis=0, return_counts=True)
    assert len(counts) == np.prod(range(1, rows + 1))
    assert not unlikely(counts, len(counts) - 1)


@pytest.mark.parametrize("rows", [10, 32, 40, 53])
def test_places_and_neighbours_are_uniform(rows: int) -> None:
    found = orders(rows, MANY)
    places = np.array([np.bincount(column, minlength=rows) for column in found.T])
    assert not unlikely(places, (rows - 1) ** 2)
    pairs = np.bincount(found[:, 3] * rows + found[:, 4], minlength=rows * rows)
    assert not unlikely(pairs.reshape(rows, rows)[~np.eye(rows, dtype=bool)], rows * (rows - 1) - 1)


def test_the_judge_of_uniformity_can_say_no() -> None:
    shifted = (np.arange(10) + np.arange(MANY)[:, None] % 9) % 10
    assert unlikely(np.array([np.bincount(column, minlength=10) for column in shifted.T]), 81)
