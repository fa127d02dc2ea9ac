"""chainrule explain: where any number of a worked example or of a trained network comes from."""

import os
from pathlib import Path
from typing import Any

import click

from chainrule.faces.cli.document_formats import FORMATS, format_of, write_document
from chainrule.faces.cli.options import POSITIVE, Choice, Whole
from chainrule.faces.cli.table_options import given, reading_options, say

MEAN = (
    "The run is the mean of {} networks as one network: of the units of layer 1, the first {} are those of"
    " the first network, and so on; between units of two networks the weights are 0."
)


@click.command()
@click.argument("subject", metavar="RUN|EXAMPLE.toml")
@click.argument("quantity")
@click.option("--row", type=Whole(0), metavar="N", help="Row N alone, counted from 0, as if it were all.")
@click.option("--format", "kind", type=Choice(FORMATS), help="How it is written.  [default: text]")
@click.option(
    "--depth", type=Whole(0), default=0, show_default=True, help="Explain the factors in turn, N levels deep."
)
@click.option(
    "--terms",
    type=Whole(1),
    metavar="K",
    help="Show the K largest terms of a sum.  [default: 4, or all up to 6]",
)
@click.option("--learning-rate", type=POSITIVE, help="α of the updates, if not the subject's own.")
@click.option(
    "--table", metavar="FILE", help="Whose rows, for a RUN.  [default: the table it was trained on]"
)
@click.option("--output", metavar="FILE", help="Write to a file; its suffix says how.  [default: stdout]")
@click.option("--ascii", "plain", is_flag=True, help="Write ASCII only, as where ∂ and · cannot be shown.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@reading_options
def explain(
    subject: str,
    quantity: str,
    row: int | None,
    table: str | None,
    kind: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Show where QUANTITY comes from: the factors it was multiplied from, and their sum.

    \b
    x[0] t[0] w1[0,2] b1[2] z1[2] a1[2] E    what goes forward
    dE/dw1[0,2] dE/dz1[2] da1/dz1[2]         derivatives
    w1'[0,2]                                 after one update
    E@10                                     after ten updates

    Layers count from 1, indices from 0. With several rows, the row stands first: z1[row,unit]. Without an
    index an array is shown whole, and its largest number explained.
    """
    # Before NumPy is imported: a pool of threads takes longer to start than the whole explanation.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from chainrule.ask.explain.explain import explain as explained

    output, plain = options.pop("output"), options.pop("plain")
    kind = format_of(kind, as_json, output)
    choices = {name: options.pop(name) for name in ("depth", "terms", "learning_rate")}
    reading = given(options)
    if os.path.isdir(subject):
        rows: tuple[Any, ...]
        rows, names = _on_a_table(subject, row, table, reading)
        explanation = explained(*rows, quantity, **choices | names)
    else:
        if table or reading:
            raise click.UsageError("--table and how it is read are for a RUN; an example has rows of its own")
        explanation = explained(_example(subject, row), quantity, **choices)
    write_document(explanation, kind, output, plain)


def _example(path: str, row: int | None) -> Any:
    """A worked example, or one row of it."""
    from dataclasses import replace

    from chainrule.ask.cases.example import read
    from chainrule.errors import InputError

    example = read(path)
    if row is None:
        return example
    if row >= len(example.x):
        raise InputError(f"{path} has {_rows(len(example.x))}, counted from 0: there is no row {row}")
    rows = slice(row, row + 1)
    return replace(example, x=example.x[rows], t=example.t[rows])


def _on_a_table(
    folder: str, row: int | None, path: str | None, reading: dict[str, Any]
) -> tuple[tuple[Any, Any, Any], dict[str, Any]]:
    """The run, and the rows of a table to explain it on; and how they are called."""
    from chainrule.engine.runs.loading import load
    from chainrule.errors import InputError
    from chainrule.faces.tables.targets import answered
    from chainrule.faces.tabular import prediction, source

    run = load(folder)
    encoding = prediction.encoding_of(run)
    path = path or source.training_table(run, folder)
    table = source.reading_of(run, reading).table(path)
    table = answered(table, encoding.target.name)
    x, t = encoding.encode(table), encoding.encode_target(table)
    say(table.notes)
    if not source.trained_on(run, table.sha256):
        click.echo(f"note: {path} is not the table that the run was trained on", err=True)
    name = Path(path).name
    if row is None:
        count = min(int(run.settings.get("batch_size") or len(x)), len(x))
        rows = slice(0, count)
        note = f"The rows are the first {count} of {name}, as many as went into an update of the training."
    elif row >= len(x):
        raise InputError(f"{path} has {_rows(len(x))}, counted from 0: there is no row {row}")
    else:
        rows = slice(row, row + 1)
        note = f"The row is row {row} of {name}, {table.where(row)}."
    members = run.settings.get("members", 1)
    shared = [MEAN.format(members, run.network.widths[0] // members)] if members > 1 else []
    names: dict[str, Any] = {
        "columns": encoding.feature_names,
        "outputs": prediction.output_names(encoding),
        "notes": [note, *shared],
    }
    dtype = run.parameters["w1"].dtype
    return (run, x[rows].astype(dtype), t[rows].astype(dtype)), names


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
