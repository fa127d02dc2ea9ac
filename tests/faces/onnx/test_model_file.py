"""ONNX files predict what the run predicts, for every rule and encoding, or are not written."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from benchmarks.onnx_differences import TASKS, table

from chainrule.engine.network import Network
from chainrule.engine.runs.run import History, Run
from chainrule.engine.stopping import Stop
from chainrule.errors import InputError
from chainrule.faces.onnx import agreement, model_file
from chainrule.faces.onnx.agreement import UNSEEN
from chainrule.faces.onnx.model_file import to_onnx
from chainrule.faces.onnx.network import OPERATORS
from chainrule.faces.onnx.table_encoding import MISSING
from chainrule.faces.tables.table import Table
from chainrule.faces.tables.targets import Amounts
from chainrule.faces.tabular import prediction
from chainrule.faces.tabular import training as tabular
from chainrule.faces.tabular.request import Request
from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.functions import SIGMOID
from chainrule.rules.layers.chain import Chain
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.elu import ELU
from chainrule.rules.layers.leaky_relu import LeakyReLU
from chainrule.rules.layers.residual import Residual

onnxruntime = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")


def given(network: Network, inputs: int, dtype: Any = np.float32, **extra: Any) -> Run:
    """A run with weights as they start, and biases that are not 0."""
    rng = np.random.default_rng(3)
    start = network.start(inputs, 1)
    weights = {name: (a + 0.1 * rng.normal(size=a.shape)).astype(dtype) for name, a in start.items()}
    return Run(network, weights, History([]), Stop.EPOCHS, 0, 0.5, extra=extra)


def on_table(target: str, activation: Any = "relu", dtype: Any = np.float32, **asked: Any) -> Run:
    drop = tuple(name for name in TASKS if name != target)
    ready = tabular.prepare(table(), Request(target, (16, 8), activation, drop=drop, **asked))
    return given(ready.network, ready.encoding.inputs, dtype, encoding=ready.encoding.to_dict())


def session(path: Path) -> Any:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def fed(rows: Table) -> dict[str, np.ndarray]:
    """A table's cells as docs/export.md says that they go in; written apart from what the export does."""

    def number(cell: str) -> float:
        known = {"": np.nan, "True": 1.0, "False": 0.0}
        return known[cell] if cell in known else float(cell)

    words = {name: column.to_list() for name, column in rows.columns.items() if name == "prediction"}
    numbers = {
        name: list(map(number, column.to_list()))
        for name, column in rows.columns.items()
        if name in ("year", "size of it", "flag", "whole", "constant")
    }
    return {name: np.array(cells, object)[:, None] for name, cells in words.items()} | {
        name: np.array(cells)[:, None] for name, cells in numbers.items()
    }


def new_rows() -> Table:
    """A thousand rows, other ones than were learned from; words among them that were never seen."""
    rows = table(1000, seed=9)
    word = rows.columns["prediction"].to_list()
    word[::7] = ["unseen"] * len(word[::7])
    rows.columns["prediction"] = pl.Series("prediction", word)
    return rows


def test_counts_are_never_negative(tmp_path: Path) -> None:
    run, rows = on_table("amount", loss="poisson"), new_rows()
    to_onnx(run, tmp_path / "run.onnx")
    ours, [amounts] = prediction.predict(run, rows), session(tmp_path / "run.onnx").run(None, fed(rows))
    np.testing.assert_allclose(amounts, ours["prediction"], rtol=1e-5)
    assert (amounts > 0).all()


