"""What a quantity is, in one sentence, and by which rule it is computed."""

from dataclasses import replace

from chainrule.ask.cases.case import Case
from chainrule.ask.cases.unfused import activations
from chainrule.ask.documents.formula import Formula
from chainrule.ask.documents.names import derivative_of
from chainrule.ask.explain.derivation import Derivations
from chainrule.ask.explain.terms import Factor, Index
from chainrule.quantities import ERROR, Derivative, Quantity, Updated, Variable, has_rows, is_error_signal
from chainrule.rules import registry
from chainrule.rules.activations import activation

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
}


def meaning(case: Case, element: Factor) -> str:
    """What an element is; empty for what is only part of another. `{}` stands for `parts`."""
    quantity, index, rows = element.number.quantity, element.index, len(case.x)
    if quantity == ERROR:
        return f"the error that the network makes on {'these rows' if rows > 1 else 'this row'}"
    if is_error_signal(quantity):
        return f"how fast E grows as {{}} grows and all else stays{_row(quantity.bottom, index, rows)}"
    if element.number.name == case.sweep.output.name:
        return f"output {index[-1]} of the network, what it says{_row(quantity, index, rows)}"
    match quantity:
        case Derivative(Variable(), Variable() as bottom):
            return f"how fast {{}} grows as {{}} grows{_row(bottom, index, rows)}"
        case Updated(variable):
            return f"the new value of {_plain(variable, index)}: the old one, and a step against its gradient"
        case Variable():
            text = _plain(quantity, index)
            return text and f"{text}{_row(quantity, index, rows)}"
    return ""


def parts(derive: Derivations, element: Factor) -> tuple[Formula, ...]:
    """The quantities for the places `{}` of a meaning."""
    slope = derivative_of(element.number.name)
    if not slope or slope[1] not in derive.numbers:
        return ()
    index = element.index
    above, below = index, index
    if len(index) > 2:  # of a softmax: row, top, bottom
        above, below = index[:2], (index[0], index[2])
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


def _plain(variable: Variable, index: Index) -> str:
    if variable.letter not in _SAYS:
        return ""
    coordinates = index[1:] if has_rows(variable) else index
    return _SAYS[variable.letter].format(*coordinates, layer=variable.layer or "")


def _row(quantity: Quantity, index: Index, rows: int) -> str:
    return f", in row {index[0]}" if rows > 1 and has_rows(quantity) and index else ""
