"""What is kept of a session: a Python program that does the same, and a derivation as LaTeX."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.ask.documents import latex
from chainrule.ask.explain.explain import explain
from chainrule.errors import InputError
from chainrule.faces.studio.scene import Scene
from chainrule.rules import registry
from chainrule.rules.layers.dense import Dense
from chainrule.rules.updates.gradient_descent import GradientDescent

Edits = Sequence[tuple[int, str, str]]


def exported(
    kind: str, origin: Case, edits: Edits, updates: int, scene: Scene, quantity: str
) -> tuple[str, str]:
    """The text of an export, and what its file is called.

    Raises:
        InputError: there is no such kind, or it cannot say what was done here.
    """
    if kind == "latex":
        return latex.text(explain(scene.world, quantity).blocks()), "derivation.tex"
    if kind == "python":
        return program(origin, edits, updates, scene.world.case), "session.py"
    raise InputError(f"an export is python or latex, not {kind!r}")


def program(origin: Case, edits: Edits, updates: int, case: Case) -> str:
    """A Python program that makes the same steps with the same numbers.

    Raises:
        InputError: the case does something that a few lines cannot say.
    """
    convention, loss = origin.convention, registry.name(origin.network.loss)
    is_plain = isinstance(origin.update_rule, GradientDescent) and origin.learning_rate is not None
    is_usual = convention.update == "simultaneous" and convention.batch != "online"
    if not (is_plain and is_usual and convention.update_biases and not origin.absent):
        raise InputError("only plain gradient descent with all weights and biases is written as Python")
    lines = [
        '"""A session of chainrule studio: the same steps, the same numbers."""',
        "",
        "import numpy as np",
        "",
        "from chainrule import Dense, Network, descend, sweep",
        "",
        f"network = Network([{', '.join(map(_layer, origin.network.layers))}], loss={loss!r})",
        f"parameters = {_arrays(origin.parameters)}",
        f"x = np.array({origin.x.tolist()!r})",
        f"t = np.array({origin.t.tolist()!r})",
        f"share = np.full(len(x), {'1 / len(x)' if convention.batch == 'mean' else '1.0'})",
        "",
        f"for n in range({updates} + 1):",
    ]
    for when, quantity, value in edits:
        address = case.quantity(quantity)
        target = address.name if address.name in ("x", "t") else f'parameters["{address.name}"]'
        lines += [
            f"    if n == {when}:",
            f"        {target}[{', '.join(map(str, address.index))}] = {_value(value)}",
        ]
    lines += [
        f"    step = sweep(network, parameters, x, t, share, weight_decay={origin.weight_decay!r})",
        "    print(n, float(step.loss.array))",
        f"    updated = descend(step, {origin.learning_rate!r})",
        f"    if n < {updates}:",
        "        parameters = {name: updated[name].array for name in parameters}",
        "",
    ]
    return "\n".join(lines)


def _layer(layer: Any) -> str:
    assert isinstance(layer, Dense)
    activation = repr(registry.name(layer.activation)) if layer.activation else "None"
    return f"Dense({layer.units}, {activation})"


def _arrays(arrays: Mapping[str, np.ndarray]) -> str:
    return "{" + ", ".join(f"{name!r}: np.array({array.tolist()!r})" for name, array in arrays.items()) + "}"


def _value(text: str) -> str:
    return repr(float(text.strip().replace("−", "-").replace(",", ".")))
