"""The lesson: the figures of the 1-1-1 example by hand, and every line of random examples recomputed."""

import math
import re
from itertools import pairwise
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings

from chainrule.ask.cases import example as worked
from chainrule.ask.documents.blocks import Block, Equations, Heading, Paragraph, TableBlock
from chainrule.ask.documents.formula import Formula, Value
from chainrule.ask.documents.text import Printer
from chainrule.ask.explain.lesson import Lesson
from chainrule.engine.stopping import Stop
from tests.ask.decimal_arithmetic import Reader, UnknownError
from tests.ask.examples import texts


@pytest.fixture(scope="module")
def builtin() -> Lesson:
    return Lesson(worked.parse(worked.builtin(), "lesson.toml"))


def by_hand() -> dict[str, float]:
    """The lesson in closed form, with nothing but e."""
    x, w1, b1, w2, b2, t, rate = 0.1, 0.15, 0.4, 0.45, 0.65, 0.25, 0.4
    z1 = x * w1 + b1
    a1 = 1 / (1 + exp(-z1))
    z2 = a1 * w2 + b2
    a2 = 1 / (1 + exp(-z2))
    from_e, slope2, slope1 = a2 - t, a2 * (1 - a2), a1 * (1 - a1)
    found = {
        "z1": z1, "a1": a1, "z2": z2, "a2": a2, "E": (t - a2) ** 2 / 2,
        "dE/da2": from_e, "da2/dz2": slope2, "dE/dz2": from_e * slope2,
        "dE/dw2": from_e * slope2 * a1, "dE/db2": from_e * slope2,
        "dE/da1": from_e * slope2 * w2, "da1/dz1": slope1, "dE/dz1": from_e * slope2 * w2 * slope1,
        "dE/dw1": from_e * slope2 * w2 * slope1 * x, "dE/db1": from_e * slope2 * w2 * slope1,
        "dE/dx": from_e * slope2 * w2 * slope1 * w1,
    }  # fmt: skip
    for name, value in {"w1": w1, "b1": b1, "w2": w2, "b2": b2}.items():
        found[f"{name}'"] = value - rate * found[f"dE/d{name}"]
    return found


@pytest.mark.parametrize("quantity", sorted(by_hand()))
def test_every_figure_of_the_lesson_is_the_closed_form(builtin: Lesson, quantity: str) -> None:
    assert builtin.first.numbers[quantity].array.item() == pytest.approx(
        by_hand()[quantity], rel=1e-12, abs=0
    )


@pytest.mark.parametrize(
    ("quantity", "printed"),
    [
        ("z1", "0.415"), ("a1", "0.6023"), ("z2", "0.921"), ("a2", "0.7153"),
        ("dE/dw2", "0.05707"), ("w2'", "0.4272"), ("dE/db2", "0.09476"), ("b2'", "0.6121"),
        ("dE/dw1", "0.001021"), ("w1'", "0.1496"), ("dE/db1", "0.01021"), ("b1'", "0.3959"),
    ],
)  # fmt: skip
def test_the_lesson_prints_the_figures_of_the_source(builtin: Lesson, quantity: str, printed: str) -> None:
    assert f"{by_hand()[quantity]:.4g}" == printed
    assert printed in "\n".join(Printer().text(builtin.blocks()))


def test_threshold_is_reached_after_as_many_updates_as_by_hand(builtin: Lesson) -> None:
    """The same descent in plain floats: E < 0.001 for the first time after 81 updates."""
    x, t, rate = 0.1, 0.25, 0.4
    w1, b1, w2, b2 = 0.15, 0.4, 0.45, 0.65
    losses = []
    while not losses or losses[-1] >= 1e-3:
        a1 = 1 / (1 + exp(-(x * w1 + b1)))
        a2 = 1 / (1 + exp(-(a1 * w2 + b2)))
        losses.append((t - a2) ** 2 / 2)
        d2 = (a2 - t) * a2 * (1 - a2)
        d1 = d2 * w2 * a1 * (1 - a1)
        w2, b2, w1, b1 = w2 - rate * d2 * a1, b2 - rate * d2, w1 - rate * d1 * x, b1 - rate * d1
    assert len(losses) - 1 == 81 == builtin.descent.updates
    assert builtin.descent.losses == pytest.approx(losses, rel=1e-12)
    assert builtin.descent.stop is Stop.THRESHOLD
    assert "After 81 epochs E is 0.0009641, for the first time below 0.001." in "\n".join(
        Printer().text(builtin.blocks())
    )


