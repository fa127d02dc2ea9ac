"""Why training stops: at the right update, with the right weights, and for the reason it gives."""

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from chainrule.engine.backprop import descend, evaluate, sweep
from chainrule.engine.network import Network
from chainrule.engine.stopping import Divergence, Stop
from chainrule.engine.training import loop
from chainrule.engine.training.loop import Progress
from chainrule.engine.training.train import train
from chainrule.rules.layers.dense import Dense

if TYPE_CHECKING:
    from chainrule.engine.runs.run import Run

LESSON = Network([Dense(1, "sigmoid", [[0.15]], [0.4]), Dense(1, "sigmoid", [[0.45]], [0.65])])
NET = Network([Dense(3, "tanh"), Dense(1)])


def rows(count: int = 12, dtype: Any = np.float64) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(count)
    x = rng.normal(size=(count, 2))
    return x.astype(dtype), np.sin(x.sum(axis=1, keepdims=True)).astype(dtype)


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return {n: a.tobytes() for n, a in one.items()} == {n: a.tobytes() for n, a in other.items()}


# --- epochs and threshold ---------------------------------------------------------------------------


def test_the_lesson_takes_81_updates() -> None:
    run = train(LESSON, [[0.1]], [[0.25]], learning_rate=0.4, epochs=5000, threshold=1e-3)
    updates, p = 0, LESSON.start(1)
    while (found := sweep(LESSON, p, np.array([[0.1]]), np.array([[0.25]]))).loss.array >= 1e-3:
        updates, p = updates + 1, {name: new.array for name, new in descend(found, 0.4).items()}
    assert (run.epochs, run.stopped_by, updates) == (81, Stop.THRESHOLD, 81)
    assert run.loss < 1e-3
    assert run.loss == pytest.approx(float(found.loss.array), rel=1e-12)
    assert len(run.history) == 81
    assert min(run.history.loss) >= 1e-3
    for name, array in p.items():
        np.testing.assert_allclose(run.parameters[name], array, rtol=1e-13)


@pytest.mark.parametrize("visit", [0.0, 1e9])
@pytest.mark.parametrize("rank", [0, 1, 16, 17, 40])
def test_threshold_is_exact_in_full_batches(monkeypatch: pytest.MonkeyPatch, rank: int, visit: float) -> None:
    """A threshold just above E@N and not above E@(N − 1) stops after N updates, wherever visits fall."""
    monkeypatch.setattr(loop, "VISIT", visit)
    x, t = rows()
    losses = train(NET, x, t, epochs=60, learning_rate=0.05).history.loss
    run = train(NET, x, t, epochs=60, learning_rate=0.05, threshold=np.nextafter(losses[rank], 1))
    assert (run.stopped_by, run.epochs, run.history.loss) == (Stop.THRESHOLD, rank, losses[:rank])
    assert same(run.parameters, train(NET, x, t, epochs=rank, learning_rate=0.05).parameters)
    assert run.loss == pytest.approx(losses[rank], rel=1e-14)


def test_threshold_is_below_and_not_at() -> None:
    x, t = rows()
    losses = train(NET, x, t, epochs=9, learning_rate=0.05).history.loss
    run = train(NET, x, t, epochs=9, learning_rate=0.05, threshold=losses[5])
    assert run.epochs == 6


def test_threshold_that_is_not_reached() -> None:
    x, t = rows()
    run = train(NET, x, t, epochs=5, threshold=0.0)
    assert (run.stopped_by, run.epochs, len(run.history)) == (Stop.EPOCHS, 5, 5)


def test_threshold_in_batches_judges_the_epoch_s_mean() -> None:
    x, t = rows()
    options: dict[str, Any] = {"epochs": 60, "learning_rate": 0.05, "batch_size": 5}
    losses = train(NET, x, t, **options).history.loss
    run = train(NET, x, t, threshold=losses[20], **options)
    assert (run.stopped_by, run.epochs, run.history.loss) == (Stop.THRESHOLD, 22, losses[:22])
    assert same(run.parameters, train(NET, x, t, **options | {"epochs": 22}).parameters)


# --- patience ---------------------------------------------------------------------------------------

OVERFIT: dict[str, Any] = {"optimizer": "adam", "learning_rate": 0.05, "batch_size": 4}


