"""Convolutions, pools and what only lays rows out, as ONNX: what ONNX Runtime makes of them is the run's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.engine.network import Network
from chainrule.engine.runs.run import History, Run
from chainrule.engine.stopping import Stop
from chainrule.errors import InputError
from chainrule.faces.onnx import place_sums
from chainrule.faces.onnx.model_file import to_onnx
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.flatten import Flatten
from chainrule.rules.layers.pool import AvgPool, MaxPool
from tests.rules.test_places import IMAGES

onnxruntime = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")


def given(layers: list[Any], shape: tuple[int, ...], dtype: Any) -> Run:
    network, rng = Network(layers), np.random.default_rng(0)
    weights = {n: (a + rng.normal(0, 0.1, a.shape)).astype(dtype) for n, a in network.start(shape).items()}
    return Run(network, weights, History([]), Stop.EPOCHS, 0, 0.5, row_shape=shape)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", IMAGES)
def test_every_layer_of_places(name: str, dtype: Any, tmp_path: Path) -> None:
    layers, shape = IMAGES[name]
    run = given(layers, shape, dtype)
    to_onnx(run, tmp_path / "run.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "run.onnx", providers=["CPUExecutionProvider"])
    x = np.random.default_rng(1).normal(size=(20, *shape)).astype(dtype)
    (predicted,) = session.run(["prediction"], {"x": x})
    assert predicted.dtype == dtype
    np.testing.assert_allclose(predicted, run.predict(x), atol=5e-6)
    assert session.run(None, {"x": x[:0]})[0].shape == (0, 3)


def test_a_window_is_the_operator_of_the_standard(tmp_path: Path) -> None:
    layers = [Conv(4, 3, "relu", stride=2), MaxPool(3, 1, 1), AvgPool(2), Flatten(), Dense(2)]
    to_onnx(given(layers, (13, 12, 3), np.float32), tmp_path / "run.onnx")
    operators = [node.op_type for node in onnx.load(tmp_path / "run.onnx").graph.node]
    assert [name for name in operators if name not in ("Transpose", "Identity")] == [
        "Conv", "Add", "Relu", "MaxPool", "AveragePool", "Reshape", "MatMul", "Add"]  # fmt: skip


FAULTS = [
    ('max(last + 1 - length, 0)', "0"),
    ('-subscript.shift', "0"),
    ('times[h]', "1"),
    ('times[k]', "1"),
    ("counted = int(not any", "counted = int(any"),
    ("*range(kernel.ndim - 2)]", "*reversed(range(kernel.ndim - 2))]"),
    ("key=lambda term: term[1])", "key=lambda term: -term[1])"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong"), FAULTS)
def test_a_window_written_wrongly_is_never_a_file(
    right: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(place_sums.__file__).read_text("utf-8")
    assert source.count(right) == 1
    planted: dict[str, Any] = {"__name__": place_sums.__name__}
    exec(compile(source.replace(right, wrong), "planted", "exec"), planted)
    monkeypatch.setattr("chainrule.faces.onnx.network.window_sum", planted["window_sum"])
    monkeypatch.setattr("chainrule.faces.onnx.network.needed", planted["needed"])
    refused = 0
    for number, (layers, shape) in enumerate(IMAGES.values()):
        place = tmp_path / f"{number}.onnx"
        try:
            to_onnx(given(layers, shape, np.float32), place)
        except InputError as error:
            assert "does not predict the same" in str(error)
            refused += not place.exists()
        except Exception:  # noqa: BLE001 (what ONNX Runtime says of shapes that do not fit)
            refused += not place.exists()
    assert refused
