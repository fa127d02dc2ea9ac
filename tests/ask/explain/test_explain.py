"""explain: every kind of quantity of random networks re-adds to its value, and the value is an oracle's."""

import json
import math
import time
from collections.abc import Iterator
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.case import Case
from chainrule.ask.documents import html, latex
from chainrule.ask.documents.text import Printer
from chainrule.ask.explain.explain import explain
from chainrule.ask.explain.explanation import Explanation
from chainrule.engine.network import Network
from chainrule.engine.runs.run import History, Run
from chainrule.engine.stopping import Stop
from chainrule.errors import InputError, ShapeError
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.residual import Residual
from tests.checker import Situation, situation
from tests.networks import networks, seeds
from tests.oracles import gradients
from tests.oracles.gradients import JAX

LESSON = worked.parse(worked.builtin(), "lesson.toml")
RATE = 0.05


def readded(plain: dict) -> float:  # type: ignore[type-arg]
    """The value that a reader of the JSON comes to."""
    products = [math.prod(f["value"] for f in term["factors"]) for term in plain["terms"]]
    for product, term in zip(products, plain["terms"], strict=True):
        assert product == pytest.approx(term["value"], rel=1e-14, abs=0)
    return math.fsum([*products, *([plain["rest"]["value"]] if plain["rest"] else [])])


def size(plain: dict) -> float:  # type: ignore[type-arg]
    return math.fsum(abs(t["value"]) for t in plain["terms"]) + abs((plain["rest"] or {"value": 0})["value"])


def check(found: Explanation, truth: float | None = None, scale: float = 0.0) -> dict:  # type: ignore[type-arg]
    """The JSON of an explanation, after it has been added up; cancelled sums are judged by their terms."""
    plain = found.plain()
    keys = ["quantity", "value", "formula", "terms", "rest", "used_by"]
    assert list(plain) in (keys, [*keys, "chain"])
    assert plain["quantity"] == found.quantity
    json.dumps(plain, allow_nan=False)
    assert abs(readded(plain) - plain["value"]) <= 1e-12 * max(abs(plain["value"]), 1e-3 * size(plain))
    for term in plain["terms"]:
        for factor in term["factors"]:
            assert list(factor) == ["symbol", "quantity", "value"]
            assert factor["symbol"]
    if truth is not None:
        assert abs(plain["value"] - truth) <= 1e-10 * max(abs(truth), 1e-3 * size(plain), scale)
    return plain


# --- the witness ------------------------------------------------------------------------------------


def truth(s: Situation, p: dict) -> dict:  # type: ignore[type-arg]
    """E and every gradient by the complex step, of the formulas as textbooks have them."""
    plain = s.network.to_dict()
    found = gradients.by_complex_step(plain, p, s.x, s.t, s.share, [], 0.0)
    return {name: np.asarray(array, dtype=np.float64) for name, array in found.items()}


def after(s: Situation, updates: int) -> dict:  # type: ignore[type-arg]
    """The parameters after so many updates, in a plain loop."""
    p = dict(s.p)
    for _ in range(updates):
        found = truth(s, p)
        p = {name: array - RATE * found[name] for name, array in p.items()}
    return p


def places(shape: tuple[int, ...], rng: np.random.Generator) -> str:
    at = [str(int(rng.integers(n))) for n in shape]
    return f"[{','.join(at)}]" if at else ""


def element(array: np.ndarray, address: str) -> float:
    at = address.partition("[")[2].rstrip("]")
    return float(array[tuple(int(k) for k in at.split(","))] if at else array)


def made(network: Network, inputs: int, rows: int, seed: int) -> tuple[Situation, Case]:
    s = situation(network, inputs, rows, seed)
    s.masks, s.share = {}, np.full(rows, 1 / rows)
    case = Case(network=network, parameters=s.p, x=s.x, t=s.t, learning_rate=RATE)
    return s, case


