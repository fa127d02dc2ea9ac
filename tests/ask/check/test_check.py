"""Checking: a right number is never called wrong, a wrong one is found, the report has the right one."""

import json
from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np
import pytest

import chainrule
from chainrule.ask.cases import example as worked
from chainrule.ask.cases.claim import Claim, Judged, Status
from chainrule.ask.cases.example import Example
from chainrule.ask.check.check import check
from chainrule.ask.documents.blocks import Heading, Paragraph, TableBlock
from chainrule.ask.documents.text import Printer
from chainrule.ask.judging.judge import judge
from chainrule.errors import InputError
from tests.ask.sheets import KINDS, Hand, sheet

WORKED = Path(__file__).parents[3] / "examples" / "worked"
LESSON = """
title = "The lesson"
learning_rate = 0.4
inputs = [[0.1]]
targets = [[0.25]]
[[layers]]
activation = "sigmoid"
weights = [[0.15]]
biases = [0.4]
[[layers]]
activation = "sigmoid"
weights = [[0.45]]
biases = [0.65]
[claims]
z1 = "0.415"
a1 = "0.6023"
z2 = "0.921"
a2 = "0.7153"
"dE/dw2" = "0.05706"
"w2'" = "0.427"
"dE/db2" = "0.0948"
"b2'" = "0.612"
"dE/dw1" = "0.001021"
"w1'" = "0.1496"
"dE/db1" = "0.01021"
"b1'" = "0.3959"
"""


def statuses(example: Example) -> dict[str, str]:
    return {one.claim.quantity: str(one.status) for one in judge(example)}


def lesson(**claims: str) -> Example:
    read = worked.parse(LESSON, "lesson.toml")
    return replace(
        read, claims={**read.claims, **{name.replace("_", "/"): one for name, one in claims.items()}}
    )


# --- the lesson


def test_the_lesson_with_the_bias_that_it_was_worked_with_is_right() -> None:
    found = check(lesson())
    assert found.verdict == "right"
    assert {one.claim.quantity for one in found.claims if one.status is Status.CARRIED} == {
        "dE/dw2",  # 0.4653 · 0.2036 · 0.6023, neither of the first two is printed
        "dE/dw1",
    } - {one.claim.quantity for one in found.claims if one.claim.rounds(one.computed)}


def test_the_lesson_as_stated_is_wrong_from_where_the_bias_enters() -> None:
    found = statuses(worked.parse(LESSON.replace("biases = [0.65]", "biases = [0.6]"), "lesson.toml"))
    assert found["z1"] == found["a1"] == "right"
    assert found["z2"] == "wrong"
    assert {found[one] for one in ("a2", "dE/dw2", "dE/db2", "dE/dw1", "dE/db1")} == {"inherited"}


# --- one number


@pytest.mark.parametrize(
    ("printed", "status"),
    [
        ("0.921", "right"),
        ("0.92", "right"),
        ("0.9210287795998839", "right"),
        ("9.21e-1", "right"),
        ("0.92102", "truncated"),
        ("0.922", "carried"),  # one more in the last digit
        ("0.920", "carried"),
        ("0.91", "carried"),
        ("0.923", "wrong"),
        ("0.291", "wrong"),
        ("-0.921", "wrong"),
        ("9.21", "wrong"),
        ("0.9921", "wrong"),
    ],
)
def test_one_number_by_its_digits(printed: str, status: str) -> None:
    assert statuses(lesson(z2=printed))["z2"] == status


def test_a_slip_with_sound_arithmetic_after_it_is_one_fault() -> None:
    """a2 misread as 0.7513, and everything after it worked with that."""
    miss = 0.25 - 0.7513
    signal = -miss * 0.7513 * (1 - 0.7513)
    found = statuses(lesson(a2="0.7513", dE_db2=f"{signal:.4f}", dE_dw2=f"{signal * 0.6023:.5f}"))
    assert found["a2"] == "wrong"
    assert found["dE/db2"] == found["dE/dw2"] == "inherited"


def test_a_slip_that_nothing_was_made_of_stays_alone() -> None:
    found = statuses(lesson(a2="0.7513"))
    assert [name for name, status in found.items() if status in ("wrong", "inherited")] == ["a2"]


def test_a_wrong_number_that_is_printed_later_is_no_excuse() -> None:
    read = worked.parse(LESSON, "lesson.toml")
    early = replace(read, claims={"dE/db2": "0.0937", "a2": "0.7513"})
    late = replace(read, claims={"a2": "0.7513", "dE/db2": "0.0937"})  # 0.5013 · 0.7513 · 0.2487
    assert statuses(early) == {"dE/db2": "wrong", "a2": "wrong"}
    assert statuses(late) == {"a2": "wrong", "dE/db2": "inherited"}


def test_a_number_that_is_printed_twice_is_judged_twice() -> None:
    found = judge(replace(lesson(), claims={"z2": ("0.291", "0.921", "0.922"), "a2": "0.71525"}))
    assert [str(one.status) for one in found] == ["wrong", "right", "carried", "right"]


