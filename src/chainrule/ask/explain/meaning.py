"""What a quantity is, in one sentence, and by which rule it is computed."""

import re
from dataclasses import replace

from chainrule.ask.cases.case import Case
from chainrule.ask.cases.unfused import activations
from chainrule.ask.documents.formula import Formula
from chainrule.ask.documents.names import derivative_of
from chainrule.ask.explain.derivation import Derivations
from chainrule.ask.explain.terms import Factor, Index
from chainrule.quantities import has_rows, parse
from chainrule.rules import registry
from chainrule.rules.activations import activation

_NAME = re.compile(r"([a-z])(\d*)(?:_\d+)?")
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
    name, index, rows = element.number.name, element.index, len(case.x)
    slope = derivative_of(name)
    if name == "E":
        return f"the error that the network makes on {'these rows' if rows > 1 else 'this row'}"
    if slope and slope[0] == "E":
        return f"how fast E grows as {{}} grows and all else stays{_row(slope[1], index, rows)}"
    if slope and _NAME.fullmatch(slope[0]) and _NAME.fullmatch(slope[1]):
        return f"how fast {{}} grows as {{}} grows{_row(slope[1], index, rows)}"
    if name.endswith("'"):
        return f"the new value of {_plain(name[:-1], index)}: the old one, and a step against its gradient"
    if name == case.sweep.output.name:
        return f"output {index[-1]} of the network, what it says{_row(name, index, rows)}"
    return f"{_plain(name, index)}{_row(name, index, rows)}" if _plain(name, index) else ""


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


def _plain(name: str, index: Index) -> str:
    match = _NAME.fullmatch(name)
    if not match or match[1] not in _SAYS:
        return ""
    coordinates = index[1:] if has_rows(parse(name)) else index
    return _SAYS[match[1]].format(*coordinates, layer=match[2])


def _row(name: str, index: Index, rows: int) -> str:
    return f", in row {index[0]}" if rows > 1 and has_rows(parse(name)) and index else ""