@settings(max_examples=30)
@given(networks(), st.integers(1, 32), seeds)
def test_every_kind_of_quantity_of_random_networks(pair: tuple[Network, int], rows: int, seed: int) -> None:
    network, inputs = pair
    s, case = made(network, inputs, rows, seed)
    rng, found = np.random.default_rng(seed), truth(s, s.p)
    loss = float(found.pop("E"))
    check(explain(case, "E"), loss)
    for name, gradient in found.items():
        asked = f"dE/d{name}{places(gradient.shape, rng)}"
        scale = float(np.abs(gradient).max())
        check(explain(case, asked), element(gradient, asked), scale=scale)
        check(explain(case, asked, terms=2, depth=1), element(gradient, asked), scale=scale)
    updated = after(s, 2)
    for name, array in s.p.items():
        where = places(array.shape, rng)
        check(explain(case, f"{name}{where}"), element(array, where))
        check(explain(case, f"{name}'{where}"), element(array - RATE * found[name], where), scale=1.0)
        check(explain(case, f"{name}{where}@2"), element(updated[name], where), scale=1.0)
    check(explain(case, "E@2"), float(truth(s, updated)["E"]), scale=loss)
    for name, shape in case.quantities.shapes.items():  # z, a, h, r, u, d and every derivative between
        check(explain(case, f"{name}{places(shape, rng)}"))


@settings(max_examples=25)
@given(networks(), st.integers(1, 4), seeds)
def test_every_document_fits_the_page(pair: tuple[Network, int], rows: int, seed: int) -> None:
    network, inputs = pair
    _, case = made(network, inputs, rows, seed)
    rng = np.random.default_rng(seed)
    names = list(case.quantities.shapes)
    for name in rng.choice(names, min(4, len(names)), replace=False):
        found = explain(case, f"{name}{places(case.quantities.shapes[name], rng)}", depth=3)
        lines = str(found).split("\n")
        assert max(map(len, lines)) <= 80
        assert len(lines) < 500
        narrow = "\n".join(Printer(width=60, unicode=False).text(found.blocks()))
        assert narrow.isascii()


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "gelu", "softmax"])
@pytest.mark.parametrize("rows", [1, 3])
def test_forward_quantities_and_slopes_by_jax(activation: str, rows: int) -> None:
    s, case = made(Network([Dense(3, activation), Dense(2, "tanh")]), 2, rows, 5)
    plain = {"rule": activation}
    with jax.enable_x64(True):
        z = s.x @ s.p["w1"] + s.p["b1"]
        a = np.asarray(JAX.activation(plain, jnp.asarray(z)))
        slope = np.asarray(jax.vmap(jax.jacobian(lambda v: JAX.activation(plain, v)))(jnp.asarray(z)))
        upstream = np.asarray(
            jax.grad(lambda a: jnp.sum((s.t - jnp.tanh(a @ s.p["w2"] + s.p["b2"])) ** 2) / 2 / rows)(
                jnp.asarray(a)
            )
        )
    row = "" if rows == 1 else f"{rows - 1},"
    check(explain(case, f"z1[{row}2]"), z[-1, 2])
    check(explain(case, f"a1[{row}2]"), a[-1, 2])
    check(explain(case, f"dE/da1[{row}2]"), upstream[-1, 2], scale=0.1)
    if activation == "softmax":
        check(explain(case, f"da1/dz1[{row}2,0]"), slope[-1, 2, 0])
        check(explain(case, f"da1/dz1[{row}2,2]"), slope[-1, 2, 2])
    else:
        check(explain(case, f"da1/dz1[{row}2]"), slope[-1, 2, 2])


# --- the terms --------------------------------------------------------------------------------------


