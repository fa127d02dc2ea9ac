"""A saturated output: what is asked of it is a number, and a term that is 0 times something huge is 0."""

import numpy as np
import pytest

from chainrule import Dense, Network, explain, train


@pytest.mark.parametrize(
    ("z", "t", "expected"),
    [(800.0, 1.0, -1.0), (-800.0, 0.0, 1.0), (800.0, 0.0, np.inf), (-800.0, 1.0, -np.inf)],
)
def test_binary(z: float, t: float, expected: float) -> None:
    network = Network([Dense(1, "sigmoid", weights=np.array([[z]]))], "binary_cross_entropy")
    run = train(network, [[1.0]], [[t]], epochs=0)
    explanation = explain(run, [[1.0]], [[t]], "dE/da1[0,0]")
    assert float(explanation.value) == expected
    assert "nan" not in str(explanation)


def test_several_classes() -> None:
    network = Network([Dense(2, "softmax", weights=np.array([[800.0, -800.0]]))], "softmax_cross_entropy")
    run = train(network, [[1.0]], [[1.0, 0.0]], epochs=0)
    found = [float(explain(run, [[1.0]], [[1.0, 0.0]], f"dE/da1[0,{unit}]").value) for unit in (0, 1)]
    assert found == [-1, 0]
