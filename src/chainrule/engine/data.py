"""What goes into a network: x, t and sample weights as arrays that fit together, or one clear refusal."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.engine.network import Network
from chainrule.errors import InputError, ShapeError
from chainrule.rules.losses.softmax_cross_entropy import SoftmaxCrossEntropy

WHOLE = {"float32": np.int32, "float64": np.int64}  # the tokens beside numbers of that type
FARTHEST = 1 << 31


@dataclass(frozen=True)
class Data:
    """x (n, inputs), t (n, outputs) and, if rows count differently, weight (n,); all of one dtype, or whole
    numbers as wide as that where they are tokens.
    """

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
    def dtype(self) -> np.dtype[Any]:
        """That of the parameters and of all numbers that are no tokens."""
        return real(self.x.dtype)

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
            Tokens are whole numbers (n, t); where they are int64 all else is float64, and float32 else.
        t: (n, outputs) numbers; (n,) for one output; with softmax cross-entropy also n labels 0, 1, ...; with
            token cross-entropy whole numbers (n, t), below 0 where nothing is asked.
        sample_weight: (n,) numbers from 0 up, not all 0.

    Raises:
        InputError: no rows, NaN or infinity (row and column are named), targets the loss has no
            meaning for.
        ShapeError: sizes that do not fit.
    """
    x = inputs(x, network)
    if not len(x):
        raise InputError("x has 0 rows: there is nothing to learn from")
    dtype = real(x.dtype)
    if network.loss.takes == "tokens":
        t = token_targets(t, len(x), network.ends(x.shape[1:])).astype(WHOLE[dtype.name])
    else:
        t = _narrowed(targets(network, t, len(x), network.outputs(x.shape[1:])), dtype, "t")
    if sample_weight is None:
        return Data(x, t)
    weight = _narrowed(floats(sample_weight, "sample_weight"), dtype, "sample_weight")
    if weight.shape != (len(x),):
        raise ShapeError(f"sample_weight is {weight.shape}, but x has {len(x)} rows: give one weight a row")
    if (weight < 0).any() or not weight.any():
        raise InputError("sample weights are numbers from 0 up, and not all of them 0")
    if weight.max() > np.finfo(dtype).max / len(weight):
        raise InputError("sample weights are so large that they do not add up: scale them down")
    return Data(x, t, weight)


def inputs(x: Any, network: Network) -> np.ndarray:
    """Rows (n, inputs) of floating-point numbers, all finite; of places (n, h, w, channels), say; or of
    tokens (n, t), as whole numbers of 32 or 64 bits.
    """
    takes = network.takes
    if takes == "tokens":
        return tokens(x, network.tokens)
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


def tokens(x: Any, count: int) -> np.ndarray:
    """Rows (n, t) of the whole numbers 0 to `count` - 1.

    Raises:
        InputError: a number that is none of them; its place is named.
        ShapeError: no rows of tokens.
    """
    rows = whole_numbers(x, "x")
    if rows.ndim != 2 or not rows.shape[1]:
        raise ShapeError(f"x is {rows.shape}, but rows of tokens are wanted, (n, t)")
    _refuse_outside(rows, (rows < 0) | (rows >= count), "x", f"{count} tokens are known, 0 to {count - 1}")
    return rows


def token_targets(t: Any, rows: int, outputs: tuple[int, ...]) -> np.ndarray:
    """For each row and place the number of an output, or one below 0 where nothing is asked.

    Raises:
        InputError: a number that is none of them; its place is named.
        ShapeError: another shape than that of the places; or a row of which nothing is asked.
    """
    *places, count = outputs
    wanted, numbers = (rows, *places), whole_numbers(t, "t")
    if numbers.shape != wanted:
        raise ShapeError(f"t is {numbers.shape}, but a target for each place of {rows} rows wants {wanted}")
    _refuse_outside(numbers, numbers >= count, "t", f"the {count} outputs stand for 0 to {count - 1}")
    idle = (numbers.reshape(rows, -1) < 0).all(axis=1)
    if idle.any():
        row = int(np.argmax(idle))
        raise InputError(f"t[{row}] asks for nothing: all its targets are below 0; drop the row")
    return numbers


def whole_numbers(values: Any, name: str) -> np.ndarray:
    """`values` as an array of int32, or of int64 if that or float64 is what came.

    Raises:
        InputError: one of them is not whole; it is named.
    """
    array = _array(values, name)
    if array.dtype.kind not in "biu":
        numbers = floats(array, name)
        with np.errstate(invalid="ignore"):
            _refuse_outside(numbers, numbers != np.floor(numbers), name, "tokens are whole numbers")
            _refuse_outside(numbers, ~(abs(numbers) < FARTHEST), name, "tokens are small whole numbers")
        return numbers.astype(WHOLE[numbers.dtype.name])
    if array.size and not -FARTHEST <= int(array.min()) <= int(array.max()) < FARTHEST:
        raise InputError(f"{name} holds {array.max()}: tokens are small whole numbers")
    return array.astype(np.int64 if array.dtype.itemsize == 8 else np.int32)


def real(dtype: Any) -> np.dtype[Any]:
    """The type of numbers beside tokens of that type; of numbers itself."""
    kinds: dict[str, np.dtype[Any]] = {"int32": np.dtype(np.float32), "int64": np.dtype(np.float64)}
    return kinds.get(str(dtype)) or np.dtype(dtype)


def recast(array: np.ndarray, dtype: Any = np.float64) -> np.ndarray:
    """Numbers in another type; tokens as they are."""
    return array if array.dtype.kind == "i" else array.astype(dtype)


def _refuse_outside(numbers: np.ndarray, outside: np.ndarray, name: str, known: str) -> None:
    """Raise an InputError that names the first number which is outside of what is known."""
    if outside.any():
        place = tuple(np.argwhere(outside)[0])
        raise InputError(f"{name}[{','.join(map(str, place))}] is {numbers[place]}, but {known}")


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
        array = array.astype(dtype, copy=False)
    refuse_unfit(array, name)
    return array


def refuse_unfit(array: np.ndarray, name: str) -> None:
    """Raise an InputError that names the first NaN or infinity."""
    bad = ~np.isfinite(array)
    if bad.any():
        place = tuple(np.argwhere(bad)[0])
        index = ",".join(map(str, place))
        raise InputError(f"{name}[{index}] is {array[place]}: fill it in or drop its row")
