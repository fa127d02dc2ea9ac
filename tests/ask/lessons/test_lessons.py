"""Lessons in many styles, each with the worked example that a person reads in it."""

import tomllib
from pathlib import Path

import pytest

from chainrule.ask.cases import example
from chainrule.ask.lessons import reader as reading

DATA = Path(__file__).parents[2] / "data"
LESSONS = sorted((DATA / "lessons").glob("*.md"))


def read_lesson(path):
    return reading.parse(example.text(path), str(path))


every_lesson = pytest.mark.parametrize("path", [DATA / "lesson.md", *LESSONS], ids=lambda path: path.stem)


def test_the_lesson_is_the_built_in_one_with_its_own_b2_and_all_its_claims():
    [read] = read_lesson(DATA / "lesson.md")
    ours = tomllib.loads(example.builtin())
    given = tomllib.loads(read.toml())
    claims = given.pop("claims")
    ours["layers"][1]["biases"] = [0.6]  # as the lesson states it
    assert given | {"title": ""} == ours | {"title": ""}
    assert claims == {
        "z1": "0.415",
        "a1": "0.6023",
        "z2": "0.921",
        "a2": "0.7153",
        "dE/dw2": "0.05706",
        "w2'": "0.427",
        "dE/db2": "0.0948",
        "b2'": "0.612",
        "dE/dw1": "0.001021",
        "w1'": "0.1496",
        "dE/db1": "0.01021",
        "b1'": "0.3959",
    }
    assert read.unplaced == ()
    assert "Backpropagation" in read.example.title


def test_a_lesson_says_what_it_was_taken_for():
    [read] = read_lesson(DATA / "lesson.md")
    assert read.assumed == (
        "1-1-1 from w1, b1, w2, b2",
        "activation sigmoid for both layers, from 'a_2 * (1 - a_2)'",
        "the loss: E = ½ Σⱼ (T - y)² (half_squared_error), from the formula with ½",
    )


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_read_as_a_person_reads_it(path):
    [read] = read_lesson(path)
    expected = path.with_suffix(".toml").read_text("utf-8")
    left = tuple(
        line.removeprefix("# unplaced: ") for line in expected.splitlines() if line.startswith("# unplaced")
    )
    assert tomllib.loads(read.toml()) == tomllib.loads(expected)
    assert read.unplaced == left


@every_lesson
def test_what_is_written_is_what_was_read(path):
    [read] = read_lesson(path)
    again = example.parse(read.toml(), "again")
    assert again.claims == read.example.claims
    assert again.names == read.example.names
    assert again.expressions == read.example.expressions
    assert again.network == read.example.network
    assert (again.x == read.example.x).all()
    assert (again.t == read.example.t).all()
    assert again.learning_rate == read.example.learning_rate
    assert again.convention == read.example.convention


@every_lesson
def test_windows_line_ends_and_a_byte_order_mark_change_nothing(path, tmp_path):
    copy = tmp_path / path.name
    copy.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_lesson(copy)[0].toml() == read_lesson(path)[0].toml()
