"""`chainrule train`, `predict` and `evaluate` as processes, on the example table and on small ones."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.engine.runs.loading import load
from chainrule.faces.cli import main

COMMAND = [sys.executable, "-m", "chainrule"]


def call(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, words)], cwd=folder, capture_output=True, text=True, check=False
    )


def table(folder: Path, rows: int = 60, name: str = "t.csv") -> Path:
    """Two numbers and a colour; y is yes where their sum is positive."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 2))
    path = folder / name
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["x1", "x2", "colour", "y"])
        for at, (a, b) in enumerate(x):
            out.writerow([a, b, ("red", "blue")[at % 2], "yes" if a + b > 0 else "no"])
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("trained")
    done = call(folder, "train", table(folder), "--target", "y", "--epochs", 60, "--out", "run", "--json")
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_json_says_what_the_design_says(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, said = trained
    assert set(said) == {
        "run", "task", "members", "epochs", "best_epoch", "stopped_by", "loss", "validation", "seconds",
        "notes",
    }  # fmt: skip
    assert said["notes"] == ["note: target 'y': words, 2 distinct values ('no', 'yes'): classification"]
    assert (said["run"], said["task"], said["epochs"], said["stopped_by"]) == (
        "run", "classification", 60, "epochs",
    )  # fmt: skip
    assert {"rows", "accuracy", "log_loss", "confusion"} <= set(said["validation"])
    assert sorted(os.listdir(folder / "run")) == [
        "history.jsonl",
        "loss.svg",
        "model.safetensors",
        "run.json",
    ]
    history = [json.loads(line) for line in (folder / "run" / "history.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in history] == list(range(1, 61))
    losses = [line["validation_loss"] for line in history]
    assert losses.index(min(losses)) + 1 == said["best_epoch"]


def test_the_same_command_twice_gives_the_same_bytes(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = trained
    words = ("train", "t.csv", "--target", "y", "--epochs", 60)
    assert call(folder, *words, "--out", "again").returncode == 0
    assert call(folder, *words, "--seed", 1, "--out", "other").returncode == 0
    first, again, other = (
        (folder / run / "model.safetensors").read_bytes() for run in ("run", "again", "other")
    )
    assert first == again != other


def test_predict_takes_raw_tables(trained: tuple[Path, dict[str, Any]]) -> None:
    """Columns in another order, one more, one category never seen, one missing cell, no target."""
    folder, _ = trained
    (folder / "new.csv").write_text("extra,colour,x2,x1\n1,red,3,3\n2,green,-3,-3\n3,blue,,2.5\n")
    done = call(folder, "predict", "run", "new.csv", "--output", "out.csv")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((folder / "out.csv").read_text().splitlines()))
    assert [row["prediction"] for row in rows] == ["yes", "no", "yes"]
    for row in rows:
        assert float(row["probability no"]) + float(row["probability yes"]) == pytest.approx(1, abs=1e-6)
    assert "green" in done.stderr
    assert "x2" in done.stderr
    assert call(folder, "predict", "run", "new.csv").stdout == (folder / "out.csv").read_text()


def test_evaluate_measures_what_predict_says(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = trained
    table(folder, 30, "fresh.csv")
    said = json.loads(call(folder, "evaluate", "run", "fresh.csv", "--json").stdout)
    predicted = list(csv.DictReader(call(folder, "predict", "run", "fresh.csv").stdout.splitlines()))
    true = [row["y"] for row in csv.DictReader((folder / "fresh.csv").read_text().splitlines())]
    hits = [one["prediction"] == y for one, y in zip(predicted, true, strict=True)]
    assert said["accuracy"] == pytest.approx(np.mean(hits))
    surprise = [-np.log(float(one[f"probability {y}"])) for one, y in zip(predicted, true, strict=True)]
    assert said["log_loss"] == pytest.approx(np.mean(surprise), rel=1e-4)
    assert sum(map(sum, said["confusion"])) == said["rows"] == 30


def test_amounts_come_back_in_their_own_units(tmp_path: Path) -> None:
    x = np.linspace(0, 1, 80)
    lines = "".join(f"{a},{5000 + 300 * a}\n" for a in x)
    (tmp_path / "t.csv").write_text("x,y\n" + lines)
    done = call(tmp_path, "train", "t.csv", "--target", "y", "--epochs", 200, "--out", "run", "--json")
    said = json.loads(done.stdout)
    assert said["task"] == "regression"
    assert said["validation"]["r2"] > 0.98
    assert said["validation"]["rmse"] < 15
    predicted = [
        float(r["prediction"])
        for r in csv.DictReader(call(tmp_path, "predict", "run", "t.csv").stdout.splitlines())
    ]
    assert np.allclose(predicted, 5000 + 300 * x, atol=40)


def test_counts_are_learned_as_multiples_of_their_mean(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2))
    y = rng.poisson(5000 * np.exp(x[:, 0]))
    lines = [f"{a},{b},{t}" for (a, b), t in zip(x, y, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,y", *lines]))
    options = ("--task", "regression", "--loss", "poisson")
    words = ("train", "t.csv", "--target", "y", *options, "--json", "--out", "run")
    fields = json.loads(call(tmp_path, *words).stdout)
    assert fields["validation"]["r2"] > 0.8
    run = load(tmp_path / "run")
    assert (run.network.loss.activation, run.extra["encoding"]["target"]["moments"]["spread"]) == (
        "exponential",
        pytest.approx(y.mean(), rel=0.3),
    )
    (tmp_path / "less.csv").write_text("a,y\n1,2\n2,5\n3,-1\n4,0\n")
    wrong = call(tmp_path, "train", "less.csv", "--target", "y", *options)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.splitlines()[-1] == (
        "chainrule: less.csv: line 4, column 'y': is -1: "
        "the Poisson loss is for amounts that are never negative"
    )
    for column, loss in (("y", "poisson"), ("a", "softmax_cross_entropy")):
        wrong = call(tmp_path, "train", "less.csv", "--target", column, "--loss", loss)
        assert wrong.returncode == 2


def test_the_report_fits_the_page(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = trained
    done = call(folder, "train", "t.csv", "--target", "y", "--epochs", 20)
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout + done.stderr
    assert "saved in runs/t-1" in done.stdout
    assert call(folder, "train", "t.csv", "--target", "y", "--epochs", 2).returncode == 0
    assert (folder / "runs" / "t-2").is_dir()


def test_divergence_keeps_the_last_good_weights(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = trained
    done = call(
        folder, "train", "t.csv", "--target", "y", "--optimizer", "sgd", "--learning-rate", "1e30",
        "--loss", "half_squared_error", "--activation", "identity", "--out", "wild", "--json",
    )  # fmt: skip
    assert done.returncode == 1
    assert json.loads(done.stdout)["stopped_by"] == "diverged"
    assert "epoch 1, step" in done.stderr
    assert all(np.isfinite(a).all() for a in load(folder / "wild").parameters.values())


@pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name == "nt", reason="POSIX signals")
def test_ctrl_c_keeps_what_was_learned(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = trained
    words = (
        *("train", "t.csv", "--target", "y", "--epochs", "2000000000", "--patience", "none"),
        *("--out", "stopped", "--json"),
    )
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    for pause in (4, 15, 45):  # pressed while it still compiles, there is nothing learned to keep
        process = subprocess.Popen([*COMMAND, *words], cwd=folder, **pipes)
        time.sleep(pause)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 130
        if out:
            break
    said = json.loads(out)
    assert said["stopped_by"] == "interrupted"
    assert load(folder / "stopped").epochs == said["epochs"] > 0


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("--target", "z"), ["'z'", "t.csv"]),
        (("--target", "y", "--learning-rate", "nan"), ["--learning-rate", "nan"]),
        (("--target", "y", "--hidden", "0"), ["--hidden", "0"]),
        (("--target", "y", "--epochs", "-1"), ["--epochs", "-1"]),
        (("--target", "y", "--validation", "1"), ["--validation", "1"]),
        (("--target", "y", "--activation", "sigmod"), ["sigmod", "Did you mean 'sigmoid'?"]),
        (("--target", "y", "--optimizer", "adm"), ["adm", "Did you mean 'adam'?"]),
        (("--target", "y", "--loss", "hubber"), ["hubber", "Did you mean 'huber'?"]),
        (("--target", "y", "--task", "regression"), ["'y'", "not a number"]),
        (("--target", "y", "--out", "."), ["exists already"]),
        (
            ("--target", "y", "--patience", "3", "--validation", "0", "--members", "1"),
            ["--patience", "--validation"],
        ),
        ((), ["--target"]),
    ],
)
def test_bad_options_are_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    names: list[str],
) -> None:
    table(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["train", "t.csv", *words])
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.out == ""
    assert len(said.err.splitlines()) == 1, said.err
    assert all(name in said.err for name in names), said.err
    assert os.listdir(tmp_path) == ["t.csv"]


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_what_is_no_run_is_refused(tmp_path: Path, command: str) -> None:
    table(tmp_path)
    done = call(tmp_path, command, ".", "t.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert "not a run" in done.stderr
    assert len(done.stderr.splitlines()) == 1
