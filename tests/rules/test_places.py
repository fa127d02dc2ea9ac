"""What rules of places owe: convolutions, pools and flattening, against JAX's own operations and loops."""

from functools import cache
from typing import Any

import jax
import numpy as np
import pytest

import chainrule
from chainrule.engine.backprop import sweep
from chainrule.engine.network import Network
from chainrule.errors import ChainruleError, InputError, ShapeError
from chainrule.numbers import given, origins
from chainrule.rules.initializers import STARTS
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.flatten import Flatten, Unflatten
from chainrule.rules.layers.pool import AvgPool, GlobalAveragePool, MaxPool
from chainrule.rules.layers.residual import Residual
from chainrule.rules.protocols import Names
from tests.bounds import rounding
from tests.checker import Situation, faults, unfaithful
from tests.oracles import places
from tests.rules.mutants import Planted, planted

BELOW = Conv(4, (2, 3), "tanh")
"""Under each layer, so that somebody sees its ∂E/∂x."""

IMAGES: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    "conv": ([BELOW, Conv(4, 3, "tanh", stride=2, padding=1), Flatten(), Dense(3)], (7, 8, 2)),
    "conv same": ([BELOW, Conv(3, 4, stride=2, padding="same"), Flatten(), Dense(3)], (7, 9, 2)),
    "conv dilated": ([BELOW, Conv(3, 2, "sigmoid", dilation=2), Flatten(), Dense(3)], (7, 6, 2)),
    "conv in groups": ([BELOW, Conv(6, (2, 3), groups=2, padding=(1, 0)), Flatten(), Dense(3)], (5, 7, 2)),
    "conv by channel": ([BELOW, Conv(4, 3, groups=4, padding=1), GlobalAveragePool(), Dense(3)], (5, 6, 2)),
    "conv 1-d": ([Conv(4, 3, "tanh", padding="same"), Conv(3, 2, stride=2), Flatten(), Dense(3)], (9, 2)),
    "conv 3-d": ([Conv(2, 2, "tanh"), Conv(3, 2, stride=2, padding=1), Flatten(), Dense(3)], (4, 5, 4, 2)),
    "max": ([BELOW, MaxPool(2), Flatten(), Dense(3)], (7, 8, 2)),
    "max overlapping": ([BELOW, MaxPool(3, 2, 1), Flatten(), Dense(3)], (7, 8, 2)),
    "max 1-d": ([Conv(4, 2, "tanh"), MaxPool(2, 1), Flatten(), Dense(3)], (7, 2)),
    "average": ([BELOW, AvgPool(2), Flatten(), Dense(3)], (7, 8, 2)),
    "average over the edge": ([BELOW, AvgPool((3, 2), 2, 1), Flatten(), Dense(3)], (7, 8, 2)),
    "average inside": ([BELOW, AvgPool(3, 2, 1, count_padding=False), Flatten(), Dense(3)], (7, 8, 2)),
    "laid out": ([Unflatten((4, 3, 2)), BELOW, Flatten(), Dense(3)], (24,)),
    "global": ([BELOW, GlobalAveragePool(), Dense(3)], (4, 5, 2)),
}  # fmt: skip
every_network = pytest.mark.parametrize("name", IMAGES)


@cache
def situation(name: str, rows: int = 3, seed: int = 0) -> Situation:
    layers, shape = IMAGES[name]
    network, rng = Network(layers), np.random.default_rng(seed)
    p = {n: a + rng.normal(0, 0.1, a.shape) for n, a in network.start(shape, seed).items()}
    x, t = rng.normal(size=(rows, *shape)), rng.normal(size=(rows, 3))
    return Situation(network, p, x, t, np.full(rows, 1 / rows))


@cache
def truth(name: str) -> dict[str, np.ndarray]:
    s = situation(name)
    return places.truth(s.network.to_dict(), s.p, s.x, s.t)


# --- correct and faithful ---------------------------------------------------------------------------


@every_network
def test_is_the_derivative(name: str) -> None:
    assert faults(situation(name).swept(), truth(name), slack=1) == []


