"""Printers: LaTeX that compiles, HTML that is sound and needs no network, Markdown and PDF."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.case import Case
from chainrule.ask.documents import html, latex, markdown
from chainrule.ask.documents import typst as pdf
from chainrule.ask.documents.blocks import (
    Bar,
    Block,
    CommandList,
    Equation,
    EquationGroup,
    Equations,
    Heading,
    Listing,
    TableBlock,
    paragraph,
)
from chainrule.ask.documents.formula import (
    Applied,
    Blank,
    Power,
    Product,
    Remainder,
    Sum,
    Symbol,
    Term,
    Value,
)
from chainrule.ask.documents.formula_markup import LATEX, TYPST
from chainrule.ask.documents.text import Printer
from chainrule.ask.explain.explain import explain
from chainrule.ask.explain.explanation import Explanation
from chainrule.engine.network import Network
from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.layers.dense import Dense
from chainrule.rules.registry import TABLE_LOSSES
from tests.checker import situation

HOSTILE = r"<script>alert('x')</script> & 50% of $a_b^c$ #1 {~} \end | `x` [l](u) *b* é – 汉 ½ σ′ → w₁ x²"
A, W, HALF = Symbol("a1", (0,)), Symbol("w2", (0, 3)), Value(0.5)
LONG = Sum(tuple(Term(Product((A, W)), negative=bool(k % 2)) for k in range(30)), Remainder(754, 1.5, -0.25))
BLOCKS: list[Block] = [
    Heading(HOSTILE, 1),
    Heading("A part"),
    paragraph(HOSTILE, A, " and ", Value(-1.5e-9), "."),
    CommandList((("chainrule explain run E", HOSTILE),)),
    Equations((Equation(Symbol("dE/dw1", (0, 2)), (Product((A, W)), Product((HALF, Value(-2.0))), HALF)),)),
    Equations((Equation(Symbol("E"), (LONG, Power(Sum((Term(A), Term(W, negative=True))), 2), Blank(8))),)),
    Equations((Equation(Symbol("a1"), (Applied("softmax({})", (A,)), Applied("[{} > 0 or 0.01]", (A,)))),)),
    Listing(
        (EquationGroup("given", (Equation(A, (HALF,)), Equation(Symbol("net_h1"), (HALF,))), "and 3 more"),)
    ),
    TableBlock(
        (HOSTILE, "n", "bar", "f"), ((HOSTILE, HALF, Bar(0.5), A), ("[0]", HALF, Bar(1.0), W)), "more"
    ),
]  # fmt: skip
PRINTERS: list[Callable[[Iterable[Block]], str]] = [latex.text, markdown.text, html.text, pdf.markup]


def explanations(count: int) -> list[Explanation]:
    """Of any quantity of random networks: 1 to 6 layers, every rule, 1 to 32 rows."""
    found = []
    names, losses = sorted(ACTIVATIONS), sorted(TABLE_LOSSES)
    for k in range(count):
        rng = np.random.default_rng(k)
        loss = losses[k % len(losses)]
        depth = int(rng.integers(1, 7))
        fused = TABLE_LOSSES[loss].activation
        layers = [
            Dense(
                int(rng.integers(1, 6)), names[(k + i) % len(names)] if i < depth - 1 or not fused else None
            )
            for i in range(depth)
        ]
        s = situation(Network(layers, loss), int(rng.integers(1, 6)), int(rng.integers(1, 33)), k)
        case = Case(network=s.network, parameters=s.p, x=s.x, t=s.t, learning_rate=0.1)
        asked = sorted(case.quantities.shapes)[int(rng.integers(len(case.quantities.shapes)))]
        at = [int(rng.integers(length)) for length in case.quantities.shapes[asked]]
        address = f"{asked}[{','.join(map(str, at))}]" if at else asked
        found.append(explain(case, address, depth=int(rng.integers(3)), columns=[HOSTILE] * s.x.shape[1]))
    return found


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
def test_the_latex_of_a_hundred_explanations_compiles(tmp_path: Path) -> None:
    bodies = [block for one in explanations(100) for block in one.blocks()]
    compiled(latex.text(bodies), tmp_path)


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
def test_the_latex_of_every_block_compiles_within_the_page(tmp_path: Path) -> None:
    log = compiled(latex.text(BLOCKS[1:2] + BLOCKS[4:8]), tmp_path)
    assert not [w for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log) if float(w) > 5]
    compiled(latex.text(BLOCKS), tmp_path)


def compiled(text: str, folder: Path) -> str:
    (folder / "one.tex").write_text(text, "utf-8")
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "one.tex"],
        cwd=folder, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    log = (folder / "one.log").read_text("latin-1")
    assert done.returncode == 0, log[-3000:]
    return log


class Sound(HTMLParser):
    """Raises where a tag is not closed in its place, or something is fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.maths: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "img", "iframe")
        assert not {name for name, _ in attrs} & {"src", "href", "onclick", "onerror"}
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.maths if "math" in self.open else self.text).append(data)


