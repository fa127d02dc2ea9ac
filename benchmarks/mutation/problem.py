"""A random network and the sheet somebody works for it by hand, in plain NumPy: nothing here is chainrule's.

`work` goes forward, back and updates as textbooks tell it. Wherever people slip there is a switch, and the
sheet that comes out is what the slip makes of every number after it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np

Array = np.ndarray
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "identity": lambda z: z,
}
SLOPES: dict[str, Callable[[Array, Array], Array]] = {
    "sigmoid": lambda _, a: a * (1 - a),
    "tanh": lambda _, a: 1 - a * a,
    "relu": lambda z, _: (z > 0).astype(float),
    "identity": lambda z, _: np.ones_like(z),
}
FUSED = {"binary_cross_entropy": "sigmoid", "softmax_cross_entropy": "softmax"}
SQUARES = {"half_squared_error": 0.5, "sum_squared_error": 1.0}


@dataclass(frozen=True)
class Problem:
    """A network, its rows and how it learns; `activations` are those of the layers, by name."""

    x: Array
    t: Array
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    activations: tuple[str, ...]
    loss: str
    rate: float
    batch: str

    def toml(self, claims: dict[str, str]) -> str:
        """As a worked example."""
        fused = self.loss in FUSED
        lines = [f"learning_rate = {self.rate!r}", f'loss = "{self.loss}"']
        lines += [f"inputs = {self.x.tolist()}", f"targets = {self.t.tolist()}"]
        for k, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            own = "identity" if fused and k == len(self.weights) - 1 else self.activations[k]
            lines += [
                "[[layers]]",
                f'activation = "{own}"',
                f"weights = {w.tolist()}",
                f"biases = {b.tolist()}",
            ]
        lines += ["[convention]", f'batch = "{self.batch}"', "[claims]"]
        return "\n".join([*lines, *(f'"{name}" = "{text}"' for name, text in claims.items())]) + "\n"


@dataclass(frozen=True)
class Hand:
    """How numbers are written down: with so many digits, and whether one goes on with what is written."""

    digits: int
    after_point: bool
    goes_on: bool

    def text(self, value: float) -> str:
        if not value or not math.isfinite(value):
            return "0"
        first = math.floor(math.log10(abs(value)))
        unit = Decimal(1).scaleb(-self.digits if self.after_point else first - self.digits + 1)
        return f"{Decimal(repr(float(value))).quantize(unit, ROUND_HALF_EVEN):f}"

    def array(self, array: Array) -> Array:
        return np.array([float(self.text(v)) for v in array.ravel()]).reshape(array.shape)


@dataclass(frozen=True)
class Slip:
    """What is done otherwise; as it stands, nothing.

    Attributes:
        given: makes another problem of the stated one.
        left_out: layers whose slope is left out in the error signal.
        at_z: layers whose slope is made of z where a belongs.
        other_unit: a layer, and how far its slopes are shifted.
        updated: the error goes back through updated weights.
        one_output: a layer whose error is handed back by one unit behind it alone, and that unit; -1 its own.
        transposed_back: a layer whose weights are taken the other way round on the way back.
        error, loss: factors of the error signal at the output and of E.
        shared_bias: layers whose units' bias gradients are added up.
        still_biases: biases are not updated.
        step: factor of the step.
        stale: the second update goes by the first gradients.
        operand: of one product: (quantity, its index, which unit before it, the unit taken for that).
        typos: of single numbers: (quantity, its index, what is written, whether one goes on with it).
    """

    given: Callable[[Problem], Problem] = lambda one: one
    left_out: tuple[int, ...] = ()
    at_z: tuple[int, ...] = ()
    other_unit: tuple[int, int] | None = None
    updated: bool = False
    one_output: tuple[int, int] | None = None
    transposed_back: int | None = None
    error: float = 1.0
    loss: float = 1.0
    shared_bias: tuple[int, ...] = ()
    still_biases: bool = False
    step: float = 1.0
    stale: bool = False
    operand: tuple[str, tuple[int, ...], int, int] | None = None
    typos: tuple[tuple[str, tuple[int, ...], str, bool], ...] = ()


@dataclass
class _Paper:
    """What has been written down so far."""

    hand: Hand
    slip: Slip
    single: bool
    after: int = 0
    claims: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, array: Array) -> Array:
        """Write an array down, and return what one goes on with."""
        found = self.hand.array(array) if self.hand.goes_on else np.array(array, float)
        for at in np.ndindex(array.shape):
            text = self.hand.text(float(array[at]))
            for typo in self.slip.typos:
                if typo[:2] == (name, at) and not self.after:
                    text = typo[2]
                    if typo[3]:
                        found[at] = float(text)
            self.claims[self._address(name, at)] = text
        return found

    def _address(self, name: str, at: tuple[int, ...]) -> str:
        shown = (
            at[1:]
            if (self.single and name[0] in "za") or (self.single and name[:5] in ("dE/dz", "dE/da"))
            else at
        )
        text = f"{name}[{','.join(map(str, shown))}]" if at else name
        return f"{text}@{self.after}" if self.after else text


def work(stated: Problem, hand: Hand, slip: Slip = Slip(), steps: int = 1) -> dict[str, str]:
    """The sheet: for every quantity what is written down, in the order in which it is worked out."""
    one = slip.given(stated)
    paper = _Paper(hand, slip, len(one.x) == 1)
    first: tuple[Any, Any] | None = None
    for after in range(steps):
        paper.after = after
        z, a = _forward(one, paper)
        gw, gb, new = _back(one, z, a, paper, first)
        first = first or (gw, gb)
        one = replace(one, weights=tuple(w for w, _ in new), biases=tuple(b for _, b in new))
    paper.after = steps
    _forward(one, paper)
    return paper.claims


def gradients(stated: Problem, slip: Slip = Slip()) -> dict[str, Array]:
    """By parameter, the gradients that come of a slip, to the last digit."""
    one = slip.given(stated)
    paper = _Paper(Hand(17, after_point=False, goes_on=False), slip, len(one.x) == 1)
    gw, gb, _ = _back(one, *_forward(one, paper), paper, None)
    return {f"{letter}{k}": g for letter, all_ in (("w", gw), ("b", gb)) for k, g in enumerate(all_, 1)}


def _forward(one: Problem, paper: _Paper) -> tuple[list[Array], list[Array]]:
    a, z = [one.x], []
    for k, (w, b) in enumerate(zip(one.weights, one.biases, strict=True), 1):
        total = a[-1] @ w + b
        total = _operand(paper, f"z{k}", total, a[-1], w)
        z.append(paper.write(f"z{k}", total))
        a.append(paper.write(f"a{k}", _activate(one.activations[k - 1], z[-1])))
    paper.write("E", np.array(paper.slip.loss * _loss(one, a[-1])))
    return z, a


def _activate(name: str, z: Array) -> Array:
    if name == "softmax":
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))
    return np.asarray(ACTIVATIONS[name](z))


def _loss(one: Problem, y: Array) -> float:
    with np.errstate(all="ignore"):
        if one.loss == "binary_cross_entropy":
            rows = -(
                np.where(one.t > 0, one.t * np.log(y), 0)
                + np.where(one.t < 1, (1 - one.t) * np.log(1 - y), 0)
            ).sum(1)
        elif one.loss == "softmax_cross_entropy":
            rows = -np.where(one.t > 0, one.t * np.log(y), 0).sum(1)
        elif one.loss == "mean_squared_error":
            rows = ((one.t - y) ** 2).mean(1)
        else:
            rows = SQUARES[one.loss] * ((one.t - y) ** 2).sum(1)
    return float(rows.mean() if one.batch == "mean" else rows.sum())


def _error(one: Problem, y: Array) -> Array:
    scale = 1 / len(y) if one.batch == "mean" else 1.0
    if one.loss == "mean_squared_error":
        scale *= 2 / y.shape[1]
    elif one.loss in SQUARES:
        scale *= 2 * SQUARES[one.loss]
    return np.asarray((y - one.t) * scale)


def _back(
    one: Problem, z: list[Array], a: list[Array], paper: _Paper, first: tuple[Any, Any] | None
) -> tuple[list[Array], list[Array], list[tuple[Array, Array]]]:
    slip, count = paper.slip, len(one.weights)
    gw: list[Array] = [np.zeros(0)] * count
    gb: list[Array] = [np.zeros(0)] * count
    new: list[tuple[Array, Array]] = [(w, b) for w, b in zip(one.weights, one.biases, strict=True)]
    da = slip.error * _error(one, a[-1])
    dz = da
    for k in range(count, 0, -1):
        if k == count and one.loss in FUSED:
            dz = paper.write(f"dE/dz{k}", da * (1 if k not in slip.left_out else a[k] * (1 - a[k])))
        else:
            da = paper.write(f"dE/da{k}", da)
            dz = paper.write(f"dE/dz{k}", da * _slope(one, k, z[k - 1], a[k], slip))
        grad = a[k - 1].T @ dz
        if len(dz) == 1:
            inputs = a[k - 1].shape[1]
            rows = np.broadcast_to(a[k - 1], (inputs, inputs))
            grad = _operand(paper, f"dE/dw{k}", grad, rows, np.broadcast_to(dz, (inputs, dz.shape[1])))
        gw[k - 1] = paper.write(f"dE/dw{k}", grad)
        sums = dz.sum(0)
        gb[k - 1] = paper.write(
            f"dE/db{k}", np.full_like(sums, sums.sum()) if k in slip.shared_bias else sums
        )
        w, b = one.weights[k - 1], one.biases[k - 1]
        used_w, used_b = first[0][k - 1] if slip.stale and first else gw[k - 1], gb[k - 1]
        used_b = first[1][k - 1] if slip.stale and first else used_b
        step = one.rate * slip.step
        new[k - 1] = (w - step * used_w, b if slip.still_biases else b - step * used_b)
        back = new[k - 1][0] if slip.updated else w
        if k > 1:
            da = _handed_back(dz, back.T if slip.transposed_back == k else back, k, slip)
    for k in range(1, count + 1):
        new[k - 1] = (paper.write(f"w{k}'", new[k - 1][0]), paper.write(f"b{k}'", new[k - 1][1]))
    return gw, gb, new


def _slope(one: Problem, k: int, z: Array, a: Array, slip: Slip) -> Array:
    name = one.activations[k - 1]
    if k in slip.left_out:
        return np.ones_like(z)
    found = np.asarray(SLOPES[name](z, z if k in slip.at_z else a))
    if slip.other_unit and slip.other_unit[0] == k:
        found = np.roll(found, slip.other_unit[1], axis=1)
    return found


def _handed_back(dz: Array, w: Array, k: int, slip: Slip) -> Array:
    if slip.one_output and slip.one_output[0] == k:
        unit = slip.one_output[1]
        if unit >= 0:
            return dz[:, [unit]] * w[:, unit]
        found = np.zeros((len(dz), len(w)))
        for i in range(min(w.shape)):
            found[:, i] = dz[:, i] * w[i, i]
        return found
    return np.asarray(dz @ w.T)


def _operand(paper: _Paper, name: str, value: Array, left: Array, right: Array) -> Array:
    """One product, left[row, own] · right[own, column], with left[row, other] in the place of the first."""
    slip = paper.slip.operand
    if not slip or slip[0] != name or paper.after:
        return value
    _, at, own, other = slip
    value = value.copy()
    value[at] += (left[at[0], other] - left[at[0], own]) * right[own, at[1]]
    return value
