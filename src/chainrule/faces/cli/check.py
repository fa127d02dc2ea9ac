"""chainrule check: every number of a worked example or a lesson, computed again and judged."""

import os

import click


@click.command()
@click.argument("example", metavar="EXAMPLE.toml|LESSON.md")
@click.option("--ascii", "plain", is_flag=True, help="Write ASCII only, as where ∂ and · cannot be shown.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as one JSON object instead.")
def check(example: str, plain: bool, as_json: bool) -> int:
    """Compute every number again that a worked example prints, say which are wrong, and why.

    A number is right if it was rounded, cut off, or made of the rounded numbers before it. The exit
    code is 0 if all are, and 1 if one is wrong.
    """
    # Before NumPy is imported: a pool of threads takes longer to start than the whole check.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from chainrule.ask.check import check as checked

    found = checked(example)
    if as_json:
        import json

        click.echo(json.dumps(found.plain(), allow_nan=False))
    else:
        from chainrule.faces.cli.terminal import show

        show(found.blocks(), ascii_only=plain)
    return int(found.verdict == "wrong")
