"""Writing: what is written reads back, and nothing half-written is ever seen."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from chainrule.errors import InputError
from chainrule.faces.tables import read, write_table
from chainrule.faces.tables.write import csv_bytes

COLUMNS = {
    "prediction": np.array(["a", 'b"', "c,d", "e\nf"]),
    "p": np.array([0.1, 1 / 3, 1e-300, 5e-324]),
    "n": [1, 2, 3, 4],
}


@pytest.mark.parametrize("name", ["p.csv", "p.tsv", "p.out", "p.parquet"])
def test_it_reads_back(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    write_table(file, COLUMNS)
    table = read(file, delimiter="\t" if name.endswith(".tsv") else None)
    assert table.columns["prediction"].to_list() == COLUMNS["prediction"].tolist()
    assert table.columns["p"].cast(pl.Float64).to_list() == COLUMNS["p"].tolist()
    assert os.listdir(tmp_path) == [name]


def test_csv_for_stdout() -> None:
    assert csv_bytes({"a": [1.5], "b": ["x,y"]}) == b'a,b\n1.5,"x,y"\n'


def test_no_rows(tmp_path: Path) -> None:
    write_table(tmp_path / "p.csv", {"prediction": np.array([], dtype=str), "p": np.array([])})
    assert (tmp_path / "p.csv").read_text() == "prediction,p\n"


def test_an_older_file_stays_if_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "p.csv"
    file.write_text("old")

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match=r"p\.csv: cannot be written: No space left"):
        write_table(file, COLUMNS)
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["p.csv"]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    write_table(tmp_path / "link.csv", {"a": [1]})
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "a\n1\n"


def test_a_device_is_written_to_and_not_replaced() -> None:
    write_table("/dev/null", COLUMNS)
    assert not os.path.isfile("/dev/null")


@pytest.mark.parametrize("name", ["nowhere/p.csv", ".", "a\0b"])
def test_a_place_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_table(f"{tmp_path}/{name}", COLUMNS)


def test_lengths_must_agree(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'a' 1, 'b' 2"):
        write_table(tmp_path / "p.csv", {"a": [1], "b": [1, 2]})
    assert os.listdir(tmp_path) == []
