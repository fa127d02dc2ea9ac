"""The network of a TOML file: its layers, its loss, and what stands in the place of targets."""

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.ask.cases import limits
from chainrule.ask.cases import toml_values as stated
from chainrule.errors import InputError
from chainrule.rules import activations, registry
from chainrule.rules.layers.dense import Dense
from chainrule.rules.losses.output import Output
from chainrule.rules.protocols import Loss

_ACTIVATIONS: Any = ChainMap(activations.ON_PAPER, activations.ACTIVATIONS)  # type: ignore[arg-type]
_LOSSES: Any = ChainMap(registry.ON_PAPER, registry.TABLE_LOSSES)  # type: ignore[arg-type]


def loss(table: Mapping[str, Any]) -> Any:
    """The loss; error signals from above, `upstream`, may stand in its place.

    Raises:
        InputError: there is no such loss, or there are both.
    """
    if "upstream" not in table:
        return stated.rule(table.get("loss", "half_squared_error"), _LOSSES, "loss")
    if "targets" in table or table.get("loss", "upstream") != "upstream":
        raise InputError("upstream is what is handed back as the slope of E: leave out targets and loss")
    return stated.rule("upstream", _LOSSES, "loss")


def targets(table: Mapping[str, Any], rule: Loss, rows: int) -> np.ndarray | None:
    """The targets (n, outputs), or what stands in their place; none where the output itself is derived.

    Raises:
        InputError: they are missing, or are not one row for each of `rows`.
    """
    key = "upstream" if "upstream" in table else "targets"
    if key not in table:
        if isinstance(rule, Output):
            return None
        raise InputError("targets is missing")
    t = stated.matrix(table[key], key)
    if len(t) != rows:
        raise InputError(f"{key} has {rows_in_words(len(t))}, but inputs has {rows_in_words(rows)}")
    return t


def fitting(t: np.ndarray | None, rows: int, units: int) -> np.ndarray:
    """Targets with a number for each output; zeros where there are none.

    Raises:
        InputError: there are more or fewer.
    """
    if t is None:
        return np.zeros((rows, units))
    if t.shape[1] != units:
        raise InputError(
            f"targets has rows of {t.shape[1]}, but the last layer has {units_in_words(units)}: "
            "one target for each"
        )
    return t


def layers(tables: Any, width: int) -> tuple[list[Dense], frozenset[str]]:
    """The layers of `width` inputs, and the names of the biases that are not stated."""
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise InputError("layers is written as one [[layers]] table for each layer")
    limits.within(len(tables), limits.LAYERS, "layers")
    dense: list[Dense] = []
    absent: set[str] = set()
    source = f"there are {width} inputs" if width > 1 else "there is 1 input"
    for position, table in enumerate(tables, 1):
        label = f"layer {position}"
        stated.refuse_unknown(table, ["activation", "weights", "biases", "thresholds"], f"{label}: ")
        if "weights" not in table:
            raise InputError(f"{label}: weights is missing")
        w = stated.matrix(table["weights"], f"{label}: weights")
        units = w.shape[1]
        if len(w) != width:
            turned = " (are they written by unit? weights are (inputs, units))" if units == width else ""
            raise InputError(
                f"{label}: weights has {rows_in_words(len(w))}, but {source}: one row for each{turned}"
            )
        if not {"biases", "thresholds"} & table.keys():
            absent.add(f"b{position}")
        b = _biases(table, units, label)
        try:
            activation = stated.rule(table.get("activation", "identity"), _ACTIVATIONS, "activation")
        except InputError as error:
            raise InputError(f"{label}: {error}") from None
        dense.append(Dense(units, activation, w.tolist(), b.tolist()))
        width, source = units, f"layer {position} has {units_in_words(units)}"
    return dense, frozenset(absent)


def _biases(table: Mapping[str, Any], units: int, label: str) -> np.ndarray:
    """The biases; thresholds are taken off, z = xW − θ, so that b = −θ."""
    key = "thresholds" if "thresholds" in table else "biases"
    if key == "thresholds" and "biases" in table:
        raise InputError(f"{label}: a layer has biases or thresholds, z = xW + b or z = xW - θ, not both")
    values = stated.vector(table.get(key, [0.0] * units), f"{label}: {key}")
    if len(values) != units:
        raise InputError(
            f"{label}: {key} has {len(values)} numbers, but weights makes {units_in_words(units)}"
        )
    return -values if key == "thresholds" else values


def rows_in_words(count: int) -> str:
    """`1 row`, `3 rows`."""
    return "1 row" if count == 1 else f"{count} rows"


def units_in_words(count: int) -> str:
    """`1 unit`, `3 units`."""
    return "1 unit" if count == 1 else f"{count} units"
