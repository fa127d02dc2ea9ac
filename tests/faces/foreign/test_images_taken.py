"""Convolutions and pools taken over from torch and Keras: the layout is turned, the numbers are theirs."""

import os
from typing import Any

import numpy as np
import pytest

from chainrule import InputError, Network, ShapeError, from_keras, from_torch, load, sweep
from chainrule.rules.layers.batch_norm import BatchNorm
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.flatten import Flatten
from chainrule.rules.layers.pool import MaxPool

os.environ.setdefault("KERAS_BACKEND", "jax")  # before Keras is imported
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Using padding='same'")


def behind(x: np.ndarray) -> np.ndarray:
    """Rows (n, channels, h, w) as rows (n, h, w, channels)."""
    return np.moveaxis(x, 1, -1)


FLAT = {
    "flatten": "torch.flatten(x, 1)",
    "numbers": "x.view(-1, 16 * 5 * 5)",
    "size": "x.view(x.size(0), -1)",
    "shape": "x.reshape(x.shape[0], -1)",
    "product": "x.reshape((x.size()[0], x.size(1) * x.size(2) * x.size(3)))",
}


def lenet(flat: str, end: str = "x") -> Any:
    torch = pytest.importorskip("torch")
    nn = torch.nn
    names = {"F": nn.functional, "torch": torch}

    def forward(self: Any, x: Any) -> Any:
        x = self.pool(nn.functional.relu(self.conv1(x)))
        x = nn.functional.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = eval(flat, names, {"x": x})
        x = self.fc2(torch.tanh(self.fc1(x)))
        return eval(end, names, {"x": x})

    torch.manual_seed(0)
    model = type("LeNet", (nn.Module,), {"forward": forward})()
    model.conv1, model.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
    model.pool, model.fc1, model.fc2 = nn.MaxPool2d(2), nn.Linear(400, 20), nn.Linear(20, 10)
    return model.double()


