"""Does a training learn, and why not: of a run on a table or on arrays."""

from typing import Any

from numpy.typing import ArrayLike

from chainrule.ask.diagnosis.array_diagnosis import diagnose_arrays, evidence_of
from chainrule.ask.diagnosis.proof import SECONDS, Report
from chainrule.ask.diagnosis.training_diagnosis import TrainingDiagnosis
from chainrule.engine.data import Data
from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.tables.table import Table
from chainrule.faces.tabular.frames import as_table
from chainrule.faces.tabular.replaying import replay_table
from chainrule.faces.tabular.source import reading_of
from chainrule.faces.tabular.train_command import train_command


def diagnose(
    run: Run,
    table_or_x: Any,
    t: ArrayLike | None = None,
    *,
    prove: bool = True,
    seconds: float = SECONDS,
    progress: Report | None = None,
    **options: Any,
) -> TrainingDiagnosis:
    """Whether the training of `run` learned, why not, and which smallest change mends it.

        print(diagnose(run, "penguins.csv"))
        print(diagnose(run, x, t))

    Args:
        table_or_x: the table that the run was trained on, or the x that `train` was given.
        t: the targets, with x.
        prove: train the changes that might mend it, if something is wrong, until a set of them does.
        seconds: how long to try.
        progress: called with a line for each training.
        options: what the run does not remember, as `replay` takes it: `validation`, `parameters`,
            `optimizer`, ...

    Raises:
        InputError: the run cannot be replayed, or was trained on other rows.
    """
    if not isinstance(run, Run):
        raise InputError(f"a run is wanted, as train or train_table gives it, not {type(run).__name__}")
    if t is not None:
        return diagnose_arrays(run, table_or_x, t, prove=prove, seconds=seconds, progress=progress, **options)
    if "request" not in run.extra:
        raise InputError("the run was trained on arrays: give x and t, as train was given them")
    source = table_or_x
    if not isinstance(source, Table):
        source = as_table(source, reading_of(run, {}), digest=True)
    return diagnose_table(run, source, "this training", prove=prove, seconds=seconds, progress=progress)


def diagnose_table(
    run: Run,
    table: Table,
    subject: str,
    *,
    prove: bool = True,
    seconds: float = SECONDS,
    progress: Report | None = None,
) -> TrainingDiagnosis:
    """As `diagnose`, of a run on a table; `subject` is how the run is called on the command line."""
    replayed = replay_table(run, table)
    ready, out = replayed.fit, replayed.fit.held_out
    judges = Data(ready.x[out], ready.t[out]) if len(out) else None
    evidence = evidence_of(run, replayed.replay, judges)
    member = " --member 0" if evidence.is_mean else ""
    last = max(replayed.replay.updates - 1, 0)

    def asks(quantity: str) -> str:
        moment = quantity if "@" in quantity else f"{quantity}@{last}"
        return f'chainrule explain {subject} "{moment}"{member}'

    command = train_command(run, str(table.path))
    return TrainingDiagnosis.of(evidence, subject, command, asks, prove, seconds, progress)
