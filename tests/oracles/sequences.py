"""Networks of sequences by other hands: `jnp`, loops over heads and places, `jax.nn`, and `jax.grad`."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Plain = dict[str, Any]
ACTIVATIONS = {"identity": lambda z: z, "tanh": jnp.tanh, "gelu": lambda z: jax.nn.gelu(z, approximate=False)}


def attention(layer: Plain, p: dict[str, Any], k: int, x: Any) -> Any:
    """Head by head, each query against its own past."""
    rows = []
    for row in x:
        heads = []
        for h in range(layer["heads"]):
            q, key, v = (row @ p[f"w{c}{k}"][:, h] + p[f"b{c}{k}"][h] for c in "qkv")
            places = []
            for t in range(len(row)):
                end = t + 1 if layer["causal"] else len(row)
                scores = key[:end] @ q[t] / q.shape[-1] ** 0.5
                places.append(jax.nn.softmax(scores) @ v[:end])
            heads.append(jnp.stack(places) @ p[f"wo{k}"][h])
        rows.append(sum(heads) + p[f"bo{k}"])
    return jnp.stack(rows)


def waves(places: int, units: int) -> np.ndarray:
    """Vaswani et al. 2017, section 3.5, number by number."""
    table = np.zeros((places, units))
    for t in range(places):
        for j in range(units):
            angle = t / 10000 ** ((j - j % 2) / units)
            table[t, j] = np.cos(angle) if j % 2 else np.sin(angle)
    return table


class Walk:
    """The layers of a network, counted as they count."""

    def __init__(self, p: dict[str, Any]) -> None:
        self.p, self.number = p, 0

    def through(self, layers: list[Plain], x: Any) -> Any:
        for layer in layers:
            x = self.layer(layer, x)
        return x

    def layer(self, layer: Plain, x: Any) -> Any:
        rule, p = layer["rule"], self.p
        if rule == "residual":
            return x + self.through(layer["layers"], x)
        if rule == "chain":
            return self.through(layer["layers"], x)
        if rule == "flatten":
            return x.reshape(len(x), -1)
        self.number += 1
        k = self.number
        match rule:
            case "embedding":
                return jax.nn.one_hot(x, layer["tokens"], dtype=p[f"w{k}"].dtype) @ p[f"w{k}"]
            case "positions":
                return x + (p[f"w{k}"] if layer["kind"] == "learnt" else waves(*x.shape[1:]))
            case "layer_norm":
                off = x - x.mean(-1, keepdims=True)
                return (
                    off / jnp.sqrt((off**2).mean(-1, keepdims=True) + layer["eps"]) * p[f"g{k}"] + p[f"b{k}"]
                )
            case "rms_norm":
                return x / jnp.sqrt((x**2).mean(-1, keepdims=True) + layer["eps"]) * p[f"g{k}"]
            case "attention":
                return attention(layer, p, k, x)
            case "dense":
                activation = (layer["activation"] or {"rule": "identity"})["rule"]
                return ACTIVATIONS[activation](x @ p[f"w{k}"] + p[f"b{k}"])
        raise KeyError(rule)


def loss(plain: Plain, y: Any, t: Any, share: Any) -> Any:
    if plain["loss"]["rule"] == "half_squared_error":
        return (share * ((t - y) ** 2).sum(-1) / 2).sum()
    total = 0.0
    for row in range(len(y)):
        asked = [place for place in np.ndindex(t.shape[1:]) if t[row][place] >= 0]
        costs = [-jax.nn.log_softmax(y[row][place])[t[row][place]] for place in asked]
        total = total + share[row] * sum(costs) / len(asked)
    return total


def truth(plain: Plain, p: dict[str, Any], x: Any, t: Any, share: Any) -> dict[str, np.ndarray]:
    """E, the prediction, ∂E/∂x where x are numbers, and ∂E/∂parameter by name."""

    def logits(q: dict[str, Any], x: Any) -> Any:
        return Walk(q).through(plain["layers"], x)

    def cost(q: dict[str, Any], x: Any) -> Any:
        return loss(plain, logits(q, x), t, share)

    with jax.enable_x64(True):
        parameters = {name: jnp.asarray(array) for name, array in p.items()}
        tokens = np.asarray(x).dtype.kind == "i"
        value, found = jax.value_and_grad(cost, (0,) if tokens else (0, 1))(parameters, jnp.asarray(x))
        y = logits(parameters, jnp.asarray(x))
        output = jax.nn.softmax(y) if plain["loss"]["rule"] == "token_cross_entropy" else y
        gradients = dict(found[0]) if tokens else {**found[0], "x": found[1]}
        return {n: np.asarray(a) for n, a in {"E": value, "output": output, **gradients}.items()}
