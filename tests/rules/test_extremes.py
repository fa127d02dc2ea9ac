"""Each rule alone against a thousand digits, from one end of the range of numbers to the other.

Values are within 4 ulp of the truth, GELU's (three factors) and all slopes and gradients within 16;
where a slope is a sum that cancels (GELU's and SiLU's, beside their zero), 16 units of rounding of its
terms. A product one of whose factors is a denormal can be no better than that factor: a denormal's
spacing times the others; XLA on a CPU knows no denormals, so there it is the smallest normal number.
GELU~ puts its argument's rounding into an exponent of up to 200: it is held to `tests.bounds`.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp, mpf

from chainrule.numbers import Number, given
from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.registry import LOSSES
from tests.bounds import rounding, scale
from tests.oracles import exact

VALUE, SLOPE = 4, 16  # ulp
ENDS = [0.0, 5e-324, 1e-308, 1e-20, 1e-8, 1e-3, 0.5, 1.0, 2.5, 5.0, 8.0, 9.0, 13.0, 17.0, 20.0, 36.5]
ENDS += [37.0, 38.5, 40.0, 88.0, 104.0, 300.0, 700.0, 709.0, 710.0, 745.0, 746.0, 800.0]
FAR = [1e4, 1e300]  # the thousand digits end here: only the outcome is known
ORDINARY = np.random.default_rng(0).normal(0, 4, 60).tolist()
ALL = sorted({sign * z for z in ENDS for sign in (1, -1)} | set(ORDINARY))

pointwise = pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
libraries = pytest.mark.parametrize("library", ["numpy", "jax"])
dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


@pytest.fixture(autouse=True)
def _many_digits() -> Iterator[None]:
    with mp.workdps(exact.DIGITS):
        yield


def arguments(dtype: str, values: list[float] = ALL) -> np.ndarray:
    with np.errstate(all="ignore"):
        z = np.array([values], dtype)
    return z[:, np.isfinite(z[0])]


def both(name: str, z: np.ndarray, library: str = "numpy") -> tuple[Number, Number]:
    """a and dE/dz for dE/da = 1."""

    def run(z: Any) -> tuple[Number, Number]:
        ones = z.__array_namespace__().ones_like(z)
        a, kept = ACTIVATIONS[name]().forward({}, given("z", z))
        return a, ACTIVATIONS[name]().backward({}, kept, given("dE/da", ones))[1]

    with np.errstate(all="ignore"):
        ours = run(z)
    if library == "jax":
        with jax.enable_x64(z.dtype == np.float64):
            arrays = jax.jit(lambda z: [number.array for number in run(z)])(jnp.asarray(z))
        return tuple(replaced(n, np.asarray(a)) for n, a in zip(ours, arrays, strict=True))  # type: ignore[return-value]
    return ours


def replaced(number: Number, array: np.ndarray) -> Number:
    """The same Number as JAX computed it: the paths stay NumPy's, which scales are taken from."""
    other: Number = object.__new__(Number)
    for name in ("name", "paths", "through"):
        object.__setattr__(other, name, getattr(number, name))
    object.__setattr__(other, "array", array)
    return other


@cache
def truth(name: str, which: int, dtype: str) -> list[Any]:
    return [exact.ACTIVATIONS[name][which](mpf(float(one))) for one in arguments(dtype)[0]]


def spacing(truth: Any, dtype: str) -> float:
    return float(np.spacing(np.abs(np.dtype(dtype).type(truth))))


def worst(got: np.ndarray, want: list[Any], room: np.ndarray, dtype: str, ulps: int) -> str:
    """The element that is furthest off, in words, if one is further off than `ulps` plus its room."""
    for value, true, extra in zip(got.ravel().tolist(), want, room.ravel().tolist(), strict=True):
        if abs(true) > mpf(float(np.finfo(dtype).max)):  # e^z is soon beyond the range
            if value != float(mp.sign(true)) * np.inf:
                return f"{value!r} should be ±inf"
            continue
        ulp = spacing(float(true), dtype)
        off = abs(mpf(value) - true)
        if not off <= ulps * ulp + extra:
            return f"{value!r} should be {mp.nstr(true, 20)}: {mp.nstr(off / ulp, 5)} ulp"
    return ""


