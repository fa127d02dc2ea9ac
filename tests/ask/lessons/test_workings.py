"""Workings: arithmetic that a lesson shows, done again as it stands, whatever network it is about."""

import pytest

from chainrule.ask.check.check import check
from chainrule.ask.lessons.lesson_text import lesson

NETWORK = (
    "Sigmoid, linear output, squared error (T - a)². "
    "x = 2, w1 = 0.5, b1 = 0.1, w2 = 0.8, b2 = 0.2, T = 1.\n\n"
)


def workings(text):
    return [working for statement in lesson(text, "lesson.md").statements for working in statement.workings]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("0.5488135 × 0.84725174 = 0.464898", 0.46498319281049),
        ("c = 0.7503 (1 - 0.7503) = 0.1875", 0.18734991),
        (r"$\delta = (-0.0605)(0.6)(0.178) \approx -0.0065$", -0.0064614),
        (r"$a = \frac{1}{1 + e^{-0.25}} = 0.56$", 0.5621765),
        ("a = 1 / (1 + e^(-0.3775)) = 0.5933", 0.5932700),
        ("a = 1/(1+exp(-0.7)) = 0.6682", 0.6681878),
        ("a = σ(0.9) = 0.7109", 0.7109495),
        (r"$E = \frac{1}{2}(0.7 - 0.4943)^2 = 0.0212$", 0.021156245),
        ("g = -1.1728 * (1 - 0.4136^2) = -0.9721", -0.9721752),
        ("v = -0.404 × [0.55, 0.60] = [-0.222, -0.243]", [-0.2222, -0.2424]),
    ],
)
def test_arithmetic_in_any_notation(line, value):
    values = [working.value for working in workings(line)]
    assert values == pytest.approx(value if isinstance(value, list) else [value], abs=1e-6)


@pytest.mark.parametrize(
    "line",
    [
        "z = 0.5",  # nothing to work out
        "z = 0.6 0.27 = 0.164",  # a sign is missing: which?
        "z = w · 0.3 = 0.2",
        "z = [0.1, 0.2] · [0.3, 0.4] = 0.11",  # which product?
        r"z = 0.4 \mystery 0.3 = 0.12",
        "z = 1/0 · 0.5 = 3.2",
    ],
)
def test_what_may_mean_something_else_is_no_arithmetic(line):
    assert workings(line) == []


@pytest.mark.parametrize(
    ("line", "comes_out"),
    [
        ("0.56 · 0.44 = 0.2461", True),  # worked out with more digits than are shown
        ("0.56 · 0.44 = 0.24", True),  # cut off
        ("0.3996 · 0.7503 = 0.2999", True),  # off by one in the last digit
        ("0.7503 · (1 - 0.7503) = 0.1875", False),
        ("1/1.68566 = 0.59327", False),
        ("0.3 - (-0.0204) = 0.302", True),  # so far off that it was more likely read wrongly
        ("1 · 0.0000 = 0", True),
    ],
)
def test_only_what_no_unseen_digit_explains_does_not_come_out(line, comes_out):
    [working] = workings(line)
    assert working.comes_out is comes_out


def test_what_does_not_come_out_is_told_with_its_line_and_makes_the_lesson_wrong(tmp_path):
    path = tmp_path / "lesson.md"
    path.write_text(
        NETWORK + "z1 = 1.1, a1 = 0.7503.\n\nThe slope c = 0.7503 (1 - 0.7503) = 0.1875.\n", "utf-8"
    )
    verdict = check(path)
    assert verdict.verdict == "wrong"
    assert not verdict.has_faults
    assert verdict.plain()["arithmetic"] == [
        {"place": "line 5", "formula": "0.7503(1-0.7503)", "claimed": "0.1875", "computed": 0.18734991}
    ]
    assert "line 5: 0.7503(1-0.7503) is 0.1873, not 0.1875" in " ".join(str(verdict).split())


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("∂E/∂w₂ = -0.3996 · 0.7503 = -0.2999", "imprecise"),  # -0.29979, and -0.29982 by what is shown
        ("∂E/∂w₂ = -0.3996 · 0.7503 = -0.2998", "right"),
        ("∂E/∂w₂ = -0.2999", "carried"),  # nobody knows from what
        ("∂E/∂w₂ = -2 · 0.1999 · 0.7501 = -0.2999", "carried"),
        ("∂E/∂w₂ = -0.3996 · 0.8503 = -0.2999", "carried"),  # what is shown is far off: a slip of the pen
    ],
)
def test_a_number_that_is_near_but_not_what_its_line_gives_is_imprecise(tmp_path, line, status):
    path = tmp_path / "lesson.md"
    path.write_text(f"{NETWORK}z1 = 1.1, a1 = 0.7503, z2 = 0.8002, ∂E/∂a = -0.3996, {line}.\n", "utf-8")
    verdict = check(path)
    assert verdict.verdict == "right"
    assert str(verdict.claims[-1].status) == status
