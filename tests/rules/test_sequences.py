"""What rules of sequences owe: tokens, positions, norms, attention and their loss, against plain JAX."""

from functools import cache
from typing import Any

import jax
import numpy as np
import pytest

import chainrule
from chainrule.ask.explain.contributions import by_road
from chainrule.ask.explain.terms import Factor
from chainrule.engine.backprop import evaluate, sweep
from chainrule.engine.network import Network
from chainrule.errors import ChainruleError, InputError, ShapeError
from chainrule.numbers import Number, given
from chainrule.rules.layers.attention import Attention
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.embedding import Embedding
from chainrule.rules.layers.flatten import Flatten
from chainrule.rules.layers.layer_norm import LayerNorm
from chainrule.rules.layers.positions import Positions
from chainrule.rules.layers.residual import Residual
from chainrule.rules.layers.rms_norm import RMSNorm
from chainrule.rules.losses.token_cross_entropy import TokenCrossEntropy
from chainrule.rules.protocols import Names
from tests.bounds import rounding
from tests.checker import Situation, faults, unfaithful
from tests.oracles import sequences
from tests.rules.mutants import Planted, planted

TOKENS, PLACES = 6, 5
BELOW = [Embedding(TOKENS, 4), Positions()]
END = Dense(TOKENS, None)
CASES: dict[str, tuple[list[Any], str]] = {
    "embedding": ([Embedding(TOKENS, 4), END], "token_cross_entropy"),
    "embedding, flat": ([Embedding(TOKENS, 4), Flatten(), Dense(3, "tanh")], "half_squared_error"),
    "positions": ([*BELOW, END], "token_cross_entropy"),
    "waves": ([Embedding(TOKENS, 5), Positions("sinusoidal"), END], "token_cross_entropy"),
    "layer norm": ([*BELOW, LayerNorm(), END], "token_cross_entropy"),
    "rms norm": ([*BELOW, RMSNorm(1e-3), END], "token_cross_entropy"),
    "attention": ([*BELOW, Attention(2), END], "token_cross_entropy"),
    "attention to all": ([*BELOW, Attention(4, causal=False), END], "token_cross_entropy"),
    "transformer": (
        [*BELOW, Residual([LayerNorm(), Attention(2)]), Residual([LayerNorm(), Dense(8, "gelu"), Dense(4)]),
         LayerNorm(), END], "token_cross_entropy"),
    "sequence of numbers": (
        [Dense(4, "tanh"), Attention(2), LayerNorm(), Flatten(), Dense(3)], "half_squared_error"),
}  # fmt: skip
every_network = pytest.mark.parametrize("name", CASES)


@cache
def situation(name: str, rows: int = 3, seed: int = 0) -> Situation:
    layers, loss = CASES[name]
    network, rng = Network(layers, loss), np.random.default_rng(seed)
    x: np.ndarray = rng.integers(0, TOKENS, (rows, PLACES))
    if network.takes != "tokens":
        x = rng.normal(size=(rows, PLACES, 3))
    p = {n: a + rng.normal(0, 0.3, a.shape) for n, a in network.start(x.shape[1:], seed).items()}
    share = rng.uniform(0.5, 2, rows)
    if network.loss.takes == "tokens":
        t = rng.integers(0, TOKENS, (rows, PLACES))
        t[0, 1] = t[-1, :3] = -1
        return Situation(network, p, x, t, share / share.sum())
    return Situation(network, p, x, rng.normal(size=(rows, 3)), share / share.sum())


@cache
def truth(name: str) -> dict[str, np.ndarray]:
    s = situation(name)
    return sequences.truth(s.network.to_dict(), s.p, s.x, s.t, s.share)


# --- correct and faithful ---------------------------------------------------------------------------


@every_network
def test_is_the_derivative(name: str) -> None:
    found = faults(situation(name).swept(), truth(name), slack=1)
    # A key's bias moves all scores of a row alike, which no softmax feels: its gradient is 0.
    assert [fault for fault in found if not ("dE/dbk" in fault and "cannot be judged" in fault)] == []


