"""Does a training learn, and why not: of a run on a table or on arrays."""

import shlex
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from chainrule.ask.cases.example import Example
from chainrule.ask.diagnosis.array_diagnosis import diagnose_arrays, evidence_of
from chainrule.ask.diagnosis.doubtful_rows import DoubtfulRows
from chainrule.ask.diagnosis.example_diagnosis import diagnose_example
from chainrule.ask.diagnosis.proof import SECONDS, Report
from chainrule.ask.diagnosis.training_diagnosis import TrainingDiagnosis
from chainrule.engine.data import Data
from chainrule.engine.runs.run import Run
from chainrule.engine.training.replaying import replay
from chainrule.errors import InputError
from chainrule.faces.tables.table import Table
from chainrule.faces.tabular import training
from chainrule.faces.tabular.frames import as_table
from chainrule.faces.tabular.replaying import replay_table
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.source import Reading, reading_of
from chainrule.faces.tabular.train_command import USUAL, train_command


def diagnose(
    run: Any,
    table_or_x: Any = None,
    t: ArrayLike | None = None,
    *,
    target: str | None = None,
    prove: bool = True,
    seconds: float = SECONDS,
    progress: Report | None = None,
    **options: Any,
) -> TrainingDiagnosis:
    """Whether the training of `run` learned, why not, and which smallest change mends it.

        print(diagnose(run, "penguins.csv"))
        print(diagnose(run, x, t))
        print(diagnose("penguins.csv", target="species"))

    Args:
        run: what is diagnosed; or an `Example`, which is trained from its weights; or, with a target, a
            table, which is trained on as `train_table` does.
        table_or_x: the table that the run was trained on, or the x that `train` was given.
        t: the targets, with x.
        target: the column to predict.
        prove: train the changes that might mend it, if something is wrong, until a set of them does.
        seconds: how long to try.
        progress: called with a line for each training.
        options: what the run does not remember, as `replay` takes it: `validation`, `parameters`,
            `optimizer`, ...

    Raises:
        InputError: the run cannot be replayed, or was trained on other rows.
    """
    if isinstance(run, Example):
        return diagnose_example(run, prove=prove, seconds=seconds, progress=progress)
    if target is not None:
        source = as_table(run, Reading(), digest=True)
        return diagnose_new(source, target, Reading(), prove=prove, seconds=seconds, progress=progress)
    if not isinstance(run, Run):
        raise InputError(f"a run is wanted, as train or train_table gives it, not {type(run).__name__}")
    if run.network.takes == "tokens":
        raise InputError("diagnose knows rows of numbers: this network takes tokens, by its embedding")
    if t is not None:
        return diagnose_arrays(run, table_or_x, t, prove=prove, seconds=seconds, progress=progress, **options)
    if "request" not in run.extra:
        raise InputError("the run was trained on arrays: give x and t, as train was given them")
    source = table_or_x
    if not isinstance(source, Table):
        source = as_table(source, reading_of(run, {}), digest=True)
    return diagnose_table(run, source, prove=prove, seconds=seconds, progress=progress)


def diagnose_new(
    table: Table,
    target: str,
    reading: Reading,
    *,
    prove: bool = True,
    seconds: float = SECONDS,
    progress: Report | None = None,
) -> TrainingDiagnosis:
    """As `diagnose`, of a table that is trained on first, as `chainrule train` does."""
    request = Request(target)
    ready = training.prepare(table, request)
    run = training.fit(table, request, ready, reading, None, **USUAL)
    return diagnose_table(run, table, "", prove=prove, seconds=seconds, progress=progress)


def diagnose_table(
    run: Run,
    table: Table,
    subject: str = "",
    *,
    prove: bool = True,
    seconds: float = SECONDS,
    progress: Report | None = None,
) -> TrainingDiagnosis:
    """As `diagnose`, of a run on a table; `subject` is its folder, or nothing where it has none."""
    replayed = replay_table(run, table)
    ready, out = replayed.fit, replayed.fit.held_out
    judges = Data(ready.x[out], ready.t[out]) if len(out) else None
    evidence = evidence_of(run, replayed.replay, judges)
    member = " --member 0" if evidence.is_mean else ""
    last = max(replayed.replay.updates - 1, 0)

    def asks(quantity: str) -> str:
        if not subject:
            return ""
        moment = quantity if "@" in quantity else f"{quantity}@{last}"
        return f'chainrule explain {shlex.quote(subject)} "{moment}"{member}'

    command = train_command(run, str(table.path))
    return TrainingDiagnosis.of(evidence, subject or str(table.path), command, asks, prove, seconds, progress)


def doubtful_rows(
    run: Run, table_or_x: Any, t: ArrayLike | None = None, *, limit: int = 10, **options: Any
) -> DoubtfulRows:
    """The rows of a training that look mislabelled: hard in every epoch, and unlike their neighbours.

        print(doubtful_rows(run, "penguins.csv"))

    Args:
        table_or_x: the table that the run was trained on, or the x that `train` was given.
        t: the targets, with x.
        limit: how many are shown; `rows()` has all.
        options: what the run does not remember, as `replay` takes it.

    Raises:
        InputError: the run cannot be replayed, or there are too few rows or too many.
    """
    if t is not None:
        past = replay(run, table_or_x, t, **options)
        rows = past.job.data
        return DoubtfulRows.of(past, rows, past.origins, lambda y: [str(np.round(v, 3)) for v in y], limit)
    source = table_or_x
    if not isinstance(source, Table):
        source = as_table(source, reading_of(run, {}), digest=True)
    replayed = replay_table(run, source)
    ready = replayed.fit
    learned = Data(ready.x[ready.kept], ready.t[ready.kept])
    target = ready.encoding.target
    return DoubtfulRows.of(
        replayed.replay, learned, replayed.rows, lambda y: [_cell(v) for v in target.decode(y)], limit
    )


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)
