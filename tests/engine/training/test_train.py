"""Training: the same weights as a plain loop with `jax.grad`, the same bytes for the same seed."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
import optax
import pytest

from chainrule.engine.backprop import descend, evaluate, sweep
from chainrule.engine.network import Network
from chainrule.engine.runs.run import Run
from chainrule.engine.stopping import Stop
from chainrule.engine.training import loop
from chainrule.engine.training.state import SPAN, Plan
from chainrule.engine.training.train import train
from chainrule.errors import InputError, ShapeError
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.residual import Residual
from tests.oracles import descent

if TYPE_CHECKING:
    from chainrule.engine.training.loop import Progress

ROWS, WIDTH, EPOCHS = 11, 3, 4
TANH = Network([Dense(3, "tanh"), Dense(1)])
DEEP = Network([Dense(4, "gelu"), Residual([Dense(4, "silu")]), Dense(1, "sigmoid")])
DROPPED = Network([Dense(6, "softplus"), Dropout(0.5), Dense(4, "tanh"), Dropout(0.2), Dense(1)])
TWO = Network([Dense(3, "tanh"), Dense(1)], "binary_cross_entropy")
THREE = Network([Dense(3, "tanh"), Dense(3)], "softmax_cross_entropy")


def rows(
    network: Network = TANH, count: int = ROWS, dtype: Any = np.float64
) -> tuple[np.ndarray, np.ndarray]:
    """Random rows x (count, WIDTH), and targets t that the network's loss has a meaning for."""
    rng = np.random.default_rng(count)
    x = rng.normal(size=(count, WIDTH))
    labels = rng.permutation(np.arange(count) % 3)
    t = np.tanh(x @ rng.normal(size=(WIDTH, 1))) + 0.1 * rng.normal(size=(count, 1))
    t = {TWO: labels[:, None] % 2, THREE: np.eye(3)[labels]}.get(network, t)
    return x.astype(dtype), t.astype(dtype)


def bits(run: Run) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in run.parameters.items()}