@pytest.mark.parametrize("flat", FLAT.values(), ids=FLAT)
def test_a_lenet_of_torch(flat: str) -> None:
    torch = pytest.importorskip("torch")
    model = lenet(flat)
    run = from_torch(model, loss="softmax_cross_entropy", shape=(1, 28, 28))
    assert run.row_shape == (28, 28, 1)
    assert "(channels, h, w) in torch" in run.settings["layout"]
    x, t = torch.randn(4, 1, 28, 28).double(), torch.tensor([3, 1, 9, 0])
    loss = torch.nn.functional.cross_entropy(model(x), t)
    loss.backward()
    ours = sweep(run.network, run.parameters, behind(x.numpy()), np.eye(10)[t.numpy()])
    assert float(ours.loss.array) == pytest.approx(float(loss.detach()), abs=1e-12)
    for name, layer in (("1", model.conv1), ("2", model.conv2)):
        theirs = layer.weight.grad.numpy().transpose(2, 3, 1, 0)
        np.testing.assert_allclose(ours.gradients[f"w{name}"].array, theirs, atol=1e-12)
        np.testing.assert_allclose(ours.gradients[f"b{name}"].array, layer.bias.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(ours.gradients["b3"].array, model.fc1.bias.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(ours.gradients["w4"].array, model.fc2.weight.grad.numpy().T, atol=1e-12)


def test_a_logarithm_of_a_softmax_is_part_of_the_loss() -> None:
    torch = pytest.importorskip("torch")
    model = lenet(FLAT["size"], "F.log_softmax(x, dim=1)")
    run = from_torch(model, shape=(1, 28, 28))
    x = torch.randn(4, 1, 28, 28).double()
    np.testing.assert_allclose(run.predict(behind(x.numpy())), model(x).exp().detach().numpy(), atol=1e-12)
    with pytest.raises(InputError, match="goes with loss='softmax_cross_entropy'"):
        from_torch(model, shape=(1, 28, 28), loss="mean_squared_error")


SEQUENTIAL = {
    "1-d": ("nn.Conv1d(3, 4, 3, 2, 1), nn.Tanh(), nn.MaxPool1d(2), nn.Flatten(), nn.Linear(16, 2)", (3, 16)),
    "3-d": (
        ("nn.Conv3d(2, 4, 2), nn.AvgPool3d(2, 1, 1), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), "
        "nn.Linear(4, 2)"),
        (2, 5, 6, 7),
    ),
    "groups": (
        ("nn.Conv2d(2, 4, (3, 2), (2, 1), dilation=(1, 2), groups=2, bias=False), "
        "nn.AdaptiveAvgPool2d((3, 2)), nn.Flatten(), nn.Linear(24, 2)"),
        (2, 14, 10),
    ),
    "padded": (
        ("nn.Conv2d(2, 4, 4, padding='same'), nn.AvgPool2d(3, 2, 1, count_include_pad=False), "
        "nn.MaxPool2d(3, 2, 1), nn.Flatten(), nn.Dropout(0.2), nn.ReLU(), nn.Linear(36, 2)"),
        (2, 10, 10),
    ),
    "counted": ("nn.Conv2d(2, 4, 3), nn.AvgPool2d(3, 2, 1), nn.Flatten(), nn.Linear(64, 2)", (2, 9, 9)),
    "laid out": ("nn.Unflatten(1, (1, 6, 5)), nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(48, 2)", (30,)),
    "flat images": ("nn.Flatten(), nn.Linear(36, 5), nn.ReLU(), nn.Linear(5, 2)", (3, 4, 3)),
}  # fmt: skip


def sequential(text: str) -> Any:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    return torch.nn.Sequential(*eval(f"[{text}]", {"nn": torch.nn})).double()


@pytest.mark.parametrize(("text", "shape"), SEQUENTIAL.values(), ids=SEQUENTIAL)
def test_layers_of_places_of_torch(text: str, shape: tuple[int, ...], tmp_path: Any) -> None:
    torch = pytest.importorskip("torch")
    model = sequential(text).eval()
    run = from_torch(model, shape=shape)
    x = torch.randn(5, *shape).double()
    theirs = model(x).detach().numpy()
    np.testing.assert_allclose(run.predict(behind(x.numpy())), theirs, atol=1e-12)
    again = load(run.save(tmp_path / "run"))
    np.testing.assert_array_equal(again.predict(behind(x.numpy())), run.predict(behind(x.numpy())))


REFUSED = {
    "size": ("nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)", None,
             "how large a row is: give its shape"),
    "squares": ("nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 2)", None,
                "squares of 8 to 9"),
    "ceil": ("nn.Conv2d(1, 4, 3), nn.MaxPool2d(2, ceil_mode=True), nn.Flatten(), nn.Linear(36, 2)", (1, 8, 8),
             "layer '1': there is no rule for torch's MaxPool2d with ceil_mode"),
    "mode": ("nn.Conv2d(1, 4, 3, padding=1, padding_mode='reflect')", (1, 8, 8), "padding mode 'reflect'"),
    "transposed": ("nn.ConvTranspose2d(1, 4, 3)", (1, 8, 8), "no rule for torch's ConvTranspose2d"),
    "unfit": ("nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(9, 2)", (1, 8, 8),
        "layer '2': w .* do not fit rows of 144"),
    "places": ("nn.Conv2d(1, 4, 3), nn.Flatten()", (1, 8, 8), "ends in numbers at places"),
    "softmax": ("nn.Conv2d(1, 4, 3), nn.Softmax(1), nn.Flatten(), nn.Linear(144, 2)", (1, 8, 8),
        "softmax over places"),
    "overlap": ("nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, 2)", (1, 8, 8),
        "overlap"),
    "log": ("nn.Linear(4, 2), nn.LogSoftmax(1), nn.Linear(2, 2)", None, "not the last layer"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "shape", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_taken_is_named(text: str, shape: Any, message: str) -> None:
    with pytest.raises((InputError, ShapeError), match=message) as refused:
        from_torch(sequential(text), shape=shape)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("shape", [28, "abc", (), (1, -8, 8), (1, 8.5, 8)])
def test_a_shape_that_is_none_is_refused(shape: Any) -> None:
    with pytest.raises(InputError, match=r"shape is that of one row .*, not ") as refused:
        from_torch(state(), {"conv": Conv(4, 3), "flat": Flatten(), "out": Dense(2)}, shape=shape)
    assert "\n" not in str(refused.value)


def test_the_one_square_that_fits_need_not_be_said() -> None:
    assert from_torch(sequential("nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(64, 2)")).row_shape == (6, 6, 3)


def test_a_channel_that_is_flattened_in_another_order_is_seen() -> None:
    """Without a turned Linear the numbers differ, and the comparison says so."""
    pytest.importorskip("torch")
    from chainrule.faces.foreign import fitting

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "_order", lambda row: np.arange(int(np.prod(row))))
        with pytest.raises(InputError, match="other numbers"):
            from_torch(sequential("nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(144, 2)"), shape=(1, 8, 8))


# --- a state_dict, as a file of safetensors has it ----------------------------------------------------


def state() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = {"conv.weight": (4, 1, 3, 3), "conv.bias": (4,), "out.weight": (2, 36), "out.bias": (2,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def test_a_state_dict_with_convolutions() -> None:
    s = state()
    layers = {"conv": Conv(4, 3, "relu"), "pool": MaxPool(2), "flat": Flatten(), "out": Dense(2)}
    run = from_torch(dict(sorted(s.items(), reverse=True)), layers, shape=(1, 8, 8))
    np.testing.assert_array_equal(run.parameters["w1"], s["conv.weight"].transpose(2, 3, 1, 0))
    turned = s["out.weight"].reshape(2, 4, 3, 3).transpose(2, 3, 1, 0).reshape(36, 2)
    np.testing.assert_array_equal(run.parameters["w2"], turned)
    assert run.network == Network(list(layers.values()))
    with pytest.raises(InputError, match="layer 'fc': the state_dict has no weights left"):
        from_torch(s, {"conv": Conv(4, 3), "flat": Flatten(), "fc": Dense(2)}, shape=(1, 8, 8))


def test_numbered_weights_come_in_the_order_of_their_numbers() -> None:
    rng = np.random.default_rng(0)
    s = {f"{k}.weight": rng.normal(size=(3, 3)) for k in (0, 10, 2)}
    run = from_torch(s, ["Linear"] * 3)
    for name, key in (("w1", "0"), ("w2", "2"), ("w3", "10")):
        np.testing.assert_array_equal(run.parameters[name], s[f"{key}.weight"].T)


# --- Keras ------------------------------------------------------------------------------------------

KERAS = {
    "mnist": (("C2(8, 3, activation='relu'), MaxPooling2D(2), C2(6, 3), MaxPooling2D(), Flatten(), "
              "Dropout(0.5), Dense(3, activation='softmax')"), (14, 15, 1)),
    "same": (("C2(4, 3, strides=2, padding='same'), ReLU(), AveragePooling2D(3, 2, padding='same'), "
             "GlobalAveragePooling2D(), Dense(3)"), (9, 10, 2)),
    "1-d": ("Conv1D(4, 3, dilation_rate=2, activation='tanh'), MaxPooling1D(2), Flatten(), Dense(2)",
            (12, 3)),
    "3-d": ("Conv3D(4, 2, activation='tanh'), AveragePooling3D(2), Flatten(), Dense(2)", (5, 6, 7, 2)),
    "by channel": (("DepthwiseConv2D(3, depth_multiplier=2, activation='relu', padding='same'), "
                   "SeparableConv2D(5, 3, activation='tanh'), Flatten(), Dense(2)"), (8, 8, 3)),
    "laid out": ("Reshape((6, 6, 1)), C2(2, 3), Flatten(), Dense(2)", (36,)),
    "channel": ("Reshape((6, 6, 1)), C2(2, 3), Flatten(), Dense(2)", (6, 6)),
    "groups": ("C2(4, 3, groups=2, use_bias=False), Flatten(), Dense(2)", (6, 6, 4)),
}  # fmt: skip


def keras_model(text: str, shape: Any) -> Any:
    keras = pytest.importorskip("keras")
    names = {**vars(keras.layers), "C2": keras.layers.Conv2D}
    model = keras.Sequential([keras.Input(shape), *eval(f"[{text}]", names)])
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.3, w.shape).astype("f4") for w in model.get_weights()])
    return model


@pytest.mark.parametrize(("text", "shape"), KERAS.values(), ids=KERAS)
def test_layers_of_places_of_keras(text: str, shape: tuple[int, ...]) -> None:
    model = keras_model(text, shape)
    run = from_keras(model)
    x = np.random.default_rng(1).normal(size=(5, *shape)).astype("f4")
    rows = x.reshape(5, *run.inputs) if isinstance(run.inputs, tuple) else x.reshape(5, -1)
    np.testing.assert_allclose(run.predict(rows), model.predict(x, verbose=0), atol=1e-5)
    described = from_keras(model.get_config(), model.get_weights())
    np.testing.assert_array_equal(described.predict(rows), run.predict(rows))


@pytest.mark.parametrize(
    ("text", "shape", "message"),
    [
        ("Conv1D(4, 3, padding='causal'), Flatten(), Dense(2)", (12, 3), "no rule for the padding 'causal'"),
        ("C2(4, 3), GlobalMaxPooling2D(), Dense(2)", (8, 8, 1), "no rule for Keras's GlobalMaxPooling2D"),
        ("C2(4, 3), GlobalAveragePooling2D(), Dense(2)", (None, None, 1), "no rule for images of any size"),
    ],
)
def test_what_keras_has_and_we_have_not(text: str, shape: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_keras(keras_model(text, shape))


# --- batch norms ------------------------------------------------------------------------------------------

NORMED = (
    "nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), "
    "nn.BatchNorm1d(144, 1e-3, 0.2), nn.Linear(144, 5), nn.BatchNorm1d(5, affine=False)"
)


def normed() -> Any:
    torch = pytest.importorskip("torch")
    model = sequential(NORMED)
    for _ in range(3):
        model(3 * torch.randn(8, 2, 8, 8).double() + 1)  # what it remembers
    for layer in (model[1], model[4]):
        torch.nn.init.normal_(layer.weight)
        torch.nn.init.normal_(layer.bias)
    return model


def test_batch_norms_of_torch_with_what_they_remember() -> None:
    torch = pytest.importorskip("torch")
    model = normed()
    run = from_torch(model, shape=(2, 8, 8))
    x = torch.randn(4, 2, 8, 8).double()
    np.testing.assert_allclose(run.predict(behind(x.numpy())), model.eval()(x).detach().numpy(), atol=1e-12)
    assert [repr(layer) for layer in run.network.layers if "Batch" in repr(layer)][1].startswith(
        "BatchNorm(eps=0.001, momentum=0.2"
    )
    short = sequential("nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 5)")
    listed = from_torch(short.state_dict(), [Conv(4, 3), BatchNorm(), Flatten(), "Linear"], shape=(2, 8, 8))
    whole = from_torch(short, shape=(2, 8, 8))
    np.testing.assert_allclose(
        listed.predict(behind(x.numpy())), whole.predict(behind(x.numpy())), atol=1e-13
    )


def test_a_batch_norm_trains_as_torchs() -> None:
    """One step in training: E, the gradients and what is remembered."""
    torch = pytest.importorskip("torch")
    model = normed()
    run = from_torch(model, loss="softmax_cross_entropy", shape=(2, 8, 8))
    x, t = torch.randn(6, 2, 8, 8).double(), torch.tensor([0, 1, 2, 3, 4, 0])
    loss = torch.nn.functional.cross_entropy(model.train()(x), t)
    loss.backward()
    shares = dict.fromkeys(run.network.shares, np.full(6, 1 / 6))
    step = sweep(run.network, run.parameters | shares, behind(x.numpy()), np.eye(5)[t.numpy()])
    assert float(step.loss.array) == pytest.approx(float(loss.detach()), rel=1e-12)
    kernel = model[0].weight.grad.numpy().transpose(2, 3, 1, 0)
    np.testing.assert_allclose(step.gradients["w1"].array, kernel, atol=1e-12)
    np.testing.assert_allclose(step.gradients["g2"].array, model[1].weight.grad.numpy(), atol=1e-12)
    memory = run.network.remembered(step.parameters, step.numbers)
    np.testing.assert_allclose(memory["rm2"].array, model[1].running_mean.numpy(), atol=1e-12)
    np.testing.assert_allclose(memory["rv2"].array, model[1].running_var.numpy(), rtol=1e-12)


def test_a_batch_norm_of_keras() -> None:
    keras = pytest.importorskip("keras")
    layers = keras.layers
    norm = layers.BatchNormalization(scale=False)
    parts = [layers.Conv2D(4, 3), norm, layers.ReLU(), layers.Flatten(), layers.Dense(2)]
    model = keras.Sequential([keras.Input((6, 6, 2)), *parts])
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 1, w.shape).astype("f4") for w in model.get_weights()])
    run = from_keras(model)
    x = rng.normal(size=(5, 6, 6, 2)).astype("f4")
    np.testing.assert_allclose(run.predict(x), model.predict(x, verbose=0), atol=1e-5)
    assert run.network.layers[1] == BatchNorm(1e-3, 1 - 0.99, unbiased=False)
