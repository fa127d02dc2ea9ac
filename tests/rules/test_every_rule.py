"""What every rule owes: a rule is tested by standing in the registry."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import numbers
from chainrule.engine.backprop import sweep
from chainrule.engine.network import Network
from chainrule.errors import ChainruleError, ShapeError
from chainrule.numbers import Function
from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.layers.elu import ELU
from chainrule.rules.protocols import Names
from chainrule.rules.registry import LAYERS, LOSSES, TABLE_LOSSES
from tests.bounds import rounding
from tests.checker import faults, misses, situation, unfaithful
from tests.oracles import gradients
from tests.rules import fixtures as specimens
from tests.rules.fixtures import WIDTH

NETWORKS = specimens.networks()
every_rule = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
every_layer = pytest.mark.parametrize("name", specimens.FLAT_LAYERS)
every_activation = pytest.mark.parametrize("name", ACTIVATIONS)
every_loss = pytest.mark.parametrize("name", TABLE_LOSSES)
both_witnesses = pytest.mark.parametrize("witness", [gradients.by_complex_step, gradients.by_jax])


# --- correct and faithful ---------------------------------------------------------------------------


@both_witnesses
@every_rule
def test_is_the_derivative(network: Network, witness: object) -> None:
    s = situation(network, 3, 5, seed=0)
    assert faults(s.swept(), s.truth(witness), slack=1) == []


@every_layer
def test_is_the_derivative_inside_a_residual(name: str) -> None:
    s = situation(specimens.in_residual(specimens.layer(name)), 3, 5, seed=1)
    assert faults(s.swept(), s.truth(gradients.by_complex_step), slack=1) == []


@every_loss
@pytest.mark.parametrize("layer", specimens.FLAT_LAYERS)
def test_every_layer_goes_with_every_loss(layer: str, name: str) -> None:
    s = situation(specimens.between(specimens.layer(layer), name), 3, 5, seed=2)
    assert faults(s.swept(), s.truth(gradients.by_complex_step), slack=1) == []


@every_rule
def test_re_adds_from_its_factors(network: Network) -> None:
    found = situation(network, 3, 5, seed=3).swept().numbers
    assert unfaithful(found, np.random.default_rng(0), samples=10) == []


# --- rows, sizes, dtypes, compilation ---------------------------------------------------------------


@every_rule
def test_a_batch_is_its_rows(network: Network) -> None:
    s = situation(network, 3, 5, seed=4)
    batch = s.swept()
    known: dict[int, np.ndarray] = {}
    for row in range(5):
        here = slice(row, row + 1)
        one = sweep(
            network, s.p | {m: a[here] for m, a in s.masks.items()}, s.x[here], s.t[here], s.share[here]
        )
        for ours, theirs in ((batch.output, one.output), (batch.input_gradient, one.input_gradient)):
            assert (np.abs(ours.array[here] - theirs.array) <= rounding(ours, 2.0**-53, known)[here]).all()


@pytest.mark.parametrize(("rows", "inputs"), [(0, 3), (1, 3), (1, 1), (0, 1)])
@every_rule
def test_sizes_of_0_and_1(network: Network, rows: int, inputs: int) -> None:
    s = situation(network, inputs, max(rows, 1), seed=5)
    masks = {m: a[:rows] for m, a in s.masks.items()}
    step = sweep(network, s.p | masks, s.x[:rows], s.t[:rows])
    assert step.output.array.shape == (rows, 3)
    assert step.loss.array.shape == ()
    assert step.input_gradient.array.shape == (rows, inputs)
    for name, gradient in step.gradients.items():
        assert gradient.array.shape == s.p[name].shape
        assert np.isfinite(gradient.array).all()
        assert rows or not gradient.array.any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_rule
def test_keeps_the_dtype_in_numpy(network: Network, dtype: str) -> None:
    s = situation(network, 3, 5, seed=6)
    p, x, t, share = jax.tree.map(lambda a: a.astype(dtype), (s.p | s.masks, s.x, s.t, s.share))
    for number in sweep(network, p, x, t, share, 0.01).numbers.values():
        assert number.array.dtype == dtype, number.name
        assert isinstance(number.array, np.ndarray), number.name


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_rule
def test_jax_compiles_once_keeps_the_dtype_and_agrees(network: Network, dtype: str) -> None:
    s = situation(network, 3, 5, seed=7)
    p, x, t, share = jax.tree.map(lambda a: a.astype(dtype), (s.p | s.masks, s.x, s.t, s.share))
    wide = sweep(network, *jax.tree.map(lambda a: a.astype(np.float64), (p, x, t, share)))
    known: dict[int, np.ndarray] = {}
    with jax.enable_x64(dtype == "float64"):

        @jax.jit
        def step(p, x, t, share):  # type: ignore[no-untyped-def]
            found = sweep(network, p, x, t, share)
            gradients = {n: g.array for n, g in found.gradients.items()}
            return found.loss.array, found.input_gradient.array, gradients

        step(p, x, t, share)
        loss, dx, found = step(p, 2 * x, t, share)
        loss, dx, found = step(p, x, t, share)
        assert step._cache_size() == 1
    u = float(np.finfo(dtype).eps) / 2
    pairs = [(wide.loss, loss), (wide.input_gradient, dx), *((wide.gradients[n], found[n]) for n in s.p)]
    for number, got in pairs:
        assert got.dtype == dtype
        assert (np.abs(np.asarray(got) - number.array) <= 2 * rounding(number, u, known)).all(), number.name


# --- wrong shapes are refused with names ------------------------------------------------------------


@every_layer
def test_an_error_signal_of_another_width_is_refused(name: str) -> None:
    layer = specimens.layer(name).placed(Names())
    given_arrays = layer.start(np.random.default_rng(0), (WIDTH,))[0] | {"m0": np.ones((5, WIDTH))}
    p = {n: numbers.given(n, a) for n, a in given_arrays.items()}
    _, kept = layer.forward(p, numbers.given("z9", np.ones((5, WIDTH))))
    with pytest.raises(ShapeError, match=r"^dE/d.*: index j is \d long in .*, \d in "):
        layer.backward(p, kept, numbers.given("dE/da9", np.ones((5, WIDTH + 1))))


@every_loss
def test_targets_and_shares_of_another_length_are_refused(name: str) -> None:
    loss = specimens.loss(name)
    y, share = numbers.given("z9", np.ones((5, 3))), numbers.given("1/n", np.full(5, 0.2))
    for t in (np.ones((5, 1)), np.ones((4, 3)), np.ones((1, 3)), np.ones(5)):
        with pytest.raises(ShapeError, match=r"\bt\b"):
            loss.forward(y, numbers.given("t", t), share)
    for wrong in (np.ones(1), np.ones(4), np.ones((5, 1))):
        with pytest.raises(ShapeError, match="1/n"):
            loss.forward(y, numbers.given("t", np.ones((5, 3))), numbers.given("1/n", wrong))


# --- words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*LAYERS, *LOSSES])
def test_has_words_and_latex(name: str) -> None:
    words = specimens.rule(name).words
    for part in (words.symbol, words.formula, words.slope, words.latex, words.source):
        assert part == part.strip()
        assert part
    assert words.latex.count("{") == words.latex.count("}")
    assert words.latex.count(r"\left") == words.latex.count(r"\right")
    assert "=" in words.formula
    assert "=" in words.latex
    assert words.slope.startswith(("da/dz", "∂"))


def test_symbols_tell_rules_apart() -> None:
    symbols = [specimens.rule(name).words.symbol for name in (*LAYERS, *LOSSES)]
    assert len(set(symbols)) == len(symbols)


@every_rule
def test_functions_can_be_shown(network: Network) -> None:
    for number in situation(network, 3, 2, seed=0).swept().numbers.values():
        if number.through:
            text, latex = number.through.text.format("z1"), number.through.latex.format("z_1")
            assert "z1" in text
            assert "z_1" in latex
            assert not set("{}") & set(text)
            assert latex.count("{") == latex.count("}")


@every_rule
def test_numbers_say_what_they_are(network: Network) -> None:
    for number in situation(network, 3, 2, seed=0).swept().numbers.values():
        assert repr(number).startswith(f"<{number.name} {tuple(number.array.shape)} = ")
        assert number.through is None or isinstance(number.through, Function)


# --- sample weights ---------------------------------------------------------------------------------


@settings(max_examples=15)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=4).filter(any), st.sampled_from(sorted(TABLE_LOSSES)))
def test_a_weight_is_a_row_repeated(weights: list[int], name: str) -> None:
    s = situation(specimens.under(specimens.loss(name)), 3, 4, seed=8)
    counts = np.array(weights)
    ours = sweep(s.network, s.p, s.x, s.t, counts / counts.sum())
    theirs = sweep(s.network, s.p, s.x.repeat(counts, axis=0), s.t.repeat(counts, axis=0))
    known: dict[int, np.ndarray] = {}
    assert misses(ours.loss, theirs.loss.array, 2, known) == []
    for parameter, gradient in ours.gradients.items():
        assert misses(gradient, theirs.gradients[parameter].array, 2, known) == []


@every_loss
def test_a_row_of_weight_0_has_no_gradient(name: str) -> None:
    s = situation(specimens.under(specimens.loss(name)), 3, 4, seed=9)
    step = sweep(s.network, s.p, s.x, s.t, np.array([0.5, 0.0, 0.25, 0.25]))
    assert not step.input_gradient.array[1].any()
    assert step.input_gradient.array[0].all()


# --- errors -----------------------------------------------------------------------------------------


def test_errors_are_ours() -> None:
    assert issubclass(ShapeError, ChainruleError)
    assert issubclass(ShapeError, ValueError)


@pytest.mark.parametrize("alpha", [0.3, 1.0, 2.5])
def test_the_slope_of_elu_at_its_kink_is_alpha(alpha: float) -> None:
    """As torch takes it: its left derivative, α e^0."""
    z = numbers.given("z1", np.array([[0.0]]))
    elu = ELU(alpha)
    assert elu.slope(z, elu.value(z)).array.item() == alpha
