"""from_onnx: what ONNX files say is taken as they compute it, whoever wrote them, or refused by the node."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import InputError, from_onnx, load, to_onnx
from chainrule.engine.network import Network
from chainrule.engine.runs.run import History, Run
from chainrule.engine.stopping import Stop
from chainrule.faces.foreign import fitting
from chainrule.faces.foreign.onnx_graph import opened
from chainrule.faces.foreign.onnx_model import taken
from chainrule.numbers import given
from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.layers.batch_norm import BatchNorm
from chainrule.rules.layers.chain import Chain
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.elu import ELU
from chainrule.rules.layers.flatten import Flatten
from chainrule.rules.layers.leaky_relu import LeakyReLU
from chainrule.rules.layers.pool import GlobalAveragePool
from chainrule.rules.layers.residual import Residual
from chainrule.rules.protocols import Names
from tests.rules.test_places import IMAGES

onnxruntime = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")
helper = onnx.helper
RNG = np.random.default_rng(0)

# --- our own files, read again --------------------------------------------------------------------------

OWN: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    **IMAGES,
    **{name: ([Dense(5, name), Dense(2)], (3,)) for name in ACTIVATIONS},
    "batch norm": ([Conv(4, 3), BatchNorm(1e-3), "relu", Flatten(), BatchNorm(), Dense(2)], (5, 6, 2)),
    "dense batch norm": ([Dense(4, "tanh"), BatchNorm(), Dense(2)], (3,)),
    "residual": ([Dense(6, "tanh"), Residual([Dense(3, "relu"), Dense(6)]), Dense(2)], (3,)),
    "nested": ([Residual([Residual(["gelu"]), Dense(3, ELU(0.3))]), Dense(2, LeakyReLU(0.3))], (3,)),
    "residual of places": (
        [Conv(4, 3, padding=1), Residual([Conv(4, 3, "silu", padding=1), Conv(4, 1)]), "relu",
         GlobalAveragePool(), Dense(2)], (6, 5, 2)),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OWN)
def test_what_was_exported_comes_back(name: str, dtype: str, tmp_path: Path) -> None:
    layers, shape = OWN[name]
    network = Network(layers)
    start = network.start(shape)
    weights = {n: (a + RNG.normal(0, 0.1, a.shape)).astype(dtype) for n, a in start.items()}
    run = Run(network, weights, History([]), Stop.EPOCHS, 0, 0.5, row_shape=shape)
    to_onnx(run, tmp_path / "m.onnx")
    again = from_onnx(tmp_path / "m.onnx")
    x = RNG.normal(size=(5, *shape)).astype(dtype)
    assert again.row_shape == shape
    for parameter, array in weights.items():
        np.testing.assert_allclose(again.parameters[parameter], array, atol=1e-7)
    np.testing.assert_allclose(again.predict(x), run.predict(x), atol=2e-6)
    assert np.array_equal(load(again.save(tmp_path / "run")).predict(x), again.predict(x))


# --- PyTorch's own cases, which the onnx package has in it -----------------------------------------------

CASES = Path(onnx.__file__).parent / "backend" / "test" / "data"
PYTORCH = [
    *(f"AvgPool{k}" for k in ("2d", "2d_stride", "3d", "3d_stride", "3d_stride1_pad0_gpu_input")),
    *(f"Conv1d{k}" for k in ("", "_dilated", "_groups", "_pad1", "_pad1size1", "_pad2", "_pad2size1",
      "_stride")),
    *(f"Conv2d{k}" for k in ("", "_depthwise", "_depthwise_padded", "_depthwise_strided", "_dilated",
      "_groups", "_depthwise_with_multiplier", "_groups_thnn", "_no_bias", "_padding", "_strided")),
    *(f"Conv3d{k}" for k in ("", "_dilated", "_dilated_strided", "_groups", "_no_bias", "_stride",
      "_stride_padding")),
    *(f"BatchNorm{k}" for k in ("1d_3d_input_eval", "2d_eval", "2d_momentum_eval", "3d_eval",
      "3d_momentum_eval")),
    *("ELU", "LeakyReLU", "LeakyReLU_with_negval", "Linear", "Linear_no_bias", "ReLU", "Sigmoid", "Softmax",
      "Softplus", "Tanh", "softmax_lastdim"),
    *("MaxPool1d", "MaxPool1d_stride", "MaxPool2d", "MaxPool3d", "MaxPool3d_stride",
      "MaxPool3d_stride_padding"),
]  # fmt: skip


def tensor(path: Path) -> np.ndarray:
    proto = onnx.TensorProto()
    proto.ParseFromString(path.read_bytes())
    return np.asarray(onnx.numpy_helper.to_array(proto))


@pytest.mark.parametrize("name", PYTORCH)
def test_a_case_of_pytorch(name: str) -> None:
    folder = CASES / "pytorch-converted" / f"test_{name}"
    model, data = onnx.load(folder / "model.onnx"), folder / "test_data_set_0"
    x, *constants = (tensor(data / f"input_{k}.pb") for k in range(len(list(data.glob("input_*.pb")))))
    for entry, array in zip(list(model.graph.input)[1:], constants, strict=False):
        model.graph.initializer.append(onnx.numpy_helper.from_array(array, entry.name))
    reader = taken(opened(model, None))
    parts = list(fitting._Walk(tuple(reader.row[axis] for axis in reader.entry)).through(reader.parts))
    chain = Chain([part.rule() for part in parts]).placed(Names())
    weights = {
        getattr(layer, letter): given(getattr(layer, letter), np.asarray(array))
        for part, layer in zip(parts, chain.layers, strict=True)
        for letter, array in part.arrays.items()
    }
    rows = np.transpose(x, (0, *(axis + 1 for axis in reader.entry)))
    ours = chain.forward(weights, given("x", rows))[0].array
    theirs = tensor(data / "output_0.pb")
    np.testing.assert_allclose(
        np.moveaxis(ours, -1, 1) if reader.is_channels_first else ours, theirs, atol=2e-6
    )


# --- graphs as other exporters write them ---------------------------------------------------------------


def model(nodes: list[Any], shape: list[Any], outputs: int = 1, **constants: np.ndarray) -> bytes:
    """A file of nodes that goes from x to y."""
    arrays = [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()]
    entry = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)
    ends = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
        for name in ("y", "second")[:outputs]
    ]
    graph = helper.make_graph(nodes, "by hand", [entry], ends, arrays)
    made: bytes = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()
    return made


def n(kind: str, takes: str, gives: str, **attributes: Any) -> Any:
    return helper.make_node(kind, takes.split(), gives.split(), name=f"{kind}_{gives}", **attributes)


def floats(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("f4")


W, B, V = floats(4, 3, 3, 3), floats(4), floats(4, 2)
POOLED = [n("GlobalAveragePool", "h", "g"), n("Flatten", "g", "f"), n("MatMul", "f v", "y")]
CONV = n("Conv", "x w b", "h", pads=[1, 1, 1, 1])
FILES: dict[str, tuple[list[str], bytes]] = {
    "chain": (["Conv", "GlobalAveragePool", "Dense"], model([CONV, *POOLED], ["n", 3, 8, 6], w=W, b=B, v=V)),
    "one row": (["Conv", "GlobalAveragePool", "Dense"], model([CONV, *POOLED], [1, 3, 8, 6], w=W, b=B, v=V)),
    "channels behind": (["Conv", "Flatten", "Dense"], model(
        [n("Transpose", "x", "c", perm=[0, 3, 1, 2]),
         n("Conv", "c w b", "p", strides=[2, 2], auto_pad="SAME_UPPER"),
         n("Transpose", "p", "h", perm=[0, 2, 3, 1]), n("Reshape", "h s", "f"), n("MatMul", "f v", "y")],
        ["n", 7, 8, 3], w=W, b=B, v=floats(64, 2), s=np.array([-1, 64]))),
    "view": (["Conv", "Flatten", "Dense"], model(
        [CONV, n("Shape", "h", "d"), n("Gather", "d zero", "k"), n("Unsqueeze", "k zero1", "k1"),
         n("Concat", "k1 rest", "s", axis=0), n("Reshape", "h s", "f"),
         n("Gemm", "f v c", "y", transB=1, alpha=0.5)],
        ["n", 3, 5, 4], w=W, b=B, v=floats(2, 80), c=floats(2), zero=np.array(0), zero1=np.array([0]),
        rest=np.array([-1]))),
    "bias apart": (["Conv", "GlobalAveragePool", "Dense"], model(
        [n("Conv", "x w", "c"), n("Add", "c b", "d"), n("Mul", "d s", "e"), n("Div", "e t", "h"),
         n("ReduceMean", "h", "f", axes=[2, 3], keepdims=0), n("MatMul", "f v", "g"), n("Sub", "o g", "y")],
        ["n", 3, 8, 6], w=W, b=B.reshape(4, 1, 1), s=B.reshape(1, 4, 1, 1), t=np.float32(3), v=V,
        o=floats(2))),
    "sigmoid linear unit": (["Conv", "GlobalAveragePool", "Dense"], model(
        [n("Conv", "x w b", "c"), n("Sigmoid", "c", "s"), n("Mul", "c s", "h"), *POOLED], ["n", 3, 8, 6],
        w=W, b=B, v=V)),
    "relu of 6 nodes": (["Dense", "Dense"], model(
        [n("MatMul", "x v", "a"), n("Abs", "a", "m"), n("Add", "a m", "s"), n("Mul", "s half", "r"),
         n("MatMul", "r u", "y")], ["n", 4], v=V, u=floats(2, 3), half=np.float32(0.5))),
    "residual": (["Conv", "Residual", "ReLU", "GlobalAveragePool", "Dense"], model(
        [n("Conv", "x w b", "c", pads=[1] * 4), n("Conv", "c u", "d", pads=[1] * 4), n("Relu", "d", "e"),
         n("Add", "e c", "s"), n("Relu", "s", "h"), *POOLED], ["n", 3, 5, 5], w=W, b=B,
        u=floats(4, 4, 3, 3), v=V)),
    "flat images": (["Dense"], model([n("Flatten", "x", "f"), n("MatMul", "f v", "y")], ["n", 1, 2, 2], v=V)),
    "a channel put in": (["Conv", "GlobalAveragePool", "Dense"], model(
        [n("Unsqueeze", "x one", "c"), n("Conv", "c w", "h"), *POOLED], ["n", 6, 5], w=floats(4, 1, 2, 2),
        v=V, one=np.array([1]))),
    "laid out": (["Unflatten", "Conv", "GlobalAveragePool", "Dense"], model(
        [n("Reshape", "x s", "c"), n("Conv", "c w", "h"), *POOLED], ["n", 30], w=floats(4, 1, 2, 2), v=V,
        s=np.array([-1, 1, 6, 5]))),
    "logarithm": (["Dense"], model(
        [n("MatMul", "x v", "a"), n("LogSoftmax", "a", "y", axis=1)], ["n", 4], v=V)),
}  # fmt: skip


def session(content: bytes) -> Any:
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("name", FILES)
def test_a_graph_is_taken_as_it_computes(name: str) -> None:
    layers, content = FILES[name]
    run = from_onnx(content)
    assert [type(layer).__name__ for layer in run.network.layers] == layers
    entry = session(content).get_inputs()[0]
    raw = RNG.normal(size=(1 if entry.shape[0] == 1 else 3, *entry.shape[1:])).astype("f4")
    turned = "layout" in run.settings and raw.ndim == 4
    x = np.moveaxis(raw, 1, -1) if turned else raw.reshape(len(raw), *run.row_shape or ())
    theirs = session(content).run(None, {"x": raw})[0]
    np.testing.assert_allclose(run.predict(x), np.exp(theirs) if name == "logarithm" else theirs, atol=1e-5)


REFUSED = {
    "operator": (model([n("Selu", "x", "y")], ["n", 4]), r"node 'Selu_y' \(Selu\): there is no rule for it"),
    "size": (model([CONV, *POOLED], ["n", 3, "h", "w"], w=W, b=B, v=V), "does not say how large a row is"),
    "padding": (model([n("Conv", "x w b", "h", pads=[2, 0, 0, 1]), *POOLED], ["n", 3, 8, 6], w=W, b=B, v=V),
                r"\(Conv\).* with the padding \[2, 0, 0, 1\]"),
    "outputs": (model([n("Relu", "x", "y"), n("Relu", "y", "second")], ["n", 4], 2),
                "2 outputs .*one is wanted"),
    "two ways": (model([n("MatMul", "x v", "a"), n("MatMul", "x v", "b"), n("Add", "a b", "y")],
                       ["n", 4], v=V),
                 "2 nodes read 'x': a plain chain is wanted"),
    "first": (model([n("Div", "x s", "a"), n("MatMul", "a v", "y")], ["n", 4], v=V, s=np.float32(255)),
              r"\(Div\).* not behind a layer with weights"),
    "holes": (model([n("MaxPool", "x", "h", kernel_shape=[2, 2], dilations=[2, 2]), *POOLED],
                    ["n", 4, 8, 6], v=V),
              "with holes in its windows"),
    "places": (model([n("Conv", "x w b", "y")], ["n", 3, 8, 6], w=W, b=B), "ends in numbers at places"),
    "rows": (model([n("MatMul", "x v", "a"), n("Reshape", "a s", "y")], ["n", 4], v=V, s=np.array([-1, 1])),
             "takes rows apart"),
    "softmax": (model([n("Softmax", "x", "h", axis=1), *POOLED], ["n", 4, 3, 3], v=V), "over places"),
    "turned rows": (model([n("Transpose", "x", "a"), n("MatMul", "a v", "y")], [4, 4], v=V),
                    "turns the rows"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_rule_is_refused_by_its_node(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        from_onnx(content)
    assert "\n" not in str(refused.value)


def test_an_open_size_is_said() -> None:
    run = from_onnx(model([CONV, *POOLED], ["n", 3, "h", "w"], w=W, b=B, v=V), shape=(3, 6, 5))
    assert run.row_shape == (6, 5, 3)


def test_weights_that_were_turned_wrongly_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "_order", lambda row: np.arange(int(np.prod(row))))
    with pytest.raises(InputError, match="other numbers"):
        from_onnx(FILES["view"][1])


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no")
    for source, message in (
        (tmp_path / "text.onnx", "text.onnx: cannot be read as ONNX"),
        (tmp_path / "gone.onnx", "gone.onnx"),
        (3, "takes a path, bytes or a ModelProto"),
        (b"", "the file takes 0 inputs"),
    ):
        with pytest.raises(InputError, match=message) as refused:
            from_onnx(source)
        assert "\n" not in str(refused.value)
