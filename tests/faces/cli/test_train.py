"""`chainrule train`, `predict`, `evaluate` where it gets narrow: odd tables, odd names, odd options."""

import json
import os
import pty
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from safetensors import safe_open
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

from chainrule.engine import optimizers
from chainrule.engine.runs.loading import load
from chainrule.engine.training import train as training
from chainrule.faces import cli

SHORT = ("--epochs", "2")


class Answer:
    """What a command said, and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def object(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        assert self.out.count("\n") == 1
        found: dict[str, Any] = json.loads(self.out, parse_constant=pytest.fail)
        return found


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Call a command in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)

    def called(*words: object) -> Answer:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(list(map(str, words)))
        return Answer(int(ended.value.code or 0), *capfd.readouterr())

    return called


def write(path: str, **columns: Any) -> str:
    pl.DataFrame(columns).write_csv(path)
    return path


def small(path: str = "t.csv", rows: int = 40, **more: Any) -> str:
    """Two columns and three kinds of target."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=rows)
    kind = rng.choice(["p", "q", "r"], rows)
    y = np.where(a > 0, "yes", "no")
    return write(path, a=a, kind=kind, y=y, amount=1e4 + 300 * a, three=kind, **more)


def one_line(answer: Answer, *named: str) -> None:
    assert answer.code == 2, answer.err
    assert not answer.out
    (line,) = [line for line in answer.err.splitlines() if not line.startswith(("note: ", "warning: "))]
    assert line.startswith("chainrule: ")
    for word in named:
        assert word in line


# --- options ----------------------------------------------------------------------------------------

OPTIONS = [
    (["--seed", "4294967296"], "--seed"),
    (["--seed", "-1"], "--seed"),
    (["--epochs", "2147483648"], "--epochs"),
    (["--patience", "99999999999"], "--patience"),
    (["--batch-size", "0"], "--batch-size"),
    (["--hidden", "999999999999"], "--hidden"),
    (["--hidden", "9" * 30], "--hidden"),
    (["--hidden", "8,0"], "'0' in '8,0'"),
    (["--threshold", "nan"], "--threshold"),
    (["--dropout", "1"], "--dropout"),
    (["--weight-decay", "inf"], "--weight-decay"),
    (["--schedule", "cosin"], "Did you mean 'cosine'?"),
    (["--optimizer", "adm"], "Did you mean 'adam'?"),
    (["--optimizer", "_deprecated_dpsgd"], "no optimizer is called"),
    (["--loss", "softmax_cross_entropy"], "binary_cross_entropy"),
    (["--loss", "huger"], "Did you mean 'huber'?"),
    (["--task", "wrong"], "--task"),
    (["--patience", "3", "--validation", "0", "--members", "1"], "--validation"),
    (["--members", "17"], "32 rows are too few"),
    (["--members", "3", "--threshold", "0.1"], "--threshold"),
    (["--members", "3", "--patience", "none"], "--patience none"),
    (["--members", "3", "--hidden", "4,4", "--activation", "softmax"], "softmax"),
    (["--members", "3", "--seeds", "2"], "--seeds"),
    (["--members", "none"], "--members"),
    (["--drop", "kin"], "Did you mean 'kind'?"),
    (["--drop", "y"], "target"),
    (["--out", "t.csv"], "exists already"),
    (["--out", "t.csv/run"], "not a folder"),
    (["--out", "n" * 256], "too long"),
    (["--delimiter", "ab"], "delimiter"),
    (["--encoding", "utf-99"], "utf-99"),
]


@pytest.mark.parametrize(("words", "named"), OPTIONS, ids=lambda value: str(value)[:40])
def test_an_option_that_cannot_be_used(call: Any, words: list[str], named: str) -> None:
    small()
    one_line(call("train", "t.csv", "--target", "y", *words), named)
    assert os.listdir() == ["t.csv"]


@pytest.mark.parametrize(
    "loss", ["half_squared_error", "mean_absolute_error", "huber", "binary_cross_entropy"]
)
def test_losses_for_two_classes_give_probabilities(call: Any, loss: str) -> None:
    small()
    answer = call("train", "t.csv", "--target", "y", "--loss", loss, *SHORT, "--json", "--out", "r")
    assert answer.code == 0, answer.err
    assert 0 < answer.object["validation"]["log_loss"] < 10


def test_a_batch_larger_than_the_table(call: Any) -> None:
    small()
    assert (
        call(
            "train", "t.csv", "--target", "y", "--batch-size", 10**6, "--members", 1, *SHORT, "--out", "r"
        ).code
        == 0
    )
    assert load("r").settings["batch_size"] == 32