def test_the_lesson() -> None:
    a1 = 1 / (1 + math.exp(-(0.1 * 0.15 + 0.4)))
    a2 = 1 / (1 + math.exp(-(a1 * 0.45 + 0.65)))
    signal = (a2 - 0.25) * a2 * (1 - a2)
    plain = check(explain(LESSON, "dE/dw2"), signal * a1)
    assert plain["terms"] == [
        {
            "factors": [
                {"symbol": "∂E/∂z₂", "quantity": "dE/dz2", "value": pytest.approx(signal)},
                {"symbol": "a₁", "quantity": "a1", "value": pytest.approx(a1)},
            ],
            "value": pytest.approx(signal * a1),
        }
    ]
    assert plain["rest"] is None
    (given_one,) = check(explain(LESSON, "x"), 0.1)["terms"]
    assert given_one["factors"] == [{"symbol": "x", "quantity": "x", "value": 0.1}]
    (function,) = check(explain(LESSON, "a1"))["terms"]
    assert function["factors"] == [{"symbol": "σ(z₁)", "quantity": None, "value": pytest.approx(a1)}]
    update = check(explain(LESSON, "w1'"))["terms"][1]["factors"]
    assert [f["symbol"] for f in update] == ["-1", "α", "∂E/∂w₁"]
    assert [f["quantity"] for f in update] == [None, None, "dE/dw1"]


def test_quantities_of_factors_can_be_explained_in_turn() -> None:
    _, case = made(Network([Dense(3, "gelu_tanh"), Dense(2)], "binary_cross_entropy"), 2, 2, 0)
    seen: set[str] = set()

    def descend(asked: str) -> Iterator[str]:
        if asked in seen:
            return
        seen.add(asked)
        yield asked
        for term in check(explain(case, asked))["terms"]:
            for factor in term["factors"]:
                if factor["quantity"]:
                    assert explain(case, factor["quantity"]).value == factor["value"]
                    yield from descend(factor["quantity"])

    assert len(list(descend("w1'[1,2]@2"))) > 20
    assert "dE/dz1[0,2]@2" in seen


def test_the_largest_terms_and_an_exact_remainder() -> None:
    s, case = made(Network([Dense(50, "tanh"), Dense(1)]), 20, 1, 0)
    weights, x = s.p["w1"][:, 7] * s.x[0], s.x
    for most in (1, 3, 20, 500):
        plain = check(explain(case, "z1[7]", terms=most))
        shown = [t["value"] for t in plain["terms"]]
        assert len(shown) == min(most, 21)
        every = np.append(weights, s.p["b1"][7])
        assert sorted(shown, key=abs) == pytest.approx(sorted(every, key=abs)[-most:])
        if most < 21:
            assert plain["rest"] == {"terms": 21 - most, "value": pytest.approx(every.sum() - sum(shown))}
    assert len(check(explain(case, "z1[7]"))["terms"]) == 4
    assert x.shape == (1, 20)


# --- rows and roads ---------------------------------------------------------------------------------


def tables(found: Explanation) -> dict[str, dict[str, float]]:
    shown: dict[str, dict[str, float]] = {}
    for block in found.blocks():
        if type(block).__name__ == "TableBlock":
            head = str(block.headings[0])
            shown[head] = {
                "".join(Printer()._formula(r[0]) if not isinstance(r[0], str) else r[0]): r[1].number
                for r in block.rows
            }
    return shown


def test_rows_give_what_they_give_alone() -> None:
    network = Network([Dense(3, "tanh"), Dense(2)])
    s, case = made(network, 2, 5, 1)
    found = tables(explain(case, "dE/dw1[1,2]"))["row"]
    for row in range(5):
        alone = explain(network, s.x[row : row + 1], s.t[row : row + 1], "dE/dw1[1,2]", parameters=s.p)
        assert found[str(row)] == pytest.approx(alone.value / 5, rel=1e-10)