def test_the_bias_of_a_key_moves_nothing() -> None:
    gradients = situation("attention to all").swept().gradients
    assert abs(gradients["bk3"].array).max() < 1e-15 < abs(gradients["bq3"].array).max()


@every_network
def test_re_adds_from_its_factors_also_term_by_term(name: str) -> None:
    assert unfaithful(situation(name).swept().numbers, np.random.default_rng(0), samples=4) == []


@every_network
def test_every_number_has_a_name_of_its_own(name: str) -> None:
    step, known = situation(name).swept(), {}
    waiting: list[Number] = [step.loss, step.output, *step.gradients.values()]
    while waiting:
        number = waiting.pop()
        first = known.setdefault(number.name, number)
        assert first is number or np.array_equal(first.array, number.array), number.name
        waiting += [f for p in number.paths for f in p.factors]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_network
def test_keeps_the_dtype_compiles_once_and_agrees(name: str, dtype: str) -> None:
    s = situation(name)

    def cast(array: Any) -> Any:
        whole = np.int32 if dtype == "float32" else np.int64
        return array.astype(whole if array.dtype.kind == "i" else dtype)

    p, x, t = jax.tree.map(cast, (s.p, s.x, s.t))
    for number in sweep(s.network, p, x, t).numbers.values():
        assert number.array.dtype == dtype or number.name in ("x", "t"), number.name
    wide = sweep(s.network, *jax.tree.map(lambda a: a if a.dtype.kind == "i" else a.astype(float), (p, x, t)))
    with jax.enable_x64(dtype == "float64"):

        @jax.jit
        def step(p, x, t):  # type: ignore[no-untyped-def]
            return {n: g.array for n, g in sweep(s.network, p, x, t).gradients.items()}

        step(jax.tree.map(lambda a: 2 * a, p), x, t)
        found = step(p, x, t)
        assert step._cache_size() == 1
    known: dict[int, np.ndarray] = {}
    u = float(np.finfo(dtype).eps) / 2
    for parameter, got in found.items():
        number = wide.gradients[parameter]
        assert got.dtype == dtype
        assert (np.abs(np.asarray(got) - number.array) <= 2 * rounding(number, u, known)).all(), parameter


@every_network
def test_a_batch_is_its_rows_and_no_row_is_none(name: str) -> None:
    s = situation(name)
    batch = s.network.predict(s.p, s.x)
    for row in range(3):
        alone = s.network.predict(s.p, s.x[row : row + 1])
        np.testing.assert_allclose(alone[0], batch[row], rtol=1e-12, atol=1e-14)
    empty = sweep(s.network, s.p, s.x[:0], s.t[:0])
    assert all(not g.array.any() and g.array.shape == s.p[n].shape for n, g in empty.gradients.items())


