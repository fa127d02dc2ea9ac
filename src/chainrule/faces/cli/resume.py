"""A training from the command line, begun or gone on with: whose options count, and where it is kept."""

import os
import signal
from pathlib import Path
from typing import Any

import click

from chainrule.engine.runs.checkpointer import Keeper, finished
from chainrule.engine.runs.ensemble import Ensemble
from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.cli import plugin
from chainrule.faces.cli.options import Wholes
from chainrule.faces.tabular.source import as_text


def fresh(context: click.Context, table: str, folder: Path, interval: str, options: dict[str, Any]) -> Keeper:
    """What keeps a new training in `folder`; its options are stored along."""
    about = {"table": as_text(table), "options": _plain(options), "plugins": plugin.named(context)}
    return Keeper(folder, interval, about=about, say=_say)


def free_folder(out: str | None, table: str) -> Path:
    """Where the run goes: `out` if it is free, else the first free runs/TABLE-N; checked before training.

    Raises:
        InputError: `out` exists already, or no folder can be made there.
    """
    if out is None:
        stem, number = as_text(Path(table).name.partition(".")[0]) or "run", 1
        while (folder := Path("runs", f"{stem}-{number}")).exists():
            number += 1
    elif (folder := Path(out)).exists():
        raise InputError(f"--out {out} exists already: name another folder, or remove it first")
    parent = next(ancestor for ancestor in folder.absolute().parents if ancestor.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"{folder} cannot be made: {parent} is not a folder you can write to")
    return folder


def resumed(
    context: click.Context, folder: Path, interval: str, wishes: dict[str, Any]
) -> tuple[Keeper, dict[str, Any]]:
    """What keeps the training in `folder`, and its options; `asked` may want more epochs, nothing else.

    Raises:
        InputError: there is nothing to resume, or an option is another than it was started with.
    """
    keeper = Keeper(folder, interval, resume=True, say=_say)
    try:
        return keeper, _options(context, keeper, folder, wishes)
    except (InputError, click.UsageError) as error:
        keeper.close()
        if set(keeper.plugins) <= set(plugin.named(context)):
            raise
        raise InputError(f"{error}; {folder} was started so: go on with {keeper.how_to_resume}") from None


def done(folder: Path, wishes: dict[str, Any]) -> Run | None:
    """The run in `folder` if it is finished.

    Raises:
        InputError: it is, and more epochs are asked for.
    """
    run = finished(folder)
    if run and wishes.get("epochs", 0) > run.settings.get("epochs", 0):
        raise InputError(f"{folder} is finished: more --epochs are for a training that was interrupted")
    return run


def interrupted(run: Run | Ensemble, keeper: Keeper, epochs: int) -> int:
    """How an interrupted training is gone on with, and the exit code that says so; 0 if it was not."""
    if run.stopped_by.word != "interrupted":
        return 0
    click.echo(f"chainrule: stopped after epoch {epochs}; go on: {keeper.how_to_resume}", err=True)
    return 128 + (keeper.signal or signal.SIGINT)


def was_given(context: click.Context, name: str) -> bool:
    """Whether an option stands on the command line; none does where another command called this one."""
    return context.get_parameter_source(name) not in (None, click.core.ParameterSource.DEFAULT)


def _options(context: click.Context, keeper: Keeper, folder: Path, wishes: dict[str, Any]) -> dict[str, Any]:
    stored = keeper.about.get("options")
    if isinstance(stored, dict):
        stored = {"members": 1, "bins": 0} | stored  # as it was before there were any
    else:
        raise InputError(f"{folder} was trained from Python: resume it there, with train(..., resume=True)")
    begun = _plain(_checked(context, stored))
    for name, value in _plain(wishes).items():
        longer = name == "epochs" and begun.get("schedule") == "constant"
        if value != begun.get(name) and not longer:
            raise InputError(
                f"--{name.replace('_', '-')}: {folder} was started with {_shown(begun.get(name))}"
            )
    options = begun | wishes
    epochs = keeper.found.epoch if keeper.found else 0
    if options["epochs"] < epochs:
        raise InputError(f"--epochs {options['epochs']}: {folder} has gone through {epochs} already")
    modules = dict.fromkeys([*keeper.plugins, *plugin.named(context)])
    keeper.about = keeper.about | {"options": _plain(options), "plugins": list(modules)}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}


def _checked(context: click.Context, stored: dict[str, Any]) -> dict[str, Any]:
    """Options from a file, as strictly as from the command line."""
    params = {param.name: param for param in context.command.params if param.name in stored}
    options = {}
    for name, param in params.items():
        value = stored[name]
        wholes = isinstance(param.type, Wholes) and isinstance(value, list)
        options[name] = param.type_cast_value(context, ",".join(map(str, value)) if wholes else value)
    return options


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    """Options as JSON has them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}


def _shown(value: Any) -> str:
    if value in (None, []):
        return "none"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _say(text: str) -> None:
    click.echo(f"warning: {text}", err=True)
