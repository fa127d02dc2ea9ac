"""chainrule train: a table in, a trained network out."""

import signal
from collections import ChainMap, deque
from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from chainrule.faces.cli.options import (
    AUTO,
    FRACTION,
    FROM_ZERO,
    Choice,
    Patience,
    Whole,
    WholeOrAuto,
    Wholes,
)
from chainrule.faces.cli.table_options import (
    READING,
    column_options,
    device_options,
    given,
    reading_options,
    row_options,
    say,
    text_options,
)

if TYPE_CHECKING:
    from chainrule.engine.runs.checkpointer import Keeper
    from chainrule.engine.runs.run import Run
    from chainrule.faces.tables.table import Table
    from chainrule.faces.tabular.request import Request
    from chainrule.faces.tabular.source import Reading
    from chainrule.faces.tabular.training import Fit

ACTIVATIONS_SHOWN = "[relu|tanh|sigmoid|gelu|...]"
DIVERGED = 1


def _activations() -> Collection[str]:
    from chainrule.rules.activations import ACTIVATIONS

    return ACTIVATIONS


def _losses() -> Collection[str]:
    from chainrule.rules.registry import TABLE_LOSSES

    return ChainMap[str, Any](cast("Any", TABLE_LOSSES), {"auto": None})  # the last map's names come first


