"""The diagnosis of a worked example: trained from its own weights, does it learn its rows?"""

from typing import Any

from chainrule.ask.cases.example import Example
from chainrule.ask.diagnosis.array_diagnosis import diagnose_arrays
from chainrule.ask.diagnosis.proof import SECONDS, Report
from chainrule.ask.diagnosis.training_diagnosis import TrainingDiagnosis
from chainrule.engine.training.train import train
from chainrule.errors import InputError
from chainrule.rules.updates.catalogue import UPDATE_RULES, rule_name

UPDATES = 2000


def diagnose_example(
    example: Example, *, prove: bool = True, seconds: float = SECONDS, progress: Report | None = None
) -> TrainingDiagnosis:
    """Whether the network of a worked example learns in some thousand updates at its learning rate.

    Raises:
        InputError: it says no learning rate, or updates that are no training's.
    """
    rate, convention, rows = example.learning_rate, example.convention, len(example.x)
    optimizer: Any = rule_name(example.update_rule)
    if rate is None:
        raise InputError(f"{example.source}: it has no learning_rate: nothing is trained")
    if optimizer not in UPDATE_RULES or convention.update == "sequential" or example.shares is not None:
        raise InputError(
            f"{example.source}: its updates are not those of a training: only its numbers can be asked"
        )
    is_sum = convention.batch == "sum" and optimizer == "sgd"
    parameters = dict(example.parameters)
    run = train(
        example.network,
        example.x,
        example.t,
        optimizer=optimizer,
        learning_rate=rate * rows if is_sum else rate,
        epochs=UPDATES,
        batch_size=1 if convention.batch == "online" else None,
        shuffle=False,
        weight_decay=example.weight_decay,
        parameters=parameters,
    )
    return diagnose_arrays(
        run,
        example.x,
        example.t,
        prove=prove,
        seconds=seconds,
        progress=progress,
        parameters=parameters,
        subject=example.source or "this example",
    )
