"""What `chainrule train --seeds` says at the end, as text and as JSON."""

from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from chainrule.engine.runs.ensemble import MEMBERS, Ensemble
from chainrule.engine.runs.run import Run
from chainrule.faces.cli.report import beginning, measured
from chainrule.faces.cli.scores_report import aligned, scores_text
from chainrule.faces.tables.table import Table
from chainrule.faces.tabular.training import Fit, held_out_scores
from chainrule.files.json_values import dumps

SHOWN = 16  # members


def as_json(ensemble: Ensemble, ready: Fit, folder: Path) -> str:
    """The one object that `train --seeds --json` prints."""
    members = [
        {
            "run": str(place),
            "seed": run.settings["seed"],
            "epochs": run.epochs,
            "stopped_by": run.stopped_by.word,
            "best_epoch": run.best_epoch,
            "loss": run.loss,
            "validation": measured(run),
        }
        for place, run in zip(ensemble.places(folder), ensemble.members, strict=True)
    ]
    return dumps(
        {
            "run": str(folder),
            "task": ready.encoding.task,
            "best": members[ensemble.best_at],
            "members": members,
            "ensemble": {"validation": held_out_scores(ensemble, ready)},
            "seconds": ensemble.seconds,
        }
    )


def as_text(ensemble: Ensemble, table: Table, ready: Fit, folder: Path) -> str:
    """The report, at most 80 columns wide: the members, best first, and what they are together."""
    best, places = ensemble.best, ensemble.places(folder)
    held_out = best.validation_loss is not None
    order = sorted(
        range(len(ensemble)), key=lambda member: (member != ensemble.best_at, _rank(ensemble.members[member]))
    )
    rows = [("member", "seed", "epochs", "loss", *(("held out", _score(best)[0]) if held_out else ()), "")]
    for member in order[:SHOWN]:
        run = ensemble.members[member]
        numbers = [f"{run.loss:.4g}"]
        if held_out:
            numbers += [f"{run.validation_loss:.4g}", _score(run)[1]]
        why = "" if run.stopped_by is best.stopped_by else run.stopped_by.word
        rows.append((places[member].name, str(run.settings["seed"]), str(run.epochs), *numbers, why))
    parts = [
        *beginning(best, table, ready),
        "",
        f"{len(ensemble)} networks at once in {ensemble.seconds:.2g} s, the best first:",
        aligned(rows, numeric=(1, 2, 3, 4, 5) if held_out else (1, 2, 3)),
    ]
    if len(order) > SHOWN:
        parts += [f"  ... and {len(order) - SHOWN} more"]
    parts += ["", _spread("loss on the rows learned from", [run.loss for run in ensemble.members])]
    if held_out:
        losses = [run.validation_loss for run in ensemble.members]
        parts += [_spread("loss on the rows held out", losses)]
        parts += ["", f"the {len(ready.held_out)} rows held out, by the best alone (which they chose):"]
        parts += [scores_text(best.extra["validation"])]
        parts += [
            "",
            "and by the mean of all predictions:",
            scores_text(held_out_scores(ensemble, ready) or {}),
        ]
    saved = f"saved in {folder}: the best as the run, each in {folder / MEMBERS}"
    parts += ["", *wrap(saved, 80, break_long_words=False, break_on_hyphens=False)]
    return "\n".join([*parts, f"next: chainrule predict {folder} NEW.csv [--ensemble]"])


def _rank(run: Run) -> tuple[bool, float]:
    loss = run.loss if run.validation_loss is None else run.validation_loss
    return run.divergence is not None, loss


def _score(run: Run) -> tuple[str, str]:
    """What is quoted of a member's scores, and its value."""
    validation = run.extra["validation"] or {}
    if "accuracy" in validation:
        return "accuracy", f"{validation['accuracy']:.4f}"
    return "R²", "-" if validation.get("r2") is None else f"{validation['r2']:.4f}"


def _spread(label: str, values: list[Any]) -> str:
    array = np.array(values, float)
    return f"{label}: {array.mean():.4g} ± {array.std():.2g}, from {array.min():.4g} to {array.max():.4g}"
