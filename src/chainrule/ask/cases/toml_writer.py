"""A worked example as TOML: the one place that writes what `example` reads."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

Rows = Sequence[Sequence[float]]


class LayerValues(NamedTuple):
    """One `[[layers]]`: the name of its activation (empty: not written), weights (inputs, units), and
    biases (units,), or None where the source states none.
    """

    activation: str
    weights: Rows
    biases: Sequence[float] | None


def toml(
    title: str,
    loss: str,
    inputs: Rows,
    targets: Rows,
    layers: Iterable[LayerValues],
    *,
    learning_rate: float | None = None,
    weight_decay: float = 0.0,
    convention: Mapping[str, str | bool | float] | None = None,
    names: Mapping[str, str] | None = None,
    claims: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """The text of a worked example.

    Args:
        convention: what is said of `batch`, `update_biases`, `update` and `momentum`.
        names: own names, and the quantities or formulas they stand for.
        claims: for each quantity, its number as printed, once or several times.
    """
    lines = [f"title = {_quoted(title)}"]
    if learning_rate is not None:
        lines.append(f"learning_rate = {learning_rate!r}")
    if weight_decay:
        lines.append(f"weight_decay = {weight_decay!r}")
    lines += [f"loss = {_quoted(loss)}", f"inputs = {_array(inputs)}", f"targets = {_array(targets)}"]
    for layer in layers:
        lines += ["", "[[layers]]"]
        lines += [f"activation = {_quoted(layer.activation)}"] if layer.activation else []
        lines.append(f"weights = {_array(layer.weights)}")
        lines += [] if layer.biases is None else [f"biases = {list(layer.biases)!r}"]
    if convention:
        agreed = ((key, json.dumps(value)) for key, value in convention.items())
        lines += ["", "[convention]", *(f"{key} = {value}" for key, value in agreed)]
    if names:
        lines += ["", "[names]", *(f"{name} = {_quoted(formula)}" for name, formula in names.items())]
    if claims:
        lines += ["", "[claims]", *(_claim(quantity, printed) for quantity, printed in claims.items())]
    return "\n".join(lines) + "\n"


def _claim(quantity: str, printed: Sequence[str]) -> str:
    key = quantity if quantity.replace("_", "").isalnum() and quantity.isascii() else _quoted(quantity)
    numerals = [_quoted(numeral) for numeral in printed]
    return f"{key} = {numerals[0]}" if len(numerals) == 1 else f"{key} = [{', '.join(numerals)}]"


def _array(rows: Rows) -> str:
    return repr([list(row) for row in rows])


def _quoted(text: str) -> str:
    return json.dumps("".join(letter for letter in text if letter.isprintable()), ensure_ascii=False)
