"""A session goes back exactly, within its budget, and on from there another way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.case import Case
from chainrule.ask.cases.stepping import CaseStepper
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.engine.network import Network
from chainrule.engine.session import Session, TrainingMoment
from chainrule.rules.layers.dense import Dense
from chainrule.rules.updates.adam import Adam

LESSON = worked.parse(worked.builtin(), "lesson.toml")


def xor(**more: object) -> Case:
    network = Network([Dense(3, "tanh"), Dense(1, "sigmoid")], loss="binary_cross_entropy")
    x, t = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    return Case(network=network, parameters=network.start(2, 3), x=x, t=t, learning_rate=0.5, **more)  # type: ignore[arg-type]


def session(case: Case, budget: int = 1 << 20) -> Session:
    stepper = CaseStepper(case)
    return Session(stepper, stepper.start, budget)


def bits(moment: TrainingMoment) -> dict[str, bytes]:
    arrays = {**moment.parameters, **{f"memory {name}": a for name, a in moment.memory.items()}}
    return {name: np.asarray(array).tobytes() for name, array in arrays.items()}


@pytest.mark.parametrize("case", [LESSON, xor(), xor(optimizer=Adam())], ids=["lesson", "xor", "adam"])
@pytest.mark.parametrize("budget", [1 << 20, 4000, 1])
def test_every_moment_comes_back_to_the_bit(case: Case, budget: int) -> None:
    course = session(case, budget)
    seen = [bits(course.moment)]
    while len(seen) <= 520 and course.step():
        seen.append(bits(course.moment))
    assert len(course.branch.frames) <= max(2, budget // course.moment.size + 1)
    for updates in (0, 20, 519, 17, 16, 320, 321, 5, 520):
        course.seek(updates)
        assert (course.updates, bits(course.moment)) == (updates, seen[updates])
        assert course.loss == course.stride.loss == course.branch.losses[updates]


def test_losses_are_those_of_the_trajectory() -> None:
    course = session(LESSON)
    course.run(30)
    world = Trajectory(LESSON)
    assert course.branch.losses == pytest.approx([world.step(n).loss for n in range(31)], rel=1e-12)


def test_an_online_case_goes_from_row_to_row() -> None:
    text = worked.builtin().replace("[[0.1]] ", "[[0.1], [0.9]] ").replace("[[0.25]] ", "[[0.25], [0.5]] ")
    case = worked.parse(text + '\n[convention]\nbatch = "online"\n', "online.toml")
    course, world = session(case), Trajectory(case)
    course.run(5)
    assert course.branch.losses == [world.step(n).loss for n in range(6)]
    course.seek(3)
    assert course.stride.world.numbers()["E"].array == world.step(3).loss  # type: ignore[attr-defined]


def test_it_ends_below_the_threshold_and_where_it_leaves_the_range() -> None:
    course = session(LESSON)
    assert course.run(10_000, threshold=1e-3) == 81
    assert course.run(10_000, threshold=1e-3) == 0
    text = """inputs = [[3.0]]\ntargets = [[1.0]]\nlearning_rate = 50\n[[layers]]\nweights = [[2.0]]"""
    wild = session(worked.parse(text, "wild.toml"))
    with np.errstate(all="ignore"):
        assert wild.run(10_000) < 1000
    assert not np.isfinite(wild.loss)
    assert not wild.step()


def test_without_a_learning_rate_there_is_one_moment() -> None:
    text = worked.builtin().replace("learning_rate = 0.4", "")
    assert not session(worked.parse(text, "still.toml")).step()


def test_an_edit_is_a_branch_that_can_be_left() -> None:
    course = session(LESSON)
    course.run(20)
    course.seek(10)
    before = bits(course.moment)
    course.edit(TrainingMoment(10, {**course.moment.parameters, "w2": np.array([[0.5]])}))
    course.run(5)
    assert (course.updates, course.branch.start.updates) == (15, 10)
    assert course.branch.parent
    assert len(course.branch.parent.losses) == 21
    assert course.undo()
    assert (course.updates, bits(course.moment)) == (10, before)
    course.step()
    assert not course.undo()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-5, 60), min_size=1, max_size=12), st.integers(1, 4000))
def test_any_walk_gives_what_straight_on_gives(walk: list[int], budget: int) -> None:
    course, straight = session(LESSON, budget), session(LESSON)
    straight.run(200)
    for target in walk:
        course.seek(target)
        course.run(max(target - course.updates, 0))
        straight.seek(course.updates)
        assert bits(course.moment) == bits(straight.moment)
