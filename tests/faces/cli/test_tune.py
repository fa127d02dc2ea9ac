"""chainrule tune: trials are drawn by the seed, hopeless ones given up, the best trained as `train` would."""

import json
import shlex
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from chainrule import InputError, load
from chainrule.faces.cli import main
from chainrule.faces.tabular import tuning
from chainrule.faces.tabular.frames import as_table
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.tuning import RATES, WIDTHS, Setting, SettingSearch, SettingTrial, settings

STEPS: dict[str, Any] = {"optimizer": "adam", "epochs": 12, "batch_size": 32}


def frame(rows: int = 80) -> pl.DataFrame:
    random = np.random.default_rng(0)
    size = random.normal(size=rows)
    return pl.DataFrame({"size": size, "y": 3 * size + random.normal(size=rows) / 5})


def called(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few shapes, so that little is compiled."""
    monkeypatch.setattr(tuning, "WIDTHS", ((4,),))
    monkeypatch.setattr(tuning, "DROPPED", 0.0)
    monkeypatch.setattr(tuning, "BINS", 0)


def test_the_same_seed_draws_the_same_and_the_first_is_that_of_train() -> None:
    drawn = [list(islice(settings(seed, 16), 30)) for seed in (3, 3, 4)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0][0] == Setting((64, 64), 0.001, 0.0, 0.0, 16)
    assert all(RATES[0] <= setting.learning_rate <= RATES[1] for setting in drawn[0])
    assert {setting.hidden for setting in drawn[0]} == set(WIDTHS)
    assert {setting.bins for setting in drawn[0]} == {0, 16}
    assert {0.0} < {setting.dropout for setting in drawn[0]}


@pytest.mark.usefixtures("narrow")
def test_a_hopeless_trial_is_given_up_and_never_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "FEWEST", 1)
    monkeypatch.setattr(tuning, "LOOKS", (2, 4))
    search = SettingSearch(as_table(frame()), Request("y"), **STEPS)
    rates = iter([0.01, 1e-6, 0.02])
    search.settings = (Setting((4,), rate) for rate in rates)
    told: list[tuple[int, SettingTrial]] = []
    assert search.go(3, None, lambda number, trial: told.append((number, trial)))
    assert [number for number, _ in told] == [1, 2, 3]
    assert [trial.given_up for trial in search.trials] == [False, True, False]
    assert search.trials[1].epochs == 2
    assert search.best.setting.learning_rate == 0.02


@pytest.mark.usefixtures("narrow")
def test_the_run_is_that_of_the_command_it_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = frame().with_columns(note=pl.lit("a b"), z=pl.Series(range(80)).shuffle(0) % 7)
    table.write_csv(tmp_path / "a table.csv")
    monkeypatch.chdir(tmp_path)
    given = ("--target", "y", "--epochs", 6, "--drop", "note", "--drop", "z", "--seed", 2)
    code, out, err = called(capsys, "tune", "a table.csv", *given, "--trials", 3, "--out", "best")
    assert code == 0
    assert "saved in best" in out
    command = next(line for line in err.splitlines() if line.startswith("chainrule train"))
    code, _, _ = called(capsys, *shlex.split(command)[1:], "--out", "again")
    assert code == 0
    first, again = (load(tmp_path / name) for name in ("best", "again"))
    np.testing.assert_array_equal(first.parameters["w1"], again.parameters["w1"])
    trials = json.loads((tmp_path / "best" / "trials.json").read_text())
    assert len(trials) == 3
    losses = [trial["loss"] for trial in trials]
    assert losses == sorted(losses)
    assert min(first.history.validation_loss or []) == pytest.approx(losses[0])


@pytest.mark.usefixtures("narrow")
def test_json_is_one_object_and_a_single_network_can_be_tuned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    frame(8).with_columns(y=pl.Series(["a", "b"] * 4)).write_csv(tmp_path / "t.csv")
    monkeypatch.chdir(tmp_path)
    code, out, err = called(capsys, "tune", "t.csv", "--target", "y", "--trials", 2, "--epochs", 3, "--json")
    assert code == 0, err
    assert json.loads(out)["run"] == "runs/t-1"
    assert (tmp_path / "runs" / "t-1" / "trials.json").exists()


def test_what_cannot_be_judged_is_refused() -> None:
    with pytest.raises(InputError, match="--validation"):
        SettingSearch(as_table(frame(6)), Request("y", validation=0.0), **STEPS)
