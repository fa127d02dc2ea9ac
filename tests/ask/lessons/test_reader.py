"""Reading a lesson: single statements in many notations, refusals in one line, and any text at all."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainrule.ask.cases import example
from chainrule.ask.check.check import check
from chainrule.ask.lessons import reader as reading
from chainrule.ask.lessons.symbol import parse_symbol
from chainrule.errors import InputError

DATA = Path(__file__).parents[2] / "data"
LESSON = (DATA / "lesson.md").read_text("utf-8")
SHORT = [LESSON[:1200]]
SHORT += [
    (DATA / "lessons" / f"{name}.md").read_text("utf-8")
    for name in ("unicode", "layers", "input_order", "table_columns", "matrices", "code", "perceptron")
]


def read(tmp_path, text):
    path = tmp_path / "lesson.md"
    path.write_text(text, "utf-8")
    [found] = reading.parse(example.text(path), str(path))
    return found


ONE = "x = 0.1, T = 0.25, {}; b = 0.4, sigmoid, E = 1/2 (T - a)^2, lr = 0.4"


@pytest.mark.parametrize(
    "written",
    [
        "w = 0.15",
        "$w = 0.15$",
        r"\(w_1 = 0.15\)",
        r"$w_{1} \approx 0.15$",
        r"$$w^{(1)} = .15$$",
        "w₁ = 0.15",
        "`w1 = 0.15`",
        "**w1** = 0.15",
        "weight w1: 0.15",
        "the weight w1 is 0.15",
        "W1 = [[0.15]]",
        r"$W^{[1]} = \begin{bmatrix} 0.15 \end{bmatrix}$",
        "`W1 = np.array([[0.15]])`",
        r"$w_{11}^{(1)} = 0.15$",
        r"$w_1 = 1.5 \times 10^{-1}$",
        "w1 = 15e-2",
        "w1[0,0] = 0.15",
        r"$\theta_1 = 0.15$",
        "\n\n| Parameter | Value |\n|--|--|\n| w1 | 0.15 |\n\n",
        "\n\n| w1 | b1 |\n|--|--|\n| 0.15 | 0.4 |\n\n",
    ],
)
def test_a_weight_in_any_notation(tmp_path, written):
    found = read(tmp_path, ONE.format(written)).example
    assert found.parameters["w1"].tolist() == [[0.15]]


@pytest.mark.parametrize(
    ("written", "quantity"),
    [
        ("z = 0.415", "z1"),
        ("net = 0.415", "z1"),
        (r"$z_1 = w_1 x_1 + b_1 = 0.15 \cdot 0.1 + 0.4 = 0.415$", "z1"),
        ("$$\nz_1\n= 0.15 \\cdot 0.1\n+ 0.4\n= 0.415\n$$", "z1"),
        (r"$$\begin{aligned} z &= wx + b \\ &= 0.415 \end{aligned}$$", "z1"),
        (r"$\hat{y} = 0.415$", "a1"),
        ("ŷ = 0.415", "a1"),
        ("σ(z) = 0.415", "a1"),
        ("out = 0.415", "a1"),
        (r"$\frac{\partial E}{\partial w_1} = 0.415$", "dE/dw1"),
        (r"$\dfrac{\partial L}{\partial w} = 0.415$", "dE/dw1"),
        ("∂E/∂w₁ = 0.415", "dE/dw1"),
        ("dE/dw1 = 0.415", "dE/dw1"),
        ("`dw1 = 0.415`", "dE/dw1"),
        ("δ = 0.415", "dE/dz1"),
        (r"$\frac{\partial a}{\partial z} = 0.415$", "da1/dz1"),
        (r"$\sigma'(z_1) = 0.415$", "da1/dz1"),
        (r"$a_1 (1 - a_1) = 0.415$", "da1/dz1"),
        ("w' = 0.415", "w1'"),
        ("$w_1^+ = 0.415$", "w1'"),
        (r"$w_1^{new} = 0.415$", "w1'"),
        (r"$w_{1,\text{new}} = 0.415$", "w1'"),
        ("w1_new = 0.415", "w1'"),
        (r"$w_1 \leftarrow w_1 - \alpha \delta = 0.415$", "w1'"),
        ("w1 := 0.415", "w1'"),
        (r"$E = \frac12 (0.25 - 0.6)^2 = 0.415$", "E"),
        ("the error is 0.415", "E"),
        ("Loss: 0.415", "E"),
        ("\n\n| New | Gradient | Parameter |\n|--|--|--|\n| 7 | 0.415 | w1 |\n\n", "dE/dw1"),
        ("\n\n| Weight | Old | ∂E/∂w | Updated |\n|--|--|--|--|\n| w1 | 0.15 | 7 | 0.415 |\n\n", "w1'"),
    ],
)
def test_a_claim_in_any_notation(tmp_path, written, quantity):
    found = read(tmp_path, f"x = 0.1, T = 0.25, w = 0.15, b = 0.4, sigmoid, lr = 0.4.\n\nSo {written}\n\nok")
    assert found.example.claims[quantity] == "0.415"
    assert found.unplaced == ()


def test_with_another_b2_it_is_that_b2(tmp_path):
    found = read(tmp_path, LESSON.replace("b_2 = 0.6 ", "b_2 = 0.65 "))
    assert found.example.parameters["b2"].tolist() == [0.65]
    assert len(found.example.claims) == 12


def test_what_cannot_be_placed_is_named_with_its_line(tmp_path):
    found = read(tmp_path, LESSON + "\n\nThe momentum is $\\mu = 0.9$ and epochs = 100.\n\n$z_7 = 1.5$\n")
    assert found.unplaced == ("line 125: μ = 0.9", "line 125: epochs = 100", "line 127: z_7 = 1.5")


def test_a_number_printed_twice_is_two_claims(tmp_path):
    found = read(tmp_path, LESSON + "\n\nAgain $a_1 = 0.602$, and $z_1 = 0.415$.")
    assert found.example.claims["a1"] == ("0.6023", "0.602")
    assert found.example.claims["z1"] == "0.415"


def test_a_convention_is_read(tmp_path):
    found = read(tmp_path, LESSON + "\n\nThe biases are not updated.")
    assert found.example.convention.update_biases is False
    assert "biases are not updated" in found.assumed


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("", "found no weight, such as"),
        ("![a picture](network.png)", "found no weight"),
        ("w_1 = 0.15, w_2 = 0.3", "found no input"),
        ("w_1 = 0.15, x = 0.1", "found no target"),
        ("w_1 = 0.15, w_3 = 0.1, x = 0.1, T = 1", "read as 1-1-1-1, no number was found for w2[0,0]"),
        ("x = 0.1, T = 1, w = 2, b_1 = 3, w_2 = 1, sigmoid", "no number was found for"),
        ("W = [[1, 2], [3]], x = 1, T = 1", "found 1 weight, but no layers that they belong to"),
        ("w = 1e999, x = 1, T = 1", "finite"),
    ],
)
def test_what_is_missing_is_said_in_one_line(tmp_path, text, lacking):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    said = str(caught.value)
    assert lacking in said
    assert said.startswith(f"{tmp_path}")
    assert "\n" not in said


def test_a_file_that_is_not_there_and_one_that_is_no_text(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        check(tmp_path / "none.md")
    (tmp_path / "bad.md").write_bytes(b"w = \xff")
    with pytest.raises(InputError, match="byte 4 is not UTF-8"):
        check(tmp_path / "bad.md")


PIECES = [
    *("w_1 = 0.15", "x = 0.1", "T = 0.25", "b_1 = 0.4", "w_{11}^{(2)} = 3", "W = [[1, 2], [3, 4]]", "= 0.5"),
    *("$$", "$", r"\(", r"\)", r"\[", r"\begin{bmatrix}", r"\end{bmatrix}", "&", r"\\", "{", "}", "_", "^"),
    *(r"\frac", "|", "\n", "\n\n", "| a | b |\n|--|--|\n", "```\n", "- ", "# ", "1.", "sigmoid", "softmax"),
    *("∂E/∂w_1 = ", "(", ")", "[", "]", ",", ";", ":", "'", "+", "-", "e", "10^{-3}", "₁", "⁺", "\v", "\0"),
    *("learning rate is ", "cross-entropy", "MSE", "1-1-1", "1e400", "9" * 40, "nan", "E_{o1} = 1", "y", " "),
]  # fmt: skip
texts = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))


@st.composite
def damaged(draw):
    """A short lesson, in any of the notations, with pieces cut out and put in."""
    text = draw(st.sampled_from(SHORT))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(PIECES)) + text[at + draw(st.integers(0, 30)) :]
    return text


@given(st.one_of(texts, damaged()))
@settings(max_examples=180, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused_in_one_line(tmp_path, text):
    path = tmp_path / "any.md"
    path.write_text(text, "utf-8", errors="replace")
    try:
        found, *_ = reading.parse(example.text(path), str(path))
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert found.toml()
        assert all("\n" not in one for one in (*found.assumed, *found.unplaced))


BIG = 30_000
REPEATED = [
    *(
        "(",
        "{",
        "[",
        "$$",
        r"\[",
        "|",
        "w_",
        "w",
        "1",
        "w^{",
        r"\frac{",
        "= ",
        "a(",
        "w: ",
        "- ",
        "d/d",
        "1, ",
    ),
    *("α (", "1-", "`", "> ", "* ", "_", "1/2(", "w_1 = 0.5\n"),
]
LONG = [one * BIG for one in REPEATED] + [
    " " * BIG + "=",
    "bias " + " " * BIG,
    "x" + " " * BIG + "(1",
    "1/2" + "(" * BIG,
    "x = [" + "1, " * BIG + "]",
    "target " * BIG + "= 1",
    "w" + " " * BIG + "w: 1" + " " * BIG,
    "w -> " + "1" * BIG + "x",
    "=" + " " * BIG + r"\begin{cases}",
    r"=\begin{cases} 1 & z = " * BIG,
    "if z < 0, a " * BIG,
    "if " * BIG + "<",
    "| w1 " * 300 + "|\n" + "|--" * 300 + "|\n" + "| 1 " * 300,
]


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:8])
def test_time_grows_with_the_length_only(tmp_path, text):
    """A pattern that goes back and forth would take minutes here."""
    path = tmp_path / "big.md"
    path.write_text(text)
    began = time.process_time()
    with pytest.raises(InputError):
        reading.parse(example.text(path), str(path))
    assert time.process_time() - began < 6


def test_a_name_with_many_digits_is_refused_at_once() -> None:
    began = time.process_time()
    assert parse_symbol("learning rate MSE" + "9" * 40 + "E_{o1}") is None
    assert parse_symbol("w" + "9" * 60 + "!") is None
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "symbol", ["w^{}", "w_{}", "w^{²}", f"w[{'1' * 5000}]", f"w_{{{'1' * 5000}}}", "∂E/∂w^{}"]
)
def test_an_odd_symbol_is_no_reason_to_end(symbol: str) -> None:
    written = parse_symbol(symbol)
    assert written is None or str(written)
