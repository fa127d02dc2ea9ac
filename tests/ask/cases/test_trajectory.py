"""A world: 10,000 steps in a moment are the plain steps, for every rule, convention and mistake."""

from dataclasses import replace
from itertools import islice
from time import process_time

import numpy as np
import pytest
from hypothesis import example, given, settings

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.case import Case, Convention
from chainrule.ask.cases.descent import Step, steps
from chainrule.ask.cases.recompute import rework
from chainrule.ask.cases.straight_line import unrolled
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.engine.network import Network
from chainrule.numbers import Number, number, path
from chainrule.numbers import given as stated
from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.residual import Residual
from chainrule.rules.registry import TABLE_LOSSES
from tests.ask.examples import texts

X = np.array([[0.3, -0.9], [0.8, 0.2]])
T = np.array([[0.25, 0.75], [1.0, 0.0]])


def case(activation: str = "sigmoid", loss: str = "half_squared_error", **settings_: object) -> Case:
    last = None if TABLE_LOSSES[loss].activation else activation
    network = Network([Dense(3, activation), Dense(2, last)], loss)
    start = {name: np.round(array, 3) for name, array in network.start(2, 4).items()}
    given_: dict[str, object] = {
        "network": network,
        "parameters": start,
        "x": X,
        "t": T,
        "learning_rate": 0.1,
    }
    return Case(**{**given_, **settings_})  # type: ignore[arg-type]


def plain(of: Case, updates: int, mistake: object = None) -> Step:
    return next(islice(steps(of, mistake), updates, None))  # type: ignore[arg-type]