def test_many_epochs_and_a_threshold(call: Any) -> None:
    small()
    words = ("--epochs", 2**31 - 1, "--threshold", 0.6, "--schedule", "cosine", "--json")
    answer = call("train", "t.csv", "--target", "y", "--drop", "amount", *words)
    assert answer.code == 0, answer.err
    assert answer.object["stopped_by"] == "threshold"


# --- tables -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [2, 3, 4, 5])
def test_few_rows(call: Any, rows: int) -> None:
    write("t.csv", a=range(rows), y=["no", "yes", "no", "yes", "no"][:rows])
    answer = call("train", "t.csv", "--target", "y", *SHORT, "--json")
    assert answer.code == 0, answer.err
    assert (answer.object["validation"] is None) == (rows == 2)


def test_a_class_of_one_row(call: Any) -> None:
    write("t.csv", a=range(30), y=["a", "b"] * 14 + ["b", "rare"])
    answer = call("train", "t.csv", "--target", "y", *SHORT, "--json", "--out", "r")
    assert answer.code == 0, answer.err
    assert answer.object["validation"]["labels"] == ["a", "b", "rare"]
    assert call("evaluate", "r", "t.csv", "--json").code == 0


def test_a_wide_table(call: Any) -> None:
    wide = {
        f"column with a rather long name {k}": np.random.default_rng(k).normal(size=20) for k in range(300)
    }
    write("t.csv", **wide, y=["a", "b"] * 10)
    answer = call("train", "t.csv", "--target", "y", *SHORT)
    assert answer.code == 0, answer.err
    assert max(map(len, answer.out.splitlines())) <= 80


@pytest.mark.parametrize(
    "name",
    [
        "with space.csv",
        "-x.csv",
        "ünïcode.csv",
        "a.b.c.csv",
        ".csv",
        "n" * 251 + ".csv",
        "<&>.csv",
        "[b]x.csv",
    ],
)
def test_an_odd_file_name(call: Any, name: str) -> None:
    small(name)
    answer = call("train", "--target", "y", *SHORT, "--json", "--", name)
    assert answer.code == 0, answer.err
    folder = Path(answer.object["run"])
    assert folder.parent == Path("runs")
    ET.parse(folder / "loss.svg")
    assert load(folder).extra["table"]["name"] == name


def test_a_file_name_that_is_no_utf_8(call: Any) -> None:
    small("t.csv")
    os.rename(b"t.csv", b"t\xff.csv")
    for words in ((), ("--json",)):
        answer = call("train", os.fsdecode(b"t\xff.csv"), "--target", "y", *SHORT, *words)
        assert answer.code == 0, answer.err


def test_an_odd_target_name(call: Any) -> None:
    name = "y <&\x01\x0b \U0001f600"
    write("t.csv", a=range(20), **{name: ["a", "b"] * 10})
    answer = call("train", "t.csv", "--target", name, *SHORT, "--out", "r")
    assert answer.code == 0, answer.err
    ET.parse("r/loss.svg")


# --- where runs go ----------------------------------------------------------------------------------


def test_runs_are_numbered_and_folders_are_made(call: Any) -> None:
    small()
    found = [call("train", "t.csv", "--target", "y", *SHORT, "--json").object["run"] for _ in range(2)]
    assert found == [os.path.join("runs", "t-1"), os.path.join("runs", "t-2")]
    call("train", "t.csv", "--target", "y", *SHORT, "--out", "new/nested/run")
    assert sorted(os.listdir("new/nested/run")) == [
        "history.jsonl",
        "loss.svg",
        "model.safetensors",
        "run.json",
    ]
    assert os.listdir("new/nested") == ["run"]


