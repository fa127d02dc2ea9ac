"""What goes into a network: x, t and sample weights as arrays that fit together, or one clear refusal."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.engine.network import Network
from chainrule.errors import InputError, ShapeError
from chainrule.rules.losses.softmax_cross_entropy import SoftmaxCrossEntropy


@dataclass(frozen=True)
class Data:
    """x (n, inputs), t (n, outputs) and, if rows count differently, weight (n,); all of one dtype."""

    x: np.ndarray
    t: np.ndarray
    weight: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.x)

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape of a row: (inputs,), or of numbers at places (h, w, channels), say."""
        return self.x.shape[1:]

    @property
    def share(self) -> np.ndarray | None:
        """Each row's part in the mean (n,); None where all are equal."""
        return None if self.weight is None else self.weight / self.weight.sum()

    def only(self, rows: np.ndarray) -> "Data":
        """The rows of a mask, or of their numbers."""
        return Data(self.x[rows], self.t[rows], None if self.weight is None else self.weight[rows])


def prepare(network: Network, x: Any, t: Any, sample_weight: Any = None) -> Data:
    """Arrays that `network` can be trained or measured on.

    Args:
        x: (n, inputs) numbers; float32 and float64 are kept, others become float64 (float16: float32).
        t: (n, outputs) numbers; (n,) for one output; with softmax cross-entropy also n labels 0, 1, ...
        sample_weight: (n,) numbers from 0 up, not all 0.

    Raises:
        InputError: no rows, NaN or infinity (row and column are named), targets the loss has no
            meaning for.
        ShapeError: sizes that do not fit.
    """
    x = inputs(x, network.takes)
    if not len(x):
        raise InputError("x has 0 rows: there is nothing to learn from")
    outputs = network.outputs(x.shape[1:])
    t = _narrowed(targets(network, t, len(x), outputs), x.dtype, "t")
    if sample_weight is None:
        return Data(x, t)
    weight = _narrowed(floats(sample_weight, "sample_weight"), x.dtype, "sample_weight")
    if weight.shape != (len(x),):
        raise ShapeError(f"sample_weight is {weight.shape}, but x has {len(x)} rows: give one weight a row")
    if (weight < 0).any() or not weight.any():
        raise InputError("sample weights are numbers from 0 up, and not all of them 0")
    if weight.max() > np.finfo(x.dtype).max / len(weight):
        raise InputError("sample weights are so large that they do not add up: scale them down")
    return Data(x, t, weight)


def inputs(x: Any, takes: str = "numbers") -> np.ndarray:
    """Rows (n, inputs) of floating-point numbers, all finite; of places (n, h, w, channels), say."""
    rows = floats(x, "x")
    if takes == "places" and rows.ndim > 2 and all(rows.shape[1:]):
        refuse_unfit(rows, "x")
        return rows
    if takes == "places":
        raise ShapeError(
            f"x is {rows.shape}, but rows of numbers at places are wanted, such as images (n, h, w, channels)"
        )
    if rows.ndim != 2 or not rows.shape[1]:
        hint = "; write [[0.1]] for one row of one number" if rows.ndim < 2 else ""
        raise ShapeError(f"x is {rows.shape}, but rows of inputs are wanted, (n, inputs){hint}")
    refuse_unfit(rows, "x")
    return rows


def targets(network: Network, t: Any, rows: int, outputs: int) -> np.ndarray:
    """Rows (rows, outputs) of finite numbers that the network's loss has a meaning for."""
    raw = _array(t, "t")
    labels = raw.ndim == 1 and raw.dtype.kind in "iub" and isinstance(network.loss, SoftmaxCrossEntropy)
    numbers = floats(one_hot(raw, outputs) if labels else raw, "t")
    if numbers.ndim == 1 and outputs == 1:
        numbers = numbers[:, None]  # never broadcast (n,) against (n, 1)
    if numbers.shape != (rows, outputs):
        raise ShapeError(f"t is {raw.shape}, but {rows} rows of {outputs} outputs want {(rows, outputs)}")
    refuse_unfit(numbers, "t")
    network.loss.check_targets(numbers)
    return numbers


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Rows of the identity for labels 0, 1, ..., classes − 1.

    Raises:
        InputError: a label outside; label and row are named.
    """
    outside = (labels < 0) | (labels >= classes)
    if outside.any():
        row = int(np.argmax(outside))
        labels_known = f"the {classes} outputs stand for 0 to {classes - 1}"
        raise InputError(f"t[{row}] is the label {labels[row]}, but {labels_known}")
    rows: np.ndarray = np.eye(classes)[labels.astype(int)]
    return rows


def floats(values: Any, name: str) -> np.ndarray:
    """`values` as an array of float32 or float64."""
    array = _array(values, name)
    if array.dtype.kind not in "biuf":
        try:
            if array.dtype.kind in "cMmSU":  # NumPy would drop imaginary parts, count days, read words
                raise TypeError
            return array.astype(np.float64)
        except (TypeError, ValueError):
            raise InputError(f"{name} must hold numbers, not {array.dtype} values") from None
    if array.dtype == np.float16:
        return array.astype(np.float32)
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)


def _array(values: Any, name: str) -> np.ndarray:
    try:
        return np.asarray(values)
    except ValueError:
        raise ShapeError(f"{name} is ragged: its rows are not all as long as the first") from None


def _narrowed(array: np.ndarray, dtype: np.dtype[Any], name: str) -> np.ndarray:
    """`array` in `dtype`, if it fits."""
    with np.errstate(over="ignore"):
        array = array.astype(dtype)
    refuse_unfit(array, name)
    return array


def refuse_unfit(array: np.ndarray, name: str) -> None:
    """Raise an InputError that names the first NaN or infinity."""
    bad = ~np.isfinite(array)
    if bad.any():
        place = tuple(np.argwhere(bad)[0])
        index = ",".join(map(str, place))
        raise InputError(f"{name}[{index}] is {array[place]}: fill it in or drop its row")
