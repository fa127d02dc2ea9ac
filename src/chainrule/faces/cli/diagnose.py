"""chainrule diagnose: does a training learn, why not, and what mends it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chainrule.faces.cli.document_formats import FORMATS, format_of, write_document
from chainrule.faces.cli.options import FROM_ZERO, Choice, Whole
from chainrule.faces.cli.progress import trial_line
from chainrule.faces.cli.table_options import given, network_in, reading_options, say

if TYPE_CHECKING:
    from chainrule.ask.diagnosis.doubtful_rows import DoubtfulRows
    from chainrule.ask.diagnosis.training_diagnosis import TrainingDiagnosis

UNHEALTHY = 1


@click.command()
@click.argument("subject", metavar="RUN|TABLE|EXAMPLE.toml")
@click.option("--target", metavar="COLUMN", help="Of a TABLE, the column to predict.")
@click.option("--table", metavar="FILE", help="The table it was trained on.  [default: where it lay]")
@click.option(
    "--rows", "limit", type=Whole(), metavar="N", help="Of a RUN, list N rows that look mislabelled instead."
)
@click.option("--no-proof", is_flag=True, help="Look only: train nothing to see what mends it.")
@click.option(
    "--seconds", type=FROM_ZERO, default=20.0, show_default=True, help="How long to try what may mend it."
)
@click.option("--format", "kind", type=Choice(FORMATS), help="How it is written.  [default: text]")
@click.option("--output", metavar="FILE", help="Write to a file; its suffix says how.  [default: stdout]")
@click.option("--ascii", "plain", is_flag=True, help="Write ASCII only.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@reading_options
def diagnose(
    subject: str,
    target: str | None,
    table: str | None,
    limit: int | None,
    no_proof: bool,
    seconds: float,
    kind: str | None,
    output: str | None,
    plain: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Say whether a training learned; if not, why not, and which smallest change mends it.

    It is that of RUN; or TABLE is trained on as `chainrule train` does, or EXAMPLE.toml from its weights.
    It is compared with the best constant, nearest neighbours and a linear model on the same rows. If it is
    worse, the training is gone through once more to see where; then what may mend it is trained, put together
    and taken away again, until the smallest set of changes that works is left. Exit status 1 says that
    something is wrong.
    """
    kind = format_of(kind, as_json, output)
    reading = given(options)
    is_run = (Path(subject) / "run.json").is_file()
    if limit is not None:
        if not is_run:
            raise click.UsageError(f"--rows is of a run, and {subject} is none")
        write_document(_doubtful_rows(subject, table, reading, limit), kind, output, plain)
        return 0
    with trial_line() as report:
        choices: dict[str, Any] = {"prove": not no_proof, "seconds": seconds, "progress": report}
        if Path(subject).suffix == ".toml":
            diagnosis = _of_example(subject, choices)
        elif is_run:
            diagnosis = _of_run(subject, table, reading, choices)
        else:
            diagnosis = _of_table(subject, target, reading, choices)
    write_document(diagnosis, kind, output, plain)
    return 0 if diagnosis.is_healthy else UNHEALTHY


def _of_example(path: str, choices: dict[str, Any]) -> "TrainingDiagnosis":
    from chainrule.ask.cases import example
    from chainrule.ask.diagnosis.example_diagnosis import diagnose_example

    return diagnose_example(example.parse(example.text(path), path), **choices)


def _of_run(
    folder: str, table: str | None, reading: dict[str, Any], choices: dict[str, Any]
) -> "TrainingDiagnosis":
    from chainrule.faces.tabular.diagnosing import diagnose_table

    return diagnose_table(*_read(folder, table, reading), folder, **choices)


def _doubtful_rows(folder: str, table: str | None, reading: dict[str, Any], limit: int) -> "DoubtfulRows":
    from chainrule.faces.tabular.diagnosing import doubtful_rows

    return doubtful_rows(*_read(folder, table, reading), limit=limit)


def _read(folder: str, table: str | None, reading: dict[str, Any]) -> tuple[Any, Any]:
    """The run, and the table that it was trained on."""
    from chainrule.faces.tabular import source

    run: Any = network_in(folder, False)
    path = table or source.training_table(run, folder)
    read = source.reading_of(run, reading).table(path)
    say(read.notes)
    return run, read


def _of_table(
    path: str, target: str | None, reading: dict[str, Any], choices: dict[str, Any]
) -> "TrainingDiagnosis":
    from chainrule.faces.tabular.diagnosing import diagnose_new
    from chainrule.faces.tabular.source import Reading

    if target is None:
        raise click.UsageError(f"{path} is no run: of a table, say --target COLUMN, the column to predict")
    read = Reading(**reading).table(path)
    say(read.notes)
    return diagnose_new(read, target, Reading(**reading), **choices)
