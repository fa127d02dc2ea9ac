"""What goes into a network: converted exactly, or refused in one line that says where."""

from typing import Any

import jax
import numpy as np
import pytest

from chainrule.engine.backprop import sweep
from chainrule.engine.data import inputs, one_hot, prepare
from chainrule.engine.network import Network
from chainrule.engine.training.train import train
from chainrule.errors import InputError, ShapeError
from chainrule.rules.layers.dense import Dense

ONE = Network([Dense(3, "tanh"), Dense(1)])
THREE = Network([Dense(3)], "softmax_cross_entropy")
X = np.arange(8.0).reshape(4, 2) / 8
T = np.array([0.1, -0.2, 0.3, 0.4])


def test_arrays_keep_their_dtype() -> None:
    for dtype in (np.float32, np.float64):
        data = prepare(ONE, X.astype(dtype), T, [1, 2, 3, 4])
        assert data.weight is not None
        assert {data.x.dtype, data.t.dtype, data.weight.dtype} == {np.dtype(dtype)}
        assert (data.x.shape, data.t.shape, data.weight.shape, len(data)) == ((4, 2), (4, 1), (4,), 4)


@pytest.mark.parametrize("kind", [list, tuple, jax.numpy.asarray, lambda a: a.astype(object)])
def test_anything_like_an_array(kind: Any) -> None:
    np.testing.assert_allclose(prepare(ONE, kind(X), kind(T)).x, X)


# --- how a trainer must behave in the corners -------------------------------------------------------


def test_fit_on_no_rows() -> None:
    with pytest.raises(InputError, match="x has 0 rows: there is nothing to learn from"):
        train(ONE, np.zeros((0, 2)), np.zeros((0, 1)))


def test_predict_no_rows() -> None:
    run = train(THREE, X, np.array([0, 1, 2, 0]), epochs=1)
    assert run.predict(np.zeros((0, 2))).shape == (0, 3)


def test_labels_are_their_one_hot_rows() -> None:
    labels = np.array([2, 0, 1, 1])
    one, other = (train(THREE, X, t, epochs=5) for t in (labels, np.eye(3)[labels]))
    assert one.history == other.history
    assert {n: a.tobytes() for n, a in one.parameters.items()} == {
        n: a.tobytes() for n, a in other.parameters.items()
    }


@pytest.mark.parametrize("label", [5, 3, -1])
def test_a_label_that_is_none(label: int) -> None:
    with pytest.raises(InputError, match=rf"t\[2\] is the label {label}, but the 3 outputs stand for 0 to 2"):
        train(THREE, X, np.array([0, 1, label, 0]))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64, np.int8, bool])
def test_labels_of_every_whole_dtype(dtype: Any) -> None:
    np.testing.assert_array_equal(one_hot(np.array([1, 0], dtype), 2), [[0, 1], [1, 0]])


def test_targets_are_never_broadcast() -> None:
    one, other = (train(ONE, X, t, epochs=3) for t in (T, T[:, None]))
    assert one.history == other.history
    wide = Network([Dense(4)])
    with pytest.raises(ShapeError, match=r"t is \(4,\), but 4 rows of 4 outputs want \(4, 4\)"):
        train(wide, X, T)


def test_whole_numbers_are_floats() -> None:
    whole = np.array([[1, 2], [3, 4], [5, 6]])
    one, other = (train(ONE, x, [1, 2, 3], epochs=3) for x in (whole, whole.astype(float)))
    assert one.parameters["w1"].dtype == np.float64
    assert one.history == other.history


def test_half_precision_is_computed_in_single() -> None:
    x = np.full((4, 2), 60000, np.float16)
    run = train(Network([Dense(1)]), x, [0.0] * 4, epochs=1, learning_rate=0.0)
    assert run.settings["dtype"] == "float32"
    assert np.isfinite(run.history.loss).all()
    assert run.history.loss[0] > float(np.finfo(np.float16).max)


def test_one_nan_row_in_a_thousand() -> None:
    x = np.zeros((1000, 2))
    x[700, 1] = np.nan
    with pytest.raises(InputError, match=r"x\[700,1\] is nan: fill it in or drop its row"):
        train(ONE, x, np.zeros(1000))