@pytest.mark.parametrize("target", TASKS)
@pytest.mark.parametrize(
    "name", sorted(set(ACTIVATIONS) - {"exponential"})
)  # e^z soon leaves the range of float32
def test_a_table_goes_in_raw_and_the_answer_comes_out(name: str, target: str, tmp_path: Path) -> None:
    run, rows = on_table(target, name), new_rows()
    agreement = to_onnx(run, tmp_path / "run.onnx")
    ours, found = prediction.predict(run, rows), session(tmp_path / "run.onnx").run(None, fed(rows))
    encoding = prediction.encoding_of(run)
    if isinstance(encoding.target, Amounts):
        assert np.max(np.abs(found[0] - ours["prediction"])) < 2e-6 * encoding.target.moments.std * 4
    else:
        shares = np.column_stack([ours[f"probability {label}"] for label in encoding.classes])
        assert np.max(np.abs(found[1] - shares)) < 2e-6
        tied = np.diff(np.sort(shares)[:, -2:])[:, 0] < 1e-5
        assert found[0].tolist() == ours["prediction"].tolist() or tied[found[0] != ours["prediction"]].all()
        assert len(set(found[0].tolist())) > 1 or name in (
            "sigmoid",
            "softmax",
        )  # which start out nearly flat
    assert agreement
    assert agreement.rows == 1000


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "layers",
    [
        [Dense(6, "tanh"), Dropout(0.5), Residual([Dense(3, "relu"), Dense(6)]), Dense(2)],
        [Chain([Dense(5, "silu"), Chain([Dense(4)])]), "softmax", "tanh", Dense(2, "identity")],
        [Residual([Residual(["gelu"]), Dense(3, ELU(0.3))]), Dense(2, LeakyReLU(0.3))],
        [Dense(2)],
    ],
)
def test_every_layer_of_a_run_on_arrays(layers: list[Any], dtype: Any, tmp_path: Path) -> None:
    run = given(Network(layers), 3, dtype)
    to_onnx(run, tmp_path / "run.onnx")
    x = np.random.default_rng(0).normal(size=(1000, 3)).astype(dtype)
    (found,) = session(tmp_path / "run.onnx").run(["prediction"], {"x": x})
    close = 5e-6 if dtype is np.float32 or "gelu" in str(layers).lower() else 5e-15
    assert found.dtype == dtype
    assert np.max(np.abs(found - run.predict(x))) < close
    assert session(tmp_path / "run.onnx").run(None, {"x": x[:0]})[0].shape == (0, 2)


@pytest.mark.parametrize(("loss", "units"), [("binary_cross_entropy", 1), ("softmax_cross_entropy", 3)])
def test_a_fused_loss_gives_probabilities(loss: str, units: int, tmp_path: Path) -> None:
    run = given(Network([Dense(4, "tanh"), Dense(units)], loss), 3)
    to_onnx(run, tmp_path / "run.onnx")
    x = np.zeros((2, 3), np.float32)
    np.testing.assert_allclose(
        session(tmp_path / "run.onnx").run(None, {"x": x})[0], run.predict(x), rtol=1e-6
    )


def test_words_unseen_and_missing_are_what_they_were_in_training(tmp_path: Path) -> None:
    run = on_table("amount")
    to_onnx(run, tmp_path / "run.onnx")
    row = {name: cells[:1] for name, cells in fed(new_rows()).items()}
    answers = [
        session(tmp_path / "run.onnx").run(None, row | {"prediction": np.array([[word]], object)})[0][0]
        for word in ("", "unseen", UNSEEN, "blue", "déjà vu")
    ]
    assert answers[1] == answers[2]
    assert len(set(answers)) == 4


def test_labels_that_are_numbers_come_out_as_numbers(tmp_path: Path) -> None:
    run = on_table("three")
    to_onnx(run, tmp_path / "run.onnx")
    label, shares = session(tmp_path / "run.onnx").run(None, fed(new_rows()))
    assert label.dtype == np.int64
    assert (shares.sum(axis=1) - 1 < 1e-6).all()
    props = {p.key: p.value for p in onnx.load(tmp_path / "run.onnx").metadata_props}
    assert props["classes"] == '["0", "1", "2"]'


