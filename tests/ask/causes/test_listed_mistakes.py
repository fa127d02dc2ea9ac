"""Listed mistakes: each kind on sheets of its own, beside solved givens, and among other prints."""

import numpy as np
import pytest

from chainrule.ask.cases import example as worked
from chainrule.ask.causes.cause import Cause
from chainrule.ask.check.check import check

NET = """
learning_rate = 0.2
loss = "{loss}"
inputs = [[{x}]]
targets = [[{t}]]
"""


def cause(text: str) -> Cause:
    verdict = check(worked.parse(text, "sheet.toml"))
    assert verdict.cause is not None, [(c.claim.quantity, str(c.status)) for c in verdict.claims]
    return verdict.cause


def sigmoid(z: float) -> float:
    return float(1 / (1 + np.exp(-z)))


# --- a given that is solved for, beside a listed mistake


@pytest.mark.parametrize(
    ("t", "w1", "w2", "x"), [(0, 0.5, 0.5, 1.0), (1, 0.8, -0.6, 0.9), (0, 0.3, 1.1, 0.7)]
)
def test_a_slope_applied_again_comes_before_a_target_that_is_solved_for(
    t: int, w1: float, w2: float, x: float
) -> None:
    z1 = x * w1
    p = sigmoid(z1 * w2)
    dz = (p - t) * p * (1 - p)
    claims = {
        "z1": z1,
        "z2": z1 * w2,
        "a2": p,
        "dE/dz2": dz,
        "dE/dw2": dz * z1,
        "dE/da1": dz * w2,
        "dE/dw1": dz * w2 * x,
        "w2'": w2 - 0.2 * dz * z1,
    }
    text = NET.format(loss="binary_cross_entropy", x=x, t=t)
    text += f'[[layers]]\nactivation = "relu"\nweights = [[{w1}]]\n[[layers]]\nweights = [[{w2}]]\n[claims]\n'
    named = cause(text + "".join(f"\"{name}\" = '{value:.4f}'\n" for name, value in claims.items()))
    assert named.name == "σ′ applied again at the output"
    assert named.explains == named.of
    assert not named.others
    assert any(rival.quantity == "t" for rival in named.rivals)


def test_a_given_never_takes_two_values() -> None:
    text = NET.format(loss="half_squared_error", x=0.5, t=1)
    text += '[[layers]]\nactivation = "sigmoid"\nweights = [[0.4]]\n[claims]\n'
    named = cause(text + "z1 = '0.3000'\na1 = '0.6106'\n\"dE/dw1\" = '-0.0800'\n\"w1'\" = '0.9160'\n")
    quantities = [c.quantity for c in (named, *named.others) if c.kind == "given"]
    assert len(quantities) == len(set(quantities))


# --- several prints of a quantity


@pytest.mark.parametrize(("rate", "weights"), [(0.2, (1.5, 0.6)), (0.5, (-0.7, 0.4))])
@pytest.mark.parametrize(("step", "named"), [(1.0, "sign of the step"), (None, "α left out")])
def test_one_right_print_of_a_quantity_does_not_speak_against_a_cause(
    rate: float, weights: tuple[float, float], step: float | None, named: str
) -> None:
    x = (0.8, -0.5)
    a = sigmoid(x[0] * weights[0] + x[1] * weights[1])
    dz = (a - 1) * a * (1 - a)
    text = NET.format(loss="half_squared_error", x="0.8, -0.5", t=1).replace("0.2", str(rate), 1)
    text += f'[[layers]]\nactivation = "sigmoid"\nweights = [[{weights[0]}], [{weights[1]}]]\n[claims]\n'
    text += f"a1 = '{a:.6f}'\n" + "".join(f"\"dE/dw1[{i},0]\" = '{dz * x[i]:.6f}'\n" for i in range(2))
    for i in range(2):
        right = weights[i] - rate * dz * x[i]
        wrong = weights[i] + (rate * step if step else -1) * dz * x[i]
        text += f"\"w1'[{i},0]\" = ['{right:.6f}', '{wrong:.6f}']\n"
    assert cause(text).name == named


# --- weights left out on the way back


