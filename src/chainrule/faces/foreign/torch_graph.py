"""What a torch module computes, traced: a chain of layers, or a refusal that names what is no such chain."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from chainrule.errors import InputError
from chainrule.faces.foreign.comparison import kind_of

# Functions and methods of torch by name: the class that does the same, and its further arguments in order.
_FUNCTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "relu": ("ReLU", ("inplace",)),
    "relu_": ("ReLU", ()),
    "tanh": ("Tanh", ()),
    "sigmoid": ("Sigmoid", ()),
    "silu": ("SiLU", ("inplace",)),
    "gelu": ("GELU", ("approximate",)),
    "softplus": ("Softplus", ("beta", "threshold")),
    "elu": ("ELU", ("alpha", "inplace")),
    "leaky_relu": ("LeakyReLU", ("negative_slope", "inplace")),
    "softmax": ("Softmax", ("dim", "_stacklevel", "dtype")),
    "dropout": ("Dropout", ("p", "training", "inplace")),
    "flatten": ("Flatten", ("start_dim", "end_dim")),
    "contiguous": ("Identity", ()),
}


class TracedLayer(NamedTuple):
    """One layer of the chain: where it stands, torch's class, its parameters, and the module if it is one."""

    where: str
    kind: str
    options: dict[str, Any]
    module: Any = None


def steps(model: Any, torch: Any) -> Iterator[TracedLayer]:
    """The layers that `forward` goes through, in order.

    Raises:
        InputError: it cannot be traced, or is no plain chain; what is none is named.
    """
    import importlib

    try:
        graph = importlib.import_module("torch.fx").symbolic_trace(model).graph
    except Exception as error:  # noqa: BLE001 (whatever a stranger's forward raises)
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{type(model).__name__}: its forward cannot be followed: {reason:.150}") from None
    modules, seen = dict(model.named_modules()), set[int]()
    before: Any = None
    inputs = [node for node in graph.nodes if node.op == "placeholder"]
    if len([node for node in inputs if node.users]) != 1:
        raise InputError(f"{type(model).__name__}: its forward takes {len(inputs)} inputs, one is wanted")
    for node in graph.nodes:
        if node.op == "placeholder":
            before = node if node.users else before
            continue
        if node.op == "output":
            if node.args[0] is not before:
                raise InputError(
                    f"{type(model).__name__}: its forward gives more than its last layer's output"
                )
            return
        if not node.users:
            raise InputError(f"'{node.name}' of {type(model).__name__} leads nowhere")
        if node.all_input_nodes != [before] or node.args[:1] != (before,) or len(before.users) > 1:
            raise InputError(
                f"'{node.name}' of {type(model).__name__}: there is no rule for a forward in which "
                f"{_meeting(node)}: a plain chain of layers is wanted"
            )
        before = node
        yield _step(node, modules, seen, torch)


def _meeting(node: Any) -> str:
    names = ", ".join(str(one) for one in node.all_input_nodes) or "nothing"
    return f"{names} go into {getattr(node.target, '__name__', node.target)}"


def _step(node: Any, modules: dict[str, Any], seen: set[int], torch: Any) -> TracedLayer:
    if node.op == "call_module":
        module, where = modules[node.target], f"layer '{node.target}'"
        kind = type(module).__name__
        if not type(module).__module__.startswith("torch.nn.modules"):
            raise InputError(f"{where}: there is no rule for {kind_of(module)}")
        weights = {id(p) for p in module.parameters()}
        if weights & seen:
            raise InputError(
                f"{where}: its weights stand twice in the network, and there is no rule for tied ones"
            )
        seen |= weights
        return TracedLayer(where, kind, vars(module), module)
    name = getattr(node.target, "__name__", str(node.target))
    where = f"'{node.name}'"
    if node.op not in ("call_function", "call_method") or name not in _FUNCTIONS:
        raise InputError(f"{where}: there is no rule for torch's {name}")
    kind, parameters = _FUNCTIONS[name]
    named = dict(node.kwargs)
    named.pop("input", None)
    values = list(node.args[1:])
    if len(values) > len(parameters):
        raise InputError(f"{where}: there is no rule for torch's {name} with {len(values)} arguments")
    named |= dict(zip(parameters, values, strict=False))
    if kind == "Dropout" and not named.get("training", True):
        return TracedLayer(where, "Identity", {})
    if kind == "Softmax" and named.get("dim") is None:
        named["dim"] = -1
    return TracedLayer(where, kind, named)
