"""A rule on its own with made-up numbers: one step forward and back, for `check_rule`."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.engine.data import recast
from chainrule.engine.network import Network
from chainrule.errors import InputError, ShapeError
from chainrule.numbers import Array, Number, given
from chainrule.rules.protocols import Activation, Layer, Loss, Names

UNITS = 4
PLACES = (5, 4)  # of an image, for layers that take one; a sequence is as long as its first axis
FAR = 40.0  # where most functions have flattened or grown straight


@dataclass(frozen=True)
class TrialStep:
    """What a rule made of its point.

    Attributes:
        out: a, y or E.
        gradients: dE/d… of everything in the point, by its name.
        slope: of an activation, da/dz.
    """

    out: Number
    gradients: dict[str, Number]
    slope: Number | None = None

    @property
    def numbers(self) -> dict[str, Number]:
        return {"": self.out, **self.gradients, **({"da/dz": self.slope} if self.slope else {})}


@dataclass(frozen=True)
class Trial:
    """A rule and the arrays that go in.

    Attributes:
        rule: an activation, a layer or a loss.
        entry: the name of the input in `point`: z, x or y; of tokens in `rows`.
        point: what gradients are taken with respect to: the input (n, i) and the parameters.
        rows: what else goes in, a row for each row of the input: `up` (dE/da), a mask, t and 1/n; and what a
            layer remembers, which has no rows.
    """

    rule: Layer | Loss
    entry: str
    point: dict[str, Array]
    rows: dict[str, Array]

    def step(self) -> TrialStep:
        """Forward and back."""
        named = {name: given(name, array) for name, array in {**self.point, **self.rows}.items()}
        entry, rule = named[self.entry], self.rule
        if isinstance(rule, Loss):
            cost, cache = rule.forward(entry, named["t"], named["1/n"])
            return TrialStep(cost, {self.entry: rule.backward(cache)})
        out, cache = rule.forward(named, entry)
        parameter_gradients, entry_gradient = rule.backward(
            named, cache, given(f"dE/d{out.name}", self.rows["up"])
        )
        gradients = {**parameter_gradients, **({self.entry: entry_gradient} if entry_gradient else {})}
        return TrialStep(out, gradients, rule.slope(entry, out) if isinstance(rule, Activation) else None)

    def error(self, point: Any) -> Any:
        """E: a loss's own, else the sum of the outputs, each times its `up`."""
        named = {name: given(name, array) for name, array in {**self.rows, **point}.items()}
        if isinstance(self.rule, Loss):
            return self.rule.forward(named[self.entry], named["t"], named["1/n"])[0].array
        out = self.rule.forward(named, named[self.entry])[0].array
        return (out * self.rows["up"]).sum()

    def only(self, rows: slice) -> "Trial":
        """The same of some rows alone."""
        point = {name: array[rows] if name == self.entry else array for name, array in self.point.items()}
        kept = _names(self.rule, "memory")
        arrays = {name: array if name in kept else array[rows] for name, array in self.rows.items()}
        return replace(self, point=point, rows=arrays)

    def of_single_rows(self) -> "Trial":
        """The same as it is computed where a row is on its own: of a layer that looks at whole batches, as it
        predicts.
        """
        shares = _names(self.rule, "shares")
        return replace(self, rows={name: array for name, array in self.rows.items() if name not in shares})

    def astype(self, dtype: Any) -> "Trial":
        def cast(arrays: dict[str, Array]) -> dict[str, Array]:
            return {name: recast(array, dtype) for name, array in arrays.items()}

        return replace(self, point=cast(self.point), rows=cast(self.rows))


