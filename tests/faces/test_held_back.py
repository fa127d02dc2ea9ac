"""What rows left out tell: temperatures that mend probabilities, intervals that hold, and odd rows."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from chainrule import InputError, Run, load, predict_table, train_table
from chainrule.engine.network import Network
from chainrule.engine.runs.run import History
from chainrule.engine.stopping import Stop
from chainrule.faces.scores import class_shares
from chainrule.faces.tables.moments import Moments
from chainrule.faces.tables.targets import Amounts, Classes
from chainrule.faces.tabular.frames import as_table
from chainrule.faces.tabular.held_back import MOST_KEPT, errors_of, margin, tempered
from chainrule.faces.tabular.replaying import replay_table
from chainrule.rules.layers.dense import Dense

QUICK: dict[str, Any] = {"hidden": (8,), "epochs": 30, "learning_rate": 0.02, "members": 4}


def amounts(rows: int = 200, seed: int = 0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    size = random.normal(size=rows)
    sort = random.choice(["red", "green"], rows)
    return pl.DataFrame({"size": size, "sort": sort, "y": 50 + 9 * size + random.normal(size=rows)})


@pytest.fixture(scope="module")
def run() -> Run:
    return train_table(amounts(), "y", **QUICK)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_temperature_is_found_again(classes: int) -> None:
    """Probabilities that are three times too sure are divided by three, in the weights themselves."""
    random = np.random.default_rng(classes)
    outputs = 1 if classes == 2 else classes
    loss = "binary_cross_entropy" if classes == 2 else "softmax_cross_entropy"
    network = Network([Dense(outputs)], loss=loss)
    parameters = {"w1": random.normal(size=(4, outputs)), "b1": random.normal(size=outputs)}
    x = random.normal(size=(4000, 4))
    target = Classes("t", tuple("abc"[:classes]), "words")
    honest = class_shares(target, network.predict(parameters, x))
    codes = np.array([random.choice(classes, p=row) for row in honest])
    sure = {name: 3 * array for name, array in parameters.items()}
    trained = Run(network, sure, History([]), Stop.EPOCHS, 0, 0.0)
    left_out = network.predict(sure, x)
    left_out[:7] = np.nan
    cooled = tempered(trained, target, left_out, target.one_hot(codes))
    assert cooled.extra["temperature"]["value"] == pytest.approx(3, rel=0.1)
    assert cooled.extra["temperature"]["ece"] < 0.03 < cooled.extra["temperature"]["ece_before"]
    np.testing.assert_allclose(cooled.predict(x), network.predict(parameters, x), atol=0.03)
    np.testing.assert_array_equal(target.codes_of(cooled.predict(x)), target.codes_of(trained.predict(x)))


def test_a_table_s_run_says_its_temperature_and_keeps_its_loss() -> None:
    rows = amounts().with_columns(y=pl.when(pl.col("y") > 50).then(pl.lit("up")).otherwise(pl.lit("down")))
    trained = train_table(rows, "y", **QUICK)
    assert set(trained.extra["temperature"]) == {"value", "ece_before", "ece"}
    assert trained.extra["validation"]["log_loss"] == pytest.approx(trained.validation_loss, rel=1e-5)


def test_the_past_of_a_tempered_run_is_replayed() -> None:
    rows = amounts().with_columns(y=pl.when(pl.col("y") > 50).then(pl.lit("up")).otherwise(pl.lit("down")))
    options = QUICK | {"epochs": 4, "class_weight": None}
    trained = train_table(rows, "y", **options)
    assert trained.extra["temperature"]["value"] >= 1
    assert replay_table(trained, as_table(rows, digest=True)).replay.distance < 1e-6
    grouped = train_table(rows, "y", **options | {"class_weight": "balanced", "group": "sort", "members": 1})
    assert replay_table(grouped, as_table(rows, digest=True)).replay.distance < 1e-6


@pytest.mark.parametrize("rows", [9, 200, 5000])
def test_a_margin_holds_its_share_of_rows(rows: int) -> None:
    random = np.random.default_rng(rows)
    target = Amounts("y", "number", Moments.of(np.array([0.0, 20.0])))
    output, t = random.normal(size=(rows, 1)), np.zeros((rows, 1))
    errors = errors_of(target, output, t)
    assert errors is not None
    assert len(errors["sizes"]) == min(rows, MOST_KEPT)
    room = margin({"task": "regression", "errors": errors}, 0.9)
    sizes = np.sort(np.abs(output[:, 0])) * 10
    assert sizes[int(np.ceil(0.9 * (rows + 1))) - 1] <= room <= sizes[min(rows, int(0.902 * (rows + 2))) - 1]


def test_intervals_cover_new_rows(run: Run) -> None:
    new = amounts(400, seed=1)
    said = predict_table(run, new, interval=0.9)
    inside = ((said["lower"] <= new["y"]) & (new["y"] <= said["upper"])).mean()
    assert 0.8 <= inside <= 0.98  # 160 rows left out, 400 new ones: a spread of 0.03
    wider = predict_table(run, new, interval=0.95)
    assert (wider["upper"] - wider["lower"] > said["upper"] - said["lower"]).all()


def test_odd_rows_are_told_of(run: Run, tmp_path: Path) -> None:
    again = load(run.save(tmp_path / "run"))
    new = pl.DataFrame({"size": [0.1, 99.5, None], "sort": ["red", "blue", "green"]})
    first, second, third = predict_table(again, new, warnings=True)["warnings"].to_list()
    assert (first, third) == ("", "")
    assert "size 99.5 is beyond -" in second
    assert "sort 'blue' is none of the categories" in second


def test_what_cannot_be_promised_is_refused(run: Run) -> None:
    with pytest.raises(InputError, match=r"--interval 0\.999 wants 999 rows"):
        predict_table(run, amounts(3), interval=0.999)
    classes = train_table(amounts().with_columns(y="sort"), "y", hidden=(2,), epochs=1)
    with pytest.raises(InputError, match="classes have probabilities"):
        predict_table(classes, amounts(3), interval=0.9)
