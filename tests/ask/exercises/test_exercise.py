"""Exercises: friendly numbers, right keys, the same sheet for the same seed, and marks that are fair."""

import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.ask.cases import example as worked
from chainrule.ask.documents import html, latex, markdown
from chainrule.ask.documents import typst as pdf
from chainrule.ask.exercises.exercise import MOST, PARTS, Exercise, exercise
from chainrule.ask.exercises.marking import Marking, mark
from chainrule.errors import InputError
from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.registry import TABLE_LOSSES
from tests.oracles import gradients

SHAPES = [(2, 2, 1), (1, 1, 1), (3, 2), (2, 3, 2), (2, 2, 2, 1)]


def rounded(value: float, digits: int = 4) -> str:
    return np.format_float_positional(value, precision=digits, fractional=False, trim="k")


def filled(one: Exercise, path: Path, **instead: str) -> Path:
    """The sheet with every number of the world in it, rounded, but for some."""
    text = one.toml
    for quantities in one.asked.values():
        for q in quantities:
            address = one.address(q)
            answer = instead.get(address, rounded(one.factor(q).value, one.digits))
            text = text.replace(f'"{address}" = "____"', f'"{address}" = "{answer}"')
    path.write_text(text, "utf-8")
    return path


def by_hand(
    one: Exercise,
    path: Path,
    slip: str = "",
    factor: float = 1.0,
    *,
    step: float = -1.0,
    rate: float | None = None,
    error: float = 1.0,
    slope: bool = True,
) -> Path:
    """The sheet of somebody who goes on with rounded numbers, one of which, `slip`, is off by `factor`; with
    another sign of the step, α or factor of the squared error, or without the slope of the activation.
    """
    e = one.example
    assert len(e.x) == 1
    found: dict[str, np.ndarray] = {}

    def write(name: str, array: np.ndarray) -> np.ndarray:
        array = np.array([float(rounded(float(v))) for v in np.ravel(array)]).reshape(array.shape)
        target, _, inside = slip.rstrip("]").partition("[")
        if target == name:
            at = tuple(map(int, inside.split(","))) if inside else (0,) * array.ndim
            at = (0,) * (array.ndim - len(at)) + at
            array[at] = float(rounded(float(array[at]) * factor))
        found[name] = array
        return array

    a, layers = [e.x], len(e.layers)
    for k in range(1, layers + 1):
        z = write(f"z{k}", a[-1] @ e.parameters[f"w{k}"] + e.parameters[f"b{k}"])
        a.append(write(f"a{k}", 1 / (1 + np.exp(-z))))
    write("E", np.asarray(error * 0.5 * ((e.t - a[-1]) ** 2).sum()))
    da = error * (a[-1] - e.t)
    assert e.learning_rate is not None
    taken = step * (e.learning_rate if rate is None else rate)
    for k in range(layers, 0, -1):
        da = write(f"dE/da{k}", da)
        dz = write(f"dE/dz{k}", da * (a[k] * (1 - a[k]) if slope else 1))
        dw = write(f"dE/dw{k}", a[k - 1].T @ dz)
        db = write(f"dE/db{k}", dz[0])
        write(f"w{k}'", e.parameters[f"w{k}"] + taken * dw)
        write(f"b{k}'", e.parameters[f"b{k}"] + taken * db)
        da = dz @ e.parameters[f"w{k}"].T
    answers = {
        one.address(q): rounded(float(found[q.name][q.index])) for part in one.asked.values() for q in part
    }
    return filled(one, path, **answers)


# --- sheets


@pytest.mark.parametrize("sizes", SHAPES)
@pytest.mark.parametrize("seed", [0, 1, 7])
def test_numbers_are_friendly(sizes: tuple[int, ...], seed: int) -> None:
    e = exercise(sizes, seed=seed).example
    for array in (e.x, e.t, *e.parameters.values()):
        assert np.array_equal(array, np.round(array, 1))
    for k in range(1, len(sizes)):
        z = e.sweep.numbers[f"z{k}"].array
        assert (np.abs(z) < 2.6).all()
    assert all((np.abs(g.array) >= 1e-3).mean() > 0.5 for g in e.sweep.gradients.values())


def test_the_same_seed_gives_the_same_sheet() -> None:
    one, again, other = exercise(seed=3), exercise(seed=3), exercise(seed=4)
    assert (str(one), str(one.key), one.toml) == (str(again), str(again.key), again.toml)
    assert str(one) != str(other)
    assert list(one.asked) == list(other.asked)


