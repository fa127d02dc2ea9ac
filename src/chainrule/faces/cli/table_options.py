"""How a table is read and its rows are used: options that commands share, and what is said about it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from chainrule.faces.cli.options import FRACTION, Choice, RealOr, Whole

if TYPE_CHECKING:
    from chainrule.engine.runs.ensemble import Ensemble
    from chainrule.engine.runs.run import Run

READING = {
    "delimiter": "delimiter",
    "decimal": "decimal",
    "encoding": "encoding",
    "na": "missing_markers",
    "thousands": "thousands",
    "skip": "skip",
    "sheet": "sheet",
    "dates": "dates",
    "category": "categories",
    "number": "amounts",
}
"""The options that say how a table is read, and the fields of `source.Reading` that they are."""


READING_OPTIONS = (
    click.option("--delimiter", metavar="CHAR", help="What separates the cells; seen from the header."),
    click.option("--decimal", metavar="CHAR", help="The decimal mark, '.' or ','.  [default: .]"),
    click.option("--encoding", metavar="NAME", help="The text's encoding.  [default: utf-8]"),
    click.option("--na", multiple=True, metavar="TEXT", help="A cell that means missing, such as '?'."),
    click.option(
        "--thousands", metavar="CHAR", help="The mark between thousands; seen where a column has it."
    ),
    click.option("--skip", type=Whole(0), metavar="N", help="Lines before the table, to be passed over."),
    click.option("--sheet", metavar="NAME", help="Of an Excel workbook.  [default: the first]"),
)
"""How a table is read: --delimiter, --decimal, --encoding, --na, --thousands, --skip and --sheet."""
ROW_OPTIONS = (
    click.option("--validation", type=FRACTION, default=0.2, help="Share of the rows held out; 0 for none."),
    click.option(
        "--folds",
        type=Whole(2),
        metavar="K",
        help="Also train K times with another part of the rows held out: the mean and spread of each score.",
    ),
    click.option(
        "--group", metavar="COLUMN", help="Rows alike here are held out together, such as a patient's."
    ),
    click.option("--time", metavar="COLUMN", help="Hold out the latest rows by this column, not any."),
    click.option("--weight", metavar="COLUMN", help="How much each row counts in learning."),
    click.option(
        "--class-weight", type=Choice(("balanced",)), help="Let rare classes count as much as others."
    ),
    click.option(
        "--cutoff",
        type=RealOr("f1", "balanced", above=0, below=1),
        metavar="P|f1|balanced",
        show_default="the likeliest class",
        help="Of two classes, say the rarer one from probability P up; or choose P on rows left out, the best"
        " for its F1 or for balanced accuracy.",
    ),
)
"""Which rows judge, how much each counts, and what is said of them."""
COLUMN_OPTIONS = (
    click.option(
        "--task",
        type=Choice(("classification", "regression", "text")),
        help="Seen from the target if not given; text learns to say the next character of a text file.",
    ),
    click.option("--drop", multiple=True, metavar="COLUMN", help="A column to leave out; may be repeated."),
    click.option(
        "--category", multiple=True, metavar="COLUMN", help="A column of names, whatever they look like."
    ),
    click.option(
        "--number", multiple=True, metavar="COLUMN", help="A column of amounts, whatever they look like."
    ),
    click.option(
        "--dates",
        type=Choice(("day-first", "month-first")),
        help="How 03/04/2024 is meant, where no row tells.",
    ),
    click.option(
        "--missing",
        type=Choice(("impute", "refuse")),
        default="impute",
        help="Fill missing cells in and flag them, or stop.",
    ),
)
"""What the columns hold."""
TEXT_OPTIONS = (
    click.option(
        "--length", type=Whole(2), default=64, help="Of a text: characters in a row, that far it looks back."
    ),
    click.option("--units", type=Whole(), default=64, help="Of a text: numbers at each place."),
    click.option("--heads", type=Whole(), default=4, help="Of a text: heads of each attention."),
    click.option("--blocks", type=Whole(0, 999), default=2, help="Of a text: blocks of the transformer."),
)
"""The transformer of a text."""
DEVICE_OPTIONS = (
    click.option(
        "--device",
        type=Choice(("auto", "cpu", "gpu")),
        default="auto",
        help="auto: the GPU, if JAX has one, for one network that is large enough.",
    ),
    click.option(
        "--precision",
        type=Choice(("float32", "tensorfloat32")),
        default="float32",
        help="Of products on a GPU: tensorfloat32 is faster, but a gradient may be off by some percent.",
    ),
)
"""Where a training is computed, and how exactly."""

Command = Callable[..., Any]


def together(options: Sequence[Callable[[Command], Command]]) -> Callable[[Command], Command]:
    """A decorator that adds these options to a command, in their order."""

    def decorated(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


reading_options, row_options, column_options, text_options, device_options = map(
    together, (READING_OPTIONS, ROW_OPTIONS, COLUMN_OPTIONS, TEXT_OPTIONS, DEVICE_OPTIONS)
)


ensemble_option = click.option(
    "--ensemble", is_flag=True, help="By the mean of all networks that `train --seeds` made, not the best."
)


def network_in(folder: str, ensemble: bool) -> "Run | Ensemble":
    """The run in a folder, or all that were trained with it."""
    from chainrule.engine.runs.ensemble import load_ensemble
    from chainrule.engine.runs.loading import load

    return load_ensemble(folder) if ensemble else load(folder)


def given(options: dict[str, Any]) -> dict[str, Any]:
    """The reading options that were given, as `source.Reading` names them."""
    return {field: options[name] for name, field in READING.items() if options.get(name)}


def say(notes: Any) -> None:
    """Notes and warnings about a table, on stderr."""
    for note in notes:
        click.echo(f"{note.kind}: {note.text}", err=True)
