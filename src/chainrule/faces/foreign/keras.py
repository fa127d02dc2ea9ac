"""from_keras: a Sequential model, or its configuration and its weights, as a run."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.foreign.comparison import kind_of, predicting_alike, refused
from chainrule.faces.foreign.fitting import Taken
from chainrule.faces.foreign.keras_layers import taken
from chainrule.faces.foreign.keras_loss import compiled_loss
from chainrule.faces.foreign.taken import run_of
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.flatten import Flatten, Unflatten
from chainrule.rules.layers.weighted import Weighted
from chainrule.rules.registry import name as rule_name

INPUT_SHAPES = ("batch_shape", "batch_input_shape")  # of Keras 3, of Keras 2


def from_keras(model: Any, weights: Sequence[Any] | None = None, *, loss: Any = None) -> Run:
    """The network of a Keras Sequential model.

    Args:
        model: the model, or what its `get_config()` gives.
        weights: what its `get_weights()` gives; a model has them itself.
        loss: a loss or its name; if not given, that of a compiled model; else the cross-entropy of a last
            sigmoid or softmax, or half_squared_error.

    Raises:
        InputError: a layer, activation, option or compiled loss for which there is no rule; it is named.
    """
    if not isinstance(model, Mapping) and not callable(getattr(model, "get_config", None)):
        raise InputError(
            f"from_keras takes a Sequential model, or its configuration and weights, not {kind_of(model)}"
        )
    return refused("the Keras model", lambda: _taken(model, weights, loss))


def _taken(model: Any, weights: Sequence[Any] | None, loss: Any) -> Run:
    described = isinstance(model, Mapping)
    config = model if described else model.get_config()
    if weights is None and described:
        raise InputError("a configuration has no weights: give from_keras(config, weights)")
    arrays = list(model.get_weights() if weights is None else weights)
    layers = config.get("layers")
    if not isinstance(layers, Sequence) or any(key in config for key in ("input_layers", "output_layers")):
        raise InputError("from_keras takes a Sequential model: this one has no plain list of layers")
    parts: list[Taken] = []
    for layer in layers:
        parts += taken(layer["class_name"], layer["config"], arrays)
    if arrays:
        raise InputError(f"{len(arrays)} arrays of weights are left over: no layer takes them")
    end = _ends(parts)
    if loss is None and not described:
        outputs = [len(part.arrays["b"]) for part in parts if "b" in part.arrays]
        loss = compiled_loss(model, layers, end, outputs[-1] if outputs else 0)
    parts, row = _rows(parts, layers)
    run = run_of(parts, loss, "Keras Sequential", end, row)
    if described or weights is not None:
        return run

    def predict(x: np.ndarray) -> np.ndarray:
        return np.asarray(model.predict(x.reshape(len(x), *model.input_shape[1:]), verbose=0))

    return predicting_alike(run, f"model {config.get('name')!r}", predict)


def _rows(parts: list[Taken], layers: Sequence[Any]) -> tuple[list[Taken], tuple[int, ...] | None]:
    """The layers, and the shape of a row that goes into them, if it is one of numbers at places."""
    shapes = (layer["config"].get(key) for layer in layers for key in INPUT_SHAPES)
    row = tuple(next(filter(None, shapes), ())[1:])
    if len(row) > 1 and isinstance(parts[0].layer if parts else None, Unflatten):
        row, parts = parts[0].layer.shape, parts[1:]  # a Reshape of what goes in: it goes in so
    if not any(part.layer.takes == "places" for part in parts if not isinstance(part.layer, Flatten)):
        return [part for part in parts if not isinstance(part.layer, Flatten)], None  # rows are flat then
    if not all(isinstance(length, int) for length in row):
        raise InputError(f"the model takes rows of {row}: there is no rule for images of any size")
    return parts, row or None


def _ends(parts: list[Taken]) -> str | None:
    """The last activation."""
    end = next((part.layer for part in reversed(parts) if not isinstance(part.layer, Dropout)), None)
    end = end.activation if isinstance(end, Weighted) else end
    return None if end is None else rule_name(end)
