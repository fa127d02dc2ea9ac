"""Lessons in every format: one lesson in each, read to the same numbers."""

import json

import pytest

from chainrule.ask.check.check import check, check_text
from chainrule.ask.lessons.sources import blocks, format_of, is_lesson
from chainrule.errors import InputError

SUBSCRIPTS = """<!doctype html><html><head><title>w = 9</title><style>p { width = 3 }</style></head><body>
<h1>One neuron</h1><nav>menu x = 7</nav>
<p>Sigmoid, squared error L = (y &minus; &ycirc;)<sup>2</sup>. <code>x<sub>1</sub> = 2</code>,
w<sub>1</sub> = 0.5, b = &minus;0.5, <b>y = 1</b></p>
<ul><li>z = 0.5<li>&ycirc; = 0.6225</ul>
<script>var z = 3;</script></body></html>"""
MATHJAX = """<html><body><p>Sigmoid,
\\((y - \\hat y)^2\\), \\(x = 2\\), \\(w = 0.5\\), \\(b=-0.5\\), \\(y=1\\).</p>
<p><script type="math/tex">z = 0.5</script> and
<script type="math/tex; mode=display">\\hat y = 0.6225</script></p></body></html>"""
KATEX = """<body><p>Sigmoid, squared error, x = 2, w = 0.5, b = -0.5, y = 1.
<span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>z</mi><mo>=</mo><mn>0.5</mn></mrow>
<annotation encoding="application/x-tex">z = 0.5</annotation></semantics></math></span>
<span class="katex-html" aria-hidden="true"><span>z=0.57</span></span></span></p>
<p><img class="latex" alt="\\hat y = 0.6225"></p></body>"""
MATHML = """<body><p>Sigmoid, squared error, x = 2, w = 0.5, b = -0.5, y = 1.</p>
<p><math><mi>z</mi><mo>=</mo><mn>0.5</mn></math>,
<math><mrow><mover><mi>y</mi><mo>^</mo></mover><mo>=</mo><mn>0.6225</mn></mrow></math></p>"""
HTML_TABLE = """<body><p>Sigmoid, squared error.</p><table><tr><th>x</th><th>w</th><th>b</th><th>y</th></tr>
<tr><td>2</td><td>0.5</td><td>-0.5</td><td>1</td></tr></table>
<table><tr><th>Quantity<th>Value<tr><td>z<td>0.5<tr><td>&ycirc;<td>0.6225</table>"""
TEX = r"""\documentclass{article}
\begin{document}
\section{One neuron}
Sigmoid, squared error $L = (y - \hat y)^2$ % z = 7 is a comment
with $x = 2$, $w = 0.5$.

\begin{itemize}\item $b = -0.5$ \item $y = 1$\end{itemize}
\begin{align*}
z &= 0.5 \cdot 2 - 0.5 = 0.5 \\
\hat y &= \sigma(z) = 0.6225
\end{align*}
\end{document}
"""
TEX_TABLE = r"""\section{One neuron}
Sigmoid, squared error.
\begin{tabular}{l|r}
Quantity & Value \\ \hline
$x$ & 2 \\ $w$ & 0.5 \\ $b$ & -0.5 \\ $y$ & 1 \\
$z$ & 0.5 \\ $\hat y$ & 0.6225 \\
\end{tabular}
"""
PLAIN = "One neuron\n\nSigmoid, squared error. x = 2, w = 0.5, b = -0.5, y = 1\n\nz = 0.5\nŷ = 0.6225\n"
MARKDOWN_CELL = ["# One neuron\n", "Sigmoid, squared error, $x = 2$, $w = 0.5$, $b = -0.5$, $y = 1$."]


def notebook(outputs):
    code = {"cell_type": "code", "source": ["w = 99"], "outputs": outputs}
    return json.dumps({"nbformat": 4, "cells": [{"cell_type": "markdown", "source": MARKDOWN_CELL}, code]})


STREAM = notebook([{"output_type": "stream", "name": "stdout", "text": ["z = 0.5\n", "yhat: 0.6225\n"]}])
RESULT = notebook([{"output_type": "execute_result", "data": {"text/plain": "z = 0.5; y_hat = 0.6225"}}])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", SUBSCRIPTS), ("a.htm", MATHJAX), ("a.html", KATEX), ("a.html", MATHML),
        ("a.html", HTML_TABLE),
        ("a.tex", TEX), ("a.tex", TEX_TABLE), ("a.txt", PLAIN), ("a.md", PLAIN), ("a.ipynb", STREAM),
        ("a.ipynb", RESULT), ("standard input", SUBSCRIPTS), ("standard input", TEX),
        ("standard input", STREAM),
        ("standard input", PLAIN),
    ],
)  # fmt: skip
def test_one_lesson_in_every_format(tmp_path, name, text):
    read = check_text(text, name)
    assert {claim.claim.quantity: claim.claim.printed for claim in read.claims} == {
        "z1": "0.5",
        "a1": "0.6225",
    }
    assert read.verdict == "right"
    path = tmp_path / name
    if path.suffix:
        path.write_text(text, "utf-8")
        assert check(path).plain()["claims"] == read.plain()["claims"]


