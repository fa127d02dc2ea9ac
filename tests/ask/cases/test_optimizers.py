"""Worked examples with an optimiser: state, addresses, words, refusals and causes."""

import numpy as np
import pytest

from chainrule.ask.cases import example
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.check.check import check_text
from chainrule.ask.explain.explain import explain
from chainrule.ask.explain.lesson import Lesson
from chainrule.errors import InputError

SHEET = """
learning_rate = 0.1
optimizer = {}
loss = "half_squared_error"
inputs = [[0.1, 0.4]]
targets = [[0.25]]
[[layers]]
activation = "sigmoid"
weights = [[0.15, 0.2], [0.3, 0.1]]
biases = [0.4, 0.1]
[[layers]]
activation = "sigmoid"
weights = [[0.45], [0.2]]
biases = [0.6]
[names]
w5 = "w2[0,0]"
theta = "w2[1,0]"
"""
ADAM = SHEET.format('"adam"')


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def adam_by_hand(updates, m=None, v=None, count=0, *, corrected=True):
    """w2[0,0], its m and v after each of so many updates of the sheet, in plain NumPy."""
    p = {"w1": np.array([[0.15, 0.2], [0.3, 0.1]]), "b1": np.array([0.4, 0.1]),
         "w2": np.array([[0.45], [0.2]]), "b2": np.array([0.6])}  # fmt: skip
    m = {n: np.zeros_like(a) for n, a in p.items()} | (m or {})
    v = {n: np.zeros_like(a) for n, a in p.items()} | (v or {})
    x, t = np.array([0.1, 0.4]), 0.25
    for k in range(count + 1, count + updates + 1):
        a1 = sigmoid(x @ p["w1"] + p["b1"])
        a2 = sigmoid(a1 @ p["w2"] + p["b2"])
        d2 = (a2 - t) * a2 * (1 - a2)
        d1 = d2 @ p["w2"].T * a1 * (1 - a1)
        g = {"w1": np.outer(x, d1), "b1": d1, "w2": np.outer(a1, d2), "b2": d2}
        for n in p:
            m[n] = 0.9 * m[n] + 0.1 * g[n]
            v[n] = 0.999 * v[n] + 0.001 * g[n] ** 2
            mean, square = (m[n], v[n]) if not corrected else (m[n] / (1 - 0.9**k), v[n] / (1 - 0.999**k))
            p[n] = p[n] - 0.1 * mean / (np.sqrt(square) + 1e-8)
        yield {n: a.copy() for n, a in p.items()}, dict(m), dict(v)


@pytest.mark.parametrize("order", [range(6), (5, 1, 3), (300,)], ids=str)
def test_updates_of_adam(order):
    world = Trajectory(example.parse(ADAM, "adam"))
    history = list(adam_by_hand(301))
    for k in order:
        parameters, m, v = history[k]
        numbers = world.numbers(k)
        for name in parameters:
            np.testing.assert_allclose(numbers[f"{name}'"].array, parameters[name], rtol=1e-11, atol=1e-14)
            np.testing.assert_allclose(numbers[f"m_{name}'"].array, m[name], rtol=1e-11, atol=1e-14)
            np.testing.assert_allclose(numbers[f"v_{name}'"].array, v[name], rtol=1e-11, atol=1e-14)


def test_a_state_that_is_given():
    m, v = np.array([[0.3], [-0.2]]), np.array([[0.04], [0.5]])
    state = "[state]\nupdates = 7\nm_w2 = [[0.3], [-0.2]]\nv_w2 = [[0.04], [0.5]]\n"
    sheet = example.parse(ADAM.replace("[names]", f"{state}[names]"), "adam")
    (parameters, _, _), *_ = adam_by_hand(1, {"w2": m}, {"w2": v}, 7)
    np.testing.assert_allclose(Trajectory(sheet).numbers()["w2'"].array, parameters["w2"], rtol=1e-13)