@every_network
def test_re_adds_from_its_factors_also_term_by_term(name: str) -> None:
    assert unfaithful(situation(name).swept().numbers, np.random.default_rng(0), samples=4) == []


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_network
def test_keeps_the_dtype_compiles_once_and_agrees(name: str, dtype: str) -> None:
    s = situation(name)
    p, x, t = jax.tree.map(lambda a: a.astype(dtype), (s.p, s.x, s.t))
    for number in sweep(s.network, p, x, t).numbers.values():
        assert number.array.dtype == dtype, number.name
    wide = sweep(s.network, *jax.tree.map(lambda a: a.astype(np.float64), (p, x, t)))
    with jax.enable_x64(dtype == "float64"):

        @jax.jit
        def step(p, x, t):  # type: ignore[no-untyped-def]
            found = sweep(s.network, p, x, t)
            return found.input_gradient.array, {n: g.array for n, g in found.gradients.items()}

        step(p, 2 * x, t)
        dx, found = step(p, x, t)
        assert step._cache_size() == 1
    known: dict[int, np.ndarray] = {}
    u = float(np.finfo(dtype).eps) / 2
    for number, got in [(wide.input_gradient, dx), *((wide.gradients[n], found[n]) for n in p)]:
        assert got.dtype == dtype
        assert (np.abs(np.asarray(got) - number.array) <= 2 * rounding(number, u, known)).all(), number.name


@every_network
def test_a_batch_is_its_rows_and_no_row_is_none(name: str) -> None:
    s = situation(name)
    batch = s.network.predict(s.p, s.x)
    for row in range(3):
        alone = s.network.predict(s.p, s.x[row : row + 1])
        np.testing.assert_allclose(alone[0], batch[row], rtol=1e-12, atol=1e-14)
    empty = sweep(s.network, s.p, s.x[:0], s.t[:0])
    assert empty.output.array.shape == (0, 3)
    assert all(not g.array.any() and g.array.shape == s.p[n].shape for n, g in empty.gradients.items())


def test_convolution_is_what_loops_give() -> None:
    rng = np.random.default_rng(2)
    for size, stride, padding in ((3, 1, 0), (2, 2, 1), (3, 2, 2), (1, 1, 0)):
        layer = Conv(3, size, None, stride=stride, padding=padding).placed(Names())
        x, p = rng.normal(size=(1, 6, 5, 2)), layer.start(rng, (6, 5, 2))[0]
        z = layer.forward({n: given(n, a) for n, a in p.items()}, given("x", x))[0].array
        np.testing.assert_allclose(z[0], places.loops(p["w1"], x[0], stride, padding), rtol=1e-12, atol=1e-14)


def test_the_first_of_several_largest_gets_the_error() -> None:
    pool = MaxPool(2).placed(Names())
    x = given("x", np.array([[[1.0, 3.0], [3.0, 3.0]]])[..., None])
    y, kept = pool.forward({}, x)
    assert y.array.item() == 3
    dx = pool.backward({}, kept, given(f"dE/d{y.name}", np.array([[[[7.0]]]])))[1]
    np.testing.assert_array_equal(dx.array[0, ..., 0], [[0, 7], [0, 0]])


def test_overlapping_windows_add_up() -> None:
    pool = MaxPool(2, 1).placed(Names())
    x = given("x", np.array([0.0, 9.0, 1.0])[None, :, None])
    y, kept = pool.forward({}, x)
    dx = pool.backward({}, kept, given(f"dE/d{y.name}", np.array([[[2.0], [5.0]]])))[1]
    np.testing.assert_array_equal(dx.array[0, :, 0], [0, 7, 0])


@pytest.mark.parametrize(
    "layer", [Conv(3, 2), Conv(4, 3, "tanh", padding=1, groups=2), MaxPool(2), MaxPool(3, 1, 1), AvgPool(2),
              AvgPool(3, 2, 1, count_padding=False), GlobalAveragePool(), Flatten()], ids=repr,
)  # fmt: skip
def test_check_rule_finds_nothing(layer: Any) -> None:
    checked = chainrule.check_rule(layer)
    assert checked.holds, str(checked)


