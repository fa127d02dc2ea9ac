"""Networks taken over from the real libraries: predictions and gradients are theirs."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import InputError, explain, from_keras, from_sklearn, from_torch, sweep
from chainrule.engine.runs.loading import load
from chainrule.rules.layers.leaky_relu import LeakyReLU

X = np.random.default_rng(0).normal(size=(40, 3))


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("classes", [0, 2, 3])
def test_sklearn(activation: str, classes: int) -> None:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    y = X[:, 0] + X[:, 1] if not classes else np.digitize(X[:, 0], [-0.5, 0.5][: classes - 1])
    kind = MLPClassifier if classes else MLPRegressor
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlp = kind(
            hidden_layer_sizes=(5, 4), activation=activation, max_iter=5, alpha=0.0, random_state=0
        ).fit(X, y)
    run = from_sklearn(mlp)
    theirs = (
        mlp.predict_proba(X)[:, -1:]
        if classes == 2
        else mlp.predict_proba(X)
        if classes
        else mlp.predict(X)[:, None]
    )
    np.testing.assert_allclose(run.predict(X), theirs, rtol=1e-12, atol=1e-14)
    t = np.eye(3)[y] if classes == 3 else y[:, None].astype(float)
    assert explain(run, X[:1], t[:1], "dE/dw1[0,2]").value is not None


def test_a_run_taken_over_is_saved_and_read_back(tmp_path: Path) -> None:
    run = from_torch({"0.weight": np.ones((2, 3)), "0.bias": np.zeros(2)}, ["Linear"])
    run.save(tmp_path / "run")
    assert np.array_equal(load(tmp_path / "run").predict(X), run.predict(X))


def test_torch() -> None:
    torch = pytest.importorskip("torch")
    nn = torch.nn
    model = (
        nn.Sequential(
            nn.Linear(3, 5),
            nn.GELU(),
            nn.Dropout(0.3),
            nn.Sequential(nn.Linear(5, 4, bias=False), nn.LeakyReLU(0.2)),
            nn.Linear(4, 4),
            nn.ELU(0.5),
            nn.Linear(4, 2),
            nn.Softplus(),
        )
        .double()
        .eval()
    )
    run = from_torch(model)
    x, t = torch.tensor(X), torch.tensor(X[:, :2])
    np.testing.assert_allclose(run.predict(X), model(x).detach().numpy(), rtol=1e-8, atol=1e-10)
    (((model(x) - t) ** 2).sum(1) / 2).mean().backward()
    ours = sweep(run.network, run.parameters, X, X[:, :2]).gradients
    for name, layer in (("w1", model[0]), ("w3", model[4]), ("w4", model[6])):
        np.testing.assert_allclose(
            np.asarray(getattr(ours[name], "array", ours[name])), layer.weight.grad.numpy().T, atol=1e-9
        )
    again = nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.2), nn.Linear(4, 2))
    listed = from_torch(again.state_dict(), ["Linear", LeakyReLU(0.2), "Linear"])
    assert np.array_equal(listed.predict(X), from_torch(again).predict(X))
    with pytest.raises(InputError, match="layer '1': there is no rule for torch's PReLU"):
        from_torch(nn.Sequential(nn.Linear(3, 3), nn.PReLU()))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_keras(monkeypatch: Any) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keras = pytest.importorskip("keras")
        layers = keras.layers
        model = keras.Sequential(
            [
                layers.Input((3,)),
                layers.Dense(6, activation="leaky_relu"),
                layers.Dropout(0.2),
                layers.Dense(5, use_bias=False),
                layers.LeakyReLU(negative_slope=0.1),
                layers.Dense(4, activation="gelu"),
                layers.Dense(3, activation="softmax"),
            ]
        )
        theirs = np.asarray(model(X.astype(np.float32)))
    run = from_keras(model)
    np.testing.assert_allclose(run.predict(X), theirs, rtol=1e-5, atol=1e-6)
    assert np.array_equal(from_keras(model.get_config(), model.get_weights()).predict(X), run.predict(X))
    with pytest.raises(InputError, match="layer 'odd': there is no rule for Keras's UnitNormalization"):
        from_keras(keras.Sequential([layers.Input((3,)), layers.UnitNormalization(name="odd")]))
