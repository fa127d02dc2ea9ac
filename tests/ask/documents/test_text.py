"""Formulas and blocks as text: signs, parentheses, columns, line breaks, ASCII."""

import pytest

from chainrule.ask.documents.blocks import (
    Bar,
    CommandList,
    Equation,
    Equations,
    Heading,
    TableBlock,
    paragraph,
)
from chainrule.ask.documents.formula import (
    Applied,
    Formula,
    Power,
    Product,
    Remainder,
    Sum,
    Symbol,
    Term,
    Value,
)
from chainrule.ask.documents.formula_text import as_line
from chainrule.ask.documents.names import ascii_only, atoms, pretty, spelled
from chainrule.ask.documents.text import Printer

A, B = Symbol("a1", (0,)), Symbol("w2", (0, 3))
MISS = spelled("t-a2", (Symbol("t"), Symbol("a2")))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("w1", "w₁"), ("w12'", "w₁₂'"), ("t", "T"), ("E", "E"), ("dE/dw1", "∂E/∂w₁"), ("da2/dz2", "∂a₂/∂z₂"),
        ("1/2", "½"), ("α", "α"), ("net_h1", "net_h1"), ("dE/dout_h1", "∂E/∂out_h1"),
        ("dv(z3)/dz3", "∂v(z3)/∂z₃"),
    ],
)  # fmt: skip
def test_names(name: str, shown: str) -> None:
    assert pretty(name) == shown


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("t-a2", ["t", "a2"]), ("1-a2", ["a2"]), ("-ln a2", ["a2"]), ("σ(v(z3))", ["z3"]),
        ("clip(t-a3)", ["t", "a3"]), ("dE/dw1", []), ("w1", []), ("x", []), ("1/n", []),
        ("sigmoid(r2)", ["r2"]),
    ],
)  # fmt: skip
def test_quantities_in_names_that_are_formulas(name: str, found: list[str]) -> None:
    assert atoms(name) == found


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        (Product((A, B)), "a₁[0] · w₂[0,3]"),
        (Product((Value(-1.5), Value(-2.0))), "-1.5 · (-2)"),
        (Product((Symbol("1/2"), Power(MISS, 2))), "½ · (T - a₂)²"),
        (Power(Value(-2.0), 2), "(-2)²"),
        (Sum((Term(MISS, negative=True),)), "-(T - a₂)"),
        (Sum((Term(A), Term(Value(-2.0)))), "a₁[0] + (-2)"),
        (Sum((Term(A), Term(Product((Value(-2.0), B)), negative=True))), "a₁[0] - (-2) · w₂[0,3]"),
        (spelled("t-a2", (Value(0.5), Value(-0.25))), "0.5 - (-0.25)"),
        (spelled("1+a2", (Value(-0.25),)), "1 + (-0.25)"),
        (Product((spelled("σ(z1)", (Value(-1.0),)), A)), "σ(-1) · a₁[0]"),
        (Product((A, spelled("-ln a2", (A,)))), "a₁[0] · (-ln a₁[0])"),
        (Applied("∂{}/∂{}", (A, B)), "∂a₁[0]/∂w₂[0,3]"),
        (Value(0.1234567), "0.1235"),
        (Value(0.1234567, 10), "0.1234567"),
        (Value(-0.0), "0"),
        (Value(1e-7), "1e-07"),
        (Sum((Term(A),), Remainder(7, 1.0, -2.5, summed=False)), "a₁[0] + … 7 more"),
        (Sum((Term(A),), Remainder(7, 1.0, -2.5)), "a₁[0] - 1.5 (7 more: 1 - 2.5)"),
        (Sum((Term(A),), Remainder(7, 1.0, 0.0)), "a₁[0] + 1 (7 more)"),
    ],
)
def test_formulas(formula: Formula, shown: str) -> None:
    assert as_line(formula) == shown


def lines(*blocks: object, **options: object) -> list[str]:
    return "\n".join(Printer(**options).text(blocks)).split("\n")


def test_equations_stand_in_columns() -> None:
    first = Equation(A, (Product((A, B)), Value(1.0), Value(2.0)))
    block = Equations((first, Equation(Symbol("b1"), (Symbol("x"), Value(3.0)))))
    assert lines(block) == [
        "  a₁[0] = a₁[0] · w₂[0,3] = 1 = 2",
        "  b₁    = x                   = 3",
        "",
    ]


def test_a_long_equation_goes_down_step_by_step_and_breaks_before_plus() -> None:
    long = Sum(tuple(Term(Product((Symbol("x", (k,)), Symbol("w1", (k, 0))))) for k in range(6)))
    shown = lines(Equations((Equation(Symbol("z1"), (long, Value(2.0))),)), width=50)
    assert shown == [
        "  z₁ = x[0] · w₁[0,0] + x[1] · w₁[1,0]",
        "       + x[2] · w₁[2,0] + x[3] · w₁[3,0]",
        "       + x[4] · w₁[4,0] + x[5] · w₁[5,0]",
        "     = 2",
        "",
    ]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_nothing_is_wider_than_the_page(width: int) -> None:
    name = Symbol("a_name_as_long_as_names_may_be")
    shown = lines(
        Heading("A title " * 20, 1),
        paragraph("Some words and ", Product((name, name)), " and more of them."),
        Equations((Equation(name, (Product((name, name, name)), Value(1.0))),)),
        Equations((Equation(A, (Sum((Term(Product((name, name))), Term(name))), Value(1.0))),)),
        TableBlock(("name", "value"), ((name, Value(1.0)), (A, Value(22.25))), "… 3 more"),
        CommandList((("chainrule lesson --toml > mine.toml", "words " * 12),)),
        width=width,
    )
    assert max(map(len, shown)) <= width


def test_tables_align_decimal_points_and_draw_bars() -> None:
    shown = lines(TableBlock(("n", "E", ""), (("a", Value(1.5), Bar(1.0)), ("b", Value(0.125), Bar(0.52)))))
    assert shown[2:4] == ["  a  1.5    ████████████████████████", "  b  0.125  ████████████▌"]


def test_ascii() -> None:
    shown = ascii_only("∂E/∂w₁[0,2] = ½ · (T - a₂)² → σ(z) ≠ e⁻ᶻ █▌ é")
    assert shown == "dE/dw1[0,2] = 1/2 * (T - a2)^2 -> sigma(z) != e^-z # e?"


def test_paint_is_laid_on_after_the_layout() -> None:
    blocks = [Heading("T"), Equations((Equation(A, (B, Value(1.0))),)), TableBlock(("n",), (("a",),))]
    plain = lines(*blocks)
    painted = lines(*blocks, paint=lambda text, role: f"<{text}>")
    assert [line.replace("<", "").replace(">", "") for line in painted] == plain
    assert painted != plain
