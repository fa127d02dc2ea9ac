"""Scores against scikit-learn's, the oracle."""

from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from chainrule.faces.scores import scores
from chainrule.faces.tables.kinds import NUMBER, WORDS
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
    predicted = output.argmax(1)
    assert found["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(codes, predicted))
    each = metrics.precision_recall_fscore_support(codes, predicted, zero_division=np.nan)
    for name, right in zip(("precision", "recall", "f1"), each, strict=False):
        np.testing.assert_allclose([np.nan if share is None else share for share in found[name]], right)
    assert found.get("roc_auc") == (
        pytest.approx(metrics.roc_auc_score(codes, output[:, 1]), rel=1e-12) if classes == 2 else None
    )


def two(codes: list[int], shares: list[float]) -> dict[str, Any]:
    """Scores of the probabilities of the second of two classes."""
    target = Classes("y", ("no", "yes"), WORDS)
    return scores(target, np.array(shares)[:, None], np.array(codes, float)[:, None])


def test_ties_count_half_in_roc_auc() -> None:
    rng = np.random.default_rng(3)
    codes, shares = rng.integers(2, size=60), rng.integers(1, 5, size=60) / 8
    right = metrics.roc_auc_score(codes, shares)
    assert two(codes.tolist(), shares.tolist())["roc_auc"] == pytest.approx(right, rel=1e-12)
    assert two(codes.tolist(), [0.3] * 60)["roc_auc"] == 0.5


def test_what_is_not_there_has_no_score() -> None:
    """A class without a row has no recall, one that is never predicted no precision, one class no ROC AUC."""
    found = two([0, 0, 0], [0.1, 0.2, 0.4])
    assert (found["roc_auc"], found["balanced_accuracy"]) == (None, 1.0)
    assert (found["precision"], found["recall"], found["f1"]) == ([1.0, None], [1.0, None], [1.0, None])
    assert found["constant"] == {"label": "no", "accuracy": 1.0, "balanced_accuracy": 1.0, "log_loss": 0.0}


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_the_best_constant_of_classes(classes: int) -> None:
    """No constant does better on these rows: neither a label nor probabilities."""
    rng = np.random.default_rng(classes)
    codes = rng.choice(classes, size=80, p=rng.dirichlet(np.ones(classes)))
    target = Classes("y", tuple("abcdefg"[:classes]), WORDS)
    t = target.one_hot(codes)
    constant = scores(target, t, t)["constant"]
    shares = np.bincount(codes, minlength=classes) / 80
    of_frequencies = metrics.log_loss(codes, np.tile(shares, (80, 1)), labels=range(classes))
    assert constant["log_loss"] == pytest.approx(of_frequencies, rel=1e-9)
    assert constant["accuracy"] == shares.max()
    assert constant["label"] == target.labels[int(shares.argmax())]
    label = np.full(80, shares.argmax())
    assert constant["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(codes, label))


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
    median = metrics.median_absolute_error(true, predicted) * size
    assert found["median_error"] == pytest.approx(median, rel=1e-12)
    mean, middle = np.full_like(true, true.mean()), np.full_like(true, np.median(true))
    assert found["constant"] == {
        "rmse": pytest.approx(metrics.root_mean_squared_error(true, mean) * size, rel=1e-12),
        "mae": pytest.approx(metrics.mean_absolute_error(true, middle) * size, rel=1e-12),
    }


def test_amounts_that_are_all_alike_have_no_r2() -> None:
    target = Amounts("y", NUMBER, Moments(0.0, 1.0, 1.0))
    found = scores(target, np.ones((3, 1)), np.zeros((3, 1)))
    errors = {"mae": 1.0, "rmse": 1.0, "median_error": 1.0}
    assert found == {"rows": 3, "r2": None, **errors, "constant": {"mae": 0.0, "rmse": 0.0}}