def test_an_existing_folder_is_refused_before_training(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    small()
    os.mkdir("r")
    monkeypatch.setattr(training, "train", pytest.fail)
    one_line(call("train", "t.csv", "--target", "y", "--out", "r"), "r exists already")


# --- predictions and figures ------------------------------------------------------------------------


def test_held_out_figures_are_those_of_the_run(call: Any) -> None:
    """Which rows were held out is found again, and everything is computed anew from the files."""
    from chainrule.faces.tables.read import read
    from chainrule.faces.tabular.request import Request
    from chainrule.faces.tabular.training import prepare

    small(rows=100)
    found = call(
        "train", "t.csv", "--target", "three", "--drop", "kind", "--seed", 5, *SHORT, "--json", "--out", "r"
    )
    out = prepare(read("t.csv"), Request("three", drop=("kind",), seed=5)).held_out
    call("predict", "r", "t.csv", "--output", "p.csv")
    truth, guess = pl.read_csv("t.csv")["three"].to_numpy()[out], pl.read_csv("p.csv")[out.tolist()]
    shares = guess.select([f"probability {label}" for label in "pqr"]).to_numpy()
    scores = found.object["validation"]
    assert scores["rows"] == 20
    assert scores["accuracy"] == accuracy_score(truth, guess["prediction"])
    assert scores["confusion"] == confusion_matrix(truth, guess["prediction"], labels=list("pqr")).tolist()
    assert scores["log_loss"] == pytest.approx(
        log_loss(truth, shares / shares.sum(axis=1, keepdims=True)), rel=1e-5
    )
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)


def test_parquet_in_and_out(call: Any) -> None:
    small()
    frame = pl.read_csv("t.csv")
    frame.write_parquet("t.parquet")
    for name in ("csv", "parquet"):
        assert call("train", f"t.{name}", "--target", "amount", *SHORT, "--out", name).code == 0
    assert Path("csv/model.safetensors").read_bytes() == Path("parquet/model.safetensors").read_bytes()
    shuffled = frame.drop("amount").select(reversed(frame.drop("amount").columns))
    shuffled.write_parquet("new.parquet")
    assert call("predict", "csv", "new.parquet", "--output", "p.parquet").code == 0
    assert call("predict", "csv", "t.csv", "--output", "p.csv").code == 0
    np.testing.assert_allclose(
        pl.read_parquet("p.parquet")["prediction"], pl.read_csv("p.csv")["prediction"], rtol=1e-6
    )


def test_a_run_with_damaged_parts_of_its_table(call: Any) -> None:
    small()
    call("train", "t.csv", "--target", "y", *SHORT, "--out", "r")
    plain = json.loads(Path("r/run.json").read_text("utf-8"))
    for key in ("encoding", "reading", "table"):
        for value in (None, 5, [], {}, "x", {"delimiter": 5}, {"columns": 3}):
            Path("r/run.json").write_text(json.dumps({**plain, key: value}), "utf-8")
            for command in ("predict", "evaluate"):
                answer = call(command, "r", "t.csv")
                if answer.code:
                    one_line(answer)


# --- terminals --------------------------------------------------------------------------------------


def test_the_report_of_a_run_with_patience(call: Any) -> None:
    small()
    answer = call("train", "t.csv", "--target", "three", "--drop", "kind", "--patience", 2, "--members", 1)
    assert answer.code == 0
    assert "the best weights were restored" in " ".join(answer.out.split())
    assert "which also chose the weights" in answer.out
    assert "\x1b" not in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80


def noise(path: str = "noise.csv", rows: int = 120) -> str:
    """A target that nothing tells anything about: whoever learns long learns the rows by heart."""
    rng = np.random.default_rng(1)
    columns = {name: rng.normal(size=rows) for name in "abcd"}
    return write(path, **columns, y=rng.choice(["no", "yes"], rows))


def test_the_best_weights_are_kept_by_default(call: Any) -> None:
    noise()
    words = ("train", "noise.csv", "--target", "y", "--members", 1)
    told = call(*words, "--json", "--out", "r").object
    run = load("r")
    losses = run.history.validation_loss or []
    assert (told["stopped_by"], told["epochs"]) == ("patience", told["best_epoch"] + 20)
    assert told["validation"]["loss"] == pytest.approx(min(losses), rel=1e-5)
    assert losses.index(min(losses)) + 1 == told["best_epoch"] == run.best_epoch
    assert run.extra["held_out"] == {"share": 0.2, "rows": 24, "chose_weights": True}
    assert told["validation"]["log_loss"] < 0.72  # a coin's is 0.69
    shown = call(*words).out
    assert f"the weights kept are those after epoch {run.best_epoch}:\nloss " in shown
    assert "which also chose the weights" in shown