def test_addresses_by_any_name():
    sheet = example.parse(ADAM, "adam")
    world = Trajectory(sheet)
    for text, name in (("m_w5", "m_w2"), ("m_w5'", "m_w2'"), ("vhat_w5", "vhat_w2"), ("v_theta'", "v_w2'")):
        address = sheet.quantity(text)
        assert address.name == name
        assert world.value(address) == world.numbers()[name].array[address.index]
    assert explain(sheet, "m_w5@3").value == explain(sheet, "m_w5'@2").value != 0


def test_the_text_says_the_factors():
    text = str(explain(example.parse(ADAM, "adam"), "w5'@1", depth=2))
    assert "w₅' = w₅ - α · m̂_w₅ · 1/(√v̂_w₅ + ε)" in text
    assert "m_w₅' = β₁ · m_w₅ + (1-β₁) · ∂E/∂w₅" in text
    assert "Kingma & Ba" in text
    assert "(1-β₂) · (∂E/∂w₅)²" in str(explain(example.parse(ADAM, "adam"), "v_w5'"))
    lesson = "\n".join(map(str, Lesson(example.parse(ADAM, "adam"), epochs=3).blocks()))
    assert "by the rule of adam" in lesson


@pytest.mark.parametrize("rule", ["momentum", "nesterov", "rmsprop", "adagrad", "adam", "adamw"])
def test_every_quantity_re_adds(rule):
    sheet = example.parse(SHEET.format(f'"{rule}"'), rule)
    for name, shape in sheet.quantities.shapes.items():
        explanation = explain(sheet, f"{name}[{','.join('0' * len(shape))}]@2" if shape else f"{name}@2")
        total = sum(term["value"] for term in explanation.terms)
        assert total == pytest.approx(explanation.value, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    ("line", "says"),
    [('optimizer = "adm"', "Did you mean 'adam'"),
     ('optimizer = {rule = "adam", beta = 0.9}', "takes no 'beta'"),
     ('optimizer = {rule = "adam", b1 = 1.5}', "b1 is a number from 0 to below 1"),
     ('optimizer = "adam"\nstate = {updates = -1}', "state: updates"),
     ('optimizer = "adam"\nstate = {m_w3 = [[1]]}', "unknown key 'm_w3'"),
     ('optimizer = "adam"\nstate = {m_w2 = [[1]]}', "state: m_w2 is 1 x 1, not 2 x 1"),
     ('optimizer = "adam"\nstate = {v_b2 = [-1]}', "squares are not negative"),
     ('optimizer = "sgd"\nstate = {m_b2 = [1]}', "unknown key 'm_b2'"),
     ('optimizer = "adam"\nconvention = {momentum = 0.5}', "momentum is for plain gradient descent"),
     ('optimizer = "adam"\nconvention = {update = "sequential"}', "all layers at once")],
)  # fmt: skip
def test_what_does_not_fit_is_refused(line, says):
    with pytest.raises(InputError, match=says):
        example.parse(SHEET.replace("optimizer = {}", line), "sheet")


def test_an_optimizer_wants_a_rate():
    with pytest.raises(InputError, match="so learning_rate must be given"):
        example.parse(ADAM.replace("learning_rate = 0.1", ""), "sheet")


@pytest.mark.parametrize(
    ("cause", "options"),
    [("bias corrections left out", {"corrected": False}), ("plain gradient descent", None)],
)
def test_what_was_left_out_is_named(cause, options):
    if options:
        values = [p["w2"][0, 0] for p, _, _ in adam_by_hand(2, **options)]
    else:
        plain = Trajectory(example.parse(SHEET.format('"sgd"'), "sgd"))
        values = [plain.numbers(k)["w2'"].array[0, 0] for k in range(2)]
    claims = "\n[claims]\n" + "".join(f'"w5\'@{k}" = "{value:.8f}"\n' for k, value in enumerate(values))
    read = check_text(ADAM + claims, "adam.toml")
    assert read.verdict == "wrong"
    assert read.cause is not None
    assert read.cause.name == cause
