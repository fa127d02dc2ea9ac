"""chainrule generate: what a network that learned from a text writes on."""

import os

import click

from chainrule.faces.cli.options import FROM_ZERO, Whole
from chainrule.faces.cli.streams import write


@click.command(context_settings={"show_default": True})
@click.argument("run")
@click.option("--prompt", metavar="TEXT", default="", show_default="as after the end of a line")
@click.option("--length", type=Whole(0), default=400, help="How many characters are written.")
@click.option(
    "--temperature",
    type=FROM_ZERO,
    default=0.8,
    help="1 draws as the network says, less takes the likely more often, 0 always the likeliest.",
)
@click.option("--top", type=Whole(), metavar="K", help="Draw among the K likeliest characters alone.")
@click.option("--seed", type=Whole(0, 2**32 - 1), default=0, help="Same seed, same text.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def generate(
    run: str, prompt: str, length: int, temperature: float, top: int | None, seed: int, as_json: bool
) -> None:
    """Let the network in RUN, which `chainrule train FILE.txt --task text` wrote, write on from a prompt."""
    # Before NumPy is imported: its products are small, and a pool of threads would only wait for itself.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from chainrule.engine.runs.loading import load
    from chainrule.faces.corpus.generation import generate as generated
    from chainrule.files.json_values import dumps

    text = generated(load(run), prompt, length=length, temperature=temperature, top=top, seed=seed)
    if as_json:
        click.echo(dumps({"prompt": prompt, "text": text, "seed": seed, "temperature": temperature}))
    else:
        write(f"{text}\n".encode())
