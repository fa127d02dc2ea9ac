"""What people write in tables: read as they mean it, said aloud, and read the same way when predicting."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.tables import Encoding, Table, learn
from chainrule.faces.tabular import prediction, training
from chainrule.faces.tabular.api import train_table
from chainrule.faces.tabular.source import Reading

ROWS = 40


def written(path: Path, cells: list[str], name: str = "c", mark: str = ",") -> Path:
    """A table of a number, a column that repeats `cells`, and a target."""
    rows = [
        f'{row / 8}{mark}"{cells[row % len(cells)]}"{mark}{["no", "yes"][row % 2]}' for row in range(ROWS)
    ]
    path.write_text("\n".join([mark.join(["x", name, "y"]), *rows]) + "\n")
    return path


def looked(path: Path, target: str = "y", **options: Any) -> tuple[Encoding, np.ndarray, str]:
    table = Reading(**options).table(str(path))
    encoding, x, _ = learn(table, target)
    again = Encoding.from_dict(encoding.to_dict())
    assert np.array_equal(again.encode(Reading(**options).table(str(path))), x)
    return encoding, x, said(table)


def said(table: Table) -> str:
    return " | ".join(note.text for note in table.notes)


@pytest.mark.parametrize(
    ("cells", "values", "note"),
    [
        (["1,234", "12,345", "999"], [1234, 12345, 999], "',' marks thousands ('1,234' is 1234)"),
        (["(385)", "465", "(7.5)"], [-385, 465, -7.5], "parentheses mean negative ('(385)' is -385)"),
        (["$1,234.50", "$2.25", "0"], [1234.5, 2.25, 0], "'$' is left out ('$1,234.50' is 1234.5)"),
        (["5%", "7.5 %", "12%"], [5, 7.5, 12], "'%' is left out ('5%' is 5)"),
        (["€ 5", "€ 1'200"], [5, 1200], "marks thousands, '€' is left out"),
        (["($1,500)", "$700"], [-1500, 700], "parentheses mean negative"),
    ],
)
def test_numbers_as_people_write_them(
    tmp_path: Path, cells: list[str], values: list[float], note: str
) -> None:
    encoding, x, words = looked(written(tmp_path / "t.csv", cells))
    assert encoding.feature_names == ["x", "c"]
    assert note in words
    column = np.resize(np.array(values, float), ROWS)
    assert np.allclose(x[:, 1], (column - column.mean()) / column.std())


@pytest.mark.parametrize(
    ("cells", "mark", "words"),
    [
        (["1,000.5", "2,000.5"], ",", "thousands separator"),  # both marks: only as asked
        (["1,234", "5678"], ",", "thousands"),
        (["1,234", "5,678"], ";", "decimal comma"),
        (["5%", "6"], ",", "percent"),
        (["$5", "€6"], ",", "currency"),
    ],
)
def test_numbers_that_could_be_others_are_refused(
    tmp_path: Path, cells: list[str], mark: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        looked(written(tmp_path / "t.csv", cells, mark=mark))
    if "," in cells[0]:
        looked(written(tmp_path / "t.csv", cells, mark=mark), thousands=",")


@pytest.mark.parametrize(
    ("cells", "categories"),
    [
        (["02134", "94110", "00501"], 3),
        (["007", "012", "120", "300"], 4),
        (["1", "2", "3", "A", "B"], 5),
        (["36", "38", "S", "M", "XL"], 5),
        (["94110", "98101", "10001-2345"], 3),
        (["60614-0001", "33101", "94110", "33101-1234"], 4),
    ],
)
def test_codes_are_categories(tmp_path: Path, cells: list[str], categories: int) -> None:
    encoding, _, words = looked(written(tmp_path / "t.csv", cells))
    assert encoding.feature_names[1:] == [f"c={cell}" for cell in sorted(cells)]
    assert encoding.inputs == 1 + categories
    assert "are codes, so words (--number c if they are amounts)" in words


def test_columns_are_what_they_are_said_to_be(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", ["02134", "94110"])
    assert looked(path, amounts=("c",))[0].feature_names == ["x", "c"]
    path = written(tmp_path / "t.csv", ["10", "20"])
    assert looked(path, categories=("c",))[0].feature_names == ["x", "c=10", "c=20"]


@pytest.mark.parametrize(
    "gaps", [["?", "n/a", "-"], ["missing", "None", "."], ["unknown", "#N/A", "--"], ["null", "nil", "*"]]
)
def test_gaps_in_all_spellings(tmp_path: Path, gaps: list[str]) -> None:
    encoding, x, words = looked(written(tmp_path / "t.csv", ["1.5", "2.5", "4", *gaps, "7", "1"]))
    assert encoding.feature_names == ["x", "c", "c (missing)"]
    assert x[:, 2].tolist() == [float(3 <= row % 8 < 6) for row in range(ROWS)]
    assert "taken as missing" in words


@pytest.mark.parametrize("labels", [["None", "Minor", "Major"], ["red", "None", "green", "blue"]])
def test_a_word_that_is_a_value_stays_one(tmp_path: Path, labels: list[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{row},{labels[row % len(labels)]}\n" for row in range(ROWS)))
    encoding, _, words = looked(path)
    assert encoding.classes == sorted(labels)
    assert "'None' (1" in words
    assert "--na None takes it as missing" in words
    without = learn(Reading(missing_markers=("None",)).table(str(path)), "y")[0]
    assert without.classes == sorted({*labels} - {"None"})
    encoding, _, _ = looked(written(path, labels))
    assert encoding.feature_names[1:] == [f"c={label}" for label in sorted(labels)]


@pytest.mark.parametrize("gap", ["", "NA", "?", "n/a"])
def test_rows_without_a_target_are_left_out_and_filled_later(tmp_path: Path, gap: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{row},{gap if row % 4 == 3 else row * 2.5}\n" for row in range(ROWS)))
    run = train_table(str(path), "y", epochs=2)
    table = Reading().table(str(path))
    assert len(prediction.predict(run, table)["prediction"]) == ROWS
    assert prediction.evaluate(run, table)["rows"] == 30
    assert "10 rows without a target left out (first on line 5); 30 rows have one" in said(table)
    with pytest.raises(InputError, match="the target is missing"):
        train_table(str(path), "y", epochs=2, missing="refuse")


@pytest.mark.parametrize("pair", [("True", "False"), ("yes", "no"), ("t", "f"), ("Y", "N"), ("1", "0")])
def test_truth_in_all_spellings(tmp_path: Path, pair: tuple[str, str]) -> None:
    encoding, x, _ = looked(written(tmp_path / "t.csv", list(pair)))
    assert encoding.feature_names == ["x", "c"]
    for yes, no in [("true", "FALSE"), ("1", "0"), ("Yes", "no"), ("T", "f")]:
        new = Reading().table(str(written(tmp_path / "new.csv", [yes, no])))
        assert np.array_equal(encoding.encode(new), x)
    mixed = Reading().table(str(written(tmp_path / "new.csv", ["1", "0", "true", ""])))
    assert encoding.encode(mixed)[:3, 1].tolist() == [x[0, 1], x[1, 1], x[0, 1]]


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("Visitors by group\nSource: count\n\n", 4),
        ("Report, 2024\n", 2),
        ("Made by hand,,\n,,\n", 3),
        ("A title\n\n\n\n", 5),
    ],
)
def test_lines_before_the_table(tmp_path: Path, title: str, line: int) -> None:
    path = written(tmp_path / "t.csv", ["a", "b"])
    want = looked(path)[1]
    path.write_text(title + path.read_text())
    with pytest.raises(InputError, match=f"seems to begin on line {line}: say --skip {line - 1}"):
        Reading().table(str(path))
    assert np.array_equal(looked(path, skip=line - 1)[1], want)
    assert Reading(skip=line - 1).table(str(path)).where(0) == f"line {line + 1}"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train_table(str(written(tmp_path_factory.mktemp("t") / "t.csv", ["a", "b"])), "y", epochs=2)


def test_columns_are_kept_beside_predictions(run: Run, tmp_path: Path) -> None:
    table = Reading().table(str(written(tmp_path / "t.csv", ["a", "b"])))
    columns = prediction.predict(run, table, ["y", "c"])
    assert list(columns) == ["y", "c", "prediction", "probability no", "probability yes"]
    assert list(columns["c"][:2]) == ["a", "b"]
    with pytest.raises(InputError, match=r"--keep: no column 'C'\. Did you mean 'c'"):
        prediction.predict(run, table, ["C"])
    table.columns["prediction"] = table.columns["c"]
    with pytest.raises(InputError, match="the predictions have a column of that name"):
        prediction.predict(run, table, ["prediction"])


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("visit_no", [str(1003 + 2 * row + row % 2) for row in range(ROWS)]),
        ("customer id", [str(500000 - 7 * row % 1000 + row) for row in range(ROWS)]),
        ("Unnamed: 0", [str(row) for row in range(ROWS)]),
        ("patient", [f"P{row:04d}" for row in range(ROWS)]),
        ("orderId", [str(90 + 3 * row) for row in range(ROWS)]),
    ],
)
def test_identifiers_are_left_out(tmp_path: Path, name: str, cells: list[str]) -> None:
    path = written(tmp_path / "t.csv", cells, name)
    encoding, x, words = looked(path)
    assert encoding.feature_names == ["x"]
    assert f"column '{name}'" in words
    assert "left out" in words
    new = Reading().table(str(path))
    del new.columns[name]
    assert np.array_equal(encoding.encode(new), x)
    assert not any("ignored" in note.text for note in new.notes)
    if cells[0].isdigit():
        assert looked(path, amounts=(name,))[0].feature_names == ["x", name]


@pytest.mark.parametrize("first", [0, 1])
def test_an_index_without_a_name_is_left_out(tmp_path: Path, first: int) -> None:
    path = tmp_path / "t.csv"
    rows = "".join(f"{row + first},{row % 7},{'ab'[row % 2]},{row % 3}\n" for row in range(ROWS))
    path.write_text(",x,c,y\n" + rows)
    encoding, _, words = looked(path)
    assert encoding.feature_names == ["x", "c=a", "c=b"]
    assert "column 1 has no name and is different in every row, an index: left out" in words


def test_numbers_that_rise_under_another_name_are_warned_about(tmp_path: Path) -> None:
    cells = [str(1000 + 2 * row + row % 2) for row in range(ROWS)]
    encoding, _, words = looked(written(tmp_path / "t.csv", cells, "depth"))
    assert encoding.feature_names == ["x", "depth"]
    assert (
        "column 'depth' is a whole number that rises with every row (1000 to 1079): an identifier?" in words
    )


@pytest.mark.parametrize("step", [1, 2])
def test_years_are_no_numbers_of_rows(tmp_path: Path, step: int) -> None:
    rows = [f"{1990 - ROWS + row * step + row // 20},{row / 8},{'ab'[row % 2]}" for row in range(ROWS)]
    (tmp_path / "t.csv").write_text("\n".join(["when,x,y", *rows]) + "\n")
    _, _, words = looked(tmp_path / "t.csv")
    assert "when" not in words


@pytest.mark.parametrize(("times", "warned"), [(4, True), (1, False), (40, False)])
@pytest.mark.parametrize("name", ["patient_id", "size"])
def test_identifiers_that_repeat_may_be_groups(tmp_path: Path, name: str, times: int, warned: bool) -> None:
    rows = [f"{row * 7919 % 400 // times},{row / 8},{'ab'[row % 2]}" for row in range(400)]
    (tmp_path / "t.csv").write_text("\n".join([f"{name},x,y", *rows]) + "\n")
    _, _, words = looked(tmp_path / "t.csv")
    assert (f"comes about {times} times" in words) == (warned and name != "size")
    assert (f"--group {name}" in words) == (warned and name != "size")


def test_of_very_many_words_the_frequent_ones_are_categories(tmp_path: Path) -> None:
    cells = [f"town{row}" if row % 2 else "city" for row in range(ROWS)]
    cells = [cell if row < 60 else "" for row, cell in enumerate(cells)]
    encoding, _, words = looked(written(tmp_path / "t.csv", cells))
    assert encoding.feature_names == ["x", "c=city"]
    assert "1 of 21 words have 5 rows or more" in words
    assert "constant" not in words  # the rare ones are told from it


@pytest.mark.parametrize(
    ("cells", "target", "tells"),
    [
        (["declined", "approved"], "no yes", True),
        (["3", "8"], "no yes", True),
        (["declined", "approved", "approved"], "no yes", False),
        (["declined", "approved"], "1.5 7.25", True),
        (["a", "b", "a"], "1.5 7.25", False),
    ],
)
def test_a_column_that_tells_the_target_alone_is_warned_about(
    tmp_path: Path, cells: list[str], target: str, tells: bool
) -> None:
    path = written(tmp_path / "t.csv", cells)
    for word, value in zip(("no", "yes"), target.split(), strict=True):
        path.write_text(path.read_text().replace(f",{word}\n", f",{value}\n"))
    _, _, words = looked(path)
    assert ("column 'c' tells the target alone: is it known before the answer is?" in words) == tells
    assert ("--drop c" in words) == tells


@pytest.mark.parametrize(
    ("label", "share"), [("Total", 1), ("Grand total", 1), ("Sum", 1), ("Average", ROWS)]
)
def test_a_row_of_totals_is_left_out(tmp_path: Path, label: str, share: int) -> None:
    path = tmp_path / "t.csv"
    costs = [1.25 * (row * 7 % 11) + 20 for row in range(ROWS)]
    rows = "".join(f"{row % 9},{'ab'[row % 2]},{cost}\n" for row, cost in enumerate(costs))
    path.write_text("x,c,y\n" + rows)
    _, x, _ = looked(path)
    path.write_text(f"x,c,y\n{rows},{label},{sum(costs) / share:.2f}\n")
    table = Reading().table(str(path))
    encoding, again, _ = learn(table, "y")
    assert np.array_equal(x, again)
    assert encoding.feature_names == ["x", "c=a", "c=b"]
    assert f"line 42 is labelled '{label}' and sums up 'y': no row of data, left out" in said(table)
    path.write_text(f"x,c,y\n{rows},{label},7.5\n")
    table = Reading().table(str(path))
    learn(table, "y")
    assert f"line 42 is labelled '{label}': if it is no row of data, take it out" in said(table)


def test_twins_of_rows_held_out_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{row % 5},{row % 2}\n" for row in range(ROWS)))
    table = Reading().table(str(path))
    training.prepare(table, training.Request("y"))
    assert "8 of the 8 rows held out have a twin among the rows learned from" in said(table)


def test_all_odd_cells_come_in_one_message(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [[f"{row / 8}", f"{row / 4}", str(row % 2)] for row in range(ROWS)]
    rows[3][0], rows[5][0], rows[9][1] = "oops", "not yet", "lost"
    path.write_text("\n".join(["a,b,y", *map(",".join, rows)]) + "\n")
    with pytest.raises(InputError, match="line 5, column 'a': 'oops' is not a number") as caught:
        looked(path)
    options = "--na oops --na 'not yet' --na lost"
    assert str(caught.value).endswith(f"(likewise 'b'); all at once, if they mean missing: {options}")
    encoding, _, _ = looked(path, missing_markers=("oops", "not yet", "lost"))
    assert encoding.feature_names == ["a", "a (missing)", "b", "b (missing)"]