@click.command(context_settings={"show_default": True})
@click.argument("table")
@click.option("--target", metavar="COLUMN", help="The column to predict.  [required]")
@click.option("--hidden", type=Wholes(), default="64,64", help="Units of each hidden layer; 'none' for none.")
@click.option(
    "--image", metavar="HxW[xC]", help="The columns are the pixels of an image, row by row: 28x28, 32x32x3."
)
@click.option(
    "--conv",
    type=Wholes(),
    default="16,32",
    help="Of images: units of each convolution, each followed by max pooling of 2; 'none' for none.",
)
@click.option("--window", type=Whole(1, 99), default=3, help="Of images: the side of each convolution.")
@click.option("--batch-norm", is_flag=True, help="Of images: a batch norm behind each convolution.")
@click.option("--activation", type=Choice(_activations, ACTIVATIONS_SHOWN), default="relu")
@click.option("--loss", type=Choice(_losses, "NAME"), default="auto", help="auto: cross-entropy for classes.")
@click.option(
    "--optimizer", metavar="NAME", default="adam", help="Any of Optax: adam, sgd, adamw, rmsprop, ..."
)
@click.option("--learning-rate", type=FROM_ZERO, default=0.001)
@click.option(
    "--schedule",
    type=Choice(("constant", "linear", "cosine", "exponential")),
    default="constant",
    help="How the learning rate falls over the epochs.",
)
@click.option("--batch-size", type=Whole(), default=32, help="Rows in an update; 1 is online.")
@click.option("--epochs", type=Whole(), default=200)
@click.option("--threshold", type=FROM_ZERO, help="Stop when the loss of an epoch is below.")
@click.option(
    "--patience",
    type=Patience(),
    metavar="EPOCHS",
    default=AUTO,
    show_default="20, if rows are held out and there is no --threshold",
    help="Keep the weights with the best validation loss; stop after so many epochs without a better one."
    " 'none' runs all epochs and keeps the last.",
)
@click.option(
    "--members",
    type=WholeOrAuto(),
    metavar="N",
    default=AUTO,
    show_default="8 for up to 20,000 rows",
    help="Networks, each learning without another part of the rows, which choose the epoch; the run is their"
    " mean. 1 for a single network, chosen by the rows held out.",
)
@click.option(
    "--bins",
    type=WholeOrAuto(0),
    metavar="N",
    default=AUTO,
    show_default="16 for amounts, with hidden layers",
    help="Inputs beside each column of numbers: how far a value is through each of N bins; 0 for none.",
)
@row_options
@click.option("--dropout", type=FRACTION, default=0.0, help="Rate after each hidden layer.")
@click.option("--weight-decay", type=FROM_ZERO, default=0.0, help="λ of the L2 penalty ½λΣw².")
@click.option("--seed", type=Whole(0, 2**32 - 1), default=0, help="Same seed, same weights.")
@click.option(
    "--seeds",
    type=Whole(),
    metavar="N",
    help="Train N networks at once, from seeds --seed, --seed + 1, ...; the best is the run.",
)
@column_options
@text_options
@device_options
@click.option("--dtype", type=Choice(("float32", "float64")), default="float32")
@reading_options
@click.option("--out", metavar="DIR", help="Where to write the run.  [default: runs/TABLE-N]")
@click.option(
    "--checkpoint-every",
    metavar="TIME|EPOCHS",
    default="30s",
    help="How often to save what a resumed training needs: 30s, 5m, or so many epochs.",
)
@click.option(
    "--resume", metavar="DIR", help="Go on with the training in DIR, with its options; TABLE is the same."
)
@click.option(
    "--html", "page", metavar="FILE", help="Write a report there: how good, compared with what, and why."
)
@click.option("--log", "events", metavar="DIR", help="Write TensorBoard event files there too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.pass_context
def train(
    context: click.Context,
    /,
    table: str,
    out: str | None,
    resume: str | None,
    seeds: int | None,
    checkpoint_every: str,
    events: str | None,
    page: str | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Train a network on TABLE, a CSV or Parquet file, and write it into a run.

    TABLE may also be a file of NumPy (.npz) with the arrays x and y. Images, x (n, h, w) or
    (n, h, w, channels), are learned from with convolutions, as are the columns of a table with --image.
    With --task text it is a text, whose characters a transformer learns to foresee: see chainrule generate.

    The columns' types are found by looking: numbers are standardised, categories one-hot encoded, missing
    cells filled in and flagged. Some rows are held out, and the network is measured on them.

    A training that was stopped, by Ctrl-C, a SIGTERM or a power failure, goes on with --resume as if it
    never had been: the weights are the same, bit for bit.
    """
    from chainrule.faces.cli import train_text
    from chainrule.faces.cli.resume import done, free_folder, fresh, resumed, was_given

    if resume is None:
        options = _asked_for(context, options | {"seeds": seeds}, events)
        if options["target"] is None and table.lower().endswith(".npz"):
            options["target"] = "y"
        if options["target"] is None and options["task"] != "text":
            raise click.UsageError("Missing option '--target': the column to predict.", context)
        keeper = fresh(context, table, free_folder(out, table), checkpoint_every, options)
    else:
        if out is not None and Path(out).absolute() != Path(resume).absolute():
            raise click.UsageError("--resume DIR writes into DIR: leave --out away.", context)
        options |= {"seeds": seeds}
        wishes = {name: options[name] for name in options if was_given(context, name)}
        if run := done(Path(resume), wishes):
            click.echo(f"note: {resume} is finished: there is nothing to resume", err=True)
            click.echo(train_text.finished(run, Path(resume)) if as_json else f"saved in {resume}")
            return DIVERGED if run.divergence else 0
        keeper, options = resumed(context, Path(resume), checkpoint_every, wishes)
    seeds = options.pop("seeds", None)
    try:
        if options["task"] == "text":
            return train_text.train_text_file(table, keeper, as_json, events, options)
        if seeds is None:
            return _train(table, keeper, as_json, events, page, options)
        return _train_ensemble(table, keeper, seeds, as_json, page, options)
    finally:
        keeper.close()


def _asked_for(context: click.Context, options: dict[str, Any], events: str | None) -> dict[str, Any]:
    """The options of a new training, if they go together."""
    from chainrule.faces.cli import train_text

    if options["task"] == "text":
        return train_text.settled(context, options)
    options, seeds = train_text.refuse_own(context, options), options["seeds"]
    if seeds is not None and events is not None:
        raise click.UsageError("--log is for one network: leave --seeds away.", context)
    if seeds is not None and options["members"] not in (AUTO, 1):
        raise click.UsageError("--members and --seeds are two ways to train many: give one.", context)
    if seeds is not None and options["folds"] is not None:
        raise click.UsageError("--folds is for one run: leave --seeds away.", context)
    return options | {"members": options["members"] if seeds is None else 1}


def _train(
    table: str,
    keeper: "Keeper",
    as_json: bool,
    events: str | None,
    page: str | None,
    options: dict[str, Any],
) -> int:
    """Train, write the run into the keeper's folder, and report."""
    from chainrule.engine.stopping import Stop
    from chainrule.faces.cli import report
    from chainrule.faces.cli.progress import bar
    from chainrule.faces.cli.resume import interrupted
    from chainrule.faces.tabular import training as tabular
    from chainrule.faces.tabular.cross_validation import cross_validated
    from chainrule.faces.tensorboard import event_files

    inputs, options, rates = _asked(table, options)
    read, request, ready, reading = inputs
    logs = nullcontext(None) if events is None else event_files(events)
    with logs as log, bar(options["epochs"], quiet=as_json) as progress:
        run = tabular.fit(*inputs, progress, folder=keeper, log=log, **options)
        run = cross_validated(run, read, request, reading, progress, **options)
    run = replace(run, settings=run.settings | rates)
    keeper.finish(run, _picture(run, read, request))
    if run.divergence:
        click.echo(f"chainrule: diverged in {run.divergence}; {report.REMEDY}", err=True)
    text = report.as_json(run, keeper.folder) if as_json else report.as_text(run, read, ready, keeper.folder)
    click.echo(text)
    report.warn(run, ready, keeper.folder)
    report.write_report(page, run, ready)
    if request.folds and "folds" not in run.extra and run.stopped_by is not Stop.INTERRUPTED:
        click.echo("chainrule: the folds were interrupted: they have no scores", err=True)
        return 128 + signal.SIGINT
    return interrupted(run, keeper, run.epochs) or (DIVERGED if run.divergence else 0)


def _train_ensemble(
    table: str, keeper: "Keeper", seeds: int, as_json: bool, page: str | None, options: dict[str, Any]
) -> int:
    """Train many, write them into the keeper's folder, and report."""
    from chainrule.faces.cli import report, report_ensemble
    from chainrule.faces.cli.progress import bar
    from chainrule.faces.cli.resume import interrupted
    from chainrule.faces.tabular import training as tabular

    inputs, options, rates = _asked(table, options)
    with bar(options["epochs"], quiet=as_json) as progress:
        ensemble = tabular.fit_ensemble(*inputs, progress, seeds=seeds, folder=keeper, **options)
    members = (replace(run, settings=run.settings | rates) for run in ensemble.members)
    ensemble = replace(ensemble, members=tuple(members))
    keeper.finish(ensemble, _picture(ensemble.best, *inputs[:2]))
    diverged = [run.divergence for run in ensemble.members if run.divergence]
    if diverged:
        failures = f"{len(diverged)} of {seeds} networks diverged, the first in {diverged[0]}"
        click.echo(f"chainrule: {failures}; {report.REMEDY}", err=True)
    read, _, ready, _ = inputs
    if as_json:
        click.echo(report_ensemble.as_json(ensemble, ready, keeper.folder))
    else:
        click.echo(report_ensemble.as_text(ensemble, read, ready, keeper.folder))
    report.write_report(page, ensemble.best, ready)
    epochs = max(run.epochs for run in ensemble.members)
    return interrupted(ensemble, keeper, epochs) or (DIVERGED if len(diverged) == seeds else 0)


def _asked(
    table: str, options: dict[str, Any]
) -> "tuple[tuple[Table, Request, Fit, Reading], dict[str, Any], dict[str, Any]]":
    """The table as read, the request, what it was made into, and how it was read: what `tabular.fit` wants
    first. Then the options that are left, for the training, and how the rates are to be recorded.
    """
    from chainrule.engine.optimizers import optimizer, schedule
    from chainrule.faces.tabular import training as tabular
    from chainrule.faces.tabular.cross_validation import folds_of
    from chainrule.faces.tabular.request import Request
    from chainrule.faces.tabular.source import Reading

    reading = Reading(**given(options))
    options = {name: value for name, value in options.items() if name not in READING}
    fields = Request.__dataclass_fields__
    request = Request(**{name: options.pop(name) for name in list(options) if name in fields})
    read = reading.table(table)
    ready = tabular.prepare(read, request, options["threshold"])
    deque(folds_of(read, request, options["threshold"]), 0)  # one that cannot be trained is refused before
    rate, shape = options.pop("learning_rate"), options.pop("schedule")
    steps = -(-ready.rows_each // options["batch_size"]) * options["epochs"]
    options["learning_rate"] = rate if shape == "constant" else schedule(shape, rate, steps)
    optimizer(options["optimizer"], options["learning_rate"])  # an unknown one is refused first
    say(read.notes)
    return (read, request, ready, reading), options, {"learning_rate": rate, "schedule": shape}


def _picture(run: "Run", read: "Table", request: "Request") -> dict[str, bytes]:
    """The loss as a picture, by the name of its file."""
    from chainrule.faces.plots import as_svg
    from chainrule.faces.tables.quoting import plain

    title = plain(f"{Path(read.path).name}: {request.target}", 80)
    return {"loss.svg": as_svg(run.history, title).encode()}
