"""One step of backpropagation: right by two outside witnesses, and nothing but the sum of its factors."""

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainrule.engine.backprop import descend, sweep
from chainrule.engine.network import Network
from chainrule.errors import ShapeError
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.residual import Residual
from tests import networks
from tests.bounds import rounding, scale
from tests.checker import Situation, U, faults, misses, situation, unfaithful
from tests.oracles import gradients

if TYPE_CHECKING:
    from chainrule.numbers import Number

MANY = settings(max_examples=250, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=25, suppress_health_check=list(HealthCheck))


def lesson() -> Situation:
    """The worked example: 1-1-1, sigmoid, one row."""
    network = Network([Dense(1, "sigmoid"), Dense(1, "sigmoid")])
    p = {"w1": [[0.15]], "b1": [0.4], "w2": [[0.45]], "b2": [0.65]}
    arrays = {name: np.array(value) for name, value in p.items()}
    return Situation(network, arrays, np.array([[0.1]]), np.array([[0.25]]), np.array([1.0]))


def deep(layers: int = 12) -> Situation:
    """Twelve sigmoid layers, whose first gradients are far below any absolute tolerance."""
    network = Network([Dense(3, "sigmoid") for _ in range(layers - 1)] + [Dense(1, "sigmoid")])
    s = situation(network, 2, 2, 0)
    s.p |= {name: array * 0.1 for name, array in s.p.items() if name.startswith("w")}
    return s


# --- correct ----------------------------------------------------------------------------------------


@MANY
@given(networks.situations())
def test_gradients_are_those_of_the_complex_step(s: Situation) -> None:
    assert faults(s.swept(), s.truth(gradients.by_complex_step), slack=1) == []


@settings(parent=FEW, max_examples=10)  # XLA compiles each of them; complex steps see 250
@given(networks.situations())
def test_gradients_are_those_of_jax(s: Situation) -> None:
    assert faults(s.swept(), s.truth(gradients.by_jax), slack=1) == []


@pytest.mark.parametrize("witness", [gradients.by_complex_step, gradients.by_jax])
def test_gradients_of_1e_20_are_judged_at_1e_20(witness: object) -> None:
    s = deep()
    found, truth = s.swept(), s.truth(witness)
    assert 0 < np.abs(truth["w1"]).max() < 1e-19
    assert faults(found, truth, slack=1) == []
    assert faults(found, truth | {"w1": truth["w1"] * (1 + 1e-11)}, slack=1)


def test_the_lesson() -> None:
    """Closed form, written out."""
    s = lesson()

    def squash(z: float) -> float:
        return float(1 / (1 + np.exp(-z)))

    a1 = squash(0.1 * 0.15 + 0.4)
    a2 = squash(a1 * 0.45 + 0.65)
    dz2 = -(0.25 - a2) * a2 * (1 - a2)
    dz1 = dz2 * 0.45 * a1 * (1 - a1)
    want = {"E": (0.25 - a2) ** 2 / 2, "a1": a1, "a2": a2, "dE/dz2": dz2, "dE/dw2": dz2 * a1, "dE/db2": dz2}
    want |= {"dE/dz1": dz1, "dE/dw1": dz1 * 0.1, "dE/db1": dz1, "dE/dx": dz1 * 0.15}
    numbers = s.swept().numbers
    for name, value in want.items():
        np.testing.assert_allclose(numbers[name].array.item(), value, rtol=1e-14)
    np.testing.assert_allclose(descend(s.swept(), 0.4)["w2"].array.item(), 0.45 - 0.4 * dz2 * a1, rtol=1e-14)


def test_a_bound_that_explains_everything_is_a_fault() -> None:
    s = lesson()
    assert "cannot be judged" in faults(s.swept(), s.truth(gradients.by_complex_step), slack=1e12)[0]


@FEW
@given(networks.situations())
def test_bounds_are_tight_enough_to_catch_a_change_in_the_eighth_digit(s: Situation) -> None:
    found = s.swept()
    for name, number in found.gradients.items():
        assert (rounding(number, U) <= 1e-9 * np.abs(scale(number)).max()).all(), name


# --- faithful ---------------------------------------------------------------------------------------