def test_a_file_that_does_not_agree_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = on_table("two", "sigmoid")
    place = tmp_path / "run.onnx"
    place.write_bytes(b"before")
    monkeypatch.setitem(OPERATORS, SIGMOID, "HardSigmoid")
    with pytest.raises(
        InputError, match=r"not written: .* does not predict the same: largest difference 0\.\d+"
    ):
        to_onnx(run, place)
    assert place.read_bytes() == b"before"


def test_one_weight_that_is_off_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = on_table("three")
    w2 = run.parameters["w2"].copy()
    w2[3, 2] += 1e-3
    bent = replace(run, parameters=run.parameters | {"w2": w2})
    inputs = run.parameters["w1"].shape[:1]
    made = model_file._model(
        bent, prediction.encoding_of(run), model_file.network.traced(run.network, inputs, bent.parameters)
    )
    monkeypatch.setattr(model_file, "_model", lambda *_: made)
    with pytest.raises(InputError, match="does not predict the same"):
        to_onnx(run, tmp_path / "run.onnx")


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    run = given(Network([Dense(2)]), 3)
    run.parameters["w1"][0, 0] = np.nan
    with pytest.raises(InputError, match="does not predict the same"):
        to_onnx(run, tmp_path / "run.onnx")
    assert not list(tmp_path.iterdir())


def test_without_the_packages_one_line_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match=r"pip install '\.\[onnx\]'"):
        to_onnx(given(Network([Dense(2)]), 3), tmp_path / "run.onnx")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no/run\.onnx: cannot be written"):
        to_onnx(given(Network([Dense(2)]), 3), tmp_path / "no" / "run.onnx")


def test_extreme_columns(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    columns = {
        "huge": rng.normal(size=60) * 1e305,
        "tiny": rng.normal(size=60) * 1e-310,
        "offset": 1e15 + rng.integers(0, 9, 60),
        "y": rng.normal(size=60) * 1e300,
    }
    rows = Table("extremes", {name: pl.Series(name, cells) for name, cells in columns.items()}, 60)
    ready = tabular.prepare(rows, Request("y", (4,), task="regression"))
    run = given(ready.network, ready.encoding.inputs, encoding=ready.encoding.to_dict())
    to_onnx(run, tmp_path / "run.onnx")
    row = {name: cells[:, None] for name, cells in columns.items() if name != "y"}
    found = session(tmp_path / "run.onnx").run(None, row)[0]
    np.testing.assert_allclose(found, prediction.predict(run, rows)["prediction"], rtol=1e-4)


def test_the_command(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from chainrule.faces.cli import cli

    on_table("two").save(tmp_path / "run")
    done = CliRunner().invoke(cli, ["export", str(tmp_path / "run"), "--onnx", str(tmp_path / "run.onnx")])
    assert done.exit_code == 0, done.output
    assert "largest difference" in done.output
    assert (tmp_path / "run.onnx").exists()


def test_the_comparison_has_gaps_and_words_never_seen_in_it() -> None:
    run = on_table("three", missing="impute")
    encoding = prediction.encoding_of(run)
    for column in encoding.columns:
        cells = agreement._cells(column, 1000, False, np.random.default_rng(0))
        gaps = [cell is MISSING or cell == MISSING or cell != cell for cell in cells.tolist()]
        assert 0.05 < np.mean(gaps) < 0.15, column.name
        if hasattr(column, "words"):
            assert np.mean([cell == UNSEEN for cell in cells.tolist()]) > 0.5 / (1 + len(column.words))
        whole = agreement._cells(column, 1000, True, np.random.default_rng(0)).tolist()
        assert not any(cell == MISSING or cell != cell for cell in whole)


def test_labels_that_differ_are_a_difference(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The probabilities agree, and the words do not."""
    run = on_table("three")
    right = agreement.predicted

    def exchanged(model: bytes, rows: Any) -> list[Any]:
        labels, *shares = right(model, rows)
        return [np.roll(labels, 1), *shares]

    monkeypatch.setattr(agreement, "predicted", exchanged)
    with pytest.raises(InputError, match=r"largest difference .* and \d+ labels differ"):
        to_onnx(run, tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()
