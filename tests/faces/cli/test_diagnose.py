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