@pytest.mark.parametrize(
    "words",
    [
        ("--patience", "none"),
        ("--patience", "0"),
        ("--threshold", "1e-9"),
        ("--validation", "0", "--members", "1"),
    ],
)
def test_training_to_the_end(call: Any, words: tuple[str, ...]) -> None:
    """Without patience, with a threshold, without rows to watch: all epochs, and the last weights."""
    noise()
    answer = call("train", "noise.csv", "--target", "y", "--epochs", 60, *words, "--json", "--out", "r")
    told = answer.object
    assert (answer.code, told["epochs"], told["stopped_by"]) == (0, 60, "epochs")
    assert told["best_epoch"] is load("r").best_epoch is None
    if told["validation"]:
        last = (load("r").history.validation_loss or [])[-1]
        assert told["validation"]["loss"] == pytest.approx(last, rel=1e-5)
        shown = call("train", "noise.csv", "--target", "y", "--epochs", 60, *words).out
        assert "chose the weights" not in shown
        assert "--patience 20 keeps such weights" in shown


def rare(path: str = "rare.csv", rows: int = 600) -> str:
    """One row of twenty is of a class that two columns half tell."""
    rng = np.random.default_rng(2)
    a, b, c = rng.normal(size=(3, rows))
    odd = a + b + rng.normal(size=rows)
    return write(path, a=a, b=b, c=c, kind=np.where(odd > np.quantile(odd, 0.95), "fraud", "fine"))


def test_a_rare_class_is_not_hidden_behind_accuracy(call: Any) -> None:
    rare()
    told = call("train", "rare.csv", "--target", "kind", "--out", "r", "--json").object["validation"]
    shown = call("train", "rare.csv", "--target", "kind").out
    assert told["constant"]["label"] == "fine"
    assert told["constant"]["accuracy"] == 114 / 120
    assert re.search(r"accuracy +0\.\d{4} +0\.9500  \(1\d\d of 120; always fine\)", shown)
    assert re.search(rf"log loss +{told['log_loss']:.4f} +0\.1985  \(the class frequencies\)", shown)
    assert re.search(rf"ROC AUC +{told['roc_auc']:.4f} +0\.5000\n", shown)
    assert re.search(rf"fraud +\d+ +\d+ +{told['recall'][1]:.3f}\n", shown)
    assert told["recall"][1] == told["confusion"][1][1] / 6
    again = call("evaluate", "r", "rare.csv")
    assert "best constant" in again.out
    assert call("evaluate", "r", "rare.csv", "--json").object["constant"]["accuracy"] == 0.95


def test_a_network_that_tells_nothing_is_called_that(call: Any) -> None:
    noise()
    shown = call("train", "noise.csv", "--target", "y", "--patience", "none").out
    assert "its probabilities are no better than the class frequencies" in shown
    lone = call("train", "noise.csv", "--target", "a", "--drop", "y", "--patience", "none").out
    assert "it is no better than the mean of these rows" in lone


@pytest.mark.parametrize("classes", [8, 12, 30])
def test_many_classes_or_long_names(call: Any, classes: int) -> None:
    rng = np.random.default_rng(0)
    labels = [f"a rather long label {number}" for number in range(classes)]
    write("many.csv", a=rng.normal(size=40 * classes), y=labels * 40)
    shown = call("train", "many.csv", "--target", "y", *SHORT).out
    assert max(map(len, shown.splitlines())) <= 80
    assert re.search(r"class +rows +precision +recall", shown)
    assert ("... and 14 classes more" in shown) is (classes == 30)


def test_the_mean_of_eight_networks_by_default(call: Any) -> None:
    """It is the run, a network like any other; rows that each left out chose the epoch, none held out did."""
    from chainrule.faces.tables.read import read
    from chainrule.faces.tabular.request import Request
    from chainrule.faces.tabular.training import prepare

    noise()
    told = call("train", "noise.csv", "--target", "y", "--json", "--out", "r").object
    run = load("r")
    losses = run.history.validation_loss or []
    assert (told["members"], told["stopped_by"], told["epochs"]) == (8, "patience", told["best_epoch"] + 20)
    assert losses.index(min(losses)) + 1 == told["best_epoch"] == run.best_epoch
    assert run.network.widths == [512, 512, 1]
    assert run.extra["held_out"] == {"share": 0.2, "rows": 24, "chose_weights": False}
    out = prepare(read("noise.csv"), Request("y")).held_out
    pl.read_csv("noise.csv")[out.tolist()].write_csv("out.csv")
    measured = call("evaluate", "r", "out.csv", "--json").object
    assert measured["log_loss"] == pytest.approx(told["validation"]["log_loss"], rel=1e-5)
    assert measured["log_loss"] < 0.75  # a coin's is 0.69
    shown = call("train", "noise.csv", "--target", "y").out
    assert "8 such networks, each learns without another 1/8 of these rows" in shown
    assert f"after epoch {run.best_epoch}, best on the rows that each left out:\nloss " in shown
    assert "which also chose" not in shown
    explained = call("explain", "r", "z1[70]", "--row", 0).out
    assert "the mean of 8 networks as one" in " ".join(explained.split())