def test_a_residual_of_convolutions() -> None:
    network = Network([Residual([Conv(2, 3, "tanh", padding=1)]), GlobalAveragePool(), Dense(1)])
    p, rng = network.start((4, 4, 2)), np.random.default_rng(0)
    step = sweep(network, p, rng.normal(size=(2, 4, 4, 2)), rng.normal(size=(2, 1)))
    assert unfaithful(step.numbers, rng) == []
    with pytest.raises(ShapeError, match="4 x 4 x 2 went in, 2 x 2 x 2 came out; pad its convolutions"):
        Network([Residual([Conv(2, 3)]), Flatten(), Dense(1)]).start((4, 4, 2))


# --- planted faults ---------------------------------------------------------------------------------

CHANGES: dict[str, list[Planted]] = {
    "rules.layers.conv": [
        ('f"{image},{out}->{kernel}", x, dz', 'f"{image},{out}->{kernel}", x, dy', "∂E/∂W from ∂E/∂a"),
        ('f"{out},{kernel}->{image}", dz, w', 'f"{out},{kernel}->{image}", dy, w', "∂E/∂x from ∂E/∂a"),
        ('path("...j->j", dz)', 'path("...j->j", dy)', "∂E/∂b from ∂E/∂a"),
        (', path("j->j", p[self.b]))', ")", "the bias left out"),
        ("self.size, self.stride,", "self.size, 1,", "the stride left out"),
        ("self.padding, self.dilation)", "0, self.dilation)", "the padding left out"),
        ("self.padding, self.dilation)", "self.padding, 1)", "the dilation left out"),
        ('f"({self.units // self.groups}g+j)"', 'f"({self.groups}j+g)"', "units dealt out to the groups"),
        ('f"({w.array.shape[-2]}g+i)"', 'f"({self.groups}i+g)"', "channels dealt out to the groups"),
    ],
    "rules.layers.windows": [
        ("({_times(stride)}{place}+", "({place}+", "the stride left out of the indices"),
        ("{_times(dilation)}{inner}", "{inner}", "the dilation left out of the indices"),
        ("f'-{front}' if", "f'-{front - 1}' if", "the padding off by one"),
        ("}+{_times(dilation)}", "}-{_times(dilation)}", "the kernel flipped"),
        ("max(reach - n, 0) // 2", "(max(reach - n, 0) + 1) // 2", "`same` rounded up"),
    ],
    "rules.layers.pool": [
        ("xp.argmax(", "xp.argmin(", "the smallest for the largest"),
        ("sizes, -xp.inf)", "sizes, xp.inf)", "the padding is the largest"),
        ("path(indices, largest, dy, shape", "path(indices, largest, x, shape", "x for ∂E/∂p"),
        ("path(indices, share, window, dy, shape", "path(indices, window, dy, shape", "the share left out"),
        ("1 / size, x)", "1 / (size + 1), x)", "a window of one more"),
        ("1 / inside", "1 / size + 0 * inside", "the padding counted"),
        ("1 / max(places, 1), x)", "1.0, x)", "a sum for a mean"),
    ],
    "rules.layers.flatten": [
        ("{places_of(x)}i->n{", "{places_of(x)[::-1]}i->n{", "columns for rows"),
        ("shape[axis + 2 :])", "shape[1 : axis + 1])", "the first index runs fastest"),
        ("{places_of(dy)}i->n{", "{places_of(dy)[::-1]}i->n{", "columns for rows on the way back"),
    ],
}  # fmt: skip
ENTRIES = [
    pytest.param(where, right, wrong, id=f"{where.rpartition('.')[2]}: {why}")
    for where, changes in CHANGES.items()
    for right, wrong, why in changes
]


