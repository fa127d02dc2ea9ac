"""`chainrule diagnose`: text, JSON, exit status, and the command that it gives."""

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import diagnose, load, train_table
from chainrule.faces.cli import main

RNG = np.random.default_rng(2)
ROWS = 120
TABLE = {
    "size": RNG.normal(10, 3, ROWS).round(2),
    "island": RNG.choice(["Biscoe", "Dream"], ROWS),
    "noise": RNG.normal(size=ROWS).round(3),
}
TABLE["kind"] = np.where(TABLE["size"] + 3 * (TABLE["island"] == "Dream") > 11, "large", "small")
OPTIONS: dict[str, Any] = {"hidden": [6], "epochs": 40, "members": 1, "learning_rate": 0.03}
CHANGED: dict[str, dict[str, Any]] = {"good": {}, "low": {"learning_rate": 1e-7}}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("diagnosed")
    lines = [",".join(TABLE), *(",".join(map(str, row)) for row in zip(*TABLE.values(), strict=True))]
    (folder / "my t.csv").write_text("\n".join(lines) + "\n")
    for name, change in CHANGED.items():
        train_table(folder / "my t.csv", "kind", **OPTIONS | change).save(folder / name)
    return folder


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def test_one_that_learned(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "diagnose", str(trained / "good"))
    assert code == 0
    assert "Yes, it learns" in out
    assert diagnose(load(trained / "good"), trained / "my t.csv").is_healthy


def test_one_that_did_not_and_the_command_that_mends_it(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = call(capsys, "diagnose", str(trained / "low"), "--json")
    said = json.loads(out)
    assert code == 1
    assert (said["verdict"], said["cause"]) == ("unhealthy", "low_rate")
    assert said["causes"][0]["proven"]
    assert said["fix"]["after"] > said["fix"]["before"] + 0.3
    mended = shlex.split(said["fix"]["command"])[1:]
    assert call(capsys, *mended, "--out", str(trained / "mended"))[0] == 0
    assert load(trained / "mended").settings["learning_rate"] > 1e-6
    assert call(capsys, "diagnose", str(trained / "mended"), "--no-proof")[0] == 0


def test_it_asks_what_can_be_asked(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = trained / "page.html"
    assert call(capsys, "diagnose", str(trained / "low"), "--no-proof", "--output", str(page))[0] == 1
    assert "too low" in page.read_text("utf-8")
    _, out, _ = call(capsys, "diagnose", str(trained / "low"), "--no-proof", "--json")
    quantity = json.loads(out)["causes"][0]["quantity"]
    assert call(capsys, "explain", str(trained / "low"), quantity)[0] == 0


def test_what_cannot_be_diagnosed(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = trained / "other.csv"
    other.write_text((trained / "my t.csv").read_text().replace("Dream", "Drums"))
    code, _, said = call(capsys, "diagnose", str(trained / "good"), "--table", str(other))
    assert code == 2
    assert "is not the table that the run was trained on" in said


def test_train_says_so_when_it_has_gone_wrong_and_never_otherwise(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", str(trained / "my t.csv"), "--target", "kind", "--hidden", "6", "--epochs", "40"]
    words += ["--members", "1", "--learning-rate"]
    _, _, said = call(capsys, *words, "0.03", "--out", str(trained / "fine"))
    assert "wrong" not in said
    _, _, said = call(capsys, *words, "1e-7", "--out", str(trained / "not fine"))
    (line,) = [line for line in said.splitlines() if "wrong" in line]
    assert line.endswith(f"chainrule diagnose '{trained / 'not fine'}'")


def test_a_table_is_trained_on_first(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "diagnose", str(trained / "my t.csv"), "--target", "kind")
    assert code == 0
    assert "Yes, it learns" in out
    code, _, said = call(capsys, "diagnose", str(trained / "my t.csv"))
    assert code == 2
    assert "--target" in said


EXAMPLE = """learning_rate = {}
inputs = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
targets = [[0.0], [1.0], [1.0], [{}]]
[[layers]]
activation = "{}"
weights = [[0.9, -1.2], [1.1, 0.8]]
biases = [0.1, -0.2]
[[layers]]
activation = "sigmoid"
weights = [[0.7], [-0.6]]
biases = [0.05]
"""


def test_a_worked_example_is_trained_from_its_weights(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {name: trained / f"{name}.toml" for name in ("good", "slow", "straight")}
    paths["good"].write_text(EXAMPLE.format(1.0, 1.0, "tanh"))
    paths["slow"].write_text(EXAMPLE.format(1e-5, 1.0, "tanh"))
    paths["straight"].write_text(EXAMPLE.format(1.0, 0.0, "identity"))
    assert call(capsys, "diagnose", str(paths["good"]), "--no-proof")[0] == 0
    for name, kind in (("slow", "low_rate"), ("straight", "linear")):
        code, out, _ = call(capsys, "diagnose", str(paths[name]), "--no-proof", "--json")
        assert code == 1
        assert kind in [cause["kind"] for cause in json.loads(out)["causes"]]
