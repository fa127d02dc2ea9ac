"""chainrule why: what each column of a row adds to the prediction for it."""

from typing import Any

import click

from chainrule.faces.cli.document_formats import FORMATS, format_of, write_document
from chainrule.faces.cli.options import Choice, Whole
from chainrule.faces.cli.table_options import given, network_in, reading_options, say


@click.command()
@click.argument("run")
@click.argument("table")
@click.option("--row", type=Whole(0), metavar="N", required=True, help="The row that is asked about, from 0.")
@click.option(
    "--class", "label", metavar="LABEL", help="The class that is asked about.  [default: the predicted]"
)
@click.option(
    "--baseline", type=Whole(0), metavar="N", help="A row to compare with.  [default: the mean of all rows]"
)
@click.option("--format", "kind", type=Choice(FORMATS), help="How it is written.  [default: text]")
@click.option("--output", metavar="FILE", help="Write to a file; its suffix says how.  [default: stdout]")
@click.option("--ascii", "plain", is_flag=True, help="Write ASCII only.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@reading_options
def why(
    run: str,
    table: str,
    row: int,
    label: str | None,
    baseline: int | None,
    kind: str | None,
    output: str | None,
    plain: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Show why the network in RUN predicts what it does for a row of TABLE.

    What each column adds to the output, on the straight way from a baseline to the row: integrated gradients,
    which add up to the difference of the two outputs. With up to ten columns their exact Shapley values stand
    beside them.
    """
    from chainrule.faces.tabular import source
    from chainrule.faces.tabular.row_attribution import why as answered

    kind = format_of(kind, as_json, output)
    trained: Any = network_in(run, False)
    read = source.reading_of(trained, given(options)).table(table)
    answer = answered(trained, read, row, label=label, baseline=baseline)
    say(read.notes)
    write_document(answer, kind, output, plain)
