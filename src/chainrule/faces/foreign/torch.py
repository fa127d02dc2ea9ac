"""from_torch: a torch Sequential, or a state_dict and the list of its layers, as a run."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.foreign.comparison import kind_of, predicting_alike, refused
from chainrule.faces.foreign.taken import Taken, run_of
from chainrule.faces.foreign.torch_graph import TracedLayer, steps
from chainrule.rules.activations import activation
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.elu import ELU
from chainrule.rules.layers.leaky_relu import LeakyReLU
from chainrule.rules.protocols import Layer

NAMES = {
    "Identity": "identity",
    **{name: name.lower() for name in ("ReLU", "Sigmoid", "Tanh", "SiLU", "GELU")},
}


def from_torch(model: Any, layers: Sequence[Any] | None = None, *, loss: Any = "half_squared_error") -> Run:
    """The network of a torch module whose `forward` is a chain of layers.

    Its weights (units, inputs) are transposed to ours (inputs, units).

    Args:
        model: the module, or its `state_dict()`; what its `forward` does is followed, and compared on random
            rows with what comes out here.
        layers: with a state_dict, what its layers are: names of torch's classes (`"Linear"`, `"ReLU"`), or
            rules of ours (`LeakyReLU(0.2)`).
        loss: a loss or its name; torch's networks do not know theirs, and often end in logits.

    Raises:
        InputError: a layer or a function for which there is no rule, a forward that is no chain, tied
            weights, or weights that are missing; each is named.
    """
    if isinstance(model, Mapping):
        if layers is None:
            raise InputError(
                "a state_dict does not say what its layers are: give layers=['Linear', 'ReLU', ...]"
            )
        return refused(
            "the state_dict", lambda: run_of(_listed(model, layers), loss, "torch Sequential", None)
        )
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        raise InputError(
            f"from_torch takes a torch module, or its state_dict and layers=[...], not {kind_of(model)}"
        )
    return refused(type(model).__name__, lambda: _followed(model, loss, torch))


def _followed(model: Any, loss: Any, torch: Any) -> Run:
    """The run of a module, by what its `forward` does, compared with its own predictions."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:

        def predict(x: np.ndarray) -> Any:
            with torch.no_grad():
                parameter = next(model.parameters())
                rows = torch.as_tensor(x).to(device=parameter.device, dtype=parameter.dtype)
                return model(rows).cpu().double().numpy()

        parts = [part for step in steps(model, torch) for part in _taken(step)]
        run = run_of(parts, loss, "torch Sequential", None)
        return predicting_alike(run, type(model).__name__, predict)
    finally:
        for module, training in modes:
            module.training = training


def _taken(step: TracedLayer) -> Iterator[Taken]:
    if step.kind == "Linear":
        yield _linear(step.where, step.module.weight, step.module.bias)
    elif step.kind != "Flatten":  # rows go in, which are flat
        yield Taken(step.where, _rule(step.where, step.kind, step.options))


def _listed(state: Mapping[str, Any], layers: Sequence[Any]) -> Iterator[Taken]:
    weights = [name for name in state if name.endswith("weight")]
    for position, module in enumerate(layers):
        where = f"layer {position}"
        if isinstance(module, Layer):
            yield Taken(where, module)
        elif module != "Linear":
            yield Taken(where, _rule(where, module, {}))
        elif not weights:
            raise InputError(f"{where}: the state_dict has no weights left for it")
        else:
            name = weights.pop(0)
            yield _linear(f"layer '{name}'", state[name], state.get(f"{name[: -len('weight')]}bias"))
    if weights:
        raise InputError(f"{weights[0]}: no layer in the list takes it")


def _linear(where: str, weight: Any, bias: Any) -> Taken:
    w = _array(weight)
    if w.ndim != 2:
        raise InputError(f"{where}: there is no rule for weights of {w.ndim} dimensions")
    return Taken(where, Dense(len(w)), w.T, np.zeros(len(w), w.dtype) if bias is None else _array(bias))


def _array(tensor: Any) -> np.ndarray:
    if "bfloat16" in str(getattr(tensor, "dtype", "")):
        raise InputError("weights are bfloat16, which NumPy has not: take model.float()")
    return np.asarray(tensor.detach().cpu() if hasattr(tensor, "detach") else tensor)


def _rule(where: str, kind: str, has: Mapping[str, Any]) -> Layer:
    if kind == "Dropout":
        return Dropout(has.get("p", 0.5))
    if kind == "LeakyReLU":
        return LeakyReLU(has.get("negative_slope", 0.01))
    if kind == "ELU":
        return ELU(has.get("alpha", 1.0))
    if kind == "GELU" and has.get("approximate", "none") == "tanh":
        return activation("gelu_tanh")  # type: ignore[return-value]
    if kind == "Softplus" and has.get("beta", 1) == 1 and has.get("threshold", 20) >= 20:
        return activation("softplus")  # type: ignore[return-value]
    if kind == "Softmax" and has.get("dim", -1) in (-1, 1):
        return activation("softmax")  # type: ignore[return-value]
    if kind not in NAMES:
        raise InputError(f"{where}: there is no rule for torch's {kind}")
    return activation(NAMES[kind])  # type: ignore[return-value]
