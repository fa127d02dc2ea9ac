"""Replays: every moment of a training, beside NumPy's own, the run's own weights, and its factors."""

import numpy as np
import optax
import pytest

from chainrule.ask.explain.explain import explain
from chainrule.ask.explain.time_travel import past
from chainrule.ask.explain.weight_history import WeightHistory
from chainrule.engine.network import Network
from chainrule.engine.optimizers import schedule
from chainrule.engine.training.mean_network import mean_network, member_network, member_parameters
from chainrule.engine.training.replaying import replay
from chainrule.engine.training.train import train
from chainrule.engine.training.train_folds import train_folds
from chainrule.errors import InputError
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout

RNG = np.random.default_rng(0)
X = RNG.normal(size=(23, 3))
T = np.tanh(X[:, :1] * X[:, 1:2] + X[:, 2:])
EPOCHS, BATCH, RATE = 4, 5, 0.02
STEPS = 5  # 23 rows in batches of 5: the last has 3
PLAIN = Network([Dense(4, "tanh"), Dense(1)])
DROPPED = Network([Dense(4, "tanh"), Dropout(0.3), Dense(1)])
RUNS = {
    "sgd": (PLAIN, {"optimizer": "sgd"}),
    "momentum": (PLAIN, {"optimizer": "momentum", "weight_decay": 0.1}),
    "adam": (DROPPED, {"optimizer": "adam"}),
    "adamw": (PLAIN, {"optimizer": "adamw", "learning_rate": schedule("cosine", RATE, EPOCHS * STEPS)}),
}


def trained(name, dtype=np.float64, **options):
    network, settings = RUNS[name]
    given = {"learning_rate": RATE, "epochs": EPOCHS, "batch_size": BATCH, "seed": 3} | settings | options
    return train(network, X.astype(dtype), T.astype(dtype), **given), given


@pytest.fixture(scope="module", params=RUNS)
def replayed(request):
    run, given = trained(request.param)
    rate = given["learning_rate"] if callable(given["learning_rate"]) else None
    return request.param, replay(run, X, T, learning_rate=rate)


def by_hand(name, replayed):
    """Parameters and gradients at every update, in NumPy; rows and masks are those of the training."""
    network, settings = RUNS[name]
    p = network.start(3, 3)
    m, v = ({n: np.zeros_like(a) for n, a in p.items()} for _ in range(2))
    decay = settings.get("weight_decay", 0.0)
    for k in range(EPOCHS * STEPS):
        moment = replayed.moment(k)
        x, t, mask = X[moment.rows], T[moment.rows], moment.parameters.get("m1", 1.0)
        a = np.tanh(x @ p["w1"] + p["b1"])
        dz = (mask * a @ p["w2"] + p["b2"] - t) / len(x)
        da = dz @ p["w2"].T * mask * (1 - a * a)
        g = {"w1": x.T @ da + decay * p["w1"], "b1": da.sum(0),
             "w2": (mask * a).T @ dz + decay * p["w2"], "b2": dz.sum(0)}  # fmt: skip
        yield k, {n: q.copy() for n, q in p.items()}, g
        rate = RATE * (1 + np.cos(np.pi * k / (EPOCHS * STEPS))) / 2 if name == "adamw" else RATE
        for n in p:
            if name == "sgd":
                p[n] = p[n] - rate * g[n]
            elif name == "momentum":
                v[n] = 0.9 * v[n] + g[n]
                p[n] = p[n] - rate * v[n]
            else:
                m[n], v[n] = 0.9 * m[n] + 0.1 * g[n], 0.999 * v[n] + 0.001 * g[n] ** 2
                step = m[n] / (1 - 0.9 ** (k + 1)) / (np.sqrt(v[n] / (1 - 0.999 ** (k + 1))) + 1e-8)
                p[n] = p[n] - rate * step - (rate * 1e-4 * p[n] if name == "adamw" else 0)


