"""chainrule train FILE.txt --task text: a text in, a network that says the next character out."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from chainrule.faces.cli.options import AUTO
from chainrule.faces.cli.resume import interrupted, was_given

if TYPE_CHECKING:
    from chainrule.engine.runs.checkpointer import Keeper
    from chainrule.engine.runs.run import Run
    from chainrule.faces.corpus.text_training import TextFit

DIVERGED = 1
OWN = {"length": 64, "units": 64, "heads": 4, "blocks": 2}
"""The options of texts alone, and what they are where nobody says."""
DEFAULTS = OWN | {
    "activation": "gelu_tanh",
    "learning_rate": 0.003,
    "schedule": "cosine",
    "batch_size": 16,
    "epochs": None,
    "patience": None,
    "validation": 0.1,
}
SHARED = {
    "task", "optimizer", "dropout", "weight_decay", "threshold", "seed", "device", "precision", "dtype",
    "encoding", "table",
}  # fmt: skip
REQUEST = ("length", "units", "heads", "blocks", "activation", "dropout", "validation", "dtype", "seed")
TRAINING = (
    "optimizer", "batch_size", "threshold", "patience", "weight_decay", "device", "precision",
)  # fmt: skip


def settled(context: click.Context, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a training on a text: those that were given, and a text's own defaults.

    Raises:
        UsageError: an option that is for tables was given.
    """
    for name in options:
        if was_given(context, name) and name not in SHARED | set(DEFAULTS):
            raise click.UsageError(f"--{name.replace('_', '-')} is not for --task text.", context)
    if was_given(context, "page"):
        raise click.UsageError("--html is not for --task text.", context)
    own = {name: value for name, value in DEFAULTS.items() if not was_given(context, name)}
    return dict(options) | own


def refuse_own(context: click.Context, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a training on a table, without those that are for texts alone.

    Raises:
        UsageError: one of these was given.
    """
    for name in OWN:
        if was_given(context, name):
            raise click.UsageError(f"--{name} is for --task text.", context)
    return {name: value for name, value in options.items() if name not in OWN}


def train_text_file(
    path: str, keeper: "Keeper", as_json: bool, events: str | None, options: dict[str, Any]
) -> int:
    """Train, write the run into the keeper's folder, and report; the exit code."""
    from contextlib import nullcontext

    from chainrule.engine.optimizers import optimizer
    from chainrule.faces.cli.progress import bar
    from chainrule.faces.corpus.alphabet import read_text
    from chainrule.faces.corpus.text_training import TextRequest, falling, fit, prepare, source_of
    from chainrule.faces.plots import as_svg
    from chainrule.faces.tables.quoting import plain
    from chainrule.faces.tensorboard import event_files

    text, request = read_text(path, options["encoding"]), TextRequest(**{n: options[n] for n in REQUEST})
    ready = prepare(text, request, path)
    epochs = options["epochs"] or ready.epochs(options["batch_size"])
    rate, shape = options["learning_rate"], options["schedule"]
    changing = falling(ready, options["batch_size"], epochs, rate, shape)
    training = {name: None if options[name] == AUTO else options[name] for name in TRAINING}
    training["device"] = options["device"]
    optimizer(options["optimizer"], changing)  # an unknown one is refused first
    logs = nullcontext(None) if events is None else event_files(events)
    with logs as log, bar(epochs, quiet=as_json) as progress:
        run = fit(
            ready, request, source_of(path, text), progress,
            folder=keeper, log=log, learning_rate=changing, epochs=epochs, **training,
        )  # fmt: skip
    run = replace(run, settings=run.settings | {"learning_rate": rate, "schedule": shape})
    title = plain(f"{Path(path).name}: nats a character", 80)
    keeper.finish(run, {"loss.svg": as_svg(run.history, title).encode()})
    click.echo(_as_json(run, keeper.folder) if as_json else _report(run, ready, path, keeper.folder))
    return interrupted(run, keeper, run.epochs) or (DIVERGED if run.divergence else 0)


def finished(run: "Run", folder: Path) -> str:
    """The one object that `train --json` prints of a run, of a text or a table."""
    from chainrule.faces.cli import report

    return _as_json(run, folder) if run.extra["task"] == "text" else report.as_json(run, folder)


def _as_json(run: "Run", folder: Path) -> str:
    from chainrule.files.json_values import dumps

    plain_values = {
        "run": str(folder),
        "task": "text",
        "epochs": run.epochs,
        "best_epoch": run.best_epoch,
        "stopped_by": run.stopped_by.word,
        "loss": run.loss,
        "validation": run.extra["validation"],
        "seconds": run.seconds,
        **({"divergence": str(run.divergence)} if run.divergence else {}),
    }
    return dumps(plain_values)


def _report(run: "Run", ready: "TextFit", path: str, folder: Path) -> str:
    """The report of a training, at most 80 columns wide."""
    from chainrule.faces.cli.report import network_table
    from chainrule.faces.tables.quoting import counted, plain

    settings, length = run.settings, run.extra["text"]["length"]
    characters = run.extra["table"]["characters"]
    parts = [
        f"{plain(Path(path).name)}: {characters:,} characters of {len(ready.alphabet.characters)} kinds",
        f"{len(ready.x):,} rows of {length} to learn from, the last {len(ready.end):,} characters held out",
        "",
        network_table(run.network, length),
        "",
        f"{settings['optimizer']}, learning rate {settings['learning_rate']:g}"
        + ("" if settings["schedule"] == "constant" else f" ({settings['schedule']} schedule)")
        + f", batches of {settings['batch_size']}, {settings['dtype']}",
        "",
        *wrap(f"{counted(run.epochs, 'epoch')} in {run.seconds:.2g} s: {run.stopped_by.value}", 80),
        f"loss {run.loss:.4g} nats a character on the rows learned from",
    ]
    if run.extra["validation"]:
        parts.append(scores_text(run.extra["validation"], "held out"))
    parts += ["", f"saved in {folder}, with the loss as a picture in {folder / 'loss.svg'}"]
    return "\n".join([*parts, f"next: chainrule generate {folder}"])


def scores_text(scores: Mapping[str, Any], where: str) -> str:
    """Nats and bits for each character, and what the frequencies alone give."""
    if scores["nats"] is None:
        return f"of {scores['characters']:,} characters {where} nothing can be said"
    each = f"{scores['nats']:.4g} nats ({scores['bits']:.3g} bits) a character"
    return (
        f"{each} on the {scores['characters']:,} {where}\n"
        f"({scores['nats_by_frequency']:.4g} nats by how often each character stands, and no more)"
    )