@pytest.mark.parametrize(("where", "right", "wrong"), ENTRIES)
def test_wrong_rules_are_rejected(where: str, right: str, wrong: str) -> None:
    known = {name: truth(name) for name in IMAGES}

    def complaints() -> list[str]:
        found = []
        for name in IMAGES:
            try:
                with np.errstate(all="ignore"):
                    found += faults(situation(name).swept(), known[name], slack=1)
            except (ChainruleError, ValueError, TypeError, IndexError) as error:
                found.append(str(error))
        return found

    with planted(where, right, wrong):
        assert complaints()


# --- shapes, starts and refusals --------------------------------------------------------------------


def test_shapes_and_starts() -> None:
    network = Network(
        [Conv(6, 5, "relu", padding=2), MaxPool(2), Flatten(), Dense(10)], "softmax_cross_entropy"
    )
    rows = network.summary((28, 28, 1))
    assert [row.shape for row in rows] == [
        ("n", 28, 28, 6), ("n", 14, 14, 6), ("n", 1176), ("n", 10)]  # fmt: skip
    assert [row.count for row in rows] == [156, 0, 0, 11770]
    assert [row.layer for row in rows] == ["conv 1 relu", "max_pool", "flatten", "dense 2 softmax"]
    p = network.start((28, 28, 1))
    assert p["w1"].shape == (5, 5, 1, 6)
    np.testing.assert_allclose(abs(p["w1"]).max(), np.sqrt(6 / 25), rtol=0.05)  # He: 25 terms in a sum


@pytest.mark.parametrize("name", STARTS)
def test_every_start_draws_windows(name: str) -> None:
    array = STARTS[name](np.random.default_rng(0), (3, 3, 4, 5))
    assert array.shape == (3, 3, 4, 5)
    if name == "orthogonal":
        columns = array.reshape(-1, 5)
        np.testing.assert_allclose(columns.T @ columns, np.eye(5), atol=1e-12)


def test_fan_in_is_the_number_of_terms() -> None:
    s = situation("conv in groups")
    z = s.swept().numbers["z2"]
    assert len(list(z.paths[0].terms((0, 1, 1, 0)))) == np.prod(s.p["w2"].shape[:-1])


def test_plain_values_make_the_same_network_again() -> None:
    for layers, shape in IMAGES.values():
        network = Network(layers)
        again = Network.from_dict(network.to_dict())
        assert again == network
        assert [a.tobytes() for a in again.start(shape, 3).values()] == [
            a.tobytes() for a in network.start(shape, 3).values()
        ]


def ends(*layers: Any) -> Any:
    return lambda: Network(layers).outputs((4, 4, 1))


IMAGE, T = np.ones((2, 4, 4, 1)), np.ones((2, 1))
FLAT_END = Network([Conv(2), Flatten(), Dense(1)])
REFUSED = {
    "no places": (lambda: Network([Conv(2)]).start(4), ShapeError, r"layer 1: Conv wants .* rows of 4 come"),
    "too small": (ends(Conv(2, 5)), ShapeError, "windows of 5 x 5, which do not"),
    "dense on images": (ends(Conv(2), Dense(1)), ShapeError, r"put Flatten\(\)"),
    "no flat end": (ends(Conv(2)), ShapeError, "ends in rows of 2 x 2 x 2"),
    "groups": (lambda: Conv(4, groups=3), InputError, "4 units do not go into 3 groups"),
    "channels": (ends(Conv(3), Conv(4, 2, groups=2)), ShapeError, "3 channels do not go"),
    "size 0": (lambda: Conv(4, 0), InputError, "size of Conv is a whole number from 1 up, .* not 0"),
    "padding": (lambda: MaxPool(2, padding="full"), InputError, "'same', 'valid' or whole numbers"),
    "much padding": (ends(MaxPool(2, 2, 2)), ShapeError, "more than half"),
    "axes": (ends(Conv(2, (2,))), ShapeError, "made for 1 axes of places"),
    "ensemble": (
        lambda: chainrule.train_ensemble(FLAT_END, IMAGE, T, seeds=2),
        InputError,
        "dense networks only: .* conv 1",
    ),
    "flat rows": (lambda: chainrule.train(FLAT_END, np.ones((2, 4)), T), ShapeError, "at places are wanted"),
}