@pytest.mark.parametrize("weights", [(0.5, 0.5, 0.5), (0.7, -0.4, 1.3)])
def test_weights_left_out_on_the_way_back(weights: tuple[float, ...]) -> None:
    a, slopes, text = 0.9, [], NET.format(loss="half_squared_error", x=0.9, t=0.3)
    for w in weights:
        a = sigmoid(a * w)
        slopes.append(a * (1 - a))
        text += f'[[layers]]\nactivation = "sigmoid"\nweights = [[{w}]]\n'
    dz = (a - 0.3) * slopes[2]
    both, first = dz * slopes[1] * slopes[0] * 0.9, dz * slopes[1] * weights[1] * slopes[0] * 0.9
    named = cause(f"{text}[claims]\n\"dE/dw1\" = '{both:.9f}'\n")
    assert "weights" in named.text
    assert "left out on the way back (layers 2 and 3)" in named.text or named.rivals
    named = cause(f"{text}[claims]\n\"dE/dz3\" = '{dz:.9f}'\n\"dE/dw1\" = '{first:.9f}'\n")
    assert "weights left out on the way back: w₃" in (named.name, *(rival.name for rival in named.rivals))


# --- others, on a network of two units with two rows

ROWS = np.array([[0.3, 0.8], [0.9, -0.4]])
TARGETS = np.array([[1.0, 0.0], [0.0, 1.0]])
W = [np.array([[0.5, -0.3], [0.8, 0.2]]), np.array([[0.7, 0.4], [-0.6, 0.9]])]


def network(loss: str, end: str, decay: float = 0.0) -> str:
    lines = [
        f'learning_rate = 0.3\nloss = "{loss}"',
        f"inputs = {ROWS.tolist()}\ntargets = {TARGETS.tolist()}",
    ]
    lines += [f"weight_decay = {decay}"] if decay else []
    for w, activation in zip(W, ("sigmoid", end), strict=True):
        lines.append(f'[[layers]]\nactivation = "{activation}"\nweights = {w.tolist()}\nbiases = [0.2, -0.1]')
    return "\n".join([*lines, "[claims]\n"])


def claims(**arrays: np.ndarray) -> str:
    named = {name.replace("d_", "dE/d").replace("_new", "'"): array for name, array in arrays.items()}
    return "".join(
        f"\"{name}[{','.join(map(str, index))}]\" = '{array[index]:.7f}'\n"
        for name, array in named.items()
        for index in np.ndindex(array.shape)
    )