def denormal_factor(z: np.ndarray, library: str) -> np.ndarray:
    """What a denormal factor's error grows to when multiplied with z."""
    kind = np.finfo(z.dtype)
    lost = float(kind.smallest_subnormal if library == "numpy" else kind.tiny)
    return np.maximum(np.minimum(np.abs(z), 800).astype(float), library == "jax") * lost


def compiled_tail(z: np.ndarray, library: Any) -> np.ndarray:
    """XLA joins |v|'s last multiplication to e^-|v|: what rounding took from it is then taken off twice."""
    size = 1.6 * (np.abs(z) + 0.044715 * np.abs(z) ** 3)
    return 2 * size * float(np.finfo(z.dtype).eps) * ("jax" in str(library))


@libraries
@dtypes
@pointwise
def test_values(name: str, dtype: str, library: str) -> None:
    z = arguments(dtype)
    a, _ = both(name, z, library)
    room = denormal_factor(z, library)
    if name == "gelu_tanh":
        room += compiled_tail(z, library) * scale(a)
    ulps = SLOPE if name == "gelu" else VALUE
    assert worst(a.array, truth(name, 0, dtype), room, dtype, ulps) == ""


@libraries
@dtypes
@pointwise
def test_slopes(name: str, dtype: str, library: str) -> None:
    z = arguments(dtype)
    if library == "jax" and name in ("relu", "leaky_relu"):
        z = np.where(np.abs(z) < np.finfo(dtype).tiny, 0, z)  # XLA's CPU takes a denormal z for 0
    _, dz = both(name, z, library)
    u = float(np.finfo(dtype).eps) / 2
    slope = dz.paths[0].factors[1]
    room = denormal_factor(z, library) * (4 + np.abs(z))
    if name in ("gelu", "silu", "gelu_tanh"):
        room += SLOPE * u * scale(slope)
    if name == "gelu_tanh":
        room += 2 * compiled_tail(z, library) * scale(slope)
    want = [exact.ACTIVATIONS[name][1](mpf(float(one))) for one in z[0]] if "relu" in name else None
    assert worst(dz.array, want or truth(name, 1, dtype), room, dtype, SLOPE) == ""


AT_THEIR_LIMITS = (
    "identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu", "softplus",
)  # fmt: skip


@pointwise
def test_far_out(name: str) -> None:
    """At ±1e4 and ±1e300: the limit, exactly, and never NaN."""
    z = np.array([[-far for far in FAR] + FAR])
    a, dz = both(name, z)
    if name not in AT_THEIR_LIMITS:
        for array, formula in zip((a.array, dz.array), exact.ACTIVATIONS[name], strict=True):
            np.testing.assert_allclose(array, [[float(formula(mpf(far))) for far in z[0]]], rtol=1e-14)
        return
    left = {"identity": z, "tanh": -1 + 0 * z, "leaky_relu": 0.01 * z, "elu": -1 + 0 * z}.get(name, 0 * z)
    right = {"sigmoid": 1 + 0 * z, "tanh": 1 + 0 * z}.get(name, z)
    np.testing.assert_array_equal(a.array, np.where(z < 0, left, right))
    before = {"identity": 1.0, "leaky_relu": 0.01}.get(name, 0.0)
    after = {"sigmoid": 0.0, "tanh": 0.0}.get(name, 1.0)
    np.testing.assert_array_equal(dz.array, np.where(z < 0, before, after))


