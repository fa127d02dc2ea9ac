"""Commands in bad surroundings: stdout that fails, no stderr, inputs that never end, other locales."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux's /dev/full")
EXAMPLE = Path(__file__).parents[3] / "examples" / "worked" / "mazur.toml"
COMMANDS = {
    "help": ("--help",),
    "version": ("--version",),
    "lesson": ("lesson",),
    "json": ("lesson", "--json"),
    "explain": ("explain", EXAMPLE, "dE/dw1[0,0]"),
    "html": ("explain", EXAMPLE, "dE/dw1[0,0]", "--format", "html"),
    "check": ("check", EXAMPLE),
    "exercise": ("exercise",),
    "toml": ("exercise", "--format", "toml"),
    "train": ("train", "t.csv", "--target", "y", "--hidden", "3", "--epochs", "2"),
    "predict": ("predict", "run", "t.csv"),
    "evaluate": ("evaluate", "run", "t.csv"),
}
READING = {
    "train": ("train", "INPUT", "--target", "y"),
    "predict": ("predict", "run", "INPUT"),
    "explain": ("explain", "INPUT", "E"),
    "check": ("check", "INPUT"),
    "mark": ("exercise", "--mark", "INPUT"),
    "lesson": ("lesson", "INPUT"),
}


def shell(folder: Path, words: Any, rest: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    line = shlex.join([sys.executable, "-m", "chainrule", *map(str, words)])
    return subprocess.run(
        ["bash", "-c", f"{line} {rest}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | variables,
    )


def remarks(stderr: str) -> list[str]:
    """What is said on stderr, without notes, warnings, and that two epochs were too few."""
    usual = ("note: ", "warning: ", "chainrule: something is wrong with this training")
    return [line for line in stderr.splitlines() if not line.startswith(usual)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table and a run of it."""
    folder = tmp_path_factory.mktemp("surroundings")
    rows = "".join(f"{row % 7},{'yes' if row % 3 else 'no'}\n" for row in range(40))
    (folder / "t.csv").write_text(f"a,y\n{rows}")
    done = shell(folder, (*COMMANDS["train"], "--out", "run"))
    assert done.returncode == 0, done.stderr
    os.mkfifo(folder / "pipe")
    return folder


FULL, CLOSED = ("> /dev/full", "No space left on device"), (">&-", "it is closed")


@pytest.mark.parametrize(
    ("name", "rest", "reason"),
    [*((name, *FULL) for name in COMMANDS), *((n, *CLOSED) for n in ("help", "train"))],
)
def test_stdout_that_cannot_be_written_is_one_line_and_2(
    name: str, rest: str, reason: str, place: Path
) -> None:
    done = shell(place, COMMANDS[name], rest)
    assert remarks(done.stderr) == [f"chainrule: stdout cannot be written: {reason}"]
    assert done.returncode == 2


@pytest.mark.parametrize("name", ["lesson", "html", "predict", "json"])
def test_a_reader_of_stdout_that_has_left_is_141_and_no_word(name: str, place: Path) -> None:
    done = shell(place, COMMANDS[name], "| sleep 0; exit ${PIPESTATUS[0]}")
    assert (done.returncode, remarks(done.stderr)) == (141, [])


@pytest.mark.parametrize("rest", ["2>&-", "2>/dev/full"])
def test_stderr_that_is_gone_changes_nothing(rest: str, place: Path) -> None:
    usual = shell(place, COMMANDS["evaluate"], "2>/dev/null")
    done = shell(place, COMMANDS["evaluate"], rest)
    assert (done.returncode, done.stdout) == (0, usual.stdout)
    assert shell(place, ("lesson", "nowhere.toml"), rest).returncode == 2


def test_a_closed_descriptor_is_not_the_next_file(place: Path) -> None:
    """With stdout closed, the file that is opened next would be descriptor 1."""
    done = shell(place, (*COMMANDS["predict"], "--output", "p.csv"), ">&- <&-")
    assert done.returncode == 0, done.stderr
    assert (place / "p.csv").read_text() == shell(place, COMMANDS["predict"]).stdout


@pytest.mark.parametrize("name", READING)
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("pipe", "a pipe that nobody writes to"),
        ("/dev/zero", "not a regular file or a pipe"),
        (".", "folder|irectory|not a run"),
        ("nothing", "o such file"),
    ],
)
def test_inputs_that_never_end_or_are_none(name: str, source: str, reason: str, place: Path) -> None:
    done = shell(place, [source if word == "INPUT" else word for word in READING[name]])
    assert done.returncode == 2
    assert len(remarks(done.stderr)) == 1
    assert any(part in done.stderr for part in reason.split("|")), done.stderr


def test_a_pipe_is_a_table(place: Path) -> None:
    done = shell(place, ("evaluate", "run", "/dev/stdin", "--json"), "< <(cat t.csv)")
    assert done.returncode == 0, done.stderr
    assert done.stdout == shell(place, ("evaluate", "run", "t.csv", "--json")).stdout


@pytest.mark.parametrize("name", ["json", "explain", "check", "train"])
def test_other_locales_and_narrow_terminals(name: str, place: Path) -> None:
    plain = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "COLUMNS": "40"}
    done = shell(place, COMMANDS[name], **plain)
    assert done.returncode in (0, 1), done.stderr
    assert remarks(done.stderr) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_python_tidies_up_changes_nothing(number: int, place: Path) -> None:
    """The work is done, and its exit code is the one that counts."""
    script = f"""if True:
        import atexit, os
        from chainrule.__main__ import main
        atexit.register(os.kill, os.getpid(), {int(number)})
        main()"""
    words = [sys.executable, "-c", script, "evaluate", "run", "t.csv"]
    done = subprocess.run(words, cwd=place, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, remarks(done.stderr)) == (0, [])
    assert done.stdout == shell(place, COMMANDS["evaluate"]).stdout
