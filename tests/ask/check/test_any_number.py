"""Whatever a source prints, `check` and its company end in an answer or in one line: fresh files each run.

Hypothesis prints the seed of what fails; `python -m benchmarks.fuzz` looks for more as long as you like.
"""

import math
import random
from pathlib import Path

import pytest
from benchmarks import fuzz
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chainrule.ask.cases.claim import Claim
from chainrule.ask.cases.example import parse
from chainrule.ask.check.check import check

FRESH = settings(derandomize=False, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
UNIT = """
learning_rate = 0.4
inputs = [[0.1]]
targets = [[0.25]]
[[layers]]
activation = "sigmoid"
weights = [[0.15]]
biases = [0.4]
[claims]
"""

digits = st.text("0123456789", max_size=30)
zeros = st.integers(0, 33).map(lambda count: "0" * count)
powers = st.one_of(st.just(""), st.integers(-400, 400).map("e{}".format), st.integers().map("E{:+}".format))


@st.composite
def numerals(draw: st.DrawFn) -> str:
    """Signs, leading zeros, 0 to 60 digits, a trailing dot, a power of ten up to ±400 and some beyond."""
    whole, part = draw(zeros) + draw(digits), draw(zeros) + draw(digits)
    point = "." if part else draw(st.sampled_from(["", "."]))
    sign = draw(st.sampled_from(["", "+", "-", "−"]))
    return f"{sign}{whole if whole + part else '0'}{point}{part}{draw(powers)}"


@settings(FRESH, max_examples=150)
@example("1e-400", 0.415)
@example("0." + "0" * 33, 0.415)
@example("-.1e311", -math.inf)
@given(numerals(), st.floats(allow_nan=True, allow_infinity=True))
def test_a_claim_is_near_where_it_is_right(printed: str, value: float) -> None:
    claim = Claim("z1", printed)
    assert claim.near(value) or not claim.rounds(value)


@settings(FRESH, max_examples=100)
@example(0.5, 0)
@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 40))
def test_a_right_number_is_right_with_any_number_of_digits(value: float, places: int) -> None:
    assert Claim("z1", f"{value:.{places}e}").rounds(value)
    claim = Claim("z1", f"{value:.{places}f}")
    if claim.exact or places >= 2:
        assert claim.rounds(value)
    elif not 0.0049 < abs(value) < 0.0051:
        assert claim.rounds(value) == (abs(value) < 0.005)  # a bare 0 or 0.0 is taken as 0.00


@pytest.mark.parametrize(("value", "is_right"), [(0.0, True), (0.0049, True), (0.0051, False), (-0.4, False)])
@pytest.mark.parametrize("printed", ["0", "0.0", "0.00", "-0"])
def test_a_bare_zero_is_taken_to_two_places(value: float, printed: str, is_right: bool) -> None:
    assert Claim("z1", printed).rounds(value) == is_right


@example({"E": ".20000000e159"})  # λ was solved for, and overflowed
@settings(FRESH, max_examples=8)
@given(st.dictionaries(st.sampled_from(["z1", "a1", "E", "dE/dw1", "w1'", "z1@2"]), numerals(), min_size=1))
def test_a_sheet_of_any_numbers_is_judged(claims: dict[str, str]) -> None:
    verdict = check(
        parse(UNIT + "\n".join(f'"{name}" = "{printed}"' for name, printed in claims.items()), "unit")
    )
    assert len(verdict.claims) == len(claims)
    assert str(verdict)


def test_an_error_beyond_float64_warns_of_nothing() -> None:
    """Nor do the parts of E, by row and by output."""
    sheet = UNIT.replace("[[0.25]]", "[[1e200]]") + '"E" = "1.0"'
    verdict = check(parse(sheet, "unit"))
    assert str(verdict)


@pytest.mark.parametrize("reader", list(fuzz.READERS))
def test_a_random_file_is_answered_or_refused_in_a_line(reader: str, tmp_path: Path) -> None:
    first = random.SystemRandom().randrange(10**9)
    for seed in range(first, first + 2):
        outcome = fuzz.attempt(reader, seed, tmp_path)
        assert outcome in ("read", "refused"), f"python -m benchmarks.fuzz {reader} --seed {seed}\n{outcome}"