def test_roads_are_units_and_the_two_ways_of_a_residual() -> None:
    s, case = made(Network([Dense(3, "tanh"), Dense(4, "relu"), Dense(2)]), 2, 5, 1)
    found = explain(case, "dE/dw1[1,2]")
    roads = tables(found)["through"]
    assert set(roads) <= {f"z₂[{k}]" for k in range(4)}
    assert sum(roads.values()) == pytest.approx(found.value, rel=1e-10)
    with jax.enable_x64(True):  # unit k alone: the others' weights from a1[2] are 0
        for k in range(4):
            cut = np.array(s.p["w2"])
            held = jnp.asarray(np.delete(np.arange(4), k))

            def cost(w1: object, cut: object = cut, held: object = held) -> object:
                a1 = jnp.tanh(s.x @ w1 + s.p["b1"])
                z2 = a1 @ cut + s.p["b2"]
                z2 = z2.at[:, held].set(jax.lax.stop_gradient(z2)[:, held])
                y = jnp.maximum(z2, 0) @ s.p["w3"] + s.p["b3"]
                return jnp.sum((s.t - y) ** 2) / 2 / 5

            share = float(jax.grad(cost)(jnp.asarray(s.p["w1"]))[1, 2])
            assert roads.get(f"z₂[{k}]", 0.0) == pytest.approx(share, rel=1e-10, abs=1e-15)
    _, case = made(Network([Dense(3, "tanh"), Residual([Dense(3, "relu")]), Dense(2)]), 2, 5, 1)
    found = explain(case, "dE/dw1[1,2]")
    roads = tables(found)["through"]
    assert set(roads) == {"r₂", "u₂"}
    assert sum(roads.values()) == pytest.approx(found.value, rel=1e-10)


def test_the_last_layer_has_one_road() -> None:
    _, case = made(Network([Dense(3, "tanh"), Dense(2)]), 2, 1, 1)
    assert tables(explain(case, "dE/dw2[1,0]")) == {}


# --- subjects ---------------------------------------------------------------------------------------


def run_of(network: Network, s: Situation, **settings: object) -> Run:
    p = {name: array.astype(np.float32) for name, array in s.p.items()}
    return Run(network, p, History([1.0]), Stop.EPOCHS, 1, 1.0, settings=dict(settings))


def test_a_run_is_replayed_in_float64_and_says_so() -> None:
    network = Network([Dense(3, "tanh"), Dropout(0.5), Dense(1, "sigmoid")])
    s, _ = made(network, 2, 4, 0)
    run = run_of(network, s, optimizer="adam", learning_rate=0.01, weight_decay=0.1)
    found = explain(run, s.x[:1], s.t[:1], "dE/dw1[0,2]")
    assert found.factor.number.array.dtype == np.float64
    assert "in float64" in " ".join(str(found).split())
    assert "adam" not in str(found)
    wide = {name: array.astype(np.float64) for name, array in run.parameters.items()}
    with jax.enable_x64(True):
        truth = jax.grad(lambda p: JAX.cost(network.to_dict(), p, s.x[:1], s.t[:1], np.ones(1), [], 0.1))(
            wide
        )["w1"]
    check(found, float(truth[0, 2]))
    check(explain(run, s.x, s.t, "E"))
    update = explain(run, s.x, s.t, "w1'[0,2]")
    assert "trained with adam" in " ".join(str(update).split())
    assert update.value == wide["w1"][0, 2] - 0.01 * explain(run, s.x, s.t, "dE/dw1[0,2]").value


def test_a_network_with_its_own_parameters_masks_and_rate() -> None:
    network = Network([Dense(3, "tanh"), Dropout(0.5), Dense(1)])
    s = situation(network, 2, 4, 0)
    found = explain(network, s.x, s.t, "d1[1,2]", parameters=s.p | s.masks)
    assert found.value == pytest.approx(np.tanh(s.x @ s.p["w1"] + s.p["b1"])[1, 2] * s.masks["m1"][1, 2])
    drawn = explain(network, s.x, s.t, "w1[0,0]", seed=3)
    assert drawn.value == network.start(2, 3)["w1"][0, 0]
    after = explain(network, s.x, s.t, "d1[1,2]@2", parameters=s.p | s.masks, learning_rate=0.1)
    assert (after.value == 0) == (s.masks["m1"][1, 2] == 0)
    assert (
        explain(network, s.x, s.t, "E@2", parameters=s.p, learning_rate=0.1).value
        < found.world.value(found.world.case.quantity("E")) * 10
    )