def test_html_is_one_sound_page_that_fetches_nothing() -> None:
    page = html.text(BLOCKS)
    sound = Sound()
    sound.feed(page)
    assert sound.open == []
    assert HOSTILE in "".join(sound.text)
    assert page.count("<h1>") == 1
    assert "http" not in page.replace("http://www.w3.org/1998/Math/MathML", "")
    for one in re.findall(r"<math.*?</math>", page, re.DOTALL):
        ET.fromstring(one)


def test_html_of_random_explanations_is_sound() -> None:
    for one in explanations(30):
        sound = Sound()
        sound.feed(html.text(one.blocks()))
        assert sound.open == []
        assert not re.search(r"\\[a-z]+", "".join(sound.maths)), "a LaTeX command was left over"


def test_markdown_keeps_words_from_meaning_anything() -> None:
    markdown_it = pytest.importorskip("markdown_it")
    text = markdown.text([paragraph(HOSTILE), TableBlock(("a", "b"), ((HOSTILE, "2"),))])
    tokens = markdown_it.MarkdownIt("commonmark").enable("table").parse(text)
    inline = [token for token in tokens if token.type == "inline"]
    kinds = {child.type for token in inline for child in token.children or []}
    assert kinds <= {"text", "text_special"}
    assert ["".join(c.content for c in t.children or []) for t in inline] == [HOSTILE, "a", "b", HOSTILE, "2"]


def test_numbers_are_the_same_everywhere() -> None:
    one = explain(worked.parse(worked.builtin(), "lesson"), "dE/dw1", depth=3)
    text = "\n".join(Printer().text(one.blocks()))
    numbers = sorted(re.findall(r"\d\.\d+", text))
    assert len(numbers) > 10
    for printer in (latex.text, markdown.text, pdf.markup):
        body = printer(one.blocks()).split("document}")[-2 if printer is latex.text else -1]
        assert (
            sorted(re.findall(r"(?<![\d.])\d\.\d+(?!\d*pt|\d*em|cm)", body.rpartition("0.8em)")[2]))
            == numbers
        )


@pytest.mark.parametrize("printer", PRINTERS)
def test_every_block_can_be_printed(printer: Callable[[Iterable[Block]], str]) -> None:
    for one in BLOCKS:
        assert printer([one]).strip()
    assert printer(BLOCKS) == printer(BLOCKS)


def test_a_blank_is_room_to_write() -> None:
    from chainrule.ask.documents.formula_text import as_line

    assert as_line(Blank(6)) == "______"
    assert LATEX.formula(Blank(6)) == r"\underline{\hspace{3em}}"
    assert "#box" in TYPST.formula(Blank(6))


def test_pdf() -> None:
    pytest.importorskip("typst")
    assert pdf.pdf(BLOCKS).startswith(b"%PDF-")
    for one in explanations(10):
        assert len(pdf.pdf(one.blocks())) > 1000
    assert pdf.pdf(BLOCKS) == pdf.pdf(BLOCKS)


@pytest.mark.parametrize("letter", [*"\\&%$#_{}~^<>|"])
def test_no_letter_of_a_title_means_anything_to_latex(letter: str) -> None:
    """A backslash would begin a command; of the others each is written as one."""
    assert latex.escaped(f"a{letter}b") not in (f"a{letter}b", "ab")
    assert latex.escaped("\\input{x}") == r"\textbackslash{}input\{x\}"


@pytest.mark.parametrize("letter", [*"\\#$*_`<>@=[]~/+-"])
def test_no_letter_of_a_title_means_anything_to_typst(letter: str) -> None:
    assert pdf._escaped(f"a{letter}b") == f"a\\{letter}b"
