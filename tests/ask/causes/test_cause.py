"""A cause as plain values."""

import pytest

from chainrule.ask.causes.cause import Cause


@pytest.mark.parametrize(("printed", "number"), [("−00", 0.0), ("−1.5", -1.5), ("1e400", None), (None, None)])
def test_a_cause_gives_what_is_printed_as_a_number_of_json(printed: str | None, number: float | None) -> None:
    cause = Cause("claim", "misprint", "w1 is misprinted", 1, 1, "w1", printed, printed)
    assert (cause.plain()["stated"], cause.plain()["corrected"]) == (number, number)
