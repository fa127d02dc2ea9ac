"""diagnose_gradients: gradients written in plain NumPy, with and without a mistake."""

from typing import Any

import numpy as np
import pytest
from benchmarks.mutation.faults import Fault, fault, hand, problem
from benchmarks.mutation.problem import Problem, Slip, gradients

from chainrule.ask.cases import example as worked
from chainrule.ask.gradients.diagnose import Diagnosis, diagnose_gradients
from chainrule.engine.backprop import sweep
from chainrule.engine.network import Network
from chainrule.errors import InputError, ShapeError
from chainrule.rules.layers.dense import Dense

KINDS = ["mistake", "convention", "transposed"]
NETWORK = Network([Dense(3, "tanh"), Dense(2, "sigmoid")], "half_squared_error")
X, T = np.array([[0.3, -0.7], [0.9, 0.2]]), np.array([[0.1, 0.8], [0.6, 0.3]])


def case(one: Problem) -> Any:
    return worked.parse(one.toml({}), "case")


def faulty(seed: int) -> tuple[Problem, Fault, dict[str, np.ndarray], dict[str, np.ndarray]] | None:
    """A random network with a mistake that shows in its gradients, those, and the right ones."""
    rng = np.random.default_rng([9, seed])
    one = problem(rng)
    for _ in range(30):
        made = fault(rng, str(rng.choice(KINDS)), one, hand(rng))
        if made is None:
            continue
        right, wrong = gradients(one), gradients(one, made.slip)
        size = max(np.abs(g).max() for g in right.values())
        if any(np.abs(wrong[name] - right[name]).max() > 1e-4 * size for name in right):
            return one, made, wrong, right
    return None


def test_mistakes_are_named_and_the_layer_is_found() -> None:
    named = located = count = 0
    for seed in range(120):
        if not (found := faulty(seed)):
            continue
        one, made, wrong, right = found
        said = diagnose_gradients(case(one), claimed=wrong)
        assert said.verdict == "wrong", (seed, made.kind, made.what)
        count += 1
        off = [name for name in right if np.abs(wrong[name] - right[name]).max() > 1e-12]
        located += said.layer == max(int(name[1:]) for name in off)
        causes = (said.cause, *said.cause.rivals) if said.cause else ()
        named += any(made.told(c.kind, c.name, c.quantity, c.corrected) for c in causes)
    assert count > 90
    assert located == count
    assert named >= 0.95 * count, (named, count)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_right_gradients_are_right(kind: Any) -> None:
    for seed in range(60):
        one = problem(np.random.default_rng([10, seed]))
        claimed = {name: g.astype(kind) for name, g in gradients(one).items()}
        assert diagnose_gradients(case(one), claimed=claimed).verdict == "right", seed


def test_an_error_of_one_in_a_million_is_seen_in_float64() -> None:
    for seed in range(20):
        one = problem(np.random.default_rng([11, seed]))
        claimed = gradients(one)
        claimed["w1"] = claimed["w1"] * (1 + 1e-6)
        expected = "wrong" if claimed["w1"].any() else "right"
        assert diagnose_gradients(case(one), claimed=claimed).verdict == expected


def test_torch_gradients_in_its_layout() -> None:
    torch = pytest.importorskip("torch")
    p = {k: torch.tensor(v, dtype=torch.float32) for k, v in NETWORK.start(2, 1).items()}
    weights = {k: (v.T.clone() if k[0] == "w" else v.clone()).requires_grad_() for k, v in p.items()}
    a = torch.tanh(
        torch.nn.functional.linear(torch.tensor(X, dtype=torch.float32), weights["w1"], weights["b1"])
    )
    y = torch.sigmoid(torch.nn.functional.linear(a, weights["w2"], weights["b2"]))
    (0.5 * ((y - torch.tensor(T)) ** 2).sum(1).mean()).backward()
    claimed = {k: v.grad for k, v in weights.items()}
    found = diagnose_gradients(NETWORK, X, T, claimed, parameters=p)
    assert found.verdict == "right"
    assert "w1, w2 came as (units, inputs)" in found.notes[0]


@pytest.mark.parametrize("sizes", [(2, 3, 2), (3, 3, 2), (2, 4, 4, 3)])
@pytest.mark.parametrize("mixed", [False, True])
def test_parameters_in_the_layout_of_torch_are_turned_and_that_is_said(
    sizes: tuple[int, ...], mixed: bool
) -> None:
    rng = np.random.default_rng(4)
    network = Network([Dense(units, "tanh") for units in sizes[1:]], "half_squared_error")
    x, t = rng.normal(size=(5, sizes[0])), rng.normal(size=(5, sizes[-1]))
    p = {name: start + 0.1 for name, start in network.start(sizes[0], 1).items()}
    right = {k: g.array for k, g in sweep(network, p, x, t, np.full(5, 0.2)).gradients.items()}
    stored = {k: v.T for k, v in p.items()}
    claimed = right if mixed else {k: g.T for k, g in right.items()}
    diagnosis = diagnose_gradients(network, x, t, claimed, parameters=stored)
    assert diagnosis.verdict == "right"
    assert "The parameters w1, w2" in diagnosis.notes[0]
    assert "came as (units, inputs)" in diagnosis.notes[0]


