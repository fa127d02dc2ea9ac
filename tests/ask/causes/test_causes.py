"""Causes: what published and planted faults are put down to, and what is said where nobody can tell."""

from dataclasses import replace
from pathlib import Path

import pytest

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.claim import Claim
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.causes.cause import Cause
from chainrule.ask.causes.misprints import misprint
from chainrule.ask.check.check import check
from chainrule.ask.documents.text import Printer

WORKED = Path(__file__).parents[3] / "examples" / "worked"
TWO_LAYERS = """
learning_rate = 0.5
inputs = [[0.3, 0.7]]
targets = [[0.2, 0.9]]
[[layers]]
activation = "sigmoid"
weights = [[0.15, 0.25], [-0.2, 0.3]]
biases = [0.35, -0.1]
[[layers]]
activation = "sigmoid"
weights = [[0.4, 0.5], [0.45, -0.55]]
biases = [0.6, 0.1]
"""
ASKED = [
    "z1[0]",
    "a1[0]",
    "a1[1]",
    "z2[0]",
    "a2[0]",
    "a2[1]",
    "E",
    "dE/dz2[0]",
    "dE/dw2[0,0]",
    "dE/dz1[0]",
    "dE/dw1[0,0]",
]
ASKED += ["dE/dw1[1,1]", "w2'[0,0]", "w1'[0,0]", "b1'[0]"]


def sheet(example: Example, digits: int = 6, **instead: str) -> Example:
    """The example with the numbers of its own world claimed."""
    world = Trajectory(example)
    claims = {name: f"{world.value(example.quantity(name)):.{digits}f}" for name in ASKED}
    return replace(example, claims=claims | instead)


def two_layers() -> Example:
    return worked.parse(TWO_LAYERS, "two.toml")


def cause(example: Example) -> Cause:
    found = check(example).cause
    assert found is not None
    return found


# --- published examples


def test_the_lesson_took_another_bias() -> None:
    found = cause(worked.read(WORKED / "lesson.toml"))
    assert (found.kind, found.quantity, found.stated, found.corrected) == ("given", "b2", "0.6", "0.65")
    assert (found.explains, found.of, found.others, found.rivals) == (7, 7, (), ())
    assert found.plain()["corrected"] == 0.65


def test_the_most_copied_tutorial_used_updated_weights() -> None:
    found = cause(worked.read(WORKED / "mazur.toml"))
    assert found.kind == "mistake"
    assert "already updated weights" in found.name
    assert (found.explains, found.of) == (4, 6)
    assert [one.kind for one in found.others] == ["claim", "claim"]


def test_the_hand_worked_test_took_another_input() -> None:
    found = cause(worked.read(WORKED / "sklearn.toml"))
    assert (found.kind, found.quantity, found.stated, found.corrected) == ("mistake", "x[2]", "0.6", "0.7")
    assert (found.explains, found.of) == (4, 4)


def test_results_left_over_from_another_line() -> None:
    found = cause(worked.read(WORKED / "hmkcode.toml"))
    assert [found.name, *(one.name for one in found.others)] == ["h1@1 copied from h1", "h2@1 copied from h2"]


# --- faults put in


def test_a_misprint() -> None:
    one = two_layers()
    right = sheet(one).claims["a2[0]"]
    assert isinstance(right, str)
    found = cause(sheet(one, **{"a2[0]": right.replace("80", "08")}))
    assert (found.kind, found.quantity, found.corrected) == ("claim", "a2[0]", right)
    assert "two digits are swapped" in found.text


@pytest.mark.parametrize(
    ("printed", "value", "how"),
    [
        ("0.5706", 0.05706, "the decimal point is moved"),
        ("-0.05706", 0.05706, "the sign is wrong"),
        ("0.0576", 0.05706, "a digit is dropped"),
        ("0.057706", 0.05706, "a digit is doubled or put in"),
        ("0.05076", 0.05706, "two digits are swapped"),
        ("0.05906", 0.05706, "a digit is wrong"),
    ],
)
def test_one_stroke(printed: str, value: float, how: str) -> None:
    found = misprint(Claim("a", printed), value, [Claim("b", "0.59327")])
    assert found is not None
    assert found[:2] == ("0.05706", how)


@pytest.mark.parametrize(
    ("printed", "value"),
    [("0.2144", 0.214992), ("0.0465", 0.0469), ("0.38127", 0.381296), ("-1.5312", -1.5318)],
)
def test_a_wrong_last_digit_is_none_that_was_put_in(printed: str, value: float) -> None:
    """What is left without it is not the right value at the digits of the source, but cut off."""
    stroke = misprint(Claim("a", printed), value, [Claim("b", printed[:-1] + "7")])
    assert stroke is None or stroke[1] == "a digit is wrong"
    assert stroke is None or abs(float(stroke[0]) - value) <= 0.51 * 10.0 ** -len(printed.split(".")[1])


def test_two_strokes_are_no_misprint() -> None:
    assert misprint(Claim("a", "0.0693"), 0.05706) is None
    assert misprint(Claim("a", "0.81"), float("nan")) is None


def test_two_causes_at_once() -> None:
    other = replace(two_layers(), learning_rate=0.3)
    claims = dict(sheet(other).claims)
    claims["a1[0]"] = "-" + str(claims["a1[0]"])
    found = cause(replace(two_layers(), claims=claims))
    assert {found.kind, *(one.kind for one in found.others)} == {"given", "claim"}
    assert found.explains + sum(one.explains for one in found.others) == found.of


def test_what_cannot_be_told_apart_is_said() -> None:
    """With two rows, a sum over rows doubles E as well as leaving out the ½ does."""
    rows = worked.parse(
        "inputs = [[0.3], [0.7]]\ntargets = [[0.2], [0.9]]\n"
        '[[layers]]\nactivation = "sigmoid"\nweights = [[0.4]]\nbiases = [0.1]\n',
        "rows.toml",
    )
    value = Trajectory(rows).value(rows.quantity("E"))
    found = cause(replace(rows, claims={"E": f"{2 * value:.6f}"}))
    assert found.kind == "convention"
    assert found.rivals
    assert "cannot be told from" in found.told
    assert found.plain()["cannot_be_told_from"] == [one.name for one in found.rivals]


def test_where_nothing_explains_it_that_is_said() -> None:
    one = sheet(two_layers(), **{"a2[0]": "0.123456", "dE/dw1[1,1]": "7.654321"})
    verdict = check(one)
    text = "\n".join(Printer().text(verdict.blocks()))
    assert verdict.verdict == "wrong"
    assert verdict.plain()["cause"] is None
    assert "No single cause was found" in text


def test_a_correct_sheet_has_no_cause() -> None:
    assert check(sheet(two_layers())).cause is None


def test_a_bare_zero_is_not_right_for_everything_below_one() -> None:
    verdict = check(sheet(two_layers(), **{"a2[0]": "0"}))
    assert verdict.verdict == "wrong"
