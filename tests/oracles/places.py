"""Networks of places by other hands: `jax.lax`'s own convolutions and window reductions, and `jax.grad`."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

Plain = dict[str, Any]
ORDERS = {1: ("NTC", "TIO", "NTC"), 2: ("NHWC", "HWIO", "NHWC"), 3: ("NDHWC", "DHWIO", "NDHWC")}
ACTIVATIONS = {"identity": lambda z: z, "tanh": jnp.tanh, "relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}


def each(value: Any, axes: int) -> list[int]:
    return [value] * axes if isinstance(value, int) else list(value)


def pads(layer: Plain, lengths: list[int], size: list[int], stride: list[int], dilation: list[int]) -> Any:
    if layer["padding"] in ("same", "valid"):
        spans = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
        return lax.padtype_to_pads(lengths, spans, stride, layer["padding"].upper())
    return [(p, p) for p in each(layer["padding"], len(lengths))]


def conv(layer: Plain, x: Any, w: Any, b: Any) -> Any:
    axes = x.ndim - 2
    size, stride, dilation = (each(layer[k], axes) for k in ("size", "stride", "dilation"))
    z = lax.conv_general_dilated(
        x, w, stride, pads(layer, x.shape[1:-1], size, stride, dilation), rhs_dilation=dilation,
        dimension_numbers=ORDERS[axes], feature_group_count=layer["groups"], precision=lax.Precision.HIGHEST,
    )  # fmt: skip
    return ACTIVATIONS[layer["activation"]["rule"]](z + b)


def pool(layer: Plain, x: Any) -> Any:
    axes = x.ndim - 2
    size, stride = each(layer["size"], axes), each(layer["stride"], axes)
    around = [(0, 0), *pads(layer, x.shape[1:-1], size, stride, [1] * axes), (0, 0)]
    window, steps = (1, *size, 1), (1, *stride, 1)
    if layer["rule"] == "max_pool":
        return lax.reduce_window(x, -jnp.inf, lax.max, window, steps, around)
    total = lax.reduce_window(x, 0.0, lax.add, window, steps, around)
    ones = jnp.ones_like(x)
    count = lax.reduce_window(ones, 0.0, lax.add, window, steps, around)
    return total / (np.prod(size) if layer["count_padding"] else count)


def output(layers: list[Plain], p: dict[str, Any], x: Any) -> Any:
    number = 0
    for layer in layers:
        rule = layer["rule"]
        if rule in ("conv", "dense"):
            number += 1
            w, b = p[f"w{number}"], p[f"b{number}"]
        if rule == "conv":
            x = conv(layer, x, w, b)
        elif rule == "dense":
            x = ACTIVATIONS[layer["activation"]["rule"]](x @ w + b)
        elif rule == "unflatten":
            x = x.reshape(len(x), *layer["shape"])
        elif rule == "flatten":
            x = x.reshape(len(x), -1)
        elif rule == "global_average_pool":
            x = x.mean(axis=tuple(range(1, x.ndim - 1)))
        else:
            x = pool(layer, x)
    return x


def truth(plain: Plain, p: dict[str, np.ndarray], x: np.ndarray, t: np.ndarray) -> dict[str, np.ndarray]:
    """E of half the squared error, the output and the gradients, in float64."""

    def cost(point: dict[str, Any]) -> Any:
        y = output(plain["layers"], point, point["x"])
        return ((t - y) ** 2).sum() / 2 / len(t), y

    with jax.enable_x64(True):
        (value, y), found = jax.value_and_grad(cost, has_aux=True)({**p, "x": x})
        found = {name: np.asarray(g) for name, g in found.items()}
        return {"E": np.asarray(value), "output": np.asarray(y), **found}


def loops(w: np.ndarray, x: np.ndarray, stride: int, padding: int) -> np.ndarray:
    """A convolution of one image (h, w, i) in seven lines of loops, as a student writes them."""
    padded = np.zeros((x.shape[0] + 2 * padding, x.shape[1] + 2 * padding, x.shape[2]))
    padded[padding : padding + x.shape[0], padding : padding + x.shape[1]] = x
    rows = range(0, padded.shape[0] - w.shape[0] + 1, stride)
    columns = range(0, padded.shape[1] - w.shape[1] + 1, stride)
    z = np.zeros((len(rows), len(columns), w.shape[3]))
    for (a, r), (b, c), j in (
        (r, c, j) for r in enumerate(rows) for c in enumerate(columns) for j in range(w.shape[3])
    ):
        z[a, b, j] = (padded[r : r + w.shape[0], c : c + w.shape[1]] * w[..., j]).sum()
    return z
