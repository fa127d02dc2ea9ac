"""Structure: the dense layers, slopes and error gradients of a case, found in its Numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from chainrule.ask.cases.case import Case
from chainrule.ask.cases.unfused import activations, apart
from chainrule.ask.documents.names import derivative_of, pretty
from chainrule.numbers import Number
from chainrule.quantities import is_error_signal, is_weight, layer_of, parse
from chainrule.rules.protocols import Activation


@dataclass(frozen=True)
class Weighing:
    """One dense layer: z = xW + b, with ∂E/∂W = xᵀ ∂E/∂z."""

    layer: str
    w: str
    b: str
    z: str
    x: str
    dz: str


@dataclass(frozen=True, eq=False)
class Structure:
    """The layers of a case, and where the error goes back."""

    case: Case

    @property
    def summed_rows(self) -> int:
        """How many rows E is put together from; online it is that of one."""
        return 1 if self.case.convention.batch == "online" else len(self.case.x)

    @cached_property
    def numbers(self) -> Mapping[str, Number]:
        return self.case.sweep.numbers

    @cached_property
    def apart(self) -> Mapping[str, Number]:
        """What a fused loss goes past."""
        return apart(self.case.network, self.numbers)

    @cached_property
    def layers(self) -> list[Weighing]:
        """The dense layers, the first first."""
        weighings = []
        for w in self.case.parameters:
            quantity, gradient = parse(w), self.numbers.get(f"dE/d{w}")
            if not is_weight(quantity) or gradient is None:
                continue
            x, dz = gradient.paths[0].factors[:2]
            layer = quantity.layer
            weighings.append(Weighing(str(layer), w, f"b{layer}", f"z{layer}", x.name, dz.name))
        return weighings

    @cached_property
    def rules(self) -> dict[str, Activation]:
        """The activations by the name of their output."""
        return {activation.out: activation for activation in activations(self.case.network.chain.layers)}

    @cached_property
    def slopes(self) -> dict[str, tuple[str, str]]:
        """By name of a slope that is not 1 all over, its a and z; the first layer's first."""
        pairs = {}
        for name, node in self.numbers.items():
            pair = derivative_of(name)
            if pair and pair[0] != "E" and pair[0] in self.rules and (node.array != 1).any():
                pairs[name] = pair
        return dict(sorted(pairs.items(), key=lambda entry: layer_of(parse(entry[1][1]))))

    @cached_property
    def end(self) -> Number:
        """Where the error starts back: ∂E/∂a of the last layer, or ∂E/∂z where the loss is fused."""
        errors = [n for n in self.numbers.values() if is_error_signal(n.quantity)]
        return next(n for n in errors if not any(f in errors for p in n.paths for f in p.factors))

    @cached_property
    def hidden_errors(self) -> list[Number]:
        """∂E/∂a of the hidden layers: what weights hand back from the layer behind."""
        weights = {layer.w for layer in self.layers}
        return [
            n
            for n in self.numbers.values()
            if is_error_signal(n.quantity)
            and str(n.quantity.bottom) not in {"x", *self.case.parameters}
            and any(f.name in weights for p in n.paths for f in p.factors)
        ]


def where_of(structure: Structure, group: list[str]) -> str:
    """`in layer 1`, `at the output`, `in all layers`."""
    ends = [f"dE/d{structure.slopes[name][0]}" == structure.end.name for name in group]
    if len(group) == 1:
        a = structure.slopes[group[0]][0]
        return "at the output" if ends[0] else f"in layer {a[1:]}"
    return "in all layers" if any(ends) else "in the hidden layers"


def error_formula(structure: Structure, slope: str) -> str:
    """How the error signal is made with the slope."""
    a, z = structure.slopes[slope]
    return f"{pretty(f'dE/d{z}')} = {pretty(f'dE/d{a}')} · {pretty(slope)}"


def listed(names: list[str]) -> str:
    """`∂E/∂b₁, ∂E/∂b₂ and ∂E/∂b₃`."""
    labels = [pretty(name) for name in names]
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"


def grouped(names: Sequence[str]) -> list[list[str]]:
    """Each name alone and, of several, all together: a slip is made once, or out of habit."""
    return [[name] for name in names] + ([list(names)] if len(names) > 1 else [])


def cost_of(group: Sequence[str], single: float = 1.0) -> float:
    """What a mistake made in so many places costs, if it costs `single` in one."""
    return single + 0.05 * (len(group) - 1)
