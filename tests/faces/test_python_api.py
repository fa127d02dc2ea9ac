"""The Python API: tables in memory, what objects show of themselves, and errors that say what is wanted."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import chainrule
from chainrule import Dense, InputError, Network, explain, load, predict_table, sweep, train, train_table
from chainrule.faces.tables import parquet

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
T = np.array([[0], [1], [1], [0]], float)
XOR = Network([Dense(4, "tanh"), Dense(1, "sigmoid")])


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    path = Path(__file__).parents[2] / "examples" / "penguins.csv"
    return pl.read_csv(path, null_values="NA")


class Columns:
    """A frame of a library that we know nothing of but the Arrow PyCapsule interface."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)


# --- tables -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "made", [lambda f: f, lambda f: f.lazy(), Columns, pl.DataFrame.to_arrow, pl.DataFrame.to_pandas]
)
def test_a_frame_gives_the_run_of_its_file(
    made: Callable[[Any], Any], frame: pl.DataFrame, penguins: Path
) -> None:
    if made in (pl.DataFrame.to_arrow, pl.DataFrame.to_pandas):
        pytest.importorskip("pyarrow")
    if made is pl.DataFrame.to_pandas:
        pytest.importorskip("pandas")
    of_file = train_table(penguins, "species", epochs=2)
    of_frame = train_table(made(frame), "species", epochs=2)
    for name, array in of_file.parameters.items():
        np.testing.assert_array_equal(of_frame.parameters[name], array)
    few = frame.head(5)
    assert predict_table(of_frame, made(few)).equals(predict_table(of_file, few))
    assert chainrule.evaluate(of_frame, made(frame)) == chainrule.evaluate(of_file, penguins)


def test_the_run_of_a_frame_is_saved_and_loaded(frame: pl.DataFrame, tmp_path: Path) -> None:
    frame = frame.drop_nulls()
    run = train_table(frame, "body_mass_g", hidden=[8], epochs=2, drop="year", seed=3)
    again = load(run.save(tmp_path / "run"))
    assert again.extra["table"]["name"] == "DataFrame"
    assert predict_table(again, frame).equals(predict_table(run, frame))


def test_what_is_wrong_with_a_frame_is_named(frame: pl.DataFrame) -> None:
    with pytest.raises(InputError, match=r"DataFrame: no target column 'kind'"):
        train_table(frame, "kind")
    run = train_table(frame, "species", epochs=1)
    with pytest.raises(InputError, match=r"DataFrame.*island"):
        predict_table(run, frame.drop("island"))


# --- what objects show ------------------------------------------------------------------------------


def test_short_words_for_long_things() -> None:
    run = train(XOR, X, T, learning_rate=2.0, epochs=3000, threshold=1e-2, seed=0)
    assert repr(run) == f"Run(2-4-1 network, {run.epochs} epochs, loss {run.loss:.4g}, stopped by threshold)"
    assert repr(run.history).startswith(f"History({run.epochs} epochs, loss ")
    classifier = Network([Dense(3, "relu"), Dense(2)], "softmax_cross_entropy")
    ensemble = chainrule.train_ensemble(classifier, X, [0, 1, 1, 0], epochs=2, seeds=3)
    assert repr(ensemble).startswith("Ensemble(3 members, the best Run(2-3-2 classifier, 2 epochs, loss ")
    assert len(repr(ensemble)) < 150


def test_a_run_in_a_notebook() -> None:
    shown = train(XOR, X, T, epochs=1)._repr_html_()
    assert shown.startswith("<table>")
    assert "2-4-1 network" in shown


# --- a beginner's mistakes --------------------------------------------------------------------------


MISTAKES: list[tuple[str, Callable[[], object], str]] = [
    (
        "layers for a network",
        lambda: train([Dense(1)], X, T),
        "what is trained is a network, such as Netw.* not list",
    ),
    ("layers for an ensemble", lambda: chainrule.train_ensemble([Dense(1)], X, T), "a network, such as"),
    ("no rows", lambda: train(XOR, None, T), r"rows of inputs are wanted"),
    ("no targets", lambda: train(XOR, X, None), r"want \(4, 1\)"),
    ("one layer without a list", lambda: Network(Dense(1)), "list of at least one layer"),
    ("a class for a layer", lambda: Network([Dense]), "is not a layer"),
    ("no parameters", lambda: XOR.predict({}, X), "parameters lack w1: there are none"),
    (
        "one parameter short",
        lambda: sweep(XOR, {"w1": np.ones((2, 4))}, X, T),
        "parameters lack b1: they are w1",
    ),
    ("a word for a width", lambda: XOR.start("2"), "how many numbers a row has, at least 1, not '2'"),
    ("no inputs", lambda: XOR.start(0), "at least 1, not 0"),
    ("a number for a quantity", lambda: explain(XOR, X, T, 5), "explain wants a quantity"),
    ("a number to explain", lambda: explain(5, X, T, "E"), "not int"),
    ("a folder that is not there", lambda: load("nowhere"), "nowhere is not a run: there is no such folder"),
    ("a network to export", lambda: chainrule.to_onnx(XOR, "x.onnx"), "a run is exported.* not Network"),
    ("one number for layers", lambda: chainrule.exercise(5), "layers are two numbers or more"),
    ("arrays for a table", lambda: train_table(X, "y"), r"not ndarray; arrays are trained on by train"),
    ("a list for a table", lambda: train_table([{"y": 1}], "y"), "not list"),
    ("a number for a column", lambda: train_table("t.csv", 5), "target is the name of a column, not 5"),
    ("a number for layers", lambda: train_table("t.csv", "y", hidden=5), "hidden lists the units"),
    ("a folder for a run", lambda: predict_table("run", "t.csv"), r"not str; load\(\"DIR\"\)"),
    ("a network for a run", lambda: chainrule.evaluate(XOR, "t.csv"), "a network is trained first"),
]


@pytest.mark.parametrize(("mistake", "message"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_a_mistake_is_told_in_one_line(mistake: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        mistake()
    assert "\n" not in str(caught.value)


def test_a_run_of_arrays_knows_no_table(frame: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="trained on arrays, not on a table"):
        predict_table(train(XOR, X, T, epochs=1), frame)


def test_lists_are_rows() -> None:
    parameters = XOR.start(2)
    assert (
        sweep(XOR, parameters, X.tolist(), T.tolist()).loss.array == sweep(XOR, parameters, X, T).loss.array
    )


def test_a_frame_in_memory_is_no_bomb_and_starts_no_process(
    frame: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the user's own, however well it would pack."""
    monkeypatch.setattr(parquet, "BOMB_SIZE", 1)
    monkeypatch.setattr(parquet, "BOMB_RATIO", 0)
    monkeypatch.setattr(subprocess, "run", pytest.fail)
    run = train_table(frame, "species", epochs=1)
    assert len(run.extra["table"]["sha256"]) == 64
    assert predict_table(run, frame).height == frame.height


def test_a_column_of_objects_is_named(frame: pl.DataFrame) -> None:
    strange = frame.with_columns(pl.Series("what", [object()] * frame.height, dtype=pl.Object))
    with pytest.raises(InputError, match="column 'what' holds neither numbers nor words"):
        train_table(strange, "species", epochs=1)
