"""Addresses: what is printed can be asked for, and the answer is what was printed."""

import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.descent import step
from chainrule.ask.documents.blocks import Block, Equations, Listing, Paragraph, TableBlock
from chainrule.ask.documents.formula import Applied, Formula, Power, Product, Sum, Symbol, Value, walk
from chainrule.ask.documents.formula_text import digits
from chainrule.ask.explain.explain import explain
from chainrule.ask.explain.lesson import Lesson
from chainrule.ask.explain.phases import phases
from chainrule.numbers import origins
from tests.ask import examples

LESSON = worked.parse(worked.builtin(), "lesson.toml")


def formulas(block: Block) -> Iterator[Formula]:
    """Every formula of a block outside of tables of shares."""
    match block:
        case Paragraph(parts):
            yield from (part for part in parts if not isinstance(part, str))
        case Equations(equations):
            for equation in equations:
                yield from (equation.left, *equation.steps)
        case Listing(groups):
            for group in groups:
                for equation in group.equations:
                    yield from (equation.left, *equation.steps)
        case TableBlock(headings, rows) if "share" not in headings and "epochs" not in headings:
            for row in rows:
                yield from (cell for cell in row if isinstance(cell, Value | Symbol))


def products(formula: Formula) -> set[int]:
    """The values that are products of a term, a step of the arithmetic and no number of the network."""
    sums = [part for part in walk(formula) if isinstance(part, Sum)]
    return {id(term.formula) for part in sums for term in part.terms if isinstance(term.formula, Value)}


def whose(example: worked.Example, formula: Formula) -> Iterator[str]:
    """The addresses in a formula, after each was asked and answered with what is printed."""
    steps = products(formula)
    for part in walk(formula):
        match part:
            case Value(address=""):
                # a product of a term, or a link of the chain that is no single number: 1, or -0.5 · x
                assert id(part) in steps or isinstance(formula, Product | Value), f"{part} in {formula}"
            case Value(number, count, address):
                answer = explain(example, address).value
                assert digits(Value(answer, count)) == digits(Value(number, count)) or abs(answer) == number
                yield address
            case Symbol(address=address) if address:
                assert explain(example, address).derive
                yield address


@settings(max_examples=20, deadline=None)
@given(examples.texts(), st.data())
def test_what_is_printed_can_be_asked_for(text: str, data: st.DataObject) -> None:
    example = worked.parse(text, "random.toml")
    for _ in range(4):
        name = data.draw(st.sampled_from(sorted(example.quantities.shapes)))
        after = data.draw(st.sampled_from(["", "", "@1"]))
        for block in explain(example, name + after, depth=1).blocks():
            for formula in formulas(block):
                list(whose(example, formula))


def test_what_the_lesson_prints_can_be_asked_for() -> None:
    addresses = {
        address
        for block in Lesson(LESSON).blocks()
        for formula in formulas(block)
        for address in whose(LESSON, formula)
    }
    assert addresses >= {"x", "t", "w1", "z1", "a1", "E", "dE/da2", "da2/dz2", "dE/dw1", "w1'", "α"}


def test_the_chain_is_data() -> None:
    plain = explain(LESSON, "dE/dw1").plain()
    chain = plain["chain"]
    assert [link["quantity"] for link in chain] == ["dE/da2", "da2/dz2", "w2", "da1/dz1", "x"]
    assert [link["symbol"] for link in chain] == ["∂E/∂a₂", "∂a₂/∂z₂", "∂z₂/∂a₁", "∂a₁/∂z₁", "∂z₁/∂w₁"]
    assert math.prod(link["value"] for link in chain) == pytest.approx(plain["value"], rel=1e-15)
    assert all(explain(LESSON, link["quantity"]).value == link["value"] for link in chain)


@settings(max_examples=15, deadline=None)
@given(examples.texts())
def test_a_chain_multiplies_to_its_gradient(text: str) -> None:
    example = worked.parse(text, "random.toml")
    for name in example.quantities.shapes:
        plain = explain(example, name).plain()
        if "chain" in plain and all(link["value"] is not None for link in plain["chain"]):
            product = math.prod(link["value"] for link in plain["chain"])
            assert product == pytest.approx(plain["value"], rel=1e-9, abs=1e-300)


def test_what_is_given_or_adds_up_has_no_chain() -> None:
    assert all("chain" not in explain(LESSON, name).plain() for name in ("x", "w1", "z1", "E", "w1'"))


@pytest.mark.parametrize(
    ("quantity", "users"),
    [
        ("w1", {"z1", "w1'", "dE/dx"}),
        ("z1", {"a1", "da1/dz1"}),
        ("a1", {"z2", "da1/dz1", "dE/dw2"}),
        ("dE/dw1", {"w1'"}),
        ("E", set()),
        ("α", {"w1'", "w2'", "b1'", "b2'"}),
        ("w1@3", set()),  # it is the value that the third update gives
    ],
)
def test_where_a_number_goes(quantity: str, users: set[str]) -> None:
    assert set(explain(LESSON, quantity).used_by) == users


@settings(max_examples=15, deadline=None)
@given(examples.texts())
def test_what_uses_a_number_is_made_of_it(text: str) -> None:
    example = worked.parse(text, "random.toml")
    for name, shape in example.quantities.shapes.items():
        explanation = explain(example, f"{name}[{','.join('0' * len(shape))}]" if shape else name)
        for user in explanation.used_by:
            numbers = explanation.derive.numbers
            assert explanation.place.name in origins(numbers[explain(example, user).place.name])


@settings(max_examples=30, deadline=None)
@given(examples.texts())
def test_a_number_comes_no_earlier_than_what_it_is_made_of(text: str) -> None:
    current = step(worked.parse(text.replace("sequential", "simultaneous"), "random.toml"))
    known = phases(current)
    assert set(known) >= set(current.numbers)
    for number in current.numbers.values():
        for path in number.paths:
            for factor in path.factors:
                assert known[factor.name].value <= known[number.name].value


def test_phases_of_the_lesson() -> None:
    known = phases(step(LESSON))
    names = {
        "GIVEN": ["x", "t", "w1", "b2", "α"],
        "FORWARD": ["z1", "a2"],
        "ERROR": ["E", "t-a2"],
        "BACKWARD": ["dE/da2", "da1/dz1", "dE/dw1"],
        "UPDATE": ["w1'", "b2'"],
    }
    assert {name: known[name].name for group in names.values() for name in group} == {
        name: phase for phase, group in names.items() for name in group
    }


def test_a_softmax_s_slopes_are_shown_whole() -> None:
    text = (
        'inputs = [[1.0]]\ntargets = [[0.0, 1.0]]\n[[layers]]\nactivation = "softmax"\nweights = [[0.1, 0.2]]'
    )
    explanation = explain(worked.parse(text, "softmax.toml"), "da1/dz1")
    assert "The largest of them is ∂a₁/∂z₁" in str(explanation)


def test_equal_formulas_are_equal_whatever_their_address() -> None:
    assert Symbol("w1", address="w1") == Symbol("w1")
    assert hash(Value(0.5, address="w1")) == hash(Value(0.5))
    assert Applied("({})", (Product((Value(1.0, address="a"), Power(Value(2.0), 2))),)) == Applied(
        "({})", (Product((Value(1.0), Power(Value(2.0), 2))),)
    )
