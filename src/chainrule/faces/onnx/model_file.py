"""to_onnx: a run as one ONNX file, written only if ONNX Runtime predicts with it what the run predicts."""

import json
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.engine.network import row_shape
from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.onnx import network, table_encoding
from chainrule.faces.onnx.agreement import Agreement, compare
from chainrule.faces.onnx.graph import IR, ML_OPSET, OPSET, Graph, Tensor
from chainrule.faces.tables.encoding import Encoding
from chainrule.faces.tabular.prediction import encoding_of
from chainrule.files.writing import save

LARGEST = 2_000_000_000  # bytes; protobuf cannot hold more


@dataclass(frozen=True)
class _Ends:
    """The inputs and outputs of a model."""

    inputs: list[Tensor]
    outputs: dict[str, Tensor]


def to_onnx(run: Run, path: str | os.PathLike[str]) -> Agreement:
    """Write the run's network to `path` as ONNX, with the encoding of its table if it was trained on one.

    Of a run trained on a table, each column is an input (n, 1) under its own name: float64 for numbers (true
    and false as 1 and 0), NaN where missing; strings for words, empty where missing. `prediction` (n,) is
    the label or the amount in the target's units, `probabilities` (n, classes) is of classes only. Of a run
    trained on arrays, `x` (n, inputs) or (n, h, w, channels) goes in and `prediction` (n, outputs) comes out;
    of one trained on images, `x` (n, h, w, channels) float64 stands for all columns.

    Returns:
        How far the predictions of ONNX Runtime are from the run's own, over 1,000 rows made up for it.

    Raises:
        InputError: the packages of the extra `onnx` are not installed, the two do not agree, or the file
            cannot be written; nothing is written then.
    """
    require_packages()
    if not isinstance(run, Run):
        raise InputError(f"a run is exported, as train or load gives it, not {type(run).__name__}")
    size = sum(array.nbytes for array in run.parameters.values())
    if size > LARGEST:
        raise InputError(f"the weights are {size / 1e9:.1f} GB: an ONNX file cannot hold more than 2 GB")
    if run.network.takes == "tokens":
        raise InputError(
            "ONNX files are written of rows of numbers: this network takes tokens, by its embedding"
        )
    encoding = encoding_of(run) if "encoding" in run.extra else None
    prediction = network.traced(run.network, row_shape(run.inputs), run.parameters)
    model = _model(run, encoding, prediction)
    agreement = compare(run, encoding, model, rough=network.rough(prediction))
    if not agreement:
        raise InputError(f"{os.fspath(path)}: not written: {agreement}")
    save(path, model)
    return agreement


def require_packages() -> None:
    """Refuse where the packages of the extra `onnx` are not installed."""
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError:
        raise InputError(
            "ONNX wants packages of its own: pip install '.[onnx]' in chainrule's folder"
        ) from None


def _model(run: Run, encoding: Encoding | None, prediction: Any) -> bytes:
    """The file."""
    from onnx import checker, helper

    graph = Graph(set())
    ends = _of_table(graph, run, encoding, prediction) if encoding else _of_arrays(graph, run, prediction)
    domains = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    outputs = []
    for name, tensor in ends.outputs.items():
        identity = graph.add("Identity", [tensor], tensor.dtype, tensor.shape, name=name)
        outputs.append(_info(identity))
    onnx_graph = helper.make_graph(
        graph.nodes, "chainrule", [_info(tensor) for tensor in ends.inputs], outputs, graph.constants
    )
    model = helper.make_model(onnx_graph, opset_imports=domains, ir_version=IR, producer_name="chainrule")
    helper.set_model_props(model, _about(run, encoding))
    checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def _of_table(graph: Graph, run: Run, encoding: Encoding, prediction: Any) -> _Ends:
    if image := table_encoding.image_shape(run, encoding):
        inputs = [Tensor(graph, graph.free("x"), np.dtype(np.float64), (None, *image))]
        x = table_encoding.encoded_images(graph, encoding, inputs[0]).astype(run.dtype)
    else:
        inputs = table_encoding.inputs(graph, encoding)
        x = table_encoding.encoded(graph, encoding, inputs).astype(run.dtype)
    return _Ends(
        inputs, table_encoding.answers(graph, encoding, network.written(graph, run.network, prediction, x))
    )


def _of_arrays(graph: Graph, run: Run, prediction: Any) -> _Ends:
    x = Tensor(graph, graph.free("x"), run.dtype, (None, *row_shape(run.inputs)))
    return _Ends([x], {"prediction": network.written(graph, run.network, prediction, x)})


def _info(tensor: Tensor) -> Any:
    from onnx import helper

    shape = ["n" if size is None else size for size in tensor.shape]
    dtype = np.dtype(object) if tensor.dtype.kind in "US" else tensor.dtype
    return helper.make_tensor_value_info(tensor.name, helper.np_dtype_to_tensor_dtype(dtype), shape)


def _about(run: Run, encoding: Encoding | None) -> dict[str, str]:
    """What the file says of itself."""
    from importlib.metadata import version

    about = {"chainrule": version("chainrule"), "network": json.dumps(run.network.to_dict())}
    if encoding:
        about |= {"task": encoding.task, "target": encoding.target.name}
        about |= {"classes": json.dumps(encoding.classes)} if encoding.classes else {}
    return about
