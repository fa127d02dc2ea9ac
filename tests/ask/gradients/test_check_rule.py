"""check_rule: every rule holds, and each planted mistake is named with its place and both values."""

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from chainrule import InputError, RuleCheck, check_rule
from chainrule.ask.gradients.formula_values import UnreadableError, evaluated
from chainrule.rules import Activation, Function, Number, Words, given, number, path
from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.functions import CO_SIGMOID
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.elu import ELU
from chainrule.rules.layers.leaky_relu import LeakyReLU
from chainrule.rules.losses.half_squared_error import HalfSquaredError
from chainrule.rules.losses.huber import Huber
from chainrule.rules.protocols import ARRAY_FUNCTIONS
from chainrule.rules.registry import LAYERS, LOSSES
from tests.rules import fixtures
from tests.rules.outside import Softsign, Swish


def broken(found: RuleCheck) -> dict[str, str]:
    return {one.name: one.seen for one in found.properties if one.holds is False}


# --- what holds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*LAYERS, *LOSSES])
def test_every_rule_holds(name: str) -> None:
    found = check_rule(fixtures.rule(name))
    assert broken(found) == {}
    assert found.holds
    assert all(one.holds for one in found.properties if one.name != "onnx")


@pytest.mark.parametrize(
    "rule", [Softsign(), Swish(), Swish(0.3), ELU(2.0), LeakyReLU(0.3), Huber(0.25)], ids=repr
)
def test_rules_from_outside_and_with_parameters_hold(rule: Any) -> None:
    assert broken(check_rule(rule)) == {}


def test_a_report_can_be_printed_and_stored() -> None:
    found = check_rule(Softsign())
    assert repr(found) == "<RuleCheck of Softsign(): holds>"
    assert "words = code        yes    evaluated, the formulas give what the code gives" in str(found)
    assert "array functions that ONNX export has" in str(found)
    assert json.loads(json.dumps(found.plain()))["holds"] is True


def test_what_is_no_rule_is_refused() -> None:
    with pytest.raises(InputError, match="3 is no rule: check_rule wants an activation, a layer or a loss"):
        check_rule(3)  # type: ignore[arg-type]


# --- what is planted --------------------------------------------------------------------------------


def through(z: Number, name: str, function: Any) -> Number:
    return number(name, path("nj->nj", z), through=Function("f({})", "f({})", function))


class OnePower(Softsign):
    """1/(1 + |z|) for its square."""

    def slope(self, z: Number, a: Number) -> Number:
        return number(self.slope_name(z), path("nj->nj", self._room(z)))


class WrongSign(Softsign):
    """Downhill."""

    def slope(self, z: Number, a: Number) -> Number:
        down = through(z, "-1/(1+|z|)", lambda z: -1 / (1 + abs(z)))
        return number(self.slope_name(z), path("nj,nj->nj", self._room(z), down))


class AtA(Softsign):
    """The slope at a, not z."""

    def slope(self, z: Number, a: Number) -> Number:
        room = self._room(a)
        return number(self.slope_name(z), path("nj,nj->nj", room, room))


class OtherValue(Softsign):
    """z/(1 + 2|z|) with the slope of z/(1 + |z|)."""

    def value(self, z: Number) -> Number:
        return number(self.out, path("nj,nj->nj", z, through(z, "room", lambda z: 1 / (1 + 2 * abs(z)))))


class OnlyFar(Softsign):
    """Wrong beyond 15 only."""

    def slope(self, z: Number, a: Number) -> Number:
        return through(z, self.slope_name(z), lambda z: (abs(z) < 15) / (1 + abs(z)) ** 2 + 0 * z)


class OutOfNowhere(Softsign):
    """The right slope, as an array without factors."""

    def slope(self, z: Number, a: Number) -> Number:
        return given(self.slope_name(z), 1 / (1 + abs(z.array)) ** 2)


class Misnamed(Softsign):
    """da/dz under another name."""

    def slope(self, z: Number, a: Number) -> Number:
        room = self._room(z)
        return number("slope", path("nj,nj->nj", room, room))


class LyingFormula(Softsign):
    """The words say 2 for 1."""

    words = replace(Softsign.words, formula="a = z/(2 + |z|)")


class LyingSlope(Softsign):
    """The words forget the square."""

    words = replace(Softsign.words, slope="da/dz = 1/(1 + |z|)")