@settings(parent=MANY, max_examples=100)
@given(networks.situations(), networks.seeds)
def test_every_number_re_adds_from_its_factors(s: Situation, seed: int) -> None:
    step = s.swept()
    numbers = step.numbers | {n.name: n for n in descend(step, 0.1).values()}
    assert unfaithful(numbers, np.random.default_rng(seed)) == []


@FEW
@given(networks.situations())
def test_one_name_one_value(s: Situation) -> None:
    """GELU makes Φ(z) twice, forward and back: it is the same Φ(z). (`[k≠j]` is as wide as its softmax.)"""
    found: dict[str, Number] = {}
    seen: set[int] = set()
    waiting = [*s.swept().numbers.values()]
    while waiting:
        number = waiting.pop()
        if id(number) not in seen:
            seen.add(id(number))
            first = found.setdefault(number.name, number)
            same = first is number or np.array_equal(first.array, number.array)
            assert same or number.name == "[k≠j]", number.name
            waiting.extend(f for p in number.paths for f in p.factors)


def test_numbers_hold_every_quantity_of_the_lesson() -> None:
    names = set(lesson().swept().numbers)
    for letter in ("x", "t", "E", "dE/dx"):
        assert letter in names
    for k in (1, 2):
        assert {f"w{k}", f"b{k}", f"z{k}", f"a{k}", f"da{k}/dz{k}", f"dE/da{k}", f"dE/dz{k}"} <= names
        assert {f"dE/dw{k}", f"dE/db{k}"} <= names


# --- rows, weights, sizes ---------------------------------------------------------------------------


@settings(parent=MANY, max_examples=40)
@given(networks.situations())
def test_a_batch_is_its_rows_one_by_one(s: Situation) -> None:
    batch = s.swept()
    bound = rounding(batch.output, U)
    known: dict[int, np.ndarray] = {}
    total = {name: np.zeros_like(array) for name, array in s.p.items()}
    undecayed = sweep(s.network, s.p | s.masks, s.x, s.t, s.share)
    for row in range(len(s.x)):
        here = slice(row, row + 1)
        masks = {name: array[here] for name, array in s.masks.items()}
        one = sweep(s.network, s.p | masks, s.x[here], s.t[here], s.share[here])
        assert np.all(np.abs(one.output.array - batch.output.array[here]) <= 2 * bound[here])
        total = {name: total[name] + one.gradients[name].array for name in total}
    for name, number in undecayed.gradients.items():
        assert misses(number, total[name], 2, known) == []


@settings(parent=MANY, max_examples=40)
@given(networks.situations(), st.data())
def test_a_weight_of_two_is_the_row_twice_of_zero_the_row_absent(s: Situation, data: st.DataObject) -> None:
    rows = len(s.x)
    counts = np.array(data.draw(st.lists(st.integers(0, 2), min_size=rows, max_size=rows)))
    counts[0] = 1
    weighted = sweep(s.network, s.p | s.masks, s.x, s.t, counts / counts.sum())
    masks = {name: array.repeat(counts, axis=0) for name, array in s.masks.items()}
    repeated = sweep(s.network, s.p | masks, s.x.repeat(counts, axis=0), s.t.repeat(counts, axis=0))
    known: dict[int, np.ndarray] = {}
    for found, want in [(weighted.loss, repeated.loss), *zip_by_name(weighted.gradients, repeated.gradients)]:
        assert misses(found, want.array, 2, known) == []


def zip_by_name(ours: dict, theirs: dict) -> list:  # type: ignore[type-arg]
    return [(ours[name], theirs[name]) for name in ours]


@settings(parent=FEW)
@given(networks.situations())
def test_no_rows_give_no_error_and_gradients_of_zero(s: Situation) -> None:
    masks = {name: array[:0] for name, array in s.masks.items()}
    step = sweep(s.network, s.p | masks, s.x[:0], s.t[:0])
    assert step.loss.array.shape == ()
    assert step.loss.array == 0
    assert step.output.array.shape == s.t[:0].shape
    assert step.input_gradient.array.shape == s.x[:0].shape
    for name, gradient in step.gradients.items():
        np.testing.assert_array_equal(gradient.array, np.zeros_like(s.p[name]))


def test_equal_shares_if_none_are_given() -> None:
    s = situation(Network([Dense(2, "tanh")]), 3, 5, 0)
    ours = sweep(s.network, s.p, s.x, s.t)
    given_shares = sweep(s.network, s.p, s.x, s.t, np.full(5, 1 / 5))
    assert ours.loss.array == given_shares.loss.array
    np.testing.assert_array_equal(ours.gradients["w1"].array, given_shares.gradients["w1"].array)


