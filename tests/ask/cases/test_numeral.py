"""Printed numbers: exact, whatever their length and size, and whatever the decimals around are set to."""

from decimal import Decimal, localcontext

import pytest

from chainrule.ask.cases.claim import Claim
from chainrule.ask.cases.numeral import as_decimal, quantum


@pytest.mark.parametrize(
    "printed", ["0.05706", "-1.2e-05", ".85", "5.", "+0", "1E3", "0" * 60 + "." + "0" * 60]
)
def test_a_number_is_what_is_printed(printed: str) -> None:
    assert as_decimal(printed).as_tuple() == Decimal(printed).as_tuple()


@pytest.mark.parametrize("power", ["400", "-400", "999999999", "-999999999", "9" * 5000, "-" + "9" * 5000])
def test_a_power_of_ten_has_no_bounds(power: str) -> None:
    claim = Claim("z1", f"1e{power}")
    assert claim.value == (0.0 if power[0] == "-" else float("inf"))
    assert not claim.rounds(0.415)
    assert not claim.truncates(0.415)
    assert not claim.near(0.415)


def test_a_last_digit_is_worth_its_place() -> None:
    assert quantum(as_decimal("0.05706")) == Decimal("0.00001")
    assert quantum(as_decimal("3e400")) == Decimal("1e400")


@pytest.mark.parametrize(
    "printed", ["0.415" + "0" * 40, "0.41500000000000003552713678800500929355621337890625"]
)
def test_the_decimals_around_change_nothing(printed: str) -> None:
    with localcontext(prec=3):
        assert Claim("z1", printed).rounds(0.415)
        assert not Claim("z1", printed).rounds(0.41501)


def test_what_is_beyond_float64_is_not_called_wrong() -> None:
    assert Claim("E", "5e399").rounds(float("inf"))
    assert not Claim("E", "-5e399").near(float("inf"))
    assert Claim("E", "3e-400").rounds(0.0)
    assert Claim("E", "1.2346e-320").rounds(1.2345e-320 + 1e-323)


def test_no_step_leads_to_a_far_power_of_ten() -> None:
    assert not Claim("z1", "1e400").near(0.415)
    assert not Claim("z1", "1e3").near(0.415)
    assert Claim("z1", "1e3").near(400.0)
    assert Claim("z1", "1").near(0.4)


def test_a_number_that_ends_leaves_nothing_to_cut_off() -> None:
    assert not Claim("z1", "0.9").truncates(1.0)
    assert Claim("z1", "0.9").truncates(0.9999999999999999)
    assert Claim("z1", "1.0").truncates(1.0)
