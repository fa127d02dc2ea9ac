"""What a quantity is, in one sentence, and by which rule it is computed."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chainrule.ask.cases.case import Case
from chainrule.ask.cases.error_parts import OF_OUTPUTS, OF_ROWS
from chainrule.ask.cases.unfused import activations
from chainrule.ask.documents.formula import Formula
from chainrule.ask.documents.names import derivative_of
from chainrule.ask.explain.derivation import Derivations
from chainrule.ask.explain.terms import Factor, Index
from chainrule.quantities import (
    ERROR,
    Derivative,
    Memory,
    Quantity,
    Updated,
    Variable,
    has_rows,
    is_error_signal,
    layer_of,
    parse,
    variable_of,
)
from chainrule.rules import registry
from chainrule.rules.activations import activation
from chainrule.rules.protocols import Layer
from chainrule.rules.updates.catalogue import described
from chainrule.rules.updates.gradient_descent import GradientDescent

_SAYS = {
    "w": "the weight from input {0} of layer {layer} to its unit {1}",
    "b": "the bias of unit {0} of layer {layer}",
    "z": "what unit {0} of layer {layer} adds up: its inputs, each times its weight, and its bias",
    "a": "what unit {0} of layer {layer} passes on",
    "x": "input {0} of the network",
    "t": "what output {0} should be",
    "h": "number {0} of what an activation after layer {layer} passes on",
    "d": "number {0} of what a dropout after layer {layer} passes on",
    "m": "number {0} of the mask of a dropout after layer {layer}",
    "r": "number {0} of what a residual, up to layer {layer}, passes on: its input and its branch, added up",
    "u": "number {0} of what goes into the branch of a residual",
    "p": "channel {0} of what a pool after layer {layer} passes on",
    "v": "channel {0} of the image that the input is laid out as",
    "f": "number {0} of what a flattening after layer {layer} passes on",
}
_AT_PLACES = {
    "w": "the weight of channel {0} to unit {1} of layer {layer}, at place {place} of its window",
    "x": "channel {0} of the input at place {place}",
}
_TOKENS = {
    "x": "the token that goes in",
    "t": "the number of the output that should be 1 (below 0: not asked)",
}
_CONSTANTS = {
    "1/k": "the share of a place in its row's part of E",
    "α": "the learning rate: how far an update goes, for each unit of gradient",
    "λ": "the weight decay: how much of each weight is added to its gradient",
    "μ": "the momentum: what part of the last change is added to the next",
    "1/n": "the share of a row in E",
}


def meaning(case: Case, element: Factor) -> str:
    """What an element is; empty for what is only part of another. `{}` stands for `parts`."""
    quantity, index, rows = element.number.quantity, element.index, len(case.x)
    if quantity == ERROR:
        return f"the error that the network makes on {'these rows' if rows > 1 else 'this row'}"
    if element.number.name in (OF_ROWS, OF_OUTPUTS):
        output = f"the part of output {index[1]} in " if element.number.name == OF_OUTPUTS else ""
        return f"{output}the error that the network makes on row {index[0]}"
    if is_error_signal(quantity):
        return f"how fast E grows as {{}} grows and all else stays{_row(quantity.bottom, index, rows)}"
    if element.number.name == case.sweep.output.name:
        where = _at(index[1:-1])
        return f"output {index[-1]} of the network, what it says{where}{_row(quantity, index, rows)}"
    if text := _by_layer(case, element.number.name, index):
        return f"{text}{_row(quantity, index, rows)}"
    match quantity:
        case Derivative(Variable(), Variable() as bottom):
            return f"how fast {{}} grows as {{}} grows{_row(bottom, index, rows)}"
        case Memory() | Updated(Memory()):
            return _kept(case, quantity, index)
        case Updated(Variable() as variable):
            old = _parameter(case, variable, index)
            return f"the new value of {old}: the old one, and {_step(case)}"
        case Variable():
            text = _plain(quantity, index)
            return text and f"{text}{_row(quantity, index, rows)}"
    return _CONSTANTS.get(element.number.name, "")


_KEPT = {
    "m": "the running mean of the gradients of {}",
    "v": "what the optimiser has kept of the gradients of {}",
    "s": "the sum of the squared gradients of {}",
    "mhat": "the running mean of the gradients of {}, without the zeros that it began with",
    "vhat": "the running mean of the squared gradients of {}, without the zeros that it began with",
    "step": "what the update before has added to {}",
}


def _kept(case: Case, quantity: Memory | Updated, index: Index) -> str:
    """What an optimiser keeps of a parameter."""
    inner = quantity.variable if isinstance(quantity, Updated) else quantity
    text = (
        _KEPT[inner.letter].format(_parameter(case, variable_of(inner), index))
        if isinstance(inner, Memory)
        else ""
    )
    if not isinstance(quantity, Updated):
        return text
    return text.replace("the update before has added", "this update adds").replace(
        "gradients", "gradients so far, this one among them,"
    )


def _step(case: Case) -> str:
    """How an update moves a parameter, in words."""
    rule = case.update_rule
    if isinstance(rule, GradientDescent):
        return "a step against its gradient"
    return f"the step of {described(rule)}, with g its gradient"


def parts(derive: Derivations, element: Factor) -> tuple[Formula, ...]:
    """The quantities for the places `{}` of a meaning."""
    slope = derivative_of(element.number.name)
    if not slope or slope[1] not in derive.numbers:
        return ()
    index = element.index
    above, below = index, index
    if derive.numbers[slope[1]].array.ndim < len(index):  # of a softmax: row, top, bottom
        above, below = index[:-1], (*index[:-2], index[-1])
    bottom = derive.symbol(Factor(derive.numbers[slope[1]], below))
    if slope[0] == "E" or slope[0] not in derive.numbers:
        return (bottom,)
    return derive.symbol(Factor(derive.numbers[slope[0]], above)), bottom


def rule(case: Case, name: str) -> str:
    """The rule of the network that computes what is called `name`, in its own words."""
    slope = derivative_of(name)
    loss = case.network.loss
    end = activation(loss.activation)
    fused = [replace(end, out=case.sweep.output.name)] if end else []
    for layer in [*activations(case.network.chain.layers), *fused]:
        if layer.out == (slope[0] if slope else name):
            words = layer.words
            return f"{registry.name(layer)}, {words.slope if slope else words.formula} ({words.source})"
    if name == "E":
        return f"{registry.name(loss).replace('_', ' ')}, {loss.words.formula} ({loss.words.source})"
    return ""


def _parameter(case: Case, variable: Variable, index: Index) -> str:
    return _by_layer(case, str(variable), index) or _plain(variable, index)


def _by_layer(case: Case, name: str, index: Index) -> str:
    """What the layer that gives a Number its name says of it; nothing where no layer does."""
    for layer in _every(case.network.chain.layers):
        for label, template in layer.says.items():
            if getattr(layer, label) == name:
                own = index[1:] if has_rows(parse(name)) else index
                places = own[:-1] if "{unit}" in template else own
                unit, number = own[-1] if own else "", layer_of(parse(name))
                return template.format(*own, unit=unit, at=_at(places), layer=number)
    network = case.network
    if (name, network.takes) == ("x", "tokens") or (name, network.loss.takes) == ("t", "tokens"):
        return f"{_TOKENS[name]}{_at(index[1:])}"
    return ""


def _at(places: Index) -> str:
    return f", at place {','.join(map(str, places))}" if places else ""


def _every(layers: Any) -> Iterator[Layer]:
    """Every layer, those inside of composites among them."""
    for layer in layers:
        yield layer
        yield from _every(getattr(layer, "layers", ()))


def _plain(variable: Variable, index: Index) -> str:
    if variable.letter not in _SAYS:
        return ""
    coordinates = index[1:] if has_rows(variable) else index
    text = _SAYS[variable.letter]
    count = 2 if variable.letter == "w" else 1
    place = ",".join(map(str, coordinates[:-count]))
    if place:
        text = _AT_PLACES.get(variable.letter, f"{text} at place {{place}}")
    return text.format(*coordinates[-count:], layer=variable.layer or "", place=place)


def _row(quantity: Quantity, index: Index, rows: int) -> str:
    return f", in row {index[0]}" if rows > 1 and has_rows(quantity) and index else ""
