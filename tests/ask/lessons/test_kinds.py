"""Kinds of lessons that people write: what is read of each, and that no right number of it is "
"called wrong.
"""

import pytest

from chainrule.ask.check.check import check
from chainrule.ask.check.verdict import PageVerdict
from chainrule.errors import InputError

ONE = "$x = 2$, $w = 0.5$, $b = -0.5$, $y = 1$; sigmoid; squared error $L = (y - \\hat{y})^2$."


def verdict(tmp_path, text, name="lesson.md"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return check(path)


def printed(verdict):
    """Quantity, number and status of every claim."""
    return {(claim.claim.quantity, claim.claim.printed): str(claim.status) for claim in verdict.claims}


def statuses(verdict):
    return {str(claim.status) for claim in verdict.claims}


SOUND = {"right", "truncated", "carried"}


# --- names


@pytest.mark.parametrize(
    "hat",
    [r"\hat y", r"\hat{y}", r"\widehat y", r"\bar{y}", "ŷ", "y_{pred}", r"y_{\text{pred}}", "y_hat", "y'"],
)
def test_a_prediction_in_any_spelling(tmp_path, hat):
    maths = f"${hat} = 0.6225$" if "\\" in hat or "{" in hat else f"{hat} = 0.6225"
    assert printed(verdict(tmp_path, f"{ONE}\n\n{maths}")) == {("a1", "0.6225"): "right"}


@pytest.mark.parametrize(
    "target",
    ["y_true = 1", "$y_{true} = 1$", "y_target = 1", "target = 1", "the true label is 1", "$y^{true} = 1$"],
)
def test_a_target_in_any_spelling(tmp_path, target):
    text = f"x = 2, w = 0.5, b = -0.5. {target}. Sigmoid, squared error (y - ŷ)^2.\n\nz = 0.5, ŷ = 0.6225"
    assert statuses(verdict(tmp_path, text)) == {"right"}


@pytest.mark.parametrize("letter", ["z_o", "u", "z_{out}", "net_o", "logit", "s_o", "score"])
def test_the_pre_activation_of_the_output_in_any_spelling(tmp_path, letter):
    text = (
        "$x_1 = 1$, $x_2 = 0$; sigmoid; $w_{11} = 0.2$, $w_{12} = 0.4$, $w_{21} = 0.3$, $w_{22} = 0.5$ "
        "from input "
        "i to unit j, no biases; $w_{h1} = 0.6$, $w_{h2} = -0.1$, target $y = 1$, $E = \\frac12 "
        "(y-\\hat y)^2$\n\n"
        f"$z_1 = 0.2$, $z_2 = 0.4$, $a_1 = 0.5498$, $a_2 = 0.5987$, ${letter} = 0.2700$, $\\hat y = 0.5671$"
    )
    read = verdict(tmp_path, text)
    assert printed(read)["z2", "0.2700"] == "right"
    assert statuses(read) <= SOUND


@pytest.mark.parametrize("brackets", ["W[{}]", "W^{{[{}]}}", "W^{{({})}}", "W_{}"])
def test_layers_in_brackets(tmp_path, brackets):
    first, second = brackets.format(1), brackets.format(2)
    text = (
        f"ReLU hidden, linear output, $L = \\frac12 (\\hat y - y)^2$. $x = [1, 4]$, $y = 1$.\n\n"
        f"$${first} = \\begin{{bmatrix}}0.2 & -0.1 \\\\ 0.5 & 0.3\\end{{bmatrix}}, \\quad "
        f"{second} = \\begin{{bmatrix}}0.1 & -0.2\\end{{bmatrix}}$$\n\n"
        f"$${first.replace('W', 'Z')} = \\begin{{bmatrix}}-0.2 \\\\ 1.7\\end{{bmatrix}}, "
        f"{second.replace('W', 'Z')} = -0.34$$"
    )
    assert printed(verdict(tmp_path, text)) == {
        ("z1[0]", "-0.2"): "right", ("z1[1]", "1.7"): "right", ("z2", "-0.34"): "right"
    }  # fmt: skip


@pytest.mark.parametrize(("pre", "post"), [("a", "h"), ("h", "a"), ("s", "o")])
def test_letters_of_units_stand_for_what_the_numbers_say(tmp_path, pre, post):
    text = f"One unit. x = 2, w = 0.5, b = -0.5, T = 1, sigmoid.\n\n${pre} = 0.5$, ${post} = 0.6225$"
    assert printed(verdict(tmp_path, text)) == {("z1", "0.5"): "right", ("a1", "0.6225"): "right"}


@pytest.mark.parametrize(
    ("line", "status"),
    [("Error $= \\hat y - y = 0.6225 - 1 = -0.3775$", "right"), ("$e = 0.6225 - 1 = -0.3775$", "right"),
     ("error = y - ŷ = 0.3775", "right"), ("Error $= \\hat y - y = -0.3885$", "wrong")],
)  # fmt: skip
def test_an_error_that_is_a_difference_is_no_loss(tmp_path, line, status):
    read = verdict(tmp_path, f"{ONE}\n\n$z = 0.5$, $\\hat y = 0.6225$\n\n{line}\n\n$L = 0.1425$")
    assert next(claim for claim in read.claims if "rr" in claim.claim.quantity or claim.claim.quantity == "e")
    assert status in statuses(read)
    assert ("E", "0.1425") in printed(read)


@pytest.mark.parametrize("sign", ["", "-"])
def test_delta_has_the_sign_that_its_numbers_have(tmp_path, sign):
    text = (
        f"{ONE}\n\n$\\hat y = 0.6225$, $\\delta = {sign}0.1774$, $\\frac{{\\partial "
        f"L}}{{\\partial w}} = -0.3549$"
    )
    assert statuses(verdict(tmp_path, text)) == {"right"}


@pytest.mark.parametrize("step", ["Δw = 0.0355", "Δw = -0.0355", "\\Delta w = -0.3549"])
def test_a_change_of_a_weight_may_be_added_or_taken_away(tmp_path, step):
    read = verdict(tmp_path, f"{ONE} Learning rate 0.1.\n\n$\\hat y = 0.6225$, ${step}$")
    assert len(read.claims) == 2
    assert statuses(read) == {"right"}


# --- which network


def test_a_layer_has_the_activation_that_its_numbers_have(tmp_path):
    text = (
        "A sigmoid hidden unit, and an output. x = 1, w_1 = 0.5, w_2 = -1.0, y = 0.5. L = (y - ŷ)^2.\n\n"
        "z_1 = 0.5, h = 0.622, ŷ = -0.622, L = 1.259, ∂L/∂ŷ = -2.244"
    )
    read = verdict(tmp_path, text)
    assert [layer.activation.__class__.__name__ for layer in read.example.layers] == ["Sigmoid", "Identity"]
    assert statuses(read) <= SOUND


@pytest.mark.parametrize(
    "aside", ["With softmax and cross-entropy only the first step would differ.", "ReLU is more usual today.",
              "(Compare tanh.)", "Another choice is the cross-entropy."]
)  # fmt: skip
def test_a_word_in_passing_excludes_nothing(tmp_path, aside):
    text = f"{ONE} {aside}\n\n$z = 0.5$, $\\hat y = 0.6225$, $L = 0.1425$, $\\frac{{dL}}{{dw}} = -0.3549$"
    read = verdict(tmp_path, text)
    assert len(read.claims) == 4
    assert statuses(read) == {"right"}


def test_without_a_target_the_forward_pass_is_checked(tmp_path):
    read = verdict(tmp_path, "x = 2, w = 0.5, b = -0.5, sigmoid.\n\nz = 0.5, a = 0.6235")
    assert printed(read) == {("z1", "0.5"): "right", ("a1", "0.6235"): "wrong"}
    assert "no target was found, so only the forward pass is checked" in read.assumed


def test_values_that_stand_only_in_a_formula_are_given(tmp_path):
    text = (
        "$$z_1 = w_1 x + b_1 = 0.5 \\cdot 1 + 0.1 = 0.6$$\n\n$$a_1 = \\sigma(z_1) = 0.6457$$\n\n"
        "$$z_2 = w_2 a_1 + b_2 = 0.4 \\cdot 0.6457 + (-0.2) = 0.0583$$\n\n"
        "$$L = \\frac12 (\\hat y - y)^2 = \\frac12 (0.5146 - 1)^2 = 0.1178$$"
    )
    read = verdict(tmp_path, text)
    assert read.example.parameters["w2"].tolist() == [[0.4]]
    assert read.example.t.tolist() == [[1.0]]
    assert statuses(read) <= SOUND


# --- which numbers


@pytest.mark.parametrize("arrow", ["←", "\\leftarrow", ":=", "\\gets", "="])
def test_what_an_update_makes_is_no_given_wherever_it_stands(tmp_path, arrow):
    text = (
        f"A step: $w_1 {arrow} 0.5 - 0.1 \\times (-0.3549) = 0.5355$.\n\n**Given**: x = 2, y = 1, $w_1 = "
        f"0.5$, b = -0.5, "
        "sigmoid, L = (y - ŷ)^2, α = 0.1\n\n$z = 0.5$, $\\hat y = 0.6225$"
    )
    read = verdict(tmp_path, text)
    assert read.example.parameters["w1"].tolist() == [[0.5]]
    assert printed(read)["w1'", "0.5355"] == "right"


@pytest.mark.parametrize(
    "remark", ["(the first unit)", "(more negative, so the output falls)", "✓", "(up a little)",
               "— as expected", "(rounded, see above", "[by hand]"]
)  # fmt: skip
def test_a_remark_behind_a_number_is_not_part_of_it(tmp_path, remark):
    read = verdict(
        tmp_path, f"{ONE} α = 1.\n\n- $z = 0.5$\n- $w = 0.5 - 1.0 × (-0.3549) = 0.8649$ {remark}\n"
    )
    assert printed(read)["w1'", "0.8649"] == "wrong"


def test_a_factor_behind_a_number_is_no_remark(tmp_path):
    text = (
        f"{ONE}\n\n$\\hat y = 0.6225$, $\\frac{{\\partial L}}{{\\partial \\hat y}} = 2(\\hat y "
        f"- y) = -0.7551$"
    )
    assert printed(verdict(tmp_path, text))["dE/da1", "-0.7551"] == "right"


@pytest.mark.parametrize("space", [r"\phantom{-}", r"\hphantom{-}", r"\vphantom{1}", r"\,", r"\color{red}"])
def test_what_is_not_seen_is_no_sign(tmp_path, space):
    read = verdict(tmp_path, f"{ONE}\n\n$$z = {space}0.5, \\quad \\hat y = 0.6225$$")
    assert statuses(read) == {"right"}


@pytest.mark.parametrize("command", [r"\pgfmathmacro{-}", r"\opposite", r"\mynegative{}"])
def test_an_unknown_command_makes_a_number_unreadable(tmp_path, command):
    read = verdict(tmp_path, f"{ONE}\n\n$$z = {command}0.5$$\n\n$$\\hat y = 0.6225$$")
    assert printed(read) == {("a1", "0.6225"): "right"}
    assert any("cannot be read" in line for line in read.unplaced)


@pytest.mark.parametrize("head", ["Step", "No.", "#", "Schritt", ""])
def test_a_column_that_counts_holds_no_values(tmp_path, head):
    text = (
        f"{ONE}\n\n| {head} | Computation | Value |\n|---|---|---|\n| 1 | $z = 0.5 \\times 2 + (-0.5)$ | "
        f"$0.5$ |\n"
        "| 2 | $\\hat y = \\sigma(0.5)$ | $\\approx 0.6225$ |\n| 3 | $L = (1 - 0.6225)^2$ | 0.1425 |\n"
    )
    assert printed(verdict(tmp_path, text)) == {
        ("z1", "0.5"): "right", ("a1", "0.6225"): "right", ("E", "0.1425"): "right"
    }  # fmt: skip


def test_columns_in_plain_text_are_a_table(tmp_path):
    text = (
        "Data:\n\n  x1   x2   y\n  ---- ---- ---\n  1    2    1\n\nw_1 = 0.5, w_2 = 0.25, "
        "sigmoid, no bias.\n\nz = 1.0"
    )
    read = verdict(tmp_path, text)
    assert read.example.x.tolist() == [[1.0, 2.0]]
    assert statuses(read) == {"right"}


def test_no_number_is_dropped_without_a_word(tmp_path):
    text = (
        f"{ONE}\n\nz = 0.5, ŷ = 0.6225. So q = 3.25, and $$0.3 \\cdot 2 = 0.6$$\n\n| k | v "
        f"|\n|--|--|\n| foo | 9.5 |\n"
    )
    left = " ".join(verdict(tmp_path, text).unplaced)
    assert all(number in left for number in ("3.25", "0.6", "9.5"))


# --- several examples


THREE = """# Toys

## One weight

$x = 2$, $w = 3$, target $y = 10$, $\\hat y = w x$, $L = (y - \\hat y)^2$, $\\eta = 0.1$

$\\hat y = 6$, $L = 16$

## Sigmoid hidden

$x = 1$, $w_1 = 0.5$, $w_2 = -1.0$, $y = 0.5$; hidden sigmoid, linear output.

$z_1 = 0.5$, $h = 0.622$, $\\hat y = -0.622$

## ReLU hidden

$x = 1$, $w_1 = 0.5$, $w_2 = -1.0$, $y = 0.5$

$h = 0.5$, $\\hat y = -0.5$, $L = {}$
"""


def test_several_examples_are_several_verdicts(tmp_path):
    page = verdict(tmp_path, THREE.format("1.0"))
    assert isinstance(page, PageVerdict)
    assert [one.example.title for one in page.verdicts] == ["One weight", "Sigmoid hidden", "ReLU hidden"]
    assert page.verdict == "right"
    assert verdict(tmp_path, THREE.format("1.3")).verdict == "wrong"
    plain = page.plain()
    assert plain["verdict"] == "right"
    assert len(plain["examples"]) == 3


# --- no verdict


def test_a_reading_that_few_numbers_agree_with_is_no_verdict(tmp_path):
    text = f"{ONE}\n\nz = 0.7, ŷ = 0.41, L = 3.3, ∂L/∂w = 7.1, ∂L/∂b = 4.2"
    read = verdict(tmp_path, text)
    assert read.verdict == "unread"
    assert "0 of the 5 numbers" in read.unread
    assert read.plain()["claims"] == []
    assert "I cannot read this lesson" in str(read)
    assert read.toml


@pytest.mark.parametrize(
    "change",
    [
        "x = 3; z = 1.0, ŷ = 0.7311, L = 0.0723",
        "w = 0.9; z = 1.3, ŷ = 0.7858, L = 0.0459",
        "y = 0; L = 0.3875, ∂L/∂z = 0.2926",
    ],
    ids=["input", "weight", "target"],
)
def test_a_lesson_whose_givens_change_is_no_verdict_where_numbers_disagree(tmp_path, change):
    read = verdict(tmp_path, f"{ONE}\n\nz = 0.5, ŷ = 0.6225, L = 0.1425. Now let {change}.")
    assert read.verdict == "unread"
    assert read.unread.startswith("what is given is given anew further down (line ")
    assert read.plain()["claims"] == []


def test_a_given_stated_anew_begins_the_next_example(tmp_path):
    text = (
        "# One\n\nx = 2, w = 0.5, b = -2, t = 1, ReLU, squared error $E = (t - a)^2$.\n\n"
        "z = -1, a = 0, E = 1\n\n# Two\n\nx = 1.5, w = 0.5, b = -2, t = 1\n\n∂E/∂w = 0"
    )
    page = verdict(tmp_path, text)
    assert isinstance(page, PageVerdict)
    assert [example.example.x.item() for example in page.verdicts] == [2.0, 1.5]


HALVED = "x = 2, w = 0.25, b = 0, t = 1, sigmoid. $E = \\frac{1}{2}(t - a)^2$.\n\n"


def test_a_loss_that_is_told_stands_against_one_number(tmp_path):
    read = verdict(tmp_path, f"{HALVED}z = 0.5, a = 0.6225, E = 0.1425")
    assert printed(read)["E", "0.1425"] == "wrong"
    assert read.cause is not None
    assert "½" in str(read.cause.told)


def test_a_loss_that_is_told_yields_where_its_slopes_speak_for_another_too(tmp_path):
    read = verdict(tmp_path, f"{HALVED}z = 0.5, a = 0.6225, E = 0.1425, dE/dw = -0.3549")
    assert statuses(read) == {"right"}
    assert any("sum_squared_error" in told and "half_squared_error is named" in told for told in read.assumed)


def test_a_long_lesson_that_nothing_agrees_with_is_not_searched_for_causes(tmp_path):
    wrong = ", ".join(f"ŷ = 9.{number}" for number in range(11, 99))
    more = ", ".join(f"z = 7.{number}" for number in range(11, 99))
    read = verdict(tmp_path, f"{ONE}\n\n{wrong}, {more}")
    assert read.verdict == "unread"
    assert read.claims == ()
    assert "only 0 of the 176 numbers" in read.unread


def test_one_known_mistake_explains_what_an_unusual_loss_would(tmp_path):
    text = (
        "x = 1, w_1 = 0.5, w_2 = 0.5, y = 0; ReLU hidden, sigmoid output, binary cross-entropy.\n\n"
        "$z_1 = 0.5$, $a_1 = 0.5$, $z_2 = 0.25$, $a_2 = 0.5622$, $\\frac{\\partial L}{\\partial z_2} = "
        "0.1384$, "
        "$\\frac{\\partial L}{\\partial w_2} = 0.0692$, $\\frac{\\partial L}{\\partial w_1} = 0.0692$"
    )
    read = verdict(tmp_path, text)
    assert read.verdict == "wrong"
    assert read.cause is not None
    assert read.cause.kind == "mistake"


def test_an_empty_claim_is_refused_in_one_line(tmp_path):
    with pytest.raises(InputError, match="no number is claimed"):
        verdict(tmp_path, ONE)


def test_a_remark_behind_an_array_is_not_part_of_it(tmp_path):
    text = (
        "x = [1, 2] (one row, two inputs), W = [[0.5], [0.25]], T = 1 (the target), sigmoid, "
        "no bias.\n\nz = 1.0"
    )
    assert statuses(verdict(tmp_path, text)) == {"right"}


# --- what was met in lessons on the first look


def test_each_letter_of_weights_may_count_for_itself(tmp_path):
    text = (
        "Sigmoid, half squared error. x1 = 1, x2 = 2, target y = 1\n\n```text\nh1:\n  w1 = 0.10\n  "
        "w2 = 0.20\n  b1 = 0.00\n"
        "h2:\n  w3 = -0.10\n  w4 = 0.10\n  b2 = 0.10\noutput:\n  v1 = 0.30\n  v2 = -0.20\n  b3 = "
        "0.05\n```\n\n"
        "z1 = 0.50, a1 = 0.622459, z2 = 0.20, a2 = 0.549834, z3 = 0.126771, ŷ = 0.531650"
    )
    read = verdict(tmp_path, text)
    assert len(read.claims) == 6
    assert statuses(read) == {"right"}


def test_names_and_values_side_by_side_as_python_assigns_them(tmp_path):
    text = (
        "```python\nx1, x2, y = 1.5, -0.5, 1.0\nw1, w2, b = -0.6, 0.9, 0.1\n```\n\nSigmoid. z "
        "= -1.250, a = 0.2227"
    )
    read = verdict(tmp_path, text)
    assert read.example.t.tolist() == [[1.0]]
    assert statuses(read) == {"right"}


def test_cells_may_state_several_values(tmp_path):
    text = (
        "Sigmoid, half squared error.\n\n| What | Value | Remark |\n|--|--|--|\n| Inputs ($x$) | "
        "$x_1 = 0.5$, $x_2 = 1.0$ | a |\n"
        "| Weights ($w$) | $w_1 = 0.3$, $w_2 = 0.7$ | b |\n| Bias ($b$) | $b = 0.1$ | c |\n| "
        "Target ($y$) | $y = 0.8$ | d |\n\n"
        "$z = 0.95$, $a = 0.7211$"
    )
    assert statuses(verdict(tmp_path, text)) == {"right"}


@pytest.mark.parametrize("macro", [r"\vect x", r"\vect{x}", r"\bfx{x}", r"\mathbf{x}"])
def test_an_unknown_command_over_a_letter_is_a_way_to_write_it(tmp_path, macro):
    read = verdict(tmp_path, f"${macro} = 2$, $w = 0.5$, $b = -0.5$, $y = 1$; sigmoid.\n\n$z = 0.5$")
    assert statuses(read) == {"right"}


def test_statements_stand_apart_by_gaps_or_by_and(tmp_path):
    text = f"{ONE}\n\n```\nŷ = 0.6225    z = 0.5\ndL/dw = -0.3549   dL/db = -0.1774\n```\n"
    assert len(verdict(tmp_path, text).claims) == 4
    text = (
        "Sigmoid. $w_{11} = 0.1$, $w_{12} = 0.2$; x = 1; $t_1 = 0.5$ y $t_2 = 0.6$; $z_1 = 0.1$, $z_2 = 0.2$"
    )
    assert verdict(tmp_path, text).example.t.tolist() == [[0.5, 0.6]]


def test_a_line_break_inside_displayed_maths_says_nothing(tmp_path):
    slopes = "\\frac{\\partial L}{\\partial a_1}\n\\frac{\\partial a_1}{\\partial z_1}"
    text = (
        f"{ONE}\n\n$$\n\\frac{{\\partial L}}{{\\partial z_1}}\n=\n{slopes}\n=\n-0.755 \\cdot "
        f"0.235\n=\n-0.1774\n$$"
    )
    assert printed(verdict(tmp_path, text)) == {("dE/dz1", "-0.1774"): "right"}


def test_a_product_with_a_number_is_no_name(tmp_path):
    text = f"{ONE}\n\ndL/dz = -0.1774, dL/db = dL/dz × 1 = -0.1774"
    assert printed(verdict(tmp_path, text)) == {
        ("dE/dz1", "-0.1774"): "right",
        ("dE/db1", "-0.1774"): "right",
    }


@pytest.mark.parametrize(
    "weights", ["\\begin{bmatrix}0.5\\\\0.6\\end{bmatrix}", "\\begin{bmatrix}0.5&0.6\\end{bmatrix}"]
)
def test_a_vector_of_weights_may_stand_upright_or_not(tmp_path, weights):
    text = (
        "Sigmoid. $x = \\begin{bmatrix}0.5\\\\0.2\\end{bmatrix}$, $W_1 = "
        "\\begin{bmatrix}0.1&0.2\\\\0.3&0.4\\end{bmatrix}$, "
        f"$W_2 = {weights}$\n\n$z_1 = [0.09, 0.23]$, $a_1 = [0.5225, 0.5572]$, $z_2 = 0.5956$"
    )
    assert statuses(verdict(tmp_path, text)) == {"right"}


def test_a_wrong_number_under_another_letter_is_still_wrong(tmp_path):
    text = (
        "x = 1, w_1 = 0.5, w_2 = -1.0, y = 0.5; hidden sigmoid, linear output.\n\n"
        "z_1 = 0.5, h = 0.6225, a_1 = 0.7425, ŷ = -0.6225, L = 1.26"
    )
    assert printed(verdict(tmp_path, text))["a1", "0.7425"] == "wrong"


def test_a_statement_in_brackets_behind_another_is_its_own(tmp_path):
    text = f"{ONE}\n\n```\nz = 0.5*2 - 0.5 = 0.5        (ŷ = sigmoid(0.5) = 0.6225)\n```\n"
    assert printed(verdict(tmp_path, text)) == {("z1", "0.5"): "right", ("a1", "0.6225"): "right"}


def test_weights_by_number_and_once_more_as_an_array(tmp_path):
    text = (
        "x1 = 2, x2 = 3, w1 = 0.5, w2 = -0.2, b = 1, target = 1; sigmoid.\n\nz = 1.4, a = 0.802\n\n"
        "```python\nx = np.array([2, 3])\nw = np.array([0.5, -0.2])\nb = 1\n```\n"
    )
    assert statuses(verdict(tmp_path, text)) == {"right"}