def near(found: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> None:
    """Each array equals, to 2**13 roundings (1e-12) of its own largest element."""
    assert set(found) == set(wanted)
    for name, array in wanted.items():
        off = np.abs(found[name] - array).max() / np.abs(array).max()
        assert off <= 2**12 * np.finfo(np.float64).eps, f"{name} is off by {off:.3g}"


# --- equal to a plain loop --------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One way to train: options of `train`, and whether rows count differently."""

    network: Network
    optimizer: Any = "sgd"
    options: dict[str, Any] = field(default_factory=dict)
    weighted: bool = False


CASES = {
    "full batch": Case(TANH),
    "online": Case(TANH, options={"batch_size": 1}),
    "short last batch": Case(TANH, options={"batch_size": 4}),
    "in the table's order": Case(TANH, options={"batch_size": 4, "shuffle": False}),
    "weighted": Case(TANH, options={"batch_size": 4}, weighted=True),
    "weighted, full batch": Case(DEEP, weighted=True),
    "weight decay": Case(TANH, options={"batch_size": 5, "weight_decay": 0.03}),
    "dropout": Case(DROPPED, options={"batch_size": 4}),
    "dropout, decay, weighted, full batch": Case(DROPPED, options={"weight_decay": 0.01}, weighted=True),
    "momentum": Case(TANH, optax.sgd(0.05, momentum=0.9, nesterov=True), {"batch_size": 4}),
    "adam": Case(DEEP, "adam", {"batch_size": 4}),
    "schedule": Case(TANH, "adam", {"batch_size": 4, "learning_rate": optax.cosine_decay_schedule(0.1, 9)}),
    "two classes": Case(TWO, "rmsprop", {"batch_size": 4}),
    "three classes": Case(THREE, "amsgrad", {"batch_size": 4}, weighted=True),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_weights_are_those_of_a_plain_loop(case: Case) -> None:
    x, t = rows(case.network)
    weight = np.random.default_rng(5).uniform(0.1, 3, ROWS) if case.weighted else None
    options = {"learning_rate": 0.05, "batch_size": ROWS, **case.options}
    run = train(
        case.network, x, t, optimizer=case.optimizer, epochs=EPOCHS, seed=7, sample_weight=weight, **options
    )
    rate = options["learning_rate"]
    rule = getattr(optax, case.optimizer)(rate) if isinstance(case.optimizer, str) else case.optimizer
    plan = Plan(
        network=case.network,
        optimizer=case.optimizer,
        learning_rate=rate,
        rows=ROWS,
        batch=options["batch_size"],
        shuffle=options.get("shuffle", True),
        weight_decay=options.get("weight_decay", 0.0),
        thresholded=False,
        patient=False,
    )
    steps = descent.drawn(plan, WIDTH, 7, EPOCHS)
    counted = np.ones(ROWS) if weight is None else weight
    wanted, losses = descent.descended(plan, case.network.start(WIDTH, 7), x, t, counted, steps, rule)
    near(run.parameters, wanted)
    np.testing.assert_allclose(run.history.loss, losses, rtol=1e-12)
    assert (run.stopped_by, run.epochs, len(run.history)) == (Stop.EPOCHS, EPOCHS, EPOCHS)


def test_plain_descent_is_the_glass_box_s_own() -> None:
    x, t = rows()
    parameters = TANH.start(WIDTH, 3)
    losses = []
    for _ in range(25):
        found = sweep(TANH, parameters, x, t)
        losses.append(float(found.loss.array))
        parameters = {name: new.array for name, new in descend(found, 0.3).items()}
    run = train(TANH, x, t, learning_rate=0.3, epochs=25, seed=3)
    near(run.parameters, parameters)
    np.testing.assert_allclose(run.history.loss, losses, rtol=1e-13)
    assert run.loss == pytest.approx(float(evaluate(TANH, parameters, x, t).array), rel=1e-13)


def test_no_weights_are_equal_weights() -> None:
    x, t = rows()
    plain, weighted = (
        train(TANH, x, t, epochs=5, batch_size=4, sample_weight=w) for w in (None, np.full(ROWS, 2.5))
    )
    near(plain.parameters, weighted.parameters)
    assert plain.loss == pytest.approx(weighted.loss, rel=1e-13)


def test_a_row_of_weight_2_is_a_row_twice() -> None:
    x, t = rows()
    twice = np.r_[np.arange(ROWS), 4]
    weight = np.bincount(twice).astype(float)
    weighted = train(TANH, x, t, epochs=5, sample_weight=weight)
    near(weighted.parameters, train(TANH, x[twice], t[twice], epochs=5).parameters)


def test_a_row_of_weight_0_is_not_there() -> None:
    x, t = rows()
    weight = np.ones(ROWS)
    weight[3] = 0
    left = np.flatnonzero(weight)
    weighted = train(TANH, x, t, epochs=5, sample_weight=weight)
    near(weighted.parameters, train(TANH, x[left], t[left], epochs=5).parameters)


def test_a_batch_without_weight_teaches_nothing() -> None:
    x, t = rows()
    weight = np.ones(ROWS)
    weight[4:8] = 0
    run = train(TANH, x, t, epochs=3, batch_size=4, shuffle=False, sample_weight=weight)
    left = np.flatnonzero(weight)
    near(
        run.parameters,
        train(TANH, x[left], t[left], epochs=3, batch_size=4, shuffle=False).parameters,
    )


# --- what is drawn ----------------------------------------------------------------------------------


def plan(network: Network = TANH, count: int = ROWS, batch: int = 4) -> Plan:
    return Plan(network, "sgd", 0.1, count, batch, True, 0.0, False, False)


def test_every_epoch_takes_every_row_once_in_a_fresh_order() -> None:
    epochs = descent.drawn(plan(), WIDTH, seed=0, epochs=6)
    orders = [tuple(np.concatenate([step.rows for step in steps]).tolist()) for steps in epochs]
    assert all(sorted(order) == list(range(ROWS)) for order in orders)
    assert len(set(orders)) == 6
    other = descent.drawn(plan(), WIDTH, seed=1, epochs=1)[0]
    assert tuple(np.concatenate([step.rows for step in other]).tolist()) not in orders


def test_every_order_comes_up() -> None:
    """600 orders of 3 rows: each of the six 100 times, give or take four standard deviations."""
    epochs = descent.drawn(plan(count=3, batch=2), WIDTH, seed=0, epochs=600)
    orders = [tuple(np.concatenate([step.rows for step in steps]).tolist()) for steps in epochs]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6
    assert max(abs(count - 100) for count in counts) < 4 * (600 / 6 * 5 / 6) ** 0.5


def test_masks_are_fresh_in_every_layer_step_and_epoch() -> None:
    epochs = descent.drawn(plan(DROPPED, 200, 100), WIDTH, seed=0, epochs=3)
    for layer, (rate, width) in enumerate([(0.5, 6), (0.2, 4)]):
        masks = [step.masks[layer] for steps in epochs for step in steps]
        assert {mask.shape for mask in masks} == {(100, width)}
        assert {float(value) for mask in masks for value in mask.flat} == {0.0, 1 / (1 - rate)}
        assert len({mask.tobytes() for mask in masks}) == 6
        dropped = np.mean([mask == 0 for mask in masks])
        assert abs(dropped - rate) < 4 * (rate * (1 - rate) / (600 * width)) ** 0.5
    first, second = epochs[0][0].masks
    assert 0.3 < np.mean((first[:, :4] == 0) == (second == 0)) < 0.7  # two layers, two streams


# --- the same again ---------------------------------------------------------------------------------

OPTIONS: dict[str, Any] = {"optimizer": "adam", "batch_size": 4, "epochs": 40, "learning_rate": 0.01}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_same_seed_same_bytes(dtype: Any) -> None:
    x, t = rows(DROPPED, dtype=dtype)
    one, again, other = (train(DROPPED, x, t, seed=seed, **OPTIONS) for seed in (4, 4, 5))
    assert bits(one) == bits(again)
    assert (one.history, one.loss) == (again.history, again.loss)
    assert all(bits(one)[name] != bits(other)[name] for name in ("w1", "b1", "w2", "b2", "w3", "b3"))


@pytest.mark.parametrize(
    "stop", [{}, {"threshold": 0.0}, {"threshold": 0.2}, {"validation": 0.3, "patience": 7}]
)
def test_how_often_the_host_looks_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, stop: dict[str, Any]
) -> None:
    x, t = rows(DROPPED, 24)
    found, looks = [], []
    for visit in (0.0, 1e9):
        monkeypatch.setattr(loop, "VISIT", visit)
        looked: list[Progress] = []
        found.append(train(DROPPED, x, t, progress=looked.append, **OPTIONS, **stop))
        looks.append(len(looked))
    assert bits(found[0]) == bits(found[1])
    assert found[0].history == found[1].history
    assert (found[0].epochs, found[0].stopped_by) == (found[1].epochs, found[1].stopped_by)
    assert looks[0] == found[0].epochs > looks[1]


def test_more_epochs_than_one_call_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "VISIT", 1e9)
    x, t = rows()
    looked: list[Progress] = []
    ramp = [1, 1 + 16, 1 + 16 + 256, 1 + 16 + 256 + 4096]
    epochs = ramp[-1] + SPAN + 5
    run = train(TANH, x, t, epochs=epochs, learning_rate=1e-4, progress=looked.append)
    assert [look.epoch for look in looked] == [*ramp, ramp[-1] + SPAN, epochs]
    assert len(run.history) == run.epochs == epochs
    assert np.isfinite(run.history.loss).all()
    assert (np.diff(run.history.loss) < 0).all()