def test_that_the_code_of_a_notebook_is_not_read_is_said():
    assert any("code" in sentence for sentence in check_text(STREAM, "a.ipynb").assumed)


CODE = """%matplotlib inline
import numpy as np
x, y = 2.0, 1
w = np.array([0.5])
b = -torch.tensor(0.5).double() if False else 9
b = -0.50
lr = 0.1  # learning rate
n = len([1, 2])

def run():
    w = 7
    z = 3
"""


def code_alone(code=CODE, printed="z = 0.5, yhat = 0.6225, L = (y - yhat)^2 = 0.1425"):
    output = {"output_type": "stream", "name": "stdout", "text": f"sigmoid\n\n{printed}\n"}
    return json.dumps(
        {
            "nbformat": 4,
            "cells": [{"cell_type": "code", "source": code.splitlines(True), "outputs": [output]}],
        }
    )


def test_where_the_text_of_a_notebook_gives_nothing_its_code_does():
    read = check_text(code_alone(), "a.ipynb")
    assert {claim.claim.printed: str(claim.status) for claim in read.claims} == dict.fromkeys(
        ("0.5", "0.6225", "0.1425"), "right"
    )
    assert any("code" in sentence for sentence in read.assumed)
    wrong = check_text(code_alone(printed="z = 0.5, yhat = 0.6225, L = (y - yhat)^2 = 0.1525"), "a.ipynb")
    assert "wrong" in {str(claim.status) for claim in wrong.claims}


@pytest.mark.parametrize(
    "code", ["x = (", "w = w1 = 0.3", "x, y = y, x", "w = [0.1, random()]", "\0", "w: float = 3"]
)
def test_code_that_assigns_no_number_as_it_stands_gives_none(code):
    with pytest.raises(InputError, match="weight"):
        check_text(code_alone(code), "a.ipynb")


def test_places_in_a_notebook_are_cells():
    text = notebook([{"output_type": "stream", "text": "z = 0.5\nq = 3.5\n"}])
    assert "what cell 2 printed, line 2: q = 3.5" in check_text(text, "a.ipynb").unplaced


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": 3}', '{"worksheets": []}', "no notebook", "[" * 5000])
def test_what_is_called_a_notebook_and_is_none_is_refused_in_one_line(text):
    with pytest.raises(InputError, match=r"^a\.ipynb: no notebook") as caught:
        check_text(text, "a.ipynb")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "html",
    ["<p>" * 20_000, "<math>" * 20_000, "<table><tr><td>" * 9_000, "<sub>" * 20_000, "<b" * 20_000,
     "</p>" * 20_000,
     "<script>" + "x" * 50_000, "<table><td>1<table><td>2", "<math><msub><mi>x</math>w = 3", "&" * 50_000],
)  # fmt: skip
def test_broken_html_is_read_in_linear_time_or_refused(html):
    with pytest.raises(InputError):
        check_text(html, "a.html")


@pytest.mark.parametrize(
    "tex", [r"\begin{align}" * 5000, r"\section{" * 5000, r"\item" * 9000, "%" * 50_000, r"\[" * 9000,
            r"\begin{tabular}{ll} a & b", r"\end{align}", "\\" * 50_000]
)  # fmt: skip
def test_broken_tex_is_read_in_linear_time_or_refused(tex):
    with pytest.raises(InputError):
        check_text(tex, "a.tex")


def test_a_format_is_known_by_name_and_else_by_text():
    assert format_of("x", "a.ipynb") == "notebook"
    assert format_of("<html>", "-") == "html"
    assert format_of("<html>", "a.md") == "markdown"
    assert is_lesson("w = 1", "a.md")
    assert not is_lesson("w = 1", "a.toml")
    assert not is_lesson("inputs = [[1]]\n[[layers]]", "standard input")
    assert is_lesson("w = 1, x = 2", "standard input")


def test_headings_of_html_and_tex_are_counted():
    html = list(blocks("<h2>A</h2><p>w = 1</p><h3>B</h3><p>x = 2</p>", "a.html"))
    assert [(block.heading, block.section) for block in html] == [("A", 1), ("A", 1), ("B", 2), ("B", 2)]
    tex = list(blocks("\\section{A}\nw = 1\n\\subsection{B}\nx = 2", "a.tex"))
    assert [(block.heading, block.section, block.line) for block in tex] == [
        ("A", 1, 1), ("A", 1, 2), ("B", 2, 3), ("B", 2, 4)
    ]  # fmt: skip
