"""Lessons in the manner of strangers: what was met in sources that the reading was not written from."""

import json

import pytest

from chainrule.ask.check.check import check
from chainrule.ask.check.verdict import PageVerdict

CHAIN = "Sigmoid, half squared error. x = 2, w = 0.25, b = 0, t = 1."


def verdict(tmp_path, text, name="lesson.md"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return check(path)


def statuses(verdict):
    return {str(claim.status) for claim in verdict.claims}


def test_lines_without_bars_behind_a_table_are_text(tmp_path):
    text = (
        "Sigmoid everywhere.\n| Symbol | Value |\n|---|---|\n| x | 2 |\n| w | 0.25 |\n| b | 0 |\n| t | 1 |\n"
        "Step 1\nz = w x + b\n= 0.25 · 2 + 0\n= 0.5\na = σ(z)\n= 0.6225\n"
    )
    read = verdict(tmp_path, text, "lesson.txt")
    assert [(claim.claim.quantity, claim.claim.printed) for claim in read.claims] == [
        ("z1", "0.5"),
        ("a1", "0.6225"),
    ]
    assert statuses(read) == {"right"}


def test_arrays_as_numpy_prints_them(tmp_path):
    printed = (
        "x = [[ 0.5 -1. ]]\nW1 = [[ 0.1  0.4]\n [ 0.3 -0.5]]\nb1 = [[0.  0.1]]\nW2 = [[ 2.]\n [-3.]]\n"
        "y = 1\n\nz1 = [[-0.25  0.8 ]]\na1 = [[0.  0.8]]\nz2 = [[-2.4]]\nloss = 11.56\n"
    )
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "ReLU, linear output, squared error."},
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": 1,
            "source": "run()",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": printed}],
        },
    ]
    notebook = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
    read = verdict(tmp_path, notebook, "lesson.ipynb")
    assert len(read.claims) == 6
    assert statuses(read) == {"right"}


@pytest.mark.parametrize("label", ["The class label of the tuple X = (2) is 1", "The true label is 1"])
def test_a_label_that_is_told_is_the_target(tmp_path, label):
    read = verdict(
        tmp_path, f"Sigmoid, half squared error. x = 2, w = 0.25. {label}.\n\na = 0.6225, E = 0.0713"
    )
    assert statuses(read) == {"right"}
    assert not read.unplaced


def test_a_formula_in_letters_is_remembered_until_it_stands_in_numbers(tmp_path):
    text = (
        "Sigmoid.\n\n$$z_1 = w_{11} x_1 + w_{12} x_2 + b_1$$\n\n"
        "$$z_1 = 0.3 \\cdot 0.4 + 0.5 \\cdot 0.9 + 0.1 = 0.67$$\n\n"
        "$$z_2 = w_{21} x_1 + w_{22} x_2 + b_2$$\n\n"
        "$$z_2 = 0.2 \\cdot 0.4 + (-0.4) \\cdot 0.9 - 0.1 = -0.38$$\n\n"
        "$$z_3 = v_1 h_1 + v_2 h_2 + b_3$$\n\n$$h_1 = 0.6615, h_2 = 0.4061$$\n\n"
        "$$z_3 = 0.7 \\cdot 0.6615 + 0.2 \\cdot 0.4061 - 0.3 = 0.2443$$\n\n$$\\hat y = 0.5608$$"
    )
    read = verdict(tmp_path, text)
    assert [claim.claim.quantity for claim in read.claims] == ["z1[0]", "z1[1]", "a1[0]", "a1[1]", "z2", "a2"]
    assert statuses(read) == {"right"}


CROSS = (
    "x = 2, w = 0.3, b = -0.1, y = 1; sigmoid; binary cross-entropy.\n\nz = 0.5, ŷ = 0.6225, L = 0.4741, "
    "∂L/∂ŷ = -0.3775, ∂L/∂z = -0.0887, ∂L/∂w = -0.1774"
)


def test_the_slope_of_the_squared_error_beside_a_cross_entropy_is_named(tmp_path):
    read = verdict(tmp_path, CROSS)
    status = {claim.claim.quantity: str(claim.status) for claim in read.claims}
    assert (status["E"], status["dE/da1"], status["dE/dw1"]) == ("right", "wrong", "inherited")
    assert read.cause is not None
    assert read.cause.name == "the slope of the squared error at the output"


def test_where_words_and_the_printed_error_name_a_loss_it_is_that(tmp_path):
    read = verdict(tmp_path, CROSS.replace("∂L/∂ŷ = -0.3775, ", "").replace("-0.0887", "-0.1775"))
    status = {claim.claim.quantity: str(claim.status) for claim in read.claims}
    assert status["E"] == "right"
    assert status["dE/dz1"] == "wrong"


