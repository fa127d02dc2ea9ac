"""Trainings in somebody else's program: JAX's settings, signals and processes are left as they were."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
import pytest

from chainrule import (
    BackpropClassifier,
    Dense,
    Dropout,
    InputError,
    Network,
    Run,
    Stop,
    train,
    train_ensemble,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*(converge|fork|Mean of empty)")

X = np.random.default_rng(0).normal(size=(50, 4)).astype("f4")
NET = Network([Dense(4, "tanh"), Dropout(0.1), Dense(1)])
SETTINGS = {
    "jax_debug_nans": True,
    "jax_debug_infs": True,
    "jax_numpy_rank_promotion": "raise",
    "jax_numpy_dtype_promotion": "strict",
    "jax_default_prng_impl": "rbg",
    "jax_threefry_partitionable": False,
    "jax_random_seed_offset": 7,
    "jax_debug_key_reuse": True,
    "jax_transfer_guard": "disallow",
    "jax_check_tracer_leaks": True,
}


def usual(**options: Any) -> Run:
    asked: dict[str, Any] = {"epochs": 3, "batch_size": 16, "optimizer": "adam", "validation": 0.2, **options}
    return train(NET, X, X[:, :1], **asked)


def ensemble() -> Run:
    return train_ensemble(NET, X, X[:, :1], seeds=2, epochs=2, batch_size=16, validation=0.2).members[0]


def fitted(solver: str) -> Callable[[], Run]:
    def fit() -> Run:
        model = BackpropClassifier((3,), solver=solver, max_iter=2, random_state=0)
        return model.fit(X, X[:, 0] > 0).run_

    return fit


@contextmanager
def host(name: str, value: Any) -> Iterator[None]:
    before = jax.config.values[name]
    jax.config.update(name, value)
    try:
        yield
    finally:
        jax.config.update(name, before)


@pytest.mark.parametrize("trained", [usual, ensemble, fitted("adam"), fitted("lbfgs")])
@pytest.mark.parametrize("name", SETTINGS)
def test_the_settings_of_the_host_change_nothing(name: str, trained: Callable[[], Run]) -> None:
    expected = trained()
    with host(name, SETTINGS[name]):
        found = trained()
        assert jax.config.values[name] == SETTINGS[name]
    assert found.history.loss == expected.history.loss
    for weight, array in expected.parameters.items():
        np.testing.assert_array_equal(found.parameters[weight], array)


def test_trainings_in_threads_leave_the_compiler_as_it_was() -> None:
    from jax._src import compiler

    usual_options = compiler.get_compile_options

    def job(units: int) -> Run:
        return train(Network([Dense(units, "tanh"), Dense(1)]), X, X[:, :1], epochs=2)

    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(job, range(11, 15)))
    assert compiler.get_compile_options is usual_options
    assert [run.epochs for run in runs] == [2] * 4


def press(number: int) -> Callable[[Any], None]:
    return lambda now: os.kill(os.getpid(), number)


@contextmanager
def handled(number: int, handler: Any) -> Iterator[None]:
    before = signal.signal(number, handler)
    try:
        yield
        assert signal.getsignal(number) == handler
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("trained", [train, train_ensemble])
def test_an_ignored_ctrl_c_stays_ignored(trained: Any) -> None:
    with handled(signal.SIGINT, signal.SIG_IGN):
        run = trained(NET, X, X[:, :1], epochs=40, progress=press(signal.SIGINT))
    run = getattr(run, "members", [run])[0]
    assert (run.stopped_by, run.epochs) == (Stop.EPOCHS, 40)


def test_a_handler_of_the_program_is_called_and_decides() -> None:
    calls: list[int] = []
    with handled(signal.SIGINT, lambda number, frame: calls.append(number)):
        run = usual(epochs=40, progress=press(signal.SIGINT))
    assert set(calls) == {signal.SIGINT}
    assert run.stopped_by is Stop.EPOCHS


def test_a_handler_for_the_end_is_called_also_with_checkpoints(tmp_path: Any) -> None:
    calls: list[int] = []
    with handled(signal.SIGTERM, lambda number, frame: calls.append(number)):
        run = usual(epochs=40, progress=press(signal.SIGTERM), folder=tmp_path / "run")
    assert set(calls) == {signal.SIGTERM}
    assert run.stopped_by is Stop.EPOCHS


def test_a_training_inside_a_training_stops_with_it() -> None:
    inner: list[Run] = []

    def report(now: Any) -> None:
        inner.append(usual(epochs=40, progress=press(signal.SIGINT)))

    outer = usual(epochs=10_000, progress=report)
    assert (inner[0].stopped_by, outer.stopped_by) == (Stop.INTERRUPTED, Stop.INTERRUPTED)


def forked(task: str) -> str:
    tasks: dict[str, Callable[[], Any]] = {
        "train": usual,
        "ensemble": ensemble,
        "lbfgs": fitted("lbfgs"),
        "predict": lambda: RUNS[0].predict(X).shape,
    }
    try:
        return str(tasks[task]())
    except InputError as refused:
        return f"refused: {refused}"


RUNS: list[Run] = []


@pytest.mark.parametrize(
    ("task", "answer"),
    [("train", "refused: "), ("ensemble", "refused: "), ("lbfgs", "refused: "), ("predict", "(50, 1)")],
)
def test_a_process_forked_after_a_training_refuses_and_never_hangs(task: str, answer: str) -> None:
    RUNS.append(usual())
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found = pool.apply_async(forked, (task,)).get(timeout=60)
    assert found.startswith(answer)
    assert "\n" not in found
