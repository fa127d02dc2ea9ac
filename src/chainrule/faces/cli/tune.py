"""chainrule tune: many settings tried on a table, and the best one trained into a run."""

import json
import shlex
from typing import TYPE_CHECKING, Any

import click

from chainrule.faces.cli.options import Whole
from chainrule.faces.cli.table_options import column_options, given, reading_options, row_options

if TYPE_CHECKING:
    from chainrule.faces.tabular.tuning import Setting, SettingTrial

TRIALS_FILE = "trials.json"
OWN = ("table", "trials", "out", "page", "as_json")  # what is no option of a training that is begun again


@click.command(context_settings={"show_default": True})
@click.argument("table")
@click.option("--target", metavar="COLUMN", required=True, help="The column to predict.")
@click.option("--trials", type=Whole(), default=20, help="Settings to try; the first is that of `train`.")
@click.option("--epochs", type=Whole(), default=200, help="At most so many in each trial.")
@click.option("--batch-size", type=Whole(), default=32, help="Rows in an update; 1 is online.")
@click.option("--seed", type=Whole(0, 2**32 - 1), default=0, help="Same seed, same trials, same weights.")
@row_options
@column_options
@reading_options
@click.option("--out", metavar="DIR", help="Where to write the run.  [default: runs/TABLE-N]")
@click.option("--html", "page", metavar="FILE", help="Write a report of the best run there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.pass_context
def tune(context: click.Context, /, table: str, trials: int, as_json: bool, **options: Any) -> int:
    """Try many settings on TABLE, and train the best one into a run.

    Hidden layers, learning rate, weight decay, dropout and bins are drawn by the seed and judged on the rows
    that each network leaves out of its training; the rows held out have no say. A trial that is worse after
    10, 20, 40 or 80 epochs than half of those before it is given up.

    The run is that of `chainrule train` with these settings; the command for it is printed. All trials stand
    in trials.json beside it.
    """
    from chainrule.faces.cli.progress import bar
    from chainrule.faces.cli.resume import free_folder
    from chainrule.faces.cli.train import train
    from chainrule.faces.tabular.request import Request
    from chainrule.faces.tabular.source import Reading
    from chainrule.faces.tabular.tuning import SettingSearch
    from chainrule.files.writing import save

    folder = free_folder(options["out"], table)
    request = Request(**{name: options[name] for name in Request.__dataclass_fields__ if name in options})
    steps = {"optimizer": "adam", "epochs": options["epochs"], "batch_size": options["batch_size"]}
    search = SettingSearch(Reading(**given(options)).table(table), request, **steps)

    def say(number: int, trial: "SettingTrial") -> None:
        if not as_json:
            click.echo(f"{number:>3}  {_told(trial, trial is search.best)}", err=True)

    with bar(options["epochs"], quiet=as_json) as progress:
        complete = search.go(trials, progress, say)
    if not complete:
        raise KeyboardInterrupt
    best = search.best.setting
    if not as_json:
        words = shlex.join(["chainrule", "train", table, *_given(context), *_options_of(best)])
        click.echo(f"the best of {trials}, on the rows left out in training:\n{words}\n", err=True)
    outcome: int = context.invoke(
        train,
        table=table,
        as_json=as_json,
        hidden=best.hidden,
        learning_rate=best.learning_rate,
        weight_decay=best.weight_decay,
        dropout=best.dropout,
        bins=best.bins,
        **options | {"out": str(folder)},
    )
    ranked = sorted(search.trials, key=lambda trial: trial.rank)
    save(str(folder / TRIALS_FILE), json.dumps([trial.plain for trial in ranked], indent=1).encode())
    return outcome


def _told(trial: "SettingTrial", best: bool) -> str:
    setting = trial.setting
    words = (
        f"{','.join(map(str, setting.hidden))}, rate {setting.learning_rate:g}, λ {setting.weight_decay:g}"
    )
    words += f", dropout {setting.dropout:g}, {setting.bins or 'no'} bins"
    mark = f"given up after epoch {trial.epochs}" if trial.given_up else "the best so far" if best else ""
    return f"loss {trial.loss:<9.4g} {words}  {mark}".rstrip()


def _options_of(setting: "Setting") -> list[str]:
    """A setting as options of `chainrule train`."""
    values = {
        "hidden": ",".join(map(str, setting.hidden)),
        "learning-rate": f"{setting.learning_rate:g}",
        "weight-decay": f"{setting.weight_decay:g}",
        "dropout": f"{setting.dropout:g}",
        "bins": str(setting.bins),
    }
    return [word for name, value in values.items() for word in (f"--{name}", value)]


def _given(context: click.Context) -> list[str]:
    """The options that were given, as they are given to `chainrule train`."""
    words: list[str] = []
    for param in context.command.params:
        name = param.name or ""
        if name in OWN or context.get_parameter_source(name) is not click.core.ParameterSource.COMMANDLINE:
            continue
        value = context.params[name]
        for item in value if isinstance(value, tuple) else (value,):
            words += [param.opts[-1], str(item)]
    return words
