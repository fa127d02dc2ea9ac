"""Where a training is computed: which device is taken, and that a program for a GPU learns the same."""

import jax
import numpy as np
import pytest

from chainrule import Dense, Network, ReLU, train
from chainrule.engine import devices
from chainrule.engine.training import train as training
from chainrule.engine.training.options import Task
from chainrule.errors import InputError
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.flatten import Flatten

RANDOM = np.random.default_rng(0)
X, T = RANDOM.normal(size=(100, 4)).astype(np.float32), RANDOM.normal(size=(100, 2)).astype(np.float32)
NETWORK = Network([Dense(8), ReLU(), Dense(2)])


@pytest.fixture
def with_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if JAX had a GPU."""
    monkeypatch.setattr(devices, "has_gpu", lambda: True)


@pytest.mark.usefixtures("with_gpu")
@pytest.mark.parametrize(
    ("word", "multiplications", "device"),
    [
        ("auto", devices.WORTH, "gpu"),
        ("auto", devices.WORTH - 1, "cpu"),
        ("gpu", 1, "gpu"),
        ("cpu", 10**12, "cpu"),
    ],
)
def test_auto_takes_the_gpu_for_large_steps(word: str, multiplications: int, device: str) -> None:
    assert devices.place(word, multiplications) == device


def test_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "has_gpu", lambda: False)
    monkeypatch.setattr(training, "has_gpu", lambda: False)
    assert devices.place("auto", 10**12) == "cpu"
    with pytest.raises(InputError, match="JAX has no GPU here"):
        train(NETWORK, X, T, epochs=1, device="gpu")
    assert "device" not in train(NETWORK, X, T, epochs=1).settings


def test_unknown_words_are_refused() -> None:
    with pytest.raises(InputError, match="device is one of auto, cpu, gpu, not 'gpus'"):
        train(NETWORK, X, T, device="gpus")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="precision is one of float32, tensorfloat32, not 16"):
        train(NETWORK, X, T, precision=16)  # type: ignore[arg-type]


def test_a_convolution_multiplies_at_every_place() -> None:
    network = Network([Conv(3, (5, 5)), Flatten(), Dense(7)])
    images, targets = np.zeros((10, 12, 12, 2), np.float32), np.zeros((10, 7), np.float32)
    options = training.TrainingOptions(
        optimizer="sgd",
        learning_rate=0.1,
        epochs=1,
        batch_size=4,
        shuffle=True,
        threshold=None,
        patience=None,
        validation=None,
        weight_decay=0.0,
        seed=0,
    )
    job = Task.of(network, images, targets, None, options)
    assert job._multiplications == 5 * 5 * 2 * 3 * 8 * 8 + 8 * 8 * 3 * 7


@pytest.mark.parametrize("batch_size", [None, 32, 25])
def test_a_program_for_a_gpu_learns_the_same(batch_size: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its steps are counted when it is compiled; the rows, their order and their shares are the same."""

    def trained() -> dict[str, np.ndarray]:
        run = train(NETWORK, X, T, epochs=5, batch_size=batch_size, optimizer="adam", seed=3)
        return dict(run.parameters)

    usual = trained()
    monkeypatch.setattr(Task, "device", "gpu")
    exact = trained()
    for name, array in usual.items():
        np.testing.assert_allclose(exact[name], array, rtol=1e-5, atol=1e-6)


def test_a_gpu_need_not_ask_how_many_steps_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Task, "device", "gpu")
    seen = []
    usual = training.Training.go

    def watch(self: training.Training, *arguments: object) -> object:
        seen.append(self)
        return usual(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(training.Training, "go", watch)
    train(NETWORK, X, T, epochs=1, batch_size=32)
    under_way = seen[0]
    epoch = jax.make_jaxpr(under_way.program._epoch)(under_way.state, under_way.tables, under_way.key)
    assert "length=4" in str(epoch)  # a scan: of a `while` XLA knows no count
