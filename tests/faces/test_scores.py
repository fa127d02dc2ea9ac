"""Scores against scikit-learn's, the oracle."""

import numpy as np
import pytest
from sklearn import metrics

from chainrule.faces.scores import scores
from chainrule.faces.tables.kinds import NUMBER
from chainrule.faces.tables.moments import Moments
from chainrule.faces.tables.targets import Amounts, Classes


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_classes(classes: int) -> None:
    rng = np.random.default_rng(classes)
    target = Classes("y", tuple(str(label) for label in range(classes)), NUMBER)
    codes = rng.integers(classes, size=50)
    t = np.eye(classes)[codes] if classes > 2 else codes[:, None].astype(float)
    output = rng.dirichlet(np.full(classes, 0.3), 50)
    output[0] = np.eye(classes)[(codes[0] + 1) % classes]  # quite sure, and wrong
    found = scores(target, output if classes > 2 else output[:, 1:], t)
    assert found["rows"] == 50
    assert found["labels"] == list(target.labels)
    assert found["accuracy"] == metrics.accuracy_score(codes, output.argmax(1))
    assert found["confusion"] == metrics.confusion_matrix(codes, output.argmax(1)).tolist()
    assert found["log_loss"] == pytest.approx(metrics.log_loss(codes, output), rel=1e-12)


@pytest.mark.parametrize("size", [1e-12, 1.0, 1e200])
def test_amounts(size: float) -> None:
    """Of amounts whose squares leave the range of float64, too."""
    rng = np.random.default_rng(0)
    target = Amounts("y", NUMBER, Moments(3 * size, 0.0, size))
    t, output = rng.normal(size=(2, 40, 1))
    found = scores(target, output, t)
    true, predicted = target.decode(t) / size, target.decode(output) / size
    assert found["r2"] == pytest.approx(metrics.r2_score(true, predicted), rel=1e-12)
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(true, predicted) * size, rel=1e-12)
    assert found["rmse"] == pytest.approx(metrics.root_mean_squared_error(true, predicted) * size, rel=1e-12)


def test_amounts_that_are_all_alike_have_no_r2() -> None:
    target = Amounts("y", NUMBER, Moments(0.0, 1.0, 1.0))
    found = scores(target, np.ones((3, 1)), np.zeros((3, 1)))
    assert found == {"rows": 3, "r2": None, "mae": 1.0, "rmse": 1.0}