def test_a_second_training_compiles_nothing(caplog: pytest.LogCaptureFixture) -> None:
    x, t = rows()
    first = train(TANH, x, t, epochs=2, seed=0)
    with jax.log_compiles(), caplog.at_level("WARNING"):
        second = train(TANH, x, t, epochs=3, seed=1)
    assert not [r for r in caplog.records if "ompil" in r.message and "_run" in r.message]
    assert bits(first) != bits(second)


# --- what is told -----------------------------------------------------------------------------------


def test_history_is_the_mean_over_rows_measured_before_each_update() -> None:
    """41 rows in batches of 20: the last batch has one row, and counts as one."""
    x, t = rows(count=41)
    start = TANH.start(WIDTH, 0)
    run = train(TANH, x, t, batch_size=20, epochs=3, learning_rate=0.0)
    whole = float(evaluate(TANH, start, x, t).array)
    for loss in run.history.loss:
        assert abs(loss - whole) <= 4 * np.spacing(whole)
    assert {name: a.tobytes() for name, a in start.items()} == bits(run)


def test_validation_loss_of_every_epoch() -> None:
    x, t = rows()
    out = (x[:4] + 0.1, t[:4])
    run = train(TANH, x, t, epochs=5, batch_size=4, validation=out)
    assert run.history.validation_loss is not None
    for epochs, loss in enumerate(run.history.validation_loss, start=1):
        shorter = train(TANH, x, t, epochs=epochs, batch_size=4)
        assert loss == pytest.approx(float(evaluate(TANH, shorter.parameters, *out).array), rel=1e-13)
    assert run.validation_loss == pytest.approx(run.history.validation_loss[-1], rel=1e-13)
    assert bits(run) == bits(shorter)  # being watched changes nothing