class NoSource(Softsign):
    """The words do not say whose the rule is."""

    words = replace(Softsign.words, source=" ")


class OpenBrace(Softsign):
    """LaTeX that cannot be set."""

    words = replace(Softsign.words, latex=r"a = \frac{z}{1 + |z|")


class Doubled(Softsign):
    """Everything becomes float64."""

    def _room(self, z: Number) -> Number:
        return through(z, "room", lambda z: 1 / (1 + abs(z)) * np.ones(1))


class Coupled(Softsign):
    """Rows feel each other."""

    def value(self, z: Number) -> Number:
        return through(z, self.out, lambda z: z / (1 + abs(z).max(initial=0.0) + abs(z)))


class EmptyFails(Softsign):
    """The largest of no numbers is asked for."""

    def _room(self, z: Number) -> Number:
        return through(z, "room", lambda z: 1 / (1 + abs(z)) + 0 * z.max())


class OnlyNumPy(Softsign):
    """NumPy by its name."""

    def _room(self, z: Number) -> Number:
        return through(z, "room", lambda z: 1 / (1 + np.abs(np.asarray(z))))


class Branching(Softsign):
    """A branch on a value that a compiler does not know."""

    def _room(self, z: Number) -> Number:
        return through(z, "room", lambda z: 1 / (1 + abs(z)) if (z == z).all() else z)


class Overflowing(Softsign):
    """e^|z| over itself."""

    def _room(self, z: Number) -> Number:
        def room(z: Any) -> Any:
            e = z.__array_namespace__().exp(abs(z))
            return e / (e * (1 + abs(z)))

        return through(z, "room", room)


class LostBackward(Softsign):
    """The upstream slope is left out."""

    def backward(self, p: Any, kept: Any, da: Number) -> tuple[dict[str, Number], Number]:
        return {}, number("dE/dz", path("nj->nj", self.slope(*kept)))


class LostBeta(Swish):
    """β left out of the second path."""

    def slope(self, z: Number, a: Number) -> Number:
        gate = self._gate(z)
        rest = number(f"1-{gate.name}", path("nj->nj", self._scaled(z)), through=CO_SIGMOID)
        return number(self.slope_name(z), path("nj->nj", gate), path("nj,nj,nj->nj", z, gate, rest))


class FixedWords(Swish):
    """The words of β = 1 for every β."""

    words = Swish(1.0).words  # type: ignore[assignment]


PLANTED = [
    (OnePower(), "correct", "da/dz at z["),
    (WrongSign(), "correct", "da/dz at z[0,0] = 0 is -1 by the rule, 0.9999999"),
    (AtA(), "correct", "da/dz at z["),
    (OtherValue(), "correct", "da/dz at z["),
    (OnlyFar(), "correct", "da/dz at z[0,2] = 20 is 0 by the rule, 0.0022675737"),
    (OutOfNowhere(), "faithful", "da/dz was given as an array but changes with z"),
    (Misnamed(), "faithful", "da/dz is called 'slope'"),
    (LyingFormula(), "words = code", "'a = z/(2 + |z|)' is "),
    (LyingSlope(), "words = code", "'da/dz = 1/(1 + |z|)' is "),
    (NoSource(), "words", "the words say nothing for source"),
    (OpenBrace(), "words", "braces do not match"),
    (Doubled(), "dtypes", "a is float64 where float32 went in"),
    (Coupled(), "batch = row by row", "a in row "),
    (EmptyFails(), "sizes 0 and 1", "zero-size array"),
    (OnlyNumPy(), "jax", "TracerArrayConversionError"),
    (Branching(), "jax", "TracerBoolConversionError"),
    (Overflowing(), "far out", "a is not a number at z = 1000 in float64"),
    (LostBackward(), "correct", "dE/dz at z["),
    (LostBeta(0.7), "correct", "da/dz at z["),
    (FixedWords(0.7), "words = code", "'a = z σ(1 z)' is "),
]


@pytest.mark.parametrize(("rule", "name", "said"), PLANTED, ids=[type(p[0]).__name__ for p in PLANTED])
def test_a_planted_mistake_is_named(rule: Activation, name: str, said: str) -> None:
    found = check_rule(rule)
    assert not found.holds
    assert name in broken(found), broken(found)
    assert said in broken(found)[name]
    assert f"not {', '.join(broken(found))}" in repr(found)


