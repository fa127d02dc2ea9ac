"""Numbers as people write them, seen by looking: decimal commas, units; codes for what is missing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.faces.tables.encoding import Encoding
from chainrule.faces.tables.survey import learn
from chainrule.faces.tables.table import Table
from chainrule.faces.tabular.source import Reading

SIZES = [round(1.07 + 0.31 * k, 2) for k in range(24)]


def table(tmp_path: Path, cells: list[Any], name: str = "size", separator: str = ";") -> Table:
    lines = [f"{name}{separator}sort", *(f"{cell}{separator}{'ab'[k % 2]}" for k, cell in enumerate(cells))]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return Reading().table(str(tmp_path / "t.csv"))


def numbers(rows: Table, name: str = "size") -> np.ndarray:
    """The first column as it was read, in its own unit."""
    encoding, x, _ = learn(rows, "sort")
    again = Encoding.from_dict(encoding.to_dict())
    np.testing.assert_array_equal(again.encode(rows), x)
    column: Any = again.columns[0]
    assert column.name == name
    values: np.ndarray = column.moments.restore(x[:, 0])
    return values


@pytest.mark.parametrize(
    "write",
    [
        lambda size: f"{size}".replace(".", ","),
        lambda size: f"{size} kg",
        lambda size: f"{size}mm",
        lambda size: f"{size} km/h",
        lambda size: f"{size} °C",
        lambda size: f"{size} €".replace(".", ","),
        lambda size: f"{size} m²",
    ],
    ids=lambda write: write(1.5),
)
def test_a_whole_column_written_alike_is_read(tmp_path: Path, write: Any) -> None:
    rows = table(tmp_path, [write(size) for size in SIZES])
    np.testing.assert_allclose(numbers(rows), SIZES, rtol=1e-12)
    assert any("column 'size':" in note.text for note in rows.notes)


def test_points_between_thousands_and_a_decimal_comma(tmp_path: Path) -> None:
    cells = [f"{1000 * size:,.2f}".translate(str.maketrans(",.", ".,")) for size in SIZES]
    np.testing.assert_allclose(numbers(table(tmp_path, cells)), [1000 * size for size in SIZES], rtol=1e-12)


def test_what_may_be_a_thousands_mark_is_not_taken_for_a_decimal_comma(tmp_path: Path) -> None:
    from chainrule.errors import InputError

    with pytest.raises(InputError, match="A decimal comma"):
        learn(table(tmp_path, ["1,234", "5,678", "9", *["7"] * 9]), "sort")
    np.testing.assert_allclose(numbers(table(tmp_path, ["0,125", "0,250", "0,375"] * 8))[:2], [0.125, 0.25])


def test_who_names_the_delimiter_is_asked_for_the_decimal_mark(tmp_path: Path) -> None:
    from chainrule.errors import InputError

    table(tmp_path, ["2,5", "3,75"] * 9)
    with pytest.raises(InputError, match="--decimal ,"):
        learn(Reading(delimiter=";").table(str(tmp_path / "t.csv")), "sort")


def test_different_units_stay_apart(tmp_path: Path) -> None:
    encoding, _, _ = learn(table(tmp_path, ["5 kg", "5 lb", "6 kg"] * 8), "sort")
    assert encoding.feature_names == ["size=5 kg", "size=5 lb", "size=6 kg"]


def test_a_quoted_header_has_its_delimiter_too(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('"a, b";"sort"\n' + '"1,5";"x"\n"2,5";"y"\n' * 9)
    rows = Reading().table(str(tmp_path / "t.csv"))
    assert rows.names == ["a, b", "sort"]
    assert numbers(rows, "a, b")[:2].tolist() == [1.5, 2.5]


def test_a_target_with_decimal_commas_is_an_amount(tmp_path: Path) -> None:
    rows = table(tmp_path, [f"{size}".replace(".", ",") for size in SIZES], "price")
    encoding, _, t = learn(rows, "price")
    assert encoding.task == "regression"
    np.testing.assert_allclose(encoding.decode(t), SIZES, rtol=1e-12)
    again = Encoding.from_dict(encoding.to_dict())
    np.testing.assert_array_equal(again.encode_target(rows), t)


def test_a_few_amounts_with_signs_are_classes(tmp_path: Path) -> None:
    rows = table(tmp_path, ["5%", "10%", "20%"] * 8, "rate")
    encoding, _, t = learn(rows, "rate")
    assert encoding.classes == ["5", "10", "20"]
    np.testing.assert_array_equal(encoding.encode_target(rows), t)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ([-999 if k % 6 == 0 else size for k, size in enumerate(SIZES)], "-999"),
        ([9999 if k % 6 == 0 else size for k, size in enumerate(SIZES)], "9999"),
        ([k - 9 for k in range(24)], None),
        ([99 if k % 6 == 0 else 50 + k for k in range(24)], None),
        ([-1 if k % 2 else 1 for k in range(24)], None),
        ([-999 if k == 5 else size for k, size in enumerate(SIZES)], None),
    ],
)
def test_codes_for_what_is_missing_are_suspected(tmp_path: Path, cells: list[Any], code: str | None) -> None:
    rows = table(tmp_path, cells)
    learn(rows, "sort")
    said = [note.text for note in rows.notes if "does it mean missing" in note.text]
    assert [f"--na={code}" in text for text in said] == ([True] if code else [])