@pytest.mark.parametrize(
    ("rows", "words", "members"),
    [(5, (), 1), (20, (), 4), (60, (), 8), (60, ("--members", "3"), 3), (60, ("--seeds", "2"), 1)],
)
def test_how_many_networks(call: Any, rows: int, words: tuple[str, ...], members: int) -> None:
    small(rows=rows)
    answer = call("train", "t.csv", "--target", "amount", *words, *SHORT, "--out", "r")
    assert answer.code == 0, answer.err
    assert load("r").settings.get("members", 1) == members


def test_wide_networks_and_thresholds_are_trained_alone(call: Any) -> None:
    small()
    for words in (("--hidden", "600,600"), ("--threshold", "1e-9"), ("--patience", "none")):
        assert call("train", "t.csv", "--target", "y", *words, *SHORT, "--json").object["members"] == 1


def test_the_mean_is_logged_exported_and_predicts(call: Any) -> None:
    small(rows=100)
    words = ("--target", "three", "--drop", "kind", "--dropout", "0.2", "--weight-decay", "0.001")
    answer = call("train", "t.csv", *words, *SHORT, "--schedule", "cosine", "--out", "r", "--log", "events")
    assert answer.code == 0, answer.err
    assert list(Path("events").iterdir())
    assert call("export", "r", "--onnx", "r.onnx").code == 0
    assert len(pl.read_csv(call("predict", "r", "t.csv").out.encode())) == 100


def test_members_have_patience_too(call: Any) -> None:
    noise()
    words = ("train", "noise.csv", "--target", "y", "--seeds", 3, "--out", "e")
    told = call(*words, "--json").object
    for member in told["members"]:
        assert (member["stopped_by"], member["epochs"]) == ("patience", member["best_epoch"] + 20)
        losses = load(member["run"]).history.validation_loss or []
        assert member["validation"]["loss"] == pytest.approx(min(losses), rel=1e-5)


def test_from_python_the_same_by_default(call: Any) -> None:
    from chainrule import train_table

    call("train", noise(), "--target", "y", "--out", "r")
    assert load("r").best_epoch == train_table("noise.csv", "y").best_epoch
    assert train_table("noise.csv", "y", patience=None, epochs=30).best_epoch is None


def test_a_training_that_was_begun_without_patience_goes_on_without(call: Any, tmp_path: Path) -> None:
    """As all were before patience became the default: their folders say `null`."""
    noise()
    words = ("--target", "y", "--epochs", "200000", "--patience", "none", "--hidden", "4", "--out", "r")
    started = [sys.executable, "-m", "chainrule", "train", "noise.csv", *words, "--checkpoint-every", "50"]
    child = subprocess.Popen(started, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob("r/checkpoint/epoch-*")):
        time.sleep(0.01)
    child.kill()
    child.communicate()
    (kept,) = tmp_path.glob("r/checkpoint/epoch-*")
    stored = json.loads(safe_open(kept, "np").metadata()["chainrule"])["about"]["options"]
    assert stored["patience"] is None
    told = call("train", "noise.csv", "--resume", "r", "--json").object
    assert (told["epochs"], told["stopped_by"], told["best_epoch"]) == (200_000, "epochs", None)


def test_a_run_of_one_epoch(call: Any) -> None:
    small()
    answer = call("train", "t.csv", "--target", "y", "--epochs", 1, "--out", "r")
    assert (answer.code, "1 epoch in" in answer.out) == (0, True)
    ET.parse("r/loss.svg")


def test_a_closed_pipe_keeps_the_run(tmp_path: Path) -> None:
    table = small(str(tmp_path / "t.csv"))
    command = [sys.executable, "-m", "chainrule", "train", table, "--target", "y", *SHORT, "--out", "r"]
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        command, cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert "Traceback" not in ended.stderr
    load(tmp_path / "r")


