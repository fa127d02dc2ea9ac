"""What is asked of a run: of its last weights on rows of a table, or of an update of its training."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chainrule.faces.cli.table_options import say
from chainrule.faces.cli.text_questions import answer_of_text

if TYPE_CHECKING:
    from chainrule.engine.runs.run import Run
    from chainrule.engine.training.replay import Replay
    from chainrule.faces.tables.table import Table

MEAN = (
    "The run is the mean of {} networks as one network: of the units of layer 1, the first {} are those of"
    " the first network, and so on; between units of two networks the weights are 0."
)


def answer(
    folder: str, quantity: str | None, row: int | None, table: str | None, reading: dict[str, Any], **way: Any
) -> Any:
    """The document that answers: an explanation, a history, or a guide to what can be asked.

    Raises:
        UsageError: options that do not go together.
        InputError: there is no such quantity or moment.
    """
    from chainrule.engine.runs.loading import load

    run = load(folder)
    if run.extra.get("task") == "text":
        return answer_of_text(run, folder, quantity, row, table, reading, **way)
    return _of_table(folder, quantity, row, table, reading, **way)


def _of_table(
    folder: str,
    quantity: str | None,
    row: int | None,
    table: str | None,
    reading: dict[str, Any],
    *,
    ahead: bool,
    history: bool,
    member: int | None,
    column: str | None,
    **choices: Any,
) -> Any:
    """What answers of a run of a table."""
    from chainrule.ask.explain.explain import explain

    if quantity is not None and column is not None:
        raise click.UsageError("--column chooses the quantity: leave one of them away")
    if not quantity:
        if history or column is None:
            return _guide(folder, row, table, reading, history)
        quantity, note = _of_column(folder, row, table, reading, column)
        choices = choices | {"opening": note}
    opening = choices.pop("opening", None)
    is_past = history or ("@" in quantity and not ahead)
    if not is_past and not ahead and row is None and _is_updated(quantity):
        latest = _latest(folder, quantity, table, reading, member, choices)
        if latest:
            return latest
    if not is_past:
        if member is not None:
            raise click.UsageError("--member is for a number of the past, such as E@500, and for --history")
        rows, names = _on_a_table(folder, row, table, reading)
        names["notes"] = [*([opening] if opening else []), *names["notes"]]
        return explain(*rows, quantity, ahead=True, **choices | names)
    if row is not None or choices["learning_rate"] is not None:
        raise click.UsageError(
            "an update of the past has rows and a rate of its own: leave --row and --learning-rate away, or "
            "go --ahead from the end"
        )
    replayed, names = _in_the_past(folder, table, reading, member)
    if history:
        from chainrule.ask.explain.weight_history import WeightHistory

        return WeightHistory(replayed, quantity, names["columns"], names["outputs"])
    return explain(replayed, quantity=quantity, **choices | names)


def _guide(folder: str, row: int | None, table: str | None, reading: dict[str, Any], history: bool) -> Any:
    """What can be asked of the run."""
    from chainrule.ask.cases.case import case_of
    from chainrule.ask.explain.run_guide import RunGuide

    if history:
        raise click.UsageError("--history is of a weight: name it, such as w1[0,2]")
    (run, x, t), names = _on_a_table(folder, row, table, reading)
    case = case_of(run, x, t, None, 0, None)
    return RunGuide(run, case, folder, names["columns"], names["outputs"], "request" in run.extra)


def _of_column(
    folder: str, row: int | None, table: str | None, reading: dict[str, Any], column: str
) -> tuple[str, str]:
    """The gradient worth seeing of the weights from a column, and how it was chosen."""
    from chainrule.ask.cases.case import case_of
    from chainrule.ask.explain.run_guide import steepest
    from chainrule.errors import InputError, did_you_mean

    (run, x, t), names = _on_a_table(folder, row, table, reading)
    features = names["columns"]
    inputs = [
        k
        for k, name in enumerate(features)
        if name == column or name.startswith((f"{column}=", f"{column} "))
    ]
    if not inputs:
        raise InputError(f"--column {column}: the run has no such input.{did_you_mean(column, features)}")
    quantity = f"dE/d{steepest(case_of(run, x, t, None, 0, None), features, inputs)}"
    return (
        quantity,
        f"{quantity} was chosen as the largest gradient of the weights from {column} on these rows.",
    )


def _is_updated(quantity: str) -> bool:
    """Whether it is the new value that an update makes, `w1'[0,2]`."""
    return quantity.partition("[")[0].strip().endswith("'")


def _latest(
    folder: str,
    quantity: str,
    table: str | None,
    reading: dict[str, Any],
    member: int | None,
    choices: dict[str, Any],
) -> Any:
    """The last update of the training; nothing where that cannot be replayed."""
    from chainrule.ask.explain.explain import explain
    from chainrule.errors import InputError

    if choices["learning_rate"] is not None:
        return None
    try:
        replayed, names = _in_the_past(folder, table, reading, member)
    except InputError as error:
        click.echo(f"note: {error}; here is one update of plain descent instead", err=True)
        return None
    if not replayed.updates:
        return None
    return explain(replayed, quantity=f"{quantity}@{replayed.updates - 1}", **choices | names)


def _on_a_table(
    folder: str, row: int | None, path: str | None, reading: dict[str, Any]
) -> tuple[tuple[Any, Any, Any], dict[str, Any]]:
    """The run, and the rows of a table to explain it on; and how they are called."""
    from chainrule.ask.documents.wording import counted
    from chainrule.errors import InputError
    from chainrule.faces.tables.target_survey import answered
    from chainrule.faces.tabular import prediction, source

    run, table = _read(folder, path, reading)
    encoding = prediction.encoding_of(run)
    table = answered(table, encoding.target.name)
    x, t = encoding.encode(table), encoding.encode_target(table)
    say(table.notes)
    if not source.trained_on(run, table.sha256):
        click.echo(f"note: {table.path} is not the table that the run was trained on", err=True)
    name = Path(table.path).name
    if row is None:
        count = min(int(run.settings.get("batch_size") or len(x)), len(x))
        rows = slice(0, count)
        note = f"The rows are the first {count} of {name}, as many as went into an update of the training."
    elif row >= len(x):
        raise InputError(f"{table.path} has {counted(len(x), 'row')}, counted from 0: there is no row {row}")
    else:
        rows = slice(row, row + 1)
        note = f"The row is row {row} of {name}, {table.where(row)}."
    members = run.settings.get("members", 1)
    shared = [MEAN.format(members, run.network.widths[0] // members)] if members > 1 else []
    dtype = run.parameters["w1"].dtype
    return (run, x[rows].astype(dtype), t[rows].astype(dtype)), {**_names(run), "notes": [note, *shared]}


def _in_the_past(
    folder: str, path: str | None, reading: dict[str, Any], member: int | None
) -> tuple["Replay", dict[str, Any]]:
    """The training of the run, to be asked for any update; and how its rows and columns are called."""
    from chainrule.faces.tabular.replaying import replay_table

    run, table = _read(folder, path, reading)
    replayed = replay_table(run, table, member)
    return replayed.replay, {**_names(run), "rows": replayed.rows}


def _read(folder: str, path: str | None, reading: dict[str, Any]) -> tuple["Run", "Table"]:
    """The run and the table, as it was read for the training except for what is given."""
    from chainrule.engine.runs.loading import load
    from chainrule.faces.tabular import source

    run = load(folder)
    path = path or source.training_table(run, folder)
    return run, source.reading_of(run, reading).table(path)


def _names(run: "Run") -> dict[str, Any]:
    """What the columns and outputs are called."""
    from chainrule.faces.tabular import prediction

    encoding = prediction.encoding_of(run)
    outputs = prediction.output_names(encoding)
    return {"columns": encoding.feature_names, "outputs": outputs, "amounts": encoding.amount}
