"""What each of torch's layers is here: the rule, and its arrays turned to how the rule has them.

torch keeps Linear's weights as (units, inputs), those of a convolution as (units, channels, k, l); a row of
an image is (channels, h, w) there and (h, w, channels) here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.faces.foreign.fitting import AdaptivePool, Taken, batch_norm
from chainrule.faces.foreign.torch_graph import TracedLayer
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
    "Identity": "identity",
    **{name: name.lower() for name in ("ReLU", "Sigmoid", "Tanh", "SiLU", "GELU")},
}
LOG_SOFTMAX = "log_softmax"
"""What is taken for a logarithm of a softmax: no rule, but a part of the loss behind it."""
Options = Mapping[str, Any]


def taken(step: TracedLayer) -> Taken:
    """The rule of one layer, with its arrays.

    Raises:
        InputError: there is none; the layer is named.
    """
    if step.kind == "Linear":
        return linear(step.where, step.module.weight, step.module.bias)
    if step.kind in ("Conv1d", "Conv2d", "Conv3d"):
        return _conv(step)
    if step.kind in ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d"):
        return _batch_norm(step)
    return Taken(step.where, rule(step.where, step.kind, step.options), turned=True)


def linear(where: str, weight: Any, bias: Any) -> Taken:
    """A Dense of torch's weights (units, inputs)."""
    w = array(weight)
    if w.ndim != 2:
        raise InputError(f"{where}: there is no rule for weights of {w.ndim} dimensions")
    return Taken(where, Dense(len(w)), {"w": w.T, "b": _biases(bias, w)}, turned=True)


def convolution(where: str, layer: Conv, weight: Any, bias: Any) -> Taken:
    """A Conv of torch's weights (units, channels, k, l)."""
    w = array(weight)
    if not 3 <= w.ndim <= 5:
        raise InputError(f"{where}: a convolution has weights (units, channels, k, l), not {w.shape}")
    turned = np.transpose(w, [*range(2, w.ndim), 1, 0])
    return Taken(where, layer, {"w": turned, "b": _biases(bias, w)})


def array(tensor: Any) -> np.ndarray:
    """A tensor or an array as an array."""
    if "bfloat16" in str(getattr(tensor, "dtype", "")):
        raise InputError("weights are bfloat16, which NumPy has not: take model.float()")
    return np.asarray(tensor.detach().cpu() if hasattr(tensor, "detach") else tensor)


def rule(where: str, kind: str, has: Options) -> Any:
    """The rule of a layer without weights, or what else it is taken for."""
    layer = _activation(kind, has) or _pool(where, kind, has) or _laid_out(where, kind, has)
    if kind == "Dropout":
        layer = Dropout(has.get("p", 0.5))
    if kind == "LogSoftmax" and has.get("dim") in (-1, 1):
        return LOG_SOFTMAX
    if layer is None:
        raise InputError(f"{where}: there is no rule for torch's {kind}")
    return layer


def _conv(step: TracedLayer) -> Taken:
    has = step.options
    if has["padding_mode"] != "zeros":
        raise InputError(f"{step.where}: there is no rule for the padding mode {has['padding_mode']!r}")
    layer = Conv(
        has["out_channels"],
        has["kernel_size"],
        stride=has["stride"],
        padding=has["padding"],
        dilation=has["dilation"],
        groups=has["groups"],
    )
    return convolution(step.where, layer, step.module.weight, step.module.bias)


def _batch_norm(step: TracedLayer) -> Taken:
    has, module = step.options, step.module
    if not has["track_running_stats"] or has["momentum"] is None:
        raise InputError(f"{step.where}: there is no rule for a batch norm whose memory is no running mean")
    layer = BatchNorm(has["eps"], has["momentum"])
    affine = (array(module.weight), array(module.bias)) if has["affine"] else ()
    return batch_norm(step.where, layer, array(module.running_mean), array(module.running_var), *affine)


def _biases(bias: Any, w: np.ndarray) -> np.ndarray:
    return np.zeros(len(w), w.dtype) if bias is None else array(bias)


def _activation(kind: str, has: Options) -> Layer | None:
    if kind == "LeakyReLU":
        return LeakyReLU(has.get("negative_slope", 0.01))
    if kind == "ELU":
        return ELU(has.get("alpha", 1.0))
    name = NAMES.get(kind)
    if kind == "GELU" and has.get("approximate", "none") == "tanh":
        name = "gelu_tanh"
    elif kind == "Softplus" and has.get("beta", 1) == 1 and has.get("threshold", 20) >= 20:
        name = "softplus"
    elif kind == "Softmax" and has.get("dim", -1) in (-1, 1):
        name = "softmax"
    return activation(name) if name else None


def _pool(where: str, kind: str, has: Options) -> Any:
    """A pool; there is no rule for what reaches over the end (`ceil_mode`), nor for holes in a window."""
    name = kind[:-2] if kind[-2:] in ("1d", "2d", "3d") else ""
    if name == "AdaptiveAvgPool":
        return _adaptive(where, kind, has["output_size"])
    if name not in ("MaxPool", "AvgPool"):
        return None
    odd = [option for option in ("ceil_mode", "return_indices", "divisor_override") if has.get(option)]
    if has.get("dilation", 1) not in (1, (1,), (1, 1), (1, 1, 1)):
        odd.append("dilation")
    if odd:
        raise InputError(f"{where}: there is no rule for torch's {kind} with {odd[0]}")
    stride, size = has.get("stride") or None, _numbers(has["kernel_size"])
    shape = (size, None if stride is None else _numbers(stride), _numbers(has.get("padding", 0)))
    if name == "MaxPool":
        return MaxPool(*shape)
    return AvgPool(*shape, count_padding=bool(has.get("count_include_pad", True)))


def _adaptive(where: str, kind: str, size: Any) -> AdaptivePool:
    axes = int(kind[-2])
    counts = tuple(size) if isinstance(size, Sequence) else (size,) * axes
    if None in counts:
        raise InputError(f"{where}: there is no rule for torch's {kind} with a size of None")
    return AdaptivePool(counts)


def _laid_out(where: str, kind: str, has: Options) -> Layer | None:
    if kind == "Flatten":
        if (has.get("start_dim", 1), has.get("end_dim", -1)) != (1, -1):
            raise InputError(f"{where}: there is no rule for a Flatten of other axes than all of a row")
        return Flatten()
    if kind == "Unflatten" and has.get("dim", 1) in (1, -1):
        channels, *places = has["unflattened_size"]
        return Unflatten((*places, channels))
    return GlobalAveragePool() if kind == "GlobalAveragePool" else None


def _numbers(value: Any) -> Any:
    return tuple(value) if isinstance(value, Sequence) else value