def test_expressions_are_judged_and_go_on() -> None:
    text = LESSON.replace("[claims]", '[names]\nmiss = "(t-a2)"\nstep = "learning_rate*dE/dw2"\n[claims]')
    read = replace(
        worked.parse(text, "lesson.toml"), claims={"miss": "-0.4653", "step": "0.0228", "miss@1": "-0.40"}
    )
    assert [str(one.status) for one in judge(read)] == ["right", "right", "wrong"]


def test_after_updates_the_new_weights_as_printed_count() -> None:
    """w2' = 0.4 is a slip; what comes after the update is made of it."""
    read = replace(
        lesson(), claims={"w2'": "0.40", "b2'": "0.61", "w1'": "0.15", "b1'": "0.40", "z2@1": "0.85"}
    )
    assert statuses(read) == {
        "w2'": "wrong",
        "b2'": "right",
        "w1'": "right",
        "b1'": "right",
        "z2@1": "inherited",
    }


def test_w_after_one_update_is_the_new_value() -> None:
    read = replace(lesson(), claims={"w2@1": "0.42717", "w2'": "0.42717", "w2@2": "0.4272"})
    assert [str(one.status) for one in judge(read)] == ["right", "right", "wrong"]


def test_ten_thousand_updates() -> None:
    found = check(WORKED / "mazur.toml")
    begin = process_time()
    again = {one.claim.quantity: one.status for one in check(WORKED / "mazur.toml").claims}
    assert process_time() - begin < 1
    assert [again[one] for one in ("E@1", "E@10000", "out_o1@10000", "out_o2@10000")] == [Status.WRONG] * 4
    assert found.verdict == "wrong"


def test_a_value_without_a_number_is_null_in_json() -> None:
    text = (
        'inputs=[[1]]\ntargets=[[1]]\nloss="half_squared_error"\n[names]\nq="1/(x[0]-1)"\n[claims]\nq="3"\n'
    )
    text = text.replace("[names]", "[[layers]]\nweights=[[0.5]]\n[names]")
    found = check(worked.parse(text, "q.toml"))
    assert found.plain()["claims"][0]["computed"] is None
    assert found.verdict == "wrong"
    assert "nan" not in json.dumps(found.plain(), allow_nan=False).lower()


def test_a_wide_network_is_judged_too() -> None:
    rng = np.random.default_rng(1)
    w1, w2 = rng.normal(0, 0.1, (300, 40)).round(3), rng.normal(0, 0.1, (40, 2)).round(3)
    text = (
        f"learning_rate = 0.1\ninputs = {rng.normal(0, 1, (1, 300)).round(2).tolist()}\ntargets = [[1, 0]]\n"
        f'[[layers]]\nactivation = "tanh"\nweights = {w1.tolist()}\n'
        f'[[layers]]\nactivation = "sigmoid"\nweights = {w2.tolist()}\n[claims]\nE = "9"\n'
    )
    read = worked.parse(text, "wide.toml")
    world = check(read).world
    a2, w = (world.value(read.quantity(one)) for one in ("a2[0]", "w1'[7,3]"))
    found = replace(read, claims={"a2[0]": f"{a2:.4f}", "w1'[7,3]": f"{w + 0.01:.5f}", "dE/db1[0]": "1.5"})
    assert list(statuses(found).values()) == ["right", "wrong", "wrong"]


# --- sheets


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after_point", [True, False])
def test_no_number_of_a_correct_sheet_is_called_wrong(kind: str, after_point: bool) -> None:
    for seed in range(24):
        rng = np.random.default_rng([seed, KINDS.index(kind), after_point])
        one = sheet(rng, kind, Hand(int(rng.integers(2, 7)), after_point, cuts=False))
        flagged = [found for found in judge(one) if found.status.is_fault]
        assert not flagged, (seed, flagged[:3])


def off_by_one(claim: Claim) -> str:
    return f"{claim.exact + claim.unit:f}"


def test_one_in_the_last_digit_is_never_wrong() -> None:
    for seed in range(40):
        rng = np.random.default_rng([seed, 77])
        one = sheet(rng, "exact", Hand(int(rng.integers(2, 7)), bool(rng.integers(2)), cuts=False))
        if one.claims:
            moved = replace(one, claims={c.quantity: off_by_one(c) for c in one.printed})
            assert not [found for found in judge(moved) if found.status is Status.WRONG], seed


@pytest.mark.parametrize("kind", ["exact", "every step", "what is printed", "what has an address"])
def test_a_digit_that_was_swapped_dropped_or_doubled_is_found_where_it_stands(kind: str) -> None:
    tried = 0
    for seed in range(30):
        rng = np.random.default_rng([seed, 5, KINDS.index(kind)])
        one = sheet(rng, kind, Hand(int(rng.integers(3, 7)), bool(rng.integers(2)), cuts=False))
        claims = [claim for claim in one.printed if len(set(claim.printed.strip("-0."))) > 1]
        if claims:
            claim = claims[rng.integers(len(claims))]
            slip = mistyped(claim, rng)
            if abs(slip.value - claim.value) > 3 * float(max(slip.unit, claim.unit)):
                tried += 1
                found = judge(replace(one, claims={**one.claims, claim.quantity: slip.printed}))
                assert faults(found) == [claim.quantity], (seed, claim, slip)
    assert tried > 15