def test_slopes_of_the_oracle_are_derivatives() -> None:
    with mp.workdps(60):
        for name, (value, slope) in exact.ACTIVATIONS.items():
            for z in (mpf("-2.25"), mpf("-0.3"), mpf("0.7"), mpf("3.1")):
                assert abs(mp.diff(value, z) - slope(z)) < mpf(10) ** -25, name
        for name, (value, slope) in exact.LOSSES.items():
            for y in (mpf("-2.25"), mpf("-0.3"), mpf("0.7"), mpf("3.1")):
                t = mpf("0.45")
                assert abs(mp.diff(lambda at: value(at, t), y) - slope(y, t)) < mpf(10) ** -25, name  # noqa: B023


ROWS = [
    [0.0, 0.0, 0.0],
    [1.0, -2.0, 0.5],
    [37.0, 0.0, 0.0],
    [40.0, 0.0, -3.0],
    [300.0, 0.0, -10.0],
    [-700.0, 0.0, 1.0],
    [0.0, 745.0, 745.0],
    [1e4, 1e4, 1e4],
    [1e8, 1e8 + 1, 1e8 - 1],
]


def test_softmax() -> None:
    for row in ROWS:
        z = np.array([row])
        a, kept = ACTIVATIONS["softmax"]().forward({}, given("z", z))
        want = exact.softmax([mpf(one) for one in row])
        assert worst(a.array, want, np.zeros(3), "float64", VALUE) == "", row
        for da in ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.3, -2.0, 1.0]):
            _, dz = ACTIVATIONS["softmax"]().backward({}, kept, given("dE/da", np.array([da])))
            want = exact.softmax_slopes([mpf(one) for one in row], [mpf(one) for one in da])
            room = SLOPE * 2.0**-53 * scale(dz) + 5e-324 * 4
            assert worst(dz.array, want, room, "float64", SLOPE) == "", (row, da)


@pytest.mark.parametrize("t", [0.0, 1.0, 0.3, -2.5, 1e8])
@pytest.mark.parametrize("name", exact.LOSSES)
@dtypes
def test_losses(name: str, t: float, dtype: str) -> None:
    if (name == "binary_cross_entropy" and not 0 <= t <= 1) or (name == "poisson" and t < 0):
        t = 0.7
    y = arguments(dtype)[0]
    y = y[np.abs(y) < 1e18]  # squares stay in the range of float32
    if name == "poisson":
        y = y[y < np.log(np.finfo(dtype).max)]
    target = np.dtype(dtype).type(t)
    for one in y:
        loss = LOSSES[name]()
        share = given("1/n", np.ones(1, dtype))
        with np.errstate(all="ignore"):
            cost, kept = loss.forward(given("y", np.array([[one]])), given("t", np.array([[target]])), share)
            dy = loss.backward(kept)
        value, slope = (f(mpf(float(one)), mpf(float(target))) for f in exact.LOSSES[name])
        u = float(np.finfo(dtype).eps) / 2
        room = rounding(cost, u) if name in ("huber", "poisson") else np.zeros(1)
        if "squared" in name or name in ("mean_absolute_error", "huber"):
            room = room + SLOPE * u * float(value)
        assert worst(cost.array, [value], room, dtype, VALUE) == "", (one, target)
        gradient_room = u * SLOPE * scale(dy) if name in ("binary_cross_entropy", "poisson") else np.zeros(1)
        assert worst(dy.array, [slope], gradient_room, dtype, SLOPE) == "", (one, target)


@pytest.mark.parametrize("t", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]])
def test_softmax_cross_entropy(t: list[float]) -> None:
    for row in ROWS:
        loss, z = LOSSES["softmax_cross_entropy"](), given("z", np.array([row]))
        cost, kept = loss.forward(z, given("t", np.array([t])), given("1/n", np.ones(1)))
        dz = loss.backward(kept)
        value, slopes = exact.cross_entropy([mpf(one) for one in row], [mpf(one) for one in t])
        assert worst(cost.array, [value], np.zeros(1), "float64", VALUE) == "", row
        room = SLOPE * 2.0**-53 * scale(dz) + 5e-324
        assert worst(dz.array, slopes, room, "float64", SLOPE) == "", row