def test_weight_decay_is_on_weights_alone() -> None:
    s = situation(Network([Dense(2, "tanh"), Residual([Dense(2)])]), 3, 5, 0)
    bare, decayed = s.swept(), sweep(s.network, s.p, s.x, s.t, s.share, 0.3)
    weights = [array for name, array in s.p.items() if name.startswith("w")]
    cost = bare.loss.array + 0.15 * sum((w * w).sum() for w in weights)
    np.testing.assert_allclose(decayed.loss.array, cost, rtol=1e-14)
    for name, gradient in bare.gradients.items():
        more = 0.3 * s.p[name] if name.startswith("w") else 0
        np.testing.assert_allclose(decayed.gradients[name].array, gradient.array + more, rtol=1e-14)


def test_the_update_is_plain_gradient_descent() -> None:
    s = situation(Network([Dense(2, "tanh"), Dense(2)]), 3, 5, 0)
    step = s.swept()
    updated = descend(step, 0.3)
    assert set(updated) == {"w1", "b1", "w2", "b2"}
    for name, new in updated.items():
        assert new.name == f"{name}'"
        np.testing.assert_array_equal(new.array, s.p[name] - 0.3 * step.gradients[name].array)


def test_a_row_too_wide_names_the_layer() -> None:
    s = situation(Network([Dense(2, "tanh"), Dense(2)]), 3, 5, 0)
    with pytest.raises(ShapeError, match=r"layer 1: w1 is \(3, 2\) and wants 3 inputs, but x is \(5, 4\)"):
        sweep(s.network, s.p, np.zeros((5, 4)), s.t)


def test_targets_too_narrow_are_refused_not_broadcast() -> None:
    s = situation(Network([Dense(2, "tanh"), Dense(2)]), 3, 5, 0)
    with pytest.raises(ShapeError, match="t"):
        sweep(s.network, s.p, s.x, s.t[:, :1])
    with pytest.raises(ShapeError, match="1/n"):
        sweep(s.network, s.p, s.x, s.t, np.ones(1))


# --- array libraries and dtypes ---------------------------------------------------------------------


@settings(parent=FEW, max_examples=8)
@given(networks.situations(), st.sampled_from(["float32", "float64"]))
def test_jax_finds_what_numpy_finds_and_keeps_the_dtype(s: Situation, dtype: str) -> None:
    u = float(np.finfo(dtype).eps) / 2
    p, x, t, share = jax.tree.map(lambda a: a.astype(dtype), (s.p | s.masks, s.x, s.t, s.share))
    wide = [jax.tree.map(lambda a: a.astype(np.float64), one) for one in (p, x, t, share)]
    truth = sweep(s.network, *wide, weight_decay=s.decay)

    @jax.jit
    def stepped(p, x, t, share):  # type: ignore[no-untyped-def]
        step = sweep(s.network, p, x, t, share, s.decay)
        return step.loss.array, step.output.array, {n: g.array for n, g in step.gradients.items()}

    with jax.enable_x64(dtype == "float64"):
        loss, output, found = stepped(p, x, t, share)
        stepped(p, x, t, share)
        assert stepped._cache_size() == 1
    ours = sweep(s.network, p, x, t, share, s.decay)
    known: dict[int, np.ndarray] = {}
    tiny = float(np.finfo(dtype).tiny)
    for number, here, there in [
        (truth.loss, loss, ours.loss),
        (truth.output, output, ours.output),
        *((truth.gradients[name], found[name], ours.gradients[name]) for name in s.p),
    ]:
        assert here.dtype == there.array.dtype == dtype
        bound = 2 * rounding(number, u, known) + 64 * tiny
        assert (np.abs(np.asarray(here) - number.array) <= bound).all(), number.name
        assert (np.abs(np.asarray(there.array) - number.array) <= bound).all(), number.name


def test_a_number_does_not_leave_a_compiled_program() -> None:
    s = lesson()
    with pytest.raises(TypeError, match="Number"):
        jax.jit(lambda p: sweep(s.network, p, jnp.ones((1, 1)), jnp.ones((1, 1))).loss)(s.p)
