"""Starts: their variance, their shape, one seed one draw, given values and what is refused."""

import numpy as np
import pytest

from chainrule.errors import InputError, ShapeError
from chainrule.rules.initializers import STARTS, draw, start
from chainrule.rules.layers.dense import Dense
from chainrule.rules.protocols import Names

SHAPE = (300, 200)  # 60,000 draws: a standard deviation is known to 0.3 %
VARIANCE = {"glorot": 2 / 500, "he": 2 / 300, "lecun": 1 / 300}


def drawn(name: str, shape: tuple[int, ...] = SHAPE, seed: int = 0) -> np.ndarray:
    return draw(name, np.random.default_rng(seed), shape, "w1")


@pytest.mark.parametrize("name", STARTS)
def test_shape_dtype_and_seed(name: str) -> None:
    for shape in ((3, 5), (5, 3), (1, 1), (4,)):
        w = drawn(name, shape)
        assert (w.shape, w.dtype) == (shape, np.float64)
        np.testing.assert_array_equal(w, drawn(name, shape))
        assert name == "zeros" or (w != drawn(name, shape, seed=1)).any() or w.size == 1


@pytest.mark.parametrize("family", VARIANCE)
def test_variances(family: str) -> None:
    uniform, normal = drawn(f"{family}_uniform"), drawn(f"{family}_normal")
    for w in (uniform, normal):
        assert abs(w.mean()) < 4 * np.sqrt(VARIANCE[family] / w.size)
        np.testing.assert_allclose(w.var(), VARIANCE[family], rtol=0.03)
    edge = np.sqrt(3 * VARIANCE[family])
    np.testing.assert_allclose([uniform.min(), uniform.max()], [-edge, edge], rtol=1e-3)
    assert np.abs(normal).max() > 2 * edge


def test_plain_starts() -> None:
    assert not drawn("zeros").any()
    np.testing.assert_allclose([drawn("uniform").min(), drawn("uniform").max()], [-0.5, 0.5], rtol=1e-3)
    np.testing.assert_allclose(drawn("normal").std(), 0.1, rtol=0.02)
    assert abs(drawn("normal").mean()) < 0.002


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5)])
def test_orthogonal(shape: tuple[int, int]) -> None:
    w = drawn("orthogonal", shape)
    short = min(shape)
    np.testing.assert_allclose(w.T @ w if shape[0] > shape[1] else w @ w.T, np.eye(short), atol=1e-14)
    assert w.flags.c_contiguous


def test_orthogonal_is_uniform_over_rotations() -> None:
    """The first column points everywhere alike: its mean is 0, not what signs the factorisation likes."""
    firsts = np.array([drawn("orthogonal", (3, 3), seed)[0, 0] for seed in range(400)])
    assert abs(firsts.mean()) < 4 / np.sqrt(3 * 400)
    determinants = [np.linalg.det(drawn("orthogonal", (3, 3), seed)) for seed in range(100)]
    assert 20 < sum(d > 0 for d in determinants) < 80


def test_given_values() -> None:
    assert start([[1, 2], [3, 4]]) == ((1.0, 2.0), (3.0, 4.0))
    values = draw(((1.0, 2.0), (3.0, 4.0)), np.random.default_rng(0), (2, 2), "w1")
    np.testing.assert_array_equal(values, [[1, 2], [3, 4]])
    assert values.dtype == np.float64
    assert start("auto") == "auto"
    assert start("he_normal") == "he_normal"


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match=r"^no start is called 'he_norma'\. Did you mean 'he_normal'\?$"):
        start("he_norma")
    with pytest.raises(
        InputError, match=r"^no start is called 'zzz'\. One of: zeros, uniform, normal, glorot_"
    ):
        start("zzz")
    message = r"^weights and biases start from a name or from numbers, not \[\['a'\]\]$"
    with pytest.raises(InputError, match=message):
        start([["a"]])
    message = "^weights and biases start from finite numbers; one of the values given is not$"
    for bad in (np.nan, np.inf):
        with pytest.raises(InputError, match=message):
            start([[1.0, bad]])
    with pytest.raises(ShapeError, match=r"^w7 was given as \(1, 2\), but layer 7 wants \(2, 1\)$"):
        draw(((1.0, 2.0),), np.random.default_rng(0), (2, 1), "w7")


def test_dense_starts_as_its_activation_wants() -> None:
    for activation, edge in (
        ("relu", np.sqrt(6 / 300)),
        ("tanh", np.sqrt(6 / 500)),
        (None, np.sqrt(6 / 500)),
    ):
        layer = Dense(200, activation).placed(Names())
        p, outputs = layer.start(np.random.default_rng(0), (300,))
        assert outputs == (200,)
        assert set(p) == {"w1", "b1"}
        np.testing.assert_allclose(np.abs(p["w1"]).max(), edge, rtol=1e-3)
        assert not p["b1"].any()
    drawn_biases = (
        Dense(50, None, "zeros", "normal").placed(Names()).start(np.random.default_rng(0), (3,))[0]["b1"]
    )
    assert 0.05 < drawn_biases.std() < 0.15
    given = Dense(2, None, "zeros", [1.0, 2.0]).placed(Names()).start(np.random.default_rng(0), (3,))[0]
    np.testing.assert_array_equal(given["b1"], [1, 2])
    assert given["w1"].shape == (3, 2)
    assert not given["w1"].any()