def trial(rule: Layer | Loss, rows: int = 6, units: int = UNITS) -> Trial:
    """A trial of so many rows; the first number of the input is 0, where kinks are.

    Raises:
        InputError: the rule is no activation, layer or loss.
    """
    rng = np.random.default_rng(0)
    if isinstance(rule, Layer) and rule.takes == "places":
        return _of_layer(rule, rng, 2 * rng.normal(size=(rows, *_places(rule, units), units)))
    if isinstance(rule, Layer) and rule.takes == "tokens":
        return _of_layer(rule, rng, rng.integers(0, Network([rule]).tokens, (rows, PLACES[0])))
    if isinstance(rule, Loss) and rule.takes == "tokens":
        return _of_tokens(rule, rng, 2 * rng.normal(size=(rows, PLACES[0], units)))
    entry = 2 * rng.normal(size=(rows, units))
    entry[:1, :1] = 0.0
    if isinstance(rule, Loss):
        return Trial(rule, "y", {"y": entry}, {"t": _targets(rule, rng, entry), "1/n": _shares(rng, rows)})
    if isinstance(rule, Activation):
        rule = replace(rule, out="a")
        return Trial(rule, "z", {"z": entry}, {"up": rng.normal(size=entry.shape)})
    if not isinstance(rule, Layer):
        raise InputError(f"{rule!r} is no rule: check_rule wants an activation, a layer or a loss")
    return _of_layer(rule, rng, entry)


def _of_layer(rule: Layer, rng: np.random.Generator, entry: np.ndarray) -> Trial:
    placed = rule.placed(Names())
    parameters, outputs = placed.start(rng, entry.shape[1:])
    parameters = {name: array + rng.normal(size=array.shape) / 4 for name, array in parameters.items()}
    masks = _masks(placed, rng, entry.shape)
    for name in _names(placed, "memory"):
        masks[name] = np.abs(parameters.pop(name))
    rows = {"up": rng.normal(size=(len(entry), *outputs)), **masks}
    if rule.takes == "tokens":
        return Trial(placed, "x", parameters, {"x": entry, **rows})
    return Trial(placed, "x", {"x": entry, **parameters}, rows)


def _places(rule: Layer, units: int) -> tuple[int, ...]:
    """Those of an image, or of a sequence where the layer wants one."""
    try:
        rule.placed(Names()).shapes((*PLACES, units))
    except ShapeError:
        return PLACES[:1]
    return PLACES


def _of_tokens(rule: Loss, rng: np.random.Generator, entry: np.ndarray) -> Trial:
    """A loss that asks at each place for one of the outputs, and at one place of a row for none."""
    t = rng.integers(0, entry.shape[-1], entry.shape[:-1])
    t[:1, 1] = -1
    return Trial(rule, "y", {"y": entry}, {"t": t, "1/n": _shares(rng, len(entry))})


def far(rule: Activation) -> Trial:
    """An activation far out on both sides."""
    z = np.array([[FAR, -FAR, FAR / 2, -FAR / 2]])
    return Trial(replace(rule, out="a"), "z", {"z": z}, {"up": np.ones_like(z)})


def _targets(rule: Loss, rng: np.random.Generator, y: np.ndarray) -> np.ndarray:
    """Targets that the loss accepts: any numbers, or else shares that add up to 1."""
    t = rng.normal(size=y.shape)
    e = np.exp(t)
    shares: np.ndarray = e / e.sum(axis=1, keepdims=True)
    if rule.activation is not None:
        return shares
    try:
        rule.check_targets(t)
    except InputError:
        return shares
    return t


def _shares(rng: np.random.Generator, rows: int) -> np.ndarray:
    weights = rng.uniform(0.5, 1.5, rows)
    return np.asarray(weights / max(weights.sum(), 1.0))


def _masks(rule: Any, rng: np.random.Generator, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    masks = {rule.m: rule.mask(rng.uniform(size=shape))} if hasattr(rule, "mask") else {}
    return masks | {name: _shares(rng, shape[0]) for name in _names(rule, "shares")}


def _names(rule: Any, kind: str) -> list[str]:
    """What a layer calls its `memory`, or the `shares` of the rows in their batch."""
    return list(getattr(Network([rule]), kind)) if isinstance(rule, Layer) and rule.memory else []