def test_a_share_is_held_out_at_random_and_not_learned_from() -> None:
    x, t = rows(count=20)
    run = train(TANH, x, t, validation=0.25, epochs=3, seed=2)
    assert (run.settings["rows"], run.settings["validation_rows"]) == (15, 5)
    out = np.sort(np.random.default_rng([2, 1]).permutation(20)[:5])
    kept = np.setdiff1d(np.arange(20), out)
    near(run.parameters, train(TANH, x[kept], t[kept], epochs=3, seed=2).parameters)
    assert run.validation_loss == pytest.approx(float(evaluate(TANH, run.parameters, x[out], t[out]).array))
    assert run.loss == pytest.approx(float(evaluate(TANH, run.parameters, x[kept], t[kept]).array))


def test_the_penalty_is_in_the_loss_and_dropout_is_not_in_the_result() -> None:
    x, t = rows()
    run = train(DROPPED, x, t, epochs=1, weight_decay=0.2, learning_rate=0.0)
    start = DROPPED.start(WIDTH)
    penalty = 0.1 * sum(float((a**2).sum()) for name, a in start.items() if name.startswith("w"))
    assert run.history.loss[0] > penalty
    decayed = float(evaluate(DROPPED, start, x, t, weight_decay=0.2).array)
    assert run.loss == pytest.approx(decayed, rel=1e-13)


def test_progress_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "VISIT", 0.0)
    x, t = rows()
    looked: list[Progress] = []
    run = train(TANH, x, t, epochs=7, validation=(x, t), progress=looked.append)
    assert [look.epoch for look in looked] == list(range(1, 8))
    assert [look.loss for look in looked] == run.history.loss
    assert [look.validation_loss for look in looked] == run.history.validation_loss
    assert {look.epochs for look in looked} == {7}
    seconds = [look.seconds for look in looked]
    assert seconds == sorted(seconds)
    assert 0 < seconds[0] <= seconds[-1] <= run.seconds
    for look in looked:
        assert look.remaining == pytest.approx(look.seconds / look.epoch * (7 - look.epoch))


def test_settings_say_what_was_asked() -> None:
    x, t = rows(dtype=np.float32)
    schedule = optax.cosine_decay_schedule(0.1, 10)
    run = train(TANH, x, t, epochs=1, batch_size=99, seed=6)
    assert {name: run.settings[name] for name in run.settings if name != "device"} == {
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "epochs": 1,
        "batch_size": ROWS,
        "shuffle": True,
        "threshold": None,
        "patience": None,
        "weight_decay": 0.0,
        "seed": 6,
        "dtype": "float32",
        "rows": ROWS,
        "validation_rows": 0,
    }
    other = train(TANH, x, t, epochs=1, optimizer=optax.sgd(schedule), learning_rate=schedule)
    assert (other.settings["optimizer"], other.settings["learning_rate"]) == ("custom", "schedule")


# --- where it starts --------------------------------------------------------------------------------


def test_starts_from_given_parameters() -> None:
    x, t = rows()
    first = train(TANH, x, t, epochs=3)
    second = train(TANH, x, t, epochs=2, parameters=first.parameters)
    near(second.parameters, train(TANH, x, t, epochs=5).parameters)


def test_no_epochs_give_the_start() -> None:
    x, t = rows()
    run = train(TANH, x, t, epochs=0, seed=9)
    assert bits(run) == {name: a.tobytes() for name, a in TANH.start(WIDTH, 9).items()}
    assert (run.epochs, run.history.loss, run.stopped_by) == (0, [], Stop.EPOCHS)


def test_parameters_keep_the_network_s_order() -> None:
    x, t = rows(DEEP)
    network = Network([Dense(2, "tanh") for _ in range(11)] + [Dense(1)])
    assert list(train(network, x, t, epochs=1).parameters) == list(network.start(WIDTH))


# --- what is refused --------------------------------------------------------------------------------

