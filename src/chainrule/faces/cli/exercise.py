"""chainrule exercise: worksheets with friendly numbers, their keys, and the marks of filled-in sheets."""

import os
from collections.abc import Collection
from typing import Any

import click

from chainrule.faces.cli.options import POSITIVE, Choice, ParamType, Whole, Wholes
from chainrule.faces.cli.streams import write

FORMATS = ("text", "markdown", "latex", "html", "pdf", "toml")
_SUFFIXES = {".md": "markdown", ".tex": "latex", ".html": "html", ".pdf": "pdf", ".toml": "toml"}


def _activations() -> Collection[str]:
    from chainrule.rules.activations import ACTIVATIONS

    return ACTIVATIONS


def _losses() -> Collection[str]:
    from chainrule.rules.registry import TABLE_LOSSES

    return TABLE_LOSSES


class Parts(ParamType[tuple[str, ...]]):
    """Parts of a sheet, with commas between."""

    name = "parts"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        return value if isinstance(value, tuple) else tuple(part.strip() for part in value.split(","))


@click.command()
@click.argument("example", required=False, metavar="[EXAMPLE.toml]")
@click.option(
    "--layers", type=Wholes(), metavar="2,2,1", help="Inputs, units, ..., outputs.  [default: 2,2,1]"
)
@click.option(
    "--activation", type=Choice(_activations, "NAME"), default="sigmoid", help="Of the hidden layers."
)
@click.option("--output-activation", type=Choice(_activations, "NAME"), help="Of the last layer, if another.")
@click.option("--loss", type=Choice(_losses, "NAME"), default="half_squared_error", help="E, by its name.")
@click.option("--rows", type=Whole(), default=1, show_default=True, help="Rows of data.")
@click.option("--learning-rate", type=POSITIVE, default=0.5, show_default=True, help="α of the update.")
@click.option(
    "--ask",
    type=Parts(),
    metavar="PARTS",
    default="forward,signals,gradients,update",
    help="Of forward, signals, gradients, update, after.  [default: all but after]",
)
@click.option("--digits", type=Whole(), default=4, show_default=True, help="That count, of every answer.")
@click.option("--seed", type=Whole(0), default=0, show_default=True, help="Another seed, other numbers.")
@click.option(
    "--versions", type=Whole(), metavar="N", help="N sheets, with seeds from --seed on, into --output."
)
@click.option("--answers", is_flag=True, help="The key, every answer worked out, instead of the sheet.")
@click.option("--format", "kind", type=Choice(FORMATS), help="How it is written; toml is to be filled in.")
@click.option("--output", metavar="FILE", help="Write to a file; {} in its name stands for the seed.")
@click.option(
    "--mark", "sheets", multiple=True, metavar="SHEET", help="Mark a filled-in sheet; may be repeated."
)
@click.option("--ascii", "plain", is_flag=True, help="Write ASCII only.")
@click.option("--json", "as_json", is_flag=True, help="Print the marks as one JSON object.")
def exercise(
    example: str | None,
    layers: tuple[int, ...] | None,
    seed: int,
    versions: int | None,
    answers: bool,
    kind: str | None,
    output: str | None,
    sheets: tuple[str, ...],
    plain: bool,
    as_json: bool,
    **asked: Any,
) -> int:
    """Make a worksheet on backpropagation, or mark filled-in ones.

    \b
    chainrule exercise --layers 2,2,1 --seed 7             a sheet
    chainrule exercise --layers 2,2,1 --seed 7 --answers   its key
    chainrule exercise --seed 7 --output sheet.toml        to be filled in
    chainrule exercise --mark sheet.toml                   its marks

    With an EXAMPLE.toml, its own numbers are asked for. A slip costs one mark: what follows from it
    rightly keeps its own. The exit code of --mark is 1 if a mark is lost.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sheets:
        return _mark(sheets, plain, as_json)
    from chainrule.ask.cases.limits import SHEETS

    if as_json:
        raise click.UsageError("--json is for --mark")
    if versions and not (output and "{}" in output):
        raise click.UsageError("--versions wants --output with {} in the name, such as sheet-{}.md")
    if versions and versions > SHEETS:
        raise click.UsageError(f"--versions {versions} are too many: {SHEETS:,} files is the most")
    if example and layers:
        raise click.UsageError("an example has layers of its own: give one or the other")
    from chainrule.ask.exercises.exercise import exercise as made

    kind = kind or _SUFFIXES.get(os.path.splitext(output or "")[1].lower(), "text")
    asked["output"] = asked.pop("output_activation")
    subject = _example(example) if example else layers or (2, 2, 1)
    for number in range(seed, seed + (versions or 1)):
        sheet = made(subject, seed=number, **asked)
        _write(sheet, answers, kind, output.replace("{}", str(number)) if output else None, plain)
    return 0


def _example(path: str) -> Any:
    from chainrule.ask.cases.example import read

    return read(path)


def _write(sheet: Any, answers: bool, kind: str, output: str | None, ascii_only: bool) -> None:
    if kind == "toml":
        if answers:
            raise click.UsageError("toml is for sheets: a key is text, markdown, latex, html or pdf")
        content = sheet.toml.encode()
    else:
        from chainrule.faces.cli.terminal import printed

        page = sheet.key if answers else sheet
        if kind == "text" and not output:
            from chainrule.faces.cli.terminal import show

            show(page.blocks(), ascii_only=ascii_only)
            return
        content = printed(page.blocks(), kind, ascii_only)
        if kind == "markdown" and not answers:
            content += f"\n## To be marked\n\nFill in and save.\n\n```toml\n{sheet.toml}```\n".encode()
    if output:
        from chainrule.files.writing import save

        save(output, content)
    else:
        write(content)


def _mark(sheets: tuple[str, ...], ascii_only: bool, as_json: bool) -> int:
    """Mark sheets: one in full, of several a table with a line each."""
    from chainrule.ask.exercises.marking import mark

    marked = [mark(sheet) for sheet in sheets]
    if as_json:
        from chainrule.files.json_values import dumps

        all_ = [{"sheet": sheet} | marks.plain() for sheet, marks in zip(sheets, marked, strict=True)]
        click.echo(dumps(all_[0] if len(all_) == 1 else {"sheets": all_}))
    else:
        from chainrule.ask.documents.blocks import TableBlock
        from chainrule.faces.cli.terminal import show

        if len(marked) == 1:
            show(marked[0].blocks(), ascii_only=ascii_only)
        else:
            rows = tuple(
                (sheet, f"{marks.marks} of {len(marks.answers)}", marks.first_slip)
                for sheet, marks in zip(sheets, marked, strict=True)
            )
            show([TableBlock(("sheet", "marks", "first slip"), rows)], ascii_only=ascii_only)
    return int(any(marks.marks < len(marks.answers) for marks in marked))