def test_the_three_factors_and_the_longer_chain(builtin: Lesson) -> None:
    text = "\n".join(Printer().text(builtin.blocks()))
    assert "∂E/∂w₂ = ∂E/∂a₂ · ∂a₂/∂z₂ · ∂z₂/∂w₂\n" in text
    assert "∂E/∂w₂ = 0.4653 · 0.2037 · 0.6023 = 0.05707\n" in text
    assert "∂E/∂w₁ = ∂E/∂a₂ · ∂a₂/∂z₂ · ∂z₂/∂a₁ · ∂a₁/∂z₁ · ∂z₁/∂w₁\n" in text
    assert "∂E/∂w₁ = 0.4653 · 0.2037 · 0.45 · 0.2395 · 0.1 = 0.001021\n" in text


def test_shipped_and_shown_example_are_one(root) -> None:
    assert (root / "examples" / "lesson.toml").read_text("utf-8") == worked.builtin()


def lines_of(blocks: list[Block], printer: Printer) -> list[str]:
    return [line for text in printer.text(blocks) for line in text.split("\n")]


@settings(max_examples=60)
@given(text=texts())
def test_random_examples_fit_the_page_and_say_what_is_so(text: str) -> None:
    lesson = Lesson(worked.parse(text, "random"), epochs=3)
    blocks = list(lesson.blocks())
    lines = lines_of(blocks, Printer())
    assert len(lines) < 420
    assert max(map(len, lines)) <= 80
    narrow = lines_of(blocks, Printer(width=60, unicode=False))
    assert max(map(len, narrow)) <= 60
    assert all(line.isascii() for line in narrow)
    check_equations(lesson, blocks)


def check_equations(lesson: Lesson, blocks: list[Block]) -> None:
    """Every step of every equation comes to the engine's own number, which is the last step."""
    reader = Reader(lesson.example, lesson.first.numbers)
    equations = [one for block in blocks if isinstance(block, Equations) for one in block.equations]
    assert equations
    for one in equations:
        result = one.steps[-1]
        if isinstance(result, Value):
            reader.known.setdefault(one.left, result.number)
    for one in equations:
        engine = reader.value(one.left)
        if isinstance(one.steps[-1], Value):
            check(reader, one.left, engine, exactly=True)
        for step in one.steps:
            check(reader, step, engine)


def check(reader: Reader, step: Formula, engine: float, exactly: bool = False) -> None:
    try:
        found = reader.value(step)
    except (UnknownError, ValueError, OverflowError):
        return
    if exactly:
        assert found == engine
    elif math.isfinite(engine):
        assert found == pytest.approx(engine, rel=1e-9, abs=1e-12)


def test_a_wrong_number_would_be_seen() -> None:
    """The check above can fail: one changed number in one equation is caught."""
    lesson = Lesson(worked.parse(worked.builtin(), "lesson.toml"), epochs=0)
    blocks = list(lesson.blocks())
    lesson.first.numbers["w2"].array[...] = 0.46
    with pytest.raises(AssertionError):
        check_equations(lesson, blocks)


def test_wide_networks_are_cut_with_a_count() -> None:
    rng = np.random.default_rng(0)
    sizes = [200, 50, 10]
    lines = [
        "learning_rate = 0.1",
        f"inputs = {rng.normal(size=(5, 200)).tolist()}",
        f"targets = {rng.uniform(size=(5, 10)).tolist()}",
    ]
    for inputs, units in pairwise(sizes):
        w = rng.normal(size=(inputs, units)) / inputs**0.5
        lines += [
            "[[layers]]",
            'activation = "sigmoid"',
            f"weights = {w.tolist()}",
            f"biases = {[0.0] * units}",
        ]
    lesson = Lesson(worked.parse("\n".join(lines), "wide"), epochs=2)
    blocks = list(lesson.blocks())
    shown = lines_of(blocks, Printer())
    assert len(shown) < 250
    text = "\n".join(shown)
    assert "… 992 more numbers" in text
    assert "+ … 197 more" in text
    assert "(197 more: " in text
    assert "… 42 more units" in text
    assert "… 10,540 more weights and biases" in text
    check_equations(lesson, blocks)