def test_own_names() -> None:
    text = worked.builtin() + '[names]\nw5 = "w2[0,0]"\nout = "a2"\n'
    example = worked.parse(text, "own.toml")
    found = explain(example, "dE/dw5")
    assert found.plain()["quantity"] == "dE/dw5"
    assert "∂E/∂w₅" in str(found)


def test_columns_are_called_by_their_names() -> None:
    network = Network([Dense(2, "tanh"), Dense(1)])
    x, t = np.ones((2, 3)), np.ones((2, 1))
    found = explain(network, x, t, "z1[1,0]", columns=["mass", "island=Biscoe", "year"], outputs=["price"])
    (table,) = [b for b in found.blocks() if type(b).__name__ == "TableBlock"]
    assert [row[1] for row in table.rows] == ["mass", "island=Biscoe", "year"]
    assert "island=Biscoe" in str(found)
    found = explain(
        network, x[:1], t[:1], "dE/da2", columns=["mass", "island=Biscoe", "year"], outputs=["price"]
    )
    assert "price" in str(found)


# --- refusals ---------------------------------------------------------------------------------------

NETWORK = Network([Dense(2, "tanh"), Dense(1)])
ROW = (np.ones((1, 3)), np.ones((1, 1)))


@pytest.mark.parametrize(
    ("arguments", "options", "says"),
    [
        ((NETWORK, *ROW, "dE/dz3[0]"), {}, "Did you mean"),
        ((NETWORK, *ROW, "w1[0,7]"), {}, "w1 is 3 x 2; indices count from 0"),
        ((NETWORK, *ROW, "w1'[0,0]"), {}, "give a learning rate"),
        ((NETWORK, *ROW, "E@3"), {}, "takes 3 updates: give a learning rate"),
        ((NETWORK, *ROW, ""), {}, "is not a quantity"),
        ((NETWORK, *ROW), {}, "wants a quantity"),
        ((NETWORK, "E"), {}, "asked about rows x and targets t"),
        ((NETWORK, *ROW, "E"), {"parameters": {}}, "parameters lack w1"),
        ((NETWORK, *ROW, "E"), {"depth": -1}, "depth counts from 0"),
        ((NETWORK, *ROW, "E"), {"terms": 0}, "terms from 1"),
        ((NETWORK, np.full((1, 3), np.nan), ROW[1], "E"), {}, r"x\[0,0\] is nan"),
        ((LESSON, *ROW, "E"), {}, "has rows and parameters of its own"),
        (("lesson.toml", *ROW, "E"), {}, "not str"),
    ],
)
def test_what_cannot_be_explained(arguments: tuple, options: dict, says: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(InputError, match=says):
        explain(*arguments, **options)


def test_parameters_that_do_not_fit() -> None:
    wrong = NETWORK.start(3) | {"w1": np.ones((2, 2))}
    with pytest.raises(ShapeError, match=r"w1 is \(2, 2\), but the network wants \(3, 2\)"):
        explain(NETWORK, *ROW, "E", parameters=wrong)


# --- wide networks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["dE/dw1[0,2]", "a2[3,1]", "E", "w1'[0,2]", "dE/dx[5,7]", "dE/da1[1,1]"])
def test_a_wide_network_answers_in_under_a_second_and_in_few_lines(asked: str) -> None:
    rng = np.random.default_rng(0)
    network = Network([Dense(300, "relu"), Dense(10)], "softmax_cross_entropy")
    x, t = rng.normal(size=(256, 784)), rng.integers(0, 10, 256)
    times = []
    for depth in (0, 0, 6):
        start = time.perf_counter()
        found = explain(network, x, t, asked, learning_rate=0.1, depth=depth)
        lines = str(found).count("\n")
        check(found)
        times.append(time.perf_counter() - start)
        assert lines < (120 if not depth else 350)
    assert min(times[:2]) < 1


# --- how it shows itself ----------------------------------------------------------------------------


def test_the_object_shows_itself() -> None:
    found = explain(LESSON, "dE/dw2")
    assert repr(found) == f"<Explanation of dE/dw2 = {found.value!r}>"
    assert "∂E/∂w₂ = ∂E/∂a₂ · ∂a₂/∂z₂ · ∂z₂/∂w₂\n" in str(found)
    assert found.formula.startswith(
        r"\frac{\partial E}{\partial w_{2}} = \frac{\partial E}{\partial z_{2}} \cdot a_{1} = "
        r"0.09476 \cdot 0.6023"
    )
    assert r"\frac{\partial E}{\partial w_{2}} &= " in found._repr_markdown_()
    assert not hasattr(found, "_repr_html_")  # it would hide the LaTeX


def test_nothing_is_shown_twice() -> None:
    _, case = made(Network([Dense(3, "tanh"), Dense(2, "tanh"), Dense(2)]), 2, 2, 0)
    blocks = list(explain(case, "dE/dw1[0,0]", depth=9).blocks())
    lefts = [e.left for b in blocks if type(b).__name__ == "Equations" for e in b.equations]
    assert len(lefts) == len(set(lefts)) > 10


RELU = """
loss = "softmax_cross_entropy"
inputs = [[1, {x}]]
targets = [[0, 1]]
[[layers]]
activation = "relu"
weights = [[0.2, -0.3], [0.4, 0.1]]
[[layers]]
weights = [[0.2, -0.3], [0.4, 0.1]]
"""


def test_an_array_without_an_index_is_shown_whole_and_its_largest_number_derived():
    sheet = worked.parse(RELU.format(x=2), "sheet")
    answer = explain(sheet, "dE/dw2")
    gradient = sheet.sweep.numbers["dE/dw2"].array
    assert answer.value == gradient.ravel()[np.argmax(np.abs(gradient))]
    text = str(answer)
    assert text.splitlines()[0] == "∂E/∂w₂"
    assert all(f"{abs(value):.4g}"[:5] in text for value in gradient.ravel())
    with pytest.raises(InputError, match="write"):
        explain(sheet, "dE/dw2[0]")


def test_a_dead_unit_is_said_to_be_dead():
    dead = str(explain(worked.parse(RELU.format(x=-2), "sheet"), "dE/dz1[0]"))
    assert "∂a₁/∂z₁[0] is 0: at z₁[0] = -0.6 the activation is flat." in dead
    assert "flat" not in str(explain(worked.parse(RELU.format(x=2), "sheet"), "dE/dz1[0]"))


def _crossed(rows: int) -> Case:
    text = (
        'loss = "softmax_cross_entropy"\ninputs = [[1, 2], [0, 1]]\ntargets = [[0, 1, 0], [1, 0, 0]]\n\n'
        "[[layers]]\nweights = [[0.1, 0.2, 0.3], [0.4, -0.1, 0.2]]\nbiases = [0, 0.1, 0]\n"
    )
    example = worked.parse(text, "crossed")
    return replace(example, x=example.x[:rows], t=example.t[:rows])


def test_the_error_of_a_cross_entropy_is_the_output_less_its_target():
    told = " ".join(str(explain(_crossed(1), "dE/dz1[1]")).split())
    assert "∂E/∂z₁[1] = a₁[1] - T[1] = 0.1981 - 1 = -0.8019" in told
    assert "computed as (1 - T[1]) · a₁[1] - T[1] · (1 - a₁[1]), which loses no digits" in told
    both = " ".join(str(explain(_crossed(2), "dE/dz1[0,1]")).split())
    assert "∂E/∂z₁[0,1] = (a₁[0,1] - T[0,1]) · 1/n = (0.1981 - 1) · 0.5" in both


def test_indices_stand_inside_the_fraction():
    found = explain(_crossed(1), "dE/dw1[0,2]")
    assert r"\frac{\partial E}{\partial w_{1}[0,2]} &= \frac{\partial E}{\partial z_{1}[2]}" in latex.text(
        found.blocks()
    )
    assert "<mrow><mo>∂</mo><msub><mi>w</mi><mn>1</mn></msub><mtext>[0,2]</mtext></mrow>" in html.text(
        found.blocks()
    )