def same(world: Trajectory, updates: int) -> None:
    """To rounding, which grows with the steps but not by more than so much in tame networks."""
    wanted = plain(world.case, updates, world.mistake)
    for name, one in world.step(updates).updated.items():
        np.testing.assert_allclose(one.array, wanted.updated[name].array, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("loss", ["half_squared_error", "huber"])
def test_every_activation(activation: str, loss: str) -> None:
    one = case(activation, loss)
    assert unrolled(next(steps(one)).updated, one.parameters)
    same(Trajectory(one), 120)


@pytest.mark.parametrize("loss", sorted(TABLE_LOSSES))
def test_every_loss(loss: str) -> None:
    same(Trajectory(case("tanh", loss)), 120)


@pytest.mark.parametrize(
    "convention",
    [Convention(update="sequential"), Convention(batch="sum"), Convention(update_biases=False)],
)
def test_every_convention(convention: Convention) -> None:
    same(Trajectory(case(convention=convention, weight_decay=0.01)), 200)


def test_rows_that_are_alike_at_first_are_no_reason_to_leap() -> None:
    turns = case(convention=Convention(batch="online"))
    turns = replace(turns, x=np.repeat(turns.x[:1], 4, axis=0), t=np.repeat(turns.t[:1], 4, axis=0))
    turns.t[3] += 1
    same(Trajectory(turns), 60)


def test_a_network_of_any_layers() -> None:
    network = Network([Dense(2, "tanh"), Residual([Dense(2, "gelu")]), Dense(2, "softmax")])
    same(Trajectory(case(network=network, parameters=network.start(2, 1))), 90)


# A rate so large that the training is chaotic: after 60 updates one ulp at the start has become 1.2.
CHAOTIC = """
learning_rate = 3
loss = "half_squared_error"
inputs = [[0.0]]
targets = [[0.0, 0.0, 0.0, 0.0]]
[[layers]]
activation = "elu"
weights = [[0.0]]
[[layers]]
activation = "elu"
weights = [[0.0, 0.0, 0.0, 0.0]]
[[layers]]
activation = "elu"
weights = [[0.0], [0.0], [0.0], [0.0]]
biases = [-1.0]
[[layers]]
activation = "elu"
weights = [[0.0, 0.0, 0.0, 0.0]]
biases = [0.0, 0.0, 0.0, -1.0]
[convention]
update = "sequential"
"""


def nudged(of: Case) -> Case:
    """The same with every parameter one unit in the last place further up: how much does rounding matter?"""
    moved = {name: np.where(a == 0, a, np.nextafter(a, np.inf)) for name, a in of.parameters.items()}
    return replace(of, parameters=moved)


@settings(max_examples=30)
@given(texts())
@example(CHAOTIC)
def test_a_random_example(text: str) -> None:
    """Equal to rounding: where the plain steps themselves are moved by an ulp, by not much more than that."""
    one = worked.parse(text, "random.toml")
    with np.errstate(all="ignore"):
        wanted, beside, leapt = plain(one, 60), plain(nudged(one), 60), Trajectory(one).step(60)
        for name, new in leapt.updated.items():
            old, moved = wanted.updated[name].array, beside.updated[name].array
            sensitivity = np.abs(old - moved)
            certain = np.isfinite(old) & (sensitivity <= 1e-7 + 1e-6 * np.abs(old))
            assert np.isfinite(new.array[certain]).all()
            if np.abs(old[np.isfinite(old)]).max(initial=0) < 1e3:  # what runs away has digits of its own
                room = 1e-7 + 1e-6 * np.abs(old) + 4 * sensitivity.max()  # one ulp is not the worst
                assert (np.abs(new.array - old) <= room)[np.isfinite(room)].all(), name


def no_slope(one: Step) -> Step:
    """σ′ left out in the last layer."""

    def change(old: Number, now: Number) -> Number:
        if old.name != "dE/dz2":
            return now
        return number("dE/dz2", path("nj->nj", now.paths[0].factors[0]))

    again = rework(one.numbers.values(), change)
    return replace(one, updated={name: again[new.name] for name, new in one.updated.items()})


def shrinking(one: Step) -> Step:
    """A mistake that depends on what is there: every new weight is cut to three digits."""
    rounded = {name: stated(new.name, np.round(new.array, 3)) for name, new in one.updated.items()}
    return replace(one, updated=rounded)


def test_a_mistake_is_made_at_every_step() -> None:
    right, wrong = Trajectory(case()), Trajectory(case(), no_slope)
    same(wrong, 150)
    assert abs(right.step(150).loss - wrong.step(150).loss) > 1e-3


def test_a_mistake_that_is_no_formula_is_made_step_by_step() -> None:
    world = Trajectory(case(), shrinking)
    for name, one in world.step(70).updated.items():
        np.testing.assert_array_equal(one.array, plain(world.case, 70, shrinking).updated[name].array)


def test_what_leaves_the_range_is_what_the_plain_steps_give() -> None:
    one = case("identity", "half_squared_error", learning_rate=30.0)
    with np.errstate(all="ignore"):
        wanted, found = plain(one, 400), Trajectory(one).step(400)
    for name, new in found.updated.items():
        np.testing.assert_array_equal(new.array, wanted.updated[name].array)


def test_a_wide_network_takes_plain_steps() -> None:
    network = Network([Dense(200, "tanh"), Dense(2, "sigmoid")])
    wide = case(network=network, parameters=network.start(2, 1))
    assert unrolled(next(steps(wide)).updated, wide.parameters) is None
    same(Trajectory(wide), 60)


def test_steps_go_on_from_the_last_that_is_known() -> None:
    world = Trajectory(case())
    late, later = world.step(300), world.step(1000)
    assert world.step(300) is late
    assert later.loss < late.loss
    assert world.step(299).loss == pytest.approx(plain(world.case, 299).loss, rel=1e-11)


def test_ten_thousand_steps_take_well_under_a_second() -> None:
    network = Network([Dense(2, "sigmoid"), Dense(2, "sigmoid")])
    small = case(network=network, parameters=network.start(2, 1), x=X[:1], t=T[:1])
    begin = process_time()
    Trajectory(small).step(10_000)
    assert process_time() - begin < 1


def test_a_value_is_that_of_a_quantity_or_an_expression() -> None:
    one = worked.parse(worked.builtin() + '\n[names]\nhalf = "(t-a2)^2/2"\n', "lesson.toml")
    world = Trajectory(one)
    assert world.value(one.asked("half")) == pytest.approx(world.value(one.asked("E")), rel=1e-15)
    assert world.value(one.asked("half@5")) == pytest.approx(world.value(one.asked("E@5")), rel=1e-15)
    assert world.value(one.asked("w2'")) == world.value(one.asked("w2@1"))