@pytest.mark.parametrize("plain", [False, True])
def test_progress_on_a_terminal_only(tmp_path: Path, plain: bool) -> None:
    table = small(str(tmp_path / "t.csv"))
    command = [
        sys.executable,
        "-m",
        "chainrule",
        "train",
        table,
        "--target",
        "y",
        "--epochs",
        "3000",
        "--patience",
        "none",
        "--out",
        "r",
    ]
    master, slave = pty.openpty()
    environment = os.environ | ({"NO_COLOR": "1"} if plain else {}) | {"TERM": "xterm-256color"}
    child = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=slave, env=environment)
    os.close(slave)
    seen = b""
    try:
        while part := os.read(master, 65536):
            seen += part
    except OSError:  # how Linux says that the other side is closed
        pass
    assert child.stdout is not None
    report = child.stdout.read().decode()
    child.stdout.close()
    os.close(master)
    assert child.wait() == 0
    assert b"epoch" in seen
    assert b"epochs/s" in seen
    assert "epochs/s" not in report
    assert bool(re.search(rb"\x1b\[[0-9;]*3[0-9]", seen)) is not plain


def test_many_networks_at_once(call: Any) -> None:
    """The best is the run, each is a run, and all together predict their mean."""
    small()
    words = ("train", "t.csv", "--target", "y", "--seeds", 5, "--seed", 3, "--out", "e", *SHORT)
    told = call(*words, "--json")
    assert told.code == 0
    said = told.object
    assert [one["seed"] for one in said["members"]] == [3, 4, 5, 6, 7]
    losses = [one["validation"]["loss"] for one in said["members"]]
    assert said["best"]["validation"]["loss"] == min(losses)
    assert load("e").settings["seed"] == said["best"]["seed"]
    assert {p.name for p in Path("e").iterdir()} == {
        "history.jsonl",
        "loss.svg",
        "members",
        "model.safetensors",
        "run.json",
    }
    alone = call("predict", said["members"][0]["run"], "t.csv")
    assert alone.code == 0
    together = pl.read_csv(call("predict", "e", "t.csv", "--ensemble").out.encode())
    each = [pl.read_csv(call("predict", one["run"], "t.csv").out.encode()) for one in said["members"]]
    shares = [name for name in together.columns if name.startswith("probability")]
    np.testing.assert_allclose(together[shares], np.mean([one[shares] for one in each], 0), rtol=1e-5)
    measured = call("evaluate", "e", "t.csv", "--ensemble", "--json").object
    assert measured["accuracy"] == accuracy_score(
        pl.read_csv("t.csv")["y"].cast(str), together["prediction"].cast(str)
    )


def test_the_report_of_many(call: Any) -> None:
    small()
    told = call("train", "t.csv", "--target", "y", "--seeds", 20, "--out", "e", *SHORT)
    assert told.code == 0
    assert "20 networks at once" in told.out
    assert "... and 4 more" in told.out
    assert max(map(len, told.out.splitlines())) <= 80
    none = call("train", "t.csv", "--target", "y", "--seeds", 2, "--out", "f", "--validation", 0, *SHORT)
    assert none.code == 0
    assert "held out  " not in none.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--seeds", 0), "'0' is not a whole number from 1 up"),
        (("--seeds", 2, "--seed", 2**32 - 1), "the last seed is a whole number up to 4294967295"),
        (("--resume", "e", "--seeds", 2), "e: there is no such run to resume"),
        (("--seeds", 2, "--log", "logs"), "leave --seeds away"),
        (("--seeds", 10**12), "too large"),
    ],
)
def test_many_refused(call: Any, words: Any, told: str) -> None:
    small()
    answer = call("train", "t.csv", "--target", "y", *words)
    assert answer.code == 2
    assert told in answer.err
    assert call("predict", "e", "t.csv", "--ensemble").err.startswith("chainrule: e is not an ensemble")


@pytest.mark.parametrize(("members", "updates"), [(1, 10), (8, 5)])
def test_a_schedule_ends_with_the_last_update(
    call: Any, monkeypatch: pytest.MonkeyPatch, members: int, updates: int
) -> None:
    """33 rows in batches of 32 are two updates an epoch: the last batch is a row. Without an eighth: one."""
    asked: list[int] = []
    real = optimizers.schedule
    monkeypatch.setattr(optimizers, "schedule", lambda *words: (asked.append(words[2]), real(*words))[1])
    Path("t.csv").write_text("a,y\n" + "".join(f"{row},{row % 3 / 2}\n" for row in range(33)))
    words = ("train", "t.csv", "--target", "y", "--task", "regression", "--schedule", "cosine", "--out", "s")
    told = call(*words, "--epochs", 5, "--batch-size", 32, "--validation", 0, "--members", members)
    assert told.code == 0, told.err
    assert asked == [updates]
