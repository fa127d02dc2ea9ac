"""Every planted error is found: by the outside witness, or, if only digits are lost, at the extremes."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from mpmath import mp

from chainrule.engine.network import Network
from chainrule.rules.layers.chain import Chain
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.elu import ELU
from chainrule.rules.layers.residual import Residual
from chainrule.rules.losses.huber import Huber
from tests.checker import Situation, faults, situation
from tests.oracles import exact, gradients
from tests.rules import fixtures as specimens
from tests.rules import test_extremes
from tests.rules.fixtures import WIDTH
from tests.rules.mutants import CHANGES, IMPRECISE, Planted, planted

SEEN_IN = {"gelu": ["gelu", "gelu_tanh"], "elu": ["elu", "elu_2"], "huber": ["huber", "huber_half"]}

SLOW_LAST = sorted(exact.ACTIVATIONS, key=lambda name: "gelu" in name)


@cache
def trials() -> dict[str, tuple[Situation, dict[str, np.ndarray]]]:
    """For each rule a network that uses it, and the truth by the complex step."""
    square = Network([Dense(WIDTH, "tanh"), Chain(["silu", Dense(WIDTH, "tanh")]), Dense(WIDTH)])
    networks = specimens.networks() | {
        "dense": square,  # so that errors of order are not given away by shapes
        "chain": square,
        "elu_2": specimens.between(ELU(2.0)),
        "huber_half": specimens.under(Huber(0.5)),
        "residual": Network([Residual([Dense(WIDTH, "tanh")]), Residual(["sigmoid"]), Dense(3)]),
    }
    rows = {"dense": WIDTH, "chain": WIDTH}
    made = {n: situation(network, WIDTH, rows.get(n, 6), 11, decay=0.03) for n, network in networks.items()}
    return {name: (s, s.truth(gradients.by_complex_step)) for name, s in made.items()}


def complaints(names: list[str]) -> list[str]:
    """What the checker says about the rules as they are now."""
    found = []
    for name in names:
        s, truth = trials()[name]
        with np.errstate(all="ignore"):
            found += faults(s.swept(), truth, slack=1)
    return found


def users(where: str) -> list[str]:
    """The rules to look at when something was planted in the module `where`."""
    name = where.rpartition(".")[2]
    return SEEN_IN.get(name, [name] if name in trials() else list(trials()))


def entries(table: dict[str, list[Planted]]) -> list[object]:
    return [
        pytest.param(where, right, wrong, id=f"{where.rpartition('.')[2]}: {why}")
        for where, changes in table.items()
        for right, wrong, why in changes
    ]


def test_nothing_planted_nothing_found() -> None:
    assert complaints(list(trials())) == []


@pytest.mark.parametrize(("where", "right", "wrong"), entries(CHANGES))
def test_wrong_rules_are_rejected(where: str, right: str, wrong: str) -> None:
    names = users(where)
    before = complaints(names[:1])  # nothing, or what `test_nothing_planted_nothing_found` says
    with planted(where, right, wrong):
        found = complaints(names)
    assert found
    assert complaints(names[:1]) == before


@pytest.mark.parametrize(("where", "right", "wrong"), entries(IMPRECISE))
def test_imprecise_rules_are_rejected(where: str, right: str, wrong: str) -> None:
    with planted(where, right, wrong), mp.workdps(exact.DIGITS):
        assert any(not holds(check) for check in at_the_extremes(where))


def at_the_extremes(where: str) -> Iterator[tuple[object, ...]]:
    name = where.rpartition(".")[2]
    for one in SEEN_IN.get(name, [name] if name in exact.ACTIVATIONS else SLOW_LAST):
        if one in exact.ACTIVATIONS:
            yield test_extremes.test_slopes, one, "float64", "numpy"
            yield test_extremes.test_values, one, "float64", "numpy"
            yield test_extremes.test_far_out, one
    yield (test_extremes.test_softmax,)
    for t in ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]):
        yield test_extremes.test_softmax_cross_entropy, t
    for target in (0.0, 1.0):
        yield test_extremes.test_losses, "binary_cross_entropy", target, "float64"


def holds(check: tuple[object, ...]) -> bool:
    test, *arguments = check
    try:
        with np.errstate(all="ignore"):
            test(*arguments)  # type: ignore[operator]
    except AssertionError:
        return False
    return True


def test_there_are_enough_of_them() -> None:
    assert sum(map(len, CHANGES.values())) >= 77
    assert sum(map(len, IMPRECISE.values())) >= 15
    rules = {where.rpartition(".")[2] for where in CHANGES}
    assert set(specimens.networks()) - {"gelu_tanh"} <= rules