def test_a_wrong_element_is_shown_with_both_values() -> None:
    said = broken(check_rule(OnePower()))["correct"]
    assert said.startswith("da/dz at z[")
    assert " by the rule, " in said
    assert "elements are wrong" in said
    assert said.split(" is ")[0] in " ".join(str(check_rule(OnePower())).split())


@dataclass(frozen=True)
class HalfDense(Dense):
    """∂E/∂b is halved."""

    def backward(self, p: Any, kept: Any, dy: Number) -> Any:
        gradients, dx = super().backward(p, kept, dy)
        half = given("1/2", np.asarray(0.5, dy.array.dtype))
        name = self.b
        return {**gradients, name: number(f"dE/d{name}", path(",j->j", half, gradients[name]))}, dx


@dataclass(frozen=True)
class UnsharedError(HalfSquaredError):
    """∂E/∂y without its share of the mean."""

    def backward(self, kept: Any) -> Number:
        y, miss, _ = kept
        minus = given("-1", np.asarray(-1.0, y.array.dtype))
        return number("dE/dy", path(",nj->nj", minus, miss))


def test_layers_and_losses_are_checked_too() -> None:
    assert "dE/db1 at b1[" in broken(check_rule(HalfDense(3)))["correct"]
    assert "dE/dy at y[" in broken(check_rule(UnsharedError()))["correct"]


# --- words = code -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_words_of_every_activation_are_evaluated(name: str) -> None:
    (seen,) = (one for one in check_rule(ACTIVATIONS[name]()).properties if one.name == "words = code")
    assert seen.holds


LIES = {
    "z": "2z",
    "1": "2",
    "+": "-",
    ">": "<",
    "tanh": "sin",
    "σ": "Φ",
    "Φ(z)": "σ(z)",
    "eᶻ": "e",
    "- aⱼ": "+ aⱼ",
}


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("part", ["formula", "slope"])
def test_words_that_lie_are_caught(name: str, part: str) -> None:
    rule = ACTIVATIONS[name]()
    left, _, right = getattr(rule.words, part).partition("=")
    lies = [right.replace(true, false, 1) for true, false in LIES.items() if true in right]
    lies = [lie for lie in lies if "if 2z" not in lie]  # as true as before
    assert lies
    for lie in lies:
        words = replace(rule.words, **{part: f"{left}={lie}"})
        liar = type("Liar", (type(rule),), {"words": words})()
        assert "words = code" in broken(check_rule(liar)), words


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a = 2z", 3.0),
        ("a = ½z² + √(4) |z - 2| - 2|z|", -0.875),
        ("a = max(0, z) · 3 − min(1, z)/2", 4.0),
        ("a = 1 if z ≤ 0 else 2 if z < 1 else 3", 3.0),
        ("a = u + 1, u = v², v = 2z", 10.0),
        ("a = 2e⁻ᶻ e^z", 2.0),
        ("a = clip(z, -1, 1) sign(z) π", np.pi),
        ("a = β z", 0.75),
    ],
)
def test_formulas_are_read(text: str, value: float) -> None:
    (found,) = evaluated(text, {"z": np.array([[1.5]]), "β": 0.5})
    np.testing.assert_allclose(found, value, rtol=1e-14)


@pytest.mark.parametrize(
    "text", ["a = m x with probability", "z", "a = (z", "a = z)", "a = ", "a = z, so it is"]
)
def test_what_is_no_formula_is_not_read(text: str) -> None:
    with pytest.raises(UnreadableError):
        evaluated(text, {"z": np.zeros((1, 1))})


def test_words_that_cannot_be_read_are_not_held_against_a_rule() -> None:
    words = Words("soft", "a = z, but softly", "da/dz = what it is", "a = z", "nobody")
    found = check_rule(type("Vague", (Softsign,), {"words": words})())
    assert found.holds
    (seen,) = (one for one in found.properties if one.name == "words = code")
    assert seen.holds is None
    assert seen.seen.startswith("not looked at")


def test_array_functions_of_rules_have_operators() -> None:
    from chainrule.faces.onnx.graph import Namespace

    assert [name for name in ARRAY_FUNCTIONS if not hasattr(Namespace, name)] == []
