"""The mutation benchmark itself, on a few networks: what the docs say of many has to hold for these, too."""

from benchmarks.mutation import followed
from benchmarks.mutation.__main__ import measured, total


def test_faults_are_found_and_nothing_else() -> None:
    false_alarms, ones, tallies = measured(30, seed=7)
    whole = total(tallies)
    assert (false_alarms, ones) == (0, 0)
    assert whole.count > 25
    assert whole.located >= 0.95 * whole.count
    assert whole.named >= 0.9 * whole.count


def test_what_follows_from_a_slip_is_seen_and_nothing_else_accused() -> None:
    tally = followed.measured(12, 6, units=10, count=1, goes_on=True)
    assert tally.moved > 60
    assert tally.followed >= 0.65 * tally.moved
    assert tally.accused == 0
