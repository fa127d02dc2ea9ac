"""What is asked of a run of text: of its last weights on a row of it, and how well it guesses another."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from chainrule.engine.runs.run import Run

SHOWN = 60  # characters of a row


def answer_of_text(
    run: "Run",
    folder: str,
    quantity: str | None,
    row: int | None,
    path: str | None,
    reading: dict[str, Any],
    *,
    ahead: bool,
    history: bool,
    member: int | None,
    column: str | None,
    **choices: Any,
) -> Any:
    """The explanation of a quantity on one row of the text, the first if none is named.

    Raises:
        UsageError: no quantity, or one of the past.
        InputError: there is no such quantity or row, or the text is not there.
    """
    from chainrule.ask.explain.explain import explain
    from chainrule.errors import InputError
    from chainrule.faces.corpus.alphabet import read_text, stored
    from chainrule.faces.corpus.text_rows import all_rows
    from chainrule.faces.tabular.source import training_table

    if column or history or member is not None:
        raise click.UsageError("--column, --history and --member are for a RUN of a table")
    if not quantity:
        raise click.UsageError("name a quantity, such as E, z1[5,0], dE/dw1[3,0] or, of attention, a4[0,5,3]")
    if "@" in quantity and not ahead:
        raise click.UsageError("of a text no updates are replayed: --ahead goes on from the end")
    path = path or training_table(run, folder)
    alphabet, length = stored(run.extra)
    data = all_rows(alphabet.tokens(read_text(path, reading.get("encoding")), path), length)
    row = row or 0
    if row >= len(data):
        raise InputError(f"{path} has {len(data):,} rows of {length}, counted from 0: there is no row {row}")
    text = alphabet.text(data.x[row])
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    note = f"The row is row {row} of {Path(path).name}: {shown!r}. Each place is to say what comes after it."
    rows = slice(row, row + 1)
    return explain(run, data.x[rows], data.t[rows], quantity, ahead=True, notes=[note], **choices)


def evaluated(run: "Run", path: str, encoding: str | None, as_json: bool) -> str:
    """How well the run guesses the text in a file, as text or JSON."""
    from chainrule.faces.cli.train_text import scores_text
    from chainrule.faces.corpus.alphabet import read_text
    from chainrule.faces.corpus.text_training import evaluate_text
    from chainrule.faces.tabular.source import fingerprint, trained_on
    from chainrule.files.json_values import dumps

    scores = evaluate_text(run, read_text(path, encoding), path)
    if trained_on(run, fingerprint(path)):
        click.echo("warning: this is the text that the run was trained on: others will do worse", err=True)
    return dumps(scores) if as_json else scores_text(scores, f"of {Path(path).name}")
