"""A network in ONNX: its Numbers walked from the prediction back to x, each path written as a node.

No layer is described here. Dense, Residual, Dropout and Chain are the paths of their Numbers; a function that
a Number is seen through is the operator that ONNX has for it, or is written out of its own definition.
"""

import numpy as np

from chainrule.ask.cases.unfused import activations
from chainrule.engine.network import Network
from chainrule.errors import InputError
from chainrule.faces.onnx.graph import Graph, Tensor
from chainrule.faces.onnx.normalisation import normalisation
from chainrule.faces.onnx.place_sums import SINGLE, mean_of, needed, relaid, window_sum
from chainrule.numbers import Function, Number, Path, given, origins
from chainrule.rules import registry
from chainrule.rules.functions import NORMAL_CDF, SIGMOID, SOFTMAX
from chainrule.rules.layers.relu import RELU
from chainrule.rules.layers.tanh import TANH
from chainrule.rules.protocols import Shape

OPERATORS = {SIGMOID: "Sigmoid", SOFTMAX: "Softmax", RELU: "Relu", TANH: "Tanh"}
"""The functions that are one operator of the standard, in every floating-point type."""


def traced(network: Network, row: Shape, parameters: dict[str, np.ndarray]) -> Number:
    """The prediction of one row of zeros, which has the paths of any other."""
    dtype = next(iter(parameters.values())).dtype
    named = {name: given(name, array) for name, array in parameters.items()}
    with np.errstate(all="ignore"):
        return network.prediction(network.forward(named, given("x", np.zeros((1, *row), dtype)))[0])


def rough(prediction: Number) -> bool:
    """Whether it needs what ONNX Runtime has in float32 alone: the error function, convolutions, means."""
    numbers = origins(prediction).values()
    sums = (window_sum(path) for number in numbers for path in number.paths)
    return any(number.through is NORMAL_CDF for number in numbers) or any(
        windows is not None and windows.operator in SINGLE for windows in sums
    )


def written(graph: Graph, network: Network, prediction: Number, x: Tensor) -> Tensor:
    """The prediction (n, outputs) as a tensor of `graph`, for rows x (n, inputs).

    Raises:
        InputError: a rule asks for a function that ONNX does not have; both are named.
    """
    tensors: dict[int, Tensor] = {}
    waiting = [prediction]
    while waiting:
        number = waiting[-1]
        norm = normalisation(number)
        factors = [norm.rows] if norm else [f for path in number.paths for f in needed(path)]
        ahead = [factor for factor in factors if id(factor) not in tensors]
        if ahead:
            waiting += ahead
            continue
        waiting.pop()
        if id(number) not in tensors:
            try:
                tensors[id(number)] = _written(graph, number, x, tensors)
            except (AttributeError, TypeError) as error:
                raise _unknown(network, prediction, number, error) from None
    return tensors[id(prediction)]


def _unknown(network: Network, prediction: Number, number: Number, error: Exception) -> InputError:
    """What to say of a function that has no operators."""
    numbers = origins(prediction)
    owners = (a for a in activations(network.chain.layers) if number.name in origins(numbers[a.out]))
    rule = next((registry.name(a) for a in owners), "a rule")
    name = error.name if isinstance(error, AttributeError) and error.name else str(error)
    return InputError(
        f"{rule} cannot be written as ONNX: {number.name} wants {name}, for which there is no operator here"
    )


def _written(graph: Graph, number: Number, x: Tensor, tensors: dict[int, Tensor]) -> Tensor:
    if not number.paths:
        return x if number.name == "x" else graph.constant(number.array, number.name)
    if norm := normalisation(number):
        return norm.written(graph, tensors[id(norm.rows)])
    sums = [_path(graph, path, [tensors[id(f)] for f in needed(path)]) for path in number.paths]
    total = sum(sums[1:], start=sums[0])
    return total if number.through is None else _through(graph, number.through, total)


def _path(graph: Graph, path: Path, factors: list[Tensor]) -> Tensor:
    """A product: by elements where nothing is summed, else a contraction of the same indices."""
    groups, result = path.groups, path.result
    if all(result.endswith(group) for group in groups):
        product = factors[0]
        if product.dtype == np.float64 and any(factor.through is SIGMOID for factor in path.factors):
            # so that ONNX Runtime before 1.31 does not fuse z σ(z) into what it has in float32 alone
            product = product.__neg__().__neg__()
        for factor in factors[1:]:
            product = product * factor
        return product
    if windows := window_sum(path):
        return windows.written(graph, factors[0])
    if row := relaid(path):
        shape = graph.constant(np.array([0, *row], np.int64))  # 0: as many rows as there are
        return graph.add("Reshape", [factors[0], shape], factors[0].dtype, (None, *row))
    return _contracted(graph, path, factors)


def _contracted(graph: Graph, path: Path, factors: list[Tensor]) -> Tensor:
    """A sum that `einsum` could write: a matrix product, a mean over axes, or any other."""
    if not path.equation.is_plain:
        raise TypeError(f"a sum over places, {path.indices}")
    shape = tuple(None if letter == "n" else path.sizes()[letter] for letter in path.result)
    if path.indices == "ni,ij->nj":
        return graph.add("MatMul", factors, factors[0].dtype, shape)
    if axes := mean_of(path):
        return graph.add("ReduceMean", factors[1:], factors[1].dtype, shape, axes=axes, keepdims=0)
    spread = [letter for letter in path.result if letter not in "".join(path.groups)]  # alike along these
    ones = [graph.constant(np.ones(path.sizes()[letter], factors[0].dtype), "ones") for letter in spread]
    indices = f"{','.join([*path.groups, *spread])}->{path.result}"
    return graph.add("Einsum", [*factors, *ones], factors[0].dtype, shape, equation=indices)


def _through(graph: Graph, function: Function, z: Tensor) -> Tensor:
    if function in OPERATORS:
        return graph.add(OPERATORS[function], [z], z.dtype, z.shape)
    if function is NORMAL_CDF:  # what ONNX has of Φ is erf: Φ(z) = (1 + erf(z/√2)) / 2
        single = (z * 0.5**0.5).astype(np.float32)
        return graph.add("Erf", [single], single.dtype, z.shape).astype(z.dtype) * 0.5 + 0.5
    tensor: Tensor = function.apply(z)
    return tensor
