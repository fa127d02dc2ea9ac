"""gradient_check: right is never called wrong, wrong is, and what is neither is called by its name."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.ask.documents.text import Printer
from chainrule.ask.gradients.gradient_check import Outcome, gradient_check
from chainrule.errors import InputError, ShapeError

seeds = st.integers(0, 2**32 - 1)
SMOOTH: list[tuple[Any, Any]] = [
    (lambda w: np.sum(np.tanh(w) ** 2), lambda w: 2 * np.tanh(w) * (1 - np.tanh(w) ** 2)),
    (lambda w: np.sum(np.exp(-w * w)), lambda w: -2 * w * np.exp(-w * w)),
    (lambda w: np.prod(np.cos(w)), lambda w: -np.tan(w) * np.prod(np.cos(w))),
    (lambda w: np.log1p(np.sum(w**4)), lambda w: 4 * w**3 / (1 + np.sum(w**4))),
    (lambda w: np.sum(np.abs(w) ** 3), lambda w: 3 * w * np.abs(w)),
]  # fmt: skip


def findings(found: Any) -> set[Outcome]:
    return {one.finding for one in found.coordinates}


@pytest.mark.parametrize(("function", "gradient"), SMOOTH)
@given(seeds, st.sampled_from([1e-3, 1.0, 3.0]))
def test_a_right_gradient_is_right(function: Any, gradient: Any, seed: int, scale: float) -> None:
    w = scale * np.random.default_rng(seed).normal(size=(2, 3))
    assert gradient_check(function, gradient, w).verdict == "right"


@pytest.mark.parametrize(("function", "gradient"), SMOOTH[:4])
@given(seeds, st.floats(1e-4, 10), st.booleans())
def test_a_wrong_element_is_found(function: Any, gradient: Any, seed: int, off: float, sign: bool) -> None:
    w = np.random.default_rng(seed).normal(size=5)
    wrong = np.array(gradient(w))
    wrong[3] += (-off if sign else off) * max(1.0, abs(wrong[3]))
    found = gradient_check(function, wrong, w)
    assert found.verdict == "wrong"
    assert [one.where for one in found.coordinates if one.finding is Outcome.WRONG] == ["[3]"]
    assert found.worst is not None
    assert found.worst.found == pytest.approx(gradient(w)[3], rel=1e-6, abs=1e-9)


def test_the_complex_step_is_used_where_it_holds_and_not_where_it_lies() -> None:
    w = np.array([0.3, -0.7, 1.1])
    assert gradient_check(*SMOOTH[0], w).method == "complex step"
    assert gradient_check(*SMOOTH[4], w).method == "central differences"  # np.abs drops what is imaginary
    real = gradient_check(lambda w: np.sum(np.real(w) ** 2 + w), lambda w: 2 * w + 1, w)
    assert (real.method, real.verdict) == ("central differences", "right")


def test_the_complex_step_sees_the_last_digits() -> None:
    w = np.array([0.3, -0.7])
    right = SMOOTH[0][1](w)
    assert gradient_check(SMOOTH[0][0], right * (1 + 1e-11), w).verdict == "wrong"


def test_kinks() -> None:
    w = np.array([0.0, 0.5, -0.5])

    def relu(w: Any) -> Any:
        return np.sum(np.maximum(w, 0) * np.array([2.0, 1.0, 1.0]))

    for at_zero in (0.0, 1.0, 2.0):
        found = gradient_check(relu, np.array([at_zero, 1.0, 0.0]), w)
        assert found.verdict == "right"
        assert found.coordinates[0].finding in (Outcome.KINK, Outcome.RIGHT)
    wrong = gradient_check(relu, np.array([2.5, 1.0, 0.0]), w)
    assert wrong.coordinates[0].finding is Outcome.WRONG
    assert wrong.coordinates[0].slopes == pytest.approx((0.0, 2.0))
    text = "\n".join(
        Printer().text(gradient_check(lambda w: np.sum(np.abs(w)), np.zeros(1), np.zeros(1)).blocks())
    )
    assert "At a kink the function has one slope on the left and another on the right" in text


def test_a_kink_nearby_is_none() -> None:
    for near in (1e-2, 1e-4, -1e-4):
        w = np.array([near])
        assert findings(gradient_check(lambda w: np.sum(np.abs(w)), np.sign(w), w)) == {Outcome.RIGHT}
        assert gradient_check(lambda w: np.sum(np.abs(w)), -np.sign(w), w).verdict == "wrong"


def test_rounding_is_not_called_wrong() -> None:
    found = gradient_check(lambda w: np.sum(w + 1e15) - 1e15, np.ones(1), np.ones(1))
    assert findings(found) == {Outcome.ILL_CONDITIONED}
    assert found.verdict == "undecided"
    assert "rounding in the function hides its slope" in str(found)
    hidden = gradient_check(lambda w: float(np.round(np.sum(np.sin(w)), 3)), np.cos(np.ones(1)), np.ones(1))
    assert Outcome.RIGHT not in findings(hidden) or hidden.verdict == "right"


ACTIVATIONS: list[tuple[Any, Any]] = [
    (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
    (np.tanh, lambda a: 1 - a * a),
    (lambda z: np.exp(-(z * z) / 8), None),
]


def cancelling(seed: int, digits: int, kind: int) -> tuple[Any, Any, dict[str, np.ndarray]]:
    """A squared error whose targets are the outputs, rounded; its right gradient, and where."""
    rng = np.random.default_rng(seed)
    activation, slope = ACTIVATIONS[kind]
    at = {"w": 3 * rng.normal(size=(2, 2)), "b": 2 * rng.normal(size=2)}
    x = rng.normal(size=(3, 2))
    t = np.round(activation(x @ at["w"] + at["b"]), digits)

    def function(p: Any) -> Any:
        return np.sum((t - activation(x @ p["w"] + p["b"])) ** 2)

    def gradient(p: Any) -> Any:
        z = x @ p["w"] + p["b"]
        a = activation(z)
        d = 2 * (a - t) * (slope(a) if slope else -a * z / 4)
        return {"w": x.T @ d, "b": d.sum(0)}

    return function, gradient, at


@pytest.mark.parametrize("kind", range(3))
@pytest.mark.parametrize("digits", [6, 9, 11, 13])
@pytest.mark.parametrize("through", [np.asarray, float])
def test_what_cancels_inside_is_never_called_wrong(kind: int, digits: int, through: Any) -> None:
    """Targets that are rounded outputs leave few digits of T - a; float() leaves differences alone."""
    for seed in range(4):
        function, gradient, at = cancelling(seed, digits, kind)
        check = gradient_check(lambda p, f=function: through(f(p)), gradient, at)
        assert check.verdict != "wrong", (seed, check.worst)
        assert check.method == ("complex step" if through is np.asarray else "central differences")


@pytest.mark.parametrize("kind", range(3))
@pytest.mark.parametrize("through", [np.asarray, float])
def test_what_is_really_wrong_is_still_seen_there(kind: int, through: Any) -> None:
    for seed in range(4):
        function, gradient, at = cancelling(seed, 6, kind)
        wrong = gradient(at)
        wrong["w"][0] *= 1.1
        check = gradient_check(lambda p, f=function: through(f(p)), wrong, at)
        assert {c.where for c in check.coordinates if c.finding is Outcome.WRONG} == {"w[0,0]", "w[0,1]"}


def test_a_quiz_whose_targets_are_its_outputs_with_nine_digits() -> None:
    x, t = np.array([[-1.0, -2.0]] * 2), np.array([[0.000123394576, 0.98201379]] * 2)
    at = {"w": np.array([[2.0, -3.0], [2.0, -3.0]]), "b": np.array([-3.0, -5.0])}

    def function(p: Any) -> Any:
        return np.sum((t - 1 / (1 + np.exp(-(x @ p["w"] + p["b"])))) ** 2)

    def gradient(p: Any) -> Any:
        a = 1 / (1 + np.exp(-(x @ p["w"] + p["b"])))
        d = 2 * (a - t) * a * (1 - a)
        return {"w": x.T @ d, "b": d.sum(0)}

    assert gradient_check(function, gradient, at).verdict in ("right", "undecided")
    doubled = {k: 2 * g for k, g in gradient(at).items()}
    assert gradient_check(function, doubled, at).verdict == "wrong"


@given(seeds)
def test_float32_functions_are_judged_by_their_precision(seed: int) -> None:
    w = np.random.default_rng(seed).normal(size=4).astype(np.float32)
    function, gradient = SMOOTH[0]
    assert gradient_check(lambda w: np.float32(function(w)), gradient(w), w).verdict == "right"
    assert gradient_check(lambda w: np.float32(function(w)), gradient(w) + 0.1, w).verdict == "wrong"


def test_structures_and_inputs() -> None:
    rng = np.random.default_rng(0)
    at = {"w": rng.normal(size=(2, 3)), "more": [rng.normal(size=3), 0.5], "x": rng.normal(size=(1, 2))}

    def function(p: Any) -> Any:
        return np.sum(np.tanh(p["x"] @ p["w"] + p["more"][0])) * p["more"][1]

    def gradient(p: Any) -> Any:
        a = np.tanh(p["x"] @ p["w"] + p["more"][0])
        dz = (1 - a * a) * p["more"][1]
        return {"w": p["x"].T @ dz, "more": [dz[0], np.sum(a)], "x": dz @ p["w"].T}

    assert gradient_check(function, gradient, at).verdict == "right"
    wrong = gradient(at)
    wrong["more"][0] = wrong["more"][0] + np.array([0, 0.1, 0])
    found = gradient_check(function, wrong, at)
    assert [one.where for one in found.coordinates if one.finding is Outcome.WRONG] == ["more[0][1]"]


def test_a_number_alone() -> None:
    assert gradient_check(lambda x: x**3, lambda x: 3 * x * x, 2.0).verdict == "right"
    assert gradient_check(lambda x: x**3, 11.0, 2.0).verdict == "wrong"


def test_many_elements_are_sampled() -> None:
    w = np.linspace(-1, 1, 5000)
    found = gradient_check(lambda w: np.sum(w**2), lambda w: 2 * w, w, coordinates=50)
    assert (found.verdict, len(found.coordinates), found.size) == ("right", 50, 5000)
    assert "50 elements of 5000, drawn at random" in str(found)


def test_jax() -> None:
    jax = pytest.importorskip("jax")
    jnp = jax.numpy

    def loss(p: Any) -> Any:
        return jnp.mean((jnp.tanh(p["x"] @ p["w"]) - 0.3) ** 2)

    rng = np.random.default_rng(1)
    at = {"w": jnp.asarray(rng.normal(size=(3, 2))), "x": jnp.asarray(rng.normal(size=(4, 3)))}
    assert gradient_check(loss, jax.grad(loss), at).verdict == "right"
    assert (
        gradient_check(loss, lambda p: jax.tree.map(lambda g: 1.05 * g, jax.grad(loss)(p)), at).verdict
        == "wrong"
    )


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_torch(kind: str) -> None:
    torch = pytest.importorskip("torch")
    w = torch.randn(
        3, 2, dtype=getattr(torch, kind), requires_grad=True, generator=torch.Generator().manual_seed(1)
    )

    def loss(w: Any) -> Any:
        return torch.sum(torch.sigmoid(w) ** 2)

    def gradient(w: Any) -> Any:
        return torch.autograd.grad(loss(w), w)[0]

    assert gradient_check(loss, gradient, w).verdict == "right"
    assert gradient_check(loss, lambda w: gradient(w).abs() + 0.05, w).verdict == "wrong"


@pytest.mark.parametrize(
    ("function", "gradient", "at", "error", "says"),
    [
        (lambda w: w, np.ones(2), np.ones(2), InputError, r"float64 \(2,\), but a gradient is that of one"),
        (lambda w: np.nan * w[0], np.ones(2), np.ones(2), InputError, "is nan at the point"),
        (np.sum, np.ones(3), np.ones(2), ShapeError, r"the gradient is \(3,\), not \(2,\)"),
        (lambda w: np.sum(w["a"]), {"b": 1.0}, {"a": 1.0}, ShapeError, "has b, but the point has a"),
        (lambda w: "x", 1.0, 1.0, InputError, "gradient is that of one number"),
        (lambda w: w, 1.0, "x", InputError, "gradient is taken at real numbers"),
        (lambda w: 0.0, np.ones(0), np.ones(0), InputError, "no elements"),
    ],
)  # fmt: skip
def test_what_cannot_be_checked(function: Any, gradient: Any, at: Any, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        gradient_check(function, gradient, at)


def test_chance_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="fix what is random in it"):
        gradient_check(lambda w: float(rng.normal()), np.ones(1), np.ones(1))


def test_what_is_shown() -> None:
    found = gradient_check(SMOOTH[0][0], np.zeros(3), np.array([0.0, 0.5, 1.0]))
    plain = found.plain()
    assert list(plain) == ["verdict", "method", "checked", "of", "coordinates"]
    assert [one["finding"] for one in plain["coordinates"]] == ["right", "wrong", "wrong"]
    assert "The gradient is wrong" in str(found)
    assert repr(found) == "<GradientCheck: wrong, 3 of 3 elements>"
    assert "| \\[1\\] | $0$ |" in found._repr_markdown_()
