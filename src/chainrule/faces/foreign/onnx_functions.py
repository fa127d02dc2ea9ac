"""Activations that an ONNX file spells out in several nodes, known by what they make of numbers.

A z · Φ(z) in five nodes, a z · σ(z) in two: exporters write the same function in many ways. The nodes from
one tensor to the next that all others come of are worked out on a line of numbers, and compared with each
rule.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.faces.foreign.onnx_graph import OnnxGraph, computed
from chainrule.numbers import given
from chainrule.rules.activations import activation
from chainrule.rules.layers.elu import ELU
from chainrule.rules.layers.leaky_relu import LeakyReLU
from chainrule.rules.protocols import Activation

BY_ELEMENT = frozenset({
    "Abs", "Add", "Cast", "Clip", "Div", "Elu", "Erf", "Exp", "Greater", "GreaterOrEqual", "Identity",
    "LeakyRelu", "Less", "LessOrEqual", "Log", "Max", "Min", "Mul", "Neg", "Pow", "Reciprocal", "Relu",
    "Sigmoid", "Sign", "Softplus", "Sqrt", "Sub", "Tanh", "Where",
})  # fmt: skip
NAMES: tuple[Any, ...] = ("identity", "relu", "sigmoid", "tanh", "gelu", "gelu_tanh", "silu", "softplus")
MOST = 200  # nodes that a function is spelled in


def spelled(graph: OnnxGraph, name: str, joins: Sequence[Any] = ()) -> tuple[Any, str] | None:
    """The rule of the function that stands behind a tensor, and the name of what it gives, if any; the nodes
    of `joins` are no part of it.
    """
    for nodes in _regions(graph, name, joins):
        end = nodes[-1].output[0]
        rule = _known(graph, name, nodes)
        if rule is not None:
            return rule, end
    return None


def _regions(graph: OnnxGraph, name: str, joins: Sequence[Any]) -> Iterator[list[Any]]:
    """Nodes by element that go from a tensor to one other, a few at first."""
    inside, nodes = {name}, list[Any]()
    for node in graph.model.graph.node:
        sources = [source for source in node.input if source in graph.readers]
        if node in joins or not sources or not set(sources) <= inside or len(nodes) == MOST:
            continue
        constants = [value for value in graph.constants(node) if value is not None]
        if node.op_type not in BY_ELEMENT or any(value.size > 1 for value in constants):
            continue
        nodes.append(node)
        inside.add(node.output[0])
        known = [*nodes, *joins]
        outside = {t for t in inside - {node.output[0]} if any(r not in known for r in graph.readers[t])}
        outside |= inside & {graph.result}
        if not outside - {node.output[0]}:
            yield list(nodes)


def _known(graph: OnnxGraph, name: str, nodes: list[Any]) -> Activation | None:
    """The rule that makes of numbers what the nodes make of them."""
    z = np.linspace(-9, 9, 61).astype(graph.values[name].dtype)
    outcome = _line(graph, name, nodes, z)
    candidates: list[Any] = [activation(rule) for rule in NAMES]
    if outcome is not None and np.isfinite(outcome).all():
        candidates += [LeakyReLU(float(outcome[0] / z[0])), *_elus(float(outcome[0]), float(z[0]))]
        for rule in candidates:
            ours = rule.value(given("z", z)).array
            if (abs(ours - outcome) <= 1e-5 * np.maximum(1, abs(ours))).all():
                return rule  # type: ignore[no-any-return]
    return None


def _elus(low: float, z: float) -> list[ELU]:
    """The rule α(e^z − 1) that gives `low` there, if it can be one."""
    alpha = low / np.expm1(z)
    return [ELU(round(float(alpha), 6))] if alpha > 0 else []


def _line(graph: OnnxGraph, name: str, nodes: list[Any], z: np.ndarray) -> np.ndarray | None:
    """What the nodes make of a line of numbers."""
    from onnx import helper, numpy_helper

    constants = {
        source: numpy_helper.from_array(np.asarray(graph.values[source]), source)
        for node in nodes
        for source in node.input
        if source and source not in graph.readers
    }
    entry = helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(z.dtype), z.shape)
    end = helper.make_empty_tensor_value_info(nodes[-1].output[0])
    part = helper.make_graph(nodes, "function", [entry], [end], list(constants.values()))
    model = helper.make_model(part, opset_imports=graph.model.opset_import, ir_version=graph.model.ir_version)
    (outcome,) = computed(model, {name: z})
    return np.asarray(outcome) if np.shape(outcome) == z.shape else None
