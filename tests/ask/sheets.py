"""Correct sheets as people write them: every number, or only what is printed, rounded or cut off on the way.

The sheet is worked with nothing of what judges it: a Number is what its name says (`1-a1` is 1 minus the
a1 on the paper), of the numbers written down before it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

import numpy as np

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.descent import step
from chainrule.ask.cases.example import Example
from chainrule.numbers import Number, given

KINDS = ["exact", "cut", "every step", "what is printed", "what has an address", "cut at every address"]
LOSSES = ["half_squared_error", "mean_squared_error", "binary_cross_entropy", "softmax_cross_entropy"]
_BY_NAME: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "1-{}": lambda a: 1 - a,
    "1+{}": lambda a: 1 + a,
    "-ln {}": lambda a: -np.log(a),
    "-ln(1-{})": lambda a: -np.log(1 - a),
}


@dataclass(frozen=True)
class Hand:
    """How somebody writes numbers down: so many digits after the point, or from the first that counts."""

    digits: int
    after_point: bool
    cuts: bool

    def text(self, value: float, *, cut: bool = False) -> str:
        if not value:
            return "0"
        first = math.floor(math.log10(abs(value)))
        unit = Decimal(1).scaleb(-self.digits if self.after_point else first - self.digits + 1)
        written = Decimal(repr(value)).quantize(unit, ROUND_DOWN if cut else ROUND_HALF_EVEN)
        return f"{written:f}"

    def array(self, array: np.ndarray) -> np.ndarray:
        flat = [float(self.text(float(v), cut=self.cuts)) for v in array.ravel()]
        return np.array(flat).reshape(array.shape)


def text(rng: np.random.Generator) -> str:
    """A random worked example without claims."""
    loss = str(rng.choice(LOSSES))
    sizes = rng.integers(1, 4, rng.integers(2, 5))
    if loss == "softmax_cross_entropy":
        sizes[-1] = max(sizes[-1], 2)
    rows = int(rng.choice([1, 1, 1, 2]))

    def draw(*shape: int) -> list[object]:
        found: list[object] = np.round(rng.uniform(-1, 1, shape), 2).tolist()
        return found

    targets: object = np.round(rng.uniform(0, 1, (rows, sizes[-1])), 2).tolist()
    if loss == "binary_cross_entropy":
        targets = rng.integers(0, 2, (rows, sizes[-1])).tolist()
    if loss == "softmax_cross_entropy":
        targets = np.eye(sizes[-1])[rng.integers(0, sizes[-1], rows)].tolist()
    lines = [
        f"learning_rate = {rng.choice([0.1, 0.4, 0.5])}",
        f'loss = "{loss}"',
        f"inputs = {draw(rows, sizes[0])}",
        f"targets = {targets}",
    ]
    for layer in range(1, len(sizes)):
        fused = layer == len(sizes) - 1 and "cross" in loss
        activation = "identity" if fused else rng.choice(["sigmoid", "sigmoid", "tanh", "relu"])
        lines += [
            "[[layers]]",
            f'activation = "{activation}"',
            f"weights = {draw(sizes[layer - 1], sizes[layer])}",
        ]
        lines += [f"biases = {draw(sizes[layer])}"]
    return "\n".join(lines)


def sheet(rng: np.random.Generator, kind: str, hand: Hand) -> Example:
    """A random example, and a correct sheet of it written in this way."""
    example = worked.parse(text(rng), "sheet.toml")
    numbers = step(example).numbers
    known = [name for name in example.quantities.shapes if name in numbers and numbers[name].paths]
    part = rng.choice([1.0, 0.7, 0.4])
    chosen = {
        (name, at) for name in known for at in np.ndindex(numbers[name].array.shape) if rng.random() < part
    }
    hand = replace(hand, cuts=kind == "cut at every address")

    def written(name: str, array: np.ndarray) -> np.ndarray:
        if kind == "every step" or (
            name in known and kind in ("what has an address", "cut at every address")
        ):
            return hand.array(array)
        if kind == "what is printed":
            mask = np.array([(name, at) in chosen for at in np.ndindex(array.shape)], bool).reshape(
                array.shape
            )
            return np.where(mask, hand.array(array), array)
        return array

    paper = _worked(numbers, written)
    order = list(paper)
    claims = {
        f"{name}[{','.join(map(str, at))}]" if at else name: hand.text(
            float(paper[name][at]), cut=kind == "cut"
        )
        for name, at in sorted(chosen, key=lambda one: (order.index(one[0]), one[1]))
    }
    return replace(example, claims=claims)


def _worked(
    numbers: Mapping[str, Number], written: Callable[[str, np.ndarray], np.ndarray]
) -> dict[str, np.ndarray]:
    """Every number from those on the paper, activations first."""
    paper: dict[str, np.ndarray] = {}
    done: dict[int, np.ndarray] = {}

    def visit(one: Number) -> np.ndarray:
        if id(one) in done:
            return done[id(one)]
        if not one.paths:
            array = one.array
        elif (by_name := _named(one.name, paper)) is not None:
            array = written(one.name, by_name)
        elif one.name in paper:
            array = paper[one.name]
        else:
            array = written(one.name, _sum(one, visit))
        done[id(one)] = array
        if one.paths:
            paper[one.name] = array
        return array

    activations = [name for name in numbers if name[0] == "a" and name[1:].isdigit()]
    for name in [*sorted(activations, key=lambda name: int(name[1:])), *numbers]:
        visit(numbers[name])
    return paper


def _sum(one: Number, visit: Callable[[Number], np.ndarray]) -> np.ndarray:
    sums = [p.of(given(f.name, visit(f)) for f in p.factors).total() for p in one.paths]
    total = sum(sums[1:], start=sums[0])
    return np.asarray(one.through.apply(total) if one.through else total)


def _named(name: str, paper: Mapping[str, np.ndarray]) -> np.ndarray | None:
    for shape, function in _BY_NAME.items():
        before, after = shape.split("{}")
        atom = name.removeprefix(before).removesuffix(after)
        if name == before + atom + after and atom in paper and atom[0] == "a":
            return np.asarray(function(paper[atom]))
    return None
