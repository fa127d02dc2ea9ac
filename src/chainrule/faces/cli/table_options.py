"""How a table is read: the options that train, predict and evaluate share, and what is said about it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from chainrule.faces.cli.options import Whole

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


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --delimiter, --decimal, --encoding, --na, --thousands, --skip and --sheet to a command."""
    for option in reversed(
        (
            click.option(
                "--delimiter", metavar="CHAR", help="What separates the cells; seen from the header."
            ),
            click.option("--decimal", metavar="CHAR", help="The decimal mark, '.' or ','.  [default: .]"),
            click.option("--encoding", metavar="NAME", help="The text's encoding.  [default: utf-8]"),
            click.option(
                "--na", multiple=True, metavar="TEXT", help="A cell that means missing, such as '?'."
            ),
            click.option(
                "--thousands", metavar="CHAR", help="The mark between thousands; seen where a column has it."
            ),
            click.option(
                "--skip", type=Whole(0), metavar="N", help="Lines before the table, to be passed over."
            ),
            click.option("--sheet", metavar="NAME", help="Of an Excel workbook.  [default: the first]"),
        )
    ):
        command = option(command)
    return command


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