def passed(softmax: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hidden activations, outputs, and the error at the output."""
    b = np.array([0.2, -0.1])
    a1 = 1 / (1 + np.exp(-(ROWS @ W[0] + b)))
    z2 = a1 @ W[1] + b
    a2 = np.exp(z2) / np.exp(z2).sum(1, keepdims=True) if softmax else 1 / (1 + np.exp(-z2))
    return a1, a2, (a2 - TARGETS) / 2


def test_softmax_slope_again_in_a_sheet() -> None:
    a1, a2, error = passed(softmax=True)
    dz2 = error * a2 * (1 - a2)
    named = cause(network("softmax_cross_entropy", "identity") + claims(a2=a2, d_z2=dz2, d_w2=a1.T @ dz2))
    assert named.name.startswith("σ′ applied again at the output")
    assert named.explains == named.of


@pytest.mark.parametrize("layer", [1, 2])
def test_a_gradient_transposed_in_the_update(layer: int) -> None:
    a1, a2, error = passed(softmax=False)
    dz2 = error * a2 * (1 - a2)
    dz1 = dz2 @ W[1].T * a1 * (1 - a1)
    gradients = [ROWS.T @ dz1, a1.T @ dz2]
    new = [w - 0.3 * (g.T if k == layer else g) for k, (w, g) in enumerate(zip(W, gradients, strict=True), 1)]
    sheet = claims(d_w1=gradients[0], d_w2=gradients[1], w1_new=new[0], w2_new=new[1])
    named = cause(network("half_squared_error", "sigmoid") + sheet)
    assert named.name == f"gradient transposed in the update: w{'₁₂'[layer - 1]}'"


def test_rows_and_biases() -> None:
    a1, a2, error = passed(softmax=False)
    dz2 = error * a2 * (1 - a2)
    head = network("half_squared_error", "sigmoid") + claims(d_z2=dz2)
    assert cause(head + claims(d_b2=dz2.mean(0))).name == "∂E/∂b₂ averaged twice over the rows"
    assert "row 0 alone" in cause(head + claims(d_w2=np.outer(a1[0], dz2[0]), d_b2=dz2[0])).name
    dz1 = dz2 @ W[1].T * a1 * (1 - a1)
    alone = {
        "d_w1": np.outer(ROWS[1], dz1[1]),
        "d_b1": dz1[1],
        "d_w2": np.outer(a1[1], dz2[1]),
        "d_b2": dz2[1],
    }
    named = cause(head + claims(d_z1=dz1, **alone))
    assert named.name == "row 1 alone in ∂E/∂w₁, ∂E/∂w₂, ∂E/∂b₁ and ∂E/∂b₂"
    assert named.explains == named.of
    assert cause(head + claims(d_w2=ROWS.T @ dz2)).name == "x in the place of a₁ in ∂E/∂w₂"


def test_a_penalty_left_out_of_the_gradients_alone() -> None:
    a1, a2, error = passed(softmax=False)
    dz2 = error * a2 * (1 - a2)
    penalty = 0.5 * 0.1 * sum((w**2).sum() for w in W)
    loss = 0.5 * ((a2 - TARGETS) ** 2).sum() / 2 + penalty
    text = network("half_squared_error", "sigmoid", 0.1) + f"E = '{loss:.7f}'\n" + claims(d_w2=a1.T @ dz2)
    assert cause(text).name == "λw left out of the gradients"


@pytest.mark.parametrize(
    ("name", "rows"), [("inputs 0 and 1 swapped", ROWS[:, ::-1]), ("inputs centred", ROWS - ROWS.mean(0))]
)
def test_inputs_that_are_not_the_stated_ones(name: str, rows: np.ndarray) -> None:
    z1 = rows @ W[0] + np.array([0.2, -0.1])
    named = cause(network("half_squared_error", "sigmoid") + claims(z1=z1, a1=1 / (1 + np.exp(-z1))))
    assert name in (named.name, *(rival.name for rival in named.rivals))


# --- one row through two hidden units to one output


X, T = np.array([[0.4, 0.9]]), np.array([[0.3]])
V = [np.array([[0.5, -0.3], [0.2, 0.7]]), np.array([[0.6], [-0.8]])]
SINGLE = (
    f'learning_rate = 0.5\nloss = "half_squared_error"\ninputs = {X.tolist()}\ntargets = {T.tolist()}\n'
    f'[[layers]]\nactivation = "sigmoid"\nweights = {V[0].tolist()}\nbiases = [0.1, 0.25]\n'
    f'[[layers]]\nactivation = "sigmoid"\nweights = {V[1].tolist()}\nbiases = [-0.2]\n[claims]\n'
)


def single(biases: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    z1 = X @ V[0] + biases * np.array([0.1, 0.25])
    a1 = 1 / (1 + np.exp(-z1))
    z2 = a1 @ V[1] - biases * 0.2
    return z1, a1, z2, 1 / (1 + np.exp(-z2))


def row(**arrays: np.ndarray) -> str:
    return claims(**{name: a if "w" in name else a[0] for name, a in arrays.items()})


def test_biases_left_out_in_every_layer_or_in_one() -> None:
    z1, a1, z2, a2 = single(biases=0)
    assert cause(SINGLE + row(z1=z1, a1=a1, z2=z2, a2=a2)).name == "bias left out in z₁ and z₂"
    z2 = single()[1] @ V[1]
    assert cause(SINGLE + row(z2=z2, a2=1 / (1 + np.exp(-z2)))).name == "bias left out in z₂"


def test_e_in_the_place_of_a_and_of_its_slope() -> None:
    _, a1, _, a2 = single()
    loss = 0.5 * (a2 - T) ** 2
    dz2 = (a2 - T) * loss * (1 - loss)
    assert cause(SINGLE + row(a2=a2, d_z2=dz2, d_w2=a1.T @ dz2)).name.startswith("σ′ taken as E(1 - E)")
    dz2 = loss * a2 * (1 - a2)
    assert cause(SINGLE + row(a2=a2, d_z2=dz2, d_w2=a1.T @ dz2)).name == "E in the place of ∂E/∂a₂"


def test_hidden_error_signals_given_as_the_gradients_of_the_output_weights() -> None:
    _, a1, _, a2 = single()
    dz2 = (a2 - T) * a2 * (1 - a2)
    da1 = dz2 @ V[1].T
    dz1 = da1 * a1 * (1 - a1)
    assert cause(SINGLE + row(d_z2=dz2, d_z1=dz1, d_w2=dz1.T)).name == "∂E/∂z₁ in the place of ∂E/∂w₂"
    assert cause(SINGLE + row(d_z2=dz2, d_w2=da1.T)).name == "∂E/∂a₁ in the place of ∂E/∂w₂"


def test_another_rate_is_solved_for() -> None:
    _, a1, _, a2 = single()
    dz2 = (a2 - T) * a2 * (1 - a2)
    for rate in (0.1, 0.3):
        named = cause(SINGLE + row(d_w2=a1.T @ dz2, w2_new=V[1] - rate * a1.T @ dz2))
        assert (named.quantity, named.corrected) == ("learning_rate", str(rate))
