"""chainrule explain: where any number of a worked example or of a trained network comes from."""

import os
from typing import Any

import click

from chainrule.faces.cli.document_formats import FORMATS, format_of, write_document
from chainrule.faces.cli.options import POSITIVE, Choice, Whole
from chainrule.faces.cli.table_options import given, reading_options


@click.command()
@click.argument("subject", metavar="RUN|EXAMPLE.toml")
@click.argument("quantity", required=False)
@click.option("--row", type=Whole(0), metavar="N", help="Row N alone, counted from 0, as if it were all.")
@click.option(
    "--format",
    "kind",
    type=Choice((*FORMATS, "csv")),
    help="How it is written; csv is for --history.  [default: text]",
)
@click.option(
    "--depth", type=Whole(0), default=0, show_default=True, help="Explain the factors in turn, N levels deep."
)
@click.option(
    "--terms",
    type=Whole(1),
    metavar="K",
    help="Show the K largest terms of a sum.  [default: 4, or all up to 6]",
)
@click.option(
    "--by",
    metavar="LETTERS",
    default="",
    help="Part its sum by a letter: t by places, s by places looked at, head, row; several: t,s.",
)
@click.option("--learning-rate", type=POSITIVE, help="α of the updates, if not the subject's own.")
@click.option(
    "--table", metavar="FILE", help="Whose rows, for a RUN.  [default: the table it was trained on]"
)
@click.option(
    "--column", metavar="NAME", help="Of a RUN, instead of QUANTITY: the largest gradient behind that column."
)
@click.option(
    "--ahead", is_flag=True, help="E@10 of a RUN: ten updates of plain descent onwards from its end."
)
@click.option(
    "--history", is_flag=True, help="Of a weight of a RUN: value, gradient and change over all its updates."
)
@click.option(
    "--member",
    type=Whole(0),
    metavar="K",
    help="Of a RUN that is the mean of several networks, whose past: that of network K.  [default: 0]",
)
@click.option("--output", metavar="FILE", help="Write to a file; its suffix says how.  [default: stdout]")
@click.option("--ascii", "plain", is_flag=True, help="Write ASCII only, as where ∂ and · cannot be shown.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@reading_options
def explain(
    subject: str,
    quantity: str | None,
    row: int | None,
    table: str | None,
    column: str | None,
    ahead: bool,
    history: bool,
    member: int | None,
    kind: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Show where QUANTITY comes from: the factors it was multiplied from, and their sum.

    \b
    x[0] t[0] w1[0,2] b1[2] z1[2] a1[2] E    what goes forward
    dE/dw1[0,2] dE/dz1[2] da1/dz1[2]         derivatives
    w1'[0,2] m_w1'[0,2]                      after an update; what is kept
    E@10                                     after ten updates
    dE/dw1[0,2]@500 w1[0,2]@epoch:12         of a RUN: update 500, epoch 12

    Layers count from 1, indices from 0. With several rows, the row stands first: z1[row,unit]. Without an
    index an array is shown whole, and its largest number explained. Of a RUN trained on a table, inputs and
    outputs may be named by their columns: w1[body_mass_g,3], a3[0,species=Gentoo]. Without QUANTITY, a RUN
    says what can be asked of it.
    """
    # Before NumPy is imported: a pool of threads takes longer to start than the whole explanation.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from chainrule.ask.explain.explain import explain as explained

    output, plain = options.pop("output"), options.pop("plain")
    kind = format_of(kind, as_json, output, csv=history)
    choices = {name: options.pop(name) for name in ("depth", "terms", "by", "learning_rate")}
    reading = given(options)
    if kind == "csv" and not history:
        raise click.UsageError("csv is for --history")
    if os.path.isdir(subject):
        from chainrule.faces.cli.run_questions import answer

        way: dict[str, Any] = {"ahead": ahead, "history": history, "member": member, "column": column}
        document = answer(subject, quantity, row, table, reading, **way, **choices)
    else:
        if table or reading or ahead or history or column or member is not None:
            raise click.UsageError(
                "--table, how it is read, --column, --ahead, --history and --member are for a RUN; an "
                "example has rows of its own"
            )
        if quantity is None:
            raise click.UsageError("Missing argument 'QUANTITY'.")
        document = explained(_example(subject, row), quantity, **choices)
    write_document(document, kind, output, plain)


def _example(path: str, row: int | None) -> Any:
    """A worked example, or one row of it."""
    from dataclasses import replace

    from chainrule.ask.cases.example import read
    from chainrule.ask.documents.wording import counted
    from chainrule.errors import InputError

    example = read(path)
    if row is None:
        return example
    if row >= len(example.x):
        raise InputError(
            f"{path} has {counted(len(example.x), 'row')}, counted from 0: there is no row {row}"
        )
    rows = slice(row, row + 1)
    return replace(example, x=example.x[rows], t=example.t[rows])
