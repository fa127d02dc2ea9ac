"""from_keras: a Sequential model, or its configuration and its weights, as a run."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.foreign.comparison import kind_of, predicting_alike, refused
from chainrule.faces.foreign.keras_loss import compiled_loss
from chainrule.faces.foreign.taken import Taken, run_of
from chainrule.rules.activations import activation
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.elu import ELU
from chainrule.rules.layers.leaky_relu import LeakyReLU
from chainrule.rules.registry import name as rule_name

NAMES = {
    **{
        name: name
        for name in ("relu", "tanh", "sigmoid", "softmax", "gelu", "silu", "softplus", "elu", "exponential")
    },
    "linear": "identity",
    "swish": "silu",
}
WITHOUT = ("InputLayer", "Flatten")  # rows go in, which are flat


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
        parts += _layer(layer["class_name"], layer["config"], arrays)
    if arrays:
        raise InputError(f"{len(arrays)} arrays of weights are left over: no layer takes them")
    end = _ends(parts)
    if loss is None and not described:
        outputs = [len(part.b) for part in parts if part.b is not None]
        loss = compiled_loss(model, layers, end, outputs[-1] if outputs else 0)
    run = run_of(parts, loss, "Keras Sequential", end)
    if described or weights is not None:
        return run

    def predict(x: np.ndarray) -> np.ndarray:
        return np.asarray(model.predict(x.reshape(len(x), *model.input_shape[1:]), verbose=0))

    return predicting_alike(run, f"model {config.get('name')!r}", predict)


def _layer(kind: str, config: Mapping[str, Any], arrays: list[Any]) -> list[Taken]:
    where = f"layer {config.get('name', kind)!r}"
    if kind in WITHOUT:
        return []
    if kind == "Dense":
        count = 1 + bool(config.get("use_bias", True))
        if len(arrays) < count:
            raise InputError(f"{where}: its weights are not there; has the model been built?")
        w, *b = (np.asarray(arrays.pop(0)) for _ in range(count))
        shape = _activation(config.get("activation") or "linear", where)
        return [Taken(where, Dense(w.shape[-1], shape), w, b[0] if b else np.zeros(w.shape[-1]))]
    if kind == "Dropout":
        return [Taken(where, Dropout(config["rate"]))]
    if kind == "Activation":
        return [Taken(where, _activation(config["activation"], where))]
    if kind == "LeakyReLU":
        return [Taken(where, LeakyReLU(float(config.get("negative_slope", config.get("alpha", 0.3)))))]
    if kind == "ELU":
        return [Taken(where, ELU(float(config.get("alpha", 1.0))))]
    standard = kind == "ReLU" and not any(
        config.get(key) for key in ("negative_slope", "threshold", "max_value")
    )
    if standard or (kind == "Softmax" and config.get("axis", -1) in (-1, 1)):
        return [Taken(where, activation(kind.lower()))]
    raise InputError(f"{where}: there is no rule for Keras's {kind}")


def _activation(name: Any, where: str) -> Any:
    if name == "leaky_relu":
        return LeakyReLU(0.2)  # Keras's own default
    if not isinstance(name, str) or name not in NAMES:
        raise InputError(f"{where}: there is no rule for Keras's activation {name!r}")
    return activation(NAMES[name])


def _ends(parts: list[Taken]) -> str | None:
    """The last activation."""
    end = next((part.layer for part in reversed(parts) if not isinstance(part.layer, Dropout)), None)
    end = end.activation if isinstance(end, Dense) else end
    return None if end is None else rule_name(end)
