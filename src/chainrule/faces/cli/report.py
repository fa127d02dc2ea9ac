"""What `chainrule train` and `evaluate` say at the end, as text and as JSON."""

import shlex
import sys
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

from chainrule.engine.network import Network
from chainrule.engine.runs.run import Run
from chainrule.faces.cli.scores_report import aligned, folds_text, scores_text
from chainrule.faces.plots import in_terminal
from chainrule.faces.tables.quoting import counted, plain
from chainrule.faces.tables.table import Table
from chainrule.faces.tabular.gone_wrong import has_gone_wrong
from chainrule.faces.tabular.held_back import chosen_on_held_out
from chainrule.faces.tabular.training import Fit
from chainrule.files.json_values import dumps

ROOM = 40  # letters for the shapes of a layer's parameters
REMEDY = "a lower --learning-rate is the usual cure"


def as_json(run: Run, folder: Path) -> str:
    """The one object that `train --json` prints."""
    plain_values = {
        "run": str(folder),
        "task": run.extra["task"],
        "members": run.settings.get("members", 1),
        "epochs": run.epochs,
        "best_epoch": run.best_epoch,
        "stopped_by": run.stopped_by.word,
        "loss": run.loss,
        "validation": measured(run),
        "seconds": run.seconds,
        "notes": notes(run),
    }
    if "folds" in run.extra:
        plain_values["folds"] = run.extra["folds"]
    if run.divergence:
        plain_values["divergence"] = str(run.divergence)
    return dumps(plain_values)


def notes(run: Run) -> list[str]:
    """What was said of the table: `note: ...` or `warning: ...`, as on stderr."""
    return [f"{kind}: {text}" for kind, text in run.extra["encoding"]["notes"]]


def as_text(run: Run, table: Table, ready: Fit, folder: Path) -> str:
    """The report of a training, at most 80 columns wide."""
    parts = beginning(run, table, ready)
    if drawn := in_terminal(run.history, colour=sys.stdout.isatty() and not no_colour()):
        parts += ["", drawn.rstrip()]
    pace = f"{counted(run.epochs, 'epoch')} in {run.seconds:.2g} s{_device(run)}"
    parts += ["", *wrap(f"{pace}: {run.stopped_by.value}", 80)]
    parts += _losses(run, ready)
    if run.extra["validation"]:
        chosen = chosen_on_held_out(run.extra)
        chosen = f" (which also chose {chosen}; new rows may do worse)" if chosen else ""
        parts += [
            "",
            f"the {len(ready.held_out)} rows held out{chosen}:",
            scores_text(run.extra["validation"]),
        ]
    if folds := run.extra.get("folds"):
        parts += ["", folds_text(folds)]
    parts += ["", f"saved in {folder}, with the loss as a picture in {folder / 'loss.svg'}"]
    return "\n".join([*parts, f"next: chainrule predict {folder} NEW.csv"])


def _device(run: Run) -> str:
    """Where it was computed, if this machine has a GPU."""
    device = run.settings.get("device")
    if device is None:
        return ""
    return f" on {device}" if device != "cpu" else " on the processor (--device gpu takes the GPU)"


def warn(run: Run, ready: Fit, folder: Path) -> None:
    """A line on stderr where the training has gone wrong: what says why."""
    if has_gone_wrong(run, ready):
        command = shlex.join(["chainrule", "diagnose", str(folder)])
        click.echo(
            f"chainrule: something is wrong with this training; what, and what mends it: {command}", err=True
        )


def beginning(run: Run, table: Table, ready: Fit) -> list[str]:
    """The lines of a report that say what was learned from, and how."""
    settings, columns = run.settings, counted(len(ready.encoding.columns), "input column")
    rows = f"{plain(Path(table.path).name)}: {counted(table.rows, 'row')}"
    return [
        f"{rows}, {columns} as {ready.encoding.inputs} inputs",
        f"{len(ready.kept)} rows to learn from, {len(ready.held_out) or 'none'} held out",
        "",
        network_table(ready.network, ready.encoding.inputs),
        "",
        f"{settings['optimizer']}, learning rate {settings['learning_rate']:g}"
        + ("" if settings["schedule"] == "constant" else f" ({settings['schedule']} schedule)")
        + f", batches of {settings['batch_size']}, {settings['dtype']}",
        *(
            wrap(
                f"{ready.members} such networks, each learns without another 1/{ready.members} of these rows;"
                " the run is their mean",
                80,
            )
            if ready.members > 1
            else ()
        ),
    ]


def write_report(page: str | None, run: Run, ready: Fit) -> None:
    """Write the report as a page, if a file was named for it."""
    from chainrule.faces.table_report.report_page import write_page

    if page is not None:
        write_page(page, run, ready)
        click.echo(f"report: {page}", err=True)


def _losses(run: Run, ready: Fit) -> list[str]:
    """The losses of the weights that were kept, and advice where the rows held out say that it learned too
    long, or not long enough.
    """
    history = run.history.validation_loss
    held_out = "" if run.validation_loss is None else f", {run.validation_loss:.4g} on the rows held out"
    chosen_by = ", best on the rows that each left out:" if ready.members > 1 else ":"
    lines = [f"the weights kept are those after epoch {run.best_epoch}{chosen_by}"] if run.best_epoch else []
    lines += [f"loss {run.loss:.4g} on the rows learned from{held_out}"]
    if history and not run.best_epoch and history[-1] > 1.1 * min(history):
        epoch = history.index(min(history)) + 1
        lowest = f"it was lowest after epoch {epoch}, {min(history):.4g}"
        lines += [f"({lowest}: --patience 20 keeps such weights)"]
    return lines


def network_table(network: Network, inputs: int) -> str:
    """Layer, shape of its output, parameters."""
    rows = [("layer", "output", "parameters", "")]
    for row in network.summary(inputs):
        shapes = " + ".join(f"{name} {shape}".replace(",)", ")") for name, shape in row.parameters.items())
        if len(shapes) > ROOM:
            shapes = " ".join(row.parameters)
        rows.append(
            (row.layer, f"({', '.join(map(str, row.shape))})", shapes, f"{row.count:,}" if row.count else "")
        )
    total = sum(row.count for row in network.summary(inputs))
    rows.append(("", "", "", f"{total:,}"))
    return aligned(rows, numeric=(3,))


def no_colour() -> bool:
    """Whether NO_COLOR asks for none (no-color.org)."""
    import os

    return bool(os.environ.get("NO_COLOR"))


def measured(run: Run) -> dict[str, Any] | None:
    """The scores of a run on the rows held out, with the loss there."""
    validation = run.extra["validation"]
    return validation and {"loss": run.validation_loss, **validation}
