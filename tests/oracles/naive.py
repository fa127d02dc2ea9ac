"""Networks and losses as textbooks write them, forward only, for any array library and complex numbers.

Nothing here comes from `chainrule.rules`: a network is read from its plain dict (`Network.to_dict`),
parameters are taken in order (w1, b1, w2, ...), masks of dropout in order of appearance. The
formulas are chosen so that differentiating them cancels little; `where` always looks at real parts, so
that a complex step passes through. They hold for moderate arguments only, |z| < 100 or so;
`tests.oracles.exact` is for the extremes.
"""

from collections.abc import Iterator
from typing import Any

Array = Any
Plain = dict[str, Any]


class Formulas:
    """Activations and losses in the array library `xp`, with erfc from `special`."""

    def __init__(self, xp: Any, special: Any) -> None:
        self.xp, self.special = xp, special

    def activation(self, plain: Plain | None, z: Array) -> Array:
        plain = plain or {"rule": "identity"}
        options = {name: value for name, value in plain.items() if name != "rule"}
        return getattr(self, plain["rule"])(z, **options)

    def identity(self, z: Array) -> Array:
        return z

    def sigmoid(self, z: Array) -> Array:
        return 1 / (1 + self.xp.exp(-z))

    def tanh(self, z: Array) -> Array:
        def right(z: Array) -> Array:
            return -self.xp.expm1(-2 * z) / (1 + self.xp.exp(-2 * z))

        return self.xp.where(z.real > 0, right(z), -right(-z))

    def relu(self, z: Array) -> Array:
        return self.xp.where(z.real > 0, z, 0 * z)

    def leaky_relu(self, z: Array, leak: float = 0.01) -> Array:
        return self.xp.where(z.real > 0, z, leak * z)

    def elu(self, z: Array, alpha: float = 1.0) -> Array:
        return self.xp.where(z.real > 0, z, alpha * self.xp.expm1(z))

    def gelu(self, z: Array) -> Array:
        return z * self.special.erfc(-z / 2**0.5) / 2

    def gelu_tanh(self, z: Array) -> Array:
        return z / (1 + self.xp.exp(-2 * (2 / self.xp.pi) ** 0.5 * (z + 0.044715 * z * z * z)))

    def silu(self, z: Array) -> Array:
        return z / (1 + self.xp.exp(-z))

    def softplus(self, z: Array) -> Array:
        return self.xp.log1p(self.xp.exp(z))

    def exponential(self, z: Array) -> Array:
        return self.xp.exp(z)

    def softmax(self, z: Array) -> Array:
        return 1 / (1 + self._others(z))

    def _others(self, z: Array) -> Array:
        """Σ over k ≠ j of e^(zₖ − zⱼ), for every j."""
        gaps = z[..., None, :] - z[..., :, None]
        same = self.xp.eye(z.shape[-1], dtype=bool)
        return self.xp.sum(self.xp.where(same, 0, self.xp.exp(self.xp.where(same, 0, gaps))), axis=-1)

    def output(self, plain: Plain, p: dict[str, Array], x: Array, masks: list[Array]) -> Array:
        """What a network (its dict), parameters and masks make of x (..., n, inputs): y, or logits."""
        layers, last = list(plain["layers"]), plain["layers"][-1]
        if plain["loss"]["rule"] in FUSED and last["rule"] == "dense":
            layers[-1] = {**last, "activation": None}
        return self._layers(layers, _count(), p, x, iter(masks))

    def _layers(
        self,
        layers: list[Plain],
        number: Iterator[int],
        p: dict[str, Array],
        x: Array,
        masks: Iterator[Array],
    ) -> Array:
        for one in layers:
            match one["rule"]:
                case "dense":
                    k = next(number)
                    x = self.activation(one["activation"], x @ p[f"w{k}"] + p[f"b{k}"][..., None, :])
                case "chain":
                    x = self._layers(one["layers"], number, p, x, masks)
                case "layer_norm":
                    k = next(number)
                    off = x - self._mean(x)
                    hat = off / self.xp.sqrt(self._mean(off * off) + one["eps"])
                    x = hat * p[f"g{k}"][..., None, :] + p[f"b{k}"][..., None, :]
                case "rms_norm":
                    x = x / self.xp.sqrt(self._mean(x * x) + one["eps"]) * p[f"g{next(number)}"][..., None, :]
                case "residual":
                    x = x + self._layers(one["layers"], number, p, x, masks)
                case "dropout":
                    x = x * next(masks, 1)
                case _:
                    x = self.activation(one, x)
        return x

    def _mean(self, x: Array) -> Array:
        return self.xp.sum(x, axis=-1)[..., None] / x.shape[-1]

    def prediction(self, plain: Plain, y: Array) -> Array:
        fused = FUSED.get(plain["loss"]["rule"])
        return self.activation({"rule": fused}, y) if fused else y

    def loss(self, plain: Plain, y: Array, t: Array, share: Array) -> Array:
        """E for each leading index: rows are the last axis but one."""
        options = {name: value for name, value in plain["loss"].items() if name != "rule"}
        return self.xp.sum(share * getattr(self, plain["loss"]["rule"])(y, t, **options), axis=-1)

    def half_squared_error(self, y: Array, t: Array) -> Array:
        return self.xp.sum((t - y) * (t - y), axis=-1) / 2

    def mean_squared_error(self, y: Array, t: Array) -> Array:
        return self.xp.mean((t - y) * (t - y), axis=-1)

    def sum_squared_error(self, y: Array, t: Array) -> Array:
        return self.xp.sum((t - y) * (t - y), axis=-1)

    def mean_absolute_error(self, y: Array, t: Array) -> Array:
        return self.xp.mean(self._size(t - y), axis=-1)

    def huber(self, y: Array, t: Array, delta: float = 1.0) -> Array:
        e = t - y
        size = self._size(e)
        return self.xp.mean(self.xp.where(size.real <= delta, e * e / 2, delta * (size - delta / 2)), axis=-1)

    def binary_cross_entropy(self, y: Array, t: Array) -> Array:
        right, wrong = self.xp.log1p(self.xp.exp(-y)), self.xp.log1p(self.xp.exp(y))
        return self.xp.sum(t * right + (1 - t) * wrong, axis=-1)

    def softmax_cross_entropy(self, y: Array, t: Array) -> Array:
        return self.xp.sum(t * self.xp.log1p(self._others(y)), axis=-1)

    def poisson(self, y: Array, t: Array) -> Array:
        logarithm = self.xp.log(self.xp.where(t > 0, t, 1))
        return self.xp.sum(self.xp.exp(y) - t * y + t * logarithm - t, axis=-1)

    def _size(self, e: Array) -> Array:
        return self.xp.where(e.real > 0, e, self.xp.where(e.real < 0, -e, 0 * e))

    def cost(
        self,
        plain: Plain,
        p: dict[str, Array],
        x: Array,
        t: Array,
        share: Array,
        masks: list[Array],
        decay: float = 0.0,
    ) -> Array:
        """E with weight decay."""
        error = self.loss(plain, self.output(plain, p, x, masks), t, share)
        for name in p:
            if name.startswith("w"):
                error = error + decay / 2 * self.xp.sum(p[name] * p[name], axis=(-2, -1))
        return error


FUSED = {"binary_cross_entropy": "sigmoid", "softmax_cross_entropy": "softmax", "poisson": "exponential"}


def _count() -> Iterator[int]:
    k = 0
    while True:
        k += 1
        yield k