def faults(found: tuple[Judged, ...]) -> list[str]:
    return [one.claim.quantity for one in found if one.status.is_fault]


def mistyped(claim: Claim, rng: np.random.Generator) -> Claim:
    digits = list(claim.printed)
    counts = [k for k, c in enumerate(digits) if c.isdigit() and claim.printed[: k + 1].strip("-0.")]
    at = int(rng.choice(counts[:-1])) if len(counts) > 1 else counts[0]
    match rng.choice(["swap", "drop", "double", "sign"]):
        case "swap" if len(counts) > 1:
            other = counts[counts.index(at) + 1]
            digits[at], digits[other] = digits[other], digits[at]
        case "drop" if len(counts) > 1:
            del digits[at]
        case "double":
            digits.insert(at, digits[at])
        case _:
            digits = digits[1:] if digits[0] == "-" else ["-", *digits]
    return Claim(claim.quantity, "".join(digits))


# --- the verdict


def test_the_json_is_as_agreed() -> None:
    found = check(worked.parse(LESSON.replace('z2 = "0.921"', 'z2 = "0.291"'), "lesson.toml")).plain()
    assert list(found) == ["title", "verdict", "claims", "cause"]
    assert found["title"] == "The lesson"
    assert found["verdict"] == "wrong"
    assert found["claims"][2] == {
        "quantity": "z2",
        "claimed": "0.291",
        "computed": pytest.approx(0.9210287795998839, rel=1e-14),
        "status": "wrong",
    }


def test_check_is_public() -> None:
    assert chainrule.check is check


def test_without_claims_there_is_nothing_to_check(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(LESSON.partition("[claims]")[0], "utf-8")
    with pytest.raises(InputError, match=r"mine\.toml: no number is claimed, so there is nothing to check"):
        check(path)
    with pytest.raises(InputError, match="The lesson: no number is claimed"):
        check(worked.read(path))


def test_a_claim_after_an_update_wants_a_learning_rate() -> None:
    text = LESSON.replace("learning_rate = 0.4\n", "")
    with pytest.raises(InputError, match="claims: w2' comes after an update, so learning_rate must be given"):
        worked.parse(text, "lesson.toml")


# --- the report


def shown(example: Example | Path) -> str:
    return "\n".join(Printer().text(check(example).blocks()))


def test_the_report_of_a_right_one_is_short() -> None:
    blocks = list(check(WORKED / "udacity.toml").blocks())
    assert [type(one) for one in blocks] == [Heading, Paragraph, Paragraph]
    assert "8 numbers checked: all are right." in shown(WORKED / "udacity.toml")


def test_the_report_works_a_wrong_number_through() -> None:
    text = shown(WORKED / "sklearn.toml")
    assert "29 numbers checked: 12 right, 1 cut off, 12 carried, 2 inherited and 2 wrong." in text
    assert "The first wrong one is W1grad31 = 0.060002." in text
    assert "W1grad31 is not 0.060002" in text
    assert "∂E/∂w₁[2,0] = ∂E/∂z₁[0] · x[2] + λ · w₁[2,0]" in text
    assert "= 0.0166788 · 0.7 + 0.1 · 0.5" in text  # the right numbers
    assert "= 0.01667 · 0.7 + 0.1 · 0.5" in text  # the source's own
    assert max(map(len, text.splitlines())) <= 80


def test_the_table_has_what_is_not_simply_right() -> None:
    table = next(one for one in check(WORKED / "hmkcode.toml").blocks() if isinstance(one, TableBlock))
    assert [row[:2] for row in table.rows] == [("h1@1", ".85"), ("h2@1", ".48")]
    assert "20 numbers more" in table.note


def test_expressions_are_worked_through_by_their_own_formula() -> None:
    text = shown(WORKED / "mazur.toml")
    assert "dE_o2_dout_h1 = ∂E/∂z₂[1] · w₇ = -0.038098237 · 0.5 = -0.019049118" in text


def test_every_report_can_be_printed() -> None:
    for path in WORKED.glob("*.toml"):
        assert shown(path)
        assert "\n".join(Printer(width=60, unicode=False).text(check(path).blocks())).isascii()


def test_of_a_number_that_is_printed_twice_the_nearest_is_what_others_are_made_of() -> None:
    """z2 = 0.45 · 0.602 + 0.65 from the coarser a1, 0.45 · 0.60229 + 0.65 from the nearer one."""
    nearer = replace(lesson(), claims={"a1": ("0.602", "0.60229"), "z2": "0.9210305"})
    assert [str(one.status) for one in judge(nearer)] == ["right", "right", "carried"]
