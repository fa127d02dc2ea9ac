"""Conventions: the same case with another scale of E, batch rule, update rule or activation."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from chainrule.ask.cases.case import Case, Convention
from chainrule.ask.causes import number_edits as edits
from chainrule.ask.causes.hypothesis import Change, Hypothesis, rewriting
from chainrule.ask.causes.structure import Structure, cost_of, grouped, listed
from chainrule.ask.documents.names import pretty
from chainrule.engine.network import Network
from chainrule.numbers import Number, number
from chainrule.quantities import is_bias, parse
from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.layers.dense import Dense
from chainrule.rules.losses.half_squared_error import HalfSquaredError
from chainrule.rules.losses.mean_squared_error import MeanSquaredError
from chainrule.rules.losses.sum_squared_error import SumSquaredError
from chainrule.rules.protocols import Loss
from chainrule.rules.registry import name as name_of

_COMMON = ("sigmoid", "tanh", "relu", "identity")


def conventions(case: Case) -> Iterator[Hypothesis]:
    """Other agreements that `case` may have been worked through by, the likeliest first."""
    structure = Structure(case)
    if case.learning_rate is not None:
        yield from _update(case, structure)
    yield from _scale(structure)
    yield from _forward(structure)
    yield from _activations(case)


def _agreed(**changes: object) -> Callable[[Case], Case]:
    return lambda case: replace(case, convention=replace(case.convention, **changes))  # type: ignore[arg-type]


def _update(case: Case, structure: Structure) -> Iterator[Hypothesis]:
    agreed: Convention = case.convention
    if len(structure.layers) > 1:
        sequential = agreed.update == "sequential"
        yield Hypothesis(
            "convention" if sequential else "mistake",
            "all layers updated at once"
            if sequential
            else "hidden error signals from already updated weights",
            "The error is handed back through the weights as they were before the update."
            if sequential
            else "The error is handed back through weights that are already updated: the hidden error "
            "signals belong to the weights that made the prediction.",
            case=_agreed(update="simultaneous" if sequential else "sequential"),
        )
    if len(case.x) > 1:
        online = agreed.batch == "online"
        yield Hypothesis(
            "convention",
            "one update for all rows" if online else "an update after each row",
            "All rows go into one update."
            if online
            else "There is an update after each row, in their order.",
            case=_agreed(batch="mean" if online else "online"),
        )
    if any(is_bias(parse(name)) and name not in case.absent for name in case.parameters):
        yield Hypothesis(
            "convention",
            "biases not updated" if agreed.update_biases else "biases updated, too",
            "The biases are not updated." if agreed.update_biases else "The biases are updated, too.",
            case=_agreed(update_biases=not agreed.update_biases),
        )


def _scale(structure: Structure) -> Iterator[Hypothesis]:
    """E, its gradients, or both, times 2, the number of rows or of outputs, or the inverse of one."""
    case = structure.case
    rows, outputs = structure.summed_rows, case.t.shape[1]
    scales = _halves(case.network.loss)
    if rows > 1:
        mean = case.convention.batch == "mean"
        scales.append(
            (rows, "summed over the rows", "the rows are averaged")
            if mean
            else (1 / rows, "averaged over the rows", "the rows are added up")
        )
        if mean:
            scales.append((1 / rows, "averaged twice over the rows", "the rows are averaged once"))
    if outputs > 1:
        scales += _outputs(case.network.loss, outputs)
    end = structure.end.name
    for value, wording, agreed in scales:
        change = _times(value)
        error_and_gradients = {"E": change, end: change}
        for subject, changes, cost in (
            ("E and its gradients are", error_and_gradients, 1.0),
            ("E is", {"E": change}, 1.02),
            ("The gradients are those of E", {end: change}, 1.04),
        ):
            yield Hypothesis(
                "convention",
                f"{'E' if 'E' in changes else 'gradients'} {wording}",
                f"{subject} {wording}: by the example's loss {agreed}.",
                cost,
                mistakes=(rewriting(changes),),
            )


def _halves(loss: Loss) -> list[tuple[float, str, str]]:
    """Twice and half, told by the ½ that the loss has or has not."""
    if isinstance(loss, HalfSquaredError):
        return [
            (2.0, "without the ½", "½ stands before the square"),
            (0.5, "half as large", "the ½ stands before the square once"),
        ]
    if isinstance(loss, (SumSquaredError, MeanSquaredError)):
        return [
            (0.5, "with ½", "there is no ½"),
            (2.0, "twice too large", "the 2 of the square's slope is there once"),
        ]
    return [(2.0, "twice too large", "nothing is doubled"), (0.5, "half as large", "nothing is halved")]


def _outputs(loss: Loss, outputs: int) -> list[tuple[float, str, str]]:
    """Averaged or added up over the outputs, where the loss does the other."""
    if isinstance(loss, MeanSquaredError):
        return [
            (float(outputs), "summed over the outputs", "the outputs are averaged"),
            (1 / outputs, "averaged twice over the outputs", "the outputs are averaged once"),
        ]
    return [(1 / outputs, "averaged over the outputs", "the outputs are added up")]


def _times(value: float) -> Change:
    return lambda node: edits.times(node, f"{value:g}", value)


def _forward(structure: Structure) -> Iterator[Hypothesis]:
    """A bias forgotten in a sum, and weights read the other way round."""
    biases = {layer.z: layer.b for layer in structure.layers if _counts(structure.case, layer.b)}
    for group in grouped(list(biases)):
        labels = listed(group), listed([biases[z] for z in group])
        yield Hypothesis(
            "mistake",
            f"bias left out in {labels[0]}",
            f"{labels[0]} {'is' if len(group) == 1 else 'are'} computed without {labels[1]}.",
            cost_of(group),
            mistakes=(rewriting({z: _without_bias(biases[z]) for z in group}),),
        )
    for layer in structure.layers:
        w = structure.case.parameters[layer.w]
        if w.shape[0] == w.shape[1] > 1 and (w != w.T).any():
            yield Hypothesis(
                "mistake",
                f"{pretty(layer.w)} transposed",
                f"{pretty(layer.w)} is taken the other way round, transposed.",
                case=_turned(layer.w),
            )


def _counts(case: Case, b: str) -> bool:
    """Whether there is a bias that changes anything."""
    return b in case.parameters and b not in case.absent and bool(case.parameters[b].any())


def _without_bias(b: str) -> Change:
    def change(node: Number) -> Number:
        return number(node.name, *(p for p in node.paths if all(f.name != b for f in p.factors)))

    return change


def _turned(w: str) -> Callable[[Case], Case]:
    return lambda case: replace(case, parameters={**case.parameters, w: case.parameters[w].T})


def _activations(case: Case) -> Iterator[Hypothesis]:
    """Another activation in one layer, or in all that share one."""
    layers = case.network.layers
    dense = [k for k, layer in enumerate(layers) if isinstance(layer, Dense)]
    fused = case.network.loss.activation
    free = dense[:-1] if fused else dense
    names = {k: name_of(layers[k].activation) for k in free}  # type: ignore[attr-defined]
    groups = [[k] for k in free] + ([free] if len(free) > 1 and len(set(names.values())) == 1 else [])
    for group in groups:
        for activation in _COMMON:
            if any(names[k] == activation for k in group):
                continue
            end = group == [dense[-1]]
            where = "in every layer" if len(group) > 1 else f"in layer {dense.index(group[0]) + 1}"
            text = (
                f"The output is taken without its activation, {names[group[0]]}."
                if end and activation == "identity"
                else f"{activation} is used {where} where {names[group[0]]} is stated."
            )
            yield Hypothesis(
                "mistake" if end and activation == "identity" else "given",
                "activation of the output left out"
                if end and activation == "identity"
                else f"{activation} {where}",
                text,
                1.0 if activation == "identity" and end else 1.3,
                case=_with_activation(group, activation),
            )


def _with_activation(places: list[int], name: str) -> Callable[[Case], Case]:
    def changed(case: Case) -> Case:
        layers = list(case.network.layers)
        for k in places:
            layers[k] = replace(layers[k], activation=ACTIVATIONS[name]())  # type: ignore[call-arg]
        return replace(case, network=Network(layers, case.network.loss))

    return changed