def test_every_moment_is_numpys(replayed):
    name, training = replayed
    places = set()
    for k, p, g in by_hand(name, training):
        case = past(training, f"E@{k}").case
        moment = training.moment(k)
        assert (moment.epoch, moment.step) == (k // STEPS + 1, k % STEPS + 1)
        assert len(moment.x) == (3 if k % STEPS == STEPS - 1 else BATCH)
        np.testing.assert_array_equal(moment.x, X[moment.rows])
        places |= set(moment.rows.tolist()) if k < STEPS else set()
        for n in p:
            np.testing.assert_allclose(moment.parameters[n], p[n], rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(case.sweep.gradients[n].array, g[n], rtol=1e-9, atol=1e-12)
    assert places == set(range(len(X)))


def test_it_ends_bit_for_bit_in_the_run(replayed):
    _, training = replayed
    assert training.distance == 0
    for name, array in training.run.parameters.items():
        np.testing.assert_array_equal(training.state(EPOCHS).parameters[name], array)


def test_updates_are_those_of_the_program(replayed):
    """What an update makes by its factors is what the next one starts from."""
    _, training = replayed
    for k in (0, 4, 5, 11, EPOCHS * STEPS - 1):
        for name in ("w1[1,2]", "b1[0]", "w2[3,0]", "b2[0]"):
            address, _, index = name.partition("[")
            made = explain(training, quantity=f"{address}'[{index}@{k}")
            moment = training.moment(k + 1)
            truth = moment.parameters[address][tuple(map(int, index.rstrip("]").split(",")))]
            assert made.value == pytest.approx(float(truth), rel=1e-11)
            again = explain(training, quantity=f"{name}@{k + 1}")
            assert again.value == made.value
            terms = [np.prod([f["value"] for f in term["factors"]]) for term in again.terms]
            assert sum(terms) == pytest.approx(again.value, rel=1e-12)


def test_the_history_of_a_weight_adds_up(replayed):
    name, training = replayed
    history = WeightHistory(training, "w1[1,2]")
    course = history.course
    expected = [(p["w1"][1, 2], g["w1"][1, 2]) for _, p, g in by_hand(name, training)]
    np.testing.assert_allclose(
        np.column_stack([course.value, course.gradient]), expected, rtol=1e-9, atol=1e-12
    )
    assert course.end == training.run.parameters["w1"][1, 2]
    assert course.change.sum() == pytest.approx(course.end - course.start, rel=1e-12)
    lines = history.csv().splitlines()
    assert lines[0] == "update,epoch,value,gradient,change"
    assert len(lines) == EPOCHS * STEPS + 1
    assert history.plain()["epoch"][-1] == EPOCHS
    assert "The history of w1[1,2]" in str(history)


# --- float32, and how far a step looked at is from the step in the loop -------------------------------


def test_float32_to_some_units_of_rounding():
    """At the ends of epochs bit for bit; inside, at most 8 units of rounding of the largest weight of an
    array; a gradient within 64 of the sum of its terms' sizes.
    """
    run, _ = trained("adam", np.float32)
    training = replay(run, X.astype("f4"), T.astype("f4"))
    assert training.distance == 0
    unit = np.finfo(np.float32).eps / 2
    state = training.state(2)
    end, _, _ = training._looked(1, STEPS)
    for name, array in state.parameters.items():
        gap = np.abs(np.asarray(end.parameters[name], float) - np.asarray(array, float)).max()
        assert gap <= 8 * unit * np.abs(array).max()
    course = training.course("w1", (0, 1))
    for k in range(0, EPOCHS * STEPS, 3):
        derived = explain(training, quantity=f"dE/dw1[0,1]@{k}", terms=50)
        size = sum(abs(term["value"]) for term in derived.terms)
        assert abs(derived.value - course.gradient[k]) <= 64 * unit * size


# --- what a run can be asked, and what not ------------------------------------------------------------


def test_words_of_a_moment():
    run, _ = trained("adam")
    text = " ".join(str(explain(run, X, T, "w1[0,1]@epoch:2")).split())
    assert "w₁[0,1] after 10 updates" in text
    assert "This is update 9 of the training, counted from 0: step 5 of 5 in epoch 2" in text
    assert "It went by adam; α was 0.02." in text
    assert "which ends in the run's weights bit for bit" in text
    found = explain(run, X, T, "dE/dw1@7")
    assert found.plain()["quantity"].endswith("]@7")
    assert found.terms[0]["factors"][0]["quantity"].endswith("@7")
    assert explain(run, X[:2], T[:2], "E@3", ahead=True).value != explain(run, X, T, "E@3").value


def test_moments_that_are_not_there():
    run, _ = trained("sgd")
    refused = {
        "E@21": "made 20 updates in 4 epochs; with --ahead",
        "E@x": "after @",
        "E@epoch:5": "20 updates",
    }
    for quantity, says in {**refused, "q1@3": "no quantity"}.items():
        with pytest.raises(InputError, match=says):
            explain(run, X, T, quantity)
    assert explain(run, X, T, "E@20").value > 0  # the one that would have come next
    with pytest.raises(InputError, match="the run learned from 23 rows, and here are 4"):
        explain(run, X[:4], T[:4], "E@1")
    with pytest.raises(InputError, match="does not end in the weights of the run"):
        explain(run, X[::-1].copy(), T, "E@1")
    with pytest.raises(InputError, match="give x and t"):
        explain(run, quantity="E@1")
    with pytest.raises(InputError, match="the run is one network: there is no member 1"):
        replay(run, X, T, member=1)


def test_what_was_an_object_has_to_be_given_again():
    run, given = trained("adamw")
    with pytest.raises(InputError, match="the run's learning rate was a function"):
        replay(run, X, T)
    assert replay(run, X, T, learning_rate=given["learning_rate"]).moment(3).learning_rate < RATE
    clipped = optax.chain(optax.clip_by_global_norm(0.1), optax.sgd(RATE))
    run, _ = trained("sgd", optimizer=clipped)
    with pytest.raises(InputError, match="optimiser that was an object"):
        replay(run, X, T)
    training = replay(run, X, T, optimizer=clipped)
    assert training.rule is None
    text = " ".join(str(explain(training, quantity="dE/dw1[0,0]@3")).split())
    assert "What the optimiser custom made of the gradients has no words here." in text


def test_rows_held_out_weighed_and_the_best_weights():
    weight = RNG.uniform(0.5, 2, len(X))
    run = train(PLAIN, X, T, learning_rate=0.3, epochs=6, batch_size=5, validation=0.2, patience=50,
                sample_weight=weight, seed=1)  # fmt: skip
    with pytest.raises(InputError, match="does not end"):
        replay(run, X, T)
    training = replay(run, X, T, sample_weight=weight)
    moment = training.moment(2)
    np.testing.assert_array_equal(moment.x, X[moment.rows])
    shares = weight[moment.rows] / weight[moment.rows].sum()
    np.testing.assert_allclose(moment.share, shares, rtol=1e-12)
    assert training.distance == 0


def test_members_of_a_mean():
    run = train_folds(PLAIN, X, T, members=3, optimizer="adam", learning_rate=RATE, epochs=6, batch_size=5,
                      patience=3, seed=2).run  # fmt: skip
    for member in range(3):
        training = replay(run, X, T, member=member)
        assert training.distance == 0
        moment = training.moment(7)
        np.testing.assert_array_equal(moment.x, X[moment.rows])
        assert f"this is network {member} of them" in " ".join(str(explain(training, quantity="E@7")).split())
    with pytest.raises(InputError, match="the mean of 3 networks, counted from 0: there is no member 3"):
        replay(run, X, T, member=3)


def test_a_member_is_seen_in_the_mean():
    network = Network([Dense(2, "relu"), Dropout(0.1), Dense(3, "relu"), Dense(1)])
    members = [network.start(4, seed) for seed in range(3)]
    mean, parameters = mean_network(network, members)
    assert member_network(mean, 3) == network
    for k, member in enumerate(members):
        seen = member_parameters(network, parameters, 3, k)
        assert list(seen) == ["w1", "b1", "w2", "b2"]
        for name, array in seen.items():
            np.testing.assert_array_equal(array, member[name])
