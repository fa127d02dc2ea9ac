"""Classic bugs in a backward pass in plain NumPy, each named by diagnose_gradients, with its layer.

Two networks of hidden layers: sigmoid with a squared error, and softmax with cross-entropy.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from chainrule.ask.gradients.diagnose import Diagnosis, diagnose_gradients
from chainrule.engine.network import Network
from chainrule.rules.layers.dense import Dense

Array = np.ndarray
SIZES = {"plain": (3, 4, 5, 2), "square": (4, 4, 4, 4)}
ROWS = 6


def sigmoid(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(1, keepdims=True))
    return np.asarray(e / e.sum(1, keepdims=True))


@dataclass
class Pass:
    """A forward and a backward pass with places for bugs."""

    sizes: tuple[int, ...]
    softmax: bool
    slope: dict[int, Callable[[Array, Array], Array]] = field(default_factory=dict)  # by layer, of z and a
    back: dict[int, Callable[["Pass"], Array]] = field(default_factory=dict)  # by layer, in place of W.T
    error: Callable[[Array, Array], Array] | None = None  # of a and t
    inputs: dict[int, Callable[["Pass"], Array]] = field(default_factory=dict)  # by layer, in place of a.T
    bias: dict[int, Callable[[Array], Array]] = field(default_factory=dict)  # by layer, of dz
    finish: Callable[[dict[str, Array]], dict[str, Array]] = lambda gradients: gradients
    signal: dict[int, Callable[[Array], Array]] = field(default_factory=dict)  # by layer, of dz

    def __post_init__(self) -> None:
        rng = np.random.default_rng(11)
        self.x = rng.normal(size=(ROWS, self.sizes[0]))
        classes = self.sizes[-1]
        hot = np.eye(classes)[rng.integers(0, classes, ROWS)]
        self.t = hot if self.softmax else rng.uniform(0.1, 0.9, (ROWS, classes))
        layers = range(1, len(self.sizes))
        self.p = {f"w{k}": rng.normal(size=self.sizes[k - 1 : k + 1]) for k in layers}
        self.p |= {f"b{k}": rng.normal(size=self.sizes[k]) for k in layers}
        self.z: dict[int, Array] = {}
        self.a = {0: self.x}

    def gradients(self) -> dict[str, Array]:
        last = len(self.sizes) - 1
        for k in range(1, last + 1):
            self.z[k] = self.a[k - 1] @ self.p[f"w{k}"] + self.p[f"b{k}"]
            self.a[k] = softmax(self.z[k]) if self.softmax and k == last else sigmoid(self.z[k])
        error = self.error or (lambda a, t: a - t)
        da = error(self.a[last], self.t) / ROWS
        gradients: dict[str, Array] = {}
        for k in range(last, 0, -1):
            fused = self.softmax and k == last and k not in self.slope
            slope = self.slope.get(k, lambda z, a: a * (1 - a))
            dz = da if fused else da * slope(self.z[k], self.a[k])
            dz = self.signal.get(k, lambda dz: dz)(dz)
            a = self.inputs[k](self) if k in self.inputs else self.a[k - 1].T
            gradients[f"w{k}"] = a @ dz
            gradients[f"b{k}"] = self.bias.get(k, lambda dz: dz.sum(0))(dz)
            da = dz @ (self.back[k](self) if k in self.back else self.p[f"w{k}"].T)
        return self.finish(gradients)

    def diagnosed(self) -> Diagnosis:
        loss = "softmax_cross_entropy" if self.softmax else "half_squared_error"
        end = "identity" if self.softmax else "sigmoid"
        layers = [Dense(units, "sigmoid") for units in self.sizes[1:-1]] + [Dense(self.sizes[-1], end)]
        return diagnose_gradients(
            Network(layers, loss=loss), self.x, self.t, self.gradients(), parameters=self.p
        )


def every(change: Callable[[Array], Array], letters: str = "wb") -> Callable[[dict[str, Array]], Any]:
    return lambda gradients: {k: change(g) if k[0] in letters else g for k, g in gradients.items()}


def each(layers: tuple[int, ...], change: Any) -> dict[int, Any]:
    return dict.fromkeys(layers, change)


BOTH: dict[str, tuple[dict[str, Any], str, int, str]] = {  # the bug, what the cause says, its layer, sizes
    "weights not transposed": (
        {"back": {3: lambda s: s.p["w3"]}},
        "w₃ transposed on the way back",
        2,
        "square",
    ),
    "weights not transposed below": (
        {"back": {2: lambda s: s.p["w2"]}},
        "w₂ transposed on the way back",
        1,
        "square",
    ),
    "weights reshaped": (
        {"back": {3: lambda s: s.p["w3"].reshape(2, 5)}},
        "w₃ reshaped on the way back",
        2,
        "plain",
    ),
    "weights reshaped below": (
        {"back": {2: lambda s: s.p["w2"].reshape(5, 4)}},
        "w₂ reshaped on the way back",
        1,
        "plain",
    ),
    "weights left out": (
        {"back": {3: lambda s: np.ones((2, 5))}},
        "weights left out on the way back: w₃",
        2,
        "plain",
    ),
    "weights left out in every layer": (
        {"back": {3: lambda s: np.ones((2, 5)), 2: lambda s: np.ones((5, 4))}},
        "weights left out on the way back: w₂ and w₃",
        2,
        "plain",
    ),
    "weights of another layer": ({"back": {3: lambda s: s.p["w2"].T}}, "w₂ in the place of w₃", 2, "square"),
    "weights of another layer below": (
        {"back": {2: lambda s: s.p["w3"].T}},
        "w₃ in the place of w₂",
        1,
        "square",
    ),
    "slope left out": ({"slope": {2: lambda z, a: 1}}, "σ′ left out in layer 2", 2, "plain"),
    "slope left out in both": (
        {"slope": each((1, 2), lambda z, a: 1)},
        "σ′ left out in the hidden layers",
        2,
        "plain",
    ),
    "slope of z": ({"slope": {1: lambda z, a: z * (1 - z)}}, "σ′ taken at z in layer 1", 1, "plain"),
    "slope at a": (
        {"slope": {2: lambda z, a: sigmoid(a) * (1 - sigmoid(a))}},
        "σ′ taken at a in layer 2",
        2,
        "plain",
    ),
    "slope twice": (
        {"slope": {2: lambda z, a: (a * (1 - a)) ** 2}},
        "σ′ applied twice in layer 2",
        2,
        "plain",
    ),
    "slope of tanh": ({"slope": {1: lambda z, a: 1 - a * a}}, "σ′ taken as 1 - a₁² in layer 1", 1, "plain"),
    "half of the slope": (
        {"slope": {1: lambda z, a: 1 - a}},
        "σ′ taken as 1 - a₁ alone in layer 1",
        1,
        "plain",
    ),
    "rows added up": ({"finish": every(lambda g: ROWS * g)}, "summed over the rows", 3, "plain"),
    "averaged twice": ({"finish": every(lambda g: g / ROWS)}, "averaged twice over the rows", 3, "plain"),
    "bias averaged twice": (
        {"finish": every(lambda g: g / ROWS, "b")},
        "averaged twice over the rows",
        3,
        "plain",
    ),
    "bias averaged twice in one layer": (
        {"bias": {2: lambda dz: dz.mean(0)}},
        "∂E/∂b₂ averaged twice over the rows",
        2,
        "plain",
    ),
    "bias not summed": ({"bias": each((1, 2, 3), lambda dz: dz)}, "not summed over the rows", 3, "plain"),
    "bias not summed in one layer": (
        {"bias": {1: lambda dz: dz}},
        "∂E/∂b₁ not summed over the rows",
        1,
        "plain",
    ),
    "bias of the first row": ({"bias": {2: lambda dz: dz[0]}}, "row 0 alone in ∂E/∂b₂", 2, "plain"),
    "one bias for all": ({"bias": {2: lambda dz: dz.sum()}}, "bias shared by a layer: ∂E/∂b₂", 2, "plain"),
    "gradient transposed": ({"finish": every(lambda g: g.T)}, "transposed", 3, "square"),
    "gradient of one layer transposed": (
        {"finish": lambda g: g | {"w2": g["w2"].T}},
        "gradient transposed: ∂E/∂w₂",
        2,
        "square",
    ),
    "sign": ({"finish": every(lambda g: -g)}, "sign of the error", 3, "plain"),
    "sign of a hidden signal": ({"signal": {2: lambda dz: -dz}}, "sign of ∂E/∂a₂", 2, "plain"),
    "sign of one gradient": (
        {"finish": lambda g: g | {"w3": -g["w3"]}},
        "∂E/∂w₃ with the wrong sign",
        3,
        "plain",
    ),
    "twice": ({"finish": every(lambda g: 2 * g)}, "twice too large|without the ½", 3, "plain"),
    "half": ({"finish": every(lambda g: g / 2)}, "half as large", 3, "plain"),
    "twice in one place": (
        {"finish": lambda g: g | {"b2": 2 * g["b2"]}},
        "∂E/∂b₂ twice too large",
        2,
        "plain",
    ),
    "inputs for activations": (
        {"inputs": {2: lambda s: s.x.T}},
        "x in the place of a₁ in ∂E/∂w₂",
        2,
        "square",
    ),
    "z for activations": ({"inputs": {3: lambda s: s.z[2].T}}, "z₂ in the place of a₂ in ∂E/∂w₃", 3, "plain"),
    "activations of the layer itself": (
        {"inputs": {2: lambda s: s.a[2].T}},
        "a₂ in the place of a₁ in ∂E/∂w₂",
        2,
        "square",
    ),
    "activations reshaped": (
        {"inputs": {2: lambda s: s.a[1].reshape(4, ROWS)}},
        "a₁ reshaped where transposed in ∂E/∂w₂",
        2,
        "plain",
    ),
    "inputs reshaped": (
        {"inputs": {1: lambda s: s.x.reshape(3, ROWS)}},
        "x reshaped where transposed",
        1,
        "plain",
    ),
    "one row": (
        {"signal": {3: lambda dz: dz * (np.arange(ROWS) == 0)[:, None] * ROWS}},
        "row 0 alone",
        3,
        "plain",
    ),
    "the last row": (
        {"signal": {3: lambda dz: dz * (np.arange(ROWS) == ROWS - 1)[:, None]}},
        "row 5 alone",
        3,
        "plain",
    ),
    "bias forgotten": ({"finish": lambda g: g | {"b1": 0 * g["b1"]}}, "∂E/∂b₁ left at zero", 1, "plain"),
}
SIGMOID = {
    "slope left out at the output": ({"slope": {3: lambda z, a: 1}}, "σ′ left out at the output", 3, "plain"),
    "slope of z at the output": (
        {"slope": {3: lambda z, a: z * (1 - z)}},
        "σ′ taken at z at the output",
        3,
        "plain",
    ),
    "error squared": ({"error": lambda a, t: 0.5 * (a - t) ** 2}, "E in the place of ∂E/∂a₃", 3, "plain"),
}
SOFTMAX = {
    "slope again": ({"slope": {3: lambda z, a: a * (1 - a)}}, r"softmax's slope p\(1 - p\)", 3, "plain"),
    "the matrix of slopes again": (
        {
            "error": lambda a, t: np.einsum(
                "nk,nkj->nj", a - t, a[:, :, None] * (np.eye(a.shape[1]) - a[:, None, :])
            )
        },
        "softmax's matrix of slopes",
        3,
        "square",
    ),
    "slope left out at the output": ({"error": lambda a, t: -t / a}, "σ′ left out at the output", 3, "plain"),
}
CASES = [
    *((name, False, *bug) for name, bug in {**BOTH, **SIGMOID}.items()),
    *((name, True, *bug) for name, bug in {**BOTH, **SOFTMAX}.items()),
]


@pytest.mark.parametrize(
    ("is_softmax", "bug", "says", "layer", "sizes"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_classic_bug_is_named_with_its_layer(
    is_softmax: bool, bug: dict[str, Any], says: str, layer: int, sizes: str
) -> None:
    diagnosis = Pass(SIZES[sizes], is_softmax, **bug).diagnosed()
    assert diagnosis.verdict == "wrong"
    assert diagnosis.layer == layer
    assert diagnosis.cause is not None
    causes = (diagnosis.cause, *diagnosis.cause.rivals)  # errors of a softmax add up to 0: some are the same
    assert any(re.search(says, cause.name) for cause in causes), diagnosis.cause.name
    assert "½" not in diagnosis.cause.text or not is_softmax


@pytest.mark.parametrize("is_softmax", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
def test_without_a_bug_the_gradients_are_right(is_softmax: bool, sizes: str) -> None:
    assert Pass(SIZES[sizes], is_softmax).diagnosed().verdict == "right"
