"""What a rule is: the protocol of layers and losses, and what they share.

A layer is a frozen dataclass with

    start(rng, inputs)        -> parameters, outputs       NumPy float64 arrays by name, a row's shape
    forward(parameters, x)    -> y, cache                  cache: just what backward needs
    backward(parameters, cache, dy) -> gradients by name, dx
    words                     symbol, formula, slope, LaTeX, source

and a loss ends the chain: forward(y, t, share) -> E, cache and backward(cache) -> dy. Legend of
shapes, used in every rule: x (n, i), z and a (n, j), y and t (n, j), share (n,), E (). Layers whose paths
say `...j` for `nj` take rows of any shape: of an image (n, h, w, j).
`parameters` is one flat dict for the whole network; a rule takes its own entries by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Self

import numpy as np

from chainrule.errors import InputError
from chainrule.numbers import Array, Function, Number, constant, number, path

ARRAY_FUNCTIONS = (
    "abs", "clip", "exp", "expm1", "log", "log1p", "maximum", "minimum", "ones_like", "sign", "sqrt", "tanh",
    "where", "zeros_like",
)  # fmt: skip
"""What a rule may ask its array library for and still be exported to ONNX."""

Parameters = Mapping[str, Number]
Gradients = dict[str, Number]
Kept = Any
Shape = tuple[int, ...]
"""Of one row: (i,) of plain numbers, (t, i), (h, w, i) or (d, h, w, i) of numbers at places."""


@dataclass(frozen=True, slots=True)
class Words:
    """How people write the rule: shown by explanations, the docs and `chainrule` itself."""

    symbol: str
    formula: str
    slope: str
    latex: str
    source: str


class Names:
    """Hands out addresses while a network is put together: layers count from 1, names never repeat."""

    def __init__(self) -> None:
        self.layer = 0
        self._taken: set[str] = set()

    def free(self, letter: str) -> str:
        """`letter` with the layer's number; `r2_2` if `r2` is taken."""
        name, attempt = f"{letter}{self.layer}", 1
        while name in self._taken:
            attempt += 1
            name = f"{letter}{self.layer}_{attempt}"
        self._taken.add(name)
        return name


@dataclass(frozen=True)
class Layer:
    """A rule inside the chain. `out` is the name of its output, given when a network places it."""

    @property
    def words(self) -> Words:
        """A `ClassVar`, or a property where a parameter of the rule stands in its formulas."""
        raise TypeError(f"{type(self).__name__} has no words")

    def placed(self, names: Names) -> Self:
        """The same layer with its address in the network."""
        raise TypeError(f"{type(self).__name__} has no address")

    stacks: ClassVar[bool] = True  # whether many networks can be trained as one, their numbers side by side

    def as_next(self, names: Names) -> Self:
        """The same layer as the next one of the network, all its numbers called by its own number."""
        names.layer += 1
        return replace(self, **{f.name: names.free(str(f.default)) for f in fields(self) if f.kw_only})

    takes: ClassVar[str] = "any"  # rows of any shape, `numbers` (i,) alone, numbers at `places`, or `tokens`

    says: ClassVar[Mapping[str, str]] = {}
    """What its Numbers are, by the fields that name them: `{unit}` is the last index, `{0}` the first, `{at}`
    the place, `{layer}` the number of the layer."""

    memory: ClassVar[tuple[str, ...]] = ()
    """The fields that name arrays among the parameters which have no gradient: they are renewed by every step
    of a training, as `remembered` says."""

    def start(self, rng: "np.random.Generator", inputs: Shape) -> tuple[dict[str, np.ndarray], Shape]:
        """Initial parameters by name, and the shape of a row that comes out, for rows of shape `inputs`."""
        return {}, inputs

    def inside(self, inputs: Shape) -> int:
        """How many numbers a row becomes on the way, where that is more than go in and come out."""
        return 0

    def shapes(self, inputs: Shape) -> tuple[dict[str, Shape], Shape]:
        """What `start` gives, without its numbers."""
        parameters, outputs = self.start(np.random.default_rng(0), inputs)
        return {name: array.shape for name, array in parameters.items()}, outputs

    def forward(self, p: Parameters, x: Number) -> tuple[Number, Kept]:
        """The output for x (n, inputs), and what `backward` needs."""
        raise TypeError(f"{type(self).__name__} has no forward pass")

    def backward(self, p: Parameters, cache: Kept, dy: Number) -> tuple[Gradients, Number | None]:
        """The gradients of the own parameters, and dE/dx, from dE/dy; of tokens there is no dE/dx."""
        raise TypeError(f"{type(self).__name__} has no backward pass")

    def remembered(self, p: Parameters, numbers: Mapping[str, Number]) -> dict[str, Number]:
        """What becomes of its memory, by name, from the numbers of a training's step."""
        return {}


