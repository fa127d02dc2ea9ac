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
    "log_softmax": ("LogSoftmax", ("dim", "_stacklevel", "dtype")),
    "flatten": ("Flatten", ("start_dim", "end_dim")),
    "squeeze": ("Flatten", ("dim",)),  # a Flatten only of what has one place left
    "mean": ("GlobalAveragePool", ("dim", "keepdim", "dtype")),
    "contiguous": ("Identity", ()),
}
_WINDOW = ("kernel_size", "stride", "padding")
_POOLS = {
    "max_pool": ("MaxPool", (*_WINDOW, "dilation", "ceil_mode", "return_indices")),
    "avg_pool": ("AvgPool", (*_WINDOW, "ceil_mode", "count_include_pad", "divisor_override")),
    "adaptive_avg_pool": ("AdaptiveAvgPool", ("output_size",)),
}
_FUNCTIONS |= {
    f"{name}{axes}": (f"{kind}{axes}", arguments)
    for name, (kind, arguments) in _POOLS.items()
    for axes in ("1d", "2d", "3d")
}
_LAID_OUT = ("view", "reshape")
_SIZES = ("size", "getattr", "getitem", "dim", "mul", "floordiv")
"""What asks for the shape of a row, and reckons with it, and lays nothing out itself."""


class TracedLayer(NamedTuple):
    """One layer of the chain: where it stands, torch's class, its parameters, and the module if it is one."""

    where: str
    kind: str
    options: dict[str, Any]
    module: Any = None


def steps(model: Any) -> Iterator[TracedLayer]:
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
    previous, sizes = None, _sizes(graph)
    inputs = [node for node in graph.nodes if node.op == "placeholder"]
    if len([node for node in inputs if node.users]) != 1:
        raise InputError(f"{type(model).__name__}: its forward takes {len(inputs)} inputs, one is wanted")
    for node in graph.nodes:
        if node.op == "placeholder":
            previous = node if node.users else previous
        if node.op == "placeholder" or node in sizes:
            continue
        if node.op == "output":
            if node.args[0] is not previous:
                raise InputError(
                    f"{type(model).__name__}: its forward gives more than its last layer's output"
                )
            return
        if not node.users:
            raise InputError(f"'{node.name}' of {type(model).__name__} leads nowhere")
        if not _follows(node, previous, sizes):
            raise InputError(
                f"'{node.name}' of {type(model).__name__}: there is no rule for a forward in which "
                f"{_meeting(node)}: a plain chain of layers is wanted"
            )
        previous = node
        yield _step(node, modules, seen, sizes)


def _follows(node: Any, previous: Any, sizes: dict[Any, bool]) -> bool:
    """Whether a node takes what the previous one gives, and nothing else does."""
    rows = [source for source in node.all_input_nodes if source not in sizes]
    users = [user for user in previous.users if user not in sizes]
    return rows == [previous] and node.args[:1] == (previous,) and len(users) == 1


def _sizes(graph: Any) -> dict[Any, bool]:
    """The nodes that are numbers of a shape, and whether each is the number of rows."""
    sizes: dict[Any, bool] = {}
    for node in graph.nodes:
        name = getattr(node.target, "__name__", str(node.target))
        if node.op not in ("call_method", "call_function") or name not in _SIZES:
            continue
        rest = list(node.args[1:])
        if name in ("size", "dim") or rest == ["shape"]:
            sizes[node] = name == "size" and (*rest, *node.kwargs.values()) == (0,)
        elif node.all_input_nodes and all(given in sizes for given in node.all_input_nodes):
            sizes[node] = name == "getitem" and rest == [0]
    return sizes


def _laid_out(where: str, node: Any, sizes: dict[Any, bool]) -> TracedLayer:
    """A view of the rows: all of each flat, or laid out as images."""
    shape = node.args[1:] or tuple(node.kwargs.values())
    shape = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
    rows, *lengths = shape or (None,)
    if not (sizes.get(rows) if rows in sizes else rows == -1 or lengths == [-1]) or not lengths:
        raise InputError(f"{where}: there is no rule for a view that is not of row after row")
    if len(lengths) == 1:
        return TracedLayer(where, "Flatten", {})
    if not all(isinstance(length, int) and length > 0 for length in lengths):
        raise InputError(f"{where}: there is no rule for a view of a size that is not a number")
    return TracedLayer(where, "Unflatten", {"unflattened_size": tuple(lengths)})


def _meeting(node: Any) -> str:
    names = ", ".join(str(one) for one in node.all_input_nodes) or "nothing"
    return f"{names} go into {getattr(node.target, '__name__', node.target)}"


def _step(node: Any, modules: dict[str, Any], seen: set[int], sizes: dict[Any, bool]) -> TracedLayer:
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
    if node.op == "call_method" and name in _LAID_OUT:
        return _laid_out(where, node, sizes)
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
    if kind == "Flatten" and name == "flatten":
        named.setdefault("start_dim", 0)
    if kind.endswith("Softmax") and named.get("dim") is None:
        named["dim"] = -1
    return TracedLayer(where, kind, named)
