"""Importers never return another network: what computes more than its layers say is taken so, or refused."""

import os
from typing import Any

import numpy as np
import pytest

from chainrule import BackpropClassifier, InputError, from_keras, from_sklearn, from_torch, sweep

os.environ.setdefault("KERAS_BACKEND", "jax")  # before Keras is imported
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*converge")
X = np.random.default_rng(0).normal(size=(6, 4)).astype("f4")


def module(forward: str, **layers: Any) -> Any:
    """A torch module with these layers, whose forward returns the expression in x."""
    torch = pytest.importorskip("torch")
    names = {"F": torch.nn.functional, "torch": torch}
    compute = eval(f"lambda self, x: {forward}", names)
    made = type("Net", (torch.nn.Module,), {"forward": compute})()
    for name, layer in layers.items():
        setattr(made, name, layer)
    return made


TAKEN = [
    "self.b(F.relu(self.a(x)))",
    "self.b(torch.tanh(self.a(x)))",
    "self.b(self.a(x).sigmoid())",
    "self.b(F.gelu(self.a(x), approximate='tanh'))",
    "self.b(F.leaky_relu(self.a(x), 0.3))",
    "F.softmax(self.b(F.elu(self.a(x), alpha=0.5)), dim=1)",
    "self.b(self.act(self.c(self.act(self.a(x)))))",
    "self.b(F.dropout(F.silu(self.a(torch.flatten(x, 1))), 0.5, self.training))",
]
REFUSED = {
    "self.c(self.a(x)) + self.a(x)": "a forward in which|twice",
    "self.b(self.act(self.a(x)) + self.a(x))": "a forward in which|twice",
    "self.b(self.c(self.c(self.a(x))))": "layer 'c': its weights stand twice",
    "self.b(self.a(x)) * 2": "no rule for torch's mul",
    "self.b(self.a(x).abs())": "no rule for torch's abs",
    "self.b(self.a(x) if x.sum() > 0 else self.c(self.a(x)))": "its forward cannot be followed",
    "F.linear(self.a(x), self.a.weight.t())": "a forward in which",
    "(self.b(self.a(x)), x)": "more than its last layer's output|a forward in which",
    "self.b(F.dropout(self.a(x), 0.5))": "other numbers",
}


def parts() -> dict[str, Any]:
    nn = pytest.importorskip("torch").nn
    return {"a": nn.Linear(4, 8), "b": nn.Linear(8, 3), "c": nn.Linear(8, 8), "act": nn.ReLU()}


@pytest.mark.parametrize("forward", TAKEN)
def test_torch_is_taken_as_it_computes(forward: str) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    model = module(forward, **parts())
    found = from_torch(model).predict(X)
    assert model.training
    with torch.no_grad():
        np.testing.assert_allclose(found, model.eval()(torch.tensor(X)).numpy(), atol=1e-5)


@pytest.mark.parametrize("forward", REFUSED)
def test_torch_is_refused_by_name(forward: str) -> None:
    with pytest.raises(InputError, match=REFUSED[forward]) as refused:
        from_torch(module(forward, **parts()))
    assert "\n" not in str(refused.value)


def test_torch_with_hooks_and_subclasses() -> None:
    nn = pytest.importorskip("torch").nn
    hooked = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    hooked[0].register_forward_hook(lambda module, given, output: output + 1)
    with pytest.raises(InputError, match="other numbers"):
        from_torch(hooked)
    with pytest.raises(InputError, match="bfloat16"):
        from_torch(nn.Sequential(nn.Linear(4, 1)).bfloat16())
    twice = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    twice[1].weight = twice[0].weight
    with pytest.raises(InputError, match="layer '1': its weights stand twice"):
        from_torch(twice)


def keras_model(*layers: Any, **compiled: Any) -> Any:
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((4,)), *layers])
    if compiled:
        model.compile("sgd", **compiled)
    return model


@pytest.mark.parametrize(
    ("units", "end", "loss"),
    [
        (3, "sigmoid", "mse"),
        (3, None, "mae"),
        (3, None, "huber"),
        (1, "sigmoid", "binary_crossentropy"),
        (3, "softmax", "categorical_crossentropy"),
    ],
)
def test_keras_knows_its_loss(units: int, end: str | None, loss: str) -> None:
    keras = pytest.importorskip("keras")
    model = keras_model(keras.layers.Dense(8, "relu"), keras.layers.Dense(units, end), loss=loss)
    t = np.eye(3, dtype="f4")[[0, 1, 2, 0, 1, 2]][:, :units]
    run = from_keras(model)
    ours = float(sweep(run.network, run.parameters, X, t).loss.array)
    assert ours == pytest.approx(float(model.evaluate(X, t, verbose=0)), rel=1e-4)


def test_keras_losses_without_a_rule_have_to_be_named() -> None:
    keras = pytest.importorskip("keras")
    smooth = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    dense, losses = keras.layers.Dense, keras.losses
    for model, words in (
        (keras_model(dense(3, "sigmoid"), loss="binary_crossentropy"), "a mean over 3 outputs"),
        (keras_model(dense(3), loss="kl_divergence"), "kl_divergence"),
        (keras_model(dense(3), loss=losses.MeanSquaredError(reduction="sum")), "reduction 'sum'"),
        (keras_model(dense(3, kernel_regularizer="l2"), loss="mse"), "a penalty at layer"),
        (
            keras_model(dense(3, "softmax"), loss=smooth),
            "label_smoothing",
        ),
    ):
        with pytest.raises(InputError, match=words):
            from_keras(model)
        assert from_keras(model, loss="half_squared_error").predict(X).shape == (6, 3)


@pytest.mark.parametrize(
    ("importer", "given"),
    [
        (from_torch, "model.pt"),
        (from_torch, None),
        (from_keras, "model.keras"),
        (from_keras, 3),
        (from_sklearn, "mlp"),
    ],
)
def test_what_is_no_network_at_all(importer: Any, given: Any) -> None:
    with pytest.raises(InputError, match=f"{importer.__name__} takes") as refused:
        importer(given)
    assert "\n" not in str(refused.value)


def test_sklearn_with_several_activations() -> None:
    mixed = BackpropClassifier((4, 4), ["tanh", "relu"], max_iter=2).fit(X, [0, 1] * 3)
    with pytest.raises(InputError, match="one name is wanted"):
        from_sklearn(mixed)


def test_sklearn_whose_predictions_are_others() -> None:
    from sklearn.neural_network import MLPRegressor

    class Doubled(MLPRegressor):
        def predict(self, X: Any) -> Any:  # noqa: N803
            return 2 * super().predict(X)

    with pytest.raises(InputError, match="other numbers"):
        from_sklearn(Doubled(hidden_layer_sizes=(3,), max_iter=2).fit(X, X[:, 0]))