@pytest.mark.parametrize(("make", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused_by_name(make: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        make()


# --- trained ----------------------------------------------------------------------------------------


def test_a_training_is_saved_loaded_and_resumes_its_predictions(tmp_path: Any) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 6, 6, 1))
    t = (x[:, :3].sum(axis=(1, 2, 3)) > x[:, 3:].sum(axis=(1, 2, 3))).astype(int)
    network = Network([Conv(4, 3, "tanh"), MaxPool(2), Flatten(), Dense(2)], "softmax_cross_entropy")
    run = chainrule.train(network, x, t, epochs=60, learning_rate=0.05, batch_size=16, optimizer="adam",
                          weight_decay=1e-3, seed=1)  # fmt: skip
    assert (run.predict(x).argmax(1) == t).mean() > 0.95
    again = chainrule.load(run.save(tmp_path / "run"))
    assert again.row_shape == (6, 6, 1)
    np.testing.assert_array_equal(again.predict(x), run.predict(x))
    assert repr(run).startswith("Run(6 x 6 x 1-4-2 classifier, 60 epochs")


def test_rows_in_blocks_are_those_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    s = situation("max")
    whole = s.network.predict(s.p, s.x)
    monkeypatch.setattr("chainrule.engine.network.PRODUCTS", 100)
    assert len(list(s.network.blocks(s.x))) == 3
    np.testing.assert_allclose(s.network.predict(s.p, s.x), whole, rtol=1e-13)


def test_a_run_takes_rows_of_its_shape() -> None:
    run = chainrule.train(FLAT_END, IMAGE, T, epochs=1)
    with pytest.raises(ShapeError, match=r"^x is \(1, 5, 4, 1\), but .* rows of 4 x 4 x 1$"):
        run.predict(np.ones((1, 5, 4, 1)))


def test_an_ensemble_of_no_network_is_told_so() -> None:
    with pytest.raises(InputError):
        chainrule.train_ensemble([Dense(1)], np.ones((4, 2)), np.ones((4, 1)), seeds=2)  # type: ignore[arg-type]


def test_wrong_gradients_are_seen_and_no_cause_is_made_up() -> None:
    s = situation("conv")
    own = {name: gradient.array for name, gradient in sweep(s.network, s.p, s.x, s.t).gradients.items()}
    assert chainrule.diagnose_gradients(s.network, s.x, s.t, own, parameters=s.p).verdict == "right"
    diagnosis = chainrule.diagnose_gradients(s.network, s.x, s.t, own | {"w1": 2 * own["w1"]}, parameters=s.p)
    assert (diagnosis.verdict, diagnosis.cause) == ("wrong", None)


def test_an_array_of_places_is_shown_in_part_and_says_which() -> None:
    s = situation("conv")
    told = " ".join(str(chainrule.explain(s.network, s.x, s.t, "w1", parameters=s.p)).split())
    assert "·,·], one part of 2 x 3 x 2 x 4." in told
    flat = chainrule.explain(Network([Dense(2)]), np.ones((2, 3)), np.ones((2, 2)), "w1")
    assert "one part" not in str(flat)


def test_explained_by_its_places() -> None:
    s = situation("conv")
    told = str(chainrule.explain(s.network, s.x, s.t, "z1[0,3,2,1]", parameters=s.p))
    assert "unit 1 of layer 1 adds up" in told
    assert "at place 3,2, in row 0" in " ".join(told.split())
    for quantity in (
        "z1[0,3,2,1]",
        "dE/dw2[1,2,0,3]",
        "w1[0,1,1,2]",
        "dE/dx[0,1,1,0]",
        "f2[0,5]",
        "a2[0,1,2,3]",
    ):
        answer = str(chainrule.explain(s.network, s.x, s.t, quantity, parameters=s.p))
        assert quantity.split("[")[0].replace("dE/d", "∂E/∂")[0] in answer
        assert "Traceback" not in answer
    assert "window" in str(chainrule.explain(s.network, s.x, s.t, "w1[0,1,1,2]", parameters=s.p))
    assert "[largest]" in origins(situation("max").swept().loss)
