"""Images from the command line: arrays of NumPy and tables of pixels, learned from and explained."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.engine.runs.loading import load
from tests.faces.cli.test_explain import Answer

QUICK = ("--epochs", "12", "--conv", "4", "--hidden", "none", "--learning-rate", "0.02", "--batch-size", "16")


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """The command line in a folder of its own, which holds the same images as arrays and as a table."""
    from chainrule.faces.cli import main

    monkeypatch.chdir(tmp_path)
    x, y = images()
    np.savez("bars.npz", x=x, y=y)
    np.savez("new.npz", x=x[:7])
    rows = [",".join(map(str, [*image.ravel(), label])) for image, label in zip(x, y, strict=True)]
    header = ",".join([*(f"p{k}" for k in range(36)), "label"])
    Path("bars.csv").write_text("\n".join([header, *rows]))

    def run(*words: str) -> Answer:
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        out, err = capfd.readouterr()
        return Answer(int(ended.value.code or 0), out, err)

    return run


def images() -> tuple[np.ndarray, np.ndarray]:
    """Bars that stand or lie, somewhere in 6 x 6 pixels; a pixel in the corner is always 0."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 40, (120, 6, 6)).astype(np.uint8), rng.choice(["lies", "stands"], 120)
    for image, label in zip(x, y, strict=True):
        place = rng.integers(1, 6)
        image[(slice(1, None), place) if label == "stands" else (place, slice(1, None))] = 255
        image[0, 0] = 0
    return x, y


def test_arrays_are_learned_from_end_to_end(call: Callable[..., Answer]) -> None:
    done = call("train", "bars.npz", "--out", "run", *QUICK)
    assert done.code == 0, done.err
    assert "conv 1 relu" in done.out
    assert "(n, 6, 6, 4)" in done.out
    run = load("run")
    assert (run.inputs, run.extra["validation"]["accuracy"]) == (36, pytest.approx(1.0, abs=0.1))
    predicted = call("predict", "run", "new.npz")
    assert predicted.out.count("\n") == 8
    assert [line.split(",")[0] for line in predicted.out.splitlines()[1:]] == images()[1][:7].tolist()
    assert "accuracy" in call("evaluate", "run", "bars.npz").out
    told = call("explain", "run", "dE/dw1[1,1,0,2]")
    assert "∂E/∂w₁[1,1,0,2] is how fast E grows as w₁[1,1,0,2] grows" in " ".join(told.out.split())
    assert "v₀[" in told.out
    assert "x[0,15]" in call("explain", "run", "x[0,x_2_3]").out
    assert 'explain run "w1[' in call("explain", "run").out
    assert call("explain", "run", "dE/dw1[0,0,0,1]@3").code == 0


def test_a_table_of_pixels_is_the_same_images(call: Callable[..., Answer]) -> None:
    assert call("train", "bars.npz", "--out", "a", *QUICK).code == 0
    done = call("train", "bars.csv", "--target", "label", "--image", "6x6", "--out", "b", *QUICK)
    assert done.code == 0, done.err
    arrays, table = load("a"), load("b")
    assert all(np.array_equal(table.parameters[name], array) for name, array in arrays.parameters.items())


@pytest.mark.parametrize("source", [("bars.npz",), ("bars.csv", "--target", "label", "--image", "6x6")])
def test_as_onnx_images_go_in_whole(call: Callable[..., Answer], source: tuple[str, ...]) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    assert call("train", *source, "--out", "run", *QUICK).code == 0
    done = call("export", "run", "--onnx", "m.onnx")
    assert done.code == 0, done.err
    session = onnxruntime.InferenceSession("m.onnx", providers=["CPUExecutionProvider"])
    x = np.load("new.npz")["x"].astype(float)[..., None]
    labels, shares = session.run(None, {"x": x})
    assert labels.tolist() == images()[1][:7].tolist()
    x[0, 1, 2, 0] = np.nan  # a pixel that is missing is filled in
    assert np.isfinite(session.run(None, {"x": x})[1]).all()
    assert (abs(shares.sum(axis=1) - 1) < 1e-6).all()


def test_batch_norms_behind_convolutions(call: Callable[..., Answer]) -> None:
    done = call("train", "bars.npz", "--batch-norm", "--out", "run", *QUICK)
    assert done.code == 0, done.err
    assert [type(layer).__name__ for layer in load("run").network.layers][1:4] == [
        "Conv",
        "BatchNorm",
        "ReLU",
    ]
    told = call("explain", "run", "dE/da1[0,2,2,1]@3").out
    assert "took the means and variances of this batch" in told
    assert "· md₂[1] · inv₂[1]" in told  # the part through the mean, with the batch of that update
    assert "· mt₂[1] · inv₂[1]" in told
    now = call("explain", "run", "inv2[1]").out
    assert "The network predicts here" in now
    assert "rv₂[1]" in now
    assert call("export", "run", "--onnx", "m.onnx").code == 0


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "no pixels": (("bars.csv", "--target", "label", "--image", "5x5"), "images of 5 x 5 x 1 want 25 columns"),
    "no shape": (("bars.csv", "--target", "label", "--image", "large"), "write 28x28"),
    "another": (("bars.npz", "--image", "9x4"), "the images of bars.npz are"),
    "no images": (
        ("bars.npz", "--conv", "none", "--batch-norm"),
        "--batch-norm stands behind the convolutions",
    ),
    "members": (("bars.npz", "--members", "4"), "of networks for images there is no mean yet"),
    "seeds": (("bars.npz", "--seeds", "2"), "dense networks only: this one has the layer conv 1"),
}


@pytest.mark.parametrize(("words", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_in_one_line(
    call: Callable[..., Answer], words: tuple[str, ...], message: str
) -> None:
    done = call("train", *words, "--epochs", "1", "--out", "run")
    assert done.code == 2
    assert message in done.err
    assert done.err.strip().splitlines()[-1].startswith("chainrule: ")


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "no x": ({"images": np.ones((4, 2, 2))}, "there is no array x; there are images"),
    "words": ({"x": np.array([["a"], ["b"]])}, "x must hold numbers"),
    "short y": ({"x": np.ones((4, 2, 2)), "y": np.ones(3)}, "y is (3,), but x has 4 rows"),
    "flat": ({"x": np.ones(4), "y": np.ones(4)}, "x is (4,), but rows are wanted"),
    "one colour": ({"x": np.ones((20, 3, 3)), "y": np.arange(20) % 2}, "all images are one colour"),
}


@pytest.mark.parametrize(("arrays", "message"), BROKEN.values(), ids=BROKEN)
def test_files_that_hold_no_images(call: Callable[..., Answer], arrays: dict[str, Any], message: str) -> None:
    np.savez("odd.npz", **arrays)
    done = call("train", "odd.npz", "--out", "run")
    assert (done.code, message in done.err) == (2, True), done.err


def test_what_is_no_file_of_arrays(call: Callable[..., Answer]) -> None:
    Path("torn.npz").write_bytes(Path("bars.npz").read_bytes()[:300])
    Path("text.npz").write_text("x,y\n1,2\n")
    np.savez("objects.npz", x=np.array([{}, {}], dtype=object))
    for name in ("torn.npz", "text.npz", "objects.npz"):
        done = call("train", name, "--out", "run")
        assert (done.code, "cannot be read as arrays of NumPy" in done.err) == (2, True), done.err
