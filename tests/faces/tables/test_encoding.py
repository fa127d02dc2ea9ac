"""Encoding: what a table teaches holds for new ones, and held-out rows teach nothing."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from chainrule.errors import InputError
from chainrule.faces.tables import Encoding, Survey, Table, learn, read
from chainrule.faces.tables.table import MISSING

ROWS = 12


def table(columns: dict[str, list[Any]], native: bool = False, **options: Any) -> Table:
    """A table as `read` makes it: of strings, or of native types."""
    text = {name: pl.Series([str(x) for x in values], dtype=pl.String) for name, values in columns.items()}
    made = {name: pl.Series(values) for name, values in columns.items()} if native else text
    rows = len(next(iter(made.values())))
    return Table("t.csv", made, rows, None if native else range(2, rows + 2), **options)


def data() -> dict[str, list[Any]]:
    return {
        "x": [0.5, 1.5, 2.25, -3, 4, 5.5, 6, 7, 8, 9.125, 10, 11],
        "kind": ["a", "b", "c", "a", "b", "c"] * 2,
        "on": ["true", "False"] * 6,
        "y": [0, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1],
    }


def said(some: Table) -> str:
    return " | ".join(note.text for note in some.notes)


def test_inputs_are_scikit_learns() -> None:
    encoding, x, t = learn(table(data()), "y")
    assert encoding.feature_names == ["x", "kind=a", "kind=b", "kind=c", "on"]
    number = np.array(data()["x"], float)[:, None]
    onehot = OneHotEncoder(sparse_output=False).fit_transform(np.array(data()["kind"])[:, None])
    switch = np.array([word.lower() == "true" for word in data()["on"]], float)[:, None]
    want = np.hstack([StandardScaler().fit_transform(number), onehot, StandardScaler().fit_transform(switch)])
    assert np.allclose(x, want, rtol=1e-14, atol=1e-14)
    assert t.tolist() == [[float(y)] for y in data()["y"]]


def test_native_types_encode_as_their_text_does() -> None:
    columns = data() | {"on": [True, False] * 6}
    encoding, x, _ = learn(table(columns), "y")
    again, x2, _ = learn(table(columns, native=True), "y")
    assert np.array_equal(x, x2)
    assert np.array_equal(encoding.encode(table(columns, native=True)), x)
    assert np.array_equal(again.encode(table(columns)), x)


@given(st.permutations(["x", "kind", "on", "y", "extra"]))
@settings(max_examples=20)
def test_the_order_of_columns_is_free_and_extra_ones_are_ignored(order: list[str]) -> None:
    encoding, x, _ = learn(table(data()), "y")
    columns = data() | {"extra": ["?"] * ROWS}
    other = table({name: columns[name] for name in order})
    assert np.array_equal(encoding.encode(other), x)
    assert "'extra'" in said(other)


def test_neither_target_nor_dropped_columns_are_needed_later() -> None:
    encoding, x, _ = learn(table(data() | {"id": [f"n{row}" for row in range(ROWS)]}), "y", drop=["id"])
    new = data()
    del new["y"]
    other = table(new)
    assert np.array_equal(encoding.encode(other), x)
    assert not other.notes


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=8),
    st.lists(st.floats(-1e9, 1e9), min_size=4, max_size=4),
)
@settings(max_examples=30)
def test_held_out_rows_teach_nothing(kept: list[float], out: list[float]) -> None:
    if len(set(kept)) < 2:
        return
    base = {"x": kept, "k": ["a", "b"] * 4, "y": [0.5, 1, 2, 3, 4, 5, 6, 7.5]}
    full = {
        "x": kept + out,
        "k": ["a", "b"] * 4 + ["c"] * 4,
        "y": [*base["y"], *(1e6 + value for value in range(4))],
    }
    small, x, t = learn(table(base), "y")
    rows = np.arange(8)
    large, x2, t2 = learn(table(full), "y", rows=rows)
    assert large.columns == small.columns
    assert large.target == small.target
    assert np.array_equal(x2[rows], x)
    assert np.array_equal(t2[rows], t)
    assert (x2[8:, 1:] == 0).all()  # the word "c" was never learned


def test_missing_cells_held_out_flag_nothing() -> None:
    columns = data()
    columns["x"][-1] = ""
    whole, x, _ = learn(table(columns), "y")
    assert whole.feature_names[:2] == ["x", "x (missing)"]
    assert x[-1, 1] == 1.0
    assert x[:-1, 1].sum() == 0.0
    part, x, _ = learn(table(columns), "y", rows=np.arange(ROWS - 1))
    assert part.feature_names[:2] == ["x", "kind=a"]
    median = float(np.median(np.array(columns["x"][:-1], float)))
    assert x[-1, 0] == part.columns[0].moments.standardise(np.array([median]))[0]  # type: ignore[union-attr]


@pytest.mark.parametrize("marker", [*sorted(MISSING), "  ", "-999", "?"])
def test_missing_numbers_are_filled_with_the_median_and_flagged(marker: str) -> None:
    columns = data()
    columns["x"][2] = marker
    some = table(columns, markers=MISSING | {"-999", "?"})
    encoding, x, _ = learn(some, "y")
    known = [value for row, value in enumerate(data()["x"]) if row != 2]
    assert encoding.columns[0].fill == float(np.median(known))  # type: ignore[union-attr]
    assert x[:, 1].tolist() == [float(row == 2) for row in range(ROWS)]
    assert "column 'x': 1 missing cell (first on line 4)" in said(some)
    with pytest.raises(InputError, match=r"^t\.csv: line 4, column 'x': the cell is missing"):
        learn(table(columns, markers=some.markers), "y", missing="refuse")


def test_missing_words_are_no_category_and_flagged() -> None:
    columns = data()
    columns["kind"][1] = "NA"
    encoding, x, _ = learn(table(columns), "y")
    assert encoding.feature_names[1:5] == ["kind=a", "kind=b", "kind=c", "kind (missing)"]
    assert x[1, 1:5].tolist() == [0, 0, 0, 1]


def test_new_cells_missing_or_unseen_are_said_aloud() -> None:
    encoding, _, _ = learn(table(data()), "y")
    columns = data()
    columns["x"][0] = ""
    columns["kind"][3] = "zebra"
    other = table(columns)
    x = encoding.encode(other)
    assert np.isfinite(x).all()
    assert x[3, 1:4].tolist() == [0, 0, 0]
    assert "first on line 2" in said(other)
    assert "first 'zebra' on line 5" in said(other)


def test_a_run_that_refuses_missing_cells_does_so_later() -> None:
    encoding, _, _ = learn(table(data()), "y", missing="refuse")
    columns = data()
    columns["x"][7] = columns["kind"][5] = "NA"
    with pytest.raises(InputError, match=r"line 7, column 'kind': the cell is missing \('NA'\)"):
        encoding.encode(table(columns))


def test_a_far_value_is_warned_about_and_kept_finite() -> None:
    encoding, _, _ = learn(table(data()), "y")
    columns = data()
    columns["x"][3] = 1e300
    other = table(columns)
    assert np.isfinite(encoding.encode(other).astype(np.float32)).all()
    assert "column 'x': 1 value far outside the training range (first on line 5: 1e+300" in said(other)


@pytest.mark.parametrize(("spreads", "warned"), [(900, False), (1100, True)])
def test_far_is_a_thousand_spreads(spreads: float, warned: bool) -> None:
    encoding, _, _ = learn(table({"x": [-1, 1] * 6, "y": data()["y"]}), "y")
    other = table({"x": [0, spreads]})
    encoding.encode(other)
    assert bool(other.notes) == warned


def test_the_largest_numbers_are_encoded_without_a_murmur() -> None:
    values = [1.7e308, -1.7e308, 1e300, 5e-324] * 10
    _, x, t = learn(table({"x": values, "y": values[::-1]}), "y", task="regression")
    assert np.isfinite(x).all()
    assert np.isfinite(t).all()


def test_a_constant_column_is_zero_and_named() -> None:
    some = table(data() | {"k": [0.1] * ROWS})
    encoding, x, _ = learn(some, "y")
    assert (x[:, -1] == 0.0).all()
    assert "column 'k' is constant ('0.1' in every row)" in said(some)
    other = table(data() | {"k": [0.2] * ROWS})
    assert (encoding.encode(other)[:, -1] == 0.0).all()
    assert "column 'k' was constant" in said(other)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([9007199254740993 + row for row in range(ROWS)], "beyond 2**53"),
        ([f"{row + 1}e-320" for row in range(ROWS)], "variance underflows"),
        ([1.0] * 11 + [1.0000000000000002], "nearly constant"),
    ],
)
def test_numbers_that_float64_strains_at_are_warned_about(values: list[Any], words: str) -> None:
    some = table(data() | {"big": values})
    _, x, _ = learn(some, "y")
    assert np.isfinite(x).all()
    assert words in said(some)
    assert "'big'" in said(some)


def test_a_column_that_counts_the_rows_is_warned_about() -> None:
    rows = 30
    some = table({"when": list(range(7, 7 + rows)), "x": [row**2 for row in range(rows)], "y": [0, 1] * 15})
    learn(some, "y")
    assert "column 'when' counts the rows (7 to 36): an identifier? Leave it out with --drop when" in said(
        some
    )
    assert "'x'" not in said(some)


@pytest.mark.parametrize(
    ("labels", "task", "outputs", "classes"),
    [
        ([0, 1] * 6, None, 1, ["0", "1"]),
        (["1", "0.0"] * 6, None, 1, ["0", "1"]),
        ([-1, 1] * 6, None, 1, ["-1", "1"]),
        ([3, 1, 2] * 4, None, 3, ["1", "2", "3"]),
        ([0.5, 1.5] * 6, "classification", 1, ["0.5", "1.5"]),
        (["no", " yes"] * 6, None, 1, ["no", "yes"]),
        (["cafe\u0301", "caf\u00e9", "tea"] * 4, None, 1, ["caf\u00e9", "tea"]),
        (["TRUE", "false", "True"] * 4, None, 1, ["False", "True"]),
        ([row / 7 for row in range(ROWS)], None, 1, []),
        (list(range(ROWS)), None, 1, []),
        ([0, 1] * 6, "regression", 1, []),
    ],
)
def test_the_task_is_seen_from_the_target(
    labels: list[Any], task: str | None, outputs: int, classes: list[str]
) -> None:
    some = table({"x": data()["x"], "y": labels})
    encoding, _, t = learn(some, "y", task=task)
    assert encoding.task == ("classification" if classes else "regression")
    assert encoding.task in said(some)
    assert t.shape == (ROWS, encoding.outputs) == (ROWS, outputs)
    assert encoding.classes == classes
    assert np.array_equal(encoding.encode_target(some), t)
    if classes:
        assert set(encoding.codes(t)) == set(range(len(classes)))
        assert np.array_equal(encoding.probabilities(t).argmax(axis=1), encoding.codes(t))
        names = [str(name) for name in encoding.decode(t)]
        assert names == [encoding.classes[code] for code in encoding.codes(t)]


def test_probabilities_become_labels() -> None:
    two, _, _ = learn(table(data() | {"y": ["no", "yes"] * 6}), "y")
    output = np.array([[0.2], [0.7]])
    assert two.decode(output).tolist() == ["no", "yes"]
    assert np.allclose(two.probabilities(output), [[0.8, 0.2], [0.3, 0.7]])
    three, _, _ = learn(table(data() | {"y": [5, 3, 4] * 4}), "y")
    output = np.array([[0.2, 0.5, 0.3], [0.1, 0.2, 0.7]])
    assert three.decode(output).tolist() == [4, 5]
    assert np.array_equal(three.probabilities(output), output)


def test_amounts_are_standardised_and_come_back() -> None:
    amounts = [1e9 + row * 0.125 for row in range(ROWS)]
    encoding, _, t = learn(table({"x": data()["x"], "y": amounts}), "y", task="regression")
    assert abs(t.mean()) < 1e-14
    assert abs(t.std() - 1) < 1e-14
    assert encoding.decode(t).tolist() == amounts
    with pytest.raises(InputError, match="no classes"):
        encoding.codes(t)


def test_an_unknown_label_is_named_with_its_line() -> None:
    encoding, _, _ = learn(table(data() | {"y": ["no", "yes"] * 6}), "y")
    with pytest.raises(InputError, match=r"line 4, column 'y': 'maybe' is none of the classes.*'no', 'yes'"):
        encoding.encode_target(table(data() | {"y": ["no", "yes", "maybe"] * 4}))
    numbers, _, _ = learn(table(data()), "y")
    with pytest.raises(InputError, match=r"line 4, column 'y': '0.5' is none of the classes"):
        numbers.encode_target(table(data() | {"y": [0, 1, 0.5] * 4}))
    with pytest.raises(InputError, match=r"line 3, column 'y': the target is missing"):
        encoding.encode_target(table(data() | {"y": ["no", ""] * 6}))
    with pytest.raises(InputError, match="no target column 'y'"):
        encoding.encode_target(table({"x": [1]}))


def test_no_rows_give_no_rows() -> None:
    encoding, _, _ = learn(table(data()), "y")
    other = table({name: [] for name in ("x", "kind", "on")})
    assert encoding.encode(other).shape == (0, 5)
    assert "no data rows" in said(other)


def test_a_survey_tells_the_classes_before_anything_is_learned() -> None:
    survey = Survey(table(data()), "y")
    assert survey.task == "classification"
    assert survey.codes is not None
    assert survey.codes.tolist() == data()["y"]
    assert Survey(table(data()), "x").codes is None


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), min_size=ROWS, max_size=ROWS),
    st.lists(st.sampled_from(["é", "a b", "z'\"", "", "NA"]), min_size=ROWS, max_size=ROWS),
    st.booleans(),
)
@settings(max_examples=60)
def test_json_keeps_an_encoding_exactly(numbers: list[float], words: list[str], classify: bool) -> None:
    target = data()["y"] if classify else [math.ldexp(x, -3) + row for row, x in enumerate(numbers)]
    if len(set(target)) < 2 or not set(words) - {"", "NA"}:
        return
    some = table({"x": numbers, "w": words, "y": target})
    encoding, x, t = learn(some, "y", task="classification" if classify else "regression")
    back = Encoding.from_dict(json.loads(json.dumps(encoding.to_dict(), allow_nan=False)))
    assert back == encoding
    assert np.array_equal(back.encode(some), x)
    assert np.array_equal(back.encode_target(some), t)


@pytest.mark.parametrize("lost", ["columns", "target", "missing", "moments", "everything"])
def test_a_damaged_encoding_is_an_input_error(lost: str) -> None:
    saved: Any = learn(table(data()), "y")[0].to_dict()
    if lost == "everything":
        saved = []
    elif lost == "moments":
        del saved["columns"][0]["moments"]
    else:
        del saved[lost]
    with pytest.raises(InputError, match="damaged"):
        Encoding.from_dict(saved)


def test_new_tables_are_read_as_the_first_was(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    rows = "\n".join(f"{x:.3f};{y}".replace(".", ",") for x, y in zip(data()["x"], data()["y"], strict=True))
    file.write_text(f"x;y\n{rows}\n-;1\n")
    first = read(file, decimal=",", missing_markers=["-"])
    encoding, x, _ = learn(first, "y")
    again = Encoding.from_dict(encoding.to_dict())
    assert np.array_equal(again.encode(read(file, **again.reading)), x)


@pytest.mark.parametrize("column", ["kind", "x"])
def test_gaps_in_held_out_rows_make_no_flag(column: str) -> None:
    columns = data()
    columns[column][-1] = ""
    survey = Survey(table(columns), "y")
    held_out_gap, _, _ = survey.learn(np.arange(ROWS - 1))
    learned_gap, _, _ = survey.learn(np.arange(1, ROWS))
    assert f"{column} (missing)" not in held_out_gap.feature_names
    assert f"{column} (missing)" in learned_gap.feature_names
