"""The checker: is a sweep correct (an outside witness agrees) and faithful (it re-adds from its factors)?

Two properties, neither of which implies the other. Both answer with a list of faults, each a line
that names the quantity and the element, so that planted errors can be shown to be found.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.engine.backprop import Sweep, sweep
from chainrule.engine.network import Network
from chainrule.numbers import Number
from tests.bounds import rounding
from tests.oracles import gradients

U = 2.0**-53


@dataclass
class Situation:
    """A network with all that one step takes, in float64 NumPy."""

    network: Network
    p: dict[str, np.ndarray]
    x: np.ndarray
    t: np.ndarray
    share: np.ndarray
    masks: dict[str, np.ndarray] = field(default_factory=dict)
    decay: float = 0.0

    def swept(self, network: Network | None = None) -> Sweep:
        """One step; of another network (a wrong copy, say) on the same numbers if given."""
        return sweep(network or self.network, self.p | self.masks, self.x, self.t, self.share, self.decay)

    def truth(self, witness: Any) -> dict[str, np.ndarray]:
        """E, the prediction and the gradients, by an oracle."""
        plain, masks = self.network.to_dict(), list(self.masks.values())
        truth: dict[str, np.ndarray] = witness(plain, self.p, self.x, self.t, self.share, masks, self.decay)
        wide = {name: array.astype(np.longdouble) for name, array in self.p.items()}
        if "'gelu'" in str(plain):
            wide = self.p
        logits = gradients.NUMPY.output(plain, wide, self.x.astype(next(iter(wide.values())).dtype), masks)
        return truth | {"output": gradients.NUMPY.prediction(plain, logits)}


def situation(network: Network, inputs: int, rows: int, seed: int, decay: float = 0.0) -> Situation:
    """Random data, biases, sample weights and masks for `network`, all moderate, none special."""
    rng = np.random.default_rng(seed)
    p = network.start(inputs, seed)
    p = {n: a + rng.normal(0, 0.3, a.shape) if n[0] in "bg" else a for n, a in p.items()}
    x = rng.normal(size=(rows, inputs))
    outputs = network.outputs(inputs)
    t = targets(network, rng, rows, outputs)
    share = rng.uniform(0.5, 2, rows)
    masks = {m: mask(rng, rows, width) for m, width in dropouts(network, inputs)}
    return Situation(network, p, x, t, share / share.sum(), masks, decay)


def targets(network: Network, rng: np.random.Generator, rows: int, outputs: int) -> np.ndarray:
    """Targets for which the loss has a meaning."""
    match network.to_dict()["loss"]["rule"]:
        case "binary_cross_entropy":
            return rng.choice([0.0, 1.0, 0.3], (rows, outputs))
        case "softmax_cross_entropy":
            parts = 2**20  # so that a row adds up to 1 exactly
            return rng.multinomial(parts, rng.dirichlet(np.ones(outputs), rows)) / parts
    return rng.normal(size=(rows, outputs))


def mask(rng: np.random.Generator, rows: int, width: int) -> np.ndarray:
    return np.where(rng.random((rows, width)) < 0.4, 0.0, 1 / 0.6)


def dropouts(network: Network, inputs: int) -> list[tuple[str, int]]:
    """The mask's name and width for each dropout layer, in order."""
    found: list[tuple[str, int]] = []

    def walk(layers: Any, width: int) -> int:
        for one in layers:
            if hasattr(one, "layers"):
                width = walk(one.layers, width)
                continue
            if hasattr(one, "m"):
                found.append((one.m, width))
            width = getattr(one, "units", width)
        return width

    walk(network.chain.layers, inputs)
    return found


def faults(found: Sweep, truth: Mapping[str, np.ndarray], slack: float) -> list[str]:
    """Where `found` is further from `truth` than `slack` times what rounding explains.

    The bound is made of the Number's own terms, so an element is judged at its own scale; a bound
    that explains a millionth of the terms' size explains nothing and is a fault itself.
    """
    known: dict[int, np.ndarray] = {}
    named = {"E": found.loss, "output": found.output, **found.gradients}
    if found.input_gradient is not None:
        named["x"] = found.input_gradient
    lines = [f"dE/d{name} is missing" for name in truth if name not in named]
    for name, number in named.items():
        lines += misses(number, truth[name], slack, known)
    return lines


def misses(
    number: Number, truth: np.ndarray, slack: float, known: dict[int, np.ndarray], u: float = U
) -> list[str]:
    """Why `number` is not `truth`, in words; empty if it is."""
    if number.array.shape != truth.shape:
        return [f"{number.name} is {number.array.shape}, not {truth.shape}"]
    if not number.array.size:
        return []
    array = np.asarray(number.array)
    bound = slack * rounding(number, u, known)
    if not np.isfinite(array).all() or bound.max() > 1e-6 * max(np.abs(truth).max(), np.abs(array).max()):
        return [f"{number.name} cannot be judged: off by up to {bound.max():.1e}"]
    off = np.abs(array.astype(truth.dtype) - truth)
    if (off <= bound).all():
        return []
    at = np.unravel_index(np.argmax(off - bound), off.shape)
    name = f"{number.name}[{','.join(map(str, at))}]"
    return [f"{name} is {array[at]!r}, should be {truth[at]!r}: off by more than {bound[at]:.1e}"]


def unfaithful(numbers: Mapping[str, Number], rng: np.random.Generator, samples: int = 3) -> list[str]:
    """Numbers that are not what their factors add up to: as a whole, and term by term at some elements."""
    lines = []
    for name, number in numbers.items():
        if number.name != name:
            lines.append(f"{number.name} is filed under {name}")
        if not number.paths:
            continue
        array = np.asarray(number.array)
        if not np.allclose(np.asarray(number.readd()), array, rtol=1e-12, atol=0):
            lines.append(f"{name} does not re-add")
        for _ in range(samples if array.size else 0):
            at = tuple(int(rng.integers(n)) for n in array.shape)
            value, size = added(number, at)
            if abs(value - array[at]) > 1e-12 * max(size, abs(array[at])):
                lines.append(f"{name}{list(at)} is {array[at]!r}, but its terms add up to {value!r}")
    return lines


def added(number: Number, at: tuple[int, ...]) -> tuple[float, float]:
    """Element `at` from the products of its terms, and the sum of their sizes."""

    def products(at: tuple[int, ...]) -> list[float]:
        return [
            float(np.prod([float(f.array[where]) for f, where in term]))
            for p in number.paths
            for term in p.terms(at)
        ]

    if not number.through:
        terms = products(at)
        return float(sum(terms)), float(sum(map(abs, terms)))
    argument = sum(np.asarray(p.total()) for p in number.paths)  # a function may look at the whole row
    argument[at[:-1]] = [sum(products((*at[:-1], k))) for k in range(number.array.shape[-1])]
    return float(number.through.apply(argument)[at]), 0.0
