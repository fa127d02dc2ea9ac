"""`chainrule lesson` as a person starts it: width, colours, ASCII, JSON, bad files, light imports."""

import json
import os
import pty
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chainrule.ask.cases import example as worked

FIGURES = [
    *("0.415", "0.6023", "0.921", "0.7153", "0.05707", "0.4272"),
    *("0.09476", "0.6121", "0.001021", "0.1496", "0.01021", "0.3959"),
]
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chainrule", "lesson", *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What the command writes to a terminal."""
    ours, theirs = pty.openpty()
    started = subprocess.Popen(
        [sys.executable, "-m", "chainrule", "lesson", *arguments],
        stdout=theirs,
        env={**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8", **environment},
    )
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 65536):
            written += part
    except OSError:  # the terminal is gone once the command has ended
        pass
    os.close(ours)
    assert started.wait(60) == 0
    return written.decode().replace("\r\n", "\n")


def test_the_built_in_lesson() -> None:
    shown = run()
    assert shown.returncode == 0
    assert shown.stderr == ""
    assert "\x1b" not in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80
    for figure in [
        "0.415",
        "0.6023",
        "0.921",
        "0.7153",
        "0.05707",
        "0.4272",
        "0.09476",
        "0.6121",
        "0.001021",
        "0.1496",
        "0.01021",
        "0.3959",
    ]:
        assert figure in shown.stdout
    assert "After 81 epochs" in shown.stdout


def test_colours_are_for_terminals_that_want_them() -> None:
    plain = run().stdout
    coloured = on_a_terminal()
    assert "\x1b[32m\x1b[1m0.7153\x1b[0m" in coloured
    assert ANSI.sub("", coloured) == plain
    assert on_a_terminal(NO_COLOR="1") == plain
    assert on_a_terminal(TERM="dumb") == plain


def test_a_narrow_terminal() -> None:
    shown = on_a_terminal(COLUMNS="50", NO_COLOR="1")
    assert max(map(len, shown.splitlines())) <= 50


def test_ascii_where_nothing_else_can_be_shown() -> None:
    shown = run("--ascii")
    assert shown.stdout.isascii()
    assert "dE/dw2 = dE/da2 * da2/dz2 * dz2/dw2" in shown.stdout
    assert run(PYTHONIOENCODING="ascii").stdout == shown.stdout
    assert run(PYTHONIOENCODING="latin-1").stdout == shown.stdout


def test_json() -> None:
    shown = run("--json")
    assert shown.returncode == 0
    found = json.loads(shown.stdout)
    assert found["title"] == "Backpropagation by hand"
    assert found["learning_rate"] == 0.4
    assert found["quantities"]["z1"] == [[pytest.approx(0.415, rel=1e-15)]]
    assert found["quantities"]["b2'"] == [pytest.approx(0.6120974876123662, rel=1e-12)]
    assert found["training"] == {
        "epochs": 81,
        "stopped_by": "threshold",
        "threshold": 0.001,
        "loss": pytest.approx(0.000964135107, rel=1e-9),
    }


def test_a_training_that_diverges_exits_with_1(tmp_path: Path) -> None:
    file = tmp_path / "fast.toml"
    file.write_text(worked.builtin().replace('"sigmoid"', '"identity"').replace("= 0.4\n", "= 4e3\n", 1))
    shown = run(str(file))
    assert shown.returncode == 1
    assert "the training has diverged" in shown.stdout
    assert run(str(file), "--json").returncode == 1


def test_start_your_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(run("--toml").stdout, "utf-8")
    assert run(str(file)).stdout == run().stdout
    file.write_text(file.read_text("utf-8").replace("0.65", "0.6"), "utf-8")
    assert "0.871" in run(str(file), "--epochs", "1").stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"inputs = [[1]", "Unclosed array"),
        (b"\xff", "byte 0 is not UTF-8"),
        (b"", "inputs is missing"),
        (
            b"learning_rate = nan\ninputs = [[1]]\ntargets = [[1]]\n[[layers]]\nweights = [[1]]",
            "finite number",
        ),
        (b"inputs = [[1, 2]]\ntargets = [[1]]\n[[layers]]\nweights = [[1]]", "layer 1: weights has 1 row"),
    ],
)
def test_bad_files(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    refused = run(str(file))
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith(f"chainrule: {file}: ")
    assert refused.stderr.count("\n") == 1
    assert says in refused.stderr


def test_it_starts_light(
    record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """No JAX, scikit-learn or Polars; the CPU time is reported, not judged."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "chainrule", "lesson"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    record_property("cpu_seconds", spent)
    with capsys.disabled():
        print(f"\nchainrule lesson: {spent:.2f} s of CPU", file=sys.stderr)  # noqa: T201
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in ended.stderr.splitlines()}
    assert "numpy" in imported
    assert not imported & {"jax", "jaxlib", "optax", "sklearn", "scipy", "polars", "rich", "plotext"}
