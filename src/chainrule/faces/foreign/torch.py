"""from_torch: a torch module, or a state_dict and the list of its layers, as a run."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.foreign.comparison import kind_of, predicting_alike, refused
from chainrule.faces.foreign.fitting import Taken, batch_norm, shape_of
from chainrule.faces.foreign.taken import run_of
from chainrule.faces.foreign.torch_graph import steps
from chainrule.faces.foreign.torch_layers import LOG_SOFTMAX, array, convolution, linear, rule, taken
from chainrule.rules.layers.batch_norm import BatchNorm
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.weighted import Weighted
from chainrule.rules.protocols import Layer

LAYOUT = "rows are (h, w, channels) here, (channels, h, w) in torch"


def from_torch(
    model: Any,
    layers: Sequence[Any] | Mapping[str, Any] | None = None,
    *,
    loss: Any = None,
    shape: Sequence[int] | None = None,
) -> Run:
    """The network of a torch module whose `forward` is a chain of layers.

    Its weights (units, inputs) are transposed to ours (inputs, units), those of convolutions (units,
    channels, k, l) to (k, l, channels, units). The run takes rows of images as (n, h, w, channels), where
    torch has (n, channels, h, w); a Linear behind a Flatten gets its inputs in that order.

    Args:
        model: the module, or its `state_dict()`; what its `forward` does is followed, and compared on random
            rows with what comes out here.
        layers: with a state_dict, what its layers are: names of torch's classes (`"Linear"`, `"ReLU"`), or
            rules of ours (`Conv(6, 5, padding=2)`, `MaxPool(2)`, `LeakyReLU(0.2)`); as a dict they are
            found by their names in the state, `{"conv1": Conv(6, 5), ...}`, else by its order.
        loss: a loss or its name; torch's networks do not know theirs, and often end in logits. If not given,
            half_squared_error, or the softmax_cross_entropy of a network that ends in LogSoftmax.
        shape: of one row of images as torch has it, (channels, h, w); where only one size of squares fits, it
            need not be given.

    Raises:
        InputError: a layer or a function for which there is no rule, a forward that is no chain, tied
            weights, weights that are missing, or images of a size that nobody says; each is named.
    """
    channels_first = shape_of(shape)
    row = channels_first and (*channels_first[1:], channels_first[0])
    if isinstance(model, Mapping):
        if layers is None:
            raise InputError(
                "a state_dict does not say what its layers are: give layers=['Linear', 'ReLU', ...]"
            )
        return refused("the state_dict", lambda: _run(list(_listed(model, layers)), loss, row))
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        raise InputError(
            f"from_torch takes a torch module, or its state_dict and layers=[...], not {kind_of(model)}"
        )
    return refused(type(model).__name__, lambda: _followed(model, loss, row, torch))


def _followed(model: Any, loss: Any, row: Sequence[int] | None, torch: Any) -> Run:
    """The run of a module, by what its `forward` does, compared with its own predictions."""
    if any(parameter.dtype == torch.float16 for parameter in model.parameters()):
        raise InputError("weights are float16, which is too coarse to compare: take model.float()")
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        parts = [taken(step) for step in steps(model)]
        run = _run(parts, loss, row)
        logs = parts[-1].layer is LOG_SOFTMAX

        def predict(x: np.ndarray) -> Any:
            with torch.no_grad():
                parameter = next(model.parameters())
                rows = np.moveaxis(x, -1, 1).copy()  # a view would be taken for another memory layout
                made = model(torch.as_tensor(rows).to(device=parameter.device, dtype=parameter.dtype))
                return (made.exp() if logs else made).cpu().double().numpy()

        ends = ["softmax"] if logs else []
        return predicting_alike(run, type(model).__name__, predict, ends)
    finally:
        for module, training in modes:
            module.training = training


def _run(parts: list[Taken], loss: Any, row: Sequence[int] | None) -> Run:
    """The run; a logarithm of a softmax at its end is part of the loss here."""
    if parts and parts[-1].layer is LOG_SOFTMAX:
        if loss not in (None, "softmax_cross_entropy"):
            raise InputError(f"{parts[-1].where}: LogSoftmax goes with loss='softmax_cross_entropy' alone")
        parts, loss = parts[:-1], "softmax_cross_entropy"
    for part in parts:
        if part.layer is LOG_SOFTMAX:
            raise InputError(f"{part.where}: there is no rule for a LogSoftmax that is not the last layer")
    run = run_of(parts, loss or "half_squared_error", "torch Sequential", None, row)
    turned = run.row_shape is not None and len(run.row_shape) > 1
    return replace(run, settings=run.settings | {"layout": LAYOUT}) if turned else run


def _listed(state: Mapping[str, Any], layers: Sequence[Any] | Mapping[str, Any]) -> Iterator[Taken]:
    """The layers of a list with the weights in the order of the state, or each with those of its name."""
    weights = _in_order([name for name in state if name.endswith("weight")])
    named = list(layers.items()) if isinstance(layers, Mapping) else [(None, layer) for layer in layers]
    for position, (name, layer) in enumerate(named):
        where = f"layer {position if name is None else repr(name)}"
        if layer != "Linear" and not isinstance(layer, Weighted | BatchNorm):
            yield Taken(where, layer if isinstance(layer, Layer) else rule(where, layer, {}), turned=True)
            continue
        key = next(iter(weights), None) if name is None else f"{name}.weight"
        if key not in weights:
            raise InputError(f"{where}: the state_dict has no weights left for it")
        weights.remove(key)
        arrays = state[key], state.get(f"{key[: -len('weight')]}bias")
        if isinstance(layer, BatchNorm):
            memory = (_running(state, key, name) for name in ("running_mean", "running_var"))
            yield batch_norm(f"layer '{key}'", layer, *memory, *map(array, arrays))
        elif isinstance(layer, Conv):
            yield convolution(f"layer '{key}'", layer, *arrays)
        else:
            part = linear(f"layer '{key}'", *arrays)
            yield part if layer == "Linear" else replace(part, layer=layer)
    if weights:
        raise InputError(f"{weights[0]}: no layer in the list takes it")


def _running(state: Mapping[str, Any], key: str, name: str) -> np.ndarray:
    """What a batch norm remembers, beside its weight `key`."""
    label = f"{key[: -len('weight')]}{name}"
    if label not in state:
        raise InputError(f"layer '{key}': the state_dict has no {label!r}")
    return array(state[label])


def _in_order(names: list[str]) -> list[str]:
    """Names that differ in their numbers alone by these: files may have `10.weight` before `2.weight`."""
    if len({re.sub(r"\d+", "#", name) for name in names}) != 1:
        return names
    return sorted(names, key=lambda name: [int(digits) for digits in re.findall(r"\d+", name)])