def noisy() -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Too few rows, all noise: the validation loss falls at first and then rises."""
    rng = np.random.default_rng(3)
    x, v = rng.normal(size=(12, 2)), rng.normal(size=(20, 2))
    return x, x[:, :1] + rng.normal(size=(12, 1)), (v, v[:, :1])


@pytest.mark.parametrize("visit", [0.0, 1e9])
@pytest.mark.parametrize("patience", [1, 3, 10])
def test_patience_restores_the_best_weights(
    monkeypatch: pytest.MonkeyPatch, patience: int, visit: float
) -> None:
    monkeypatch.setattr(loop, "VISIT", visit)
    x, t, out = noisy()
    run = train(NET, x, t, epochs=400, patience=patience, validation=out, **OVERFIT)
    losses = run.history.validation_loss
    assert losses is not None
    best = int(np.argmin(losses))
    assert run.stopped_by is Stop.PATIENCE
    assert run.epochs == len(losses) == best + 1 + patience
    waits = [0]
    for epoch in range(1, len(losses)):
        waits.append(0 if losses[epoch] < min(losses[:epoch]) else waits[-1] + 1)
    assert waits.index(patience) == len(losses) - 1  # not one epoch late, nor early
    assert same(run.parameters, train(NET, x, t, epochs=best + 1, validation=out, **OVERFIT).parameters)
    assert run.validation_loss == pytest.approx(losses[best], rel=1e-14)


def test_best_weights_are_kept_also_when_the_epochs_end_first() -> None:
    x, t, out = noisy()
    run = train(NET, x, t, epochs=60, patience=1000, validation=out, **OVERFIT)
    assert run.history.validation_loss is not None
    best = int(np.argmin(run.history.validation_loss))
    assert (run.stopped_by, run.epochs) == (Stop.EPOCHS, 60)
    assert best < 59
    assert same(run.parameters, train(NET, x, t, epochs=best + 1, **OVERFIT).parameters)


@pytest.mark.parametrize("batch", [None, 4])
def test_a_threshold_beside_patience_gives_weights_below_it(batch: int | None) -> None:
    x, t, out = noisy()
    options = OVERFIT | {"epochs": 400, "batch_size": batch}
    alone = train(NET, x, t, threshold=0.2, **options)
    run = train(NET, x, t, threshold=0.2, patience=399, validation=out, **options)
    assert run.stopped_by is alone.stopped_by is Stop.THRESHOLD
    assert run.epochs == alone.epochs
    assert same(run.parameters, alone.parameters)


# --- divergence -------------------------------------------------------------------------------------


def replayed(
    network: Network, p: dict[str, np.ndarray], batches: list[Any], rate: float
) -> tuple[int, int, str, dict[str, np.ndarray]]:
    """(epoch, step, quantity, weights before that epoch) of the first number that is not finite.

    Plain NumPy for a network of Dense layers with ReLU and a linear end, half squared error.
    """
    depth = len(p) // 2
    with np.errstate(all="ignore"):
        for epoch in range(1, 1000):
            kept = p
            for step, (x, t) in enumerate(batches, start=1):
                a, found = [x], {}
                for k in range(1, depth + 1):
                    found[f"z{k}"] = a[-1] @ p[f"w{k}"] + p[f"b{k}"]
                    a.append(np.maximum(found[f"z{k}"], 0) if k < depth else found[f"z{k}"])
                found["E"] = ((t - a[-1]) ** 2 / 2).sum(axis=1).mean()
                dz = (a[-1] - t) / len(x)
                new = {}
                for k in range(depth, 0, -1):
                    found[f"dE/dw{k}"], found[f"dE/db{k}"] = a[k - 1].T @ dz, dz.sum(axis=0)
                    new |= {n: p[n] - rate * found[f"dE/d{n}"] for n in (f"w{k}", f"b{k}")}
                    if k > 1:
                        found[f"dE/da{k - 1}"] = dz @ p[f"w{k}"].T
                        dz = found[f"dE/da{k - 1}"] * (a[k - 1] > 0)
                found |= {f"{name}'": new[name] for name in p}
                bad = [name for name, array in found.items() if not np.isfinite(array).all()]
                if bad:
                    return epoch, step, bad[0], kept
                p = new
    raise AssertionError("it does not diverge")


DIVERGING = {
    "a little too fast": (0.9, np.float64, 12, [4, 1]),
    "in batches": (0.9, np.float64, 5, [4, 1]),
    "online, deep": (9.0, np.float64, 1, [3, 3, 1]),
    "much too fast": (1e60, np.float64, 12, [4, 1]),
    "float32": (0.9, np.float32, 5, [4, 1]),
    "in the first epoch": (1e200, np.float64, 5, [4, 1]),
}


@pytest.mark.parametrize(("rate", "dtype", "batch", "units"), DIVERGING.values(), ids=DIVERGING)
@pytest.mark.parametrize("visit", [0.0, 1e9])
def test_divergence_is_named(
    monkeypatch: pytest.MonkeyPatch, rate: float, dtype: Any, batch: int, units: list[int], visit: float
) -> None:
    monkeypatch.setattr(loop, "VISIT", visit)
    network = Network([Dense(n, "relu") for n in units[:-1]] + [Dense(units[-1])])
    x, t = rows(dtype=dtype)
    x, t = x * 3, t * 3
    batches = [(x[i : i + batch], t[i : i + batch]) for i in range(0, len(x), batch)]
    start = {name: a.astype(dtype) for name, a in network.start(2).items()}
    epoch, step, quantity, kept = replayed(network, start, batches, dtype(rate))
    run = train(network, x, t, learning_rate=rate, epochs=1000, batch_size=batch, shuffle=False)
    assert run.stopped_by is Stop.DIVERGED
    assert run.divergence is not None
    found = run.divergence
    assert (found.epoch, found.step, found.quantity) == (epoch, step, quantity)
    assert found.layer == (int(quantity.strip("'")[-1]) if quantity != "E" else None)
    assert not np.isfinite(found.value)
    assert (run.epochs, len(run.history)) == (epoch - 1, epoch - 1)
    assert np.isfinite(run.history.loss).all()
    for name, array in kept.items():
        assert np.isfinite(run.parameters[name]).all()
        np.testing.assert_allclose(run.parameters[name], array, rtol=1e-2 if dtype is np.float32 else 1e-6)


@pytest.mark.parametrize("batch", [None, 5])
def test_last_good_weights_are_kept_bit_for_bit(monkeypatch: pytest.MonkeyPatch, batch: int | None) -> None:
    x, t = rows()
    network = Network([Dense(4, "relu"), Dense(1)])
    options: dict[str, Any] = {"learning_rate": 0.9, "batch_size": batch}
    x, t = x * 3, t * 3
    runs = []
    for visit in (0.0, 1e9):
        monkeypatch.setattr(loop, "VISIT", visit)
        runs.append(train(network, x, t, epochs=5000, **options))
    assert runs[0].divergence == runs[1].divergence is not None
    good = train(network, x, t, epochs=runs[0].epochs, **options)
    for run in runs:
        assert same(run.parameters, good.parameters)
        assert run.history == good.history
    worse = train(network, x, t, epochs=good.epochs + 1, **options)
    assert worse.stopped_by is Stop.DIVERGED


def poisoned(at: int, value: float) -> optax.GradientTransformation:
    """Plain descent whose update number `at` (from 1) is `value` for the weights of layer 2."""

    def update(gradients: Any, count: Any, params: Any = None) -> Any:
        steps = {name: -0.1 * g for name, g in gradients.items()}
        steps["w2"] = jnp.where(count + 1 == at, value, steps["w2"])
        return steps, count + 1

    return optax.GradientTransformation(lambda p: jnp.int32(0), update)


@pytest.mark.parametrize(
    ("batch", "at", "epoch", "step", "value"),
    [(12, 30, 30, 1, np.nan), (5, 30, 10, 3, np.inf), (5, 1, 1, 1, -np.inf)],
)
def test_an_update_that_is_no_number(batch: int, at: int, epoch: int, step: int, value: float) -> None:
    x, t = rows()
    rule = poisoned(at, value)
    run = train(NET, x, t, optimizer=rule, epochs=100, batch_size=batch)
    assert run.divergence is not None
    assert str(run.divergence) == f"epoch {epoch}, step {step}, layer 2: w2' became {value}"
    assert same(
        run.parameters, train(NET, x, t, optimizer=rule, epochs=epoch - 1, batch_size=batch).parameters
    )


def test_a_schedule_that_is_no_number() -> None:
    def rate(count: Any) -> Any:
        return jnp.where(count < 7, 0.1, jnp.nan)

    run = train(NET, *rows(), learning_rate=rate, epochs=100)
    assert run.divergence is not None
    assert (run.divergence.epoch, run.divergence.quantity) == (8, "w1'")


def test_overflow_in_the_very_first_forward_pass() -> None:
    start = {"w1": np.full((2, 3), 1e200), "b1": np.zeros(3), "w2": np.full((3, 1), 1e200), "b2": np.zeros(1)}
    network = Network([Dense(3, "relu"), Dense(1)])
    run = train(network, np.abs(rows()[0]), rows()[1], parameters=start)
    assert run.divergence == Divergence(1, 1, 2, "z2", np.inf)
    assert (run.epochs, run.history.loss, run.loss) == (0, [], np.inf)
    assert same(run.parameters, start)


@pytest.mark.parametrize(
    ("start", "quantity", "layer"),
    [
        ({"w3": 1e200, "w4": 1e200}, "dE/da2", 2),  # E is finite: what grows on the way back is small ahead
        ({"w2": -1e300, "w1": 1e300}, "z2", 2),
    ],
)
def test_the_layer_is_that_of_the_quantity(start: dict[str, float], quantity: str, layer: int) -> None:
    network = Network([Dense(1) for _ in range(4)])
    given = {name: np.zeros_like(a) for name, a in network.start(2).items()}
    given |= {name: np.full_like(given[name], value) for name, value in start.items()}
    run = train(network, np.abs(rows()[0]), rows()[1] + 3, parameters=given)
    assert run.divergence is not None
    assert (run.divergence.quantity, run.divergence.layer) == (quantity, layer)


def test_a_mean_that_overflows_though_no_batch_does() -> None:
    """Each batch's E fits float32, their sum over the rows would not."""
    x, t = np.zeros((8, 1), np.float32), np.full((8, 1), 1.2e19, np.float32)
    run = train(Network([Dense(1)]), x, t, batch_size=2, epochs=2, learning_rate=0.0)
    assert run.stopped_by is Stop.EPOCHS
    assert run.history.loss == pytest.approx([7.2e37] * 2)


