"""Rows whose labels were flipped come first among those that look mislabelled."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import Dense, DoubtfulRows, InputError, Network, doubtful_rows, train, train_table
from chainrule.ask.diagnosis.doubtful_rows import losses_and_shares
from chainrule.engine.backprop import sweep
from chainrule.engine.data import Data
from chainrule.faces.cli import main

RNG = np.random.default_rng(3)
X = RNG.normal(size=(120, 3)).astype(np.float32)
T = (X[:, :1] + X[:, 1:2] > 0).astype(np.float32)
FLIPPED = [5, 40, 77, 100]
BAD = T.copy()
BAD[FLIPPED] = 1 - BAD[FLIPPED]
NET = Network([Dense(6, "tanh"), Dense(1, "sigmoid")], loss="binary_cross_entropy")


def doubts(**options: Any) -> DoubtfulRows:
    run = train(NET, X, BAD, optimizer="adam", learning_rate=0.02, epochs=40, batch_size=30)
    return doubtful_rows(run, X, BAD, **options)


def test_flipped_rows_come_first() -> None:
    answer = doubts(limit=6)
    assert len(answer.ordered) == 6
    assert len(set(FLIPPED) & set(answer.ordered)) >= 3
    row = answer.plain()["rows"][0]
    assert 0.9 < row["score"] <= 1
    assert str(row["row"]) in str(answer)
    assert set(map(len, answer.rows().values())) == {len(X)}


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "half_squared_error", "mean_absolute_error"])
def test_rows_losses_and_shares_are_those_of_each_row_alone(loss: Any) -> None:
    network = Network([Dense(6, "tanh"), Dense(1, "sigmoid")], loss=loss)
    parameters, rows = network.start(3), Data(X[:7].astype(float), T[:7].astype(float))
    losses, shares = losses_and_shares(network, parameters, rows)
    alone = [sweep(network, parameters, rows.x[k : k + 1], rows.t[k : k + 1]) for k in range(7)]
    assert losses == pytest.approx([float(step.loss.array) for step in alone], rel=1e-12)
    sizes = np.array([np.linalg.norm(step.gradients["w2"].array) for step in alone])
    assert shares == pytest.approx(sizes / sizes.sum(), rel=1e-12)


def test_too_few_rows_are_refused() -> None:
    run = train(NET, X[:8], BAD[:8], epochs=2)
    with pytest.raises(InputError, match="from 11"):
        doubtful_rows(run, X[:8], BAD[:8])


def test_rows_of_a_table_go_by_its_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = np.where(BAD[:, 0] > 0, "up", "down")
    lines = ["a,b,c,y", *(f"{a:.4f},{b:.4f},{c:.4f},{y}" for (a, b, c), y in zip(X, labels, strict=True))]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    train_table(tmp_path / "t.csv", "y", hidden=[6], epochs=40, members=1, learning_rate=0.02).save(
        tmp_path / "run"
    )
    with pytest.raises(SystemExit) as ended:
        main(["diagnose", str(tmp_path / "run"), "--rows", "5", "--json"])
    assert not ended.value.code
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert len(rows) == 5
    assert {row["row"] for row in rows} & set(FLIPPED)
    for row in rows:
        assert row["label"] == labels[row["row"]]
    with pytest.raises(SystemExit) as ended:
        main(["diagnose", str(tmp_path / "t.csv"), "--target", "y", "--rows", "5"])
    assert ended.value.code == 2
