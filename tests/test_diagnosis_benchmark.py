"""The benchmark of diagnoses: what it breaks is broken as it says, and what it counts adds up."""

import numpy as np
import pytest
from benchmarks.diagnosis.cases import Tally
from benchmarks.diagnosis.configurations import drawn
from benchmarks.diagnosis.data_sets import MAKERS, SEEN, UNSEEN, data_set
from benchmarks.diagnosis.operators import SEEN_OPERATORS, UNSEEN_OPERATORS, Operator

from chainrule.ask.diagnosis.causal_order import ORDER

ALL = [*SEEN_OPERATORS, *UNSEEN_OPERATORS]


def test_halves_share_nothing() -> None:
    assert not set(SEEN) & set(UNSEEN)
    assert {*SEEN, *UNSEEN} == set(MAKERS)
    names = [operator.name for operator in ALL]
    assert len(names) == len(set(names))
    assert {kind for operator in ALL for kind in operator.kinds} <= {sign.__name__ for sign in ORDER}


@pytest.mark.parametrize("operator", ALL, ids=[operator.name for operator in ALL])
def test_an_operator_changes_the_training_and_leaves_it_trainable(operator: Operator) -> None:
    applied = 0
    for name in ("moons", "friedman1"):
        rows = data_set(name, 0)
        rng = np.random.default_rng(0)
        twin = drawn(rng, rows, 0)
        broken = operator.apply(rng, twin)
        if broken is None:
            continue
        applied += 1
        assert any(getattr(broken, field) is not getattr(twin, field) for field in vars(twin))
        assert broken.watched is not None
        parameters = broken.initial
        y = broken.network.predict(parameters, broken.learned.x.astype(np.float64))
        assert y.shape == broken.learned.t.shape
    assert applied


def test_tallies_add_up() -> None:
    tally = Tally(harmed=2, alarms=1, seconds=[1.0])
    tally.add(Tally(harmed=3, alarms=3, seconds=[2.0]))
    assert (tally.harmed, tally.alarms, tally.seconds) == (5, 4, [1.0, 2.0])