@pytest.mark.parametrize("patience", [None, 3])
def test_a_validation_loss_that_is_no_number(patience: int | None) -> None:
    x, t = rows()
    run = train(NET, x, t, validation=(x, t + 1e200), patience=patience, epochs=5)
    assert run.stopped_by is Stop.DIVERGED
    assert run.divergence == Divergence(1, 1, None, "the validation loss", np.inf)
    assert (run.epochs, run.history.validation_loss) == (0, [])


# --- interruption -----------------------------------------------------------------------------------


def pressed_at(epoch: int) -> Any:
    """A progress callback that presses Ctrl-C once `epoch` is reached."""

    def report(now: Progress) -> None:
        if now.epoch == epoch:
            os.kill(os.getpid(), signal.SIGINT)

    return report


def test_ctrl_c_keeps_what_was_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "VISIT", 0.0)
    x, t = rows()
    usual = signal.getsignal(signal.SIGINT)
    run = train(NET, x, t, epochs=10_000, progress=pressed_at(6))
    assert (run.stopped_by, run.epochs, len(run.history)) == (Stop.INTERRUPTED, 6, 6)
    assert same(run.parameters, train(NET, x, t, epochs=6).parameters)
    assert run.loss == pytest.approx(float(evaluate(NET, run.parameters, x, t).array))
    assert signal.getsignal(signal.SIGINT) is usual


