"""chainrule check: every number of a worked example or a lesson, computed again and judged."""

import os
import sys

import click

from chainrule.faces.cli.document_formats import FORMATS, format_of, write_document
from chainrule.faces.cli.options import Choice


@click.command()
@click.argument("example", metavar="EXAMPLE.toml|LESSON")
@click.option("--ascii", "plain", is_flag=True, help="Write ASCII only, as where ∂ and · cannot be shown.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as one JSON object instead.")
@click.option("--format", "kind", type=Choice(FORMATS), help="How it is written.  [default: text]")
@click.option("--output", metavar="FILE", help="Write to a file; its suffix says how.  [default: stdout]")
@click.option("--verbose", is_flag=True, help="Tell how close other ways to read a lesson came.")
@click.option("--write", metavar="TOML", help="Write the worked example that was read out of a lesson.")
def check(
    example: str,
    plain: bool,
    as_json: bool,
    kind: str | None,
    output: str | None,
    verbose: bool,
    write: str | None,
) -> int:
    """Compute every number again that a worked example prints, say which are wrong, and why.

    A LESSON is Markdown, HTML, LaTeX, plain text or a notebook; - reads standard input. A number is right
    if it was rounded, cut off, or made of the rounded numbers before it. The exit code is 0 if all are, 1 if
    one is wrong, and 2 if the lesson was not understood.
    """
    # Before NumPy is imported: a pool of threads takes longer to start than the whole check.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from chainrule.ask.check.check import check as checked
    from chainrule.ask.check.check import check_text
    from chainrule.ask.check.marked_text import MarkedReport
    from chainrule.errors import InputError

    is_stdin = example == "-"
    source = "standard input" if is_stdin else example
    verdict = check_text(_standard_input(), source) if is_stdin else checked(example)
    if write:
        _write(verdict.toml, example, write)
    kind = format_of(kind, as_json, output)
    document = MarkedReport(verdict) if kind in ("html", "pdf") else verdict
    write_document(document, kind, output, plain)
    is_shown = kind == "text" and not output
    if is_shown and verbose and verdict.rivals:
        click.echo("\nOther ways to read it:\n" + "\n".join(f"  {rival}" for rival in verdict.rivals))
    if verdict.verdict == "unread":
        if is_shown and not write:
            click.echo(f"\nAs it was understood, to be mended and checked again as TOML:\n\n{verdict.toml}")
        raise InputError(f"{source}: I cannot read this lesson, because {verdict.unread}")
    return int(verdict.verdict == "wrong")


def _standard_input() -> str:
    """What is piped in, as text."""
    from chainrule.errors import InputError
    from chainrule.files.reading import MOST_TEXT

    content = sys.stdin.buffer.read(MOST_TEXT + 1)
    if len(content) > MOST_TEXT:
        raise InputError(f"standard input: more than {MOST_TEXT:,} bytes, where a lesson has a few thousand")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"standard input: byte {error.start} is not UTF-8; pipe UTF-8 text in") from None


def _write(toml: str, example: str, path: str) -> None:
    """The worked example as a file of its own."""
    from chainrule.errors import InputError
    from chainrule.files.writing import save

    if not toml:
        raise InputError(f"--write is for a lesson; {example} is TOML already")
    if os.path.lexists(path):
        raise InputError(f"--write {path} exists already: name another file, or remove it first")
    save(path, toml.encode())