@pytest.mark.parametrize("loss", sorted(TABLE_LOSSES))
def test_every_loss_and_activation_makes_a_sheet_whose_key_is_right(loss: str) -> None:
    for k, activation in enumerate(sorted(ACTIVATIONS)):
        one = exercise((2, 2, 2), activation=activation, loss=loss, rows=1 + k % 2, seed=k, ask=PARTS[:3])
        e = one.example
        truth = gradients.by_complex_step(e.network.to_dict(), dict(e.parameters), e.x, e.t, e.share, [], 0.0)
        for quantities in one.asked.values():
            for q in quantities:
                name = q.name.removeprefix("dE/d")
                if name in e.parameters or q.name == "E":
                    right = float(truth[name][q.index])
                    assert one.factor(q).value == pytest.approx(right, rel=1e-9, abs=1e-12)
        assert str(one.key)


@pytest.mark.parametrize("printer", [markdown.text, latex.text, html.text, pdf.markup])
def test_sheets_in_every_format_have_blanks_and_no_answers(printer: object) -> None:
    one = exercise(seed=5)
    sheet, key = printer(one.blocks()), printer(one.key.blocks())  # type: ignore[operator]
    answer = f"{one.factor(one.asked['forward'][-1]).value:.4g}"
    assert answer in key
    assert answer not in sheet
    assert len(re.findall(r"\\hspace|\\underline|____|stroke: \(bottom|mtext class", sheet)) >= sum(
        map(len, one.asked.values())
    ) - 1  # fmt: skip


def test_a_worked_example_can_be_asked_for() -> None:
    one = exercise(worked.parse(worked.builtin(), "lesson"), ask=("forward", "after"))
    assert [one.address(q) for q in one.asked["forward"]] == ["z1[0]", "a1[0]", "z2[0]", "a2[0]", "E"]
    assert [one.address(q) for q in one.asked["after"]] == ["E@1"]


@pytest.mark.parametrize(
    ("sizes", "options", "says"),
    [
        ((2,), {}, "two numbers or more"),
        ((2, 0, 1), {}, "two numbers or more"),
        ((9, 9, 9), {}, f"a sheet has {MOST} at most"),
        ((2, 1), {"ask": ("all",)}, "not 'all'"),
        ((2, 1), {"ask": ()}, "not 'nothing'"),
        ((2, 1), {"digits": 0}, "count from 1"),
        ((2, 1), {"activation": "sigmod"}, "Did you mean 'sigmoid'"),
        ((2, 1), {"loss": "squares"}, "loss"),
    ],
)
def test_what_makes_no_sheet(sizes: tuple[int, ...], options: dict, says: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(InputError, match=says):
        exercise(sizes, **options)


# --- marks


@pytest.mark.parametrize("sizes", SHAPES)
@pytest.mark.parametrize("seed", range(6))
def test_right_answers_get_all_marks(sizes: tuple[int, ...], seed: int, tmp_path: Path) -> None:
    one = exercise(sizes, seed=seed)
    for path in (filled(one, tmp_path / "a.toml"), by_hand(one, tmp_path / "b.toml")):
        found = mark(path)
        assert found.marks == len(found.answers), [a for a in found.answers if not a.mark]
        assert found.notes == ()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("slip", ["z1[0]", "a1[0]", "z2[0]", "dE/dz1[0]", "dE/dw2[0,0]"])
def test_one_slip_costs_one_mark(seed: int, slip: str, tmp_path: Path) -> None:
    one = exercise((2, 2, 1), seed=seed)
    found = mark(by_hand(one, tmp_path / "s.toml", slip, 1.5))
    assert [a.quantity for a in found.answers if not a.mark] == [slip]
    assert any(a.verdict == "followed through" for a in found.answers)


def test_two_slips_cost_two(tmp_path: Path) -> None:
    one = exercise((2, 2, 1), seed=1)
    sheet = by_hand(one, tmp_path / "s.toml", "a1[0]", 1.5)
    sheet.write_text(re.sub('"E" = ".*"', '"E" = "9.876"', sheet.read_text()))
    assert [a.quantity for a in mark(sheet).answers if not a.mark] == ["a1[0]", "E"]


@pytest.mark.parametrize("sizes", [(2, 2, 1), (1, 2, 2), (2, 2, 2, 1)])
@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        ({"step": 1.0}, "up the gradient"),
        ({"rate": 1.0}, "α is left out"),
        ({"error": 2.0}, "without the ½"),
        ({"slope": False}, "is left out"),
    ],
)
def test_a_named_mistake_costs_one_mark_however_often_it_is_made(
    sizes: tuple[int, ...], mistake: dict[str, Any], named: str, tmp_path: Path
) -> None:
    marking = mark(by_hand(exercise(sizes, seed=1), tmp_path / "s.toml", **mistake))
    assert marking.marks == len(marking.answers) - 1, marking.cause
    assert named in marking.cause
    assert any(answer.verdict == "same mistake" for answer in marking.answers)
    assert "costs one mark once" in str(marking)


def test_a_named_mistake_and_a_slip_cost_two(tmp_path: Path) -> None:
    sheet = by_hand(exercise((2, 2, 1), seed=7), tmp_path / "s.toml", step=1.0)
    sheet.write_text(re.sub('"E" = ".*"', '"E" = "9.876"', sheet.read_text()))
    marking = mark(sheet)
    assert marking.marks == len(marking.answers) - 2
    assert [a.quantity for a in marking.answers if not a.mark] == ["E", "w2'[0,0]"]


