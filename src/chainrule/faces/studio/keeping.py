"""What is kept of a session: a Python program that does the same, and a derivation as LaTeX or PDF."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.ask.documents import latex
from chainrule.ask.documents.typst import pdf
from chainrule.ask.explain.explain import explain
from chainrule.errors import InputError
from chainrule.faces.studio.case_work import CaseWork
from chainrule.faces.studio.learning_work import LearningWork
from chainrule.faces.studio.run_folder import run_folder
from chainrule.faces.studio.scene import Scene
from chainrule.faces.studio.typed_number import typed
from chainrule.rules import registry
from chainrule.rules.layers.dense import Dense
from chainrule.rules.updates.gradient_descent import GradientDescent

_MOST_NUMBERS = 50_000


def exported(
    kind: str, work: CaseWork | LearningWork, scene: Scene, quantity: str
) -> tuple[str | bytes, str]:
    """The content of an export, and what its file is called.

    Args:
        scene: in which a derivation stands.

    Raises:
        InputError: there is no such kind, or it cannot say what was done here.
    """
    if kind in ("latex", "pdf"):
        blocks = explain(scene.world, quantity).blocks()
        return (latex.text(blocks), "derivation.tex") if kind == "latex" else (pdf(blocks), "derivation.pdf")
    if kind == "python":
        text = case_program(work) if isinstance(work, CaseWork) else training_program(work)
        return text, "session.py"
    if kind == "run" and isinstance(work, LearningWork):
        return run_folder(work, _whole_epochs(work)), "run.zip"
    raise InputError(
        f"an export is python, latex or pdf, or the run of what learned from a table, not {kind!r}"
    )


def training_program(work: LearningWork) -> str:
    """A Python program that trains the same network to the same bits.

    Raises:
        InputError: it was changed by hand, or stands in the midst of an epoch.
    """
    epochs = _whole_epochs(work)
    setup, job = work.setup, work.job
    if job.data.x.size > _MOST_NUMBERS:
        raise InputError(f"a program holds at most {_MOST_NUMBERS:,} numbers of data: use chainrule train")
    layers = [f"Dense({units}, {activation!r}, {setup.start!r})" for units, activation in setup.layers]
    layers.append(f"Dense({job.data.t.shape[1]}, {setup.end(work.data)!r}, {setup.start!r})")
    held_out = job.held_out
    options = {
        "optimizer": setup.optimizer,
        "learning_rate": setup.rate,
        "epochs": epochs,
        "batch_size": job.batch_size,
        "seed": setup.seed,
    }
    return "\n".join(
        [
            '"""A session of chainrule studio: the same network, trained to the same bits."""',
            "",
            "import numpy as np",
            "",
            "from chainrule import Dense, Network, train",
            "",
            f"network = Network([{', '.join(layers)}], loss={setup.loss!r})",
            f"x = np.array({job.data.x.tolist()!r})",
            f"t = np.array({job.data.t.tolist()!r})",
            *(
                [
                    f"x_out = np.array({held_out.x.tolist()!r})",
                    f"t_out = np.array({held_out.t.tolist()!r})",
                ]
                if held_out
                else []
            ),
            "",
            f"options = {options!r}",
            f"run = train(network, x, t, **options{', validation=(x_out, t_out)' if held_out else ''})",
            f"print({epochs}, run.loss, run.validation_loss)",
            "",
        ]
    )


def _whole_epochs(work: LearningWork) -> int:
    """How many epochs `chainrule.train` would make of it.

    Raises:
        InputError: it was changed by hand, or stands in the midst of an epoch.
    """
    if work.is_run:
        raise InputError(
            "it was trained already, by what made it: a run by chainrule train, as its run.json says"
        )
    epochs, step = divmod(work.updates, work.session.steps)
    if work.edits:
        raise InputError(
            "weights were changed by hand, which chainrule.train does not do: take the edits back"
        )
    if step:
        raise InputError("chainrule.train makes whole epochs: go to the end of one")
    return epochs


def case_program(work: CaseWork) -> str:
    """A Python program that makes the same steps with the same numbers.

    Raises:
        InputError: the case does something that a few lines cannot say.
    """
    origin, edits, updates, case = work.origin, work.edits, work.updates, work.case
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
    return repr(typed(text))
