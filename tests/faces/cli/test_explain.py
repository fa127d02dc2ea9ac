"""`chainrule explain` as a person starts it: examples, runs, rows, formats, bad quantities, light imports."""

import json
import math
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from chainrule.ask.cases import example as worked
from chainrule.faces.cli import main

TWO_ROWS = worked.builtin().replace("[[0.1]]", "[[0.1], [0.2]]").replace("[[0.25]]", "[[0.25], [1]]")


class Answer(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    monkeypatch.chdir(tmp_path)
    Path("lesson.toml").write_text(worked.builtin(), "utf-8")
    Path("two.toml").write_text(TWO_ROWS, "utf-8")

    def call(*words: str) -> Answer:
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        shown = capsys.readouterr()
        return Answer(ended.value.code, shown.out, shown.err)  # type: ignore[arg-type]

    return call


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table and a tiny run."""
    folder = tmp_path_factory.mktemp("explain")
    rng = np.random.default_rng(0)
    mass = rng.normal(4000, 500, 40)
    lines = [
        f"{m:.0f},{rng.choice(['Biscoe', 'Dream', 'Torgersen'])},{'yes' if m > 4000 else 'no'}" for m in mass
    ]
    (folder / "t.csv").write_text("\n".join(["mass,island,heavy", *lines]) + "\n")
    words = [
        "train",
        "t.csv",
        "--target",
        "heavy",
        "--hidden",
        "3",
        "--epochs",
        "3",
        "--batch-size",
        "8",
        "--out",
        "run",
        "--json",
    ]
    subprocess.run(
        [sys.executable, "-m", "chainrule", *words], cwd=folder, check=True, capture_output=True, timeout=300
    )
    return folder


def readded(plain: dict) -> float:  # type: ignore[type-arg]
    products = [math.prod(f["value"] for f in term["factors"]) for term in plain["terms"]]
    return math.fsum([*products, *([plain["rest"]["value"]] if plain["rest"] else [])])


# --- examples ---------------------------------------------------------------------------------------


def test_an_example(call: Callable[..., Answer]) -> None:
    answer = call("explain", "lesson.toml", "dE/dw1", "--depth", "2")
    assert answer.code == 0
    assert answer.err == ""
    assert "∂E/∂w₁ = ∂E/∂a₂ · ∂a₂/∂z₂ · ∂z₂/∂a₁ · ∂a₁/∂z₁ · ∂z₁/∂w₁" in answer.out
    assert "0.001021" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80
    plain = call("explain", "lesson.toml", "dE/dw1", "--ascii").out
    assert plain.isascii()
    assert "dE/dw1 = dE/dz1 * x = 0.01021 * 0.1 = 0.001021" in plain


@pytest.mark.parametrize("asked", ["E", "E@3", "w1'", "a1", "dE/da2", "da2/dz2", "w2@2", "x"])
@pytest.mark.parametrize("how", [["--json"], ["--format", "json"]])
def test_json(call: Callable[..., Answer], asked: str, how: list[str]) -> None:
    answer = call("explain", "lesson.toml", asked, *how)
    plain = json.loads(answer.out)
    assert (answer.code, answer.err, answer.out.count("\n")) == (0, "", 1)
    assert list(plain)[:6] == ["quantity", "value", "formula", "terms", "rest", "used_by"]
    assert plain["quantity"] == asked
    assert readded(plain) == pytest.approx(plain["value"], rel=1e-12, abs=0)


def test_a_row_alone(call: Callable[..., Answer]) -> None:
    both = [json.loads(call("explain", "two.toml", "E", "--row", r, "--json").out)["value"] for r in "01"]
    whole = json.loads(call("explain", "two.toml", "E", "--json").out)["value"]
    assert whole == pytest.approx(sum(both) / 2, rel=1e-12)
    assert "Row by row" in call("explain", "two.toml", "E").out


def test_files(call: Callable[..., Answer]) -> None:
    assert call("explain", "lesson.toml", "E", "--output", "e.json").out == ""
    assert json.loads(Path("e.json").read_text("utf-8"))["quantity"] == "E"
    assert call("explain", "lesson.toml", "E", "--output", "e.txt").code == 0
    assert Path("e.txt").read_text("utf-8").startswith("E\n═\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["lesson.toml", "dE/dz7"], "there is no quantity 'dE/dz7'. Did you mean 'dE/dz"),
        (["lesson.toml", "w1[3,3]"], "w1 is 1 x 1; indices count from 0"),
        (["lesson.toml", "??"], "no quantity '??'"),
        (["lesson.toml", "E", "--row", "1"], "lesson.toml has 1 row, counted from 0: there is no row 1"),
        (["lesson.toml", "E", "--row", "-1"], "--row"),
        (["lesson.toml", "E", "--format", "jsn"], "Did you mean 'json'?"),
        (["lesson.toml", "E", "--json", "--format", "text"], "contradict"),
        (["lesson.toml", "E", "--table", "t.csv"], "an example has rows of its own"),
        (["none.toml", "E"], "No such file"),
        (["lesson.toml", "E", "--terms", "0"], "--terms"),
        (["lesson.toml"], "Missing argument 'QUANTITY'"),
        ([".", "E"], "is not a run"),
    ],
)
def test_bad_usage_is_one_line(call: Callable[..., Answer], words: list[str], says: str) -> None:
    answer = call("explain", *words)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert says in answer.err


def test_no_learning_rate(call: Callable[..., Answer]) -> None:
    Path("plain.toml").write_text(worked.builtin().replace("learning_rate = 0.4\n", ""), "utf-8")
    assert "give a learning rate" in call("explain", "plain.toml", "w1'").err
    given = call("explain", "plain.toml", "w1'", "--learning-rate", "0.4", "--json").out
    assert given == call("explain", "lesson.toml", "w1'", "--json").out


# --- runs -------------------------------------------------------------------------------------------


def test_a_run(call: Callable[..., Answer], trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)
    answer = call("explain", "run", "z1[0]", "--row", "3")
    words = " ".join(answer.out.split())
    assert answer.code == 0, answer.err
    assert "The row is row 3 of t.csv, line 5." in words
    assert "in float64: the numbers equal those of the compiled training up to rounding" in words
    assert re.search(r"x\[1\] +island=Biscoe +[01]", answer.out)
    plain = json.loads(call("explain", "run", "dE/dw1[0,2]", "--json").out)
    assert readded(plain) == pytest.approx(plain["value"], rel=1e-12)
    assert plain["rest"]["terms"] == 4
    words = " ".join(call("explain", "run", "E@2", "--ahead").out.split())
    assert "The rows are the first 8 of t.csv, as many as went into an update" in words
    assert "the run itself was trained with adam" in words


def test_the_past_of_a_run(
    call: Callable[..., Answer], trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trained)
    last = call("explain", "run", "w1'[0,2]")
    words = " ".join(last.out.split())
    assert last.code == 0, last.err
    assert "of the training, counted from 0: step" in words
    assert "the step of adam" in words
    assert "which ends in the run's weights bit for bit" in words
    plain = json.loads(call("explain", "run", "dE/dw1[0,2]@1", "--json").out)
    assert plain["quantity"] == "dE/dw1[0,2]@1"
    assert readded(plain) == pytest.approx(plain["value"], rel=1e-12)
    history = call("explain", "run", "w1[0,2]", "--history", "--format", "csv").out.splitlines()
    updates = json.loads(call("explain", "run", "w1[0,2]", "--history", "--json").out)["updates"]
    assert len(history) == updates + 1
    gradient = float(history[2].split(",")[3])
    assert gradient == pytest.approx(plain["value"], rel=1e-4, abs=1e-7)
    (tmp_path / "t.csv").write_text((trained / "t.csv").read_text() + "1,Dream,no\n")
    for words_, says in (
        (["E@1", "--table", str(tmp_path / "t.csv")], "is not the table that the run was trained on"),
        (["E@1", "--row", "1"], "has rows and a rate of its own"),
        (["E@10000"], "with --ahead it goes on"),
        (["E", "--member", "0"], "--member is for a number of the past"),
        (["E", "--format", "csv"], "csv is for --history"),
        (["E", "--history"], "no quantity 'E'"),
    ):
        answer = call("explain", "run", *words_)
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), words_
        assert says in answer.err


def test_a_run_whose_table_is_elsewhere(call: Callable[..., Answer], trained: Path, tmp_path: Path) -> None:
    run = str(trained / "run")
    assert call("explain", run, "E").code == 0  # beside the run
    other = tmp_path / "other" / "run"
    other.parent.mkdir()
    other.symlink_to(trained / "run")
    moved = tmp_path / "moved"
    import shutil

    shutil.copytree(trained / "run", moved)
    lost = call("explain", str(moved), "E")
    assert (lost.code, lost.err.count("\n")) == (2, 1)
    assert "t.csv is not here: name the table" in lost.err
    text = (trained / "t.csv").read_text()
    Path("t.csv").write_text(text + "1,Dream,no\n")
    assert "t.csv has changed since" in call("explain", str(moved), "E").err
    told = call("explain", str(moved), "E", "--table", "t.csv", "--row", "40")
    assert told.code == 0
    assert "note: t.csv is not the table that the run was trained on" in told.err
    beyond = call("explain", str(moved), "E", "--table", "t.csv", "--row", "41")
    assert "t.csv has 41 rows, counted from 0: there is no row 41" in beyond.err


# --- the way in -------------------------------------------------------------------------------------


def test_it_starts_light(tmp_path: Path) -> None:
    file = tmp_path / "lesson.toml"
    file.write_text(worked.builtin(), "utf-8")
    command = [sys.executable, "-X", "importtime", "-m", "chainrule", "explain", str(file), "dE/dw1"]
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env={**os.environ, "COLUMNS": "80"},
        )
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(now.ru_utime + now.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent) < 0.5, spent
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in ended.stderr.splitlines()}
    assert "numpy" in imported
    assert not imported & {"jax", "jaxlib", "optax", "sklearn", "scipy", "polars", "rich"}


def test_a_run_knows_where_its_table_lay(call: Callable[..., Answer], trained: Path) -> None:
    Path("data").mkdir()
    Path("data/t.csv").write_bytes((trained / "t.csv").read_bytes())
    options = ["--target", "heavy", "--epochs", "1", "--hidden", "2", "--out", "r", "--json"]
    assert call("train", "data/t.csv", *options).code == 0
    found = call("explain", "r", "E", "--row", "1", "--json")
    assert (found.code, found.err) == (0, "")


def test_a_run_in_the_words_of_its_table(
    call: Callable[..., Answer], trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trained)
    named = json.loads(call("explain", "run", "dE/dw1[island=Biscoe,2]", "--json").out)
    number = next(n for n in range(50) if f"x[{n}]" in call("explain", "run", f"x[{n}]", "--row", "0").out
                  and "island=Biscoe" in call("explain", "run", f"x[{n}]", "--row", "0").out)  # fmt: skip
    assert named == json.loads(call("explain", "run", f"dE/dw1[{number},2]", "--json").out)
    arrow = call("explain", "run", "island=Biscoe -> unit 2", "--json")
    assert json.loads(arrow.out)["quantity"] == f"w1[{number},2]"
    told = call("explain", "run", "x[island=Biscoe]", "--row", "0").out
    assert re.search(r"island=Biscoe +[01] +(yes|no)\n", told)
    for words, says in (
        (["w1[island=Bisco,2]"], "Did you mean 'island=Biscoe'"),
        (["w1[island,2]"], "'island' is several inputs: name one of"),
        (["w1[0,island=Biscoe]"], "units between have no names"),
        (["--column", "isl"], "the run has no such input"),
        (["E", "--column", "island"], "--column chooses the quantity"),
    ):
        answer = call("explain", "run", *words)
        assert (answer.code, answer.err.count("\n")) == (2, 1), answer.err
        assert says in answer.err
    chosen = " ".join(call("explain", "run", "--column", "island", "--row", "0").out.split())
    assert "was chosen as the largest gradient of the weights from island" in chosen
    assert "There are 2 rows" not in chosen


def test_a_run_says_what_it_can_be_asked(
    call: Callable[..., Answer], trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shlex

    monkeypatch.chdir(trained)
    assert "Five that are worth it" in " ".join(call("explain", "run").out.split())
    examples = json.loads(call("explain", "run", "--json").out)["examples"]
    assert len(examples) == 5
    for example in examples:
        _, *words = shlex.split(example["command"])
        answer = call(*words)
        assert answer.code == 0, answer.err
        assert "Here it is 0." not in answer.out or "dE/d" not in words[2]