def test_ctrl_c_in_the_last_epoch_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "VISIT", 0.0)
    run = train(NET, *rows(), epochs=6, progress=pressed_at(6))
    assert (run.stopped_by, run.epochs) == (Stop.EPOCHS, 6)


def test_ctrl_c_with_patience_gives_the_best_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "VISIT", 0.0)
    x, t, out = noisy()
    run = train(NET, x, t, epochs=400, patience=300, validation=out, progress=pressed_at(60), **OVERFIT)
    assert run.stopped_by is Stop.INTERRUPTED
    assert run.history.validation_loss is not None
    assert run.validation_loss == pytest.approx(min(run.history.validation_loss), rel=1e-14)


def test_a_second_ctrl_c_ends_at_once() -> None:
    usual = signal.getsignal(signal.SIGINT)

    def report(now: Progress) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(NET, *rows(), epochs=10_000, progress=report)
    assert signal.getsignal(signal.SIGINT) is usual


def test_an_error_in_the_callback_comes_through() -> None:
    usual = signal.getsignal(signal.SIGINT)

    def report(now: Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train(NET, *rows(), epochs=10_000, progress=report)
    assert signal.getsignal(signal.SIGINT) is usual


def test_in_another_thread() -> None:
    """Python lets only the main thread handle signals; training elsewhere does without."""
    found: list[Run] = []
    x, t = rows()
    thread = threading.Thread(target=lambda: found.append(train(NET, x, t, epochs=3)))
    thread.start()
    thread.join()
    assert same(found[0].parameters, train(NET, x, t, epochs=3).parameters)


# --- the reasons ------------------------------------------------------------------------------------


def test_every_reason_is_a_word_and_a_sentence() -> None:
    words = "epochs threshold patience plateau diverged interrupted"  # as `train --json` and run.json have it
    assert " ".join(stop.word for stop in Stop) == words
    assert all(len(stop.value.split()) > 3 and "\n" not in stop.value for stop in Stop)


@pytest.mark.parametrize("patience", [1, 3])
def test_a_tie_is_no_gain(patience: int) -> None:
    """At a rate of 0 every epoch is as good as the first."""
    x, t = np.ones((4, 1)), np.zeros((4, 1))
    network = Network([Dense(1)])
    run = train(network, x, t, validation=(x, t), learning_rate=0.0, patience=patience, epochs=50)
    assert (run.stopped_by, run.epochs) == (Stop.PATIENCE, 1 + patience)
