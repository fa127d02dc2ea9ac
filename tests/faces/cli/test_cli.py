"""The command line as a whole: help without imports, one line for every error, exit codes, pipes."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from chainrule.errors import InputError
from chainrule.faces import cli
from chainrule.faces.cli.options import FRACTION, FROM_ZERO, POSITIVE, Choice, Real, Whole, Wholes


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chainrule", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


def test_help_lists_every_command_and_what_it_does() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    assert not shown.stderr
    for name, (_, does) in cli.COMMANDS.items():
        assert name in shown.stdout
        assert does.split()[0] in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80


def test_without_a_command_it_helps() -> None:
    assert run().stdout == run("--help").stdout == run("-h").stdout


def test_every_command_is_where_the_table_says() -> None:
    context = click.Context(cli.cli)
    for name in cli.COMMANDS:
        command = cli.cli.get_command(context, name)
        assert isinstance(command, click.Command)
        assert command.name == name
        assert command.help


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lessen"], "there is no command 'lessen'. Did you mean 'lesson'? See `chainrule --help`."),
        (
            ["xyz"],
            "there is no command 'xyz'. One of: lesson, explain, check, exercise, studio, train, tune",
        ),
        (["--colour"], "No such option '--colour'. See `chainrule --help`."),
        (["lesson", "--epoch", "3"], "No such option '--epoch'. Did you mean '--epochs'?"),
        (["lesson", "--epochs"], "Option '--epochs' requires an argument. See `chainrule"),
        (["lesson", "--epochs", "-1"], "Invalid value for '--epochs': '-1' is not a whole number from 0 up."),
        (["lesson", "--threshold", "nan"], "Invalid value for '--threshold': 'nan' is not a number above 0."),
        (["lesson", "a.toml", "b.toml"], "Got unexpected extra argument"),
        (["lesson", "no.toml"], "no.toml: No such file or directory"),
    ],
)
def test_errors_are_one_line_and_exit_2(arguments: list[str], says: str) -> None:
    refused = run(*arguments)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith("chainrule: ")
    assert says in refused.stderr
    assert refused.stderr.count("\n") == 1


class Raising(click.Command):
    """A command that raises what it was made with, or returns it."""

    def __init__(self, outcome: object) -> None:
        super().__init__("raising")
        self.outcome = outcome

    def invoke(self, ctx: click.Context) -> object:
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


@pytest.mark.parametrize(
    ("outcome", "code", "says"),
    [
        (None, 0, ""),
        (0, 0, ""),
        (1, 1, ""),
        (InputError("table.csv:\n  row 3"), 2, "chainrule: table.csv: row 3\n"),
        (click.UsageError("give one of two"), 2, "chainrule: give one of two. See `chainrule --help`.\n"),
        (click.FileError("out", "no room"), 2, "chainrule: Could not open file 'out': no room\n"),
        (PermissionError(13, "Permission denied", "out/run"), 2, "chainrule: out/run: Permission denied\n"),
        (KeyboardInterrupt(), 130, ""),
        (click.Abort(), 130, ""),
    ],
    ids=repr,
)
def test_outcomes(
    outcome: object, code: int, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli.Commands, "get_command", lambda self, ctx, name: Raising(outcome))
    with pytest.raises(SystemExit) as ended:
        cli.main(["lesson"])
    assert ended.value.code == code
    assert capsys.readouterr().err.lstrip("\n") == says


@pytest.mark.parametrize("outcome", [ZeroDivisionError("ours"), OSError("no file in it"), ValueError("ours")])
@pytest.mark.parametrize("asked", [False, True])
def test_our_own_mistakes_are_one_line_and_70(
    outcome: Exception, asked: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli.Commands, "get_command", lambda self, ctx, name: Raising(outcome))
    monkeypatch.setenv(cli.TRACEBACK, "1" if asked else "")
    with pytest.raises(SystemExit) as ended:
        cli.main(["lesson"])
    assert ended.value.code == cli.OUR_MISTAKE == 70
    told = capsys.readouterr().err
    assert ("Traceback" in told) == asked
    line = told.splitlines()[-1]
    assert line.startswith(f"chainrule: a mistake of ours, not of yours: {type(outcome).__name__}: ")
    assert "test_cli.py" in line  # where it was raised
    assert "report it" in line


def test_no_memory_is_not_our_mistake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli.Commands, "get_command", lambda self, ctx, name: Raising(MemoryError()))
    with pytest.raises(SystemExit) as ended:
        cli.main(["lesson"])
    assert ended.value.code == 2
    assert "not enough memory" in capsys.readouterr().err


def test_a_reader_that_leaves_is_met_quietly(tmp_path: Path) -> None:
    error = tmp_path / "stderr"
    script = f"{sys.executable} -m chainrule lesson 2> {error} | head -n 1; exit ${{PIPESTATUS[0]}}"
    wide = {"PYTHONUNBUFFERED": "1"}
    import os

    ended = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False, env=os.environ | wide
    )
    assert ended.stdout == "Backpropagation by hand\n"
    assert error.read_text() == ""
    assert ended.returncode in (0, cli.PIPE_CLOSED)  # 0 where all was written before the reader left


@pytest.mark.parametrize(
    ("kind", "value", "converted"),
    [
        (POSITIVE, "1e-3", 1e-3),
        (FROM_ZERO, "0", 0.0),
        (FRACTION, "0.2", 0.2),
        (FRACTION, "0", 0.0),
        (Whole(), "7", 7),
        (Whole(0), "0", 0),
        (Wholes(), "64,32", (64, 32)),
        (Wholes(), " 64, 32 ", (64, 32)),
        (Wholes(), "none", ()),
        (Wholes(), (4,), (4,)),
        (Choice(["adam", "sgd"]), "adam", "adam"),
        (Choice(lambda: ["adam", "sgd"]), "sgd", "sgd"),
    ],
)
def test_options_convert(kind: click.ParamType, value: object, converted: object) -> None:
    assert kind.convert(value, None, None) == converted


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        (POSITIVE, "nan", "'nan' is not a number above 0"),
        (POSITIVE, "inf", "'inf' is not a number above 0"),
        (POSITIVE, "0", "'0' is not a number above 0"),
        (POSITIVE, "fast", "'fast' is not a number above 0"),
        (FROM_ZERO, "-1", "'-1' is not a number from 0"),
        (FRACTION, "1", "'1' is not a number from 0 and below 1"),
        (Real(), "nan", "'nan' is not a number"),
        (Whole(), "0", "'0' is not a whole number from 1 up"),
        (Whole(), "1.5", "'1.5' is not a whole number from 1 up"),
        (Wholes(), "0", "'0' is not a whole number from 1 up; write 64,32 for two layers"),
        (Wholes(), "64,-1", "'-1' in '64,-1' is not a whole number from 1 up"),
        (Wholes(), "64,", "'' in '64,' is not a whole number"),
        (Choice(["sigmoid", "relu"]), "sigmod", "'sigmod' is not known. Did you mean 'sigmoid'?"),
        (Choice(["sigmoid", "relu"]), "xyz", "'xyz' is not known. One of: sigmoid, relu."),
    ],
)
def test_options_refuse(kind: click.ParamType, value: str, says: str) -> None:
    with pytest.raises(click.BadParameter) as refused:
        kind.convert(value, None, None)
    assert says in refused.value.message


def test_choices_are_shown_in_the_help() -> None:
    command = click.Command("c", params=[click.Option(["--a"], type=Choice(["x", "y"]))])
    assert "--a [x|y]" in command.get_help(click.Context(command))
    command = click.Command("c", params=[click.Option(["--a"], type=Choice(["x", "y"], "NAME"))])
    assert "--a NAME" in command.get_help(click.Context(command))


@pytest.mark.parametrize("command", list(cli.COMMANDS))
def test_help_of_every_command_is_set_as_it_was_written(command: str) -> None:
    helped = run(command, "--help")
    assert helped.returncode == 0
    assert "\\b" not in helped.stdout
    assert max(map(len, helped.stdout.splitlines())) <= 80


LESSON = "Sigmoid, squared error (y - ŷ)^2. x = 2, w = 0.5, b = -0.5, y = 1.\n\nz = 0.5, ŷ = {}, E = 0.1425\n"
NOT_UNDERSTOOD = LESSON.format("0.41") + "L = 3.3, ∂L/∂w = 7.1, ∂L/∂b = 4.2, ∂L/∂z = 9.9\n"


@pytest.mark.parametrize(("text", "code"), [(LESSON.format("0.6225"), 0), (LESSON.format("0.6252"), 1)])
def test_a_lesson_is_piped_in(text: str, code: int) -> None:
    checked = run("check", "-", input=text)
    assert (checked.returncode, checked.stderr) == (code, "")
    assert "numbers checked" in checked.stdout


def test_a_lesson_that_was_not_understood_is_2_with_its_toml(tmp_path: Path) -> None:
    checked = run("check", "-", "--verbose", input=NOT_UNDERSTOOD)
    assert checked.returncode == 2
    assert checked.stderr.startswith(
        "chainrule: standard input: I cannot read this lesson, because only 2 of"
    )
    assert checked.stderr.count("\n") == 1
    assert "[[layers]]" in checked.stdout
    plain = run("check", "-", "--json", input=NOT_UNDERSTOOD)
    assert plain.returncode == 2
    assert json.loads(plain.stdout)["verdict"] == "unread"
    written = tmp_path / "mended.toml"
    assert run("check", "-", "--write", str(written), input=NOT_UNDERSTOOD).returncode == 2
    assert run("check", str(written)).returncode == 1


def test_bytes_that_are_no_text_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"w = \xff")
    checked = run("check", str(tmp_path / "a.txt"))
    assert (checked.returncode, checked.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize(("name", "begins"), [("v.html", b"<!DOCTYPE"), ("v.pdf", b"%PDF"), ("v.md", b"# ")])
def test_a_verdict_is_written_as_a_page(tmp_path: Path, name: str, begins: bytes) -> None:
    checked = run("check", "-", "--output", str(tmp_path / name), input=LESSON.format("0.6252"))
    assert (checked.returncode, checked.stdout, checked.stderr) == (1, "", "")
    content = (tmp_path / name).read_bytes()
    assert content.lower().startswith(begins.lower())
    assert name == "v.pdf" or b"line 3" in content


def test_json_says_where_a_number_of_a_lesson_stands() -> None:
    checked = run("check", "-", "--json", input=LESSON.format("0.6252"))
    claims = json.loads(checked.stdout)["claims"]
    places = {claim["quantity"]: claim["place"] for claim in claims}
    assert places == dict.fromkeys(("z1", "a1", "E"), "line 3")
    text = LESSON.format("0.6252")
    for claim in claims:
        span = claim["span"]
        assert (span["line"], text[span["start"] : span["end"]]) == (3, claim["claimed"])
