"""chainrule check: every number of a worked example or a lesson, computed again and judged."""

import os

import click


@click.command()
@click.argument("example", metavar="EXAMPLE.toml|LESSON.md")
@click.option("--ascii", "plain", is_flag=True, help="Write ASCII only, as where ∂ and · cannot be shown.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as one JSON object instead.")
@click.option("--write", metavar="TOML", help="Write the worked example that was read out of a lesson.")
def check(example: str, plain: bool, as_json: bool, write: str | None) -> int:
    """Compute every number again that a worked example prints, say which are wrong, and why.

    A number is right if it was rounded, cut off, or made of the rounded numbers before it. The exit
    code is 0 if all are, and 1 if one is wrong.
    """
    # Before NumPy is imported: a pool of threads takes longer to start than the whole check.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from chainrule.ask.check.check import check as checked

    verdict = checked(example)
    if write:
        _write(verdict.toml, example, write)
    if as_json:
        from chainrule.files.json_values import dumps

        click.echo(dumps(verdict.plain()))
    else:
        from chainrule.faces.cli.terminal import show

        show(verdict.blocks(), ascii_only=plain)
    return int(verdict.verdict == "wrong")


def _write(toml: str, example: str, path: str) -> None:
    """The worked example as a file of its own."""
    from chainrule.errors import InputError
    from chainrule.files.writing import save

    if not toml:
        raise InputError(f"--write is for a Markdown lesson; {example} is TOML already")
    if os.path.lexists(path):
        raise InputError(f"--write {path} exists already: name another file, or remove it first")
    save(path, toml.encode())
