"""Friendly numbers: short ones, drawn until the network is worth working through by hand."""

from collections.abc import Iterator, Sequence

import numpy as np

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.toml_writer import LayerValues, toml
from chainrule.errors import InputError
from chainrule.rules.activations import activation
from chainrule.rules.registry import loss as loss_called

_TRIES = 300
_WEIGHTS = np.array([k / 10 for k in range(-9, 10) if k])
_FAR = 2.5  # a sum beyond that saturates σ and tanh
_SMALL = 1e-3  # a gradient below that is mostly zeros to write


def friendly(
    sizes: Sequence[int],
    activations: Sequence[str],
    loss: str,
    rows: int,
    learning_rate: float,
    title: str,
    seed: int,
) -> Example:
    """A network of these sizes, inputs first, with numbers of one digit after the point.

    Of the draws the first in which no unit is dead or saturated and no gradient vanishes; where there is
    none (a network may be too deep for that), the one that comes nearest.

    Raises:
        InputError: fewer than two sizes, or activations that do not go with them or with the loss.
    """
    if len(sizes) < 2 or len(activations) != len(sizes) - 1:
        raise InputError("layers are two numbers or more, inputs first: 2,2,1")
    rng = np.random.default_rng(seed)
    best, fewest = None, np.inf
    for _ in range(_TRIES):
        candidate = worked.parse(_draw(sizes, activations, loss, rows, learning_rate, title, rng), "exercise")
        faults = _faults(candidate)
        if faults < fewest:
            best, fewest = candidate, faults
        if not faults:
            break
    assert best is not None
    return best


def _draw(
    sizes: Sequence[int],
    activations: Sequence[str],
    loss: str,
    rows: int,
    learning_rate: float,
    title: str,
    rng: np.random.Generator,
) -> str:
    """One draw, as a worked example without claims."""
    x = rng.integers(1, 10, (rows, sizes[0])) / 10
    targets = _targets(loss, rows, sizes[-1], rng)
    layers = []
    for inputs, units, name in zip(sizes, sizes[1:], activations, strict=False):
        w = rng.choice(_WEIGHTS, (inputs, units))
        layers.append(LayerValues(name, w.tolist(), rng.choice(_WEIGHTS, units).tolist()))
    return toml(title, loss, x.tolist(), targets.tolist(), layers, learning_rate=learning_rate)


def _targets(loss: str, rows: int, outputs: int, rng: np.random.Generator) -> np.ndarray:
    """Of a class where the loss wants classes, else of one digit."""
    fused = loss_called(loss).activation
    if fused == "softmax":
        return np.eye(outputs)[rng.integers(0, outputs, rows)]
    if fused == "sigmoid":
        return rng.integers(0, 2, (rows, outputs)).astype(float)
    return np.asarray(rng.integers(1, 10, (rows, outputs)) / 10)


def _faults(example: Example) -> int:
    """How many numbers of the first step are not worth computing."""
    return sum(int(np.count_nonzero(bad)) for bad in _bad(example))


def _bad(example: Example) -> Iterator[np.ndarray]:
    numbers = example.sweep.numbers
    for k, layer in enumerate(example.layers, 1):
        z = numbers[f"z{k}"].array
        yield np.abs(z) > _FAR
        yield np.abs(z) < _SMALL
        if activation(layer.activation) and f"a{k}" in numbers:
            yield numbers[f"a{k}"].array == 0
    for gradient in example.sweep.gradients.values():
        yield np.abs(gradient.array) < _SMALL
