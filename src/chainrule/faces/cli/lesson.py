"""chainrule lesson: a worked example of backpropagation, step by step."""

import os

import click

from chainrule.faces.cli.options import POSITIVE, Whole
from chainrule.faces.cli.streams import write


@click.command()
@click.argument("example", required=False, metavar="[EXAMPLE.toml]")
@click.option("--epochs", type=Whole(0), default=10_000, show_default=True, help="The most updates to make.")
@click.option(
    "--threshold", type=POSITIVE, default=1e-3, show_default=True, help="Train until the error is below this."
)
@click.option("--ascii", "plain", is_flag=True, help="Write ASCII only, as where ∂ and · cannot be shown.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as one JSON object instead.")
@click.option("--toml", "as_toml", is_flag=True, help="Print the example's file, to start your own from.")
def lesson(
    example: str | None, epochs: int, threshold: float, plain: bool, as_json: bool, as_toml: bool
) -> int:
    """Work through a network's forward pass, its error, the gradients by the chain rule and one update,
    every number shown, and then train until the error is below the threshold.

    Without a file this is the built-in lesson: one input, one hidden unit, one output.
    """
    # Before NumPy is imported: a pool of threads takes longer to start than the whole lesson.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from chainrule.ask.cases import example as worked
    from chainrule.ask.explain.lesson import Lesson
    from chainrule.faces.cli.terminal import show

    text = worked.text(example) if example else worked.builtin()
    parsed = worked.parse(text, example or "lesson.toml")
    if as_toml:
        write(text)
        return 0
    text_of_lesson = Lesson(parsed, epochs, threshold)
    if as_json:
        from chainrule.files.json_values import dumps

        click.echo(dumps(text_of_lesson.plain()))
    else:
        show(text_of_lesson.blocks(), ascii_only=plain)
    return int(text_of_lesson.diverged)