def parsed(*, rate: float | None = 0.4, extra: str = "", weight: float = 0.45) -> Lesson:
    text = (
        worked.builtin()
        .replace("[[0.45]]", f"[[{weight}]]")
        .replace("learning_rate = 0.4", "" if rate is None else f"learning_rate = {rate}")
    )
    return Lesson(worked.parse(text + extra, "mine.toml"), epochs=50)


def said(lesson: Lesson) -> str:
    return re.sub(r"\s+", " ", " ".join(Printer().text(lesson.blocks())))


def test_without_a_learning_rate_there_is_no_update() -> None:
    lesson = parsed(rate=None)
    headings = [block.text for block in lesson.blocks() if isinstance(block, Heading)]
    assert not any(text.startswith(("4", "5")) for text in headings)
    assert "training" not in lesson.plain()
    assert not lesson.diverged


def test_conventions_are_said() -> None:
    assert "the biases stay as they are" in said(parsed(extra="[convention]\nupdate_biases = false\n"))
    assert "each layer is updated before" in said(parsed(extra='[convention]\nupdate = "sequential"\n'))


def test_not_reaching_the_threshold_is_said() -> None:
    assert "After 50 epochs E is 0.00477, still not below 0.001." in said(parsed())


def test_a_threshold_that_is_met_from_the_start_is_said() -> None:
    lesson = Lesson(parsed().example, threshold=1.0)
    assert "below 1 from the start" in said(lesson)
    assert lesson.descent.updates == 0


def test_a_training_that_diverges_is_said() -> None:
    text = worked.builtin().replace('"sigmoid"', '"identity"').replace("0.4\n", "4e3\n", 1)
    lesson = Lesson(worked.parse(text, "mine.toml"))
    assert lesson.diverged
    assert "the training has diverged" in said(lesson)
    assert lesson.plain()["training"]["loss"] is None


def test_a_loss_just_below_the_threshold_is_shown_with_the_digits_that_say_so() -> None:
    lesson = parsed()
    just = lesson.descent.losses[30] * 1.000001
    assert "E is 0.01685, for" not in said(Lesson(lesson.example, threshold=just))
    rows = [b for b in Lesson(lesson.example, threshold=just).blocks() if isinstance(b, TableBlock)][-1].rows
    assert isinstance(rows[-1][1], Value)
    assert float(f"{rows[-1][1].number:.{rows[-1][1].digits}g}") < just


def test_a_weight_with_a_gradient_is_worked_through() -> None:
    text = (
        worked.builtin()
        .replace("inputs = [[0.1]]", "inputs = [[0, 0.1]]")
        .replace("[[0.15]]", "[[0.15], [0.2]]")
    )
    blocks = list(Lesson(worked.parse(text, "mine.toml"), epochs=0).blocks())
    assert any(
        "w₁[1,0]" in line and line.strip().startswith("∂E/∂w₁[1,0]") for line in lines_of(blocks, Printer())
    )


def test_own_names_are_used() -> None:
    text = said(parsed(extra='[names]\nv = "w2"\nout = "a2"\n'))
    assert "v' = v - α · ∂E/∂v = 0.45 - 0.4 · 0.05707 = 0.4272" in text
    assert "∂out/∂z₂" not in text  # a slope takes own names only where both quantities have one
    assert "∂E/∂out" in text


def test_biases_that_are_not_stated_are_not_shown() -> None:
    text = re.sub(r"biases = .*\n", "", worked.builtin())
    lesson = Lesson(worked.parse(text, "mine.toml"), epochs=0)
    shown = said(lesson)
    assert "z₁ = x · w₁ = 0.1 · 0.15 = 0.015" in shown
    assert "no biases" in shown
    assert lesson.first.numbers["b1'"].array == 0
    assert any(isinstance(block, Paragraph) for block in lesson.blocks())
