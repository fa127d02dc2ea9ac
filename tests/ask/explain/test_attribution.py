"""Attributions: complete to the last digits at kinks too, and beside exact Shapley values."""

from itertools import permutations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chainrule.ask.explain.attribution import (
    BOUND,
    integrated_gradients,
    rank_correlation,
    shapley_values,
    slopes_of,
)
from chainrule.engine.network import Network
from chainrule.rules.layers.dense import Dense

KINDS = ["relu", "tanh", "sigmoid", "leaky_relu", "gelu"]
ENDS = {"half_squared_error": 2, "softmax_cross_entropy": 3, "binary_cross_entropy": 1}


def made(seed):
    """A network with weights of all sizes, a point and a baseline."""
    rng = np.random.default_rng(seed)
    loss = list(ENDS)[seed % 3]
    widths = rng.integers(2, 40, size=2)
    kind = KINDS[seed % len(KINDS)]
    network = Network(
        [Dense(int(widths[0]), kind), Dense(int(widths[1]), kind), Dense(ENDS[loss])], loss=loss
    )
    inputs = int(rng.integers(2, 9))
    start = network.start(inputs, seed)
    p = {name: a * rng.uniform(0.5, 2) + 0.1 * rng.normal(size=a.shape) for name, a in start.items()}
    return network, p, rng.normal(size=inputs), rng.normal(size=inputs)


@pytest.mark.parametrize("seed", range(6))
def test_slopes_are_those_of_the_prediction(seed):
    network, p, x, _ = made(seed)
    points = np.stack([x, -x])
    for output in range(ENDS[list(ENDS)[seed % 3]]):
        values, gradients = slopes_of(network, p, output)(points)
        np.testing.assert_allclose(values, network.predict(p, points)[:, output], rtol=1e-14)
        with jax.enable_x64(True):

            def predicted(x, output=output):
                return network.predict({n: jnp.asarray(a) for n, a in p.items()}, x[None])[0, output]

            for point, gradient in zip(points, gradients, strict=True):
                np.testing.assert_allclose(
                    gradient, jax.grad(predicted)(jnp.asarray(point)), rtol=1e-9, atol=1e-14
                )


def test_complete_on_a_hundred_networks():
    """Below a millionth of the output's change, ReLU included."""
    for seed in range(100):
        network, p, x, baseline = made(seed)
        found = integrated_gradients(slopes_of(network, p, 0), x, baseline)
        assert abs(found.remainder) <= BOUND * abs(found.end - found.start)
        assert abs(found.remainder) <= found.bound
        assert found.end == pytest.approx(network.predict(p, x[None])[0, 0], rel=1e-13)


def test_a_line_is_its_weights_and_a_kink_is_where_it_is():
    slopes = slopes_of(Network([Dense(1)]), {"w1": np.array([[2.0], [-3.0]]), "b1": np.zeros(1)}, 0)
    found = integrated_gradients(slopes, np.array([1.0, 2.0]), np.array([0.5, 0.0]))
    np.testing.assert_allclose(found.parts, [1.0, -6.0], rtol=1e-12)
    bent = slopes_of(Network([Dense(1, "relu")]), {"w1": np.ones((2, 1)), "b1": np.array([-1.0])}, 0)
    found = integrated_gradients(bent, np.array([2.0, 1.0]), np.zeros(2))  # flat up to a third of the way
    np.testing.assert_allclose(found.parts, [4 / 3, 2 / 3], rtol=1e-8)
    same = integrated_gradients(bent, np.ones(2), np.ones(2))
    assert (same.parts == 0).all()
    assert same.remainder == 0


def test_shapley_values_are_means_over_all_orders():
    network, p, x, baseline = made(4)
    values = slopes_of(network, p, 0)
    groups = [np.array([0]), np.arange(1, len(x))]
    groups = groups if len(x) < 4 else [np.array([0]), np.array([1, 2]), np.arange(3, len(x))]
    found = shapley_values(lambda points: values(points)[0], x, baseline, groups)
    expected = np.zeros(len(groups))
    orders = list(permutations(range(len(groups))))
    for order in orders:
        point = baseline.copy()
        for group in order:
            before = values(point[None])[0][0]
            point[groups[group]] = x[groups[group]]
            expected[group] += (values(point[None])[0][0] - before) / len(orders)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-14)


def test_near_to_shapley_on_small_networks():
    """Of 100 networks with at most 8 inputs: the median of the rank correlations and of the differences."""
    ranks, gaps = [], []
    for seed in range(100):
        network, p, x, baseline = made(seed)
        slopes = slopes_of(network, p, 0)
        exact = shapley_values(
            lambda q, s=slopes: s(q)[0], x, baseline, [np.array([k]) for k in range(len(x))]
        )
        parts = integrated_gradients(slopes, x, baseline).parts
        assert exact.sum() == pytest.approx(parts.sum(), rel=1e-5, abs=1e-9)
        ranks.append(rank_correlation(exact, parts))
        gaps.append(np.abs(exact - parts).max() / np.abs(exact).max())
    assert np.median(ranks) > 0.9
    assert np.median(gaps) < 0.3