EXERCISE = (
    "# The example\n\nReLU. x = (2, 1)ᵀ, $W_1 = \\begin{bmatrix}1&-1\\\\0.5&1\\end{bmatrix}$, "
    "$b_1 = \\begin{bmatrix}0\\\\0.5\\end{bmatrix}$, "
    "$W_2 = \\begin{bmatrix}1&-2\\end{bmatrix}$, $b_2 = 0.2$\n"
    "\n"
    "$z_1 = \\begin{bmatrix}1\\\\2.5\\end{bmatrix}$, $h = \\begin{bmatrix}1\\\\2.5\\end{bmatrix}$, ŷ = -3.8. "
    "The input was x = (2, 1).\n\n"
    "# Exercise\n\nIf $h = (0, 2)^\\top$, what is $\\hat y$ when $W_2 = (1, 1)$ and $b_2 = 0$?"
)


def test_an_exercise_behind_an_example_takes_nothing_from_it(tmp_path):
    page = verdict(tmp_path, EXERCISE)
    assert isinstance(page, PageVerdict)
    assert [part.verdict for part in page.verdicts] == ["right", "unread"]


def test_a_value_found_for_a_given_saves_no_reading_that_nothing_agrees_with(tmp_path):
    read = verdict(tmp_path, f"{CHAIN}\n\nz = 0.7, a = 0.6682")
    assert read.verdict == "unread"


def test_connections_by_arrows_have_their_weights(tmp_path):
    text = (
        "Sigmoid. x_1 = 0.5, x_2 = 0.8, y = 1, $b_{h1} = 0.1$, $b_{h2} = 0$, $b_o = 0.2$\n\n"
        "| connection | weight |\n|---|---|\n| $x_1 \\to h_1$ | 0.2 |\n| $x_2 \\to h_1$ | 0.3 |\n"
        "| x1 -> h2 | -0.1 |\n| x2 -> h2 | 0.4 |\n| $h_1 \\to o$ | 0.6 |\n| $h_2 \\to o$ | -0.5 |\n\n"
        "$net_{h1} = 0.44$, $net_{h2} = 0.27$, $out_o = 0.5699$, "
        "$\\frac{\\partial E}{\\partial w_{h1 \\to o}} = -0.0641$, $\\delta_{h1} = -0.0151$"
    )
    read = verdict(tmp_path, text)
    assert [claim.claim.quantity for claim in read.claims][:3] == ["z1[0]", "z1[1]", "a2"]
    assert len(read.claims) == 5
    assert statuses(read) == {"right"}


OWN = (
    "ReLU hidden, logistic output, log loss. $x = (2, -1)$, y = 1, W = [[0.5, -0.2], [0.3, 0.8]], "
    "$b = (0.1, -0.4)$, $v = (0.6, -0.9)$, {c}\n\n$z = (1.3, -0.6)$, $h = (1.3, 0.0)$, u = 0.98, ŷ = 0.7271, "
    "L = 0.3187"
)


def test_a_letter_of_the_authors_own_may_be_a_bias(tmp_path):
    read = verdict(tmp_path, OWN.format(c="c = 0.2"))
    assert len(read.claims) == 7
    assert statuses(read) == {"right"}
    assert "c are biases" in read.assumed


def test_thresholds_are_taken_off(tmp_path):
    text = (
        "Sigmoid. x_1 = 1, x_2 = 0.5, y = 1. v_11 = 0.2, v_12 = 0.3, v_21 = -0.1, v_22 = 0.4, w_1 = 0.5, "
        "w_2 = -0.3, $\\gamma_1 = 0.1$, $\\gamma_2 = 0.2$, $\\theta = 0.15$\n\n"
        "h_1 = 0.5125, h_2 = 0.5744, ŷ = 0.4835, E = ½(ŷ - y)² = 0.1334"
    )
    read = verdict(tmp_path, text)
    assert statuses(read) == {"right"}
    assert any("thresholds" in told for told in read.assumed)
    assert read.example.parameters["b2"].item() == -0.15


def test_a_letter_that_nothing_stands_for_accuses_no_number(tmp_path):
    read = verdict(tmp_path, OWN.format(c="$\\xi_{out} = 0.2$"))
    assert read.verdict == "unread"


def test_a_value_with_many_digits_for_a_given_is_no_verdict_on_half_of_the_numbers(tmp_path):
    text = (
        "Sigmoid, squared error. x = 0.5, w = 0.3, b = 0.1, t = 1.\n\na = 0.56, ∂a/∂z = 0.25, ∂E/∂a = -0.94, "
        "∂E/∂w = -0.118, ∂E/∂b = -0.235"
    )
    read = verdict(tmp_path, text)
    assert read.verdict == "unread"


