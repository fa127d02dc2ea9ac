"""chainrule predict: a raw new table in, predictions out."""

from typing import Any

import click

from chainrule.faces.cli.streams import write
from chainrule.faces.cli.table_options import ensemble_option, given, network_in, reading_options, say


@click.command()
@click.argument("run")
@click.argument("table")
@click.option("--output", metavar="FILE", help="CSV or Parquet by its suffix.  [default: CSV on stdout]")
@click.option(
    "--keep", multiple=True, metavar="COLUMN", help="A column of TABLE to write beside; may be repeated."
)
@ensemble_option
@reading_options
def predict(
    run: str, table: str, output: str | None, keep: tuple[str, ...], ensemble: bool, **options: Any
) -> None:
    """Predict every row of TABLE with the network in RUN, a folder that `chainrule train` wrote.

    TABLE holds the columns of the training, in any order; the target may be missing. Rows keep their
    order; classes come with the probability of each.
    """
    from chainrule.faces.tables.write import csv_bytes, write_table
    from chainrule.faces.tabular.prediction import predict as predicted
    from chainrule.faces.tabular.source import reading_of

    trained = network_in(run, ensemble)
    read = reading_of(trained, given(options)).table(table)
    columns = predicted(trained, read, keep)
    say(read.notes)
    if output:
        write_table(output, columns)
    else:
        write(csv_bytes(columns))
