"""How good predictions are: accuracy, log loss and confusion of classes; R², MAE and RMSE of amounts."""

from typing import Any

import numpy as np

from chainrule.faces.tables.targets import Classes, Target


def scores(target: Target, output: np.ndarray, t: np.ndarray) -> dict[str, Any]:
    """Scores of a network's outputs (n, outputs) against the encoded target t (n, outputs), n > 0.

    Returns:
        Classes: rows, accuracy, log_loss (nats), labels, and confusion (classes, classes), where row i
        column j counts rows of class i taken for class j. Amounts, in the target's own units: rows, r2
        (None for a single row or rows that are all alike), mae, rmse.
    """
    return _of_classes(target, output, t) if isinstance(target, Classes) else _of_amounts(target, output, t)


def _of_classes(target: Classes, output: np.ndarray, t: np.ndarray) -> dict[str, Any]:
    codes, predicted = target.codes_of(t), target.codes_of(output)
    shares = target.probabilities(output)
    shares = shares / shares.sum(axis=1, keepdims=True)  # what rounding to float32 took away
    epsilon = np.finfo(shares.dtype).eps  # a certain error is a large loss, not an infinite one
    of_truth = np.clip(shares[np.arange(len(codes)), codes], epsilon, 1 - epsilon)
    confusion = np.zeros((len(target.labels), len(target.labels)), int)
    np.add.at(confusion, (codes, predicted), 1)
    return {
        "rows": len(t),
        "accuracy": float(np.mean(codes == predicted)),
        "log_loss": float(-np.log(of_truth).mean()),
        "labels": list(target.labels),
        "confusion": confusion.tolist(),
    }


def _of_amounts(target: Target, output: np.ndarray, t: np.ndarray) -> dict[str, Any]:
    true, predicted = target.decode(t), target.decode(output)
    spread = np.ptp(true)
    unit = spread or 1.0  # squares of amounts in units of their spread do not overflow
    error = (predicted - true) / unit
    squares = float(np.square(error).mean())
    return {
        "rows": len(t),
        "r2": 1 - squares / float(np.var(true / unit)) if spread > 0 else None,
        "mae": float(np.abs(error).mean() * unit),
        "rmse": float(np.sqrt(squares) * unit),
    }