def test_guesses_get_nothing(tmp_path: Path) -> None:
    one = exercise((2, 2, 1), seed=2)
    text = one.toml
    rng = np.random.default_rng(0)
    text = re.sub(r'"____"', lambda _: f'"{rng.uniform(2, 9):.4f}"', text)
    (tmp_path / "s.toml").write_text(text)
    assert mark(tmp_path / "s.toml").marks <= 1


def answered(answer: str, tmp_path: Path) -> Marking:
    one = exercise((1, 1, 1), seed=0, ask=("forward",))
    text = one.toml.replace('"a1[0]" = "____"', f'"a1[0]" = {answer}')
    (tmp_path / "s.toml").write_text(text, "utf-8")
    return mark(tmp_path / "s.toml")


def test_notations_of_students(tmp_path: Path) -> None:
    one = exercise((1, 1, 1), seed=0, ask=("forward",))
    value = one.factor(one.asked["forward"][1]).value
    four = rounded(value)
    for answer in (
        f'"{four}"',
        four,
        f"'{four}'",
        f'"{four}" # so',
        f'" {four} "',
        f'"{four.replace(".", ",")}"',
    ):
        assert answered(answer, tmp_path).answers[1].verdict == "right", answer
    assert answered(f'"{value * 10:.5f}e-1"', tmp_path).answers[1].verdict == "right"
    assert answered(f'"{value:.9f}"', tmp_path).answers[1].verdict == "right"
    assert answered(f'"{value:.2f}"', tmp_path).answers[1].verdict == "too few digits"
    assert answered(f'"−{four}"', tmp_path).answers[1].verdict == "wrong"
    assert answered('"1/3"', tmp_path).answers[1].given.startswith("0.3333")
    for blank in ('""', '"____"', '"?"', '"…"'):
        assert answered(blank, tmp_path).answers[1].verdict == "missing"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ('"about half"', "line 25: a1[0]: 'about half' is not a number"),
        ('"1/0"', "divides by zero"),
        ('"0,4,1"', "is not a number"),
    ],
)
def test_answers_that_are_none(answer: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        answered(answer, tmp_path)


def test_sheets_that_are_none(tmp_path: Path) -> None:
    sheet = tmp_path / "s.toml"
    good = exercise((1, 1, 1)).toml
    for text, says in [
        ("inputs = [[1]]", "no [claims]"),
        (good.partition("[claims]")[0] + "[claims]\n", "there are no answers"),
        (good.replace('"E" = "____"', "E 0.5"), "is no answer"),
        (good.replace('"E"', '"a1[0]"'), "is answered twice"),
        (good.replace('"E"', '"Q"'), "there is no quantity 'Q'"),
        (good.replace("weights", "wheights"), "wheights"),
    ]:
        sheet.write_text(text)
        with pytest.raises(InputError, match=re.escape(says)):
            mark(sheet)
    (tmp_path / "s.md").write_text("# nothing")
    with pytest.raises(InputError, match="no part to fill in"):
        mark(tmp_path / "s.md")


def test_what_is_given_cannot_be_changed_unseen(tmp_path: Path) -> None:
    one = exercise((1, 1, 1))
    sheet = filled(one, tmp_path / "s.toml")
    sheet.write_text(re.sub(r"weights = \[\[-?0\.\d\]\]", "weights = [[0.5]]", sheet.read_text(), count=1))
    assert "was changed since" in mark(sheet).notes[0]


def test_what_is_shown(tmp_path: Path) -> None:
    one = exercise((2, 2, 1), seed=1)
    found = mark(by_hand(one, tmp_path / "s.toml", "a1[0]", 1.5))
    text = str(found)
    assert f"{len(found.answers) - 1} of {len(found.answers)} marks" in text
    assert "followed through" in text
    assert "a1[0] is not" in text
    plain = found.plain()
    assert (plain["marks"], plain["of"]) == (len(found.answers) - 1, len(found.answers))
    assert plain["answers"][2]["verdict"] == "wrong"
    assert found.first_slip.startswith("a1[0] = ")


ROW_BY_ROW = """
title = "Row by row"
learning_rate = 0.3
inputs = [[1, 0], [0, 1]]
targets = [[1], [0]]
[[layers]]
activation = "sigmoid"
weights = [[0.1], [0.2]]
[convention]
batch = "online"
momentum = 0.9
"""


def test_a_sheet_of_an_example_keeps_its_conventions() -> None:
    given = worked.parse(ROW_BY_ROW, "row by row")
    convention = tomllib.loads(exercise(given).toml)["convention"]
    assert convention == {"batch": "online", "update_biases": True, "update": "simultaneous", "momentum": 0.9}
