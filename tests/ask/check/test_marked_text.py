"""The text of a lesson with its numbers marked: every number once, where it is said, and in words, too."""

import pytest

from chainrule.ask.check.check import check, check_text
from chainrule.ask.check.marked_text import MarkedReport, marks, pieces
from chainrule.ask.documents import html, latex, markdown, typst
from chainrule.ask.documents.blocks import MarkedText
from chainrule.ask.documents.text import Printer

LESSON = """<One> unit: x = 2.0,
weights w1 = 0.5, w2 = 0.3, biases b1 = 0.1, b2 = 0.2, target y = 1.0. lr = 0.1

h = tanh(w1 * x + b1) = tanh(0.5 * 2.0 + 0.1) = tanh(1.1) = 0.7999
o = tanh(w2 * h + b2) = tanh(0.3 * 0.7999 + 0.2) = tanh(0.4400) = 0.4136
L = (o - y)^2 = (0.4136 - 1.0)^2 = 0.3438
dL/do = 2 * (o - y) = 2 * (0.4136 - 1.0) = -1.1728
dL/dw2 = -0.9721 * h = -0.9721 * 0.7999 = -0.7776
dL/db2 = -0.9721 * 1 = -0.9721
dL/db1 = -0.1048
w2 = 0.3 - 0.1 * (-0.7776) = 0.3778
b1 = 0.1 - 0.1 * (-0.1048) = 0.1105
b2 = 0.2 - 0.1 * (-0.9721) = 0.2972
"""


@pytest.fixture(scope="module")
def report() -> MarkedReport:
    return MarkedReport(check_text(LESSON, "lesson.md"))


def test_each_number_is_marked_where_it_is_said(report: MarkedReport) -> None:
    [block] = [block for block in report.blocks() if isinstance(block, MarkedText)]
    assert block.text == LESSON
    marked = [(piece.words, piece.mark) for piece in block.pieces if piece.mark]
    assert marked[0] == ("0.7999", "wrong")
    result = next(i for i, piece in enumerate(block.pieces) if piece.words == "-0.9721")
    before = "".join(piece.words for piece in block.pieces[:result])
    assert before.endswith("dL/db2 = -0.9721 * 1 = ")  # the result, and not the operand
    assert len(marked) == len(report.verdict.claims)


def test_a_page_says_it_in_words_and_escapes_the_text(report: MarkedReport) -> None:
    page = html.text(report.blocks())
    assert '<mark class="wrong" title="a1: wrong, computed 0.8005">0.7999<sup> wrong</sup></mark>' in page
    assert "&lt;One&gt; unit" in page
    assert 'raw("0.7999"))#super[wrong]' in typst.markup(report.blocks())


@pytest.mark.parametrize(
    "printed", [markdown.text, latex.text, lambda blocks: "".join(Printer().text(blocks))]
)
def test_other_formats_show_the_text_as_it_is(report: MarkedReport, printed: object) -> None:
    assert "dL/dw2 = -0.9721" in printed(report.blocks()).replace("\\_", "_")  # type: ignore[operator]


def test_a_given_that_was_used_otherwise_is_marked_too() -> None:
    text = (
        "Sigmoid. x = 2, w = 0.25, b = 0.5, t = 1; half squared error.\n\n"
        "z = 0.83, a = 0.6964, E = 0.0461, ∂E/∂z = -0.0642, ∂E/∂w = -0.1284\n"
    )
    verdict = check_text(text, "lesson.md")
    [cause] = [mark for mark in marks(verdict) if mark.status == "cause"]
    assert cause.note.startswith("used: ")
    assert "".join(piece.words for piece in pieces(text, marks(verdict))) == text


def test_numbers_of_a_notebook_are_not_sought_in_its_json(tmp_path) -> None:
    notebook = tmp_path / "lesson.ipynb"
    notebook.write_text(
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "markdown",'
        ' "metadata": {}, "source": "Sigmoid. x = 2, w = 0.25, b = 0, t = 1\\n\\nz = 0.5, a = 0.6225"}]}'
    )
    verdict = check(notebook)
    assert verdict.claims
    assert verdict.spans == [None] * len(verdict.claims)
