"""chainrule predict: a raw new table in, predictions out."""

from typing import Any

import click

from chainrule.faces.cli.options import Real
from chainrule.faces.cli.streams import write
from chainrule.faces.cli.table_options import ensemble_option, given, network_in, reading_options, say


@click.command()
@click.argument("run")
@click.argument("table")
@click.option("--output", metavar="FILE", help="CSV or Parquet by its suffix.  [default: CSV on stdout]")
@click.option(
    "--keep", multiple=True, metavar="COLUMN", help="A column of TABLE to write beside; may be repeated."
)
@click.option(
    "--interval",
    type=Real(above=0, below=1),
    metavar="SHARE",
    help="Of amounts, also the bounds within which this share of rows lies: 0.9.",
)
@click.option("--warnings", is_flag=True, help="A column that says what is odd about a row.")
@ensemble_option
@reading_options
def predict(
    run: str,
    table: str,
    output: str | None,
    keep: tuple[str, ...],
    interval: float | None,
    warnings: bool,
    ensemble: bool,
    **options: Any,
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
    columns = predicted(trained, read, keep, interval, warnings)
    say(read.notes)
    if output:
        write_table(output, columns)
    else:
        write(csv_bytes(columns))