@dataclass(frozen=True)
class Activation(Layer):
    """A rule that acts on each number by itself: a = f(z), so dE/dz = dE/da · da/dz."""

    out: str = field(default="a", kw_only=True, repr=False)

    rectifier: ClassVar[bool] = False  # passes large z on, so that He's starts suit it

    def placed(self, names: Names) -> Self:
        return replace(self, out=names.free("h"))

    def value(self, z: Number) -> Number:
        """a, named `out`."""
        raise TypeError(f"{type(self).__name__} has no value")

    def slope(self, z: Number, a: Number) -> Number:
        """da/dz, named by `slope_name`."""
        raise TypeError(f"{type(self).__name__} has no slope")

    def slope_name(self, z: Number) -> str:
        return f"d{self.out}/d{z.name}"

    def forward(self, p: Parameters, z: Number) -> tuple[Number, Kept]:
        a = self.value(z)
        return a, (z, a)

    def backward(self, p: Parameters, cache: Kept, da: Number) -> tuple[Gradients, Number]:
        z, a = cache
        return {}, number(derivative(z), path("...j,...j->...j", da, self.slope(z, a)))


@dataclass(frozen=True)
class Loss:
    """A rule that ends the chain. `activation` names the one that is fused into it, if any.

    A loss with an activation takes logits z; what the network predicts is then that activation
    of z. `share` is each row's part in the mean, 1/n without sample weights.
    """

    activation: ClassVar[str | None] = None
    takes: ClassVar[str] = "numbers"
    """Targets: `numbers`, one for each output, or `tokens`, at each place the number of an output."""

    @property
    def words(self) -> Words:
        """A `ClassVar`, or a property where a parameter of the rule stands in its formulas."""
        raise TypeError(f"{type(self).__name__} has no words")

    def forward(self, y: Number, t: Number, share: Number) -> tuple[Number, Kept]:
        """E and what `backward` needs."""
        raise TypeError(f"{type(self).__name__} has no forward pass")

    def backward(self, cache: Kept) -> Number:
        """dE/dy, or dE/dz where an activation is fused in."""
        raise TypeError(f"{type(self).__name__} has no backward pass")

    def unfused(self, z: Number, a: Number, t: Number, share: Number) -> Number:
        """∂E/∂a, where an activation a of z is fused in. `backward` goes past it and needs none: this
        is for who asks, and times ∂a/∂z, the activation's own slope, it is `backward` again.
        """
        raise TypeError(f"{type(self).__name__} is fused with no activation")

    def predicted(self, z: Number) -> str:
        """The name of the fused activation of z: a2 for z2, sigmoid(r2) for anything else."""
        return f"a{z.name[1:]}" if z.name.startswith("z") else f"{self.activation}({z.name})"

    def check_targets(self, t: Array) -> None:
        """Refuse targets (n, outputs) for which the loss has no meaning.

        Raises:
            InputError: naming row, output and value.
        """


def in_words(shape: Shape) -> str:
    """`4` of a row of four numbers, `28 x 28 x 1` of an image."""
    return " x ".join(map(str, shape))


def derivative(variable: Number) -> str:
    """The name of ∂E/∂variable."""
    return f"dE/d{variable.name}"


def difference(t: Number, y: Number) -> Number:
    """T − y, both (n, j)."""
    return number(f"{t.name}-{y.name}", path("nj->nj", t), path(",nj->nj", constant("-1", -1.0, y), y))


def written(parameter: float) -> str:
    """A rule's parameter in its words, with all its digits and no more."""
    if hasattr(parameter, "aval"):  # known only when the compiled program runs, which needs no words
        return "·"
    short = f"{parameter:g}"
    return short if float(short) == parameter else repr(float(parameter))


def per_output(y: Number) -> Number:
    """1/k for the k outputs of y (n, k)."""
    return constant("1/k", 1 / y.array.shape[1], like=y)


def per_unit(x: Number) -> Number:
    """1/8 for the 8 units of x (n, ..., 8), by which a layer takes a mean."""
    units = x.array.shape[-1]
    return constant(f"1/{units}", 1 / units, like=x)


def positive(value: object, label: str) -> None:
    """Refuse what is no positive number.

    Raises:
        InputError: what it is meant to be is named.
    """
    if hasattr(value, "aval"):  # known only when the compiled program runs
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise InputError(f"{label} is a positive number, not {value!r}")


def times(factor: Array, inverse: Function) -> Function:
    """`inverse` as it stands beside `factor`: where that is 0 the product is 0, also beyond the range."""

    def apply(z: Array) -> Array:
        xp, value = z.__array_namespace__(), inverse.apply(z)
        return xp.where(factor == 0, xp.clip(value, None, xp.finfo(value.dtype).max), value)

    return Function(inverse.text, inverse.latex, apply, inverse.sees)


def refuse_where(bad: np.ndarray, t: np.ndarray, why: str) -> None:
    """Raise an InputError that names the first target where `bad` holds."""
    if bad.any():
        row, output = np.argwhere(bad)[0]
        raise InputError(f"target t[{row},{output}] is {t[row, output]:g}: {why}")
