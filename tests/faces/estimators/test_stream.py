"""`partial_fit` on a stream: parts of other lengths cost no compile each, and teach what they should."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

from chainrule import BackpropClassifier, BackpropRegressor
from chainrule.engine.training.program import program

LENGTHS = [50, 30, 70, 199, 200, 1, 2, 117, 64, 65]
rng = np.random.default_rng(0)
X = rng.normal(size=(2000, 6))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)


def parts(lengths: list[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    ends = np.cumsum([0, *lengths])
    return [(X[start:end], Y[start:end]) for start, end in pairwise(ends)]


@pytest.mark.parametrize(
    ("ours", "theirs"), [(BackpropClassifier, MLPClassifier), (BackpropRegressor, MLPRegressor)]
)
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_parts_of_other_lengths_teach_what_they_teach_scikit_learns(
    ours: Any, theirs: Any, solver: str
) -> None:
    options = {"hidden_layer_sizes": (8,), "solver": solver, "alpha": 0.01, "random_state": 0}
    stream, reference = ours(**options), theirs(**options)
    for number, (x, y) in enumerate(parts(LENGTHS)):
        classes = {"classes": [0, 1]} if number == 0 and ours is BackpropClassifier else {}
        stream.partial_fit(x, y, **classes)
        reference.partial_fit(x, y, **classes)
        for mine, other in zip(stream.coefs_, reference.coefs_, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-12)
        assert stream.loss_ == pytest.approx(reference.loss_, rel=1e-12)
    assert stream.t_ == reference.t_ == sum(LENGTHS)


def test_twenty_lengths_are_two_programs() -> None:
    """Of one batch and of two."""
    stream = BackpropClassifier((16,), random_state=0)
    before = program.cache_info().misses
    for number, length in enumerate([300, *np.random.default_rng(1).integers(20, 380, 20).tolist()]):
        classes = {"classes": [0, 1]} if number == 0 else {}
        stream.partial_fit(X[:length], Y[:length], **classes)
    assert program.cache_info().misses - before == 2
    assert np.isfinite(stream.loss_)


def test_a_large_batch_is_filled_up_to_a_power_of_two() -> None:
    stream = BackpropRegressor((4,), random_state=0, batch_size=4096)
    before = program.cache_info().misses
    for x, y in parts([40, 100, 70, 128, 127]):
        with pytest.warns(UserWarning, match="Got `batch_size` larger"):
            stream.partial_fit(x, y)
    assert program.cache_info().misses - before == 2


def test_a_stream_stored_under_earlier_names_goes_on() -> None:
    """Adam's ε was a schedule of its own once, and its number no part of the state."""
    stream, earlier = (BackpropClassifier((3,), random_state=0) for _ in range(2))
    for model in (stream, earlier):
        for _ in range(2):
            model.partial_fit(X[:60], Y[:60], classes=[0, 1])
    kept = earlier._memory["state"]
    names = {name: name.replace("['update']", "['eps']") for name in kept if "epsilon" not in name}
    earlier._memory["state"] = {new: kept[name] for name, new in names.items()}
    earlier._memory["state"]["state.optimizer.hyperparams['eps_root']"] = np.zeros(())
    for model in (stream, earlier):
        model.partial_fit(X[:60], Y[:60])
    np.testing.assert_array_equal(stream.coefs_[0], earlier.coefs_[0])
