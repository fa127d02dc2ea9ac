"""What each of Keras's layers is here: the rule, and its arrays, which are laid out as ours are."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.faces.foreign.fitting import Taken, batch_norm
from chainrule.rules.activations import activation
from chainrule.rules.layers.batch_norm import BatchNorm
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.elu import ELU
from chainrule.rules.layers.flatten import Flatten, Unflatten
from chainrule.rules.layers.leaky_relu import LeakyReLU
from chainrule.rules.layers.pool import AvgPool, GlobalAveragePool, MaxPool
from chainrule.rules.protocols import Layer

NAMES = {
    **{
        name: name
        for name in ("relu", "tanh", "sigmoid", "softmax", "gelu", "silu", "softplus", "elu", "exponential")
    },
    "linear": "identity",
    "swish": "silu",
}
Config = Mapping[str, Any]


def taken(kind: str, config: Config, arrays: list[Any]) -> Iterator[Taken]:
    """The rules of one layer, with its arrays, which are taken off `arrays`.

    Raises:
        InputError: there is no rule, or the arrays are not there; the layer is named.
    """
    where = f"layer {config.get('name', kind)!r}"
    if kind == "InputLayer":
        return
    if config.get("data_format") == "channels_first":
        raise InputError(f"{where}: there is no rule for channels in front of the places")
    base = kind[:-2] if kind[-2:] in ("1D", "2D", "3D") else kind
    if kind == "Dense":
        yield _dense(where, config, arrays)
    elif base in ("Conv", "DepthwiseConv", "SeparableConv"):
        yield from _conv(where, base, config, arrays)
    elif kind == "BatchNormalization":
        yield _batch_norm(where, config, arrays)
    else:
        layer = _plain(kind, config) or _of_places(where, base, config)
        if kind == "Activation":
            layer = _named(config["activation"], where)
        if layer is None:
            raise InputError(f"{where}: there is no rule for Keras's {kind}")
        yield Taken(where, layer)


def _dense(where: str, config: Config, arrays: list[Any]) -> Taken:
    w, b = _weights(where, config, arrays, 1)
    return Taken(where, Dense(w.shape[-1], _named(config.get("activation"), where)), _pair(w, b))


def _conv(where: str, kind: str, config: Config, arrays: list[Any]) -> Iterator[Taken]:
    """A convolution; one by channel has its units (k, l, channels, multiplier), a separable one is two."""
    *kernels, b = _weights(where, config, arrays, 2 if kind == "SeparableConv" else 1)
    end = _named(config.get("activation"), where)
    padding = config.get("padding", "valid")
    if padding not in ("same", "valid"):
        raise InputError(f"{where}: there is no rule for the padding {padding!r}")
    shape = {
        "stride": tuple(config.get("strides", (1,))),
        "padding": padding,
        "dilation": tuple(config.get("dilation_rate", (1,))),
    }
    if kind == "Conv":
        (w,) = kernels
        layer = Conv(w.shape[-1], w.shape[:-2], end, groups=config.get("groups", 1), **shape)
        yield Taken(where, layer, _pair(w, b))
        return
    by_channel, channels = kernels[0], kernels[0].shape[-2]
    w = by_channel.reshape(*by_channel.shape[:-2], 1, -1)
    units, alone = w.shape[-1], kind == "DepthwiseConv"
    layer = Conv(units, w.shape[:-2], end if alone else None, groups=channels, **shape)
    yield Taken(where, layer, _pair(w, b if alone else None))
    if not alone:
        yield Taken(where, Conv(kernels[1].shape[-1], 1, end), _pair(kernels[1], b))


def _batch_norm(where: str, config: Config, arrays: list[Any]) -> Taken:
    """A batch norm: Keras says how much of the memory stays, and divides by all numbers that there are."""
    has = [config.get("scale", True), config.get("center", True), True, True]
    if len(arrays) < sum(has):
        raise InputError(f"{where}: its weights are not there; has the model been built?")
    gain, shift, mean, variance = (np.asarray(arrays.pop(0)) if there else None for there in has)
    layer = BatchNorm(config.get("epsilon", 1e-3), 1 - config.get("momentum", 0.99), unbiased=False)
    return batch_norm(where, layer, mean, variance, gain, shift)


def _weights(where: str, config: Config, arrays: list[Any], kernels: int) -> list[Any]:
    """The kernels of a layer and its biases, None if it has none."""
    biased = bool(config.get("use_bias", True))
    if len(arrays) < kernels + biased:
        raise InputError(f"{where}: its weights are not there; has the model been built?")
    own = [np.asarray(arrays.pop(0)) for _ in range(kernels + biased)]
    return own if biased else [*own, None]


def _pair(w: np.ndarray, b: np.ndarray | None) -> dict[str, np.ndarray]:
    return {"w": w, "b": np.zeros(w.shape[-1], w.dtype) if b is None else b}


def _plain(kind: str, config: Config) -> Layer | None:
    """A layer that acts on rows of any shape."""
    if kind == "Dropout":
        return Dropout(config["rate"])
    if kind == "LeakyReLU":
        return LeakyReLU(float(config.get("negative_slope", config.get("alpha", 0.3))))
    if kind == "ELU":
        return ELU(float(config.get("alpha", 1.0)))
    standard = kind == "ReLU" and not any(
        config.get(key) for key in ("negative_slope", "threshold", "max_value")
    )
    if standard or (kind == "Softmax" and config.get("axis", -1) in (-1, 1)):
        return activation(kind.lower())
    return None


def _of_places(where: str, kind: str, config: Config) -> Layer | None:
    """A pool, or what lays rows out."""
    if kind in ("MaxPooling", "AveragePooling"):
        size, strides = config["pool_size"], config.get("strides")
        shape = (_numbers(size), None if strides is None else _numbers(strides), config.get("padding", 0))
        return MaxPool(*shape) if kind == "MaxPooling" else AvgPool(*shape, count_padding=False)
    if kind == "GlobalAveragePooling":
        return GlobalAveragePool()
    if kind == "Reshape":
        target = tuple(config["target_shape"])
        if len(target) > 1 and -1 in target:
            raise InputError(f"{where}: there is no rule for a Reshape to {target}: say its size")
        return Flatten() if len(target) == 1 else Unflatten(target)
    return Flatten() if kind == "Flatten" else None


def _named(name: Any, where: str) -> Any:
    """The activation of a name."""
    name = name or "linear"
    if name == "leaky_relu":
        return LeakyReLU(0.2)  # Keras's own default
    if not isinstance(name, str) or name not in NAMES:
        raise InputError(f"{where}: there is no rule for Keras's activation {name!r}")
    return activation(NAMES[name])


def _numbers(value: Any) -> Any:
    return value if isinstance(value, int) else tuple(value)
