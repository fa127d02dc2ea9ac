"""chainrule diagnose: does a training learn, why not, and what mends it."""

from typing import Any

import click

from chainrule.faces.cli.document_formats import FORMATS, format_of, write_document
from chainrule.faces.cli.options import FROM_ZERO, Choice
from chainrule.faces.cli.progress import trial_line
from chainrule.faces.cli.table_options import given, network_in, reading_options, say

UNHEALTHY = 1


@click.command()
@click.argument("run")
@click.option("--table", metavar="FILE", help="The table it was trained on.  [default: where it lay]")
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
    run: str,
    table: str | None,
    no_proof: bool,
    seconds: float,
    kind: str | None,
    output: str | None,
    plain: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Say whether the training in RUN learned; if not, why not, and which smallest change mends it.

    It is compared with the best constant, nearest neighbours and a linear model on the same rows. If it is
    worse, the training is gone through once more to see where; then what may mend it is trained, put together
    and taken away again, until the smallest set of changes that works is left. Exit status 1 says that
    something is wrong.
    """
    from chainrule.faces.tabular import source
    from chainrule.faces.tabular.diagnosing import diagnose_table

    kind = format_of(kind, as_json, output)
    trained: Any = network_in(run, False)
    path = table or source.training_table(trained, run)
    read = source.reading_of(trained, given(options)).table(path)
    say(read.notes)
    with trial_line() as report:
        diagnosis = diagnose_table(trained, read, run, prove=not no_proof, seconds=seconds, progress=report)
    write_document(diagnosis, kind, output, plain)
    return 0 if diagnosis.is_healthy else UNHEALTHY
