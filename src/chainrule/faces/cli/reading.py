"""How a table is read: the options that train, predict and evaluate share, and what is said about it."""

from collections.abc import Callable
from typing import Any

import click

READING = ("delimiter", "decimal", "encoding", "na")


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --delimiter, --decimal, --encoding and --na to a command."""
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
        )
    ):
        command = option(command)
    return command


def given(options: dict[str, Any]) -> dict[str, Any]:
    """The reading options that were given, as `tabular.Reading` names them; removed from `options`."""
    found = {name: options.pop(name) for name in READING}
    found["missing_markers"] = found.pop("na")
    return {name: value for name, value in found.items() if value}


def say(notes: Any) -> None:
    """Notes and warnings about a table, on stderr."""
    for note in notes:
        click.echo(f"{note.kind}: {note.text}", err=True)
