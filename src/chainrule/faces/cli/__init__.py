"""The command line: which commands there are, and the one place where their errors come out."""

import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click

from chainrule.errors import InputError, did_you_mean
from chainrule.faces.cli import streams
from chainrule.faces.cli.plugin import PLUGIN
from chainrule.signals import end_at_once, ignore

# name: (where the command is, what it does). A command is imported when it is called, not before.
COMMANDS = {
    "lesson": (
        "chainrule.faces.cli.lesson:lesson",
        "Show a worked example of backpropagation, step by step.",
    ),
    "explain": (
        "chainrule.faces.cli.explain:explain",
        "Show where any number of a network comes from.",
    ),
    "check": (
        "chainrule.faces.cli.check:check",
        "Check the numbers that a worked example or a lesson prints.",
    ),
    "exercise": (
        "chainrule.faces.cli.exercise:exercise",
        "Make worksheets on backpropagation, and mark them.",
    ),
    "studio": (
        "chainrule.faces.cli.studio:studio",
        "Open a page to watch a network learn, and ask any number.",
    ),
    "train": ("chainrule.faces.cli.train:train", "Train a network on a table."),
    "tune": ("chainrule.faces.cli.tune:tune", "Try many settings on a table, and train the best."),
    "predict": ("chainrule.faces.cli.predict:predict", "Predict the rows of a table with a trained network."),
    "evaluate": ("chainrule.faces.cli.evaluate:evaluate", "Measure a trained network on a table."),
    "generate": (
        "chainrule.faces.cli.generate:generate",
        "Let a network that learned from a text write on.",
    ),
    "why": ("chainrule.faces.cli.why:why", "Show why a row is predicted as it is."),
    "diagnose": (
        "chainrule.faces.cli.diagnose:diagnose",
        "Say whether a training learned, why not, and what mends it.",
    ),
    "export": ("chainrule.faces.cli.export:export", "Write a trained network as ONNX."),
}
BAD_INPUT, OUR_MISTAKE = 2, 70  # the second is EX_SOFTWARE of sysexits.h
INTERRUPTED, PIPE_CLOSED = 130, 141  # 128 and the number of the signal, as shells count
TRACEBACK = "CHAINRULE_TRACEBACK"  # the variable of the environment that asks for tracebacks


class Commands(click.Group):
    """A group that knows its commands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        if PLUGIN not in command.params:
            command.params.append(PLUGIN)  # every command reads rules, or takes their names
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        if word not in COMMANDS and not word.startswith("-"):
            hint = did_you_mean(word, list(COMMANDS)) or f" One of: {', '.join(COMMANDS)}."
            raise click.UsageError(f"there is no command {word!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, does) for name, (_, does) in COMMANDS.items()])


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    params=[PLUGIN],
    epilog="`chainrule COMMAND --help` says more about a command.",
)
@click.version_option(package_name="chainrule", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Train neural networks on tables, and see every number that backpropagation multiplied."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    0 fine, 1 the answer is no, 2 bad input, usage or output, 70 a mistake of ours, 130 interrupted,
    141 the reader of stdout has left. A command returns its exit code, or None for 0. Whatever goes wrong is
    one line on stderr.
    """
    ours = sys.stdout is sys.__stdout__  # a test, or a program that calls us, may have put its own there
    if ours:
        streams.guard()
        end_at_once()
    code = _run(args)
    if ours:
        ignore()
    sys.exit(code)


def _run(args: list[str] | None) -> int:
    try:
        code = cli.main(args, prog_name="chainrule", standalone_mode=False)
        sys.stdout.flush()
    except streams.StdoutError as error:  # `chainrule lesson | head -3`: the reader has what it wanted
        streams.abandon_stdout()
        return PIPE_CLOSED if error.is_broken_pipe else refuse(f"stdout cannot be written: {error}")
    except InputError as error:
        return refuse(str(error))
    except click.UsageError as error:
        return refuse(_usage(error))
    except click.ClickException as error:
        return refuse(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except MemoryError:
        return refuse("not enough memory for this: take fewer rows, members or units")
    except OSError as error:
        if error.filename:
            return refuse(f"{error.filename}: {error.strerror}")
        return apologize(error)
    except Exception as error:  # noqa: BLE001 (the boundary: whatever it is, it is told)
        return apologize(error)
    return code if isinstance(code, int) else 0


def _usage(error: click.UsageError) -> str:
    """What was wrong about the words of a command, and where to read more."""
    where = error.ctx.command_path if error.ctx else "chainrule"
    message = error.format_message()
    if isinstance(error, click.NoSuchOption):  # which click words otherwise in each version
        hint = did_you_mean(error.option_name, list(error.possibilities or ()))
        message = f"No such option {error.option_name!r}.{hint}"
    return f"{message}{'' if message[-1:] in '.?!' else '.'} See `{where} --help`."


def refuse(message: str) -> int:
    """Say in one line on stderr what is wrong with what came in; the exit code for it."""
    click.echo(f"chainrule: {' '.join(message.split())}", err=True)
    return BAD_INPUT


def apologize(error: Exception) -> int:
    """Say in one line on stderr that the mistake is ours, and what to do; the exit code for it."""
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    frame = traceback.extract_tb(error.__traceback__)[-1:]
    place = "".join(f" ({Path(f.filename).name}, line {f.lineno})" for f in frame)
    what = f"{type(error).__name__}: {error}"[:200]
    click.echo(
        f"chainrule: a mistake of ours, not of yours: {' '.join(what.split())}{place}. Please report it, with"
        f" what {TRACEBACK}=1 prints before this line.",
        err=True,
    )
    return OUR_MISTAKE