X, T = rows()
REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "batch 0": ({"batch_size": 0}, InputError, "batch_size is a whole number from 1 up, not 0"),
    "batch 1.5": ({"batch_size": 1.5}, InputError, "batch_size is a whole number"),
    "batch True": ({"batch_size": True}, InputError, "batch_size is a whole number"),
    "epochs -1": ({"epochs": -1}, InputError, "epochs is a whole number from 0 up, not -1"),
    "epochs inf": ({"epochs": float("inf")}, InputError, "epochs is a whole number"),
    "seed -1": ({"seed": -1}, InputError, "seed is a whole number from 0 up, not -1"),
    "seed too long": ({"seed": 2**32}, InputError, "seed is a whole number up to 4294967295, not 4294967296"),
    "epochs too many": ({"epochs": 2**31}, InputError, "epochs is a whole number up to 2147483647"),
    "seed None": ({"seed": None}, InputError, "seed is a whole number"),
    "rate nan": ({"learning_rate": float("nan")}, InputError, "learning rate is a finite number"),
    "rate inf": ({"learning_rate": float("inf")}, InputError, "learning rate is a finite number"),
    "rate -1": ({"learning_rate": -0.1}, InputError, "from 0 up, not -0.1"),
    "rate a word": ({"learning_rate": "fast"}, InputError, "learning rate is a finite number"),
    "threshold nan": ({"threshold": float("nan")}, InputError, "threshold is a finite number"),
    "threshold -1": ({"threshold": -1.0}, InputError, "from 0 up, not -1"),
    "threshold a word": ({"threshold": "low"}, InputError, "threshold is a finite number"),
    "patience 0": ({"patience": 0, "validation": 0.2}, InputError, "patience is a whole number from 1 up"),
    "patience alone": ({"patience": 3}, InputError, "hold rows out with validation=0.2"),
    "validation 1": ({"validation": 1.0}, InputError, "a share of the rows between 0 and 1, not 1.0"),
    "validation 0": ({"validation": 0.0}, InputError, "a share of the rows between 0 and 1, not 0.0"),
    "validation 1, whole": ({"validation": 1}, InputError, "a share of the rows"),
    "validation too small": ({"validation": 0.01}, InputError, "leaves nothing on one side"),
    "validation of four": ({"validation": (X, T, T, T)}, InputError, "validation is"),
    "validation weights": ({"validation": (X, T, [-1.0] * len(X))}, InputError, "sample weights are"),
    "validation narrow": ({"validation": (X[:, :2], T)}, ShapeError, "2"),
    "validation nan": ({"validation": (X * np.nan, T)}, InputError, "nan"),
    "decay -1": ({"weight_decay": -1.0}, InputError, "weight decay is a finite number from 0 up, not -1"),
    "decay nan": ({"weight_decay": float("nan")}, InputError, "weight decay"),
    "decay a word": ({"weight_decay": "much"}, InputError, "weight decay"),
    "optimizer": ({"optimizer": "adm"}, InputError, "no optimizer is called 'adm'. Did you mean 'adam'?"),
    "optimizer 3": ({"optimizer": 3}, InputError, "the name of one or an Optax transformation, not 3"),
    "start lacks": ({"parameters": {"w1": T}}, InputError, r"parameters are \['w1'\], the network has"),
    "start shape": ({"parameters": TANH.start(2)}, ShapeError, r"w1 was given as \(2, 3\), .* \(3, 3\)"),
    "start nan": ({"parameters": {n: a * np.nan for n, a in TANH.start(WIDTH).items()}}, InputError, "w1"),
}


@pytest.mark.parametrize(("options", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        train(TANH, X, T, **{"epochs": 1, **options})
    assert "\n" not in str(caught.value)


def test_nothing_to_train() -> None:
    with pytest.raises(InputError, match="nothing to train: give the network a Dense layer"):
        train(Network(["tanh"]), X, X)


@pytest.mark.parametrize("rate", [np.float32(0.1), np.float64(0.1), np.int64(0), 1])
def test_numpy_s_numbers_are_numbers(rate: Any) -> None:
    run = train(
        TANH, X, T, learning_rate=rate, epochs=np.int64(1), batch_size=np.int32(ROWS), seed=np.int64(3)
    )
    assert run.epochs == 1


@pytest.mark.parametrize("seed", [0, 2**31, 2**32 - 1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_seed_of_32_bits(seed: int, dtype: Any) -> None:
    x, t = rows(dtype=dtype)
    run = train(TANH, x, t, seed=seed, epochs=1, batch_size=6, validation=0.2)
    assert run.settings["seed"] == seed


def test_the_largest_counts() -> None:
    most = 2**31 - 1
    run = train(TANH, X, T, epochs=most, batch_size=most, patience=most, validation=0.2, threshold=1e9)
    assert (run.stopped_by, run.epochs) == (Stop.THRESHOLD, 0)