# As in adilce009/adilce009.github.io, _posts/backpropagation.md, which is right in all of its numbers
@pytest.mark.parametrize(
    "aside",
    [
        r"If $z < 0$, then $\sigma'(z) = 0$ and the unit is dead.",
        r"When $z \le -5$ or so, a = 0.",
        r"$$\sigma'(z) = \begin{cases} 1 & z > 0 \\ 0 & z < 0 \\ \text{any} & z = 0 \end{cases}$$",
        r"$$a = \begin{cases} 1 & \text{if } z > 0 \\ 0 & \text{otherwise} \end{cases}$$",
        r"$$y=\begin{dcases} 0, \text{ if } z = 0 \\ 1, \text{ if } z = 1 \end{dcases}$$",
        "Falls z > 7, ist a = 1.",
        "如果 z < 0，则 a = 0。",
    ],
)
def test_what_would_be_is_said_of_no_number(tmp_path, aside):
    read = verdict(tmp_path, f"{CHAIN}\n\nz = 0.5, a = 0.6225, E = 0.0713\n\n{aside}")
    assert [claim.claim.printed for claim in read.claims] == ["0.5", "0.6225", "0.0713"]
    assert statuses(read) == {"right"}


@pytest.mark.parametrize(
    "claims",
    [
        "Since z = 0.5 > 0, a = 0.7225.",
        "If the net input is > 0 the unit is on; here a = 0.7225.",
        r"$$\begin{cases} z &= 0.5 \\ a &= 0.7225 \end{cases}$$",
        "The derivative > 0 tells where to go if a = 0.7225.",
    ],
)
def test_what_is_said_beside_a_condition_is_said(tmp_path, claims):
    read = verdict(tmp_path, f"{CHAIN}\n\nz = 0.5, E = 0.0713, dE/dw = -0.1774\n\n{claims}")
    assert "0.7225" in [claim.claim.printed for claim in read.claims if str(claim.status) == "wrong"]


def test_a_bracket_alone_before_a_sign_is_no_name(tmp_path):
    read = verdict(tmp_path, f"{CHAIN}\n\nz = 0.5, a = 0.6225\n\n): -0.3 and (): [1, 2]")
    assert statuses(read) == {"right"}


# The figures of AbdulRehman393/AI-LAB, BackPropagation/Backpropagation.ipynb
SHARED = """Sigmoid, E = ½ (T - y)². One bias for each layer. Learning rate 0.3.

x1 = 0.1, x2 = 0.2, w1 = 0.2, w2 = 0.25, w3 = 0.3, w4 = 0.35, w5 = 0.45, w6 = 0.5, w7 = 0.55, w8 = 0.6,
b1 = 0.4, b2 = 0.65, T1 = 0.05, T2 = 0.95

h1_net = 0.47, h2_net = 0.5, y1_net = 1.238152, y2_net = 1.361937, E = 0.274835

dw5 (for w5) = δ1 h1 = 0.077764, dw7 (for w7) = -0.015377

w5: 0.45 -> {w5}
- w1 → 0.1996938
b1: 0.4 -> {b1}
b2: 0.65 -> 0.619586
"""


def test_the_slope_of_a_bias_that_a_layer_shares_is_the_sum_over_its_units(tmp_path):
    read = verdict(tmp_path, SHARED.format(w5="0.426671", b1="0.393541"))
    assert statuses(read) == {"right"}
    assert {claim.claim.printed for claim in read.claims} >= {
        "1.238152", "0.077764", "-0.015377", "0.426671", "0.1996938", "0.393541", "0.619586"
    }  # fmt: skip


@pytest.mark.parametrize(("w5", "b1"), [("0.426771", "0.393541"), ("0.426671", "0.394541")])
def test_an_update_by_an_arrow_is_checked(tmp_path, w5, b1):
    read = verdict(tmp_path, SHARED.format(w5=w5, b1=b1))
    assert [claim.claim.printed for claim in read.claims if str(claim.status) == "wrong"] == [
        w5 if w5 != "0.426671" else b1
    ]


def test_a_formula_with_the_numbers_of_another_point_accuses_none_of_them(tmp_path):
    text = (
        "Sigmoid. $w_1 = 3, w_2 = 2, b = -5$ and $z = w_1 x_1 + w_2 x_2 + b$, $a = \\sigma(z)$.\n\n"
        "Point A: $z = 3 \\times 1 + 2 \\times 1 - 5 = 0 \\geq 0$, $a = 0.5$\n\n"
    )
    assert statuses(verdict(tmp_path, text)) == {"right"}
    read = verdict(tmp_path, f"{text}Point B: $z = 3 \\times 2 + 2 \\times 0 - 5 = 1$, $a = 0.7311$")
    assert read.verdict == "unread"
