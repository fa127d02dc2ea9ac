"""chainrule evaluate: how good a trained network is on a table."""

from typing import Any

import click

from chainrule.faces.cli.table_options import ensemble_option, given, network_in, reading_options, say


@click.command()
@click.argument("run")
@click.argument("table")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@ensemble_option
@reading_options
def evaluate(run: str, table: str, as_json: bool, ensemble: bool, **options: Any) -> None:
    """Measure the network in RUN on TABLE, which holds the target.

    Classes: accuracy, balanced accuracy, log loss, ROC AUC of two, and the confusion matrix with precision
    and recall. Amounts: R², MAE, RMSE and the median error, in the target's units. Beside them stands what
    the best constant would reach on these rows. Of a run of text, TABLE is a text: nats a character.
    """
    from chainrule.engine.runs.run import Run
    from chainrule.faces.cli.scores_report import scores_text
    from chainrule.faces.cli.text_questions import evaluated
    from chainrule.faces.tabular import prediction, source
    from chainrule.files.json_values import dumps

    trained = network_in(run, ensemble)
    if isinstance(trained, Run) and trained.extra.get("task") == "text":
        click.echo(evaluated(trained, table, options["encoding"], as_json))
        return
    read = source.reading_of(trained, given(options)).table(table)
    scores = prediction.evaluate(trained, read)
    say(read.notes)
    if source.trained_on(trained, read.sha256):
        click.echo("warning: this is the table that the run was trained on: new rows will do worse", err=True)
    click.echo(dumps(scores) if as_json else scores_text(scores))