RULES = [
    Embedding(5, 4), Embedding(1, 1), Positions(), Positions("sinusoidal"), LayerNorm(), LayerNorm(0.5),
    RMSNorm(), Attention(), Attention(2), Attention(4, causal=False), TokenCrossEntropy(),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_check_rule_finds_nothing(rule: Any) -> None:
    checked = chainrule.check_rule(rule)
    assert checked.holds, str(checked)


# --- each for itself --------------------------------------------------------------------------------


def test_a_token_that_stands_nowhere_has_no_gradient_and_one_that_stands_twice_has_the_sum() -> None:
    layer = Embedding(4, 2).placed(Names())
    x = given("x", np.array([[2, 0, 2]]))
    z, kept = layer.forward({"w1": given("w1", np.arange(8.0).reshape(4, 2))}, x)
    np.testing.assert_array_equal(z.array[0], [[4, 5], [0, 1], [4, 5]])
    upstream = given("dE/dz1", np.array([[[1.0, 2], [3, 4], [5, 6]]]))
    gradients, dx = layer.backward({"w1": given("w1", np.zeros((4, 2)))}, kept, upstream)
    np.testing.assert_array_equal(gradients["w1"].array, [[3, 4], [0, 0], [6, 8], [0, 0]])
    assert dx is None


def test_a_causal_place_does_not_feel_what_comes_later() -> None:
    s = situation("transformer")
    later = s.x.copy()
    later[:, 3:] = (later[:, 3:] + 1) % TOKENS
    before, after = s.network.predict(s.p, s.x), s.network.predict(s.p, later)
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert (before[:, 3:] != after[:, 3:]).any()


def test_norms_of_constant_and_of_huge_numbers_are_finite() -> None:
    for layer in (LayerNorm(), RMSNorm()):
        network = Network([layer, Dense(1)])
        p = network.start(3)
        for value in (0.0, 1e150, -1e-150):
            step = sweep(network, p, np.full((1, 3), value), np.zeros((1, 1)))
            assert np.isfinite(step.loss.array), (layer, value)
            assert all(np.isfinite(g.array).all() for g in step.gradients.values())


def test_places_that_are_not_asked_count_for_nothing() -> None:
    network = Network([Embedding(3, 2), Dense(3)], "token_cross_entropy")
    p, x = network.start(4), np.array([[0, 1, 2, 1]])
    some = evaluate(network, p, x, np.array([[2, -100, 1, -1]])).array
    parts = [evaluate(network, p, x[:, [k]], np.array([[t]])).array for k, t in ((0, 2), (2, 1))]
    np.testing.assert_allclose(some, np.mean(parts), rtol=1e-14)


def test_sample_weights_make_the_mean_over_all_places() -> None:
    s = situation("transformer")
    counts = (s.t >= 0).sum(1)
    ours = evaluate(s.network, s.p, s.x, s.t, counts / counts.sum()).array
    probabilities = s.network.predict(s.p, s.x)
    rows, places = np.nonzero(s.t >= 0)
    np.testing.assert_allclose(
        ours, -np.log(probabilities[rows, places, s.t[rows, places]]).mean(), rtol=1e-13
    )


@pytest.mark.parametrize("places", [(3, 4), (3,), ()])
def test_the_loss_takes_pixels_and_plain_rows_too(places: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    y, t = rng.normal(size=(2, *places, 5)), rng.integers(0, 5, (2, *places))
    if places:
        t[0, 1] = -1
    share = given("1/n", np.full(2, 0.5))
    loss, cache = TokenCrossEntropy().forward(given("y", y), given("t", t), share)
    plain = {"loss": {"rule": "token_cross_entropy"}}

    def cost(y: Any) -> Any:
        return sequences.loss(plain, y, t, share.array)

    with jax.enable_x64(True):
        value, slope = jax.value_and_grad(cost)(y)
    np.testing.assert_allclose(loss.array, value, rtol=1e-13)
    np.testing.assert_allclose(TokenCrossEntropy().backward(cache).array, slope, rtol=1e-12, atol=1e-16)


def test_a_saturated_place_keeps_its_digits() -> None:
    y = given("y", np.array([[[60.0, 0.0]]]))
    _, cache = TokenCrossEntropy().forward(y, given("t", np.array([[0]])), given("1/n", np.ones(1)))
    np.testing.assert_allclose(
        TokenCrossEntropy().backward(cache).array[0, 0], [-np.exp(-60.0), np.exp(-60.0)], rtol=1e-13
    )


@pytest.mark.parametrize("quantity", ["s4", "u4", "r4", "hat3"])
def test_roads_through_a_norm_and_a_softmax_add_up(quantity: str) -> None:
    gradient = situation("transformer").swept().numbers[f"dE/d{quantity}"]
    rng = np.random.default_rng(0)
    for _ in range(5):
        index = tuple(int(rng.integers(0, n)) for n in gradient.array.shape)
        element = Factor(gradient, index)
        if roads := by_road(element):
            np.testing.assert_allclose(
                sum(road.value for road in roads), element.value, rtol=1e-10, atol=1e-16
            )


# --- planted faults ---------------------------------------------------------------------------------

CHANGES: dict[str, list[Planted]] = {
    "rules.layers.embedding": [
        ("cache, dy, shape=w.array.shape)", 'cache, dy, shape=w.array.shape), path("vj->vj", w)', "+ W"),
    ],
    "rules.layers.positions": [
        ('path("tj->tj", added))', 'path("tj->tj", added), path("tj->tj", added))', "twice"),
        ('path("ntj->tj", dy)', 'path("ntj->tj", cache)', "x for ∂E/∂z"),
        ("units // 2 * 2", "units", "each wave its own length"),
        ("np.cos(angles), np.sin(angles)", "np.sin(angles), np.cos(angles)", "sine and cosine exchanged"),
    ],
    "rules.layers.attention": [
        ("width**-0.5", "1.0", "the scale left out"),
        ("if self.causal else SOFTMAX", "if False else SOFTMAX", "the mask left out"),
        ('da, a), path(",nht,nhts->nhts", minus, mean, a))', "da, a))", "the softmax's mean left out"),
        ('path(",nhts,nshd->nthd", scale, ds, k)', 'path(",nhts,nshd->nthd", scale, ds, q)', "q for k"),
        ('path(",nhts,nthd->nshd", scale, ds, q)', 'path("nhts,nthd->nshd", ds, q)', "∂E/∂k unscaled"),
        ('path("nhts,nthd->nshd", a, dc)', 'path("nhts,nthd->nshd", s, dc)', "scores for weights"),
        ("path(\"nthd,nshd->nhts\", dc, v)", "path(\"nthd,nshd->nhts\", dc, k)", "keys for values"),
        ("derivative(x), *roads)", "derivative(x), *roads[1:])", "the queries' road left out"),
        ('path("nthd,ntj->hdj", c, dy)', 'path("nthd,ntj->hdj", v, dy)', "∂E/∂O from the values"),
    ],
    "rules.losses.token_cross_entropy": [
        ("minus, co_p, part", "minus, p, part", "p for 1 - p"),
        ("1 / xp.maximum(count, 1)", "1 / xp.maximum(count, t.shape[-1])", "what is not asked counted"),
        ("(target >= 0) & ", "", "error where nothing is asked"),
    ],
}  # fmt: skip
ENTRIES = [
    pytest.param(where, right, wrong, id=f"{where.rpartition('.')[2]}: {why}")
    for where, changes in CHANGES.items()
    for right, wrong, why in changes
]


@pytest.mark.parametrize(("where", "right", "wrong"), ENTRIES)
def test_wrong_rules_are_rejected(where: str, right: str, wrong: str) -> None:
    known = {name: truth(name) for name in CASES}

    def complaints() -> list[str]:
        found = []
        for name in CASES:
            try:
                with np.errstate(all="ignore"):
                    found += faults(situation(name).swept(), known[name], slack=1)
            except (ChainruleError, ValueError, TypeError, IndexError) as error:
                found.append(str(error))
        return found

    with planted(where, right, wrong):
        assert complaints()


# --- shapes and refusals ----------------------------------------------------------------------------


def test_shapes_and_starts() -> None:
    network = Network([Embedding(65, 8), Positions(), Residual([LayerNorm(), Attention(2)]), Dense(65)],
                      "token_cross_entropy")  # fmt: skip
    rows = network.summary(16)
    assert [row.shape for row in rows] == [("n", 16, 8)] * 5 + [("n", 16, 65)]
    assert [row.layer for row in rows] == [
        "embedding", "positions", "residual", "layer_norm", "attention", "dense 5 softmax"]  # fmt: skip
    p = network.start(16)
    assert {n: a.shape for n, a in p.items()} == network.chain.shapes((16,))[0]
    np.testing.assert_allclose(p["w1"].std(), 0.02, rtol=0.1)
    assert abs(p["wq4"]).max() <= np.sqrt(6 / 16)
    assert (p["g3"] == 1).all()
    assert not p["bq4"].any()


def test_a_hostile_width_is_said_without_its_arrays() -> None:
    shapes = Network([Embedding(10**9, 10**6), Attention(2), Dense(10)], "token_cross_entropy").chain.shapes(
        (9,)
    )[0]
    assert shapes["wq2"] == (10**6, 2, 5 * 10**5)


def test_plain_values_make_the_same_network_again() -> None:
    for layers, loss in CASES.values():
        network = Network(layers, loss)
        assert Network.from_dict(network.to_dict()) == network


X, T = np.array([[0, 1, 2]]), np.array([[1, 2, 0]])
TEXT = Network([Embedding(3, 2), Dense(3)], "token_cross_entropy")
REFUSED: list[tuple[Any, str]] = [
    (lambda: Embedding(0, 4), "whole number of tokens, at least 1, not 0"),
    (lambda: Embedding(4, True), "whole number of units, at least 1, not True"),
    (lambda: Attention(0), "heads"),
    (lambda: Attention(2, causal=1), "causal is True or False, not 1"),
    (lambda: Positions("learned"), "of the kind 'learned'. Did you mean 'learnt'"),
    (lambda: LayerNorm(0), "eps of a norm is a positive number, not 0"),
    (lambda: RMSNorm(float("nan")), "eps of a norm is a positive number"),
    (lambda: Network([Dense(3), Embedding(3, 2)]), "put it first"),
    (lambda: Network([Residual([Embedding(3, 2)])]), "put it first"),
    (lambda: Network([Embedding(3, 2), Attention(3)]).start(4), "layer 2: Attention: 2 numbers .* 3 heads"),
    (lambda: Network([Attention(1)]).start((4, 4, 2)), r"rows of numbers at places in a line, \(t, i\)"),
    (lambda: Network([Positions()]).start((4, 4, 2)), r"in a line, \(t, i\)"),
    (lambda: Network([Embedding(3, 2)]).start((4, 2)), "rows of tokens"),
    (lambda: Network([Embedding(3, 2), Dense(3)]).outputs(4), "token_cross_entropy"),
    (lambda: chainrule.train(TEXT, X + 1, T), r"x\[0,2\] is 3, but 3 tokens are known, 0 to 2"),
    (lambda: chainrule.train(TEXT, X - 1, T), r"x\[0,0\] is -1, but 3 tokens"),
    (lambda: chainrule.train(TEXT, X + 0.5, T), r"x\[0,0\] is 0.5, but tokens are whole numbers"),
    (lambda: chainrule.train(TEXT, [[np.nan, 0, 0]], T), r"x\[0,0\] is nan, but tokens are whole"),
    (lambda: chainrule.train(TEXT, [[1e20, 0, 0]], T), "small whole numbers"),
    (lambda: chainrule.train(TEXT, [["a", "b", "c"]], T), "x must hold numbers"),
    (lambda: chainrule.train(TEXT, X[0], T), r"x is \(3,\), but rows of tokens are wanted, \(n, t\)"),
    (lambda: chainrule.train(TEXT, X, T + 1), r"t\[0,1\] is 3, but the 3 outputs stand for 0 to 2"),
    (lambda: chainrule.train(TEXT, X, T - 3), r"t\[0\] asks for nothing"),
    (lambda: chainrule.train(TEXT, X, T[0]), r"t is \(3,\), but a target for each place .*\(1, 3\)"),
    (lambda: chainrule.train(TEXT, X, T / 2), r"t\[0,0\] is 0.5, but tokens are whole numbers"),
    (lambda: chainrule.train_ensemble(TEXT, X, T, seeds=2), "takes dense networks only.*embedding"),
]  # fmt: skip


@pytest.mark.parametrize(("attempt", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_refused_in_one_line(attempt: Any, words: str) -> None:
    with pytest.raises((InputError, ShapeError), match=words) as caught:
        attempt()
    assert "\n" not in str(caught.value)


def test_dropout_has_a_number_for_every_place() -> None:
    network = Network([Embedding(3, 4), Dropout(0.5), Dense(3)], "token_cross_entropy")
    run = chainrule.train(network, X, T, epochs=3)
    assert run.predict(X).shape == (1, 3, 3)


def test_lists_are_swept_as_arrays_are() -> None:
    p = TEXT.start(3)
    assert sweep(TEXT, p, X.tolist(), T.tolist()).loss.array == sweep(TEXT, p, X, T).loss.array


def test_a_residual_of_another_width_says_what_ends_it_well() -> None:
    with pytest.raises(ShapeError, match=r"4 x 2 went in, 4 x 8 came out; end it with Dense\(2\)"):
        Network([Embedding(3, 2), Residual([Dense(8)])]).start(4)