def test_square_parameters_in_the_layout_of_torch_are_told_by_the_numbers() -> None:
    rng = np.random.default_rng(5)
    network = Network([Dense(3, "sigmoid"), Dense(3, "sigmoid")], "half_squared_error")
    x, t = rng.normal(size=(4, 3)), rng.uniform(0.1, 0.9, size=(4, 3))
    p = {name: start + 0.1 for name, start in network.start(3, 1).items()}
    right = {k: g.array for k, g in sweep(network, p, x, t, np.full(4, 0.25)).gradients.items()}
    turned = diagnose_gradients(
        network, x, t, {k: g.T for k, g in right.items()}, parameters={k: v.T for k, v in p.items()}
    )
    assert turned.verdict == "right"
    assert "came as (units, inputs)" in turned.notes[0]
    assert diagnose_gradients(network, x, t, right, parameters=p).notes == ()


def diagnosed(**changed: Any) -> Diagnosis:
    p = NETWORK.start(2, 1)
    correct = diagnose_gradients(NETWORK, X, T, {k: np.zeros_like(v) for k, v in p.items()}, parameters=p)
    assert correct.verdict == "wrong"
    found = {k: g.array for k, g in sweep(NETWORK, p, X, T, np.full(2, 0.5)).gradients.items()}
    return diagnose_gradients(
        NETWORK, X, T, found | {k: f(found[k]) for k, f in changed.items()}, parameters=p
    )


def test_part_of_the_gradients_and_notes() -> None:
    found = diagnosed(w2=lambda g: 2 * g)
    (wrong,) = [one for one in found.compared if not one.right]
    assert (wrong.parameter, wrong.note, found.layer) == ("w2", "2 times too large", 2)
    assert diagnosed(w1=lambda g: -g).compared[0].note == "times -1"
    text = str(found)
    assert "On the way" in text
    assert "wrong first in layer 2" in text.replace("\n", " ")
    assert found.plain()["gradients"][2]["largest_error"] > 0
    assert r"\frac{\partial E}{\partial w_{2}}" in found._repr_markdown_()


def test_two_mistakes_at_once() -> None:
    rng = np.random.default_rng(3)
    one = next(
        p
        for p in iter(lambda: problem(rng), None)
        if p.activations == ("sigmoid", "sigmoid") and len(p.x) == 2
    )
    wrong = gradients(one, Slip(left_out=(1, 2), error=-1.0))
    found = diagnose_gradients(case(one), claimed=wrong)
    assert found.cause is not None
    assert "σ′ left out" in found.cause.name
    assert "sign of the error" in found.cause.name


def test_noise_has_no_cause() -> None:
    rng = np.random.default_rng(0)
    found = diagnosed(w1=lambda g: g + rng.normal(size=g.shape), w2=lambda g: g + rng.normal(size=g.shape))
    assert found.cause is None
    assert "No mistake that is known" in str(found)


@pytest.mark.parametrize(
    ("claimed", "error", "says"),
    [
        ({}, InputError, "no gradients are given"),
        ({"w9": np.zeros(2)}, InputError, "w9 is no parameter of this network; it has w1, b1, w2, b2"),
        ({"w1": np.zeros((4, 4))}, ShapeError, r"the gradient of w1 is \(4, 4\), but w1 is \(2, 3\)"),
        ({"b1": np.array([0, np.nan, 0])}, InputError, r"the gradient of b1 is nan at \[1\]"),
        ([np.zeros(2)], ShapeError, "1 gradients are given"),
    ],
)
def test_what_cannot_be_diagnosed(claimed: Any, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        diagnose_gradients(NETWORK, X, T, claimed)


def test_a_penalty_that_is_not_stated_is_solved_for() -> None:
    for rate in (0.01, 0.3):
        p = NETWORK.start(2, 1)
        correct = {k: g.array for k, g in sweep(NETWORK, p, X, T, np.full(2, 0.5)).gradients.items()}
        claimed = {k: g + rate * p[k] if k[0] == "w" else g for k, g in correct.items()}
        diagnosis = diagnose_gradients(NETWORK, X, T, claimed, parameters=p)
        assert diagnosis.cause is not None
        assert diagnosis.cause.name == f"weight decay λ = {rate:g}"