def test_a_constant_input_moves_no_weight() -> None:
    x = X.copy()
    x[:, 1] = 0  # what a constant column is standardised to
    run = train(ONE, x, T, epochs=50)
    start = ONE.start(2)["w1"]
    assert run.parameters["w1"][1].tobytes() == start[1].tobytes()
    assert sweep(ONE, run.parameters, x, T[:, None]).gradients["w1"].array[1].tolist() == [0, 0, 0]


@pytest.mark.parametrize("on", [False, True])
def test_the_dtype_is_that_of_x_whatever_jax_is_set_to(on: bool) -> None:
    usual = train(ONE, X, T, epochs=3)
    with jax.enable_x64(on):
        run, narrow = train(ONE, X, T, epochs=3), train(ONE, X.astype(np.float32), T, epochs=3)
    assert run.settings["dtype"] == "float64"
    assert run.history == usual.history
    assert narrow.settings["dtype"] == "float32"
    assert {a.dtype for a in narrow.parameters.values()} == {np.dtype(np.float32)}


def test_all_weights_0() -> None:
    with pytest.raises(InputError, match="from 0 up, and not all of them 0"):
        train(ONE, X, T, sample_weight=np.zeros(4))


def test_learning_rate_0() -> None:
    for optimizer in ("sgd", "adam"):
        run = train(ONE, X, T, learning_rate=0, epochs=9, batch_size=3, optimizer=optimizer)
        assert all(a.tobytes() == run.parameters[n].tobytes() for n, a in ONE.start(2).items())


# --- what is refused --------------------------------------------------------------------------------

REFUSED: dict[str, tuple[Any, Any, Any, str]] = {
    "one row flat": ([0.1, 0.2], T, None, r"x is \(2,\).*write \[\[0.1\]\] for one row"),
    "a number": (0.1, T, None, r"x is \(\)"),
    "three axes": (np.zeros((4, 2, 2)), T, None, r"x is \(4, 2, 2\), but rows of inputs are wanted"),
    "no columns": (np.zeros((4, 0)), T, None, r"x is \(4, 0\)"),
    "words": ([["a", "b"]] * 4, T, None, "x must hold numbers, not"),
    "digits as words": (X.astype(str), T, None, "x must hold numbers, not"),
    "objects": (np.full((4, 2), {}, object), T, None, "x must hold numbers, not object"),
    "ragged": ([[1.0, 2.0], [3.0]], T, None, "x is ragged"),
    "complex": (X + 1j, T, None, "x must hold numbers, not complex128"),
    "dates": (np.zeros((4, 2), "M8[D]"), T, None, "x must hold numbers, not datetime64"),
    "infinite": (X + np.array([0, np.inf]), T, None, r"x\[0,1\] is inf"),
    "t ragged": (X, [[1.0], [2.0, 3.0], [1.0], [1.0]], None, "t is ragged"),
    "t short": (X, T[:3], None, r"t is \(3,\), but 4 rows of 1 outputs want \(4, 1\)"),
    "t nan": (X, [0, 1, np.nan, 1], None, r"t\[2,0\] is nan"),
    "t too large": (X.astype(np.float32), [0, 1, 1e200, 1], None, r"t\[2,0\] is inf"),
    "weight short": (X, T, [1.0], r"sample_weight is \(1,\), but x has 4 rows"),
    "weight negative": (X, T, [1, 1, -1, 1], "from 0 up"),
    "weight nan": (X, T, [1, 1, np.nan, 1], r"sample_weight\[2\] is nan"),
    "weight words": (X, T, list("abcd"), "sample_weight must hold numbers"),
    "weights too large": (X, T, [1e308] * 4, "add up"),
}


@pytest.mark.parametrize(("x", "t", "weight", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(x: Any, t: Any, weight: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        prepare(ONE, x, t, weight)
    assert "\n" not in str(caught.value)


def test_inputs_for_prediction_are_checked_too() -> None:
    run = train(ONE, X, T, epochs=1)
    with pytest.raises(InputError, match=r"x\[0,0\] is nan"):
        run.predict([[np.nan, 1.0]])
    with pytest.raises(ShapeError, match="layer 1: w1 is"):
        run.predict(np.zeros((2, 5)))
    with pytest.raises(InputError, match=r"x is \(2,\)"):
        run.predict([1.0, 2.0])
    assert inputs([[1, 2]], ONE).dtype == np.float64
