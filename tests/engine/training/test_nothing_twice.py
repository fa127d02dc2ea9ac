"""What is only a number is handed to the compiled program: another one compiles nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
import optax
import pytest

from chainrule import BackpropClassifier, BackpropRegressor, Dense, Dropout, Network, train, train_ensemble
from chainrule.engine.training.likeness import alike
from chainrule.engine.training.padding import room
from chainrule.engine.training.rule_numbers import numbers_in, with_numbers, without_numbers
from chainrule.rules.layers.elu import ELU
from chainrule.rules.layers.leaky_relu import LeakyReLU
from chainrule.rules.layers.residual import Residual
from chainrule.rules.losses.huber import Huber

pytestmark = pytest.mark.filterwarnings("ignore:.*(converge|larger)")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 3)).astype("f4")
T = X[:, :1] * X[:, 1:2]
compiled: list[str] = []


@jax.monitoring.register_event_duration_secs_listener
def _listen(event: str, seconds: float, **_: Any) -> None:
    if event.endswith("backend_compile_duration"):
        compiled.append(event)


@contextmanager
def nothing_compiled() -> Iterator[None]:
    before = len(compiled)
    yield
    assert len(compiled) == before


def network(rate: float = 0.1, delta: float = 1.0, slope: float = 0.2, start: Any = "auto") -> Network:
    layers = [
        Dense(3, ELU(slope), weights=start),
        Dropout(rate),
        Residual([Dense(3, LeakyReLU(slope))]),
        Dense(1),
    ]
    return Network(layers, Huber(delta))


def test_the_measure_itself_sees_a_compile() -> None:
    before = len(compiled)
    train(Network([Dense(1)]), X[:, :1], T, epochs=1)
    train(Network([Dense(1)]), X[:, :2], T, epochs=1)
    assert len(compiled) > before


@pytest.mark.parametrize("batch", [32, None])
@pytest.mark.parametrize("trained", [train, train_ensemble])
def test_rows_and_the_numbers_of_rules(batch: int | None, trained: Callable[..., Any]) -> None:
    def fit(net: Network, rows: int, held_out: int, **options: Any) -> None:
        out = (X[:held_out], T[:held_out])
        trained(net, X[:rows], T[:rows], batch_size=batch, epochs=2, validation=out, **options)

    fit(network(), 275, 60)
    with nothing_compiled():
        fit(network(), 274, 57)
        fit(network(0.3, 0.4, 0.7, "he_normal"), 280, 58)
        fit(network(), 288, 60, learning_rate=0.3, seed=5)


def test_optimisers_made_anew() -> None:
    def fit(rate: float) -> None:
        schedule = optax.cosine_decay_schedule(rate, 100)
        for optimizer in (optax.chain(optax.clip(1.0), optax.adam(schedule)), optax.adamw(rate)):
            train(Network([Dense(2, "tanh"), Dense(1)]), X, T, optimizer=optimizer, epochs=1)

    fit(0.01)
    with nothing_compiled():
        fit(0.01)


@pytest.mark.parametrize("model", [BackpropClassifier, BackpropRegressor])
def test_estimators(model: Any) -> None:
    def fit(rows: int, **options: Any) -> None:
        y = T[:rows, 0] > 0 if model is BackpropClassifier else T[:rows, 0]
        model((5,), max_iter=2, random_state=0, **options).fit(X[:rows], y)

    fit(280, dropout=0.2)
    with nothing_compiled():
        fit(270, dropout=0.4, epsilon=1e-6, beta_1=0.8, beta_2=0.99, alpha=0.1, learning_rate_init=0.1)
    fit(280, solver="lbfgs")
    with nothing_compiled():
        fit(270, solver="lbfgs")


def test_the_numbers_come_back_in_their_places() -> None:
    net = network(0.1, 0.7, 0.3)
    plain = without_numbers(net)
    assert plain == without_numbers(network(0.4, 2.0, 0.9, "he_normal"))
    assert numbers_in(net) == (0.3, 0.1, 0.3, 0.7)
    parameters = net.start(3)
    np.testing.assert_array_equal(
        with_numbers(plain, numbers_in(net)).predict(parameters, X), net.predict(parameters, X)
    )


def test_rows_to_spare_change_nothing_but_bits() -> None:
    net, weight = network(), RNG.uniform(0.5, 2, 50)
    for options in (
        {},
        {"batch_size": 16},
        {"sample_weight": weight},
        {"batch_size": 16, "sample_weight": weight},
    ):
        x, t = X[:50].astype(float), T[:50].astype(float)  # a table of 52 or 64 rows
        padded = train(net, x, t, epochs=3, **options)
        plain = train(
            net, x, t, epochs=3, **{**options, "sample_weight": options.get("sample_weight", np.ones(50))}
        )
        np.testing.assert_allclose(padded.parameters["w1"], plain.parameters["w1"], rtol=1e-12)


@pytest.mark.parametrize("batch", [1, 7, 32, 1000])
def test_sizes_are_few_and_large_enough(batch: int) -> None:
    rows = range(1, 5000)
    for coarse, most in ((False, 90), (True, 15)):
        sizes = [room(count, batch, coarse) for count in rows]
        assert all(size >= count for size, count in zip(sizes, rows, strict=True))
        assert all(size % batch == 0 for size, count in zip(sizes, rows, strict=True) if count > batch)
        assert len(set(sizes)) <= most
    assert all(room(count, 1000) <= max(count * 1.126, count + 1) for count in rows if count <= 1000)


RATE = 0.1
STATE = [0.1]


def test_what_is_alike_and_what_is_not() -> None:
    assert alike(optax.adam(0.01)) is alike(optax.adam(0.01))
    assert alike(optax.adam(0.01)) is not alike(optax.adam(0.02))
    assert alike(optax.adam(0.01)) is not alike(optax.adam(0.01, b1=0.5))
    assert alike(optax.adam(0.01)) is not alike(optax.rmsprop(0.01))

    def schedule(power: float) -> Callable[[Any], Any]:
        return lambda step: RATE / (step + 1) ** power

    assert alike(schedule(1.0)) is alike(schedule(1.0))
    assert alike(schedule(1.0)) is not alike(schedule(2.0))
    assert alike(schedule(1.0)) is not alike(schedule(1))


def test_what_may_change_is_only_like_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def schedule() -> Callable[[Any], Any]:
        return lambda step: RATE / (step + 1)

    before = alike(schedule())
    monkeypatch.setattr(f"{__name__}.RATE", 0.5)
    assert alike(schedule()) is not before

    def listed() -> Callable[[Any], Any]:
        return lambda step: STATE[0]

    assert alike(listed()) is not alike(listed())
